// Verification, one proof or many: every proof contributes to one random linear combination, checked by one
// multi-scalar multiplication and one product of two pairings; on failure the batch is bisected. Arithmetic: blst only.
#pragma once
#include "base/parallel.hpp"
#include "base/world.hpp"
#include "plonk/linearise.hpp"

namespace sotto::plonk {

struct Claim {
  std::vector<crypto::Fr> public_inputs;
  Bytes proof;
};

// One verdict per claim. Weights: 128 bits each, from hashing every byte of the batch together with fresh entropy.
std::vector<bool> verify_batch(const VerifyingKey& vk, const ByteArray<32>& network, std::span<const Claim> claims,
                               Entropy& entropy, ThreadPool& pool);

}  // namespace sotto::plonk
