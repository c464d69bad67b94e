// Remembers what it has verified: a transaction checked for a vote is not checked again when its block executes. Keyed
// by the hash of all its bytes (proofs and signatures included; the network is fixed), good verdicts only.
#pragma once
#include <mutex>
#include <unordered_set>

#include "ledger/check.hpp"

namespace sotto::node {

inline constexpr size_t kRememberedVerdicts = 100'000;

class RememberingAuthority final : public ledger::Authority {
 public:
  explicit RememberingAuthority(ledger::Authority& authority) : authority_(authority) {}
  // From any thread; verification itself runs outside the lock.
  std::vector<Status<ledger::Reject>> verify(const ledger::Network& network,
                                             std::span<const ledger::Transaction* const> transactions) override;
  std::vector<Status<ledger::Reject>> verify_hinted(const ledger::Network& network,
                                                    std::span<const ledger::Transaction* const> transactions,
                                                    std::span<const ByteView> hints) override;
  // The same for whoever has the hashes of their bytes already: ids[i] is full_id(*transactions[i]).
  std::vector<Status<ledger::Reject>> verify_identified(const ledger::Network& network,
                                                        std::span<const ledger::Transaction* const> transactions,
                                                        std::span<const ledger::FullId> ids, std::span<const ByteView> hints);

 private:
  ledger::Authority& authority_;
  std::mutex mutex_;
  std::unordered_set<ledger::FullId> good_;
  std::vector<ledger::FullId> ring_;                    // in the order they came, so that the oldest goes first
  size_t next_ = 0;
};

}  // namespace sotto::node
