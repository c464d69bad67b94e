// Durable<T>: T is on disk and survives any crash. Signing takes nothing else, and only the completion of a write makes
// one: "sign, then persist" does not compile (S-30, S-31).
#pragma once
#include <variant>

#include "ledger/state.hpp"
#include "settle/certificate.hpp"

namespace sotto::settle {

// A transaction as settlement handles it: its identity, the notes it spends, and its very bytes, which are what locks
// keep and refusals show. Proofs lie outside the txid, so two candidates of one txid can differ.
struct Candidate {
  TxId txid;
  FullId full_id;
  bool one_owner = false;                                 // the same rk on all transfers
  NetworkId network;
  std::vector<NoteKey> notes;
  std::shared_ptr<const Bytes> bytes;
};
// The only way from bytes to a candidate. The decoded form is handed back for those who check it.
struct DecodedCandidate {
  Candidate candidate;
  std::shared_ptr<const ledger::Transaction> transaction;
  std::shared_ptr<const Bytes> hints = nullptr;           // ledger::proof_hints as the sender says; nothing depends on them
};
Result<DecodedCandidate, DecodeError> decode_candidate(ByteView bytes);
// What a vote for it in that epoch signs.
Subject subject_of(uint64_t epoch, const Candidate& transaction);

// All notes of a transaction, locked together or not at all: one record.
struct Lock {
  uint64_t epoch = 0;
  Candidate transaction;                                  // verified bytes

  Bytes encode() const;
  static Result<Lock, DecodeError> decode(ByteView bytes);
};

// A lock certificate with the transaction it is about.
struct Certified {
  LockCertificate certificate;
  std::optional<Candidate> transaction;                   // verified bytes; none if a block already holds it

  Bytes encode() const;
  static Result<Certified, DecodeError> decode(ByteView bytes);
};

// The ledger waits for reports about this note, or, without a note, about the whole epoch, which closes. Durable as part of
// the state of the block that began it (S-36, S-71).
struct Freeze {
  uint64_t epoch = 0;
  std::optional<NoteKey> note;
  friend bool operator==(const Freeze&, const Freeze&) = default;
};
// While the epoch closes the one without a note stands for all.
std::vector<Freeze> freezes_of(const ledger::State& state);

// The block that closed an epoch is on disk (M-8).
struct Transition {
  uint64_t epoch = 0;                                     // that ended
  uint64_t height = 0;                                    // of the block that ended it
  uint64_t time_ms = 0;                                   // its time
  ledger::BlockHash block;                                // its hash
  Hash32 circuits{};                                      // what proofs the next epoch accepts
  Bytes next;                                             // committee (M-6)
  friend bool operator==(const Transition&, const Transition&) = default;

  void write(Writer& out) const;
  static Result<Transition, DecodeError> read(Reader& in);
  Hash32 digest(const NetworkId& network) const;
};

using Token = uint64_t;                                   // names one outstanding effect

// What the state machine asks a store to make durable.
using Write = std::variant<Lock, Certified>;
struct Persist {
  Token token = 0;
  Write write;
};

template <class T>
class Durable {
 public:
  const T& operator*() const { return value_; }
  const T* operator->() const { return &value_; }

 private:
  friend class Persisted;
  friend class DurableStore;
  explicit Durable(T value) : value_(std::move(value)) {}
  T value_;
};

// "This write is on disk." Carries the write itself, so that it cannot vouch for another one.
class Persisted {
 public:
  Token token() const { return token_; }
  // The lock or certificate that was written; nullopt if the write was of the other kind.
  std::optional<Durable<Lock>> lock() const;
  std::optional<Durable<Certified>> certified() const;
  // This validator's signature over what was written, if its Signer has made it (Signer::sign).
  const std::optional<crypto::BlsSignature>& signature() const { return signature_; }

 private:
  friend class DurableStore;
  friend class Signer;
  explicit Persisted(Persist written) : token_(written.token), write_(std::move(written.write)) {}
  Token token_;
  Write write_;
  std::optional<crypto::BlsSignature> signature_;
};

// Base of everything that claims to be durable storage: the only maker of Persisted and Durable values. Deriving from
// it is the promise that `persisted` is called after a successful sync and `restored` only on synced records.
class DurableStore {
 protected:
  static Persisted persisted(Persist written) { return Persisted(std::move(written)); }
  static Durable<Lock> restored(Lock lock) { return Durable<Lock>(std::move(lock)); }
  static Durable<Certified> restored(Certified certified) { return Durable<Certified>(std::move(certified)); }
  static Durable<Transition> restored(Transition transition) { return Durable<Transition>(std::move(transition)); }
  // Of the newest state on disk.
  static std::vector<Durable<Freeze>> restored(std::vector<Freeze> freezes) {
    std::vector<Durable<Freeze>> all;
    for (Freeze& freeze : freezes) all.push_back(Durable<Freeze>(std::move(freeze)));
    return all;
  }
  ~DurableStore() = default;
};

// What a store held when it was opened.
struct Restored {
  std::vector<Durable<Lock>> locks;
  std::vector<Durable<Certified>> certified;
  std::vector<Durable<Freeze>> freezes = {};
};

}  // namespace sotto::settle
