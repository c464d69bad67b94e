// The ProofVerifier of every real program: the transfer circuit's own verifier.
#pragma once
#include "base/parallel.hpp"
#include "ledger/check.hpp"

namespace sotto::ledger {

// SHA-256 over the ids and key digests of the circuits whose proofs are accepted (data.md M-8).
Hash32 circuits_accepted();

class CircuitVerifier final : public ProofVerifier {
 public:
  CircuitVerifier(std::shared_ptr<const circuit::ProofSystem> system, Entropy& entropy, ThreadPool& pool)
      : system_(std::move(system)), entropy_(entropy), pool_(pool) {}
  std::vector<bool> verify(const NetworkId& network, std::span<const circuit::TransferClaim> claims) override;

 private:
  std::shared_ptr<const circuit::ProofSystem> system_;
  Entropy& entropy_;
  ThreadPool& pool_;
};

}  // namespace sotto::ledger
