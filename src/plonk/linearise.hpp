// The identity at zeta with everything the proof does not open left as a polynomial: scalars of the fixed columns, the last
// sigma, z and the quotient pieces, and a constant. Prover and verifier share it.
#pragma once
#include "plonk/proof.hpp"

namespace sotto::plonk {

struct Linearisation {
  std::array<crypto::Fr, kFixedColumns> fixed;
  crypto::Fr last_sigma, z;
  std::array<crypto::Fr, kQuotientPieces> t;
  crypto::Fr constant;
};

// nullopt if zeta lies in the domain (probability n / r; an honest prover starts over, a verifier rejects).
std::optional<Linearisation> linearise(const VerifyingKey& vk, std::span<const crypto::Fr> public_inputs, const Challenges& c,
                                       const Evaluations& opened);

}  // namespace sotto::plonk
