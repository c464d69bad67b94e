#include "comet/application.hpp"

#include <algorithm>

#include "comet/home.hpp"
#include "comet/proposal.hpp"
#include "crypto/hash.hpp"

namespace sotto::comet {

namespace {

// A wake-up for a block further ahead than this is refused: nobody's mempool fills with heights to come.
constexpr uint64_t kWakesAhead = 3;

Failure<Error> engine_broke(const std::string& what) { return Failure{Error{"the ordering engine broke its rules: " + what}}; }

}  // namespace

std::string app_state_of(const Hash32& genesis) { return "{\"genesis\": \"" + to_hex(genesis) + "\"}"; }

LedgerApplication::LedgerApplication(LedgerRules rules, order::Replica& replica, Pending& pending, Admission admit,
                                     std::function<void(uint64_t, bool)> kept, SnapshotSource* snapshots)
    : rules_(std::move(rules)), replica_(replica), pending_(pending), admit_(std::move(admit)), kept_(std::move(kept)), source_(snapshots) {
  CHECK(rules_.max_entries > 0 && rules_.max_block_bytes >= ledger::kMaxTransactionBytes);
  if (rules_.max_entries > 16 * kAccusationEntries && rules_.max_block_bytes > 2 * ledger::kMaxTransactionBytes) {
    accusations_ = kAccusationEntries;
    rules_.max_entries -= kAccusationEntries;
    rules_.max_block_bytes -= kAccusationBytes;
  }
}

std::vector<ValidatorUpdate> updates_of(const order::Handover& handover) {
  const auto powers = [](const std::vector<order::Member>& members) {
    std::vector<EngineValidator> all;
    for (const auto& m : members) all.push_back({"", m.key, m.stake});
    return powers_of(all);
  };
  const auto before = powers(handover.from), after = powers(handover.to);
  std::vector<ValidatorUpdate> updates;
  for (size_t i = 0; i < handover.to.size(); ++i) {
    const auto was = std::ranges::find(handover.from, handover.to[i].key, &order::Member::key);
    if (was == handover.from.end() || before[static_cast<size_t>(was - handover.from.begin())] != after[i])
      updates.push_back({handover.to[i].key, after[i]});
  }
  for (const auto& m : handover.from)
    if (std::ranges::find(handover.to, m.key, &order::Member::key) == handover.to.end()) updates.push_back({m.key, 0});
  return updates;
}

AppPoint LedgerApplication::info() const {
  const auto point = replica_.point();
  return {static_cast<int64_t>(point.engine_height), point.last_block.value};
}

Result<Hash32, Error> LedgerApplication::init_chain(const ChainStart& start) {
  const std::lock_guard lock(mutex_);
  const auto point = replica_.point();
  if (start.chain_id != rules_.chain_id) return engine_broke("its chain is " + start.chain_id + ", the ledger's is " + rules_.chain_id);
  // CometBFT hands on the JSON value with its own spacing.
  const std::string state(start.app_state.begin(), start.app_state.end());
  if (state.find("\"" + to_hex(rules_.genesis) + "\"") == std::string::npos) return engine_broke("its genesis names another ledger");
  if (start.initial_height != 1) return engine_broke("it does not begin at 1");
  if (point.engine_height != 0) return engine_broke("it begins anew, and the ledger stands at " + std::to_string(point.engine_height));
  return point.last_block.value;
}

std::vector<Snapshot> LedgerApplication::snapshots() {
  if (!source_) return {};
  return source_->snapshots(replica_.point().engine_height);
}

Bytes LedgerApplication::snapshot_chunk(uint64_t height, uint32_t format, uint32_t chunk) {
  return source_ ? source_->chunk(height, format, chunk) : Bytes();
}

bool LedgerApplication::check_transaction(ByteView transaction) {
  const auto height = decode_wake(transaction);
  const uint64_t kept = replica_.point().engine_height;
  return height && *height > kept && *height <= kept + kWakesAhead;
}

Result<std::vector<Bytes>, Error> LedgerApplication::prepare_proposal(int64_t, uint64_t max_bytes) {
  const std::lock_guard lock(mutex_);
  // The length as protobuf has it is CometBFT's part of max_bytes: tag and varint.
  constexpr uint64_t kProtoBytes = 16;
  const uint64_t room = std::min<uint64_t>(max_bytes, kMaxProposalBytes);
  if (room < entries_overhead() + kProtoBytes) return std::vector<Bytes>();
  auto chosen = pending_.choose(rules_.max_entries, static_cast<size_t>(room - entries_overhead() - kProtoBytes), rules_.max_block_bytes);
  std::vector<const ledger::CertifiedTransaction*> entries;
  for (const auto& w : chosen) entries.push_back(&w->certified);
  const auto good = admit_(entries);
  std::vector<ByteView> encoded;
  for (size_t i = 0; i < chosen.size(); ++i) {
    if (good[i]) encoded.push_back(chosen[i]->encoded);
    else pending_.drop(chosen[i]->id);
  }
  std::vector<Bytes> transactions;
  if (!encoded.empty()) transactions.push_back(encode_entries(encoded));
  return transactions;
}

std::optional<LedgerApplication::Entries> LedgerApplication::read(const Proposal& proposal) {
  if (proposal.transactions.empty()) return Entries();
  if (proposal.transactions.size() > 1) return std::nullopt;
  const ByteView bytes = proposal.transactions.front();
  const Hash32 hash = crypto::sha256(bytes);
  if (decoded_ && decoded_hash_ == hash) return decoded_;
  auto entries = decode_entries(bytes, rules_.max_entries);
  if (!entries.ok()) return std::nullopt;
  size_t block_bytes = ledger::encoded_header_size();
  for (const auto& entry : *entries) {
    block_bytes += ledger::encoded_size(entry);
    // The engine's own word (D-34), which nobody can propose.
    if (entry.transaction.ordered && std::holds_alternative<ledger::Misconduct>(*entry.transaction.ordered)) return std::nullopt;
  }
  if (block_bytes > rules_.max_block_bytes) return std::nullopt;
  decoded_hash_ = hash;
  decoded_ = std::move(entries).value();
  return decoded_;
}

Result<bool, Error> LedgerApplication::process_proposal(const Proposal& proposal) {
  const std::lock_guard lock(mutex_);
  const auto entries = read(proposal);
  if (!entries) return false;
  std::vector<const ledger::CertifiedTransaction*> asked;
  for (const auto& entry : *entries) asked.push_back(&entry);
  const auto verdicts = admit_(asked);
  return std::ranges::all_of(verdicts, [](bool good) { return good; });
}

Result<Hash32, Error> LedgerApplication::finalize_block(const Proposal& block) {
  const std::lock_guard lock(mutex_);
  const auto point = replica_.point();
  const auto engine_height = static_cast<uint64_t>(block.height);
  if (engine_height != point.engine_height + 1)
    return engine_broke("block " + std::to_string(engine_height) + " after " + std::to_string(point.engine_height));
  Computed computed{engine_height, point.last_block, {}, {}};
  // A decided block that no honest validator would have voted for executes as an empty one, at every validator alike.
  auto entries = read(block);
  replica_.forget();
  std::vector<order::Accusation> accusations;
  for (const auto& m : block.misbehaviour) accusations.push_back({m.validator, m.time_ms});
  Entries all;
  if (!accusations.empty()) {
    TRY(against, replica_.entries_against(accusations, accusations_));
    all = std::move(against);                              // first: nothing in this block is quicker
  }
  if (entries) {
    for (const auto& entry : *entries) computed.ids.push_back(order::entry_id(entry));
    std::ranges::move(*entries, std::back_inserter(all));
  }
  if (!all.empty()) {
    const order::Batch batch{point.height + 1, std::max(point.time_ms, block.time_ms), std::move(all)};
    TRY(hash, replica_.compute(batch));
    computed.last_block = hash;
    if (const auto handover = replica_.handover()) computed.updates = updates_of(*handover);
  }
  decoded_.reset();
  computed_ = std::move(computed);
  return computed_->last_block.value;
}

std::vector<ValidatorUpdate> LedgerApplication::validator_updates() {
  const std::lock_guard lock(mutex_);
  return computed_ ? computed_->updates : std::vector<ValidatorUpdate>();
}

Result<int64_t, Error> LedgerApplication::commit() {
  const std::lock_guard lock(mutex_);
  if (!computed_) return engine_broke("a commit without a block");
  const Computed computed = std::move(*std::exchange(computed_, std::nullopt));
  const bool changed = computed.last_block != replica_.point().last_block;
  TRY_OK(replica_.keep(computed.engine_height));
  pending_.ordered(computed.ids);
  kept_(computed.engine_height, changed);
  return int64_t{0};
}

}  // namespace sotto::comet
