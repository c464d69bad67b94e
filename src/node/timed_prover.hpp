// A prover that remembers when its last proof was finished and how long it took: wallets themselves have no clock.
#pragma once
#include <chrono>

#include "wallet/circuit_prover.hpp"

namespace sotto::node {

class TimedProver final : public wallet::Prover {
 public:
  TimedProver(std::shared_ptr<const circuit::ProofSystem> system, Entropy& entropy, ThreadPool& pool)
      : prover_(std::move(system), entropy, pool) {}
  circuit::TransferProof prove(const ledger::NetworkId& network, const circuit::TransferPublic& x,
                               const circuit::TransferWitness& w) override {
    const auto start = std::chrono::steady_clock::now();
    const auto proof = prover_.prove(network, x, w);
    finished_ = std::chrono::steady_clock::now();
    prove_ms_ = std::chrono::duration<double, std::milli>(finished_ - start).count();
    return proof;
  }
  bool verify(const ledger::NetworkId& network, std::span<const circuit::TransferClaim> claims) override {
    return prover_.verify(network, claims);
  }

  std::chrono::steady_clock::time_point finished() const { return finished_; }
  double prove_ms() const { return prove_ms_; }

 private:
  wallet::CircuitProver prover_;
  std::chrono::steady_clock::time_point finished_{};
  double prove_ms_ = 0;
};

}  // namespace sotto::node
