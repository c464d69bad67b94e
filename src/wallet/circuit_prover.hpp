// Prover over the real transfer circuit.
#pragma once
#include "wallet/build.hpp"

namespace sotto::wallet {

class CircuitProver final : public Prover {
 public:
  // `system` was loaded with its prover. Entropy and pool outlive this.
  CircuitProver(std::shared_ptr<const circuit::ProofSystem> system, Entropy& entropy, ThreadPool& pool)
      : system_(std::move(system)), entropy_(entropy), pool_(pool) {}
  circuit::TransferProof prove(const ledger::NetworkId& network, const circuit::TransferPublic& x,
                               const circuit::TransferWitness& w) override;
  bool verify(const ledger::NetworkId& network, std::span<const circuit::TransferClaim> claims) override;

 private:
  std::shared_ptr<const circuit::ProofSystem> system_;
  Entropy& entropy_;
  ThreadPool& pool_;
};

}  // namespace sotto::wallet
