#include "comet/snapshots.hpp"

#include <condition_variable>
#include <chrono>
#include <mutex>

#include "comet/process.hpp"

namespace sotto::comet {

namespace {

using std::chrono::milliseconds;

// What CometBFT talks to while it has no state: it offers snapshots, and once one is taken the next decided block shows that
// CometBFT has recorded it. That block is left to the engine that runs afterwards; CometBFT has stored it before it hands it over, and
// would refuse to start again with a state and no block at all. So proposals, which may come before any block, end nothing:
// there is no ledger to judge them by, and a vote for nothing harms nobody.
class Joining final : public Application {
 public:
  explicit Joining(SnapshotSink& sink) : sink_(sink) {}

  Result<Hash32, Error> init_chain(const ChainStart&) override { return late("begins a chain"); }
  Result<std::vector<Bytes>, Error> prepare_proposal(int64_t, uint64_t) override { return std::vector<Bytes>(); }
  Result<bool, Error> process_proposal(const Proposal&) override { return false; }
  std::vector<ValidatorUpdate> validator_updates() override { return {}; }
  Result<Hash32, Error> finalize_block(const Proposal&) override { return late("has a block"); }
  Result<int64_t, Error> commit() override { return late("commits"); }
  bool check_transaction(ByteView) override { return false; }
  AppPoint info() const override {
    const std::lock_guard lock(mutex_);
    return point_;
  }
  std::vector<Snapshot> snapshots() override { return {}; }
  Bytes snapshot_chunk(uint64_t, uint32_t, uint32_t) override { return {}; }
  OfferVerdict offer_snapshot(const Snapshot& snapshot, const Hash32& app_hash) override {
    const std::lock_guard lock(mutex_);
    if (point_.height != 0) return OfferVerdict::abort;
    if (snapshot.height == 0 || snapshot.height > INT64_MAX || !sink_.begin(snapshot, app_hash)) return OfferVerdict::reject;
    offered_ = {static_cast<int64_t>(snapshot.height), app_hash};
    return OfferVerdict::accept;
  }
  ChunkVerdict apply_chunk(uint32_t index, ByteView chunk, const std::string& sender) override {
    const std::lock_guard lock(mutex_);
    if (!offered_ || point_.height != 0) return {ChunkVerdict::abort, {}, {}};
    switch (sink_.take(index, chunk)) {
      case SnapshotSink::Taken::more: return {ChunkVerdict::accept, {}, {}};
      case SnapshotSink::Taken::done: point_ = *offered_; return {ChunkVerdict::accept, {}, {}};
      case SnapshotSink::Taken::refused: break;
    }
    offered_.reset();
    return {ChunkVerdict::reject_snapshot, {}, {sender}};
  }

  // The engine's height once CometBFT went on from the snapshot; 0 before.
  uint64_t joined(milliseconds patience) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [&] { return joined_; });
    return joined_ ? static_cast<uint64_t>(point_.height) : 0;
  }

 private:
  Failure<Error> late(const std::string& what) {
    const std::lock_guard lock(mutex_);
    if (point_.height != 0) joined_ = true;
    changed_.notify_all();
    return Failure{Error{"CometBFT " + what + ", and this is a run for a snapshot"}};
  }

  SnapshotSink& sink_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  AppPoint point_;
  std::optional<AppPoint> offered_;
  bool joined_ = false;
};

}  // namespace

Result<uint64_t, Error> join(const JoinOptions& options, SnapshotSink& sink) {
  Joining application(sink);
  TRY(server, AbciServer::start(options.socket, options.abci, application, [](const Error&) {}));
  const auto log = options.home / "comet.log";
  TRY(child, ChildProcess::start({options.binary.string(), "start", "--home", options.home.string()}, log));
  const auto until = std::chrono::steady_clock::now() + milliseconds(options.patience_ms);
  uint64_t height = 0;
  std::optional<std::string> end;
  while (height == 0 && !end && std::chrono::steady_clock::now() < until) {
    end = child.ended();
    height = application.joined(milliseconds(50));
  }
  child.stop(options.stop_ms);
  server->stop();
  if (height > 0) return height;
  if (end) return Failure{Error{"CometBFT ended (" + *end + ") without a snapshot; see " + log.string()}};
  return Failure{Error{"no snapshot came in time; see " + log.string()}};
}

}  // namespace sotto::comet
