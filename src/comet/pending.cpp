#include "comet/pending.hpp"

namespace sotto::comet {

using order::Submission;

std::optional<Submission> Pending::refuses(const ledger::FullId& id) const {
  const std::lock_guard lock(mutex_);
  if (waiting_.contains(id) || recent_.contains(id)) return Submission::known;
  if (waiting_.size() >= limits_.max_queue) return Submission::full;
  return std::nullopt;
}

Submission Pending::add(const ledger::FullId& id, ledger::CertifiedTransaction certified) {
  auto waiting = std::make_shared<Waiting>();
  waiting->id = id;
  waiting->encoded = ledger::encode(certified);
  waiting->certified = std::move(certified);
  const std::lock_guard lock(mutex_);
  if (waiting_.contains(id) || recent_.contains(id)) return Submission::known;
  if (waiting_.size() >= limits_.max_queue) return Submission::full;
  waiting_.emplace(id, std::move(waiting));
  order_.push_back(id);
  return Submission::queued;
}

std::vector<std::shared_ptr<const Waiting>> Pending::choose(size_t max_entries, size_t max_bytes, size_t max_block_bytes) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<const Waiting>> chosen;
  size_t bytes = 0, block_bytes = ledger::encoded_header_size();
  for (const auto& id : order_) {
    if (chosen.size() == max_entries) break;
    const auto found = waiting_.find(id);
    if (found == waiting_.end()) continue;
    bytes += found->second->encoded.size() + 4;
    block_bytes += found->second->encoded.size() + 1;    // with its outcome
    if (bytes > max_bytes || block_bytes > max_block_bytes) break;
    chosen.push_back(found->second);
  }
  return chosen;
}

void Pending::ordered(std::span<const ledger::FullId> ids) {
  const std::lock_guard lock(mutex_);
  for (const auto& id : ids) {
    waiting_.erase(id);
    if (recent_.insert(id).second) recent_order_.push_back(id);
  }
  while (!order_.empty() && !waiting_.contains(order_.front())) order_.pop_front();
  while (recent_order_.size() > limits_.remember) {
    recent_.erase(recent_order_.front());
    recent_order_.pop_front();
  }
}

void Pending::drop(const ledger::FullId& id) {
  const std::lock_guard lock(mutex_);
  waiting_.erase(id);
}

size_t Pending::size() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

}  // namespace sotto::comet
