// CometBFT as the ordering engine of one validator: the ABCI application over its ledger, the socket, the process, and the
// wake-ups that make it propose (docs/adr/0070). Beside it in src/order: the embedded engine, one process, same interface.
#pragma once
#include <condition_variable>
#include <thread>

#include "comet/abci_server.hpp"
#include "comet/application.hpp"
#include "comet/home.hpp"
#include "comet/process.hpp"
#include "net/client.hpp"

namespace sotto::comet {

struct EngineOptions {
  std::filesystem::path binary;            // CometBFT; see find_binary()
  std::filesystem::path home;              // make_home() and write_home() have filled it
  std::filesystem::path socket;            // at most 107 bytes; as in write_home()
  net::Endpoint rpc;                       // as in write_home()
  PendingLimits pending;
  AbciLimits abci;
  uint32_t gather_ms = 5;                  // waited after the first pending transaction, for others to share its block
  uint32_t wake_again_ms = 250;            // pending and no block: wake once more
  uint32_t stop_ms = 5'000;                // patience with a CometBFT asked to end
  // A CometBFT that ends by itself is started again, unless it has ended more often than this within a minute.
  uint32_t max_restarts = 5;
  size_t max_log_bytes = 64 * 1024 * 1024; // home/comet.log is moved aside (once) beyond this, at a start
};

// Where ./setup puts CometBFT of the pinned version; SOTTO_COMETBFT in the environment comes first. nullopt: not there.
std::optional<std::filesystem::path> find_binary();

class CometEngine final : public order::Ordering {
 public:
  // Opens the socket and starts CometBFT, which then brings the replica to the network's height by itself. The replica
  // and the snapshots given out outlive the engine; it is called from one of the engine's threads.
  static Result<std::unique_ptr<CometEngine>, Error> start(const EngineOptions& options, const LedgerRules& rules,
                                                           order::Replica& replica, Admission admit,
                                                           SnapshotSource* snapshots = nullptr);
  ~CometEngine() override;                 // stops
  CometEngine(const CometEngine&) = delete;

  order::Submission submit(ledger::CertifiedTransaction certified) override;
  // Ends CometBFT, then the socket. What is queued stays with its holders.
  void stop();
  // Of CometBFT's newest block the replica has kept.
  uint64_t engine_height() const;
  // Waits until that is at least so much; false after the timeout, a stop or a failure.
  bool wait_for(uint64_t engine_height, uint32_t timeout_ms) const;
  size_t pending() const { return pending_.size(); }
  // Ends CometBFT, however it likes it, and starts it again: it does not do its work (progress.hpp). From any thread; returns at once.
  void restart();
  // CometBFT's process right now; -1 between two.
  pid_t pid() const;
  uint32_t restarts() const;
  // Why the engine stopped by itself: the application refused, or CometBFT would not stay up.
  std::vector<Error> failures() const;

 private:
  CometEngine(const EngineOptions& options, const LedgerRules& rules, order::Replica& replica, Admission admit, SnapshotSource* snapshots);
  void supervise();                        // a thread: CometBFT's life
  void wake();                             // a thread: RPC calls when something is pending
  void fail(const Error& why);
  bool call_wake(uint64_t engine_height);

  const EngineOptions options_;
  order::Replica& replica_;
  const Admission admit_;
  Pending pending_;
  LedgerApplication application_;
  net::Client client_;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  uint64_t kept_ = 0;                      // engine height
  bool moving_ = false;                    // the last block changed the app hash: CometBFT makes the next one by itself
  bool stopping_ = false, restart_wanted_ = false;
  pid_t pid_ = -1;
  uint32_t restarts_ = 0;
  std::vector<Error> failures_;
  std::unique_ptr<AbciServer> server_;
  std::thread supervisor_, waker_;
};

}  // namespace sotto::comet
