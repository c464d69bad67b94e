#include "settle/exchange.hpp"

#include "settle/refusals.hpp"

namespace sotto::settle {

Exchange::Exchange(std::shared_ptr<const Committee> committee, uint16_t self, const ExchangeLimits& limits, Entropy& entropy)
    : committee_(std::move(committee)), self_(self), limits_(limits), entropy_(entropy), early_(committee_->size()) {}

Exchange::Effects Exchange::step(uint64_t now_ms, Event event) {
  now_ms_ = std::max(now_ms_, now_ms);
  Effects out;
  std::visit([&](auto& e) { on(e, out); }, event);
  return out;
}

Exchange::Effects Exchange::stop() {
  Effects out;
  for (const auto& [txid, payment] : payments_)
    for (const auto* requests : {&payment.waiting, &payment.spreading})
      for (const RequestId request : *requests) out.push_back(GiveUp{request});
  payments_.clear();
  by_source_.clear();
  for (auto& early : early_) early = {};
  return out;
}

Exchange::Usage Exchange::usage() const {
  Usage usage{payments_.size(), 0};
  for (const auto& early : early_) usage.early += early.votes.size();
  return usage;
}

Exchange::Payment* Exchange::open(DecodedCandidate transaction, SourceId source, SettleReject& full, Effects& out) {
  const TxId txid = transaction.candidate.txid;
  // Proofs lie outside the txid: somebody else's bytes, and what becomes of them, are not this one's.
  if (const auto found = payments_.find(txid); found != payments_.end()) {
    const bool same = found->second.transaction.candidate.full_id == transaction.candidate.full_id;
    return same ? &found->second : (full = SettleReject::busy, nullptr);
  }
  if (payments_.size() >= limits_.payments) return full = SettleReject::busy, nullptr;
  if (by_source_[source] >= limits_.payments_per_source) return full = SettleReject::source_busy, nullptr;
  ++by_source_[source];
  const Subject subject = subject_of(committee_->epoch(), transaction.candidate);
  Payment& payment = payments_.emplace(txid, Payment{transaction, source, now_ms_ + limits_.patience_ms, {committee_, subject}}).first->second;
  out.push_back(AskVote{source, std::move(transaction)});
  // Votes that overtook their transaction.
  for (auto& early : early_)
    if (const auto found = early.votes.find(txid); found != early.votes.end()) {
      vote_arrived(payment, found->second, out);
      early.votes.erase(found);
    }
  return &payment;
}

void Exchange::forget(Payments::iterator payment) {
  const auto source = by_source_.find(payment->second.source);
  if (--source->second == 0) by_source_.erase(source);
  payments_.erase(payment);
}

void Exchange::on(Pay& event, Effects& out) {
  const TxId txid = event.transaction.candidate.txid;
  const auto hints = event.transaction.hints;
  const auto bytes = event.transaction.candidate.bytes;
  SettleReject full{};
  Payment* payment = open(std::move(event.transaction), event.source, full, out);
  if (payment == nullptr) return out.push_back(AnswerRefused{event.request, refuse(full)});
  if (payment->waiting.size() + payment->spreading.size() >= limits_.requests_per_payment)
    return out.push_back(AnswerRefused{event.request, refuse(SettleReject::busy)});
  if (event.spread && !payment->settlement) {
    payment->settlement.emplace(committee_, payment->votes.collector.subject());
    out.push_back(Tell{std::nullopt, ForwardMessage{bytes, hints}});
  }
  (event.spread ? payment->spreading : payment->waiting).push_back(event.request);
  advance(payments_.find(txid), out);
}

void Exchange::on(Forwarded& event, Effects& out) {
  const TxId txid = event.transaction.candidate.txid;
  SettleReject full{};
  Payment* payment = open(std::move(event.transaction), source_of(event.member), full, out);
  if (payment == nullptr) return;              // the others may have room; otherwise the wallet gathers by itself
  if (std::ranges::find(payment->forwarders, event.member) == payment->forwarders.end()) payment->forwarders.push_back(event.member);
  advance(payments_.find(txid), out);
}

// A member speaks for itself alone, and once: the first share stays until it is checked.
void Exchange::on(MemberVoted& event, Effects& out) {
  const auto& [txid, vote] = event.message;
  if (event.member >= committee_->size() || event.member == self_) return;
  if (vote.validator != event.member) return out.push_back(BadShare{event.member});
  const auto payment = payments_.find(txid);
  if (payment != payments_.end()) {
    vote_arrived(payment->second, vote, out);
    return advance(payment, out);
  }
  auto& early = early_[event.member];
  if (!early.votes.emplace(txid, vote).second) return;
  early.order.push_back(txid);
  if (early.order.size() <= limits_.early_shares / committee_->size()) return;
  early.votes.erase(early.order.front());
  early.order.pop_front();
}

void Exchange::on(MemberAcknowledged& event, Effects& out) {
  const auto& [txid, acknowledgement] = event.message;
  if (event.member >= committee_->size() || event.member == self_) return;
  if (acknowledgement.validator != event.member) return out.push_back(BadShare{event.member});
  const auto payment = payments_.find(txid);
  if (payment == payments_.end()) return;
  acknowledgement_arrived(payment->second, acknowledgement, out);
  advance(payment, out);
}

void Exchange::on(Voted& event, Effects& out) {
  const auto payment = payments_.find(event.txid);
  if (payment == payments_.end() || payment->second.vote) return;
  payment->second.vote = event.vote;
  out.push_back(Tell{std::nullopt, VoteMessage{event.txid, event.vote}});
  vote_arrived(payment->second, event.vote, out);
  advance(payment, out);
}

void Exchange::on(Acknowledged& event, Effects& out) {
  const auto payment = payments_.find(event.txid);
  if (payment == payments_.end() || payment->second.acknowledgement) return;
  payment->second.acknowledgement = event.acknowledgement;
  acknowledgement_arrived(payment->second, event.acknowledgement, out);
  advance(payment, out);
}

// Whoever asked here learns why; others may still get a quorum together, of which this validator is then no part. Once there is a
// certificate the own vote does not matter (S-51).
void Exchange::on(Refused& event, Effects& out) {
  const auto payment = payments_.find(event.txid);
  if (payment == payments_.end() || payment->second.acknowledgement || (event.of_vote && payment->second.lock)) return;
  for (const auto* requests : {&payment->second.waiting, &payment->second.spreading})
    for (const RequestId request : *requests) out.push_back(AnswerRefused{request, event.refusal});
  forget(payment);
}

void Exchange::on(Tick&, Effects& out) {
  for (auto next = payments_.begin(); next != payments_.end();) {
    const auto payment = next++;
    if (payment->second.until_ms > now_ms_) continue;
    for (const auto* requests : {&payment->second.waiting, &payment->second.spreading})
      for (const RequestId request : *requests) out.push_back(GiveUp{request});
    forget(payment);
  }
}

template <Phase P>
void Exchange::gather(Gathering<P>& gathering, const Share<P>& share, Effects& out) {
  if (gathering.collector.complete() || !gathering.unchecked.emplace(share.validator, share).second) return;
  Stake stake = gathering.collector.stake();
  for (const auto& [member, unchecked] : gathering.unchecked) stake += (*committee_)[member].stake;
  if (!committee_->is_quorum(stake)) return;
  std::vector<Share<P>> shares;
  for (const auto& [member, unchecked] : gathering.unchecked) shares.push_back(unchecked);
  gathering.unchecked.clear();
  if (gathering.collector.add_sum(shares)) return;
  const auto verdicts = gathering.collector.add_batch(shares, entropy_);
  for (size_t i = 0; i < verdicts.size(); ++i)
    if (!verdicts[i].ok() && verdicts[i].error() == ShareReject::bad_signature) out.push_back(BadShare{shares[i].validator});
}

void Exchange::vote_arrived(Payment& payment, const Vote& vote, Effects& out) {
  if (payment.lock) return;
  gather(payment.votes, vote, out);
  payment.lock = payment.votes.collector.certificate();
  if (payment.lock) out.push_back(AskAcknowledgement{payment.source, *payment.lock, payment.transaction});
}

void Exchange::acknowledgement_arrived(Payment& payment, const Acknowledgement& acknowledgement, Effects& out) {
  if (payment.settlement) gather(*payment.settlement, acknowledgement, out);
}

void Exchange::advance(Payments::iterator at, Effects& out) {
  Payment& payment = at->second;
  if (!payment.lock || !payment.acknowledgement) return;
  for (const RequestId request : std::exchange(payment.waiting, {}))
    out.push_back(Answer{request, {*payment.lock, *payment.acknowledgement}});
  for (const uint16_t member : std::exchange(payment.forwarders, {}))
    out.push_back(Tell{member, AcknowledgementMessage{at->first, *payment.acknowledgement}});
  if (payment.settlement) {
    const auto settled = payment.settlement->collector.certificate();
    if (!settled) return;
    for (const RequestId request : payment.spreading) out.push_back(Answer{request, {*payment.lock, *settled}});
  }
  forget(at);
}

}  // namespace sotto::settle
