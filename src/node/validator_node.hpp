// One validator in the world: the pure machines of ledger and settlement, their store, and an HTTP API on one address.
//
// Threads: the server's (decodes requests), one for the state (owns ledger state and settlement machine; never waits for
// proofs, pairings, signatures or vote writes), one verifying proofs and one certificates, in batches of whatever arrived
// meanwhile, one syncing locks in groups and signing what is synced. A block's proofs and certificates that were not seen
// before are checked on the ordering engine's thread, before the state thread sees the block.
//
//   request     -> decode -> [state] -> [verify] -> [state] -> [persist, sign] -> [state] -> vote
//   certificate -> decode -> [state] -> [check]  -> [state] -> [persist, sign] -> [state] -> acknowledgement
//   block       -> check what is new -> [state]: execute, sync, tell settlement
//
// After a failed write it stops: every request that waits or comes is answered 503 store_failed.
#pragma once
#include <filesystem>

#include "base/world.hpp"
#include "circuit/transfer_proof.hpp"
#include "comet/snapshots.hpp"
#include "ledger/genesis.hpp"
#include "net/server.hpp"
#include "node/api.hpp"
#include "node/log.hpp"
#include "node/peers.hpp"
#include "order/ordering.hpp"

namespace rocksdb {
class Env;
}

namespace sotto::node {

struct ValidatorOptions {
  std::filesystem::path store;                 // directory of its own
  // Only for a validator that has never run: its store is made from genesis. Otherwise a missing store is refused, for
  // with it went the locks this validator may have voted on.
  bool create = false;
  net::Endpoint listen;                        // port 0: any free one
  settle::Limits limits;
  net::ServerLimits server;
  std::optional<net::TlsIdentity> identity;    // none: plain HTTP, for one machine's own loopback
  // Where /metrics, /health and /ready are served, plain, for the operator's own network; none: nowhere.
  std::optional<net::Endpoint> operator_listen;
  uint64_t snapshot_interval = 0;              // engine heights between two snapshots for others; 0: none
  Log* log = nullptr;                          // outlives the node; nullptr: it says nothing
  // Who a validator is that genesis's committee does not have; others are found there by their key.
  std::optional<settle::ValidatorId> id;
  // ledger::CommitteeWord::next, for tests.
  std::function<Bytes(const ledger::State&)> successor;
  rocksdb::Env* files = nullptr;               // the store's file system, for tests; nullptr is the real one
};

// What its keeper sees around it: shown in /ready and /metrics.
struct Surroundings {
  std::string obstacle;                        // why it is not ready although it votes; empty: nothing
  bool disk_low = false;                       // nothing new is locked: refused as disk_low, to be tried again
  uint64_t disk_free_bytes = 0;
  uint64_t engine_stalled_ms = 0;              // without progress while others made some
  uint32_t engine_restarts = 0;
};

enum class NodeFailed : uint8_t {
  damaged,           // the store is not what was written: refused
  wrong_genesis,     // the store belongs to another network, or genesis does not verify
  port_taken,
  world,
};
struct NodeTrouble {
  NodeFailed failed{};
  std::string what;
};

class ValidatorNode final : public order::Replica {
 public:
  // Hands a lock-certified transaction to the ordering engine; from the state thread, must not block.
  using Propose = std::function<void(ledger::CertifiedTransaction)>;

  // Opens or makes the store. Votes in the epochs whose committee has `key`; follows and serves in the others. Does not serve yet.
  static Result<std::unique_ptr<ValidatorNode>, NodeTrouble> open(const ValidatorOptions& options,
                                                                  const ledger::Genesis& genesis,
                                                                  const crypto::BlsSecretKey& key,
                                                                  std::shared_ptr<const circuit::ProofSystem> system,
                                                                  Entropy& entropy, ThreadPool& pool);
  ~ValidatorNode() override;                   // stops
  ValidatorNode(const ValidatorNode&) = delete;

  // Listens. Certificates that waited for their block when the store was last closed are proposed again.
  Status<NodeTrouble> start(Propose propose);
  // To and from the other validators; none without an identity. Handlers are registered before start().
  Peers* peers();
  // Where everybody is, genesis's committee first and in its order, then `others`: what /v1/network tells. Where they have keys, the
  // epoch's committee are peers(), in its order.
  void announce(std::vector<net::Endpoint> validators, const std::map<settle::ValidatorId, net::Endpoint>& others = {});
  // From any thread.
  void surroundings(const Surroundings& around);
  // The engine height that other members surely have reached, as they said a moment ago: asks them once more and does not wait. From one
  // thread. 0: nobody says.
  uint64_t engine_height_of_others();
  const net::Endpoint& endpoint() const;
  const net::Endpoint& operator_endpoint() const;
  // In the committee of its epoch; nullopt: it is not one of them.
  std::optional<uint16_t> index() const;

  // order::Consumer: executed, synced and visible when it returns. Any thread but ours. An Error is final: the store
  // failed, or the batch cannot be a block.
  uint64_t height() const override;
  Status<Error> execute(const order::Batch& batch) override;
  // order::Replica, for an engine with heights of its own. Any one thread but ours.
  Point point() const override;
  Result<ledger::BlockHash, Error> compute(const order::Batch& batch) override;
  std::optional<order::Handover> handover() const override;
  Result<std::vector<ledger::CertifiedTransaction>, Error> entries_against(std::span<const order::Accusation> accusations, size_t limit) override;
  Status<Error> keep(uint64_t engine_height) override;
  void forget() override;
  // What others may join from; lives as long as this.
  comet::SnapshotSource& snapshots();
  // What an engine may order (Admission). Any thread; remembers what it has checked.
  std::vector<bool> admits(std::span<const ledger::CertifiedTransaction* const> entries);
  // The encoded block, if executed.
  Result<std::optional<Bytes>, Error> block(uint64_t height) const;
  // Height and hash over the whole state (ledger::app_hash), for comparing nodes; nothing once it has stopped.
  std::optional<std::pair<uint64_t, Hash32>> state_hash() const;

  // Why it has stopped by itself; nullopt while it has not.
  std::optional<std::string> trouble() const;
  // Takes no more requests; the rest goes on.
  void close_server();
  // The same, and ends every thread. Whoever calls execute() has stopped before. Safe to call twice.
  void stop();

 private:
  struct Core;
  explicit ValidatorNode(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace sotto::node
