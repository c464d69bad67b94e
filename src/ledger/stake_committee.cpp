#include "ledger/stake_committee.hpp"

#include <algorithm>

namespace sotto::ledger {

bool may_serve(const Pool& pool, const StakeParams& params) {
  return !pool.jailed_until && !pool.tombstoned && pool.amount > 0 && worth(pool, pool.self) >= params.min_self_bond;
}

Bytes committee_by_stake(const State& state) {
  const StakeParams& params = state.network->params().stake;
  using Member = std::pair<const ValidatorId, Pool>;
  std::vector<const Member*> members;
  for (const Member& member : state.stake.pools)
    if (may_serve(member.second, params)) members.push_back(&member);
  if (members.empty()) return {};
  std::ranges::sort(members, [](const Member* a, const Member* b) {
    return a->second.amount != b->second.amount ? a->second.amount > b->second.amount : a->first < b->first;
  });
  if (members.size() > params.max_validators) members.resize(params.max_validators);
  std::ranges::sort(members, {}, [](const Member* m) { return m->first; });
  Writer out;
  out.raw(state.network->id().value);
  out.u64(state.epoch + 1);
  out.count(members.size());
  for (const Member* m : members) {
    out.raw(m->first.value);
    out.u64(m->second.amount);
    out.raw(m->second.vote_key);
    out.raw(m->second.possession);
  }
  return std::move(out).bytes();
}

}  // namespace sotto::ledger
