// A testnet whose validators and wallets reach each other through netlab::Proxy: every place (each validator, and the wallets together)
// sees the others at addresses of its own, so that the proxy knows who speaks to whom. The engine's RPC and the operator's
// listener stay as they are.
//
//   127.N.0.X    what validator N takes for the address 127.0.0.X           127.100.0.X    what wallets do
#pragma once
#include "netlab/proxy.hpp"
#include "node/network_file.hpp"

namespace sotto::node {

inline constexpr size_t kWalletsPlace = 100;           // validators are places 1 to 64
inline constexpr const char* kWalletsName = "wallets";

using Places = std::vector<std::shared_ptr<const netlab::Namespace>>;

// All ways there are, under the members' names. With `places`, one a member, each lives in a network namespace of its own and reaches
// nobody but through these; its listeners, those of the engine's RPC and of the operator (TestnetOptions::port) among them, are then
// to be had from here at their own addresses as well, by ways without links.
std::vector<netlab::Route> testnet_routes(const NetworkFile& network, const Places& places = {});
// The network file of member i, and that of wallets.
NetworkFile as_seen_by(const NetworkFile& network, size_t i);
NetworkFile as_wallets_see(const NetworkFile& network);

}  // namespace sotto::node
