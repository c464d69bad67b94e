#include "node/testnet_links.hpp"

#include "node/testnet.hpp"

namespace sotto::node {

namespace {

// 127.0.0.X as `place` sees it.
net::Endpoint seen_from(size_t place, net::Endpoint at) {
  at.address = "127." + std::to_string(place) + ".0." + at.address.substr(at.address.rfind('.') + 1);
  return at;
}

}  // namespace

std::vector<netlab::Route> testnet_routes(const NetworkFile& network, const Places& places) {
  const auto place = [&](size_t i) { return places.empty() ? nullptr : places.at(i); };
  std::vector<netlab::Route> routes;
  for (size_t i = 0; i < network.members.size(); ++i)
    for (size_t j = 0; j < network.members.size(); ++j)
      if (const auto &from = network.members[i], &to = network.members[j]; j != i)
        for (const auto& at : {to.engine_at, to.api}) routes.push_back({from.name, to.name, seen_from(i + 1, at), at, place(i), place(j)});
  for (size_t j = 0; j < network.members.size(); ++j) {
    const auto& to = network.members[j];
    routes.push_back({kWalletsName, to.name, seen_from(kWalletsPlace, to.api), to.api, nullptr, place(j)});
    if (places.empty()) continue;
    for (const uint16_t port : {to.api.port, to.engine_at.port, rpc_port(to.api.port), operator_port(to.api.port)}) {
      const net::Endpoint at{to.api.address, port};
      routes.push_back({"", "", at, at, nullptr, place(j)});
    }
  }
  return routes;
}

NetworkFile as_seen_by(const NetworkFile& network, size_t i) {
  NetworkFile seen = network;
  for (auto& m : seen.members) {
    if (m.vote_key == network.members[i].vote_key) continue;
    m.engine_at = seen_from(i + 1, m.engine_at);
    m.api = seen_from(i + 1, m.api);
  }
  return seen;
}

NetworkFile as_wallets_see(const NetworkFile& network) {
  NetworkFile seen = network;
  for (auto& m : seen.members) m.api = seen_from(kWalletsPlace, m.api);
  return seen;
}

}  // namespace sotto::node
