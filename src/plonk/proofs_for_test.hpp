// Keys of the small circuit over the real reference string, and a few proofs, for the tests of verifier and prover.
#pragma once
#include <gtest/gtest.h>

#include "base/source_dir_for_test.hpp"
#include "plonk/prover.hpp"
#include "plonk/small_for_test.hpp"
#include "plonk/verifier.hpp"

namespace sotto::plonk::proofs {

using crypto::Fr;
using crypto::G1;
using crypto::G1Affine;
using Network = ByteArray<32>;

struct Proven {
  SmallWitness witness;
  Claim claim;
  Proof proof;
};

inline constexpr Network kNetwork{1};

struct World {
  ThreadPool pool{2};
  poly::Srs srs;
  Circuit<Fr> circuit = small_circuit();
  std::optional<ProvingKey> pk;
  TestEntropy random{21};
  std::vector<Proven> proven;            // valid, of different statements

  World() {
    auto loaded = poly::load_srs(source_dir() + "/data/srs.bin", 65, pool);
    EXPECT_TRUE(loaded.ok());
    srs = *loaded;
    pk = make_proving_key(circuit, 7, srs, pool);
    for (size_t i = 0; i < 8; ++i) proven.push_back(prove_one(small_witness(random), random));
  }
  Proven prove_one(const SmallWitness& w, Entropy& entropy) {
    const auto a = small_assignment(w);
    const Proof p = prove(*pk, kNetwork, a, entropy, pool);
    return {w, {a.public_inputs, encode_proof(p)}, p};
  }
  std::vector<bool> verify(std::span<const Claim> claims, const Network& network = kNetwork) {
    return verify_batch(pk->vk, network, claims, random, pool);
  }
  bool verify(const Claim& claim) { return verify({&claim, 1})[0]; }
  // None of `bad` is accepted: most alone (half the work), every tenth group as a batch that is bisected.
  void refuse(const std::vector<Claim>& bad) {
    for (size_t begin = 0; begin < bad.size(); begin += 16) {
      const auto group = std::span(bad).subspan(begin, std::min<size_t>(16, bad.size() - begin));
      if (begin / 16 % 10 == 0) {
        ASSERT_EQ(verify(group), std::vector<bool>(group.size(), false)) << begin;
      } else {
        for (const auto& claim : group) ASSERT_FALSE(verify(claim));
      }
    }
  }
};

inline World& world() {
  static World w;
  return w;
}

// Parts of a proof in wire order.
template <class P>
std::vector<decltype(&std::declval<P&>().z)> points(P& p) {
  std::vector<decltype(&p.z)> out;
  for (auto& x : p.wires) out.push_back(&x);
  out.push_back(&p.z);
  for (auto& x : p.t) out.push_back(&x);
  out.push_back(&p.opening);
  out.push_back(&p.opening_next);
  return out;
}
template <class P>
std::vector<decltype(&std::declval<P&>().z_next)> scalars(P& p) {
  std::vector<decltype(&p.z_next)> out;
  for (auto& x : p.w) out.push_back(&x);
  for (auto& x : p.w_next) out.push_back(&x);
  for (auto& x : p.sigma) out.push_back(&x);
  out.push_back(&p.z_next);
  return out;
}
}  // namespace sotto::plonk::proofs
