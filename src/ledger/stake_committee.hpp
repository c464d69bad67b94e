// Who comes next, by stake (docs/spec/stake.md D-40).
#pragma once
#include "ledger/state.hpp"

namespace sotto::ledger {

// The N validators of the highest stake among those who may serve, as a committee of state.epoch + 1 in settle's encoding
// (M-6). Empty on a network without stake, or if nobody may serve: then the present committee stays.
Bytes committee_by_stake(const State& state);

// May be in a committee: neither jailed nor convicted, and with enough of its own at stake.
bool may_serve(const Pool& pool, const StakeParams& params);

}  // namespace sotto::ledger
