// What an ordered operation comes to against a state (docs/spec/ledger.md L-70..L-75, stake.md D-14..D-16), proofs and signatures aside.
#pragma once
#include "ledger/archive.hpp"
#include "ledger/block.hpp"
#include "ledger/check.hpp"
#include "ledger/state.hpp"

namespace sotto::ledger {

using SpendOf = std::function<std::optional<Spend>(const Nullifier& nf)>;

// took_effect, or why it would not; `why`: the rule behind not_allowed. `tx` is ordered and has passed check_stateless. Changes nothing: execution asks it of the
// state so far, whoever admits operations for ordering of the newest one.
Outcome outcome_of(const Transaction& tx, const State& state, const Archive& archive, const SpendOf& spend_of,
                   Reject* why = nullptr);
inline Outcome outcome_of(const Transaction& tx, const State& state, const Archive& archive, Reject* why = nullptr) {
  return outcome_of(tx, state, archive, [&](const Nullifier& nf) { return archive.spend_of(nf); }, why);
}

}  // namespace sotto::ledger
