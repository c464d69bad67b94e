// CometBFT's folder, written by us: keys, genesis, configuration. Everything is replaced whole; keys and the signing state
// are made once and never touched again.
#pragma once
#include <filesystem>

#include "base/result.hpp"
#include "crypto/ed25519.hpp"
#include "net/http.hpp"

namespace sotto::comet {

// The engine's key of a validator, apart from its vote key: it signs blocks and nothing of ours.
using ConsensusKey = ByteArray<32>;
// The first 20 bytes of SHA-256 of the key: how CometBFT names validators and, in hex, nodes.
std::string address_of(const ConsensusKey& key);                           // 40 hex digits, lower case

struct EngineValidator {
  std::string name;                        // for people
  ConsensusKey key{};
  uint64_t stake = 0;
  friend bool operator==(const EngineValidator&, const EngineValidator&) = default;
};
// Stakes as CometBFT's voting powers, in order: shifted right together until the sum is below 2^60 (CometBFT's own limit is
// 2^63 / 8), and at least 1 each.
std::vector<int64_t> powers_of(std::span<const EngineValidator> validators);

// What all validators' engines must have in common, to the byte.
struct ChainSpec {
  std::string chain_id;                    // chain_id_of()
  uint64_t genesis_time_ms = 0;            // the first block's time
  Hash32 genesis{};                        // ledger::genesis_hash
  uint32_t max_block_bytes = 0;            // the ledger's
  std::vector<EngineValidator> validators;
};
std::string chain_id_of(const ByteArray<32>& network);
std::string genesis_json(const ChainSpec& chain);

struct Peer {
  std::string node;                        // address_of() its node key
  net::Endpoint at;
};

// Of one node. Durations in milliseconds; why these values: docs/adr/0070.
struct NodeSpec {
  std::string moniker;
  net::Endpoint p2p, rpc;
  std::vector<Peer> peers;                 // all others; CometBFT's own peer exchange stays off
  uint32_t timeout_propose_ms = 500;       // bites only when a proposer is down; never 0
  uint32_t timeout_vote_ms = 200;          // prevote and precommit; only when a round fails
  uint32_t timeout_step_ms = 100;          // added to each for every further round
  uint32_t timeout_commit_ms = 0;          // waited after a block, for the last precommits
  uint32_t gossip_sleep_ms = 2;
  uint32_t flush_ms = 1;                   // p2p writes; the same at all peers
  uint32_t empty_block_interval_ms = 0;    // an empty block after so much quiet; 0: never
  std::string log_level = "error";
  // For a run of join(): others' RPC, at least two, and a block of theirs that is trusted.
  struct Sync {
    std::vector<net::Endpoint> rpc;
    uint64_t trust_height = 0;
    std::string trust_hash;                // 64 hex digits
    uint32_t trust_hours = 168;            // shorter than it takes to leave with one's stake
  };
  std::optional<Sync> sync;
};
std::string config_toml(const NodeSpec& node, const std::filesystem::path& socket);

struct HomeKeys {
  ConsensusKey consensus{};
  ConsensusKey node{};
};
// Makes `home` with keys in it if there are none (mode 0700, files 0600), and says which they are. Refused: key files that
// others may read, or that do not parse.
Result<HomeKeys, Error> make_home(const std::filesystem::path& home, Entropy& entropy);
// Its consensus key, to say that it wants to be registered. Refused as by make_home.
Result<crypto::Ed25519Key, Error> consensus_key_of(const std::filesystem::path& home);
// Has its consensus key ever signed? By CometBFT's own signing state.
Result<bool, Error> has_signed(const std::filesystem::path& home);
// Writes configuration and genesis. Refused: a genesis that differs from the one there (another network's home).
Status<Error> write_home(const std::filesystem::path& home, const ChainSpec& chain, const NodeSpec& node,
                         const std::filesystem::path& socket);

}  // namespace sotto::comet
