// The files of a network of real processes on one machine: each validator on a loopback address of its own, with its own
// folder; and a faucet account that owns what genesis brought in (node/dev_genesis.hpp).
//
//   DIR/network.json      where everybody is, for validators and wallets        DIR/genesis        ledger::Genesis
//   DIR/links.json        only with a proxy between all of them (node/testnet_links.hpp): netlab::Links; who runs it follows the file,
//                         and each validator has a network.json of its own, wallets DIR/wallets.json
//   DIR/validator-N/      node/validator_service.hpp                            DIR/faucet/seed    64 bytes, mode 0600
#pragma once
#include "netlab/links.hpp"
#include "node/dev_genesis.hpp"
#include "node/validator_service.hpp"

namespace sotto::node {

struct TestnetOptions {
  std::filesystem::path dir;
  size_t validators = 4;               // 1 to 64
  uint8_t first_address = 11;          // validator N listens on 127.0.0.(first_address + N)
  uint16_t port = 7600;                // of the API; port + 1: CometBFT's peers; port + 2: its RPC; port + 3: the operator's
  std::string name = "sotto-testnet";
  std::optional<netlab::Links> links = std::nullopt;   // of a new one: with a proxy
  uint64_t epoch_blocks = 0;           // ledger::Params, of a new one
  uint64_t epoch_ms = 24 * 3600 * 1000;
};
inline constexpr size_t kMaxTestnet = 64;
constexpr uint16_t rpc_port(uint16_t api) { return static_cast<uint16_t>(api + 2); }
constexpr uint16_t operator_port(uint16_t api) { return static_cast<uint16_t>(api + 3); }
inline constexpr const char* kLinksFile = "links.json";
inline constexpr const char* kWalletsFile = "wallets.json";

struct Testnet {
  ledger::Genesis genesis;
  NetworkFile network;
  std::vector<std::filesystem::path> validators;   // their folders, in order of N
  note::Seed faucet;
  bool created = false;
  bool proxied = false;                            // DIR/links.json is there
};

// Opens the network in `dir`, or makes it. network.json is written last: without it the folder holds an attempt that never
// finished, and is made anew.
Result<Testnet, Error> open_testnet(const TestnetOptions& options, uint64_t now_ms, std::shared_ptr<const circuit::ProofSystem> system,
                                    Entropy& entropy, ThreadPool& pool, const GenesisProgress& progress);

}  // namespace sotto::node
