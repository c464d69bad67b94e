// Places that are shut off from each other but for a proxy. Without the privilege there is nothing to test.
#include "netlab/namespace.hpp"

#include <gtest/gtest.h>

#include "net/client.hpp"
#include "net/server.hpp"
#include "netlab/proxy.hpp"

namespace sotto::netlab {
namespace {

struct Namespaces : ::testing::Test {
  std::shared_ptr<const Namespace> here, there;
  net::Client client;

  void SetUp() override {
    auto first = Namespace::create(), second = Namespace::create();
    if (!first.ok() || !second.ok()) GTEST_SKIP() << first.error().what;
    here = std::move(first).value();
    there = std::move(second).value();
  }
  std::unique_ptr<net::Server> serve(const std::shared_ptr<const Namespace>& place, const std::string& says) {
    std::unique_ptr<net::Server> server;
    place->run([&] {
      server = net::Server::start({"127.0.0.5", 4711}, {}, [says](net::Request, net::Reply reply) { reply({200, Bytes(says.begin(), says.end()), net::kText}); }).value();
    });
    return server;
  }
  std::string ask(const net::Endpoint& at) {
    const auto response = client.call_and_wait(at, {net::Method::get, "/", {}, ""}, 2'000);
    return response.ok() ? std::string(response->body.begin(), response->body.end()) : "";
  }
};

TEST_F(Namespaces, two_servers_have_one_address_and_nobody_reaches_them_from_outside) {
  const auto one = serve(here, "one"), two = serve(there, "two");
  EXPECT_EQ(ask({"127.0.0.5", 4711}), "");
  const std::vector<Route> routes = {{"", "", {"127.0.0.1", 0}, {"127.0.0.5", 4711}, nullptr, here}, {"", "", {"127.0.0.1", 0}, {"127.0.0.5", 4711}, nullptr, there}};
  const auto proxy = Proxy::start(routes, Links(), 1).value();
  EXPECT_EQ(ask(proxy->listening(0)), "one");
  EXPECT_EQ(ask(proxy->listening(1)), "two");
}

TEST_F(Namespaces, a_route_listens_where_its_place_is) {
  const auto two = serve(there, "two");
  const std::vector<Route> routes = {{"a", "b", {"127.0.0.9", 4712}, {"127.0.0.5", 4711}, here, there}};
  const auto proxy = Proxy::start(routes, Links(), 1).value();
  EXPECT_EQ(ask({"127.0.0.9", 4712}), "");               // not here
  std::optional<net::Client> inside;
  std::string heard;
  here->run([&] {
    inside.emplace();                                     // its thread, and so its sockets, are of that place
    const auto response = inside->call_and_wait({"127.0.0.9", 4712}, {net::Method::get, "/", {}, ""}, 2'000);
    if (response.ok()) heard.assign(response->body.begin(), response->body.end());
  });
  EXPECT_EQ(heard, "two");
}

TEST_F(Namespaces, what_has_no_link_is_not_cut) {
  const auto one = serve(here, "one");
  const std::vector<Route> routes = {{"", "", {"127.0.0.1", 0}, {"127.0.0.5", 4711}, nullptr, here}, {"a", "b", {"127.0.0.1", 0}, {"127.0.0.5", 4711}, nullptr, here}};
  LinkRule all{"*", "*", {}};
  all.settings.cut = true;
  const auto proxy = Proxy::start(routes, Links({all}), 1).value();
  EXPECT_EQ(ask(proxy->listening(0)), "one");
  EXPECT_EQ(ask(proxy->listening(1)), "");
}

}  // namespace
}  // namespace sotto::netlab
