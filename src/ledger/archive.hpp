// What the ledger must remember for ever and looks up one at a time: which transaction spent a nullifier, which roots
// the note tree ever had (L-30, L-31). Behind an interface because it grows without bound: MemoryArchive here, RocksDB
// in src/store.
#pragma once
#include <map>
#include <set>

#include "ledger/transaction.hpp"

namespace sotto::ledger {

struct Spend {
  TxId txid;
  uint64_t height = 0;                    // of the block that executed it
  friend bool operator==(const Spend&, const Spend&) = default;
};

// What one block adds. A nullifier appears at most once, ever.
struct Changes {
  uint64_t height = 0;
  std::vector<std::pair<Nullifier, Spend>> spends;
  std::optional<Anchor> root;             // the root after the block, if it changed
  // For whoever holds locks; no archive keeps them:
  std::vector<Nullifier> released;        // their generation rose
  bool epoch_closed = false;
};

class Archive {
 public:
  virtual ~Archive() = default;
  virtual std::optional<Spend> spend_of(const Nullifier& nf) const = 0;
  virtual bool known_root(const Anchor& root) const = 0;
  // All or nothing. A broken disk is the implementation's to report by stopping: it must not return.
  virtual void commit(const Changes& changes) = 0;
};

class MemoryArchive final : public Archive {
 public:
  std::optional<Spend> spend_of(const Nullifier& nf) const override;
  bool known_root(const Anchor& root) const override;
  void commit(const Changes& changes) override;
  size_t spends() const { return spends_.size(); }

 private:
  std::map<ByteArray<32>, Spend> spends_;  // ordered trees: nobody can choose keys that collide
  std::set<ByteArray<32>> roots_;
};

}  // namespace sotto::ledger
