// When an epoch's end is due, and who comes next: by the state alone, so that every validator, and every auditor, comes to the
// same answer (docs/spec/ledger.md L-77).
#pragma once
#include "ledger/state.hpp"

namespace sotto::ledger {

// Has the epoch lasted as long as the network's parameters say? `state` is the one after a block.
bool close_due(const State& state);

// The committee of the next epoch (M-6), which the state pins from the block on that made the end due. Validators sign nothing
// else; empty: the state names no committee, nothing becomes due. By stake (D-40); without stake, or if nobody may serve, the
// same validators with the same stakes.
Bytes next_committee(const State& state);

}  // namespace sotto::ledger
