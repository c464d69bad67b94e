// Snapshots of a validator's ledger for CometBFT's state sync (docs/spec/ledger.md L-80..): every block, then the state. The
// chain of blocks is checked up to the hash the light client trusts, so nothing of a snapshot needs a name behind it; nothing is
// executed again, no proof verified again.
//
//   { length u32 | block } from block 1 on, as a stream cut into chunks of kSnapshotChunkBytes; then the state, cut the same way;
//   metadata: u32, how many chunks are the state's
#pragma once
#include <chrono>
#include <functional>
#include <mutex>

#include "comet/snapshots.hpp"
#include "ledger/history.hpp"
#include "store/validator_store.hpp"

namespace sotto::node {

inline constexpr uint32_t kSnapshotFormat = 2;
inline constexpr size_t kSnapshotChunkBytes = size_t{4} << 20;
inline constexpr uint32_t kMaxStateChunks = 64;    // 256 MiB: over a million recovered notes; a larger state is not given out
// The newest, and whatever somebody may be taking over just now, within reason.
inline constexpr size_t kSnapshotsKept = 4, kMostSnapshotsKept = 32;
inline constexpr auto kSnapshotTakes = std::chrono::minutes(2);

// Gives out. A snapshot is noted when a block is kept, and costs the state's bytes; the blocks are read when asked for.
class SnapshotShelf final : public comet::SnapshotSource {
 public:
  // `block`: the encoded block of a height; from any thread. `interval`: engine heights between two snapshots; 0: none.
  using BlockAt = std::function<std::optional<Bytes>(uint64_t height)>;
  SnapshotShelf(BlockAt block, uint64_t interval) : block_(std::move(block)), interval_(interval) {}

  using Time = std::chrono::steady_clock::time_point;
  // The state after the block kept at `engine_height`.
  void note(uint64_t engine_height, const ledger::State& state, Time now = std::chrono::steady_clock::now());
  std::vector<comet::Snapshot> snapshots(uint64_t engine_height) override;
  Bytes chunk(uint64_t height, uint32_t format, uint32_t index) override;

 private:
  struct Noted {
    uint64_t engine_height = 0, height = 0;
    ledger::BlockHash last_block;
    std::shared_ptr<const Bytes> state;
    Time at;
  };
  bool measure(uint64_t height);                 // ends_ up to `height`; false: a block is missing

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
  Taken take_state();

  const std::filesystem::path dir_;
  const store::StoreIdentity identity_;
  const ledger::Execution& genesis_;
  comet::Snapshot snapshot_;
  ledger::BlockHash trusted_;
  std::optional<ledger::History> history_;
  std::unique_ptr<store::ValidatorStore::Import> import_;
  uint32_t next_ = 0, state_chunks_ = 0;
  Bytes buffer_;                       // of a block that is not whole; then of the state
  std::string refusal_;
};

}  // namespace sotto::node
