// What may be ordered, judged by the bytes, the committee and the keys of registered validators alone: two validators of one epoch come to the same verdict
// whatever blocks they have seen, so no engine refuses a block because one of them lags. Whether an entry still takes effect
// is asked of the state before it is proposed (ValidatorNode::Core), and again when it executes.
#pragma once
#include <mutex>

#include "node/certificate_check.hpp"

namespace sotto::node {

// Of registered validators: under which keys they and their operators speak. Fixed when a validator registers.
struct StakeKeys {
  ByteArray<96> vote{};
  crypto::JubjubAffine operator_key;
};
std::map<ledger::ValidatorId, StakeKeys> keys_of(const ledger::Stake& stake);

class Admission {
 public:
  // `authority` remembers good verdicts, as `certificates` does; both outlive this.
  Admission(std::shared_ptr<const ledger::Network> network, std::shared_ptr<const settle::Committee> committee,
            std::map<ledger::ValidatorId, StakeKeys> validators, CheckedCertificates& certificates, ledger::Authority& authority)
      : network_(std::move(network)), committee_(std::move(committee)), validators_(std::move(validators)), certificates_(certificates),
        authority_(authority) {}

  // A payment with its lock certificate; an ordered operation with none, whose signatures and proof hold. Certificates share
  // one product of pairings, the proofs of recoveries one batch. From any thread.
  std::vector<bool> admits(std::span<const ledger::CertifiedTransaction* const> entries);
  // After a block with registrations: who stands at the same block knows the same.
  void know(std::map<ledger::ValidatorId, StakeKeys> validators) {
    const std::lock_guard lock(mutex_);
    validators_ = std::move(validators);
  }

 private:
  bool signed_by_its_own(const ledger::Transaction& tx) const;   // operations of the stake

  const std::shared_ptr<const ledger::Network> network_;
  const std::shared_ptr<const settle::Committee> committee_;
  mutable std::mutex mutex_;
  std::map<ledger::ValidatorId, StakeKeys> validators_;
  CheckedCertificates& certificates_;
  ledger::Authority& authority_;
};

}  // namespace sotto::node
