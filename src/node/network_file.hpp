// One file that tells a network's validators and wallets where everybody is: JSON, public, the same at all of them. What
// matters for safety is in genesis, which it names by hash.
#pragma once
#include <filesystem>

#include "comet/home.hpp"
#include "settle/committee.hpp"

namespace sotto::node {

struct NetworkMember {
  std::string name;                        // printable ASCII, for people
  crypto::BlsPublicKey vote_key;           // in genesis's committee
  comet::ConsensusKey consensus_key{};     // its ordering engine's
  std::string engine_node;                 // comet::address_of() its engine's node key: 40 hex digits
  net::Endpoint engine_at;                 // where other engines reach it
  net::Endpoint api;                       // where wallets and other validators reach it, with its TLS key
};

struct NetworkFile {
  Hash32 genesis{};                        // ledger::genesis_hash
  uint64_t genesis_time_ms = 0;            // the first block's time
  std::vector<NetworkMember> members;
};

inline constexpr size_t kMaxNetworkFileBytes = 1024 * 1024;

std::string to_json(const NetworkFile& file);
// A member alone: the card by which its operator makes it known (node/ceremony.hpp).
std::string to_json(const NetworkMember& member);
Result<NetworkMember, Error> parse_card(ByteView bytes);
// Refused: what is no such file, other fields than those, more than settle::kMaxValidators members.
Result<NetworkFile, Error> parse_network_file(ByteView bytes);
// Genesis's committee in its order, then the others, who may come into a later one. Refused: a member of the committee missing, or
// with another engine key than genesis calls it by (docs/adr/0091); a key twice.
Result<std::vector<NetworkMember>, Error> in_committee_order(const NetworkFile& file, const settle::Committee& committee);

// "1.2.3.4:5" or "[::1]:5", a port other than 0. "localhost:5" is 127.0.0.1: no name is ever looked up.
std::optional<net::Endpoint> parse_endpoint(std::string_view text);
// The same behind "KEY@", 64 hex digits: a relay.
std::optional<net::Endpoint> parse_relay(std::string_view text);

}  // namespace sotto::node
