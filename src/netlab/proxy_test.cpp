// The proxy between real sockets: what goes through, when, and what does not.
#include "netlab/proxy.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <thread>

#include "net/client.hpp"
#include "net/server.hpp"

namespace sotto::netlab {
namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;
constexpr uint32_t kPatienceMs = 10'000;

double since_ms(Steady::time_point t) { return std::chrono::duration<double, std::milli>(Steady::now() - t).count(); }
Links all(const LinkSettings& settings) { return Links({{"*", "*", settings}}); }

// A server that sends back what it gets, and a client that reaches it through a proxy.
struct Place {
  std::unique_ptr<net::Server> server;
  std::unique_ptr<Proxy> proxy;
  std::optional<net::Client> client{std::in_place};

  explicit Place(Links links) {
    net::ServerLimits limits;
    limits.max_body_bytes = 8 * 1024 * 1024;
    auto started = net::Server::start({}, limits, [](net::Request r, net::Reply reply) { reply({200, std::move(r.body)}); });
    CHECK(started.ok());
    server = std::move(started).value();
    auto between = Proxy::start({{"wallet", "validator-1", {"127.0.0.1", 0}, server->endpoint()}}, std::move(links), 1);
    CHECK(between.ok());
    proxy = std::move(between).value();
  }
  Result<net::Response, Error> ask(const Bytes& body, uint32_t timeout_ms = kPatienceMs) {
    return client->call_and_wait(proxy->listening(0), {net::Method::post, "/", body, ""}, timeout_ms);
  }
};

TEST(Proxy, carries_bytes_both_ways) {
  Place place{Links()};
  Bytes large(3 * 1024 * 1024 + 7);
  for (size_t i = 0; i < large.size(); ++i) large[i] = static_cast<uint8_t>(i * 31 >> 3);
  for (const Bytes& body : {Bytes{1, 2, 3}, large}) {
    const auto answer = place.ask(body);
    ASSERT_TRUE(answer.ok()) << answer.error().what;
    EXPECT_EQ(answer->body, body);
  }
  EXPECT_EQ(place.proxy->usage().connections, 1u);
  EXPECT_GT(place.proxy->usage().bytes, 2 * large.size());
}

TEST(Proxy, delays_each_way_and_the_first_bytes_by_a_round_trip) {
  Place place{Links({{"*", "*", {.delay_ms = 20}}, {"validator-1", "wallet", {.delay_ms = 40}}})};
  auto start = Steady::now();
  ASSERT_TRUE(place.ask({1}).ok());
  EXPECT_GE(since_ms(start), 2 * 60.0);                // opening, then the question and its answer
  start = Steady::now();
  ASSERT_TRUE(place.ask({1}).ok());                    // the connection is kept
  EXPECT_GE(since_ms(start), 60.0);
  EXPECT_LT(since_ms(start), 1000.0);
  place.proxy->set(Links());
  start = Steady::now();
  ASSERT_TRUE(place.ask({1}).ok());
  EXPECT_LT(since_ms(start), 1000.0);
}

TEST(Proxy, loss_is_extra_delay) {
  Place place{all({.loss = 0.5})};                     // seeded: some of these lose something
  const auto start = Steady::now();
  for (int i = 0; i < 5; ++i) {
    const auto answer = place.ask({7});
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ(answer->body, Bytes{7});
  }
  EXPECT_GE(since_ms(start), static_cast<double>(kResend.count()));
}

TEST(Proxy, what_is_sent_into_a_cut_arrives_when_it_heals) {
  Place place{Links()};
  ASSERT_TRUE(place.ask({1}).ok());
  for (const LinkRule& cut : {LinkRule{"wallet", "validator-1", {.cut = true}}, LinkRule{"validator-1", "wallet", {.cut = true}}}) {
    place.proxy->set(Links({cut}));
    std::this_thread::sleep_for(milliseconds(50));     // set() has come through
    std::atomic<bool> answered{false};
    place.client->call(place.proxy->listening(0), {net::Method::post, "/", {2}, ""}, kPatienceMs, [&](auto answer) {
      EXPECT_TRUE(answer.ok());
      answered = true;
    });
    std::this_thread::sleep_for(milliseconds(200));
    EXPECT_FALSE(answered);
    place.proxy->set(Links());
    for (int i = 0; i < 100 && !answered; ++i) std::this_thread::sleep_for(milliseconds(50));
    EXPECT_TRUE(answered);
  }
}

TEST(Proxy, nobody_connects_across_a_cut) {
  Place place{Links({{"validator-1", "*", {.cut = true}}})};
  EXPECT_FALSE(place.ask({1}, 200).ok());
  EXPECT_EQ(place.server->connections(), 0u);
  place.proxy->set(Links());
  EXPECT_TRUE(place.ask({1}).ok());
}

TEST(Proxy, a_sender_waits_when_too_much_is_under_way) {
  Place place{Links()};
  ASSERT_TRUE(place.ask({1}).ok());                    // the connection stands
  place.proxy->set(all({.cut = true}));
  std::this_thread::sleep_for(milliseconds(50));
  const uint64_t before = place.proxy->usage().bytes;
  EXPECT_FALSE(place.ask(Bytes(7 * 1024 * 1024), 500).ok());
  EXPECT_LE(place.proxy->usage().bytes - before, kMaxUnderWay + 64 * 1024);
}

TEST(Proxy, closing_is_passed_on) {
  Place place{all({.delay_ms = 5})};
  ASSERT_TRUE(place.ask({1}).ok());
  EXPECT_EQ(place.server->connections(), 1u);
  place.proxy->set(Links());
  place.client.reset();
  for (int i = 0; i < 100 && place.server->connections() > 0; ++i) std::this_thread::sleep_for(milliseconds(20));
  EXPECT_EQ(place.server->connections(), 0u);
}

TEST(Proxy, nobody_there_closes_the_connection) {
  Place place{Links()};
  place.server.reset();
  const auto start = Steady::now();
  EXPECT_FALSE(place.ask({1}).ok());
  EXPECT_LT(since_ms(start), 5000.0);
}

TEST(Proxy, connections_over_the_limit_are_closed) {
  Place place{all({.cut = true})};                     // so that they stay
  net::ClientLimits limits;
  limits.max_in_flight = kMaxProxied + 1;
  net::Client many(limits);
  std::mutex mutex;
  std::condition_variable changed;
  size_t failed = 0, gone = 0;
  for (size_t i = 0; i <= kMaxProxied; ++i)
    many.call(place.proxy->listening(0), {net::Method::post, "/", {1}, ""}, 3'000, [&](auto answer) {
      const std::lock_guard lock(mutex);
      failed += !answer.ok();
      ++gone;
      changed.notify_one();
    });
  std::unique_lock lock(mutex);
  ASSERT_TRUE(changed.wait_for(lock, milliseconds(kPatienceMs), [&] { return gone > kMaxProxied; }));
  EXPECT_EQ(failed, kMaxProxied + 1);
  EXPECT_GE(place.proxy->usage().refused, 1u);
}

TEST(Proxy, start_refuses) {
  const auto start = [](const net::Endpoint& listen, const net::Endpoint& target) {
    return Proxy::start({{"a", "b", listen, target}}, Links(), 1).ok();
  };
  EXPECT_TRUE(start({"127.0.0.1", 0}, {"127.0.0.1", 1}));
  EXPECT_FALSE(start({"localhost", 0}, {"127.0.0.1", 1}));
  EXPECT_FALSE(start({"127.0.0.1", 0}, {"localhost", 1}));
  EXPECT_FALSE(start({"192.0.2.1", 0}, {"127.0.0.1", 1}));        // not an address of this machine
  EXPECT_FALSE(Proxy::start(std::vector<Route>(kMaxRoutes + 1), Links(), 1).ok());
}

}  // namespace
}  // namespace sotto::netlab
