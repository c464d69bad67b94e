#include "ledger/next_committee.hpp"

#include <algorithm>

#include "ledger/stake_committee.hpp"

namespace sotto::ledger {

namespace {
constexpr size_t kEpochAt = 32;                           // M-6: network 32 | epoch u64 | validators
}

bool close_due(const State& state) {
  const Params& p = state.network->params();
  return (p.epoch_blocks > 0 && state.height - state.began.height >= p.epoch_blocks) ||
         (p.epoch_ms > 0 && state.time_ms - state.began.time_ms >= p.epoch_ms);
}

Bytes next_committee(const State& state) {
  if (state.network->has_stake())
    if (Bytes by_stake = committee_by_stake(state); !by_stake.empty()) return by_stake;
  Bytes next = state.committee;
  if (next.size() < kEpochAt + 8) return {};
  Writer epoch;
  epoch.u64(state.epoch + 1);
  std::ranges::copy(epoch.bytes(), next.begin() + kEpochAt);
  return next;
}

}  // namespace sotto::ledger
