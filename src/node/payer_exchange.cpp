#include "node/payer_exchange.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <queue>

#include "node/exchange_messages.hpp"

namespace sotto::node {

namespace {

using Steady = std::chrono::steady_clock;
using Time = Steady::time_point;
constexpr auto kFirstPause = std::chrono::milliseconds(10);
constexpr auto kLongestPause = std::chrono::milliseconds(200);

struct Arrival {
  size_t validator = 0;
  Result<net::Response, Error> response;
};
// Filled by the client's thread; outlives the call while answers are under way.
struct Mailbox {
  std::mutex mutex;
  std::condition_variable arrived;
  std::queue<Arrival> arrivals;
};

class Run {
 public:
  Run(const Handing& to, const settle::DecodedCandidate& transaction, uint32_t patience_ms, const Payer::Watch& watch)
      : to_(to), watch_(watch), start_(Steady::now()), deadline_(start_ + std::chrono::milliseconds(patience_ms)),
        collector_(to.committee, settle::subject_of(to.committee->epoch(), transaction.candidate)), members_(to.validators.size()) {
    const Bytes hints = ledger::proof_hints(*transaction.transaction);
    path_ = pay_path(hints.size(), to.mode == SettleMode::one);
    body_ = *transaction.candidate.bytes;
    body_.insert(body_.end(), hints.begin(), hints.end());
  }

  Result<Settled, HandingFailed> run() {
    if (to_.mode == SettleMode::one) ask(to_.first % members_.size());
    else
      for (size_t i = 0; i < members_.size(); ++i) ask(i);
    while (Steady::now() < deadline_) {
      const auto arrival = next();
      if (arrival && take(*arrival)) return std::move(*settled_);
      for (size_t i = 0; i < members_.size(); ++i)
        if (members_[i].again && *members_[i].again <= Steady::now()) ask(i);
      if (hopeless()) break;
    }
    return Failure{HandingFailed{unknown_ > 0 && unknown_ == answered_}};
  }

 private:
  struct Member {
    bool asked = false, failed = false;
    std::optional<Time> again;
    Time::duration pause = kFirstPause;
  };

  void ask(size_t i) {
    members_[i].asked = true;
    members_[i].again.reset();
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Steady::now()).count();
    to_.client.call(to_.validators[i], {net::Method::post, path_, body_, ""}, static_cast<uint32_t>(std::max<int64_t>(left, 1)),
                    [box = box_, i](Result<net::Response, Error> r) {
                      const std::lock_guard lock(box->mutex);
                      box->arrivals.push({i, std::move(r)});
                      box->arrived.notify_one();
                    });
  }

  std::optional<Arrival> next() {
    Time until = deadline_;
    for (const auto& m : members_)
      if (m.again) until = std::min(until, *m.again);
    std::unique_lock lock(box_->mutex);
    if (!box_->arrived.wait_until(lock, until, [&] { return !box_->arrivals.empty(); })) return std::nullopt;
    Arrival arrival = std::move(box_->arrivals.front());
    box_->arrivals.pop();
    return arrival;
  }

  // Settled?
  bool take(const Arrival& arrival) {
    auto& member = members_[arrival.validator];
    const auto fails = [&](const std::string& why) {
      member.failed = true;
      tell(SettleStep::Kind::unreachable, arrival.validator, counted_, why);
      if (to_.mode != SettleMode::one) return false;
      const auto other = std::ranges::find(members_, false, &Member::asked);
      if (other != members_.end()) ask(static_cast<size_t>(other - members_.begin()));
      return false;
    };
    if (!arrival.response.ok()) return fails(arrival.response.error().what);
    ++answered_;
    const auto& response = *arrival.response;
    if (response.status == 404) {
      ++unknown_;
      return fails("no exchange there");
    }
    if (response.status == 409 || response.status == 503) {
      const auto refusal = RefusalMessage::decode(response.body);
      if (response.status == 409 && (!refusal.ok() || !is_retryable(*refusal))) return fails(refusal.ok() ? refusal->text() : "answered nonsense");
      member.again = Steady::now() + member.pause;
      member.pause = std::min<Time::duration>(2 * member.pause, kLongestPause);
      return false;
    }
    if (response.status != 200) return fails("status " + std::to_string(response.status));
    const auto answer = decode_exchange_answer(response.body);
    if (!answer.ok() || answer->lock.subject != collector_.subject()) return fails("answered nonsense");
    if (!lock_) {
      if (!settle::verify(answer->lock, *to_.committee).ok()) return fails("a lock certificate that does not hold");
      lock_ = answer->lock;
      timings_.lock_certificate_ms = since_start();
      tell_signers(SettleStep::Kind::vote, answer->lock.bitmap);
      tell(SettleStep::Kind::lock_certificate, arrival.validator);
    }
    if (const auto* certificate = std::get_if<settle::SettlementCertificate>(&answer->settled)) {
      if (certificate->subject != collector_.subject() || !settle::verify(*certificate, *to_.committee).ok())
        return fails("a settlement certificate that does not hold");
      tell_signers(SettleStep::Kind::acknowledgement, certificate->bitmap);
      return done(*certificate, arrival.validator);
    }
    const auto& share = std::get<settle::Acknowledgement>(answer->settled);
    if (share.validator != arrival.validator) return fails("answered nonsense");
    unchecked_.push_back(share);
    check_when_enough();
    if (const auto certificate = collector_.certificate()) return done(*certificate, arrival.validator);
    return false;
  }

  void check_when_enough() {
    settle::Stake stake = collector_.stake();
    for (const auto& share : unchecked_) stake += (*to_.committee)[share.validator].stake;
    if (!to_.committee->is_quorum(stake)) return;
    const auto verdicts = collector_.add_batch(unchecked_, to_.entropy);
    for (size_t i = 0; i < verdicts.size(); ++i) {
      const size_t validator = unchecked_[i].validator;
      if (verdicts[i].ok()) {
        tell(SettleStep::Kind::acknowledgement, validator, ++counted_);
      } else {
        members_[validator].failed = true;
        tell(SettleStep::Kind::unreachable, validator, counted_, name(verdicts[i].error()));
      }
    }
    unchecked_.clear();
  }

  bool done(const settle::SettlementCertificate& certificate, size_t validator) {
    timings_.settled_ms = since_start();
    tell(SettleStep::Kind::settled, validator, counted_);
    settled_ = Settled{*lock_, certificate, timings_};
    return true;
  }

  // Can it still become a certificate?
  bool hopeless() const {
    settle::Stake stake = 0;
    for (size_t i = 0; i < members_.size(); ++i)
      if (!members_[i].failed) stake += (*to_.committee)[i].stake;
    return to_.mode == SettleMode::one ? stake == 0 : !to_.committee->is_quorum(stake);
  }

  double since_start() const { return std::chrono::duration<double, std::milli>(Steady::now() - start_).count(); }
  void tell(SettleStep::Kind kind, size_t validator, size_t count = 0, std::string detail = "") const {
    if (watch_) watch_({kind, validator, count, since_start(), std::move(detail)});
  }
  // Who stands behind a certificate: whom this wallet has not heard itself.
  void tell_signers(SettleStep::Kind kind, const Bytes& bitmap) const {
    for (size_t i = 0, count = 0; i < members_.size(); ++i)
      if ((bitmap[i / 8] & (0x80 >> (i % 8))) != 0) tell(kind, i, ++count);
  }

  const Handing& to_;
  const Payer::Watch& watch_;
  const Time start_, deadline_;
  settle::AcknowledgementCollector collector_;
  std::vector<Member> members_;
  std::vector<settle::Acknowledgement> unchecked_;
  std::optional<settle::LockCertificate> lock_;
  std::optional<Settled> settled_;
  Timings timings_;
  size_t counted_ = 0, answered_ = 0, unknown_ = 0;
  std::string path_;
  Bytes body_;
  std::shared_ptr<Mailbox> box_ = std::make_shared<Mailbox>();
};

}  // namespace

Result<Settled, HandingFailed> hand_over(const Handing& to, const settle::DecodedCandidate& transaction, uint32_t patience_ms,
                                         const Payer::Watch& watch) {
  return Run(to, transaction, patience_ms, watch).run();
}

}  // namespace sotto::node
