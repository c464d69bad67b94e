// Who sees whom at which address when a proxy stands between the processes of a testnet.
#include "node/testnet_links.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "settle/settle_for_test.hpp"

namespace sotto::node {
namespace {

NetworkFile three() {
  const settle::TestCommittee committee({1, 1, 1});
  NetworkFile file;
  for (size_t i = 0; i < 3; ++i) {
    const std::string address = "127.0.0." + std::to_string(11 + i);
    file.members.push_back({"validator-" + std::to_string(i + 1), committee.keys[i].public_key(), {}, "", {address, 7601}, {address, 7600, net::TlsKey{static_cast<uint8_t>(i)}}});
  }
  return file;
}

TEST(TestnetLinks, every_way_has_a_route_of_its_own) {
  const auto network = three();
  std::set<net::Endpoint> listening;
  size_t engines = 0, apis = 0, wallets = 0;
  for (const auto& route : testnet_routes(network)) {
    EXPECT_TRUE(listening.insert(route.listen).second) << net::to_string(route.listen);
    const auto to = std::ranges::find(network.members, route.to, &NetworkMember::name);
    ASSERT_NE(to, network.members.end());
    EXPECT_NE(route.from, route.to);
    if (route.from == kWalletsName) {
      EXPECT_EQ(route.target, to->api);
      ++wallets;
    } else if (route.target == to->engine_at) {
      ++engines;
    } else {
      EXPECT_EQ(route.target, to->api);
      ++apis;
    }
  }
  EXPECT_EQ(engines, 6u);
  EXPECT_EQ(apis, 6u);
  EXPECT_EQ(wallets, 3u);
}

TEST(TestnetLinks, what_a_member_is_told_is_where_its_proxy_listens) {
  const auto network = three();
  const auto routes = testnet_routes(network);
  const auto leads = [&](const std::string& from, const net::Endpoint& seen, const net::Endpoint& to) {
    const auto route = std::ranges::find(routes, seen, &netlab::Route::listen);
    return route != routes.end() && route->from == from && route->target == to;
  };
  for (size_t i = 0; i < 3; ++i) {
    const auto seen = as_seen_by(network, i);
    EXPECT_TRUE(leads(kWalletsName, as_wallets_see(network).members[i].api, network.members[i].api));
    for (size_t j = 0; j < 3; ++j) {
      if (i == j) {
        EXPECT_EQ(seen.members[j].engine_at, network.members[j].engine_at);
        EXPECT_EQ(seen.members[j].api, network.members[j].api);
      } else {
        EXPECT_TRUE(leads(network.members[i].name, seen.members[j].engine_at, network.members[j].engine_at));
        EXPECT_TRUE(leads(network.members[i].name, seen.members[j].api, network.members[j].api));
      }
    }
  }
}

}  // namespace
}  // namespace sotto::node
