// Relays: what they carry, what they refuse, and what a client believes of them.
#include "net/relay.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "net/client.hpp"
#include "net/raw_socket_for_test.hpp"
#include "net/server.hpp"

namespace sotto::net {
namespace {

using testing::RawSocket;
constexpr uint32_t kTimeoutMs = 10'000;

TlsIdentity identity(uint8_t n) { return TlsIdentity::from_seed(Secret<ByteArray<32>>(ByteArray<32>{n, 9})); }

// Says back what it was sent, and remembers from which port that came.
struct Validator {
  std::unique_ptr<Server> server;
  explicit Validator(uint8_t n) {
    ServerLimits limits;
    limits.max_body_bytes = 4 * 1024 * 1024;
    server = Server::start({"127.0.0.1", 0}, limits, [](Request request, Reply reply) { reply({200, std::move(request.body), kBinary}); }, identity(n)).value();
  }
  const Endpoint& at() const { return server->endpoint(); }
};
std::unique_ptr<Relay> relay(uint8_t n, std::vector<Endpoint> targets, const RelayLimits& limits = {}) {
  return Relay::start({"127.0.0.1", 0}, limits, std::move(targets), identity(n)).value();
}
Result<Response, Error> call(Client& client, const Endpoint& to, const Bytes& body = {1, 2, 3}) {
  return client.call_and_wait(to, {Method::post, "/", body, ""}, kTimeoutMs);
}
bool says(const Result<Response, Error>& result, const std::string& what) {
  return !result.ok() && result.error().what.find(what) != std::string::npos;
}

TEST(Relay, one_and_two_and_three_carry_requests_of_any_size) {
  const Validator a(1), b(2);
  const auto last = relay(3, {a.at(), b.at()});
  const auto middle = relay(4, {last->endpoint()});
  const auto first = relay(5, {middle->endpoint(), last->endpoint()});
  const Bytes large(3'000'000, 7);
  for (const std::vector<Endpoint>& via : {std::vector{last->endpoint()}, {first->endpoint(), last->endpoint()},
                                           {first->endpoint(), middle->endpoint(), last->endpoint()}}) {
    Client client({}, std::nullopt, via);
    for (const auto* validator : {&a, &b, &a}) {
      const auto answer = call(client, validator->at());
      ASSERT_TRUE(answer.ok()) << answer.error().what;
      EXPECT_EQ(answer->body, (Bytes{1, 2, 3}));
    }
    const auto answer = call(client, a.at(), large);
    ASSERT_TRUE(answer.ok()) << answer.error().what;
    EXPECT_EQ(answer->body, large);
    EXPECT_EQ(last->tunnels(), 2u);                        // kept, one a validator
  }
}

TEST(Relay, reaches_its_targets_only) {
  const Validator a(1), b(2);
  const auto exit = relay(3, {a.at()});
  Client client({}, std::nullopt, {exit->endpoint()});
  EXPECT_TRUE(call(client, a.at()).ok());
  EXPECT_TRUE(says(call(client, b.at()), "refused, 403"));
  const auto nowhere = relay(4, {{"127.0.0.1", 9, a.at().key}});
  Client lost({}, std::nullopt, {nowhere->endpoint()});
  EXPECT_TRUE(says(call(lost, {"127.0.0.1", 9, a.at().key}), "refused, 502"));
}

TEST(Relay, another_key_anywhere_on_the_way_is_not_believed) {
  const Validator a(1);
  const auto exit = relay(3, {a.at()});
  auto wrong_relay = exit->endpoint();
  wrong_relay.key = identity(9).key();
  Client first({}, std::nullopt, {wrong_relay});
  EXPECT_TRUE(says(call(first, a.at()), "another key"));
  auto wrong_validator = a.at();
  wrong_validator.key = identity(9).key();
  Client second({}, std::nullopt, {exit->endpoint()});
  EXPECT_TRUE(says(call(second, wrong_validator), "another key"));
  auto without = a.at();
  without.key = std::nullopt;                              // nothing goes through a relay in the clear
  EXPECT_TRUE(says(call(second, without), "TLS only"));
}

TEST(Relay, speaks_nothing_but_connect_over_tls) {
  const Validator a(1);
  const auto exit = relay(3, {a.at()});
  Client direct;                                           // takes it for a validator
  const auto answer = direct.call_and_wait(exit->endpoint(), {Method::get, "/v1/network", {}, ""}, kTimeoutMs);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 400);
  EXPECT_EQ(std::string(answer->body.begin(), answer->body.end()), name(RelayReject::malformed));
  RawSocket plain(exit->endpoint().port);
  ASSERT_TRUE(plain.send_text("CONNECT " + to_string(a.at()) + " HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_EQ(plain.read_until_closed(3000).find("200"), std::string::npos);
}

TEST(Relay, limits) {
  const Validator a(1);
  RelayLimits few;
  few.tunnels = 1;
  const auto full = relay(3, {a.at()}, few);
  Client first({}, std::nullopt, {full->endpoint()}), second({}, std::nullopt, {full->endpoint()});
  EXPECT_TRUE(call(first, a.at()).ok());
  EXPECT_FALSE(call(second, a.at()).ok());

  RelayLimits one_source;
  one_source.source.connections = 1;
  const auto narrow = relay(3, {a.at()}, one_source);
  Client third({}, std::nullopt, {narrow->endpoint()}), fourth({}, std::nullopt, {narrow->endpoint()});
  EXPECT_TRUE(call(third, a.at()).ok());
  EXPECT_FALSE(call(fourth, a.at()).ok());

  RelayLimits little;
  little.bytes = 100'000;
  const auto short_lived = relay(3, {a.at()}, little);
  Client fifth({}, std::nullopt, {short_lived->endpoint()});
  EXPECT_TRUE(call(fifth, a.at()).ok());
  EXPECT_FALSE(call(fifth, a.at(), Bytes(200'000, 1)).ok());

  RelayLimits hasty;
  hasty.silence_s = 0;
  hasty.open_ms = hasty.idle_ms = 200;
  const auto impatient = relay(3, {a.at()}, hasty);
  RawSocket silent(impatient->endpoint().port);
  EXPECT_EQ(silent.read_until_closed(3000), "");
  Client idle({}, std::nullopt, {impatient->endpoint()});
  EXPECT_TRUE(call(idle, a.at()).ok());
  for (int i = 0; i < 300 && impatient->tunnels() > 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(impatient->tunnels(), 0u);
  EXPECT_TRUE(call(idle, a.at()).ok());                    // a fresh tunnel instead of the kept one
}

TEST(Relay, stops_with_tunnels_open) {
  const Validator a(1);
  const auto exit = relay(3, {a.at()});
  Client client({}, std::nullopt, {exit->endpoint()});
  ASSERT_TRUE(call(client, a.at()).ok());
  exit->stop();
  EXPECT_FALSE(call(client, a.at()).ok());
  EXPECT_FALSE(Relay::start({"192.0.2.1", 1}, {}, {}, identity(3)).ok());
}

}  // namespace
}  // namespace sotto::net
