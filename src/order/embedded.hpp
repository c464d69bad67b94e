// The embedded ordering engine: one process, one thread of its own, batches when work is pending. Each batch is on disk
// before any consumer sees it, so a restart continues where every consumer stopped (L-61, L-62).
#pragma once
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_set>

#include "base/world.hpp"
#include "order/log.hpp"

namespace sotto::order {

struct EmbeddedOptions {
  uint32_t gather_ms = 5;                // waited after the first pending transaction, for others to share its block
  uint32_t empty_block_ms = 0;           // an empty block after so much quiet; 0: never
  uint32_t max_entries = 0;              // the network's max_block_entries
  uint32_t max_bytes = 0;                // the network's max_block_bytes
  size_t max_queue = 16 * 1024;          // transactions waiting
  size_t remember = 64 * 1024;           // transactions ordered lately, for `known`
};
EmbeddedOptions options_for(const ledger::Params& params);

// May this be ordered at all? The lock certificate's check; any thread.
using Admission = std::function<bool(const ledger::CertifiedTransaction& certified)>;

class EmbeddedEngine final : public Ordering {
 public:
  // Brings every consumer to the log's height first (in this call), then starts the thread. Refused if the log cannot
  // be read, a consumer is ahead of the log (the log was lost or replaced), or a consumer fails to catch up.
  // Consumers, log and clock outlive the engine.
  static Result<std::unique_ptr<EmbeddedEngine>, Error> start(const EmbeddedOptions& options, Log& log, const Clock& clock,
                                                              std::vector<Consumer*> consumers, Admission admit);
  ~EmbeddedEngine() override;            // stops; what is queued stays with its holders
  EmbeddedEngine(const EmbeddedEngine&) = delete;

  Submission submit(ledger::CertifiedTransaction certified) override;
  // Finishes the batch in work, then no more.
  void stop();
  // Newest batch every living consumer has executed.
  uint64_t height() const;
  // Waits until a batch of at least this height was executed; false after the timeout or a stop.
  bool wait_for(uint64_t height, uint32_t timeout_ms) const;
  // Why the engine stopped by itself, or a consumer was left behind.
  std::vector<Error> failures() const;

 private:
  EmbeddedEngine(const EmbeddedOptions& options, Log& log, const Clock& clock, std::vector<Consumer*> consumers, Admission admit);
  void run();
  Batch cut(uint64_t height);            // with the lock held

  const EmbeddedOptions options_;
  Log& log_;
  const Clock& clock_;
  std::vector<Consumer*> consumers_;     // only the engine's thread, once it runs
  const Admission admit_;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::deque<std::pair<ledger::FullId, ledger::CertifiedTransaction>> queue_;
  std::unordered_set<ledger::FullId> known_;  // queued, and the last `remember` ordered
  std::deque<ledger::FullId> ordered_;
  uint64_t height_ = 0;
  uint64_t time_ms_ = 0;
  std::vector<Error> failures_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sotto::order
