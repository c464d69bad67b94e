#include "ledger/circuit_verifier.hpp"

#include "crypto/hash.hpp"

namespace sotto::ledger {

Hash32 circuits_accepted() {
  const auto digest = from_hex(circuit::kTransferKeyDigest);
  CHECK(digest && digest->size() == 32);
  Writer out;
  out.raw(view("Sotto.circuits.v1"));
  out.count(1);
  out.u16(circuit::kTransferCircuit);
  out.raw(*digest);
  return crypto::sha256(out.bytes());
}

std::vector<bool> CircuitVerifier::verify(const NetworkId& network, std::span<const circuit::TransferClaim> claims) {
  return circuit::verify_transfers(*system_, network.value, claims, entropy_, pool_);
}

}  // namespace sotto::ledger
