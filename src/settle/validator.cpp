#include "settle/validator.hpp"

#include <algorithm>

#include "settle/refusals.hpp"

namespace sotto::settle {

namespace {

size_t size_of(const std::optional<Candidate>& transaction) { return transaction ? transaction->bytes->size() : 0; }

}  // namespace

ValidatorMachine::ValidatorMachine(std::shared_ptr<const Committee> committee, Signer signer, const Limits& limits,
                                   uint64_t votes_from_epoch, Restored restored, const LedgerView& ledger, Token first_token)
    : committee_(std::move(committee)), signer_(std::move(signer)), limits_(limits), votes_from_epoch_(votes_from_epoch), next_token_(first_token),
      freezes_(std::move(restored.freezes)) {
  for (Durable<Lock>& lock : restored.locks) {
    const Candidate& transaction = lock->transaction;
    const bool live = lock->epoch == committee_->epoch() && !outdated(ledger, transaction) &&
                      std::ranges::any_of(transaction.notes, [&](const NoteKey& n) { return !ledger.spent_by(n.nf); });
    if (!live) {
      stale_.locks.push_back(transaction.txid);
      continue;
    }
    hold(locked_by_, ledger, transaction);
    bytes_ += transaction.bytes->size();
    const Vote vote = signer_.vote(lock);
    locks_.emplace(transaction.txid, LockEntry{std::move(lock), vote});
  }
  for (Durable<Certified>& certified : restored.certified) {
    const bool live = certified->certificate.subject.epoch == committee_->epoch() && certified->transaction &&
                      !outdated(ledger, *certified->transaction) && !executed(ledger, *certified->transaction);
    if (!live) {
      stale_.certified.push_back(certified->certificate.subject.txid);
      continue;
    }
    const Candidate& transaction = *certified->transaction;
    hold(certified_by_, ledger, transaction);
    bytes_ += transaction.bytes->size();
    const Acknowledgement acknowledgement = signer_.acknowledge(certified);
    certified_.emplace(transaction.txid, CertifiedEntry{std::make_shared<const Certified>(*certified), acknowledgement});
  }
}

Drop ValidatorMachine::records() const {
  Drop all;
  for (const auto& [txid, entry] : locks_) all.locks.push_back(txid);
  for (const auto& [txid, token] : writing_lock_) all.locks.push_back(txid);
  for (const auto& [txid, entry] : certified_) all.certified.push_back(txid);
  for (const auto& [txid, token] : writing_certificate_) all.certified.push_back(txid);
  return all;
}

std::optional<SettleReject> ValidatorMachine::silent() const {
  if (votes_from_epoch_ == kObserves) return SettleReject::not_in_committee;
  if (committee_->epoch() < votes_from_epoch_) return SettleReject::abstaining;
  return std::nullopt;
}

Effects ValidatorMachine::step(const LedgerView& ledger, Event event) {
  Effects out;
  std::visit([&](auto& e) { on(ledger, e, out); }, event);
  return out;
}

void ValidatorMachine::on(const LedgerView& ledger, SubmitTransaction& event, Effects& out) {
  const Candidate& transaction = event.transaction.candidate;
  const auto answer = [&](Refusal refusal) { out.push_back(ReplyRefusal{event.request, std::move(refusal)}); };
  if (const auto why = silent()) return answer(refuse(*why));
  if (executed_.contains(transaction.txid)) return answer(refuse(SettleReject::already_executed));
  // S-42: asked again, the same vote, whatever changed since.
  if (const auto entry = locks_.find(transaction.txid); entry != locks_.end()) {
    out.push_back(ReplyVote{event.request, entry->second.vote});
    return;
  }
  if (const auto token = writing_lock_.find(transaction.txid); token != writing_lock_.end()) {
    auto& waiters = writing_.at(token->second).waiters;
    if (waiters.size() >= limits_.requests_per_transaction) return answer(refuse(SettleReject::busy));
    waiters.push_back(event.request);
    return;
  }
  if (auto refusal = check_shape(transaction)) return answer(std::move(*refusal));
  if (auto refusal = check_conflicts(ledger, transaction)) return answer(std::move(*refusal));
  if (const char* rule = ledger.check_cheap(*event.transaction.transaction, transaction.txid))
    return answer(refuse(SettleReject::ledger_rule, rule));
  if (!room_for(transaction)) return answer(refuse(SettleReject::full));
  verify(std::move(event.transaction), event.source, {event.request, std::nullopt}, out);
}

bool ValidatorMachine::answer_known(const LockCertificate& certificate, RequestId request, Effects& out) {
  const auto answer = [&](Refusal refusal) { out.push_back(ReplyRefusal{request, std::move(refusal)}); };
  const TxId& txid = certificate.subject.txid;
  // Idempotent: a stored certificate on the same subject is answered without looking at the new signature.
  if (const auto entry = certified_.find(txid); entry != certified_.end()) {
    if (entry->second.certified->certificate.subject != certificate.subject) answer(refuse(SettleReject::certificate_mismatch));
    else out.push_back(ReplyAcknowledgement{request, entry->second.acknowledgement});
    return true;
  }
  if (const auto history = executed_.find(txid); history != executed_.end() && history->second) {
    if (certificate.subject.epoch != committee_->epoch()) answer(refuse(SettleReject::certificate_invalid, "wrong_epoch"));
    else out.push_back(ReplyAcknowledgement{request, *history->second});
    return true;
  }
  return false;
}

void ValidatorMachine::on(const LedgerView&, SubmitCertificate& event, Effects& out) {
  const auto answer = [&](Refusal refusal) { out.push_back(ReplyRefusal{event.request, std::move(refusal)}); };
  if (const auto why = silent()) return answer(refuse(*why));
  if (event.certificate.subject.epoch < committee_->epoch()) return answer(refuse(SettleReject::epoch_ended));
  if (event.certificate.subject.epoch > committee_->epoch()) return answer(refuse(SettleReject::busy));   // we are behind
  if (answer_known(event.certificate, event.request, out)) return;
  if (auto refusal = room_in_flight(event.source)) return answer(std::move(*refusal));
  const Token token = next_token_++;
  begin(event.source);
  Checking& entry = checking_[token];
  entry.certificate = std::make_shared<const LockCertificate>(std::move(event.certificate));
  entry.transaction = std::move(event.transaction);
  entry.source = event.source;
  entry.request = event.request;
  out.push_back(CheckCertificate{token, event.source, entry.certificate});
}

void ValidatorMachine::on(const LedgerView& ledger, CertificateChecked& event, Effects& out) {
  const auto found = checking_.find(event.token);
  CHECK(found != checking_.end());
  Checking entry = std::move(found->second);
  checking_.erase(found);
  end(entry.source);
  const LockCertificate& certificate = *entry.certificate;
  const TxId& txid = certificate.subject.txid;
  const auto answer = [&](Refusal refusal) { out.push_back(ReplyRefusal{entry.request, std::move(refusal)}); };
  if (event.failed_rule != nullptr) return answer(refuse(SettleReject::certificate_invalid, event.failed_rule));
  // The world may have moved meanwhile: another copy of it may be stored or history by now.
  if (answer_known(certificate, entry.request, out)) return;
  if (const auto token = writing_certificate_.find(txid); token != writing_certificate_.end()) {
    auto& waiters = writing_.at(token->second).waiters;
    if (waiters.size() >= limits_.requests_per_transaction) return answer(refuse(SettleReject::busy));
    waiters.push_back(entry.request);
    return;
  }
  if (executed_.contains(txid))                           // its block holds the transaction
    return store_certificate(ledger, certificate, nullptr, entry.source, entry.request, out);

  // Only bytes verified here are stored with a certificate: proofs lie outside the txid, and a bad twin stored in the
  // place of the good one could never execute (S-52).
  if (const auto lock = locks_.find(txid); lock != locks_.end())
    return store_certificate(ledger, certificate, &lock->second.lock->transaction, entry.source, entry.request, out);
  if (const auto token = writing_lock_.find(txid); token != writing_lock_.end())
    return store_certificate(ledger, certificate, &*writing_.at(token->second).transaction, entry.source, entry.request, out);
  if (!entry.transaction) return answer(refuse(SettleReject::transaction_needed));
  const Candidate& transaction = entry.transaction->candidate;
  if (subject_of(committee_->epoch(), transaction) != certificate.subject) return answer(refuse(SettleReject::certificate_mismatch));
  if (auto refusal = check_shape(transaction)) return answer(std::move(*refusal));
  if (auto refusal = check_for_certificate(ledger, transaction)) return answer(std::move(*refusal));
  verify(std::move(*entry.transaction), entry.source, {entry.request, certificate}, out);
}

void ValidatorMachine::verify(DecodedCandidate transaction, SourceId source, Waiter waiter, Effects& out) {
  // The same bytes are verified once, however many ask meanwhile; other bytes of the same txid are another matter.
  if (const auto token = verifying_bytes_.find(transaction.candidate.full_id); token != verifying_bytes_.end()) {
    auto& waiters = verifying_.at(token->second).waiters;
    if (waiters.size() >= limits_.requests_per_transaction) {
      out.push_back(ReplyRefusal{waiter.request, refuse(SettleReject::busy)});
      return;
    }
    waiters.push_back(std::move(waiter));
    return;
  }
  if (auto refusal = room_in_flight(source)) {
    out.push_back(ReplyRefusal{waiter.request, std::move(*refusal)});
    return;
  }
  const Token token = next_token_++;
  begin(source);
  verifying_bytes_.emplace(transaction.candidate.full_id, token);
  out.push_back(Verify{token, transaction.transaction, transaction.candidate.full_id, transaction.hints, source});
  Verifying& entry = verifying_[token];
  entry.transaction = std::move(transaction);
  entry.source = source;
  entry.blocks = blocks_;
  entry.waiters.push_back(std::move(waiter));
}

void ValidatorMachine::on(const LedgerView& ledger, VerificationDone& event, Effects& out) {
  const auto found = verifying_.find(event.token);
  CHECK(found != verifying_.end());
  Verifying entry = std::move(found->second);
  verifying_.erase(found);
  const Candidate& transaction = entry.transaction.candidate;
  verifying_bytes_.erase(transaction.full_id);
  end(entry.source);
  if (event.failed_rule != nullptr) {
    for (const Waiter& waiter : entry.waiters)
      out.push_back(ReplyRefusal{waiter.request, refuse(SettleReject::bad_proof_or_signature, event.failed_rule)});
    return;
  }
  std::vector<RequestId> voters;
  for (const Waiter& waiter : entry.waiters) {
    if (!waiter.certificate) {
      voters.push_back(waiter.request);
    } else if (const auto token = writing_certificate_.find(transaction.txid); token != writing_certificate_.end()) {
      writing_.at(token->second).waiters.push_back(waiter.request);
    } else if (const auto done = certified_.find(transaction.txid); done != certified_.end()) {
      out.push_back(ReplyAcknowledgement{waiter.request, done->second.acknowledgement});
    } else {
      store_certificate(ledger, *waiter.certificate, &transaction, entry.source, waiter.request, out);
    }
  }
  if (voters.empty()) return;
  take_lock(ledger, entry, std::move(voters), out);
}

// The world may have moved while the proof was being verified: everything that can change is looked at again.
void ValidatorMachine::take_lock(const LedgerView& ledger, const Verifying& verified, std::vector<RequestId> waiters, Effects& out) {
  const Candidate& transaction = verified.transaction.candidate;
  const auto answer_all = [&](const Refusal& refusal) {
    for (const RequestId request : waiters) out.push_back(ReplyRefusal{request, refusal});
  };
  if (executed_.contains(transaction.txid)) return answer_all(refuse(SettleReject::already_executed));
  if (const auto entry = locks_.find(transaction.txid); entry != locks_.end()) {
    for (const RequestId request : waiters) out.push_back(ReplyVote{request, entry->second.vote});
    return;
  }
  if (const auto token = writing_lock_.find(transaction.txid); token != writing_lock_.end()) {
    auto& waiting = writing_.at(token->second).waiters;
    waiting.insert(waiting.end(), waiters.begin(), waiters.end());
    return;
  }
  if (const auto refusal = check_conflicts(ledger, transaction)) return answer_all(*refusal);
  // It may have expired, or its anchor grown old, while the proof waited its turn.
  if (verified.blocks != blocks_)
    if (const char* rule = ledger.check_cheap(*verified.transaction.transaction, transaction.txid))
      return answer_all(refuse(SettleReject::ledger_rule, rule));
  if (!room_for(transaction)) return answer_all(refuse(SettleReject::full));

  const Token token = next_token_++;
  hold(locked_by_, ledger, transaction);                  // rivals are refused from here on
  writing_lock_.emplace(transaction.txid, token);
  bytes_ += transaction.bytes->size();
  begin(verified.source);
  writing_.emplace(token, Writing{transaction.txid, transaction, verified.source, std::move(waiters)});
  out.push_back(Persist{token, Lock{committee_->epoch(), transaction}});
}

void ValidatorMachine::store_certificate(const LedgerView& ledger, const LockCertificate& certificate, const Candidate* transaction,
                                         SourceId source, RequestId request, Effects& out) {
  const auto answer = [&](Refusal refusal) { out.push_back(ReplyRefusal{request, std::move(refusal)}); };
  std::optional<Candidate> stored;
  if (transaction != nullptr) {
    if (subject_of(committee_->epoch(), *transaction) != certificate.subject) return answer(refuse(SettleReject::certificate_mismatch));
    if (auto refusal = check_for_certificate(ledger, *transaction)) return answer(std::move(*refusal));
    if (!executed(ledger, *transaction)) stored = *transaction;
  }
  if (certified_.size() + writing_certificate_.size() >= limits_.certified_transactions ||
      bytes_ + size_of(stored) > limits_.stored_bytes)
    return answer(refuse(SettleReject::full));
  const Token token = next_token_++;
  if (stored) hold(certified_by_, ledger, *stored);
  writing_certificate_.emplace(certificate.subject.txid, token);
  bytes_ += size_of(stored);
  begin(source);
  writing_.emplace(token, Writing{certificate.subject.txid, stored, source, {request}});
  out.push_back(Persist{token, Certified{certificate, std::move(stored)}});
}

void ValidatorMachine::on(const LedgerView& ledger, Persisted& event, Effects& out) {
  const auto found = writing_.find(event.token());
  CHECK(found != writing_.end());
  Writing writing = std::move(found->second);
  writing_.erase(found);
  end(writing.source);
  if (auto lock = event.lock()) {
    const Vote vote = event.signature() ? Vote{signer_.index(), *event.signature()} : signer_.vote(*lock);
    lock_persisted(ledger, std::move(*lock), vote, std::move(writing), out);
  } else {
    const auto certified = event.certified();
    const Acknowledgement acknowledgement =
        event.signature() ? Acknowledgement{signer_.index(), *event.signature()} : signer_.acknowledge(*certified);
    certified_persisted(ledger, *certified, acknowledgement, std::move(writing), out);
  }
}

void ValidatorMachine::lock_persisted(const LedgerView& ledger, Durable<Lock> lock, const Vote& vote, Writing writing,
                                      Effects& out) {
  const TxId txid = writing.txid;
  writing_lock_.erase(txid);
  // A block may have come in between: history needs no lock, and no vote against it is given out.
  const Candidate& transaction = lock->transaction;
  std::optional<Refusal> refusal;
  bool keep = true;
  if (executed(ledger, transaction)) {
    refusal = refuse(SettleReject::already_executed);
    keep = false;
  } else if (outdated(ledger, transaction)) {
    refusal = refuse(SettleReject::outdated_generation);
    keep = false;
  } else {
    if (!ledger.open(committee_->epoch())) refusal = refuse(SettleReject::epoch_ended);
    for (const NoteKey& note : transaction.notes) {
      const auto spender = ledger.spent_by(note.nf);
      if (spender) refusal = Refusal{SettleReject::spent, "", nullptr, spender};
      else if (ledger.frozen(note.nf)) refusal = refuse(SettleReject::frozen);
    }
    keep = std::ranges::any_of(transaction.notes, [&](const NoteKey& n) { return !ledger.spent_by(n.nf); });
  }
  if (!keep) {
    unhold(locked_by_, transaction);
    bytes_ -= transaction.bytes->size();
    out.push_back(Drop{{txid}, {}});
  }
  if (refusal) {
    for (const RequestId request : writing.waiters) out.push_back(ReplyRefusal{request, *refusal});
    if (!keep) return;
  }
  const auto [entry, inserted] = locks_.emplace(txid, LockEntry{std::move(lock), vote});
  CHECK(inserted);
  if (refusal) return;
  for (const RequestId request : writing.waiters) out.push_back(ReplyVote{request, entry->second.vote});
}

void ValidatorMachine::certified_persisted(const LedgerView& ledger, const Durable<Certified>& certified,
                                           const Acknowledgement& acknowledgement, Writing writing, Effects& out) {
  const TxId txid = writing.txid;
  writing_certificate_.erase(txid);
  const bool gone = certified->transaction && outdated(ledger, *certified->transaction);
  const bool history = !certified->transaction || executed(ledger, *certified->transaction);
  if (gone || history) {
    if (certified->transaction) {
      unhold(certified_by_, *certified->transaction);
      bytes_ -= certified->transaction->bytes->size();
    }
    out.push_back(Drop{{}, {txid}});
  }
  if (gone && !history) {
    for (const RequestId request : writing.waiters) out.push_back(ReplyRefusal{request, refuse(SettleReject::outdated_generation)});
    return;
  }
  if (history) {
    if (const auto entry = executed_.find(txid); entry != executed_.end()) entry->second = acknowledgement;
  } else {
    const auto shared = std::make_shared<const Certified>(*certified);
    const bool inserted = certified_.emplace(txid, CertifiedEntry{shared, acknowledgement}).second;
    CHECK(inserted);
    out.push_back(Propose{shared});
  }
  for (const RequestId request : writing.waiters) out.push_back(ReplyAcknowledgement{request, acknowledgement});
}

void ValidatorMachine::on(const LedgerView& ledger, BlockExecuted& event, Effects& out) {
  freezes_ = std::move(event.freezes);
  ++blocks_;
  Drop drop;
  // Whose locks the block touches; transactions with a write under way are judged when it completes.
  std::vector<TxId> touched;
  const auto touch = [&](const std::vector<Nullifier>& notes) {
    for (const Nullifier& nf : notes) {
      for (const auto* index : {&locked_by_, &certified_by_}) {
        const auto holder = index->find(nf);
        if (holder != index->end()) touched.push_back(holder->second);
      }
    }
  };
  touch(event.spent);
  touch(event.released);
  std::ranges::sort(touched);
  touched.erase(std::unique(touched.begin(), touched.end()), touched.end());

  for (const TxId& txid : touched) {
    const auto lock = locks_.find(txid);
    if (lock != locks_.end()) {
      const Candidate& transaction = lock->second.lock->transaction;
      // S-45: a rival of an executed transaction keeps the locks on its other notes: a second vote on them in the same
      // generation would look like, and be, an equivocation.
      const bool live = !outdated(ledger, transaction) &&
                        std::ranges::any_of(transaction.notes, [&](const NoteKey& n) { return !ledger.spent_by(n.nf); });
      if (!live) {
        unhold(locked_by_, transaction);
        bytes_ -= transaction.bytes->size();
        drop.locks.push_back(txid);
        locks_.erase(lock);
      }
    }
    const auto entry = certified_.find(txid);
    if (entry != certified_.end()) {
      const Candidate& transaction = *entry->second.certified->transaction;
      if (executed(ledger, transaction)) remember_executed(txid, entry->second.acknowledgement);
      if (executed(ledger, transaction) || outdated(ledger, transaction)) {
        unhold(certified_by_, transaction);
        bytes_ -= transaction.bytes->size();
        drop.certified.push_back(txid);
        certified_.erase(entry);
      }
    }
  }
  for (const TxId& txid : event.executed) remember_executed(txid, std::nullopt);
  if (!drop.locks.empty() || !drop.certified.empty()) out.push_back(std::move(drop));
}

void ValidatorMachine::hold(std::unordered_map<Nullifier, TxId>& index, const LedgerView& ledger, const Candidate& transaction) {
  for (const NoteKey& note : transaction.notes)
    if (!ledger.spent_by(note.nf)) index.insert_or_assign(note.nf, transaction.txid);
}

void ValidatorMachine::unhold(std::unordered_map<Nullifier, TxId>& index, const Candidate& transaction) {
  for (const NoteKey& note : transaction.notes) {
    const auto holder = index.find(note.nf);
    if (holder != index.end() && holder->second == transaction.txid) index.erase(holder);
  }
}

void ValidatorMachine::remember_executed(const TxId& txid, const std::optional<Acknowledgement>& acknowledgement) {
  const auto [entry, inserted] = executed_.try_emplace(txid, acknowledgement);
  if (!inserted) return;
  if (executed_ring_.size() < limits_.executed_remembered) {
    executed_ring_.push_back(txid);
    return;
  }
  executed_.erase(executed_ring_[executed_next_]);
  executed_ring_[executed_next_] = txid;
  executed_next_ = (executed_next_ + 1) % executed_ring_.size();
}

std::shared_ptr<const Bytes> ValidatorMachine::bytes_of(const TxId& txid) const {
  if (const auto entry = certified_.find(txid); entry != certified_.end()) return entry->second.certified->transaction->bytes;
  if (const auto entry = locks_.find(txid); entry != locks_.end()) return entry->second.lock->transaction.bytes;
  for (const auto* tokens : {&writing_lock_, &writing_certificate_}) {
    const auto token = tokens->find(txid);
    if (token != tokens->end() && writing_.at(token->second).transaction) return writing_.at(token->second).transaction->bytes;
  }
  return nullptr;
}

void ValidatorMachine::begin(SourceId source) { ++in_flight_[source]; }

void ValidatorMachine::end(SourceId source) {
  const auto used = in_flight_.find(source);
  if (--used->second == 0) in_flight_.erase(used);
}

std::optional<Holder> ValidatorMachine::holder_of(const Nullifier& nf) const {
  for (const auto* index : {&certified_by_, &locked_by_}) {
    const auto holder = index->find(nf);
    if (holder != index->end()) return Holder{holder->second, bytes_of(holder->second), index == &certified_by_};
  }
  return std::nullopt;
}

std::vector<std::shared_ptr<const Certified>> ValidatorMachine::unexecuted() const {
  std::vector<std::shared_ptr<const Certified>> all;
  for (const auto& [txid, entry] : certified_) all.push_back(entry.certified);
  return all;
}

ValidatorMachine::Usage ValidatorMachine::usage() const {
  return {locks_.size(), certified_.size(), bytes_, checking_.size() + verifying_.size() + writing_.size()};
}

}  // namespace sotto::settle
