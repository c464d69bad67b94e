// A whole network in one process: validators with separate keys and stores, the embedded ordering engine between them,
// an HTTP API on loopback for each, and a faucet account that owns what genesis brought in. Everything lives in one
// directory; closing and opening it again loses nothing.
//
//   DIR/lock              held while a process runs it
//   DIR/genesis           ledger::Genesis          DIR/ordering.log        the engine's batches
//   DIR/validator-N/key   BLS secret key           DIR/validator-N/store/   RocksDB
//   DIR/faucet/seed       64 bytes                 DIR/faucet/wallet        sealed wallet   DIR/faucet/passphrase
#pragma once
#include <filesystem>

#include "node/dev_genesis.hpp"
#include "base/files.hpp"
#include "node/validator_node.hpp"
#include "node/wallet_driver.hpp"

namespace sotto::node {

class Faucet;

struct DevnetOptions {
  std::filesystem::path dir;
  uint16_t port = 0;                   // validator i listens on port + i; 0: any free ports
  size_t validators = 4;               // of a new network; an existing one has what it has
  std::string name = "sotto-dev";
};

// What is being done, in a few words, for a progress display.
using DevnetProgress = std::function<void(const std::string& what)>;

class Devnet {
 public:
  enum class Failed : uint8_t {
    in_use,            // another process runs this directory
    port_taken,
    damaged,           // what is on disk does not fit together: refused, nothing changed
    world,             // the disk or the system said no
  };
  struct Trouble {
    Failed failed{};
    std::string what;
  };

  static Result<std::unique_ptr<Devnet>, Trouble> open(const DevnetOptions& options,
                                                       std::shared_ptr<const circuit::ProofSystem> system,
                                                       Entropy& entropy, const Clock& clock, ThreadPool& pool,
                                                       const DevnetProgress& progress);
  ~Devnet();                           // stops
  Devnet(const Devnet&) = delete;

  bool created() const { return created_; }                  // by this open()
  const ledger::Genesis& genesis() const { return genesis_; }
  ledger::NetworkId id() const { return ledger::network_id(genesis_.content); }
  const std::vector<net::Endpoint>& endpoints() const { return endpoints_; }
  size_t size() const { return nodes_.size(); }
  ValidatorNode& validator(size_t index) { return *nodes_[index]; }
  // One payment of the faucet, final when it returns. One at a time; from any thread.
  Result<Paid, PayFailure> fund(const note::Address& to, const note::AssetOpening& asset, note::Amount amount,
                                const Bytes& memo, uint32_t timeout_ms);
  // Answers nothing more, then closes every store.
  void stop();

 private:
  struct Engine;
  Devnet();
  Status<Trouble> open_validators(const DevnetOptions& options, std::span<const crypto::BlsSecretKey> keys,
                                  const std::shared_ptr<const circuit::ProofSystem>& system, Entropy& entropy,
                                  const DevnetProgress& progress);
  Status<Trouble> start_engine(const DevnetOptions& options, const Clock& clock);
  Status<Trouble> listen();

  bool created_ = false;
  ledger::Genesis genesis_;
  std::vector<net::Endpoint> endpoints_;
  std::optional<FileLock> lock_;
  std::vector<std::unique_ptr<ThreadPool>> pools_;
  std::vector<std::unique_ptr<ValidatorNode>> nodes_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Faucet> faucet_;
};
const char* name(Devnet::Failed f);

}  // namespace sotto::node
