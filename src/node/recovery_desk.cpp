#include "node/recovery_desk.hpp"

namespace sotto::node {

RecoveryDesk::Taken RecoveryDesk::take(settle::SourceId source, const ledger::Nullifier& nf) {
  if (places_.contains(nf)) return Taken::again;
  if (places_.size() >= kMaxRecoveriesWaiting) return Taken::busy;
  const auto used = per_source_.find(source);
  if (used != per_source_.end() && used->second >= kMaxRecoveriesPerSource) return Taken::source_busy;
  places_.emplace(nf, Place{source, nullptr});
  ++per_source_[source];
  return Taken::taken;
}

void RecoveryDesk::verified(const ledger::Nullifier& nf, std::shared_ptr<const ledger::Transaction> recovery) {
  const auto place = places_.find(nf);
  CHECK(place != places_.end());
  place->second.recovery = std::move(recovery);
}

void RecoveryDesk::leave(const ledger::Nullifier& nf) {
  const auto place = places_.find(nf);
  CHECK(place != places_.end());
  const auto used = per_source_.find(place->second.source);
  if (--used->second == 0) per_source_.erase(used);
  places_.erase(place);
}

std::vector<std::shared_ptr<const ledger::Transaction>> RecoveryDesk::due(const ledger::State& state, const ledger::Archive& archive) {
  std::vector<std::shared_ptr<const ledger::Transaction>> out;
  std::vector<ledger::Nullifier> gone;
  for (const auto& [nf, place] : places_) {
    if (!place.recovery) continue;
    if (ledger::outcome_of(*place.recovery, state, archive) == ledger::Outcome::took_effect) out.push_back(place.recovery);
    else gone.push_back(nf);
  }
  for (const auto& nf : gone) leave(nf);
  return out;
}

}  // namespace sotto::node
