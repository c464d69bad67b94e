// Votes and acknowledgements carried among validators, so that a wallet need not stand between the two rounds (docs/spec/settlement.md
// S-90.., docs/adr/0080). As a pure state machine: step(event) -> effects, in the manner of validator.hpp; one thread, the time is given.
//
//   Pay, Forwarded -> AskVote -> Voted -> the vote to everybody -> a quorum of votes -> AskAcknowledgement -> Acknowledged -> answered
//
// It only carries. It holds no key; what this validator votes for and acknowledges is decided by ValidatorMachine, of which it asks
// what any wallet may ask. Losing all of its memory loses no money: the wallet gathers by itself.
#pragma once
#include <deque>

#include "settle/validator.hpp"

namespace sotto::settle {

// All memory of the machine is bounded by these.
struct ExchangeLimits {
  size_t payments = 8'192;                 // under way
  size_t payments_per_source = 512;        // asked for by one source or member
  size_t requests_per_payment = 64;        // waiting for its answer
  size_t early_shares = 65'536;            // votes for transactions not known yet; each member has its equal part, the oldest goes first
  uint64_t patience_ms = 5'000;            // a payment that is not through by then is given up
};

// What one validator says to another; who says it is known from the connection.
struct ForwardMessage {                    // "vote on this, exchange, and acknowledge to me"
  std::shared_ptr<const Bytes> transaction;
  std::shared_ptr<const Bytes> hints;      // as in DecodedCandidate; nullptr: none
};
struct VoteMessage {
  TxId txid;
  Vote vote;
};
struct AcknowledgementMessage {
  TxId txid;
  Acknowledgement acknowledgement;
};
using ExchangeMessage = std::variant<ForwardMessage, VoteMessage, AcknowledgementMessage>;

struct ExchangeAnswer {
  LockCertificate lock;
  std::variant<Acknowledgement, SettlementCertificate> settled;    // this validator's alone, or a quorum's
};

// A machine of one epoch; for the next one is made anew, and the requests of the old one are answered by stop().
class Exchange {
 public:
  // --- events ---
  struct Pay {                             // a wallet's request
    RequestId request = 0;
    SourceId source = 0;
    DecodedCandidate transaction;
    bool spread = false;                   // forward it, and answer with the settlement certificate
  };
  struct Forwarded {
    uint16_t member = 0;
    DecodedCandidate transaction;
  };
  struct MemberVoted {
    uint16_t member = 0;
    VoteMessage message;
  };
  struct MemberAcknowledged {
    uint16_t member = 0;
    AcknowledgementMessage message;
  };
  // What came of AskVote and AskAcknowledgement. Shares are this validator's own.
  struct Voted {
    TxId txid;
    Vote vote;
  };
  struct Acknowledged {
    TxId txid;
    Acknowledgement acknowledgement;
  };
  struct Refused {
    TxId txid;
    Refusal refusal;
    bool of_vote = true;                   // else of the acknowledgement
  };
  struct Tick {};
  using Event = std::variant<Pay, Forwarded, MemberVoted, MemberAcknowledged, Voted, Acknowledged, Refused, Tick>;

  // --- effects ---
  struct AskVote {
    SourceId source = 0;
    DecodedCandidate transaction;
  };
  struct AskAcknowledgement {
    SourceId source = 0;
    LockCertificate certificate;           // holds: its shares were verified
    DecodedCandidate transaction;
  };
  struct Tell {
    std::optional<uint16_t> member;        // none: all the others
    ExchangeMessage message;
  };
  struct Answer {
    RequestId request = 0;
    ExchangeAnswer answer;
  };
  struct AnswerRefused {
    RequestId request = 0;
    Refusal refusal;
  };
  struct GiveUp {                          // no quorum within the time: nothing is known
    RequestId request = 0;
  };
  struct BadShare {                        // of a member that is broken or lies
    uint16_t member = 0;
  };
  using Effect = std::variant<AskVote, AskAcknowledgement, Tell, Answer, AnswerRefused, GiveUp, BadShare>;
  using Effects = std::vector<Effect>;

  // `self` is this validator's index. `entropy` is for the weights of share verification.
  Exchange(std::shared_ptr<const Committee> committee, uint16_t self, const ExchangeLimits& limits, Entropy& entropy);

  Effects step(uint64_t now_ms, Event event);
  // Gives everything up: for the end of an epoch, or of the validator.
  Effects stop();

  struct Usage {
    size_t payments = 0, early = 0;
  };
  Usage usage() const;

  // Members as sources: no address is one of these (an IPv6 /64 with these bits is not routed).
  static SourceId source_of(uint16_t member) { return (SourceId{0xffff} << 48) | member; }

 private:
  // Shares of one phase on their way to a certificate. One a member, checked together once they could make a quorum.
  template <Phase P>
  struct Gathering {
    Gathering(const std::shared_ptr<const Committee>& committee, const Subject& subject) : collector(committee, subject) {}
    ShareCollector<P> collector;
    std::map<uint16_t, Share<P>> unchecked;
  };
  struct Payment {
    DecodedCandidate transaction;
    SourceId source = 0;                   // who asked first
    uint64_t until_ms = 0;
    Gathering<Phase::vote> votes;
    std::optional<Vote> vote;              // own, once given
    std::optional<LockCertificate> lock;
    std::optional<Acknowledgement> acknowledgement;      // own, once given
    std::vector<RequestId> waiting;        // for the acknowledgement
    std::vector<RequestId> spreading;      // for the settlement certificate
    std::optional<Gathering<Phase::settle>> settlement;  // once it was spread
    std::vector<uint16_t> forwarders;      // members that wait for the acknowledgement
  };
  using Payments = std::map<TxId, Payment>;

  void on(Pay& event, Effects& out);
  void on(Forwarded& event, Effects& out);
  void on(MemberVoted& event, Effects& out);
  void on(MemberAcknowledged& event, Effects& out);
  void on(Voted& event, Effects& out);
  void on(Acknowledged& event, Effects& out);
  void on(Refused& event, Effects& out);
  void on(Tick& event, Effects& out);

  // The payment, asked for anew or under way; nullptr: no room, and why.
  Payment* open(DecodedCandidate transaction, SourceId source, SettleReject& full, Effects& out);
  template <Phase P>
  void gather(Gathering<P>& gathering, const Share<P>& share, Effects& out);
  void vote_arrived(Payment& payment, const Vote& vote, Effects& out);
  void acknowledgement_arrived(Payment& payment, const Acknowledgement& acknowledgement, Effects& out);
  // Answers who can be answered; forgets what nobody waits for any more.
  void advance(Payments::iterator payment, Effects& out);
  void forget(Payments::iterator payment);

  const std::shared_ptr<const Committee> committee_;
  const uint16_t self_;
  const ExchangeLimits limits_;
  Entropy& entropy_;
  uint64_t now_ms_ = 0;
  Payments payments_;
  std::unordered_map<SourceId, size_t> by_source_;
  struct Early {
    std::unordered_map<TxId, Vote> votes;
    std::deque<TxId> order;                // in which they came; also of some taken out since
  };
  std::vector<Early> early_;               // a member
};

}  // namespace sotto::settle
