// The batched subgroup test against single checks: points of every small order, alone, in combinations that cancel, all bad; the
// probability of its one assumption measured; mutants of it that these tests catch.
#include "crypto/g1_subgroup.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "crypto/g1_for_test.hpp"

namespace sotto::crypto {
namespace {

using namespace g1_for_test;

constexpr size_t kMany = kSubgroupBatchFrom + 5;           // enough for the batched form

std::vector<blst_p1_affine> good_points(Random& random, size_t count) {
  std::vector<blst_p1_affine> out{subgroup_point(random)};
  const auto step = subgroup_point(random);
  while (out.size() < count) out.push_back(added(out.back(), step));
  return out;
}

struct Outcome {
  std::vector<bool> verdicts;
  bool batched = false;
};

Outcome run(const std::vector<blst_p1_affine>& raw, Random& random, bool single = false, size_t threads = 1) {
  std::vector<G1Unchecked> points;
  for (const auto& p : raw) points.emplace_back(p);
  SubgroupTest test(points, random.bytes<32>(), single);
  ThreadPool pool(threads);
  pool.parallel_for(test.gather_jobs(), [&](size_t i) { test.gather(i); });
  pool.parallel_for(test.check_jobs(), [&](size_t i) { test.check(i); });
  return {test.verdicts(pool), test.gather_jobs() > 0};
}

std::vector<bool> native(const std::vector<blst_p1_affine>& raw) {
  std::vector<bool> out;
  for (const auto& p : raw) {
    blst_p1 q;
    blst_p1_from_affine(&q, &p);
    q = times_r(q);
    out.push_back(blst_p1_is_inf(&q));
  }
  return out;
}

TEST(Subgroup, the_cofactor_is_odd_and_made_of_these_primes) {
  // h r - (p + 1) = -t with |t| <= 2 sqrt p: the group's order is h r. Checked on points: [h r] P = O, and no proper part will do.
  Random random(1);
  for (size_t i = 0; i < 5; ++i) {
    const auto p = curve_point(random);
    blst_p1 q;
    blst_p1_from_affine(&q, &p);
    q = times_r(q);
    EXPECT_FALSE(blst_p1_is_inf(&q));
    for (const auto& [prime, exponent] : kCofactorPrimes) {
      EXPECT_EQ(prime % 2, 1u);
      for (unsigned k = 0; k < exponent; ++k) q = times(q, prime);
    }
    EXPECT_TRUE(blst_p1_is_inf(&q));
  }
  // (z - 1)^2 / 3 with z = -0xd201000000010000.
  __extension__ using Wide = unsigned __int128;
  Wide product = 3;
  for (const auto& [prime, exponent] : kCofactorPrimes)
    if (exponent == 2) product *= prime;
  EXPECT_TRUE(product == Wide{0xd201000000010000u} + 1);
}

TEST(Subgroup, good_points_pass_in_both_forms) {
  Random random(2);
  for (const size_t n : {size_t{0}, size_t{1}, size_t{18}, kSubgroupBatchFrom - 1, kSubgroupBatchFrom, size_t{700}, size_t{3000}}) {
    const auto points = n == 0 ? std::vector<blst_p1_affine>{} : good_points(random, n);
    const auto outcome = run(points, random);
    EXPECT_EQ(outcome.verdicts, std::vector<bool>(n, true));
    EXPECT_EQ(outcome.batched, n >= kSubgroupBatchFrom);
    EXPECT_FALSE(run(points, random, true).batched);
  }
}

TEST(Subgroup, one_bad_point_of_each_order_at_any_place) {
  Random random(3);
  const auto good = good_points(random, kMany);
  for (const auto& prime : kCofactorPrimes) {
    const auto t = small_order_point(random, prime);
    for (const size_t at : {size_t{0}, kMany / 2, kMany - 1}) {
      for (const bool added_to_good : {false, true}) {     // T alone, and P + T
        auto points = good;
        points[at] = added_to_good ? added(good[at], t) : t;
        std::vector<bool> expected(kMany, true);
        expected[at] = false;
        EXPECT_EQ(run(points, random, false, 1 + at % 3).verdicts, expected) << prime.prime;
        if (at == 0) { EXPECT_EQ(run(points, random, true).verdicts, expected); }
      }
    }
  }
}

TEST(Subgroup, errors_that_cancel_in_a_plain_sum) {
  Random random(4);
  const auto good = good_points(random, kMany);
  for (const auto& prime : kCofactorPrimes) {
    const auto t = small_order_point(random, prime);
    std::vector<std::vector<blst_p1_affine>> cases;
    const auto with = [&](std::vector<std::pair<size_t, blst_p1_affine>> changes) {
      auto points = good;
      for (const auto& [at, by] : changes) points[at] = added(points[at], by);
      cases.push_back(points);
    };
    with({{0, t}, {1, negated(t)}});                       // opposite, in one proof
    with({{0, t}, {kMany - 1, negated(t)}});               // and in two
    with({{3, t}, {4, t}, {5, t}});                        // a sum of three is infinity for order 3
    with({{7, doubled(t)}, {8, negated(t)}, {9, negated(t)}});
    cases.push_back(good);                                 // the same T 81 times
    for (size_t i = 0; i < 81; ++i) cases.back()[i] = added(good[i], t);
    cases.push_back(good);                                 // all bad, with the same and with opposite parts
    for (size_t i = 0; i < kMany; ++i) cases.back()[i] = added(good[i], i % 2 ? t : negated(t));
    cases.push_back(std::vector<blst_p1_affine>(kMany, t));
    for (const auto& points : cases) EXPECT_EQ(run(points, random).verdicts, native(points)) << prime.prime;
  }
}

TEST(Subgroup, twin_of_single_checks_on_mixtures) {
  Random random(5);
  const auto good = good_points(random, kMany);
  std::vector<blst_p1_affine> bad;
  for (const auto& prime : kCofactorPrimes) bad.push_back(small_order_point(random, prime));
  for (size_t i = 0; i < 3; ++i) bad.push_back(curve_point(random));
  for (size_t round = 0; round < 12; ++round) {
    auto points = good;
    const size_t count = round % 4 == 0 ? 0 : 1 + random.below(round % 4 == 1 ? 2 : kMany);
    for (size_t i = 0; i < count; ++i) {
      const auto& t = bad[random.below(bad.size())];
      points[random.below(kMany)] = random.below(2) ? t : added(good[random.below(kMany)], t);
    }
    EXPECT_EQ(run(points, random).verdicts, native(points));
  }
}

// The signed sums against plain ones, for every number of trits, infinity and repeated points included.
TEST(Subgroup, sums_are_what_the_coefficients_say) {
  Random random(6);
  std::vector<G1Unchecked> points;
  for (size_t i = 0; i < 40; ++i) points.emplace_back(curve_point(random));
  for (size_t i = 0; i < 10; ++i) points.push_back(points[i]);
  for (size_t i = 0; i < 5; ++i) points.emplace_back(small_order_point(random, kCofactorPrimes[0]));
  for (size_t trits = 1; trits <= 6; ++trits) {
    std::vector<blst_p1_affine> out(2 * trits + 1);
    std::vector<SubgroupPass> passes;
    passes.push_back({trits, subgroup_coefficients(random.bytes<32>(), 0, trits, points.size()), std::span(out).first(trits)});
    passes.push_back({trits + 1, subgroup_coefficients(random.bytes<32>(), 5, trits + 1, points.size()), std::span(out).subspan(trits)});
    const auto kept = passes;
    signed_sums_vartime(points, passes);
    size_t at = 0;
    for (const auto& pass : kept) {
      std::vector<G1> expected(pass.trits);
      for (size_t i = 0; i < points.size(); ++i) {
        int32_t c = pass.coefficients[i];
        for (size_t t = 0; t < pass.trits; ++t) {
          const int32_t digit = (c % 3 + 4) % 3 - 1 == 0 ? 0 : ((c % 3 + 3) % 3 == 1 ? 1 : -1);
          c = (c - digit) / 3;
          if (digit == 1) expected[t] += points[i].checked();
          if (digit == -1) expected[t] += G1Affine(negated(points[i].raw()));
        }
        ASSERT_EQ(c, 0);
      }
      for (const G1& e : expected) EXPECT_EQ(G1(G1Affine(out[at++])), e);
    }
  }
}

// Coefficients are uniform digits, independent between rounds and points as far as counting shows.
TEST(Subgroup, coefficients_are_uniform) {
  Random random(7);
  for (const size_t trits : {1u, 2u, 5u, 9u}) {            // with the most trits a word too many shows most
    constexpr size_t kDraws = 400'000;
    const auto c = subgroup_coefficients(random.bytes<32>(), 0, trits, kDraws);
    std::map<int32_t, size_t> seen;
    for (const int32_t v : c) ++seen[v];
    size_t range = 1;
    for (size_t i = 0; i < trits; ++i) range *= 3;
    EXPECT_EQ(seen.size(), range);
    const double mean = static_cast<double>(kDraws) / static_cast<double>(range);
    double chi = 0;
    for (const auto& [value, count] : seen) {
      EXPECT_LE(std::abs(value), static_cast<int32_t>(range / 2));
      chi += (static_cast<double>(count) - mean) * (static_cast<double>(count) - mean) / mean;
    }
    const double freedom = static_cast<double>(range) - 1;
    EXPECT_LT(chi, freedom + 5 * std::sqrt(2 * freedom) + 5);
  }
  const Hash32 seed = random.bytes<32>();
  EXPECT_NE(subgroup_coefficients(seed, 0, 5, 100), subgroup_coefficients(seed, 5, 5, 100));
  EXPECT_EQ(subgroup_coefficients(seed, 0, 5, 100), subgroup_coefficients(seed, 0, 5, 100));
}

// The bound is not only believed: rounds a bad point survives are counted. One component of order 3 lets a round pass with
// probability 1/3 exactly; so do many of them; a component of a larger prime passes only when its coefficient is 0: 1/3 as well for one
// point, less for several.
TEST(Subgroup, a_round_misses_one_time_in_three) {
  Random random(8);
  const auto measure = [&](const std::vector<blst_p1_affine>& raw) {
    std::vector<G1Unchecked> points;
    for (const auto& p : raw) points.emplace_back(p);
    size_t missed = 0;
    constexpr size_t kPasses = 300, kTrits = 5;
    for (size_t i = 0; i < kPasses; ++i) {
      std::array<blst_p1_affine, kTrits> sums;
      SubgroupPass pass{kTrits, subgroup_coefficients(random.bytes<32>(), 0, kTrits, points.size()), sums};
      signed_sums_vartime(points, {&pass, 1});
      for (const auto& sum : sums) missed += blst_p1_affine_in_g1(&sum);
    }
    return static_cast<double>(missed) / (kPasses * kTrits);
  };
  const double deviation = std::sqrt(1.0 / 3 * 2 / 3 / 1500);   // of the fraction over 1,500 rounds
  const auto good = good_points(random, 3);
  const auto three = small_order_point(random, kCofactorPrimes[0]);
  EXPECT_NEAR(measure({good[0], added(good[1], three), good[2]}), 1.0 / 3, 5 * deviation);
  EXPECT_NEAR(measure({added(good[0], three), added(good[1], negated(three)), added(good[2], three)}), 1.0 / 3, 5 * deviation);
  const auto eleven = small_order_point(random, kCofactorPrimes[1]);
  EXPECT_NEAR(measure({good[0], added(good[1], eleven), good[2]}), 1.0 / 3, 5 * deviation);
  EXPECT_LT(measure({added(good[0], eleven), added(good[1], eleven), added(good[2], eleven)}), 1.0 / 3);
}

// What the test would be with its randomness taken away, and that the cases above tell it from the real one.
TEST(Subgroup, mutants_are_caught) {
  Random random(9);
  const auto good = good_points(random, 4);
  const auto t = small_order_point(random, kCofactorPrimes[0]);
  // All coefficients 1: opposite errors, and three equal ones of order 3, pass.
  for (const auto& errors : std::vector<std::vector<blst_p1_affine>>{{t, negated(t)}, {t, t, t}}) {
    std::vector<G1Unchecked> points;
    for (size_t i = 0; i < good.size(); ++i) points.emplace_back(i < errors.size() ? added(good[i], errors[i]) : good[i]);
    std::array<blst_p1_affine, 1> sum;
    SubgroupPass pass{1, std::vector<int32_t>(points.size(), 1), sum};
    signed_sums_vartime(points, {&pass, 1});
    EXPECT_TRUE(blst_p1_affine_in_g1(&sum[0]));
  }
  // Fewer rounds: some seed of a few lets four rounds pass and none of as many lets all of them.
  EXPECT_EQ(kSubgroupRounds, 81u);
  size_t passes_of_four = 0;
  for (size_t i = 0; i < 1000; ++i) {
    std::vector<G1Unchecked> points{G1Unchecked(added(good[0], t))};
    std::array<blst_p1_affine, 4> sums;
    SubgroupPass pass{4, subgroup_coefficients(random.bytes<32>(), 0, 4, 1), sums};
    signed_sums_vartime(points, {&pass, 1});
    passes_of_four += std::all_of(sums.begin(), sums.end(), [](const auto& s) { return blst_p1_affine_in_g1(&s); });
  }
  EXPECT_GT(passes_of_four, 0u);                           // 1,000 / 81 expected
  EXPECT_LT(passes_of_four, 40u);
}

// Decoding with what the sender says y is.
TEST(G1Unchecked, hints_change_nothing_but_speed) {
  Random random(10);
  const auto same = [](ByteView bytes, ByteView hint) {
    const auto plain = G1Unchecked::decode(bytes), hinted = G1Unchecked::decode(bytes, hint);
    ASSERT_EQ(plain.ok(), hinted.ok());
    if (plain.ok()) { EXPECT_TRUE(blst_p1_affine_is_equal(&plain->raw(), &hinted->raw())); }
    else { EXPECT_EQ(plain.error(), hinted.error()); }
  };
  const Bytes p_bytes = *from_hex("1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab");
  for (size_t i = 0; i < 40; ++i) {
    const G1Affine point(i % 2 ? curve_point(random) : subgroup_point(random));
    const auto bytes = point.encode();
    const auto right = y_hint(G1Unchecked(point.raw())), other = y_hint(G1Unchecked(negated(point.raw())));
    same(bytes, right);
    same(bytes, other);                                    // the other root: the sign bit decides
    same(bytes, random.bytes<48>());
    same(bytes, Bytes(48));
    same(bytes, Bytes(48, 0xff));
    same(bytes, Bytes(right.begin(), right.end() - 1));
    same(bytes, y_hint(G1Unchecked(curve_point(random))));
    // y + p, where it fits: the same residue, another number.
    Bytes more(48);
    unsigned carry = 0;
    for (size_t k = 48; k-- > 0;) {
      const unsigned sum = right[k] + p_bytes[k] + carry;
      more[k] = static_cast<uint8_t>(sum);
      carry = sum >> 8;
    }
    EXPECT_EQ(carry, 0u);
    same(bytes, more);
    // Bytes that are no encoding stay none, whatever the hint.
    for (const unsigned flip : {0x80u, 0x40u, 0x20u, 0xe0u}) {
      auto broken = bytes;
      broken[0] = static_cast<uint8_t>(broken[0] ^ flip);
      same(broken, right);
      same(broken, other);
    }
    // x + p instead of x.
    auto reduced = bytes;
    const auto flags = static_cast<uint8_t>(reduced[0] & 0xe0);
    reduced[0] &= 0x1f;
    carry = 0;
    for (size_t k = 48; k-- > 0;) {
      const unsigned sum = reduced[k] + p_bytes[k] + carry;
      reduced[k] = static_cast<uint8_t>(sum);
      carry = sum >> 8;
    }
    if (reduced[0] < 0x20) {
      reduced[0] = static_cast<uint8_t>(reduced[0] | flags);
      EXPECT_FALSE(G1Unchecked::decode(reduced, right).ok());
      same(reduced, right);
    }
  }
  // Infinity, and (0, 2), whose encodings hints must not make acceptable.
  Bytes infinity(48), zero_x(48), two(48);
  infinity[0] = 0xc0;
  two[47] = 2;
  for (const Bytes& hint : {Bytes(48), two}) {
    same(infinity, hint);
    for (const uint8_t flags : {uint8_t{0x80}, uint8_t{0xa0}}) {
      zero_x[0] = flags;
      EXPECT_FALSE(G1Unchecked::decode(zero_x, hint).ok());
      same(zero_x, hint);
    }
  }
}

// What ADR 0031 takes of blst's single check: right for sums as well, which may be infinity or of order 3.
TEST(G1Subgroup, single_check_of_what_sums_can_be) {
  blst_p1_affine p{};
  EXPECT_TRUE(blst_p1_affine_in_g1(&p));
  blst_fp two{}, minus_two{};
  const uint64_t limbs[6] = {2, 0, 0, 0, 0, 0};
  blst_fp_from_uint64(&two, limbs);
  blst_fp_cneg(&minus_two, &two, true);
  for (const auto& y : {two, minus_two}) {
    p.y = y;
    EXPECT_TRUE(blst_p1_affine_on_curve(&p));
    EXPECT_FALSE(blst_p1_affine_in_g1(&p));
  }
}

}  // namespace
}  // namespace sotto::crypto
