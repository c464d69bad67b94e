// What people have handed to this validator to be ordered alone, recoveries and operations of the stake, and no block has decided
// on yet: checked once, offered after every block until it took effect or no longer can. Bounded in all and for each source,
// one recovery a note. State thread only.
#pragma once
#include <map>

#include "ledger/ordered.hpp"
#include "settle/validator.hpp"

namespace sotto::node {

inline constexpr size_t kMaxRecoveriesWaiting = 256;
inline constexpr size_t kMaxRecoveriesPerSource = 8;

class RecoveryDesk {
 public:
  enum class Taken : uint8_t { taken, again, busy, source_busy };
  // Whose place it is: a note's, for its recovery; else the transaction's.
  static Hash32 place_of(const ledger::Transaction& tx);
  // `again`: it has one.
  Taken take(settle::SourceId source, const Hash32& what);
  // Its proof and signature hold, or not: then the place is free.
  void verified(const Hash32& what, std::shared_ptr<const ledger::Transaction> recovery);
  void refused(const Hash32& what) { leave(what); }
  // Those that could still take effect; the others lose their place.
  std::vector<std::shared_ptr<const ledger::Transaction>> due(const ledger::State& state, const ledger::Archive& archive);
  size_t size() const { return places_.size(); }

 private:
  struct Place {
    settle::SourceId source = 0;
    std::shared_ptr<const ledger::Transaction> recovery;  // none while it is verified
  };
  void leave(const Hash32& what);

  std::map<Hash32, Place> places_;
  std::map<settle::SourceId, size_t> per_source_;
};

}  // namespace sotto::node
