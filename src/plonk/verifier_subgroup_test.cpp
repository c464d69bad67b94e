// Proofs with points outside the subgroup, in batches large enough for the batched test, and hints for decoding. Verdicts are those of single
// verification, on any number of threads.
#include <gtest/gtest.h>

#include "crypto/g1_for_test.hpp"
#include "crypto/g1_subgroup.hpp"
#include "plonk/proofs_for_test.hpp"

namespace sotto::plonk {
namespace {

using namespace proofs;
namespace points_of = crypto::g1_for_test;

constexpr size_t kBatch = crypto::kSubgroupBatchFrom / kProofPoints + 2;

std::vector<Claim> good_batch() {
  std::vector<Claim> out;
  for (size_t i = 0; i < kBatch; ++i) out.push_back(world().proven[i % world().proven.size()].claim);
  return out;
}

// Adds `t` to point k of an encoded proof.
void shift(Claim& claim, size_t k, const blst_p1_affine& t) {
  const ByteView old = ByteView(claim.proof).subspan(point_offset(k), 48);
  const auto point = crypto::G1Unchecked::decode(old);
  ASSERT_TRUE(point.ok());
  const auto bytes = G1Affine(points_of::added(point->raw(), t)).encode();
  std::copy(bytes.begin(), bytes.end(), claim.proof.begin() + static_cast<std::ptrdiff_t>(point_offset(k)));
}

std::vector<bool> verify(std::span<const Claim> claims, size_t threads, SubgroupChecks checks) {
  ThreadPool pool(threads);
  return verify_batch(world().pk->vk, kNetwork, claims, world().random, pool, checks);
}

void expect_everywhere(std::span<const Claim> claims, const std::vector<bool>& expected) {
  for (const size_t threads : {1u, 2u, 3u}) EXPECT_EQ(verify(claims, threads, SubgroupChecks::cheapest), expected) << threads;
  EXPECT_EQ(verify(claims, 2, SubgroupChecks::single), expected);
}

// An opening is hashed before no challenge that the check uses, and the pairing does not see points of small order: W + T satisfies the equation,
// and nothing but the subgroup check tells it from W.
TEST(VerifierSubgroup, torsion_in_an_opening_is_refused_by_this_check_alone) {
  points_of::Random random(1);
  for (const auto& prime : points_of::kCofactorPrimes) {
    const auto t = points_of::small_order_point(random, prime), back = points_of::negated(t);
    struct Change {
      size_t claim, point;
      bool negative;
    };
    const std::vector<std::vector<Change>> cases{
        {{3, kProofPoints - 2, false}},                                                   // one
        {{3, kProofPoints - 2, false}, {3, kProofPoints - 1, true}},                      // opposite in one proof
        {{0, kProofPoints - 1, false}, {kBatch - 1, kProofPoints - 1, true}},             // and in two
        {{0, kProofPoints - 2, false}, {1, kProofPoints - 2, false}, {2, kProofPoints - 2, false}}};
    for (const auto& changes : cases) {
      auto claims = good_batch();
      std::vector<bool> expected(kBatch, true);
      for (const auto& c : changes) {
        shift(claims[c.claim], c.point, c.negative ? back : t);
        expected[c.claim] = false;
      }
      EXPECT_EQ(verify(claims, 2, SubgroupChecks::cheapest), expected) << prime.prime;
    }
    // All of them; and alone.
    auto claims = good_batch();
    for (size_t i = 0; i < kBatch; ++i) shift(claims[i], kProofPoints - 1 - i % 2, i % 3 ? t : back);
    EXPECT_EQ(verify(claims, 2, SubgroupChecks::cheapest), std::vector<bool>(kBatch, false));
    EXPECT_FALSE(world().verify(claims[0]));
  }
}

TEST(VerifierSubgroup, torsion_at_every_point) {
  points_of::Random random(2);
  const auto t = points_of::small_order_point(random, points_of::kCofactorPrimes[0]);
  for (size_t k = 0; k < kProofPoints; ++k) {
    auto claims = good_batch();
    shift(claims[k % kBatch], k, t);
    std::vector<bool> expected(kBatch, true);
    expected[k % kBatch] = false;
    EXPECT_EQ(verify(claims, 1 + k % 3, SubgroupChecks::cheapest), expected) << k;
  }
}

// Every kind of badness at once, every thread count, both kinds of checks.
TEST(VerifierSubgroup, mixtures_have_one_verdict_on_every_thread_count) {
  points_of::Random random(3);
  auto& w = world();
  std::vector<blst_p1_affine> torsion;
  for (const auto& prime : points_of::kCofactorPrimes) torsion.push_back(points_of::small_order_point(random, prime));
  for (size_t round = 0; round < cases(4, 60); ++round) {
    std::vector<Claim> claims;
    std::vector<bool> expected;
    const size_t size = round % 2 ? kBatch + random.below(6) : 1 + random.below(kBatch);
    for (size_t i = 0; i < size; ++i) {
      Claim c = w.proven[random.below(w.proven.size())].claim;
      const size_t kind = random.below(round == 0 ? 1 : 8);
      switch (kind) {
        case 3: shift(c, kProofPoints - 2, torsion[random.below(torsion.size())]); break;
        case 4: shift(c, random.below(kProofPoints), points_of::curve_point(random)); break;
        case 5: c.public_inputs[random.below(kSmallPublics)] += Fr::one(); break;
        case 6: c.proof[random.below(kProofBytes)] ^= 1; break;
        case 7: c.proof.pop_back(); break;
        default: break;
      }
      if (random.below(2)) c.hints = proof_hints(c.proof);
      claims.push_back(c);
      expected.push_back(kind < 3);
    }
    expect_everywhere(claims, expected);
  }
}

// A hint changes no verdict: right, of another proof, random, too short, of the other root, for a good proof and for bad ones.
TEST(VerifierHints, change_no_verdict) {
  auto& w = world();
  points_of::Random random(4);
  const auto t = points_of::small_order_point(random, points_of::kCofactorPrimes[1]);
  Claim good = w.proven[0].claim, torsion = good, altered = good, other_sign = good, off = good;
  shift(torsion, kProofPoints - 2, t);
  altered.public_inputs[0] += Fr::one();
  other_sign.proof[0] ^= 0x20;
  off.proof[5] ^= 1;
  const Bytes right = proof_hints(good.proof);
  ASSERT_EQ(right.size(), kHintBytes);
  std::vector<Bytes> hints{{}, right, proof_hints(w.proven[1].claim.proof), proof_hints(torsion.proof), proof_hints(other_sign.proof),
                           Bytes(kHintBytes), Bytes(kHintBytes, 0xff), Bytes(kHintBytes - 1), Bytes(right.begin(), right.end() - 1), Bytes(1)};
  hints.emplace_back();
  for (size_t i = 0; i < kHintBytes; ++i) hints.back().push_back(static_cast<uint8_t>(random.u64()));
  for (size_t i = 0; i < 20; ++i) {                        // one bit wrong
    hints.push_back(right);
    hints.back()[random.below(kHintBytes)] ^= static_cast<uint8_t>(1u << random.below(8));
  }
  std::vector<Claim> claims;
  std::vector<bool> expected;
  for (const Bytes& h : hints)
    for (const Claim* c : {&good, &torsion, &altered, &other_sign, &off}) {
      claims.push_back(*c);
      claims.back().hints = h;
      expected.push_back(c == &good);
    }
  EXPECT_EQ(w.verify(claims), expected);
  for (size_t i = 0; i < claims.size(); i += 3) EXPECT_EQ(w.verify(claims[i]), expected[i]) << i;
  // What has no points has no hints.
  EXPECT_TRUE(proof_hints(Bytes(kProofBytes)).empty());
  EXPECT_TRUE(proof_hints(Bytes(3)).empty());
}

// Weights of their own for the two equations: errors that cancel between the opening at zeta and the one at w zeta.
TEST(VerifierSubgroup, the_two_equations_hold_each_by_itself) {
  auto& w = world();
  const G1 x = G1::generator() * w.random.fr();
  for (const bool opposite : {false, true}) {
    Proof p = w.proven[2].proof;
    p.opening = (G1(p.opening) + x).affine();
    p.opening_next = (G1(p.opening_next) + (opposite ? -x : x)).affine();
    EXPECT_FALSE(w.verify(Claim{w.proven[2].claim.public_inputs, encode_proof(p), {}}));
    // Only the second wrong: the first equation's weight being 1 must not hide it.
    Proof q = w.proven[2].proof;
    (opposite ? q.opening : q.opening_next) = p.opening;
    EXPECT_FALSE(w.verify(Claim{w.proven[2].claim.public_inputs, encode_proof(q), {}}));
  }
}

}  // namespace
}  // namespace sotto::plonk
