// The certified transactions a validator holds and no block has executed yet: what it proposes when its turn comes. Every
// validator keeps its own, so nothing is gossiped: certificates reach validators by settlement. Thread-safe.
#pragma once
#include <deque>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <unordered_set>

#include "order/ordering.hpp"

namespace sotto::comet {

struct PendingLimits {
  size_t max_queue = 16 * 1024;          // transactions waiting
  size_t remember = 64 * 1024;           // transactions ordered lately
};

struct Waiting {
  ledger::FullId id;
  ledger::CertifiedTransaction certified;
  Bytes encoded;
};

class Pending {
 public:
  explicit Pending(const PendingLimits& limits) : limits_(limits) {}

  // Before and after the certificate's check, which happens outside: is there a reason not to take it?
  std::optional<order::Submission> refuses(const ledger::FullId& id) const;
  order::Submission add(const ledger::FullId& id, ledger::CertifiedTransaction certified);
  // The oldest, as many as fit: encoded with their lengths at most max_bytes, in a ledger's block at most max_block_bytes.
  std::vector<std::shared_ptr<const Waiting>> choose(size_t max_entries, size_t max_bytes, size_t max_block_bytes) const;
  // A block has them, whatever it made of them.
  void ordered(std::span<const ledger::FullId> ids);
  // Not good any more: out, and free to come again.
  void drop(const ledger::FullId& id);
  size_t size() const;

 private:
  const PendingLimits limits_;
  mutable std::mutex mutex_;
  std::unordered_map<ledger::FullId, std::shared_ptr<const Waiting>> waiting_;
  std::deque<ledger::FullId> order_;     // of waiting_, the oldest first; ids that are no longer waiting are skipped
  std::unordered_set<ledger::FullId> recent_;
  std::deque<ledger::FullId> recent_order_;
};

}  // namespace sotto::comet
