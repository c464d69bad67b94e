#include "ledger/circuit_verifier.hpp"

namespace sotto::ledger {

std::vector<bool> CircuitVerifier::verify(const NetworkId& network, std::span<const circuit::TransferClaim> claims) {
  return circuit::verify_transfers(*system_, network.value, claims, entropy_, pool_);
}

}  // namespace sotto::ledger
