#include "node/recovery_desk.hpp"

namespace sotto::node {

Hash32 RecoveryDesk::place_of(const ledger::Transaction& tx) {
  const auto* recover = std::get_if<ledger::Recover>(&*tx.ordered);
  return recover != nullptr ? recover->nf.bytes() : ledger::txid(tx).value;
}

RecoveryDesk::Taken RecoveryDesk::take(settle::SourceId source, const Hash32& what) {
  if (places_.contains(what)) return Taken::again;
  if (places_.size() >= kMaxRecoveriesWaiting) return Taken::busy;
  const auto used = per_source_.find(source);
  if (used != per_source_.end() && used->second >= kMaxRecoveriesPerSource) return Taken::source_busy;
  places_.emplace(what, Place{source, nullptr});
  ++per_source_[source];
  return Taken::taken;
}

void RecoveryDesk::verified(const Hash32& what, std::shared_ptr<const ledger::Transaction> recovery) {
  const auto place = places_.find(what);
  CHECK(place != places_.end());
  place->second.recovery = std::move(recovery);
}

void RecoveryDesk::leave(const Hash32& what) {
  const auto place = places_.find(what);
  CHECK(place != places_.end());
  const auto used = per_source_.find(place->second.source);
  if (--used->second == 0) per_source_.erase(used);
  places_.erase(place);
}

std::vector<std::shared_ptr<const ledger::Transaction>> RecoveryDesk::due(const ledger::State& state, const ledger::Archive& archive) {
  std::vector<std::shared_ptr<const ledger::Transaction>> out;
  std::vector<Hash32> gone;
  for (const auto& [what, place] : places_) {
    if (!place.recovery) continue;
    if (ledger::outcome_of(*place.recovery, state, archive) == ledger::Outcome::took_effect) out.push_back(place.recovery);
    else gone.push_back(what);
  }
  for (const auto& what : gone) leave(what);
  return out;
}

}  // namespace sotto::node
