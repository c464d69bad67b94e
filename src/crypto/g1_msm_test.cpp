// Sums of affine points and sums of products against blst, with the operands somebody would choose to break them.
#include "crypto/g1_msm.hpp"

#include <gtest/gtest.h>

#include "crypto/g1_for_test.hpp"
#include "crypto/g1_sums.hpp"

namespace sotto::crypto {
namespace {

using namespace g1_for_test;

G1 sum_by_blst(std::span<const blst_p1_affine> points) {
  G1 out;
  for (const auto& p : points) out += G1Affine(p);
  return out;
}

// Runs of random length over few points: equal, opposite and small-order pairs in every round.
TEST(G1Sums, complete_on_the_whole_curve) {
  Random random(1);
  std::vector<blst_p1_affine> pool;
  for (size_t i = 0; i < 4; ++i) pool.push_back(curve_point(random));           // of no order in particular
  for (size_t i = 0; i < 2; ++i) pool.push_back(subgroup_point(random));
  for (const auto& prime : kCofactorPrimes) pool.push_back(small_order_point(random, prime));
  pool.push_back(doubled(pool[0]));                                              // so that a + a = b occurs
  pool.push_back(doubled(small_order_point(random, kCofactorPrimes[0])));        // = minus itself
  for (size_t i = pool.size(); i-- > 0;) pool.push_back(negated(pool[i]));
  size_t infinities = 0;
  for (size_t round = 0; round < 60; ++round) {
    const size_t variety = 1 + random.below(pool.size());
    std::vector<blst_p1_affine> points;
    std::vector<PointRun> runs;
    for (size_t r = 0; r < 40; ++r) {
      const size_t length = random.below(round % 2 ? 6 : 70);
      runs.push_back({static_cast<uint32_t>(points.size()), static_cast<uint32_t>(length)});
      for (size_t i = 0; i < length; ++i) points.push_back(pool[random.below(variety)]);
    }
    std::vector<G1> expected;
    for (const auto& run : runs) expected.push_back(sum_by_blst(std::span(points).subspan(run.start, run.length)));
    sum_runs_vartime(points, runs);
    for (size_t r = 0; r < runs.size(); ++r) {
      ASSERT_LE(runs[r].length, 1u);
      const G1 got = runs[r].length ? G1(G1Affine(points[runs[r].start])) : G1();
      ASSERT_EQ(got, expected[r]) << round << " " << r;
      infinities += runs[r].length == 0;
    }
  }
  EXPECT_GT(infinities, 60u);
}

TEST(G1Sums, batches_of_every_size_around_the_shared_inversion) {
  Random random(2);
  const auto p = curve_point(random), q = subgroup_point(random);
  for (const size_t length : {1u, 2u, 3u, 511u, 512u, 513u, 1023u, 1024u, 1025u, 2049u}) {
    std::vector<blst_p1_affine> points;
    G1 running(G1Affine{p}), expected;
    for (size_t i = 0; i < length; ++i) {
      points.push_back(running.affine().raw());
      expected += running;
      running += G1Affine(q);
    }
    PointRun run{0, static_cast<uint32_t>(length)};
    sum_runs_vartime(points, {&run, 1});
    ASSERT_EQ(run.length, 1u);
    EXPECT_EQ(G1(G1Affine(points[0])), expected);
  }
}

TEST(Glv, halves_put_together_are_the_scalar) {
  Random random(3);
  const Fr lambda = glv_lambda();
  EXPECT_EQ(lambda * lambda + lambda + Fr::one(), Fr::zero());
  std::vector<Fr> scalars{Fr::zero(), Fr::one(), -Fr::one(), lambda, lambda - Fr::one(), lambda + Fr::one(), -lambda, lambda * lambda,
                          -lambda - Fr::one()};
  Fr power = Fr::one();
  for (size_t i = 0; i < 256; ++i, power += power)
    for (const Fr& x : {power, power - Fr::one(), -power, power * lambda, power * lambda - Fr::one()}) scalars.push_back(x);
  for (size_t i = 0; i < 20'000; ++i) scalars.push_back(random.fr());
  const auto value = [](const std::array<uint64_t, 2>& half) {
    return Fr::from_u64(half[0]) + Fr::from_u64(half[1]) * Fr::from_u64(uint64_t{1} << 32).square();
  };
  for (const Fr& k : scalars) {
    const auto s = glv_split(k);
    ASSERT_EQ(value(s.low) + lambda * value(s.high), k);
  }
  for (size_t i = 0; i < 100; ++i) {
    const uint64_t a = i == 0 ? 0 : i == 1 ? ~uint64_t{0} : random.u64(), b = i == 0 ? ~uint64_t{0} : i == 1 ? 0 : random.u64();
    const auto s = glv_split(glv_short(a, b));
    EXPECT_EQ(s.low, (std::array<uint64_t, 2>{a, 0}));
    EXPECT_EQ(s.high, (std::array<uint64_t, 2>{b, 0}));
  }
}

TEST(Glv, the_endomorphism_multiplies_by_lambda_on_the_subgroup_only) {
  Random random(4);
  for (size_t i = 0; i < 20; ++i) {
    const G1Affine p(subgroup_point(random));
    EXPECT_EQ(G1(G1Affine(glv_endomorphism(p.raw()))), G1(p) * glv_lambda());
  }
  // Elsewhere it is not: what the note in the header is about.
  const auto t = small_order_point(random, kCofactorPrimes[2]);
  EXPECT_FALSE(G1(G1Affine(glv_endomorphism(t))) == G1(G1Affine(t)) * glv_lambda());
}

G1 by_single_products(std::span<const G1Affine> points, std::span<const Fr> scalars) {
  G1 out;
  for (size_t i = 0; i < points.size(); ++i) out += G1(points[i]) * scalars[i];
  return out;
}

TEST(Glv, sums_of_products_are_blsts) {
  Random random(5);
  std::vector<G1Affine> points;
  for (size_t i = 0; i < 64; ++i) points.emplace_back(subgroup_point(random));
  for (const size_t n : {0u, 1u, 2u, 3u, 18u, 63u, 64u, 200u, 700u}) {
    for (size_t kind = 0; kind < 6; ++kind) {
      std::vector<G1Affine> p;
      std::vector<Fr> k;
      for (size_t i = 0; i < n; ++i) {
        p.push_back(kind == 1 ? points[0] : points[random.below(points.size())]);   // 1: one point only
        if (kind == 2 && i % 2) p.back() = G1Affine(negated(p[i - 1].raw()));         // 2: opposite neighbours
        if (kind == 3 && i % 3 == 0) p.back() = G1Affine();                           // 3: infinity among them
        switch (kind) {
          case 2: k.push_back(i % 2 ? k.back() : random.fr()); break;
          case 4: k.push_back(Fr::from_u64(random.below(4)) - Fr::from_u64(random.below(4))); break;   // tiny, 0, -1
          case 5: k.push_back(glv_short(random.u64(), random.u64())); break;
          default: k.push_back(random.fr());
        }
      }
      const G1 expected = crypto::msm_vartime(p, k);
      if (n <= 18) { EXPECT_EQ(expected, by_single_products(p, k)); }
      for (const auto method : {GlvSum::Method::cheapest, GlvSum::Method::tables, GlvSum::Method::buckets}) {
        GlvSum sum;
        for (size_t i = 0; i < n; ++i) sum.add(p[i].raw(), k[i]);
        const size_t jobs = sum.prepare(method);
        for (size_t j = jobs; j-- > 0;) sum.run(j);        // in any order
        ASSERT_EQ(sum.sum(), expected) << n << " kind " << kind << " method " << static_cast<int>(method);
      }
      EXPECT_EQ(msm_glv_vartime(p, k), expected);
    }
  }
}

// Every width the cost function can choose, by the number of points; and all methods agree on scalars at the digits' edges.
TEST(Glv, digits_at_their_edges) {
  Random random(6);
  const G1Affine p(subgroup_point(random));
  for (const size_t n : {1u, 5u, 40u, 300u}) {
    std::vector<G1Affine> points(n, p);
    for (size_t i = 1; i < n; ++i) points[i] = (G1(points[i - 1]) + p).affine();
    for (const uint64_t pattern : {uint64_t{0}, ~uint64_t{0}, uint64_t{0x5555555555555555}, uint64_t{0x8421084210842108}, uint64_t{0x8080808080808080}}) {
      std::vector<Fr> k(n, Fr::from_u64(pattern) * Fr::from_u64(uint64_t{1} << 32).square() + Fr::from_u64(pattern));
      EXPECT_EQ(msm_glv_vartime(points, k), crypto::msm_vartime(points, k));
    }
  }
}

// Unchecked points may go in: the result is thrown away, but nothing may break.
TEST(Glv, points_outside_the_subgroup_return) {
  Random random(7);
  std::vector<blst_p1_affine> points;
  for (const auto& prime : kCofactorPrimes) points.push_back(small_order_point(random, prime));
  for (size_t i = 0; i < 5; ++i) points.push_back(curve_point(random));
  for (const auto method : {GlvSum::Method::tables, GlvSum::Method::buckets}) {
    GlvSum sum;
    for (size_t i = 0; i < 300; ++i) sum.add(points[i % points.size()], random.fr());
    const size_t jobs = sum.prepare(method);
    for (size_t j = 0; j < jobs; ++j) sum.run(j);
    EXPECT_TRUE(blst_p1_on_curve(&sum.sum().raw()));
  }
}

TEST(FixedBases, agree_with_blst) {
  Random random(8);
  for (const size_t n : {1u, 3u, 25u}) {
    std::vector<G1Affine> bases;
    for (size_t i = 0; i < n; ++i) bases.emplace_back(i % 5 == 2 ? blst_p1_affine{} : subgroup_point(random));
    const FixedBases fixed(bases);
    for (size_t round = 0; round < 20; ++round) {
      std::vector<Fr> k;
      for (size_t i = 0; i < n; ++i)
        k.push_back(round == 0 ? Fr::zero() : round == 1 ? -Fr::one() : round == 2 ? Fr::from_u64(128) : round == 3 ? glv_short(~uint64_t{0}, ~uint64_t{0})
                                                                                                               : random.fr());
      EXPECT_EQ(fixed.msm_vartime(k), crypto::msm_vartime(bases, k)) << n << " " << round;
    }
  }
}

}  // namespace
}  // namespace sotto::crypto
