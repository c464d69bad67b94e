#include "store/state_codec.hpp"

#include "settle/committee.hpp"

namespace sotto::store {
namespace {

constexpr uint8_t kStateVersion = 4;                       // 4: stake
constexpr size_t kMaxRoots = size_t{1} << 24, kMaxGenerations = size_t{1} << 28;

Result<ledger::Wide, DecodeError> read_wide(Reader& in) {
  TRY(high, in.u64());
  TRY(low, in.u64());
  return (ledger::Wide{high} << 64) | low;
}

Result<ledger::Reports, DecodeError> read_reports(Reader& in) {
  ledger::Reports reports;
  TRY(count, in.count(settle::kMaxValidators, 2));
  for (size_t i = 0; i < count; ++i) {
    TRY(validator, in.u16());
    if (i > 0 && validator <= reports.validators.back()) return Failure{DecodeError::out_of_order};
    reports.validators.push_back(validator);
  }
  TRY(stake, read_wide(in));
  reports.stake = stake;
  return reports;
}

}  // namespace

Bytes encode_state(const ledger::State& state) {
  Writer out;
  out.u8(kStateVersion);
  out.u64(state.height);
  out.u64(state.epoch);
  out.u64(state.time_ms);
  out.raw(state.last_block.value);
  state.chain.write(out);
  state.tree.write(out);
  out.u64(state.spent);
  state.spent_set.write(out);
  ledger::write_tail(out, state);
  return std::move(out).bytes();
}

Result<ledger::State, DecodeError> decode_state(ByteView bytes, std::shared_ptr<const ledger::Network> network) {
  Reader in(bytes);
  ledger::State state;
  state.network = std::move(network);
  TRY(version, in.u8());
  if (version != kStateVersion) return Failure{DecodeError::bad_version};
  TRY(height, in.u64());
  state.height = height;
  TRY(epoch, in.u64());
  state.epoch = epoch;
  TRY(time_ms, in.u64());
  state.time_ms = time_ms;
  TRY(last_block, in.array<32>());
  state.last_block.value = last_block;
  TRY(chain, ledger::ChainTree::read(in));
  state.chain = std::move(chain);
  TRY(tree, note::NoteTreeFrontier::read(in));
  state.tree = tree;
  TRY(spent, in.u64());
  state.spent = spent;
  TRY(spent_set, ledger::SetHash::read(in));
  state.spent_set = spent_set;
  TRY(roots, in.count(kMaxRoots, 32 + 8));
  for (size_t i = 0; i < roots; ++i) {
    TRY(root, crypto::Fr::read(in));
    TRY(since, in.u64());
    state.roots.push_back({{root}, since});
  }
  TRY(supplies, in.count(ledger::kMaxAssets, 4 * 16 + 1));
  for (size_t i = 0; i < supplies; ++i) {
    ledger::Supply supply;
    TRY(minted, read_wide(in));
    supply.minted = minted;
    TRY(burned, read_wide(in));
    supply.burned = burned;
    TRY(fees, read_wide(in));
    supply.fees = fees;
    TRY(staked, read_wide(in));
    supply.staked = staked;
    TRY(halted, in.boolean());
    supply.halted = halted;
    state.supply.push_back(supply);
  }
  TRY(generations, in.count(kMaxGenerations, 32 + 4));
  for (size_t i = 0; i < generations; ++i) {
    TRY(nf, crypto::Fr::read(in));
    TRY(generation, in.u32());
    if (!state.generations.empty() && !(state.generations.rbegin()->first < ledger::Nullifier{nf})) return Failure{DecodeError::out_of_order};
    state.generations.emplace_hint(state.generations.end(), ledger::Nullifier{nf}, generation);
  }
  TRY(recoveries, in.count(ledger::kMaxRecoveries, 32 + 4 + 8 + 4 + 16));
  for (size_t i = 0; i < recoveries; ++i) {
    TRY(nf, crypto::Fr::read(in));
    ledger::Recovery recovery;
    TRY(generation, in.u32());
    recovery.generation = generation;
    TRY(since, in.u64());
    recovery.since = since;
    TRY(reports, read_reports(in));
    recovery.reports = std::move(reports);
    if (!state.recoveries.empty() && !(state.recoveries.rbegin()->first < ledger::Nullifier{nf})) return Failure{DecodeError::out_of_order};
    state.recoveries.emplace_hint(state.recoveries.end(), ledger::Nullifier{nf}, std::move(recovery));
  }
  TRY(began_height, in.u64());
  TRY(began_ms, in.u64());
  state.began = {began_height, began_ms};
  TRY(is_due, in.boolean());
  if (is_due) {
    ledger::Due due;
    TRY(since, in.u64());
    due.since = since;
    TRY(next, in.sized(ledger::kMaxNextCommitteeBytes));
    due.next.assign(next.begin(), next.end());
    state.due = std::move(due);
  }
  TRY(closes, in.boolean());
  if (closes) {
    ledger::Closing closing;
    TRY(since, in.u64());
    closing.since = since;
    TRY(next, in.sized(ledger::kMaxNextCommitteeBytes));
    closing.next.assign(next.begin(), next.end());
    TRY(reports, read_reports(in));
    closing.reports = std::move(reports);
    state.closing = std::move(closing);
  }
  TRY(committee, in.sized(ledger::kMaxNextCommitteeBytes));
  state.committee.assign(committee.begin(), committee.end());
  TRY(stake, ledger::read_stake(in));
  state.stake = std::move(stake);
  TRY_OK(in.finish());
  return state;
}

}  // namespace sotto::store
