#include "settle/evidence.hpp"

#include <algorithm>

#include "settle/committee_word.hpp"

namespace sotto::settle {

namespace {

constexpr uint8_t kVersion = 1;
constexpr uint8_t kDoubleVote = 1, kFalseReport = 2;

Result<ledger::Transaction, DecodeError> read_transaction(Reader& in) {
  TRY(bytes, in.sized(ledger::kMaxTransactionBytes));
  return ledger::decode_transaction(bytes);
}
template <Phase P>
Result<Share<P>, DecodeError> read_share(Reader& in) {
  TRY(bytes, in.raw(Share<P>::kBytes));
  return Share<P>::decode(bytes);
}

Result<Evidence, DecodeError> read_double_vote(Reader& in) {
  TRY(epoch, in.u64());
  TRY(first, read_transaction(in));
  TRY(second, read_transaction(in));
  TRY(vote_on_first, read_share<Phase::vote>(in));
  TRY(vote_on_second, read_share<Phase::vote>(in));
  return Evidence(DoubleVote{epoch, std::move(first), std::move(second), vote_on_first, vote_on_second});
}

Result<Evidence, DecodeError> read_false_report(Reader& in) {
  TRY(transaction, read_transaction(in));
  TRY(acknowledgement, read_share<Phase::settle>(in));
  TRY(carrier, read_transaction(in));
  const bool alone = carrier.ordered && std::holds_alternative<ledger::Report>(*carrier.ordered) && carrier.expiry == 0 &&
                     carrier.transfers.empty() && carrier.network == transaction.network;
  if (!alone) return Failure{DecodeError::non_canonical};
  return Evidence(FalseReport{std::move(transaction), acknowledgement, std::get<ledger::Report>(*carrier.ordered)});
}

Subject subject_of(uint64_t epoch, const ledger::Transaction& tx) { return {epoch, ledger::generations(tx), ledger::txid(tx)}; }

// Does every note of it have the generation it names?
bool current(const ledger::Transaction& tx, const LedgerView& ledger, const std::optional<Nullifier>& but = std::nullopt) {
  const auto notes = ledger::nullifiers(tx);
  const auto named = ledger::generations(tx);
  for (size_t i = 0; i < notes.size(); ++i)
    if (notes[i] != but && ledger.generation(notes[i]) != named[i]) return false;
  return true;
}

// Whom it is about, by what is signed: a share's index says only whose key to take.
struct Accused {
  NetworkId network;
  uint64_t epoch = 0;
  const crypto::BlsPublicKey* key = nullptr;              // none: nobody has that index

  template <Phase P>
  bool signed_it(const Share<P>& share, const Subject& subject) const {
    return key != nullptr && crypto::bls_verify(*key, digest(P, network, subject), share.signature).ok();
  }
};

bool signed_all(const DoubleVote& e, const Accused& accused) {
  return accused.signed_it(e.vote_on_first, subject_of(e.epoch, e.first)) && accused.signed_it(e.vote_on_second, subject_of(e.epoch, e.second));
}
bool signed_all(const FalseReport& e, const Accused& accused) {
  return accused.signed_it(e.acknowledgement, subject_of(e.report.epoch, e.transaction)) && signed_by(e.report, accused.network, *accused.key);
}

Status<EvidenceReject> check(const DoubleVote& e, const Accused& accused, const LedgerView& ledger) {
  if (e.first.network != accused.network || e.second.network != accused.network) return Failure{EvidenceReject::wrong_network};
  if (e.epoch != accused.epoch) return Failure{EvidenceReject::wrong_epoch};
  if (e.vote_on_first.validator != e.vote_on_second.validator) return Failure{EvidenceReject::different_validators};
  const Subject first = subject_of(e.epoch, e.first), second = subject_of(e.epoch, e.second);
  if (first.txid == second.txid) return Failure{EvidenceReject::same_transaction};
  const auto theirs = ledger::nullifiers(e.second);
  const bool common = std::ranges::any_of(ledger::nullifiers(e.first), [&](const Nullifier& nf) { return std::ranges::find(theirs, nf) != theirs.end(); });
  if (!common) return Failure{EvidenceReject::no_common_note};
  if (!current(e.first, ledger) || !current(e.second, ledger)) return Failure{EvidenceReject::not_current_at_once};
  if (!signed_all(e, accused)) return Failure{EvidenceReject::bad_signature};
  return Ok{};
}

Status<EvidenceReject> check(const FalseReport& e, const Accused& accused, const LedgerView& ledger) {
  if (e.transaction.network != accused.network) return Failure{EvidenceReject::wrong_network};
  if (e.report.epoch != accused.epoch) return Failure{EvidenceReject::wrong_epoch};
  if (e.acknowledgement.validator != e.report.validator) return Failure{EvidenceReject::different_validators};
  const auto notes = ledger::nullifiers(e.transaction);
  const Subject subject = subject_of(e.report.epoch, e.transaction);
  std::optional<Nullifier> reported;
  if (e.report.note) {
    const auto at = std::ranges::find(notes, e.report.note->nf);
    const bool named = at != notes.end() && subject.generations[static_cast<size_t>(at - notes.begin())] == e.report.note->generation;
    if (!named) return Failure{EvidenceReject::other_note};
    reported = e.report.note->nf;
  }
  // A report is made while its note is unspent and of the reported generation; the others must have been as the transaction
  // names them. Then it could execute, and who had acknowledged it knew.
  if (!current(e.transaction, ledger, reported)) return Failure{EvidenceReject::not_current_at_once};
  for (const Nullifier& nf : notes) {
    const auto spender = ledger.spent_by(nf);
    if (spender && (nf != reported || *spender == subject.txid)) return Failure{EvidenceReject::spent};
  }
  if (!signed_all(e, accused)) return Failure{EvidenceReject::bad_signature};
  return Ok{};
}

}  // namespace

const char* name(EvidenceReject reject) {
  switch (reject) {
    case EvidenceReject::wrong_network: return "wrong_network";
    case EvidenceReject::wrong_epoch: return "wrong_epoch";
    case EvidenceReject::different_validators: return "different_validators";
    case EvidenceReject::same_transaction: return "same_transaction";
    case EvidenceReject::no_common_note: return "no_common_note";
    case EvidenceReject::other_note: return "other_note";
    case EvidenceReject::not_current_at_once: return "not_current_at_once";
    case EvidenceReject::spent: return "spent";
    case EvidenceReject::bad_signature: return "bad_signature";
  }
  return "?";
}

Bytes encode(const Evidence& evidence) {
  Writer out;
  out.u8(kVersion);
  if (const auto* twice = std::get_if<DoubleVote>(&evidence)) {
    out.u8(kDoubleVote);
    out.u64(twice->epoch);
    out.sized(ledger::encode(twice->first));
    out.sized(ledger::encode(twice->second));
    out.raw(twice->vote_on_first.encode());
    out.raw(twice->vote_on_second.encode());
  } else {
    const auto& denied = std::get<FalseReport>(evidence);
    out.u8(kFalseReport);
    out.sized(ledger::encode(denied.transaction));
    out.raw(denied.acknowledgement.encode());
    ledger::Transaction carrier;
    carrier.network = denied.transaction.network;
    carrier.ordered = denied.report;
    out.sized(ledger::encode(carrier));
  }
  return std::move(out).bytes();
}

Result<Evidence, DecodeError> decode_evidence(ByteView bytes) {
  if (bytes.size() > kMaxEvidenceBytes) return Failure{DecodeError::too_large};
  Reader in(bytes);
  TRY(version, in.u8());
  TRY(kind, in.u8());
  if (version != kVersion || (kind != kDoubleVote && kind != kFalseReport)) return Failure{DecodeError::bad_version};
  TRY(evidence, kind == kDoubleVote ? read_double_vote(in) : read_false_report(in));
  TRY_OK(in.finish());
  return evidence;
}

uint16_t accused_in(const Evidence& evidence) {
  if (const auto* twice = std::get_if<DoubleVote>(&evidence)) return twice->vote_on_first.validator;
  return std::get<FalseReport>(evidence).report.validator;
}

uint64_t epoch_of(const Evidence& evidence) {
  if (const auto* twice = std::get_if<DoubleVote>(&evidence)) return twice->epoch;
  return std::get<FalseReport>(evidence).report.epoch;
}

Status<EvidenceReject> convicts(const Evidence& evidence, const Committee& committee, const LedgerView& ledger) {
  const uint16_t index = accused_in(evidence);
  const Accused accused{committee.network(), committee.epoch(), index < committee.size() ? &committee[index].key : nullptr};
  return std::visit([&](const auto& e) { return check(e, accused, ledger); }, evidence);
}

bool signed_by(const Evidence& evidence, const NetworkId& network, const crypto::BlsPublicKey& key) {
  return std::visit([&](const auto& e) { return signed_all(e, {network, epoch_of(evidence), &key}); }, evidence);
}

Status<EvidenceReject> convicts(const Evidence& evidence, const NetworkId& network, const crypto::BlsPublicKey& key, const LedgerView& ledger) {
  return std::visit([&](const auto& e) { return check(e, {network, epoch_of(evidence), &key}, ledger); }, evidence);
}

}  // namespace sotto::settle
