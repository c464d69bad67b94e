// The ledger's question about a lock certificate, answered by settlement (L-41): a quorum of the committee locked
// exactly this transaction's notes for it.
#pragma once
#include <mutex>
#include <unordered_map>
#include <unordered_set>

#include "ledger/execute.hpp"
#include "settle/certificate.hpp"
#include "settle/committee_word.hpp"

namespace sotto::node {

// Of the committee of the state's epoch; `first` is epoch 0's. Remembers the last one it decoded: one thread at a time.
ledger::CertificateCheck certificate_check(std::shared_ptr<const settle::Committee> first);

inline constexpr size_t kRememberedCertificates = 100'000;

// The same, remembering what it has seen: a certificate checked before it was acknowledged is not checked again when it
// is ordered and executed. Keyed by the hash of all its bytes; good ones only. From any thread.
class CheckedCertificates {
 public:
  CheckedCertificates(std::shared_ptr<const settle::Committee> committee, Entropy& entropy)
      : committee_(std::move(committee)), entropy_(entropy) {}

  // One verdict each; one product of pairings if all are good (settle::verify_batch).
  std::vector<Status<settle::CertificateReject>> check(std::span<const settle::LockCertificate* const> certificates);
  // It has been verified elsewhere.
  void trust(const settle::LockCertificate& certificate);
  // Are the bytes a lock certificate of exactly this transaction? Those never seen share one product of pairings.
  struct Question {
    const ledger::Transaction* transaction = nullptr;
    ledger::TxId id;
    ByteView certificate;
  };
  std::vector<bool> check_all(std::span<const Question> questions);
  bool check(const ledger::Transaction& tx, const ledger::TxId& id, ByteView bytes) {
    const Question one{&tx, id, bytes};
    return check_all({&one, 1})[0];
  }
  ledger::CertificateCheck for_ledger() {
    return [this](const ledger::Transaction& tx, const ledger::TxId& id, ByteView bytes, const ledger::State&) {
      return check(tx, id, bytes);
    };
  }
  // H of the message of a vote this validator has signed: certificates for the same payment need it again soon.
  void remember_hash(const ledger::TxId& id, const settle::Subject& subject, const crypto::BlsHashed& hashed);

 private:
  struct Hashed {
    settle::Subject subject;
    crypto::BlsHashed hashed;
  };
  bool known(const Hash32& key);
  void remember(const Hash32& key);

  const std::shared_ptr<const settle::Committee> committee_;
  Entropy& entropy_;
  std::mutex mutex_;
  std::unordered_set<ledger::FullId> good_;
  std::vector<ledger::FullId> ring_;                    // in the order they came, so that the oldest goes first
  size_t next_ = 0;
  std::unordered_map<ledger::TxId, Hashed> hashes_;
  std::vector<ledger::TxId> hash_ring_;
  size_t next_hash_ = 0;
};

}  // namespace sotto::node
