#include "wallet/circuit_prover.hpp"

#include <algorithm>

namespace sotto::wallet {

circuit::TransferProof CircuitProver::prove(const ledger::NetworkId& network, const circuit::TransferPublic& x,
                                            const circuit::TransferWitness& w) {
  return circuit::prove_transfer(*system_, network.value, x, w, entropy_, pool_);
}

bool CircuitProver::verify(const ledger::NetworkId& network, std::span<const circuit::TransferClaim> claims) {
  const auto verdicts = circuit::verify_transfers(*system_, network.value, claims, entropy_, pool_);
  return std::all_of(verdicts.begin(), verdicts.end(), [](bool good) { return good; });
}

}  // namespace sotto::wallet
