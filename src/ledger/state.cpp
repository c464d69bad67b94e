#include "ledger/state.hpp"

#include <algorithm>

#include "crypto/hash.hpp"

namespace sotto::ledger {
namespace {

void write(Writer& out, Wide value) {
  out.u64(static_cast<uint64_t>(value >> 64));
  out.u64(static_cast<uint64_t>(value));
}

}  // namespace

std::string to_decimal(Wide value) {
  std::string digits;
  do {
    digits.push_back(static_cast<char>('0' + static_cast<int>(value % 10)));
    value /= 10;
  } while (value != 0);
  std::reverse(digits.begin(), digits.end());
  return digits;
}

bool anchor_is_recent(const State& state, const Anchor& anchor) {
  for (size_t i = state.roots.size(); i-- > 0;) {
    if (state.roots[i].root != anchor) continue;
    if (i + 1 == state.roots.size()) return true;
    return state.height - state.roots[i + 1].since < state.network->params().anchor_window;
  }
  return false;
}

namespace {

void write(Writer& out, const Reports& reports) {
  out.count(reports.validators.size());
  for (const uint16_t validator : reports.validators) out.u16(validator);
  write(out, reports.stake);
}

}  // namespace

void write_tail(Writer& out, const State& state) {
  out.count(state.roots.size());
  for (const RecentRoot& r : state.roots) {
    r.root.value.write(out);
    out.u64(r.since);
  }
  out.count(state.supply.size());
  for (const Supply& s : state.supply) {
    write(out, s.minted);
    write(out, s.burned);
    write(out, s.fees);
    write(out, s.staked);
    out.u8(s.halted);
  }
  out.count(state.generations.size());
  for (const auto& [nf, generation] : state.generations) {
    nf.value.write(out);
    out.u32(generation);
  }
  out.count(state.recoveries.size());
  for (const auto& [nf, recovery] : state.recoveries) {
    nf.value.write(out);
    out.u32(recovery.generation);
    out.u64(recovery.since);
    write(out, recovery.reports);
  }
  out.u64(state.began.height);
  out.u64(state.began.time_ms);
  out.u8(state.due.has_value());
  if (state.due) {
    out.u64(state.due->since);
    out.sized(state.due->next);
  }
  out.u8(state.closing.has_value());
  if (state.closing) {
    out.u64(state.closing->since);
    out.sized(state.closing->next);
    write(out, state.closing->reports);
  }
  out.sized(state.committee);
  write(out, state.stake);
}

Hash32 app_hash(const State& state) {
  Writer out;
  out.raw(view("Sotto.app.v2"));
  out.raw(state.network->id().value);
  out.u64(state.epoch);
  state.tree.write(out);
  out.u64(state.spent);
  out.raw(state.spent_set.digest());
  write_tail(out, state);
  return crypto::sha256(out.bytes());
}

}  // namespace sotto::ledger
