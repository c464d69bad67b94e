// What stands against a transaction: its shape, conflicts with what is spent, locked or certified, and room.
#include "settle/refusals.hpp"

namespace sotto::settle {

const char* name(SettleReject reject) {
  switch (reject) {
    case SettleReject::ledger_rule: return "ledger_rule";
    case SettleReject::wrong_network: return "wrong_network";
    case SettleReject::nothing_spent: return "nothing_spent";
    case SettleReject::repeated_nullifier: return "repeated_nullifier";
    case SettleReject::several_owners: return "several_owners";
    case SettleReject::already_executed: return "already_executed";
    case SettleReject::spent: return "spent";
    case SettleReject::outdated_generation: return "outdated_generation";
    case SettleReject::future_generation: return "future_generation";
    case SettleReject::frozen: return "frozen";
    case SettleReject::epoch_ended: return "epoch_ended";
    case SettleReject::locked_by_rival: return "locked_by_rival";
    case SettleReject::bad_proof_or_signature: return "bad_proof_or_signature";
    case SettleReject::busy: return "busy";
    case SettleReject::source_busy: return "source_busy";
    case SettleReject::disk_low: return "disk_low";
    case SettleReject::full: return "full";
    case SettleReject::abstaining: return "abstaining";
    case SettleReject::not_in_committee: return "not_in_committee";
    case SettleReject::certificate_invalid: return "certificate_invalid";
    case SettleReject::certificate_mismatch: return "certificate_mismatch";
    case SettleReject::transaction_needed: return "transaction_needed";
    case SettleReject::rival_certified: return "rival_certified";
  }
  return "?";
}

std::optional<Refusal> ValidatorMachine::check_shape(const Candidate& transaction) const {
  if (transaction.network != committee_->network()) return refuse(SettleReject::wrong_network);
  if (transaction.notes.empty()) return refuse(SettleReject::nothing_spent);
  if (!transaction.one_owner) return refuse(SettleReject::several_owners);
  for (size_t i = 0; i < transaction.notes.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (transaction.notes[i].nf == transaction.notes[j].nf) return refuse(SettleReject::repeated_nullifier);
  return std::nullopt;
}

std::optional<Refusal> ValidatorMachine::check_conflicts(const LedgerView& ledger, const Candidate& transaction) const {
  if (auto refusal = check_for_certificate(ledger, transaction)) {
    if (refusal->reason == SettleReject::rival_certified) refusal->reason = SettleReject::locked_by_rival;
    return refusal;
  }
  if (executed(ledger, transaction)) return refuse(SettleReject::already_executed);
  for (const NoteKey& note : transaction.notes) {
    const auto holder = locked_by_.find(note.nf);
    if (holder == locked_by_.end() || holder->second == transaction.txid) continue;
    return Refusal{SettleReject::locked_by_rival, "", bytes_of(holder->second), holder->second};
  }
  return std::nullopt;
}

// What stands against acknowledging: less than what stands against voting, since own locks do not count (S-51).
std::optional<Refusal> ValidatorMachine::check_for_certificate(const LedgerView& ledger, const Candidate& transaction) const {
  // What is executed endangers nobody: a freeze is about what may still execute.
  const bool history = executed(ledger, transaction);
  if (!history && !ledger.open(committee_->epoch())) return refuse(SettleReject::epoch_ended);
  for (const NoteKey& note : transaction.notes) {
    const auto spender = ledger.spent_by(note.nf);
    if (spender && *spender != transaction.txid) return Refusal{SettleReject::spent, "", nullptr, spender};
    const uint32_t generation = ledger.generation(note.nf);
    if (note.generation < generation) return refuse(SettleReject::outdated_generation);
    if (note.generation > generation) return refuse(SettleReject::future_generation);
    if (!history && ledger.frozen(note.nf)) return refuse(SettleReject::frozen);
    const auto holder = certified_by_.find(note.nf);
    if (holder != certified_by_.end() && holder->second != transaction.txid)
      return Refusal{SettleReject::rival_certified, "", bytes_of(holder->second), holder->second};
  }
  return std::nullopt;
}

// A certificate on its way to the disk counts as held (certified_by_ has it): it will be acknowledged, freeze or not.
std::vector<ledger::Report> ValidatorMachine::reports() {
  std::map<Hash32, ledger::Report> now;
  if (!silent())                                          // who may have forgotten says nothing (S-46)
    for (const Durable<Freeze>& freeze : freezes_) {
      if (freeze->epoch != committee_->epoch()) continue;
      const bool holds = freeze->note ? certified_by_.contains(freeze->note->nf) : !certified_by_.empty();
      if (holds) continue;
      const Hash32 key = report_digest(committee_->network(), freeze->epoch, freeze->note);
      const auto before = reported_.find(key);
      now.emplace(key, before != reported_.end() ? before->second : signer_.report(freeze));
    }
  reported_ = std::move(now);
  std::vector<ledger::Report> all;
  for (const auto& [key, report] : reported_) all.push_back(report);
  return all;
}

std::optional<Refusal> ValidatorMachine::room_in_flight(SourceId source) const {
  if (checking_.size() + verifying_.size() + writing_.size() >= limits_.in_flight) return refuse(SettleReject::busy);
  const auto used = in_flight_.find(source);
  if (used != in_flight_.end() && used->second >= limits_.in_flight_per_source) return refuse(SettleReject::source_busy);
  return std::nullopt;
}

bool ValidatorMachine::room_for(const Candidate& transaction) const {
  return locks_.size() + writing_lock_.size() < limits_.locked_transactions &&
         bytes_ + transaction.bytes->size() <= limits_.stored_bytes;
}

}  // namespace sotto::settle
