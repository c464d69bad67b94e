// A validator's part in settlement, as a pure state machine: step(event) -> effects (docs/spec/settlement.md S-40..).
// No clock, disk, socket or thread: whoever runs it carries out the effects and feeds back what came of them. One thread.
//
//   SubmitTransaction -> cheap checks -> conflicts -> Verify  -> VerificationDone -> Persist(Lock) -> Persisted -> Vote
//   SubmitCertificate -> CheckCertificate -> CertificateChecked -> (Verify) -> Persist(Certified) -> Persisted -> Acknowledgement
#pragma once
#include <map>
#include <unordered_map>

#include "settle/signer.hpp"

namespace sotto::settle {

// What settlement needs to know about the ordered state. `rule` is a name from the ledger's own reject enum.
class LedgerView {
 public:
  virtual ~LedgerView() = default;
  // Everything the ledger can tell without signatures and proofs: network, expiry, fee, anchors, operations, …
  // nullptr = fine; otherwise the name of the rule that is broken.
  virtual const char* check_cheap(const ledger::Transaction& transaction, const TxId& txid) const = 0;
  virtual std::optional<TxId> spent_by(const Nullifier& nf) const = 0;
  virtual uint32_t generation(const Nullifier& nf) const = 0;
  // A recovery of it waits for reports.
  virtual bool frozen(const Nullifier& nf) const = 0;
  // It is the ledger's epoch, and not being closed.
  virtual bool open(uint64_t epoch) const = 0;
};

// Named limits: all memory of the machine is bounded by them.
struct Limits {
  size_t locked_transactions = 200'000;
  size_t stored_bytes = size_t{1} << 30;                  // of locked and certified transactions together
  size_t certified_transactions = 50'000;
  size_t in_flight = 1'024;                               // being checked, verified or written
  size_t in_flight_per_source = 128;                      // so that one peer cannot take all of them
  size_t requests_per_transaction = 64;                   // waiting for one transaction's answer
  size_t executed_remembered = 65'536;                     // latest executed transactions
};

enum class SettleReject : uint8_t {
  ledger_rule,               // Refusal::rule names it
  wrong_network,
  nothing_spent,             // operations alone are ordered, never voted on
  repeated_nullifier,
  several_owners,            // bundles of several owners are ordered only
  already_executed,          // this very transaction
  spent,                     // a note was spent by another one
  outdated_generation,
  future_generation,
  frozen,                    // its recovery is being decided: try again
  epoch_ended,               // it closes, or is closed: the next committee votes
  locked_by_rival,           // Refusal::rival is its bytes
  bad_proof_or_signature,    // Refusal::rule says which
  busy,                      // too much in flight: try again
  source_busy,               // too much in flight from this source
  disk_low,                  // its runner has too little room for more locks: try again
  full,                      // lock table full until blocks release some
  abstaining,                // this validator may have lost locks: silent until its next epoch
  not_in_committee,          // it follows and serves; others vote in this epoch
  certificate_invalid,       // Refusal::rule names the certificate reject
  certificate_mismatch,      // certificate and transaction do not belong together
  transaction_needed,        // send it along with the certificate
  rival_certified,           // a conflicting lock certificate is stored: more than a third is Byzantine
};
const char* name(SettleReject reject);

struct Refusal {
  SettleReject reason{};
  const char* rule = "";                                  // the broken rule of another module, by name
  std::shared_ptr<const Bytes> rival;                     // the transaction that holds the lock
  std::optional<TxId> rival_id;                           // of the lock or the spend
};

// --- events ---
using RequestId = uint64_t;                               // chosen by the runner, given back in the reply
using SourceId = uint64_t;                                // whom the limits are fair between

struct SubmitTransaction {
  RequestId request = 0;
  SourceId source = 0;
  DecodedCandidate transaction;
};
struct SubmitCertificate {
  RequestId request = 0;
  SourceId source = 0;
  LockCertificate certificate;
  std::optional<DecodedCandidate> transaction;            // needed if this validator has not verified it before
};
struct VerificationDone {
  Token token = 0;
  const char* failed_rule = nullptr;                      // nullptr: proofs and signatures are good
};
struct CertificateChecked {
  Token token = 0;
  const char* failed_rule = nullptr;                      // nullptr: a quorum stands behind it
};
// The block is durable. Nullifiers it spent, generations it raised: already visible in the LedgerView.
struct BlockExecuted {
  uint64_t height = 0;
  std::vector<TxId> executed;
  std::vector<Nullifier> spent;                           // by them
  std::vector<Nullifier> released;                        // their generation rose
  std::vector<Durable<Freeze>> freezes = {};              // all that hold now
};
using Event = std::variant<SubmitTransaction, SubmitCertificate, VerificationDone, CertificateChecked, Persisted, BlockExecuted>;

// --- effects ---
// Answer with VerificationDone. Those of one source belong together, as with certificates.
struct Verify {
  Token token = 0;
  std::shared_ptr<const ledger::Transaction> transaction;
  FullId full_id;
  std::shared_ptr<const Bytes> hints = nullptr;           // for ledger::Authority::verify_hinted
  SourceId source = 0;
};
// Answer with CertificateChecked. Many at once share their pairings (verify_batch), so they are gathered like proofs; those of
// one source belong together, for a bad one costs its neighbours.
struct CheckCertificate {
  Token token = 0;
  SourceId source = 0;
  std::shared_ptr<const LockCertificate> certificate;
};
struct ReplyVote {
  RequestId request = 0;
  Vote vote;
};
struct ReplyAcknowledgement {
  RequestId request = 0;
  Acknowledgement acknowledgement;
};
struct ReplyRefusal {
  RequestId request = 0;
  Refusal refusal;
};
// Lock-certified and stored: to be ordered; every holder proposes it until it executes.
struct Propose {
  std::shared_ptr<const Certified> certified;
};
struct Drop {                                             // records the store may delete; no hurry, no sync
  std::vector<TxId> locks, certified;
};
using Effect = std::variant<Verify, CheckCertificate, Persist, ReplyVote, ReplyAcknowledgement, ReplyRefusal, Propose, Drop>;
using Effects = std::vector<Effect>;

// Who holds a note, as this validator knows it.
struct Holder {
  TxId txid;
  std::shared_ptr<const Bytes> bytes;
  bool certified = false;                                 // by a lock certificate: no rival can win
};

// `votes_from_epoch` of one that is not in the committee.
inline constexpr uint64_t kObserves = UINT64_MAX;

class ValidatorMachine {
 public:
  // `restored` is what the store held; records the ledger has since made history are left out: stale() names them.
  // In epochs before `votes_from_epoch` the machine abstains (a store restored from a backup has lost its locks, S-46).
  // Tokens count up from `first_token`.
  ValidatorMachine(std::shared_ptr<const Committee> committee, Signer signer, const Limits& limits,
                   uint64_t votes_from_epoch, Restored restored, const LedgerView& ledger, Token first_token = 1);

  Effects step(const LedgerView& ledger, Event event);

  // Restored records that are history or of another epoch: the store may delete them.
  const Drop& stale() const { return stale_; }

  // Why it votes on and acknowledges nothing in this epoch; nullopt: it does.
  std::optional<SettleReject> silent() const;
  // What the next epoch's machine must know of this one: where its tokens end, and every record it has made durable or handed
  // out to be; once none of them is being written any more the store may delete them.
  Token next_token() const { return next_token_; }
  Drop records() const;

  // "Which transaction locks nf?" A certified one goes before a locked one.
  std::optional<Holder> holder_of(const Nullifier& nf) const;
  // Of this very transaction, durably.
  bool holds_lock(const TxId& txid) const { return locks_.contains(txid); }
  bool holds_certificate(const TxId& txid) const { return certified_.contains(txid); }
  // Durably, by this validator.
  bool locked(const TxId& txid) const { return locks_.contains(txid); }
  bool certified(const TxId& txid) const { return certified_.contains(txid); }
  // What this validator can say to what the ledger waits for (S-73): nothing it has acknowledged, or still may, could
  // execute. To be ordered, and again until the ledger has decided. Grows as certificates become history.
  std::vector<ledger::Report> reports();
  // Stored certificates that wait for their block, in the order of txids: to be proposed again after a restart.
  std::vector<std::shared_ptr<const Certified>> unexecuted() const;

  struct Usage {
    size_t locked = 0, certified = 0, bytes = 0, in_flight = 0;
  };
  Usage usage() const;

 private:
  struct Waiter {
    RequestId request = 0;
    std::optional<LockCertificate> certificate;           // wants an acknowledgement; otherwise a vote
  };
  struct Checking {                                       // a certificate whose signature is being checked
    std::shared_ptr<const LockCertificate> certificate;
    std::optional<DecodedCandidate> transaction;          // as sent along
    SourceId source = 0;
    RequestId request = 0;
  };
  struct Verifying {
    DecodedCandidate transaction;
    SourceId source = 0;
    uint64_t blocks = 0;                                  // executed when it was last found to keep the ledger's rules
    std::vector<Waiter> waiters;
  };
  struct Writing {                                        // a lock or a certificate on its way to the disk
    TxId txid;
    std::optional<Candidate> transaction;                 // none: history already holds it
    SourceId source = 0;
    std::vector<RequestId> waiters;
  };
  struct LockEntry {
    Durable<Lock> lock;
    Vote vote;
  };
  struct CertifiedEntry {
    std::shared_ptr<const Certified> certified;
    Acknowledgement acknowledgement;
  };

  void on(const LedgerView& ledger, SubmitTransaction& event, Effects& out);
  void on(const LedgerView& ledger, SubmitCertificate& event, Effects& out);
  void on(const LedgerView& ledger, VerificationDone& event, Effects& out);
  void on(const LedgerView& ledger, CertificateChecked& event, Effects& out);
  void on(const LedgerView& ledger, Persisted& event, Effects& out);
  void on(const LedgerView& ledger, BlockExecuted& event, Effects& out);

  // Answers a certificate that asks for nothing new, if that is what it does.
  bool answer_known(const LockCertificate& certificate, RequestId request, Effects& out);
  std::optional<Refusal> check_shape(const Candidate& transaction) const;
  std::optional<Refusal> check_conflicts(const LedgerView& ledger, const Candidate& transaction) const;
  std::optional<Refusal> check_for_certificate(const LedgerView& ledger, const Candidate& transaction) const;
  std::optional<Refusal> room_in_flight(SourceId source) const;
  bool room_for(const Candidate& transaction) const;
  void verify(DecodedCandidate transaction, SourceId source, Waiter waiter, Effects& out);
  void take_lock(const LedgerView& ledger, const Verifying& verified, std::vector<RequestId> waiters, Effects& out);
  // `transaction` = nullptr: it is executed, its block holds it.
  void store_certificate(const LedgerView& ledger, const LockCertificate& certificate, const Candidate* transaction,
                         SourceId source, RequestId request, Effects& out);
  void lock_persisted(const LedgerView& ledger, Durable<Lock> lock, const Vote& vote, Writing writing, Effects& out);
  void certified_persisted(const LedgerView& ledger, const Durable<Certified>& certified, const Acknowledgement& acknowledgement,
                           Writing writing, Effects& out);
  static void hold(std::unordered_map<Nullifier, TxId>& index, const LedgerView& ledger, const Candidate& transaction);
  static void unhold(std::unordered_map<Nullifier, TxId>& index, const Candidate& transaction);
  void remember_executed(const TxId& txid, const std::optional<Acknowledgement>& acknowledgement);
  std::shared_ptr<const Bytes> bytes_of(const TxId& txid) const;
  void begin(SourceId source);
  void end(SourceId source);

  std::shared_ptr<const Committee> committee_;
  Signer signer_;
  Limits limits_;
  uint64_t votes_from_epoch_;
  Token next_token_;
  std::vector<Durable<Freeze>> freezes_;
  std::map<Hash32, ledger::Report> reported_;             // by the digest of what it says, while its freeze holds

  std::unordered_map<TxId, LockEntry> locks_;             // durable
  std::map<TxId, CertifiedEntry> certified_;              // durable
  std::unordered_map<Nullifier, TxId> locked_by_;         // durable locks and those being written
  std::unordered_map<Nullifier, TxId> certified_by_;      // the same for certificates
  std::unordered_map<Token, Checking> checking_;
  std::unordered_map<Token, Verifying> verifying_;
  std::unordered_map<FullId, Token> verifying_bytes_;
  std::unordered_map<Token, Writing> writing_;
  std::unordered_map<TxId, Token> writing_lock_, writing_certificate_;
  std::unordered_map<SourceId, size_t> in_flight_;
  uint64_t blocks_ = 0;                                   // executed since the start
  Drop stale_;
  size_t bytes_ = 0;                                      // of all locked and certified transactions

  // The last executed transactions, so that late certificates are answered and old requests are cheap.
  std::unordered_map<TxId, std::optional<Acknowledgement>> executed_;
  std::vector<TxId> executed_ring_;
  size_t executed_next_ = 0;
};

}  // namespace sotto::settle
