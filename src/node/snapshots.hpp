// Snapshots of a validator's ledger for CometBFT's state sync (docs/spec/ledger.md L-80..): every block, then the state. The
// chain of blocks is checked up to the hash the light client trusts, so nothing of a snapshot needs a name behind it; nothing is
// executed again, no proof verified again.
//
//   stream = { length u32 | block } from block 1 on, cut into chunks of kSnapshotChunkBytes; one more chunk: the state
#pragma once
#include <functional>
#include <mutex>

#include "comet/snapshots.hpp"
#include "ledger/history.hpp"
#include "store/validator_store.hpp"

namespace sotto::node {

inline constexpr uint32_t kSnapshotFormat = 1;
inline constexpr size_t kSnapshotChunkBytes = size_t{4} << 20;
inline constexpr size_t kSnapshotsKept = 4;

// Gives out. A state above kSnapshotChunkBytes is none to give out (generations of 100,000 recovered notes). A snapshot is noted when a block is kept, and costs the state's bytes; the blocks are read when asked for.
class SnapshotShelf final : public comet::SnapshotSource {
 public:
  // `block`: the encoded block of a height; from any thread. `interval`: engine heights between two snapshots; 0: none.
  using BlockAt = std::function<std::optional<Bytes>(uint64_t height)>;
  SnapshotShelf(BlockAt block, uint64_t interval) : block_(std::move(block)), interval_(interval) {}

  // The state after the block kept at `engine_height`.
  void note(uint64_t engine_height, const ledger::State& state);
  std::vector<comet::Snapshot> snapshots(uint64_t engine_height) override;
  Bytes chunk(uint64_t height, uint32_t format, uint32_t index) override;

 private:
  struct Noted {
    uint64_t engine_height = 0, height = 0;
    ledger::BlockHash last_block;
    Bytes state;
  };
  bool measure(uint64_t height);                 // ends_ up to `height`; false: a block is missing
  uint32_t stream_chunks(uint64_t height) const { return static_cast<uint32_t>((ends_[height] + kSnapshotChunkBytes - 1) / kSnapshotChunkBytes); }

  const BlockAt block_;
  const uint64_t interval_;
  std::mutex mutex_;
  std::vector<Noted> noted_;                     // the oldest first
  std::mutex stream_mutex_;                      // reading blocks must not hold up note()
  std::vector<uint64_t> ends_{0};                // of block h in the stream
};

// Takes one in, into a new store.
class SnapshotIntake final : public comet::SnapshotSink {
 public:
  // `genesis` as this machine has executed it. Refuses to replace a store.
  SnapshotIntake(std::filesystem::path store, const store::StoreIdentity& identity, const ledger::Execution& genesis)
      : dir_(std::move(store)), identity_(identity), genesis_(genesis) {}
  bool begin(const comet::Snapshot& snapshot, const Hash32& app_hash) override;
  Taken take(uint32_t index, ByteView chunk) override;
  // Why the last snapshot was refused, for people.
  const std::string& refusal() const { return refusal_; }

 private:
  Taken refuse(const std::string& why);
  Taken take_blocks();
  Taken take_state(ByteView chunk);

  const std::filesystem::path dir_;
  const store::StoreIdentity identity_;
  const ledger::Execution& genesis_;
  comet::Snapshot snapshot_;
  ledger::BlockHash trusted_;
  std::optional<ledger::History> history_;
  std::unique_ptr<store::ValidatorStore::Import> import_;
  uint32_t next_ = 0;
  Bytes buffer_;
  std::string refusal_;
};

}  // namespace sotto::node
