// The recoveries owners have handed to this validator and no block has decided on yet: checked once, offered for ordering
// after every block until they took effect or no longer can. Bounded in all and for each source, one a note. State thread only.
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
  // A place for the recovery of that note; `again`: it has one.
  Taken take(settle::SourceId source, const ledger::Nullifier& nf);
  // Its proof and signature hold, or not: then the place is free.
  void verified(const ledger::Nullifier& nf, std::shared_ptr<const ledger::Transaction> recovery);
  void refused(const ledger::Nullifier& nf) { leave(nf); }
  // Those that could still take effect; the others lose their place.
  std::vector<std::shared_ptr<const ledger::Transaction>> due(const ledger::State& state, const ledger::Archive& archive);
  size_t size() const { return places_.size(); }

 private:
  struct Place {
    settle::SourceId source = 0;
    std::shared_ptr<const ledger::Transaction> recovery;  // none while it is verified
  };
  void leave(const ledger::Nullifier& nf);

  std::map<ledger::Nullifier, Place> places_;
  std::map<settle::SourceId, size_t> per_source_;
};

}  // namespace sotto::node
