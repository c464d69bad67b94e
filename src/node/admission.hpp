// What may be ordered, judged by the bytes and the committee alone: two validators of one epoch come to the same verdict
// whatever blocks they have seen, so no engine refuses a block because one of them lags. Whether an entry still takes effect
// is asked of the state before it is proposed (ValidatorNode::Core), and again when it executes.
#pragma once
#include "node/certificate_check.hpp"

namespace sotto::node {

class Admission {
 public:
  // `authority` remembers good verdicts, as `certificates` does; both outlive this.
  Admission(std::shared_ptr<const ledger::Network> network, std::shared_ptr<const settle::Committee> committee,
            CheckedCertificates& certificates, ledger::Authority& authority)
      : network_(std::move(network)), committee_(std::move(committee)), certificates_(certificates), authority_(authority) {}

  // A payment with its lock certificate; an ordered operation with none, whose signatures and proof hold. Certificates share
  // one product of pairings, the proofs of recoveries one batch. From any thread.
  std::vector<bool> admits(std::span<const ledger::CertifiedTransaction* const> entries);

 private:
  const std::shared_ptr<const ledger::Network> network_;
  const std::shared_ptr<const settle::Committee> committee_;
  CheckedCertificates& certificates_;
  ledger::Authority& authority_;
};

}  // namespace sotto::node
