// One validator of a real network, whole: its node, CometBFT as its ordering engine, and its files. What `sottod` runs.
//
//   DIR/sottod.toml       configuration; other paths are its settings, from DIR. By default:
//   DIR/keys/vote.key     32 bytes, mode 0600     DIR/store/        RocksDB
//   DIR/keys/tls.key      32 bytes, mode 0600     DIR/card.json     its public keys and addresses
//   DIR/engine/           CometBFT's home         DIR/lock          held while it runs
#pragma once
#include "base/files.hpp"
#include "comet/engine.hpp"
#include "node/batch_worker.hpp"
#include "node/ceremony.hpp"
#include "node/validator_config.hpp"
#include "node/validator_node.hpp"
#include "node/watch.hpp"
#include "node/world.hpp"

namespace sotto::node {

// Makes DIR with keys and DIR/sottod.toml, and DIR/card.json out of both: what others need to know of it. Keys and configuration that
// are there stay as they are and are checked: keys that others may read are refused. `config` is for a new DIR.
Result<NetworkMember, Error> init_validator(const std::filesystem::path& dir, const ValidatorConfig& config, Entropy& entropy);
// With DIR's vote key, for the seat that key has in the draft.
Result<Possession, Error> prove_possession(const std::filesystem::path& dir, const ledger::Genesis& draft);

// Whom a validator believes when it takes its ledger over from others.
using RestoreTrust = comet::NodeSpec::Sync;

class ValidatorService {
 public:
  enum class Failed : uint8_t {
    bad_config,        // the configuration, network file, genesis or a key: the message says which
    in_use,            // another process runs this directory
    damaged,           // what is on disk does not fit together: refused, nothing changed
    port_taken,
    world,             // the disk or the system said no
  };
  struct Trouble {
    Failed failed{};
    std::string what;
  };

  // Opens everything and serves. The store is made from genesis if it is not there and the engine's key has never signed; a store
  // that is missing otherwise is damage, for with it went the locks this validator may have voted on.
  // `sink` takes its log, line by line.
  static Result<std::unique_ptr<ValidatorService>, Trouble> open(const std::filesystem::path& dir,
                                                                 std::shared_ptr<const circuit::ProofSystem> system,
                                                                 Entropy& entropy, ThreadPool& pool, Log::Sink sink);
  // For a validator whose store is lost, or that never had one: takes the ledger over from others by CometBFT's state sync,
  // checked against what `trust` says, and leaves a store that open() goes on from. It votes from the next epoch on. Any
  // block of its engine goes, its engine's signing state stays. The engine's height.
  static Result<uint64_t, Trouble> restore(const std::filesystem::path& dir, const RestoreTrust& trust,
                                           const std::shared_ptr<const circuit::ProofSystem>& system, Entropy& entropy, ThreadPool& pool);
  ~ValidatorService();                         // stops
  ValidatorService(const ValidatorService&) = delete;

  // Takes no more requests, finishes what the engine has decided, closes the store.
  void stop();
  // Why it can do nothing more; nullopt while it can.
  std::optional<std::string> trouble() const;
  // Logs what has changed about its engine since the last look. From one thread.
  void look();
  Log& log() { return *log_; }

  ValidatorNode& node() { return *node_; }
  comet::CometEngine& engine() { return *engine_; }
  const ledger::NetworkId& network() const { return network_; }
  const net::Endpoint& api() const { return node_->endpoint(); }

 private:
  ValidatorService() = default;
  SystemClock clock_;
  std::unique_ptr<Log> log_;
  std::optional<FileLock> lock_;
  ledger::NetworkId network_;
  std::unique_ptr<ValidatorNode> node_;
  std::unique_ptr<comet::CometEngine> engine_;
  std::unique_ptr<BatchWorker<ledger::CertifiedTransaction>> proposals_;
  std::unique_ptr<Watch> watch_;               // of both
  uint32_t engine_starts_seen_ = 0;
};
const char* name(ValidatorService::Failed f);

}  // namespace sotto::node
