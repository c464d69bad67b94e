// Validators among themselves: who may ask, who is asked, and what happens when one is away.
#include "node/peers.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

namespace sotto::node {
namespace {

constexpr uint32_t kTimeoutMs = 10'000;
constexpr const char* kWho = "/v1/peer/who";

net::TlsIdentity identity(uint8_t n) {
  return net::TlsIdentity::from_seed(Secret<ByteArray<32>>(ByteArray<32>{n, 7}));
}
std::string text_of(const Bytes& b) { return {b.begin(), b.end()}; }

// A member with a server that says who asked.
struct Member {
  net::TlsIdentity id;
  Peers peers;
  std::unique_ptr<net::Server> server;

  explicit Member(uint8_t n, const PeerLimits& limits = {}, uint16_t port = 0) : id(identity(n)), peers(id, limits) {
    peers.serve(kWho, [](uint16_t from, net::Request request, net::Reply reply) {
      const std::string text = std::to_string(from) + ":" + text_of(request.body);
      reply({200, Bytes(text.begin(), text.end()), net::kText});
    });
    listen(port);
  }
  void listen(uint16_t port) {
    auto started = net::Server::start({"127.0.0.1", port}, {}, [this](net::Request request, net::Reply reply) {
      peers.handle(std::move(request), std::move(reply));
    }, id);
    CHECK(started.ok());
    server = std::move(started).value();
  }
};

Result<net::Response, Error> ask(Peers& from, uint16_t to, const std::string& target, const std::string& body = "") {
  const auto answer = std::make_shared<std::promise<Result<net::Response, Error>>>();
  auto future = answer->get_future();
  from.send(to, {net::Method::post, target, Bytes(body.begin(), body.end()), ""}, kTimeoutMs,
            [answer](Result<net::Response, Error> r) { answer->set_value(std::move(r)); });
  return future.get();
}

TEST(Peers, know_each_other_by_index) {
  Member a(1), b(2), c(3);
  const std::vector<net::Endpoint> all{a.server->endpoint(), b.server->endpoint(), c.server->endpoint()};
  for (auto* m : {&a, &b, &c}) m->peers.become(all);
  EXPECT_EQ(a.peers.size(), 3u);
  EXPECT_EQ(a.peers.member(c.id.key()), 2);
  EXPECT_EQ(a.peers.member(identity(9).key()), std::nullopt);
  EXPECT_EQ(a.peers.member(std::nullopt), std::nullopt);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(text_of(ask(a.peers, 1, kWho, "x")->body), "0:x");
    EXPECT_EQ(text_of(ask(c.peers, 0, kWho, "y")->body), "2:y");
  }
  EXPECT_EQ(a.server->connections(), 1u);                // kept
  // A new committee with new places.
  const std::vector<net::Endpoint> next{c.server->endpoint(), a.server->endpoint()};
  for (auto* m : {&a, &b, &c}) m->peers.become(next);
  EXPECT_EQ(text_of(ask(c.peers, 1, kWho, "z")->body), "0:z");
}

TEST(Peers, strangers_are_refused) {
  Member a(1), b(2);
  a.peers.become({a.server->endpoint()});
  b.peers.become({a.server->endpoint(), b.server->endpoint()});
  const auto other = ask(b.peers, 0, kWho);              // has a key, but is no member
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(other->status, 403);
  EXPECT_EQ(text_of(other->body), name(PeerReject::not_a_member));
  net::Client wallet;                                    // shows no key
  const auto nobody = wallet.call_and_wait(a.server->endpoint(), {net::Method::get, kWho, {}, ""}, kTimeoutMs);
  ASSERT_TRUE(nobody.ok());
  EXPECT_EQ(nobody->status, 403);
  EXPECT_EQ(text_of(nobody->body), name(PeerReject::not_a_member));
}

TEST(Peers, paths_nobody_serves) {
  Member a(1), b(2);
  for (auto* m : {&a, &b}) m->peers.become({a.server->endpoint(), b.server->endpoint()});
  const auto answer = ask(b.peers, 0, "/v1/peer/other");
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 404);
  EXPECT_EQ(text_of(answer->body), name(PeerReject::unknown_path));
  EXPECT_FALSE(ask(b.peers, 2, kWho).ok());              // no such member
}

TEST(Peers, a_member_with_another_key_is_not_spoken_to) {
  Member a(1), b(2);
  auto wrong = a.server->endpoint();
  wrong.key = identity(9).key();
  b.peers.become({wrong, b.server->endpoint()});
  EXPECT_FALSE(ask(b.peers, 0, kWho).ok());
}

TEST(Peers, a_member_that_is_away_is_left_alone_until_it_is_back) {
  PeerLimits limits;
  limits.backoff_least_ms = limits.backoff_most_ms = 300;
  Member a(1), b(2, limits);
  for (auto* m : {&a, &b}) m->peers.become({a.server->endpoint(), b.server->endpoint()});
  ASSERT_TRUE(ask(b.peers, 0, kWho).ok());
  const uint16_t port = a.server->endpoint().port;
  a.server->stop();
  EXPECT_FALSE(ask(b.peers, 0, kWho).ok());
  const auto alone = ask(b.peers, 0, kWho);
  ASSERT_FALSE(alone.ok());
  EXPECT_NE(alone.error().what.find("left alone"), std::string::npos);
  a.listen(port);
  std::this_thread::sleep_for(std::chrono::milliseconds(limits.backoff_most_ms + 50));
  EXPECT_TRUE(ask(b.peers, 0, kWho).ok());
  EXPECT_TRUE(ask(b.peers, 0, kWho).ok());
}

TEST(Peers, calls_wait_for_a_connection_and_not_too_many_do) {
  PeerLimits limits;
  limits.connections = 1;
  limits.waiting = 1;
  Member a(1), b(2, limits);
  std::mutex mutex;
  std::condition_variable there;
  std::vector<net::Reply> held;
  a.peers.serve("/v1/peer/held", [&](uint16_t, net::Request, net::Reply reply) {
    const std::lock_guard lock(mutex);
    held.push_back(std::move(reply));
    there.notify_all();
  });
  for (auto* m : {&a, &b}) m->peers.become({a.server->endpoint(), b.server->endpoint()});
  std::promise<bool> first, second;
  const auto send = [&](std::promise<bool>& done) {
    b.peers.send(0, {net::Method::get, "/v1/peer/held", {}, ""}, kTimeoutMs,
                 [&done](Result<net::Response, Error> r) { done.set_value(r.ok()); });
  };
  send(first);
  send(second);                                          // waits
  const auto third = ask(b.peers, 0, kWho);
  ASSERT_FALSE(third.ok());
  EXPECT_NE(third.error().what.find("too many"), std::string::npos);
  for (int i = 0; i < 2; ++i) {
    std::unique_lock lock(mutex);
    there.wait(lock, [&] { return !held.empty(); });
    EXPECT_EQ(held.size(), 1u);
    held.back()({200, {}, net::kText});
    held.clear();
  }
  EXPECT_TRUE(first.get_future().get());
  EXPECT_TRUE(second.get_future().get());
  EXPECT_EQ(a.server->connections(), 1u);
}

TEST(Peers, stopping_fails_what_is_under_way_and_what_waits) {
  PeerLimits limits;
  limits.connections = 1;
  Member a(1), b(2, limits);
  a.peers.serve("/v1/peer/never", [](uint16_t, net::Request, net::Reply) {});
  for (auto* m : {&a, &b}) m->peers.become({a.server->endpoint(), b.server->endpoint()});
  std::promise<bool> answers[2];
  for (auto& answer : answers)
    b.peers.send(0, {net::Method::get, "/v1/peer/never", {}, ""}, kTimeoutMs,
                 [&answer](Result<net::Response, Error> r) { answer.set_value(r.ok()); });
  b.peers.stop();
  for (auto& answer : answers) EXPECT_FALSE(answer.get_future().get());
  EXPECT_FALSE(ask(b.peers, 0, kWho).ok());
}

}  // namespace
}  // namespace sotto::node
