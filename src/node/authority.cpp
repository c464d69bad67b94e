#include "node/authority.hpp"

namespace sotto::node {

std::vector<Status<ledger::Reject>> RememberingAuthority::verify(
    const ledger::Network& network, std::span<const ledger::Transaction* const> transactions) {
  return verify_hinted(network, transactions, std::vector<ByteView>(transactions.size()));
}

std::vector<Status<ledger::Reject>> RememberingAuthority::verify_hinted(
    const ledger::Network& network, std::span<const ledger::Transaction* const> transactions,
    std::span<const ByteView> hints) {
  std::vector<ledger::FullId> ids;
  for (const auto* tx : transactions) ids.push_back(ledger::full_id(*tx));
  return verify_identified(network, transactions, ids, hints);
}

std::vector<Status<ledger::Reject>> RememberingAuthority::verify_identified(
    const ledger::Network& network, std::span<const ledger::Transaction* const> transactions,
    std::span<const ledger::FullId> ids, std::span<const ByteView> hints) {
  CHECK(hints.size() == transactions.size() && ids.size() == transactions.size());
  std::vector<Status<ledger::Reject>> verdicts(transactions.size(), Ok{});
  std::vector<const ledger::Transaction*> fresh;
  std::vector<ByteView> fresh_hints;
  std::vector<size_t> where;
  {
    const std::lock_guard lock(mutex_);
    for (size_t i = 0; i < transactions.size(); ++i) {
      if (good_.contains(ids[i])) continue;
      fresh.push_back(transactions[i]);
      fresh_hints.push_back(hints[i]);
      where.push_back(i);
    }
  }
  if (fresh.empty()) return verdicts;
  const auto found = authority_.verify_hinted(network, fresh, fresh_hints);
  const std::lock_guard lock(mutex_);
  for (size_t i = 0; i < fresh.size(); ++i) {
    verdicts[where[i]] = found[i];
    if (!found[i].ok() || !good_.insert(ids[where[i]]).second) continue;
    if (ring_.size() < kRememberedVerdicts) {
      ring_.push_back(ids[where[i]]);
    } else {
      good_.erase(ring_[next_]);
      ring_[next_] = ids[where[i]];
      next_ = (next_ + 1) % kRememberedVerdicts;
    }
  }
  return verdicts;
}

}  // namespace sotto::node
