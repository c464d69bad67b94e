// State sync (docs/spec/ledger.md L-80..): a validator without a ledger takes one over from others, whom CometBFT finds and
// whose word is checked against the app hash its light client trusts. Here: what gives snapshots out, what takes one in, and
// the run of CometBFT that brings one. What a snapshot holds is the business of both ends (src/node/snapshots.hpp).
#pragma once
#include "comet/abci_server.hpp"

namespace sotto::comet {

class SnapshotSource {
 public:
  virtual ~SnapshotSource() = default;
  // Those whose next two blocks exist at `engine_height`: the joining CometBFT asks its peers for their headers.
  virtual std::vector<Snapshot> snapshots(uint64_t engine_height) = 0;
  virtual Bytes chunk(uint64_t height, uint32_t format, uint32_t index) = 0;   // empty: not had
};

class SnapshotSink {
 public:
  enum class Taken : uint8_t { more, done, refused };
  virtual ~SnapshotSink() = default;
  // Begins anew; `app_hash` is trusted. False: no such format, or nothing that could be.
  virtual bool begin(const Snapshot& snapshot, const Hash32& app_hash) = 0;
  // Chunks in order. `done`: all there, checked and kept; `refused`: the snapshot is not what it should be.
  virtual Taken take(uint32_t index, ByteView chunk) = 0;
};

struct JoinOptions {
  std::filesystem::path binary, home, socket;  // as of an engine; write_home() has enabled state sync
  AbciLimits abci;
  uint32_t patience_ms = 300'000;
  uint32_t stop_ms = 5'000;
};
// Runs CometBFT until the sink has a snapshot and CometBFT has recorded its height, then ends it. The engine's height.
Result<uint64_t, Error> join(const JoinOptions& options, SnapshotSink& sink);

}  // namespace sotto::comet
