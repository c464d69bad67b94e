#include "ledger/execute.hpp"

#include <algorithm>

#include "ledger/next_committee.hpp"
#include "ledger/ordered.hpp"
#include "ledger/stake_rules.hpp"

namespace sotto::ledger {
namespace {

// The tree of the next block.
ChainTree chain_after(const State& state) {
  ChainTree chain = state.chain;
  chain.append(state.last_block);
  return chain;
}

// A block being built: the state so far, and what earlier entries of the same block spent.
class Builder {
 public:
  Builder(const State& state, const Archive& archive) : state_(state), archive_(archive), next_(state) {
    next_.height = state.height + 1;
    next_.chain = chain_after(state);
    changes_.height = next_.height;
  }

  std::optional<Spend> spend_of(const Transaction& tx) const {
    for (const Nullifier& nf : nullifiers(tx))
      if (auto spend = spend_of(nf)) return spend;
    return std::nullopt;
  }

  // The stateful rules, in the order of L-40; changes nothing unless the transaction executes or breaches a turnstile.
  Outcome run(const Transaction& tx, Detail& detail) {
    detail.spend = spend_of(tx);
    if (detail.spend) return detail.spend->txid == detail.txid ? Outcome::repeated : Outcome::spent;
    if (next_.epoch != state_.epoch) return Outcome::wrong_epoch;  // its certificate ended with the epoch, in this very block
    if (!generations_current(tx, next_)) return Outcome::outdated_generation;
    for (const Transfer& t : tx.transfers)
      for (const Input& i : t.inputs)
        if (!anchor_is_recent(state_, i.anchor) && !archive_.known_root(i.anchor)) return Outcome::unknown_anchor;
    if (const auto status = check_stake(tx, next_, For::execution); !status.ok()) return refuse_stake(tx, status.error(), detail);
    SupplyChange supply = supply_after(tx, *state_.network, next_.supply);
    if (supply.burns_halted) return Outcome::burns_halted;
    if (!supply.breached.empty()) {
      for (size_t index : supply.breached) next_.supply[index].halted = true;
      return Outcome::turnstile;
    }
    const auto commitments = appended_commitments(tx);
    if (commitments.size() > next_.tree.room() - leaves_.size()) return Outcome::tree_full;
    detail.first_leaf = next_.tree.size() + leaves_.size();
    for (const Commitment& cm : commitments) leaves_.push_back(cm.value);
    next_.supply = std::move(supply.after);
    apply_stake(tx, detail.txid, next_);
    const Spend spend{detail.txid, next_.height};
    for (const Nullifier& nf : nullifiers(tx)) {
      spent_here_.emplace(nf.bytes(), spend);
      changes_.spends.emplace_back(nf, spend);
      add_spend(next_, nf, detail.txid);
      next_.recoveries.erase(nf);                         // a note that is spent needs no recovery
    }
    return Outcome::executed;
  }

  // The rules of L-70..L-75 and of the stake. `weight`: of a report whose signature holds.
  Outcome run_ordered(const Transaction& tx, const std::optional<CommitteeWord::Weight>& weight, Detail& detail) {
    const Ordered& ordered = *tx.ordered;
    const bool ended = next_.epoch != state_.epoch;
    if (ended && std::visit([]<class Op>(const Op&) { return of_stake<Op>; }, ordered)) return Outcome::wrong_epoch;
    Reject why{};
    const auto outcome = outcome_of(tx, next_, archive_, [&](const Nullifier& nf) { return detail.spend = spend_of(nf); }, &why);
    if (outcome == Outcome::not_allowed) detail.reject = why;
    // Too late to count, in time to show that the validator is there.
    if (const auto* report = std::get_if<Report>(&ordered); ended && weight && report != nullptr) mark_seen(next_, report->validator);
    if (outcome != Outcome::took_effect) return outcome;
    if (const auto* recover = std::get_if<Recover>(&ordered)) {
      next_.recoveries.emplace(recover->nf, Recovery{recover->generation, next_.height, {}});
    } else if (const auto* report = std::get_if<Report>(&ordered)) {
      CHECK(weight);
      count(*report, *weight);
    } else if (const auto* close = std::get_if<CloseEpoch>(&ordered)) {
      next_.closing = Closing{next_.height, close->next, {}};
    } else {
      std::visit([&]<class Op>(const Op& op) { if constexpr (of_stake<Op>) apply_stake(op, detail.txid, next_); }, ordered);
    }
    return outcome;
  }

  Execution finish(std::vector<BlockEntry> entries, std::vector<Detail> details, uint64_t time_ms,
                   const std::function<Bytes(const State&)>& successor) && {
    if (!leaves_.empty()) {
      CHECK(next_.tree.append(leaves_));   // run() counted the room
      const Anchor root{next_.tree.root()};
      changes_.root = root;
      next_.roots.push_back({root, next_.height});
      // Roots that can never be recent again; only here, so that an empty block changes nothing.
      size_t drop = 0;
      while (drop + 1 < next_.roots.size() &&
             next_.height - next_.roots[drop + 1].since >= state_.network->params().anchor_window)
        ++drop;
      next_.roots.erase(next_.roots.begin(), next_.roots.begin() + static_cast<std::ptrdiff_t>(drop));
    }
    next_.time_ms = time_ms;
    if (!entries.empty() && next_.began.time_ms == 0) next_.began.time_ms = time_ms;
    if (changes_.epoch_closed) {
      next_.began = {next_.height, time_ms};
      end_epoch(next_);
    } else if (!entries.empty() && !next_.due && !next_.closing && close_due(next_)) {
      Bytes next = successor ? successor(next_) : next_committee(next_);
      if (!next.empty()) next_.due = Due{next_.height, std::move(next)};
    }
    BlockHeader header = header_after(next_, state_.last_block, entries_hash(entries));
    header.epoch = state_.epoch;                          // the one it was executed in
    next_.last_block = block_hash(header);
    return {{header, std::move(entries)}, std::move(next_), std::move(changes_), std::move(details)};
  }

 private:
  std::optional<Spend> spend_of(const Nullifier& nf) const {
    if (const auto here = spent_here_.find(nf.bytes()); here != spent_here_.end()) return here->second;
    return archive_.spend_of(nf);
  }

  // Breaches halt as those of other assets do; the rest only a corrupt quorum certifies.
  Outcome refuse_stake(const Transaction& tx, Reject why, Detail& detail) {
    if (why == Reject::burns_halted) return Outcome::burns_halted;
    if (why == Reject::exceeds_supply) {
      for (const ValidatorId& validator : overdrawn(tx, next_.stake)) next_.stake.pools.at(validator).halted = true;
      return Outcome::turnstile;
    }
    detail.reject = why;
    return Outcome::not_allowed;
  }

  void count(const Report& report, const CommitteeWord::Weight& weight) {
    Reports& reports = report.note ? next_.recoveries.at(report.note->nf).reports : next_.closing->reports;
    reports.validators.insert(std::ranges::lower_bound(reports.validators, report.validator), report.validator);
    reports.stake += weight.stake;
    mark_seen(next_, report.validator);
    if (reports.stake * 3 <= weight.total * 2) return;    // no quorum yet; one less is unsafe
    if (report.note) {
      next_.generations[report.note->nf] = report.note->generation + 1;
      changes_.released.push_back(report.note->nf);
      next_.recoveries.erase(report.note->nf);
    } else {
      ++next_.epoch;
      next_.committee = std::move(next_.closing->next);
      next_.closing.reset();
      next_.due.reset();
      next_.recoveries.clear();
      changes_.epoch_closed = true;
    }
  }

  const State& state_;
  const Archive& archive_;
  State next_;
  Changes changes_;
  std::map<ByteArray<32>, Spend> spent_here_;
  std::vector<Fr> leaves_;   // of the whole block: its inner nodes are hashed together, each once
};

}  // namespace

const char* name(BlockReject reject) {
  switch (reject) {
    case BlockReject::too_many_entries: return "too_many_entries";
    case BlockReject::too_large: return "too_large";
    case BlockReject::time_reversed: return "time_reversed";
    case BlockReject::malformed: return "malformed";
    case BlockReject::wrong_network: return "wrong_network";
    case BlockReject::wrong_height: return "wrong_height";
    case BlockReject::wrong_epoch: return "wrong_epoch";
    case BlockReject::wrong_previous: return "wrong_previous";
    case BlockReject::wrong_chain: return "wrong_chain";
    case BlockReject::wrong_entries: return "wrong_entries";
    case BlockReject::wrong_outcome: return "wrong_outcome";
    case BlockReject::wrong_notes: return "wrong_notes";
    case BlockReject::wrong_note_root: return "wrong_note_root";
    case BlockReject::wrong_app_hash: return "wrong_app_hash";
  }
  return "?";
}

bool CommitteeWord::holds(const Ordered& ordered, const State& state, const Archive& archive) const {
  if (const Unjail* op = std::get_if<Unjail>(&ordered)) {
    const auto pool = state.stake.pools.find(op->validator);
    return unjail && pool != state.stake.pools.end() && unjail(*op, pool->second.vote_key, state);
  }
  if (const Evidence* op = std::get_if<Evidence>(&ordered)) {
    const auto pool = state.stake.pools.find(op->validator);
    return evidence && pool != state.stake.pools.end() && evidence(*op, pool->second.vote_key, state, archive);
  }
  return true;                                            // withdraw: an operator's, judged with its pool; misconduct: the engine's
}

void add_spend(State& state, const Nullifier& nf, const TxId& id) {
  Writer member;
  nf.value.write(member);
  member.raw(id.value);
  state.spent_set.add(member.bytes());
  ++state.spent;
}

BlockHeader header_after(const State& next, const BlockHash& previous, const Hash32& entries) {
  BlockHeader header;
  header.network = next.network->id();
  header.height = next.height;
  header.epoch = next.epoch;
  header.time_ms = next.time_ms;
  header.previous = previous;
  header.chain = next.chain.root();
  header.entries = entries;
  header.notes = next.tree.size();
  header.note_root = next.newest_root();
  header.app_hash = app_hash(next);
  return header;
}

Result<Execution, BlockReject> execute(const State& state, const Archive& archive,
                                       std::span<const CertifiedTransaction> entries, uint64_t time_ms,
                                       const CertificateCheck& certificates, Authority& authority,
                                       const CommitteeWord& committee) {
  const Network& network = *state.network;
  if (entries.size() > network.params().max_block_entries) return Failure{BlockReject::too_many_entries};
  size_t bytes = encoded_header_size();
  for (const CertifiedTransaction& e : entries) bytes += encoded_size(e);
  if (bytes > network.params().max_block_bytes) return Failure{BlockReject::too_large};
  if (time_ms < state.time_ms) return Failure{BlockReject::time_reversed};

  // What does not depend on the order within the block: form, certificates, and one batch of signatures and proofs.
  // What earlier blocks have spent or executed already is not worth a proof.
  Builder builder(state, archive);
  std::vector<Outcome> outcomes(entries.size(), Outcome::executed);
  std::vector<Detail> details(entries.size());
  std::vector<const Transaction*> candidates;
  std::vector<size_t> positions;
  std::vector<std::optional<CommitteeWord::Weight>> weights(entries.size());
  for (size_t i = 0; i < entries.size(); ++i) {
    const Transaction& tx = entries[i].transaction;
    details[i].txid = txid(tx);
    const Ordered* ordered = tx.ordered ? &*tx.ordered : nullptr;
    const Report* report = ordered ? std::get_if<Report>(ordered) : nullptr;
    const CloseEpoch* close = ordered ? std::get_if<CloseEpoch>(ordered) : nullptr;
    const bool recovers = ordered && std::holds_alternative<Recover>(*ordered);
    if (auto status = check_stateless(tx, network, std::nullopt); !status.ok()) {
      outcomes[i] = Outcome::invalid;
      details[i].reject = status.error();
    } else if (ordered && !entries[i].certificate.empty()) {  // one encoding: it has none
      outcomes[i] = Outcome::uncertified;
    } else if (report) {
      if (committee.report && report->epoch == state.epoch) weights[i] = committee.report(*report, state);
      if (!weights[i]) outcomes[i] = report->epoch == state.epoch ? Outcome::uncertified : Outcome::wrong_epoch;
    } else if (close) {
      if (close->epoch != state.epoch) outcomes[i] = Outcome::wrong_epoch;
      else if (!committee.close || !committee.close(*close, state)) outcomes[i] = Outcome::uncertified;
    } else if (ordered && !recovers) {
      if (!committee.holds(*ordered, state, archive)) outcomes[i] = Outcome::uncertified;
    } else if (ordered) {
      candidates.push_back(&tx);
      positions.push_back(i);
    } else if (builder.spend_of(tx)) {
      continue;
    } else if (!certificates(tx, details[i].txid, entries[i].certificate, state)) {
      outcomes[i] = Outcome::uncertified;
    } else {
      candidates.push_back(&tx);
      positions.push_back(i);
    }
  }
  if (!candidates.empty()) {
    const auto verdicts = authority.verify(network, candidates);
    CHECK(verdicts.size() == candidates.size());
    for (size_t i = 0; i < verdicts.size(); ++i) {
      if (verdicts[i].ok()) continue;
      outcomes[positions[i]] = Outcome::invalid;
      details[positions[i]].reject = verdicts[i].error();
    }
  }

  std::vector<BlockEntry> done;
  for (size_t i = 0; i < entries.size(); ++i) {
    const Transaction& tx = entries[i].transaction;
    if (outcomes[i] == Outcome::executed)
      outcomes[i] = tx.ordered ? builder.run_ordered(tx, weights[i], details[i]) : builder.run(tx, details[i]);
    done.push_back({entries[i], outcomes[i]});
  }
  return std::move(builder).finish(std::move(done), std::move(details), time_ms, committee.next);
}

Result<Execution, BlockFailure> check_block(const State& state, const Archive& archive, const Block& block,
                                            const CertificateCheck& certificates, Authority& authority,
                                            const CommitteeWord& committee) {
  const auto refuse = [](BlockReject reject) { return Failure<BlockFailure>{{reject, std::nullopt, std::nullopt}}; };
  const BlockHeader& h = block.header;
  if (h.network != state.network->id()) return refuse(BlockReject::wrong_network);
  if (h.height != state.height + 1) return refuse(BlockReject::wrong_height);
  if (h.epoch != state.epoch) return refuse(BlockReject::wrong_epoch);
  if (h.previous != state.last_block) return refuse(BlockReject::wrong_previous);
  if (h.chain != chain_after(state).root()) return refuse(BlockReject::wrong_chain);
  if (h.entries != entries_hash(block.entries)) return refuse(BlockReject::wrong_entries);
  std::vector<CertifiedTransaction> entries;
  for (const BlockEntry& e : block.entries) entries.push_back(e.certified);
  auto executed = execute(state, archive, entries, h.time_ms, certificates, authority, committee);
  if (!executed.ok()) return refuse(executed.error());
  for (size_t i = 0; i < entries.size(); ++i) {
    const Outcome outcome = executed->block.entries[i].outcome;
    if (outcome != block.entries[i].outcome) return Failure<BlockFailure>{{BlockReject::wrong_outcome, i, outcome}};
  }
  const BlockHeader& mine = executed->block.header;
  if (h.notes != mine.notes) return refuse(BlockReject::wrong_notes);
  if (h.note_root != mine.note_root) return refuse(BlockReject::wrong_note_root);
  if (h.app_hash != mine.app_hash) return refuse(BlockReject::wrong_app_hash);
  CHECK(h == mine);
  return std::move(executed).value();
}

void commit(Execution&& execution, State& state, Archive& archive) {
  archive.commit(execution.changes);
  state = std::move(execution.next);
}

}  // namespace sotto::ledger
