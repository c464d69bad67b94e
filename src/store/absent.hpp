// Nullifiers the database was lately asked for and did not have. A payment's nullifiers are looked up six to eight times between
// its arrival and its block, and "not there" is the dear answer: filters, index and memory table are all consulted.
#pragma once
#include <mutex>
#include <optional>
#include <vector>

#include "ledger/transaction.hpp"

namespace sotto::store {

// Direct-mapped: what falls on one place displaces what was there, so nobody makes it slow or large by choosing nullifiers. Any thread.
class AbsentNullifiers {
 public:
  static constexpr size_t kPlaces = size_t{1} << 15;     // 1.3 MB

  AbsentNullifiers() : places_(kPlaces) {}

  bool contains(const ledger::Nullifier& nf) const {
    const std::lock_guard lock(mutex_);
    return places_[index(nf)] == nf;
  }
  // Taken before the database is asked, given back with the answer: an answer from before a block is not kept after it.
  uint64_t blocks() const {
    const std::lock_guard lock(mutex_);
    return blocks_;
  }
  void insert(const ledger::Nullifier& nf, uint64_t blocks) {
    const std::lock_guard lock(mutex_);
    if (blocks == blocks_) places_[index(nf)] = nf;
  }
  // The block that spends these is written.
  template <class Spends>
  void spent(const Spends& spends) {
    const std::lock_guard lock(mutex_);
    ++blocks_;
    for (const auto& [nf, spend] : spends)
      if (places_[index(nf)] == nf) places_[index(nf)].reset();
  }

 private:
  static size_t index(const ledger::Nullifier& nf) { return std::hash<ledger::Nullifier>{}(nf) % kPlaces; }

  mutable std::mutex mutex_;
  std::vector<std::optional<ledger::Nullifier>> places_;
  uint64_t blocks_ = 0;
};

}  // namespace sotto::store
