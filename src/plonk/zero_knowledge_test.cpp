// What a proof must hide: no part repeats, blinders survive a replayed generator, every mask is where the specification puts it.
// SOTTO_LONG=1: a thousand proofs of one witness.
#include <set>

#include "plonk/proofs_for_test.hpp"
#include "plonk/reference_for_test.hpp"

namespace sotto::plonk {
namespace {

using namespace proofs;

// A12: proofs of one witness share nothing.
TEST(ZeroKnowledge, proofs_of_one_witness_share_no_part) {
  auto& w = world();
  std::set<std::string> seen;
  const auto sigma_is_public = [&](const Proof& p, const Fr* x) { return x >= p.sigma.data() && x < p.sigma.data() + p.sigma.size(); };
  for (size_t i = 0; i < cases(60, 1000); ++i) {
    const auto p = w.prove_one(w.proven[0].witness, w.random);
    for (const auto* point : points(p.proof)) ASSERT_TRUE(seen.insert(to_hex(point->encode())).second);
    for (const auto* x : scalars(p.proof)) ASSERT_TRUE(seen.insert(x->hex()).second) << sigma_is_public(p.proof, x);
  }
}

// A13: the generator's state comes back. Same witness: the same bytes, whatever the number of threads. Another witness: other
// blinders, so the difference of two commitments is not the difference of the witnesses.
TEST(ZeroKnowledge, replayed_randomness) {
  auto& w = world();
  std::vector<Bytes> same;
  const auto a = small_assignment(w.proven[0].witness);
  for (const size_t threads : {1u, 2u, 3u}) {
    ThreadPool pool(threads);
    TestEntropy replay(77);
    same.push_back(encode_proof(prove(*w.pk, kNetwork, a, replay, pool)));
  }
  EXPECT_EQ(same[0], same[1]);
  EXPECT_EQ(same[0], same[2]);
  EXPECT_TRUE(w.verify(Claim{a.public_inputs, same[0]}));

  auto other_witness = w.proven[0].witness;
  other_witness.b += Fr::one();
  const auto b = small_assignment(other_witness);
  TestEntropy replay(77), replay_network(77);
  const Proof q = prove(*w.pk, kNetwork, b, replay, w.pool);
  const Proof p = *decode_proof(same[0]);
  const auto lagrange = poly::lagrange_points(w.srs.g1, kSmallLogN);
  for (size_t j = 0; j < kColumns; ++j) {
    std::vector<Fr> difference(w.circuit.n());
    for (size_t r = 0; r < difference.size(); ++r) difference[r] = a.wires[j][r] - b.wires[j][r];
    const G1 unblinded = crypto::msm_vartime(lagrange, difference);
    EXPECT_FALSE(G1(p.wires[j]) + -G1(q.wires[j]) == unblinded) << j;
  }
  // Another network: other blinders as well.
  const Proof elsewhere = prove(*w.pk, Network{2}, a, replay_network, w.pool);
  for (size_t j = 0; j < kColumns; ++j) EXPECT_FALSE(elsewhere.wires[j] == p.wires[j]);
}

// The kernel is a matter of speed: the same witness and randomness give the same bytes from each.
TEST(ZeroKnowledge, every_kernel_proves_the_same_bytes) {
  auto& w = world();
  const auto a = small_assignment(w.proven[0].witness);
  std::set<Bytes> all;
  for (const auto kernel : {simd::Kernel::portable, simd::Kernel::avx2, simd::Kernel::ifma, simd::Kernel::ifma_emulated}) {
    if (!simd::runs_here(kernel)) continue;
    const auto pk = make_proving_key(w.circuit, 7, w.srs, w.pool, kernel);
    TestEntropy replay(78);
    all.insert(encode_proof(prove(pk, kNetwork, a, replay, w.pool)));
  }
  ASSERT_EQ(all.size(), 1u);
  EXPECT_TRUE(w.verify(Claim{a.public_inputs, *all.begin()}));
}

// The second prover, given the blinders the specification derives (P-10), makes the same proof to the byte: every mask is there, in
// its place, the four between the quotient's pieces (eprint 2024/848) included.
TEST(ZeroKnowledge, all_masks_are_in_their_places) {
  auto& w = world();
  const Reference reference(w.circuit, w.pk->vk, w.srs);
  for (uint64_t seed = 1; seed <= 2; ++seed) {
    const auto a = small_assignment(w.proven[seed].witness);
    TestEntropy entropy(seed), same(seed);
    const Proof made = prove(*w.pk, kNetwork, a, entropy, w.pool);
    const auto fresh = same.bytes<64>();
    std::vector<ByteView> parts{fresh, kNetwork, w.pk->vk.digest};
    for (const auto& column : a.wires) parts.emplace_back(reinterpret_cast<const uint8_t*>(column.data()), column.size() * sizeof(Fr));
    const auto key = crypto::blake2b_512("Sotto.blinding.v1", parts);
    uint32_t counter = 0;
    const Proof again = reference.prove(kNetwork, a, [&] {
      Writer index;
      index.u32(counter++);
      return Fr::reduce512(crypto::blake2b_512("Sotto.blinder.v1", {index.bytes()}, key));
    });
    EXPECT_EQ(counter, kColumns * 4 + 4 + 4);
    EXPECT_EQ(encode_proof(made), encode_proof(again));
  }
}

// The commitments really are masked: without the random rows the distinguisher that recomputes them from a guessed witness
// succeeds, with them it fails.
TEST(ZeroKnowledge, a_guessed_witness_is_not_confirmed) {
  auto& w = world();
  const auto a = small_assignment(w.proven[0].witness);
  const auto lagrange = poly::lagrange_points(w.srs.g1, kSmallLogN);
  for (size_t j = 0; j < kColumns; ++j) {
    const auto naked = crypto::msm_vartime(lagrange, a.wires[j]).affine();
    EXPECT_FALSE(naked == w.proven[0].proof.wires[j]);
  }
  // Evaluations at zeta and next are not those of the naked columns either: checked for the values the verifier sees.
  Challenges c;
  Schedule schedule(w.pk->vk, {kNetwork, a.public_inputs});
  const Proof& p = w.proven[0].proof;
  schedule.wires(p.wires, c);
  schedule.permutation(p.z, c);
  schedule.quotient(p.t, c);
  for (size_t j = 0; j < kColumns; ++j) {
    auto column = a.wires[j];
    w.pk->vk.domain->intt(column);
    EXPECT_NE(poly::evaluate<Fr>(column, c.zeta), p.w[j]);
  }
}

}  // namespace
}  // namespace sotto::plonk
