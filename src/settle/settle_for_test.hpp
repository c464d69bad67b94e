// What the tests of this module share: a committee with its keys, transactions of the real format (their proofs are never
// looked at here: verification is an effect), a ledger of a few maps, and a disk that forgets what was not synced.
#pragma once
#include <deque>
#include <map>
#include <random>
#include <set>

#include "crypto/hash.hpp"
#include "settle/validator.hpp"

namespace sotto::settle {

class SeededEntropy final : public Entropy {
 public:
  explicit SeededEntropy(uint64_t seed) : random_(seed) {}
  void fill(std::span<uint8_t> out) override {
    for (uint8_t& byte : out) byte = static_cast<uint8_t>(random_());
  }

 private:
  std::mt19937_64 random_;
};

inline const NetworkId kTestNetwork{crypto::sha256(view("a network for tests"))};
inline ValidatorId test_id(size_t i) { return {{static_cast<uint8_t>(i >> 8), static_cast<uint8_t>(i)}}; }

struct TestCommittee {
  std::vector<crypto::BlsSecretKey> keys;
  std::shared_ptr<const Committee> committee;

  explicit TestCommittee(const std::vector<uint64_t>& stakes, uint64_t epoch = 5) {
    SeededEntropy entropy(stakes.size());
    std::vector<Validator> validators;
    for (size_t i = 0; i < stakes.size(); ++i) {
      keys.push_back(crypto::BlsSecretKey::random(entropy));
      validators.push_back(make_validator(kTestNetwork, test_id(i), stakes[i], keys[i]));
    }
    auto made = Committee::create(kTestNetwork, epoch, std::move(validators));
    CHECK(made.ok());
    committee = std::make_shared<const Committee>(std::move(made).value());
  }
  template <Phase P>
  Share<P> share(size_t i, const Subject& subject) const {
    return {static_cast<uint16_t>(i), crypto::bls_sign(keys[i], digest(P, kTestNetwork, subject))};
  }
  template <Phase P>
  Certificate<P> certificate(const std::vector<size_t>& signers, const Subject& subject) const {
    Bytes bitmap(committee->bitmap_bytes(), 0);
    std::vector<crypto::BlsSignature> signatures;
    for (const size_t i : signers) {
      bitmap[i / 8] = static_cast<uint8_t>(bitmap[i / 8] | (0x80 >> (i % 8)));
      signatures.push_back(share<P>(i, subject).signature);
    }
    return {subject, std::move(bitmap), *crypto::aggregate(signatures)};
  }
  Signer signer(size_t i) const { return Signer(kTestNetwork, static_cast<uint16_t>(i), keys[i]); }
};

inline Nullifier test_nullifier(uint64_t i) { return {crypto::Fr::from_u64(1'000'000 + i)}; }

// Spends exactly the given notes, three to a transfer; dummies fill the last transfer. `twin` changes bytes outside the
// txid, `salt` bytes inside.
struct TransactionPlan {
  std::vector<uint64_t> notes;
  uint64_t salt = 0;
  uint32_t generation = 0;
  uint8_t twin = 0;
  NetworkId network = kTestNetwork;
  bool two_owners = false;
};
inline ledger::Transaction build(const TransactionPlan& plan) {
  ledger::Transaction tx;
  tx.network = plan.network;
  tx.expiry = plan.salt;
  size_t dummy = 0;
  for (size_t at = 0; at < plan.notes.size(); at += circuit::kSlots) {
    ledger::Transfer transfer;
    for (size_t slot = 0; slot < circuit::kSlots; ++slot) {
      ledger::Input& input = transfer.inputs[slot];
      if (at + slot < plan.notes.size()) {
        input.nf = test_nullifier(plan.notes[at + slot]);
        input.generation = plan.generation;
      } else {
        input.nf = test_nullifier(1'000'000'000 + 1000 * plan.salt + plan.notes[0] * 1'000'000 + dummy++);
      }
    }
    transfer.rk = crypto::jubjub_generator();
    if (plan.two_owners && at > 0) transfer.rk = -transfer.rk;
    transfer.proof.fill(plan.twin);
    tx.transfers.push_back(transfer);
  }
  return tx;
}
inline DecodedCandidate candidate(const TransactionPlan& plan) {
  auto decoded = decode_candidate(ledger::encode(build(plan)));
  CHECK(decoded.ok());
  return std::move(decoded).value();
}

class TestLedger final : public LedgerView {
 public:
  const char* broken_rule = nullptr;                      // what check_cheap answers
  std::map<Hash32, TxId> spent;
  std::map<Hash32, uint32_t> generations;
  size_t height = 0;

  const char* check_cheap(const ledger::Transaction&, const TxId&) const override { return broken_rule; }
  std::optional<TxId> spent_by(const Nullifier& nf) const override {
    const auto found = spent.find(nf.bytes());
    return found == spent.end() ? std::nullopt : std::optional(found->second);
  }
  uint32_t generation(const Nullifier& nf) const override {
    const auto found = generations.find(nf.bytes());
    return found == generations.end() ? 0 : found->second;
  }
  std::set<Hash32> freezes;
  bool closed = false;
  bool frozen(const Nullifier& nf) const override { return freezes.contains(nf.bytes()); }
  bool open(uint64_t) const override { return !closed; }
  // One block with one transaction.
  BlockExecuted execute(const Candidate& transaction) {
    BlockExecuted block{++height, {transaction.txid}, {}, {}};
    for (const NoteKey& note : transaction.notes) {
      CHECK(spent.try_emplace(note.nf.bytes(), transaction.txid).second);
      block.spent.push_back(note.nf);
    }
    return block;
  }
  BlockExecuted release(const Nullifier& nf) {
    ++generations[nf.bytes()];
    return {++height, {}, {}, {nf}};
  }
};

// Writes become durable when the test says so, in order; a crash loses the others. Records are kept as bytes, as a disk
// would.
class TestDisk final : public DurableStore {
 public:
  void write(Persist persist) { pending_.push_back(std::move(persist)); }
  void drop(const Drop& drop) {
    for (const TxId& txid : drop.locks) locks_.erase(txid);
    for (const TxId& txid : drop.certified) certified_.erase(txid);
  }
  bool idle() const { return pending_.empty(); }
  // Makes the oldest pending write durable.
  Persisted sync_one() {
    Persist done = std::move(pending_.front());
    pending_.pop_front();
    if (const Lock* lock = std::get_if<Lock>(&done.write)) locks_[lock->transaction.txid] = lock->encode();
    if (const Certified* c = std::get_if<Certified>(&done.write)) certified_[c->certificate.subject.txid] = c->encode();
    return persisted(std::move(done));
  }
  // The mutant "sign, then persist": claims a write is durable that is not.
  Persisted lie_about_last() { return persisted(pending_.back()); }
  void forget_oldest() { pending_.pop_front(); }
  void crash() { pending_.clear(); }
  // What the newest block on this disk froze.
  std::vector<Durable<Freeze>> frozen(std::vector<Freeze> freezes) const { return restored(std::move(freezes)); }
  Durable<Transition> closed(Transition transition) const { return restored(std::move(transition)); }
  Restored restore() const {
    Restored all;
    for (const auto& [txid, bytes] : locks_) all.locks.push_back(restored(Lock::decode(bytes).value()));
    for (const auto& [txid, bytes] : certified_) all.certified.push_back(restored(Certified::decode(bytes).value()));
    return all;
  }

 private:
  std::deque<Persist> pending_;
  std::map<TxId, Bytes> locks_, certified_;
};

}  // namespace sotto::settle
