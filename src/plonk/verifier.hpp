// Verification, one proof or many. A proof is two pairing equations, one at zeta and one at w zeta; all equations of a batch, each
// with a random weight, become one: one multi-scalar multiplication a side and a product of two pairings; on failure the batch
// is bisected. Points are subgroup-checked singly or in a batch (docs/adr/0031). Arithmetic: blst only.
#pragma once
#include "base/parallel.hpp"
#include "base/world.hpp"
#include "plonk/linearise.hpp"

namespace sotto::plonk {

struct Claim {
  std::vector<crypto::Fr> public_inputs;
  Bytes proof;
  Bytes hints;             // proof_hints(), or empty, or anything: right ones save time, wrong ones change nothing
};

enum class SubgroupChecks : uint8_t {
  cheapest,                // in a batch from crypto::kSubgroupBatchFrom points on
  single,                  // every point by itself, whatever their number
};

// One verdict per claim. Weights: 128 bits each, from hashing every byte of the batch together with fresh entropy. A verdict is
// that of the proof verified alone, but for a probability of 3^-81 + (log2 of the batch + 2) 2^-128 at most (ADR 0031); it never
// depends on the number of threads.
std::vector<bool> verify_batch(const VerifyingKey& vk, const ByteArray<32>& network, std::span<const Claim> claims,
                               Entropy& entropy, ThreadPool& pool, SubgroupChecks checks = SubgroupChecks::cheapest);

}  // namespace sotto::plonk
