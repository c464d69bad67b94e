#include "node/payer.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "node/deadline.hpp"
#include "node/payer_exchange.hpp"

namespace sotto::node {

using settle::Phase;
using settle::Stake;
using Time = std::chrono::steady_clock::time_point;

const char* name(NotSettled n) {
  switch (n) {
    case NotSettled::refused: return "refused";
    case NotSettled::unreachable: return "unreachable";
    case NotSettled::no_settlement: return "no_settlement";
  }
  return "?";
}

bool is_retryable(const RefusalMessage& r) {
  static constexpr std::array kReasons = {"busy", "source_busy", "disk_low", "full", "transaction_needed", "frozen"};
  static constexpr std::array kRules = {"unknown_anchor", "expiry_too_far"};
  return std::ranges::find(kReasons, r.reason) != kReasons.end() ||
         (r.reason == "ledger_rule" && std::ranges::find(kRules, r.rule) != kRules.end());
}

const char* name(SettleMode m) {
  switch (m) {
    case SettleMode::gather: return "gather";
    case SettleMode::exchange: return "exchange";
    case SettleMode::one: return "one";
  }
  return "?";
}
std::optional<SettleMode> parse_settle_mode(std::string_view text) {
  for (const SettleMode m : {SettleMode::gather, SettleMode::exchange, SettleMode::one})
    if (text == name(m)) return m;
  return std::nullopt;
}

namespace {

constexpr auto kFirstRetry = std::chrono::milliseconds(10);
constexpr auto kLongestRetry = std::chrono::milliseconds(500);

// Others vote, or will.
bool tells_of_the_end(const RefusalMessage& r) { return r.reason == "epoch_ended" || r.reason == "not_in_committee"; }

// Refusals to vote that do not say the money stays where it is: the very transaction is in a block already, or the
// validator may vote for it yet (a rival's lock can be released by the recovery of another of the rival's notes), or is one of
// another network, which knows nothing of ours. Whoever
// frees the notes on these pays twice.
bool leaves_open(const RefusalMessage& r) {
  static constexpr std::array kReasons = {"already_executed", "abstaining", "future_generation", "locked_by_rival", "wrong_network"};
  return tells_of_the_end(r) || std::ranges::find(kReasons, r.reason) != kReasons.end();
}

// Of several refusals the one that says most is told: a rival's bytes before any word, "later" only if there is nothing else.
int weight(const RefusalMessage& r) { return r.rival ? 2 : is_retryable(r) ? 0 : 1; }

struct Arrival {
  bool of_votes = true;                // else of acknowledgements
  size_t validator = 0;
  Result<net::Response, Error> response;
  Time at;
};

// Filled by the client's thread, emptied by settle(); outlives settle() while answers are still under way.
struct Mailbox {
  std::mutex mutex;
  std::condition_variable arrived;
  std::vector<Arrival> arrivals;
};

enum class Standing : uint8_t { asked, retry, answered, refused, unreachable };

// One round: everybody is asked the same, shares come back.
template <Phase P>
struct Round {
  Round(std::shared_ptr<const settle::Committee> committee, const settle::Subject& subject)
      : collector(committee, subject), members(committee->size()) {}
  struct Member {
    Standing standing = Standing::asked;
    Time asked_at{}, retry_at{};       // the last time
    std::chrono::milliseconds pause = kFirstRetry;
    bool for_good = false;             // a refusal that will not change
    bool ended = false;                // says that its epoch has ended
    bool needs_transaction = false;    // said so: has forgotten it, whatever it voted
  };
  settle::ShareCollector<P> collector;
  std::vector<Member> members;
  std::vector<std::pair<settle::Share<P>, Time>> unchecked;
  size_t counted = 0;
  std::optional<RefusalMessage> refusal, for_good;       // the one that says most; the first that will not change
  std::string trouble;                 // the first connection error
};

}  // namespace

struct Payer::Gathering {
  Gathering(Payer& p, const settle::DecodedCandidate& tx, Time deadline_, const Watch& w)
      : payer(p), transaction(tx), start(std::chrono::steady_clock::now()), deadline(deadline_), watch(w),
        votes(p.committee_, settle::subject_of(p.committee_->epoch(), tx.candidate)) {
    // Square roots taken here once instead of by every validator; without them if the proofs are none.
    const Bytes hints = ledger::proof_hints(*tx.transaction);
    request_path = hinted_transactions_path(hints.size());
    request_body = *tx.candidate.bytes;
    request_body.insert(request_body.end(), hints.begin(), hints.end());
  }

  double since(Time at) const { return std::chrono::duration<double, std::milli>(at - start).count(); }
  Stake stake_of(size_t validator) const { return (*payer.committee_)[validator].stake; }
  void tell(SettleStep::Kind kind, size_t validator, size_t count, Time at, std::string detail = "") const {
    if (watch) watch({kind, validator, count, since(at), std::move(detail)});
  }

  void post(bool of_votes, size_t validator, const std::string& path, Bytes body) {
    payer.client_.call(payer.validators_[validator], {net::Method::post, path, std::move(body), ""},
                       std::max(Deadline::at(deadline).left_ms(), 1u),
                       [box = mailbox, of_votes, validator](Result<net::Response, Error> r) {
                         const auto at = std::chrono::steady_clock::now();
                         const std::lock_guard guard(box->mutex);
                         box->arrivals.push_back({of_votes, validator, std::move(r), at});
                         box->arrived.notify_one();
                       }, group);
  }
  void ask_vote(size_t validator) {
    votes.members[validator].standing = Standing::asked;
    votes.members[validator].asked_at = std::chrono::steady_clock::now();
    post(true, validator, request_path, request_body);
  }
  void ask_acknowledgement(size_t validator) {
    acknowledgements->members[validator].standing = Standing::asked;
    acknowledgements->members[validator].asked_at = std::chrono::steady_clock::now();
    CertificateMessage message{*lock, std::nullopt};
    // Who has voted has the transaction; anybody else gets it along.
    const bool has_it = votes.members[validator].standing == Standing::answered &&
                        !acknowledgements->members[validator].needs_transaction;
    if (!has_it) message.transaction = *transaction.candidate.bytes;
    post(false, validator, kCertificatesPath, message.encode());
  }

  template <Phase P>
  void take(Round<P>& round, Arrival& arrival) {
    auto& member = round.members[arrival.validator];
    slowest = std::max(slowest, arrival.at - member.asked_at);
    const auto refuse = [&](RefusalMessage refusal) {
      const bool again = is_retryable(refusal);
      if (refusal.rival && !is_rival(*refusal.rival)) refusal.rival.reset();
      member.ended = tells_of_the_end(refusal);
      member.for_good = !again && !leaves_open(refusal);
      member.needs_transaction |= refusal.reason == "transaction_needed";
      member.standing = again ? Standing::retry : Standing::refused;
      member.retry_at = arrival.at + member.pause;
      member.pause = std::min(2 * member.pause, kLongestRetry);
      if (!again) tell(SettleStep::Kind::refused, arrival.validator, round.counted, arrival.at, refusal.text());
      if (member.for_good && !round.for_good) round.for_good = refusal;
      if (!round.refusal || weight(refusal) > weight(*round.refusal)) round.refusal = std::move(refusal);
    };
    const auto broken = [&](const std::string& what) {
      member.standing = Standing::unreachable;
      if (round.trouble.empty()) round.trouble = what;
      tell(SettleStep::Kind::unreachable, arrival.validator, round.counted, arrival.at, what);
    };
    if (!arrival.response.ok()) return broken(arrival.response.error().what);
    const auto& response = *arrival.response;
    if (response.status == 200) {
      const auto share = settle::Share<P>::decode(response.body);
      if (!share.ok() || share->validator != arrival.validator) return broken("answered nonsense");
      member.standing = Standing::answered;
      round.unchecked.emplace_back(*share, arrival.at);
      return check_when_enough(round);
    }
    if (response.status == 409) {
      auto refusal = RefusalMessage::decode(response.body);
      if (refusal.ok()) return refuse(std::move(refusal).value());
    }
    if (response.status == 503) return refuse({"busy", "", std::nullopt, std::nullopt});
    if (response.status == 400 && response.body.size() <= kMaxRuleBytes && is_name(response.body))
      return refuse({"malformed", std::string(response.body.begin(), response.body.end()), std::nullopt, std::nullopt});
    broken("status " + std::to_string(response.status));
  }

  // Shares are checked together, once they could make a quorum: one product of pairings instead of one for each.
  template <Phase P>
  void check_when_enough(Round<P>& round) {
    Stake stake = round.collector.stake();
    for (const auto& [share, at] : round.unchecked) stake += stake_of(share.validator);
    if (!round.collector.complete() && payer.committee_->is_quorum(stake)) check(round);
  }
  // Or once nothing more comes: who is left may hang, and what has come may be of another epoch and no hope at all.
  template <Phase P>
  std::optional<Time> doubted_at(const Round<P>& round) const {
    return round.unchecked.empty() || round.collector.complete() ? std::nullopt : std::optional(round.unchecked.back().second + patience());
  }
  template <Phase P>
  void doubt(Round<P>& round, Time now) {
    if (const auto at = doubted_at(round); at && *at <= now) check(round);
  }
  template <Phase P>
  void check(Round<P>& round) {
    std::vector<settle::Share<P>> shares;
    for (const auto& [share, at] : round.unchecked) shares.push_back(share);
    const auto verdicts = round.collector.add_batch(shares, payer.entropy_);
    for (size_t i = 0; i < verdicts.size(); ++i) {
      const auto& [share, at] = round.unchecked[i];
      if (verdicts[i].ok()) {
        tell(P == Phase::vote ? SettleStep::Kind::vote : SettleStep::Kind::acknowledgement, share.validator,
             ++round.counted, at);
      } else {
        round.members[share.validator].standing = Standing::unreachable;
        tell(SettleStep::Kind::unreachable, share.validator, round.counted, at, name(verdicts[i].error()));
      }
    }
    round.unchecked.clear();
  }

  // Whatever it is worth: it spends one of our notes and is not ours.
  bool is_rival(const Bytes& bytes) const {
    const auto other = settle::decode_candidate(bytes);
    return other.ok() && other->candidate.txid != transaction.candidate.txid &&
           std::ranges::find_first_of(other->candidate.notes, transaction.candidate.notes, {}, &settle::NoteKey::nf, &settle::NoteKey::nf) !=
               other->candidate.notes.end();
  }

  // Can what has not failed still be a quorum?
  template <Phase P>
  bool hopeless(const Round<P>& round) const {
    Stake stake = 0;
    for (size_t i = 0; i < round.members.size(); ++i)
      if (round.members[i].standing != Standing::refused && round.members[i].standing != Standing::unreachable)
        stake += stake_of(i);
    return !payer.committee_->is_quorum(stake);
  }

  void step(Time now) {
    for (size_t i = 0; i < votes.members.size(); ++i) {
      if (!lock && votes.members[i].standing == Standing::retry && votes.members[i].retry_at <= now) ask_vote(i);
      if (acknowledgements && acknowledgements->members[i].standing == Standing::retry &&
          acknowledgements->members[i].retry_at <= now)
        ask_acknowledgement(i);
    }
  }
  Time next_wake() const {
    Time at = deadline;
    for (size_t i = 0; i < votes.members.size(); ++i) {
      if (!lock && votes.members[i].standing == Standing::retry) at = std::min(at, votes.members[i].retry_at);
      if (acknowledgements && acknowledgements->members[i].standing == Standing::retry)
        at = std::min(at, acknowledgements->members[i].retry_at);
    }
    at = std::min(at, standstill().value_or(at));
    at = std::min(at, doubted_at(votes).value_or(at));
    if (acknowledgements) at = std::min(at, doubted_at(*acknowledgements).value_or(at));
    return std::min(at, last_words.value_or(at));
  }

  // For who is left, from when the others have spoken.
  Time::duration patience() const { return 2 * slowest + kPatience; }

  template <Phase P>
  Stake of_ended(const Round<P>& round) const {
    Stake stake = 0;
    for (size_t i = 0; i < round.members.size(); ++i)
      if (round.members[i].ended) stake += stake_of(i);
    return stake;
  }
  // When somebody says that the epoch has ended and who is left says nothing: not for their sake is it waited until the others say so too.
  std::optional<Time> standstill() const {
    const auto of = [&](const auto& round) -> std::optional<Time> {
      const bool asks_again = std::ranges::any_of(round.members, [](const auto& m) { return m.standing == Standing::retry; });
      return of_ended(round) == 0 || asks_again ? std::nullopt : std::optional(heard_at + patience());
    };
    return acknowledgements ? of(*acknowledgements) : of(votes);
  }

  SettleFailure failure() {
    payer.client_.give_up(group);
    SettleFailure f;
    f.lock = lock;
    const Stake ended = std::max(of_ended(votes), acknowledgements ? of_ended(*acknowledgements) : 0);
    const auto still = standstill();
    f.epoch_ended = ended * 3 > payer.committee_->total() || (still && *still <= std::chrono::steady_clock::now());
    if (lock) {
      f.why = NotSettled::no_settlement;
      f.refusal = acknowledgements->refusal;
      f.detail = what_happened(*acknowledgements);
      return f;
    }
    Stake for_good = 0;
    bool any_refused = false;
    for (size_t i = 0; i < votes.members.size(); ++i) {
      any_refused |= votes.members[i].standing == Standing::refused || votes.members[i].standing == Standing::retry;
      if (votes.members[i].standing == Standing::refused && votes.members[i].for_good) for_good += stake_of(i);
    }
    f.why = any_refused ? NotSettled::refused : NotSettled::unreachable;
    f.may_still_move = !payer.committee_->is_quorum(for_good);
    f.refusal = f.may_still_move ? votes.refusal : votes.for_good;         // why the money stays, not what a few say beside it
    f.detail = what_happened(votes);
    return f;
  }

  template <Phase P>
  std::string what_happened(const Round<P>& round) const {
    const auto silent = std::ranges::count(round.members, Standing::asked, &Round<P>::Member::standing);
    if (silent == 0) return round.trouble;
    return std::to_string(silent) + " of " + std::to_string(round.members.size()) + " validators have not answered" + (round.trouble.empty() ? "" : "; " + round.trouble);
  }

  Result<Settled, SettleFailure> run() {
    for (size_t i = 0; i < votes.members.size(); ++i) ask_vote(i);
    for (;;) {
      std::vector<Arrival> arrivals;
      {
        std::unique_lock guard(mailbox->mutex);
        mailbox->arrived.wait_until(guard, next_wake(), [&] { return !mailbox->arrivals.empty(); });
        arrivals.swap(mailbox->arrivals);
      }
      for (auto& arrival : arrivals) {
        heard_at = std::max(heard_at, arrival.at);
        if (arrival.of_votes) {
          take(votes, arrival);
        } else {
          take(*acknowledgements, arrival);
        }
      }
      if (!lock && votes.collector.complete()) {
        lock = votes.collector.certificate();
        const auto now = std::chrono::steady_clock::now();
        timings.lock_certificate_ms = since(now);
        tell(SettleStep::Kind::lock_certificate, 0, votes.counted, now);
        acknowledgements.emplace(payer.committee_, lock->subject);
        for (size_t i = 0; i < acknowledgements->members.size(); ++i) ask_acknowledgement(i);
      }
      if (acknowledgements && acknowledgements->collector.complete()) {
        const auto now = std::chrono::steady_clock::now();
        timings.settled_ms = since(now);
        tell(SettleStep::Kind::settled, 0, acknowledgements->counted, now);
        return Settled{*lock, *acknowledgements->collector.certificate(), timings};
      }
      const auto now = std::chrono::steady_clock::now();
      doubt(votes, now);
      if (acknowledgements) doubt(*acknowledgements, now);
      if (lock ? hopeless(*acknowledgements) : hopeless_and_heard(now)) return Failure{failure()};
      if (const auto at = standstill(); at && *at <= now) return Failure{failure()};
      if (now >= deadline) return Failure{failure()};
      step(now);
    }
  }

  // Once a quorum is out of reach the rest is still waited for, a little: what everybody says decides may_still_move, and the
  // rival's bytes may be in the last answer.
  bool hopeless_and_heard(Time now) {
    if (!hopeless(votes)) return false;
    if (!last_words) last_words = now + patience();
    return now >= *last_words || std::ranges::none_of(votes.members, [](const auto& m) { return m.standing == Standing::asked; });
  }

  Payer& payer;
  const settle::DecodedCandidate& transaction;
  std::string request_path;            // of the vote: transaction and hints
  Bytes request_body;
  const Time start, deadline;
  Time heard_at = start;               // of anybody, last
  Time::duration slowest{};            // answer so far
  std::optional<Time> last_words;      // until then, once a quorum is out of reach
  const Watch& watch;
  std::shared_ptr<Mailbox> mailbox = std::make_shared<Mailbox>();
  const uint64_t group = payer.client_.new_group();
  Round<Phase::vote> votes;
  std::optional<Round<Phase::settle>> acknowledgements;
  std::optional<settle::LockCertificate> lock;
  Timings timings;
};

Result<Settled, SettleFailure> Payer::settle(const settle::DecodedCandidate& transaction, const Deadline& deadline,
                                             const Watch& watch) {
  if (mode_ != SettleMode::gather) {
    const Handing to{client_, committee_, validators_, entropy_, mode_, settled_++};
    auto settled = hand_over(to, transaction, deadline.at_most(kExchangePatienceMs), watch);
    if (settled.ok()) return std::move(settled).value();
    if (settled.error().unknown_here) mode_ = SettleMode::gather;
  }
  Gathering gathering(*this, transaction, deadline.time(), watch);
  return gathering.run();
}

}  // namespace sotto::node
