// What of a block's checks depends on its bytes alone, done on the ordering engine's thread: by the time the state thread
// executes the block, proofs, signatures and certificates that were never seen before cost it nothing.
#pragma once
#include "node/certificate_check.hpp"

namespace sotto::node {

// Verdicts about the entries of one batch, which must outlive this and stay where they are. Whatever it has no verdict on is
// asked of the authority and the certificates as usual.
class PreparedBatch final : public ledger::Authority {
 public:
  PreparedBatch(std::span<const ledger::CertifiedTransaction> entries, const ledger::Network& network, const ledger::Archive& archive,
                CheckedCertificates& certificates, ledger::Authority& authority);
  std::vector<Status<ledger::Reject>> verify(const ledger::Network& network,
                                             std::span<const ledger::Transaction* const> transactions) override;
  ledger::CertificateCheck certificates();

 private:
  CheckedCertificates& checked_;
  ledger::Authority& authority_;
  std::unordered_map<const ledger::Transaction*, bool> certified_;
  std::unordered_map<const ledger::Transaction*, Status<ledger::Reject>> verdicts_;
};

}  // namespace sotto::node
