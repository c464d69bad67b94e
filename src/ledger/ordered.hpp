// What an ordered operation comes to against a state (docs/spec/ledger.md L-70..L-75), proofs and signatures aside.
#pragma once
#include "ledger/archive.hpp"
#include "ledger/block.hpp"
#include "ledger/state.hpp"

namespace sotto::ledger {

using SpendOf = std::function<std::optional<Spend>(const Nullifier& nf)>;

// took_effect, or why it would not. `tx` is ordered and has passed check_stateless. Changes nothing: execution asks it of the
// state so far, whoever admits operations for ordering of the newest one.
Outcome outcome_of(const Transaction& tx, const State& state, const Archive& archive, const SpendOf& spend_of);
inline Outcome outcome_of(const Transaction& tx, const State& state, const Archive& archive) {
  return outcome_of(tx, state, archive, [&](const Nullifier& nf) { return archive.spend_of(nf); });
}

}  // namespace sotto::ledger
