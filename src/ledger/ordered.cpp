#include "ledger/ordered.hpp"

#include <algorithm>

#include "ledger/stake_rules.hpp"

namespace sotto::ledger {
namespace {

// Everything but the anchors.
Outcome outcome_of(const Recover& recover, const State& state, const SpendOf& spend_of) {
  if (state.closing) return Outcome::closing;
  if (spend_of(recover.nf)) return Outcome::spent;
  if (recover.generation != state.generation(recover.nf)) return Outcome::outdated_generation;
  if (state.recoveries.contains(recover.nf)) return Outcome::repeated;
  if (state.recoveries.size() >= kMaxRecoveries) return Outcome::too_many;
  return Outcome::took_effect;
}

Outcome outcome_of(const Report& report, const State& state, const SpendOf&) {
  // While the epoch closes only reports about all of it count: a close subsumes recoveries.
  if (state.closing.has_value() != !report.note) return Outcome::not_awaited;
  const Reports* reports = state.closing ? &state.closing->reports : nullptr;
  if (report.note) {
    const auto pending = state.recoveries.find(report.note->nf);
    if (pending == state.recoveries.end() || pending->second.generation != report.note->generation) return Outcome::not_awaited;
    reports = &pending->second.reports;
  }
  return std::ranges::binary_search(reports->validators, report.validator) ? Outcome::repeated : Outcome::took_effect;
}

Outcome outcome_of(const CloseEpoch&, const State& state, const SpendOf&) {
  return state.closing ? Outcome::repeated : Outcome::took_effect;
}

}  // namespace

Outcome outcome_of(const Transaction& tx, const State& state, const Archive& archive, const SpendOf& spend_of, Reject* why) {
  const auto outcome = std::visit([&]<class Op>(const Op& op) {
    constexpr bool of_the_past = std::is_same_v<Op, Evidence> || std::is_same_v<Op, Misconduct>;   // as a rule
    if (!of_the_past && op.epoch != state.epoch) return Outcome::wrong_epoch;
    if constexpr (of_stake<Op>) {
      const auto status = check_stake(op, txid(tx), state);
      if (!status.ok() && why != nullptr) *why = status.error();
      return status.ok() ? Outcome::took_effect : Outcome::not_allowed;
    } else {
      return outcome_of(op, state, spend_of);
    }
  }, *tx.ordered);
  if (outcome != Outcome::took_effect) return outcome;
  for (const Transfer& t : tx.transfers)                  // under a root of somebody's own making anything is a note
    for (const Input& i : t.inputs)
      if (!anchor_is_recent(state, i.anchor) && !archive.known_root(i.anchor)) return Outcome::unknown_anchor;
  return outcome;
}

}  // namespace sotto::ledger
