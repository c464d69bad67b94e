// The prover (docs/spec/proof-system.md, section 4). Variable time.
#pragma once
#include "base/world.hpp"
#include "plonk/proof.hpp"

namespace sotto::plonk {

// The assignment must satisfy the circuit (CHECKed through the permutation; a bad gate gives a proof that does not verify).
// Blinding is hedged: derived from 64 fresh bytes and the whole assignment. The bytes do not depend on the thread count.
Proof prove(const ProvingKey& pk, const ByteArray<32>& network, const Assignment<crypto::Fr>& assignment, Entropy& entropy,
            ThreadPool& pool);

}  // namespace sotto::plonk
