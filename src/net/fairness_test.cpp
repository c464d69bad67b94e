// Many strangers at one server: whoever has fewer gets in, members always do, and rubbish costs its source.
#include <gtest/gtest.h>

#include <thread>

#include "net/client.hpp"
#include "net/raw_socket_for_test.hpp"
#include "net/server.hpp"

namespace sotto::net {
namespace {

using testing::RawSocket;
constexpr const char* kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

std::unique_ptr<Server> serve(const ServerLimits& limits, const std::optional<TlsIdentity>& identity = std::nullopt, uint32_t charge = 0) {
  auto server = Server::start({"127.0.0.1", 0}, limits,
                              [charge](Request, Reply reply) { reply({200, {}, kText, charge}); }, identity);
  CHECK(server.ok());
  return std::move(server).value();
}
TlsIdentity identity(uint8_t n) { return TlsIdentity::from_seed(Secret<ByteArray<32>>(ByteArray<32>{n, 3})); }
void until(const std::function<bool()>& holds) {
  while (!holds()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}
bool answers(RawSocket& socket) { return socket.send_text(kGet) && socket.read_until_closed(500).starts_with("HTTP/1.1 200"); }

TEST(Fairness, a_full_server_takes_from_whoever_has_most) {
  ServerLimits limits;
  limits.max_connections = 4;
  const auto server = serve(limits);
  const uint16_t port = server->endpoint().port;
  std::vector<std::unique_ptr<RawSocket>> greedy;
  for (int i = 0; i < 4; ++i) greedy.push_back(std::make_unique<RawSocket>(port, 2));
  until([&] { return server->connections() == 4; });
  RawSocket honest(port, 3);
  EXPECT_TRUE(answers(honest));
  EXPECT_EQ(greedy.front()->read_until_closed(3000), "");  // its oldest went
  EXPECT_EQ(server->connections(), 4u);
  // The greedy one has 3, the honest one 1: more of the greedy one's do not push anybody out.
  RawSocket more(port, 2);
  EXPECT_EQ(more.read_until_closed(3000), "");
  EXPECT_TRUE(answers(honest));
  // 3, 1 and a newcomer; then 2, 1, 1 and another; then all equal: full.
  RawSocket third(port, 4), fourth(port, 5);
  EXPECT_TRUE(answers(third));
  EXPECT_TRUE(answers(fourth));
  RawSocket fifth(port, 6);
  EXPECT_EQ(fifth.read_until_closed(3000), "");
}

TEST(Fairness, a_connection_whose_request_is_answered_goes_last) {
  ServerLimits limits;
  limits.max_connections = 2;
  std::atomic<bool> asked = false;
  Reply held;
  auto server = Server::start({"127.0.0.1", 0}, limits, [&](Request, Reply reply) {
    held = std::move(reply);
    asked = true;
  }).value();
  RawSocket busy(server->endpoint().port, 2);
  ASSERT_TRUE(busy.send_text(kGet));
  until([&] { return asked.load(); });
  RawSocket idle(server->endpoint().port, 2);
  until([&] { return server->connections() == 2; });
  RawSocket newcomer(server->endpoint().port, 3);
  EXPECT_EQ(idle.read_until_closed(3000), "");
  held({200, {}, kText});
  EXPECT_TRUE(busy.read_until_closed(500).starts_with("HTTP/1.1 200"));
}

TEST(Fairness, favoured_keys_are_not_strangers) {
  ServerLimits limits;
  limits.max_connections = 1;
  limits.max_in_flight = 0;
  limits.favoured_connections = 2;
  limits.source = {.connections = 9, .requests_per_s = 1, .burst = 50, .connect_tokens = 1, .remembered = 8};
  limits.favoured = [](const TlsKey& key) { return key == identity(2).key(); };
  const auto server = serve(limits, identity(1));
  const auto call = [&](Client& client) { return client.call_and_wait(server->endpoint(), {Method::get, "/", {}, ""}, 5000); };
  Client member({}, identity(2)), again({}, identity(2)), third({}, identity(2)), other({}, identity(3));
  for (int i = 0; i < 100; ++i) ASSERT_EQ(call(member)->status, 200);     // more than a source may, and none in flight
  ASSERT_EQ(call(again)->status, 200);                      // one connection is a stranger's limit
  EXPECT_FALSE(call(third).ok());                           // its own limit
  const auto stranger = call(other);
  ASSERT_TRUE(stranger.ok());
  EXPECT_EQ(stranger->status, 503);
}

TEST(Fairness, rubbish_is_charged_for) {
  ServerLimits limits;
  limits.source = {.connections = 9, .requests_per_s = 1, .burst = 20, .connect_tokens = 1, .remembered = 8};
  const auto server = serve(limits, std::nullopt, 100);
  RawSocket socket(server->endpoint().port, 2);
  ASSERT_TRUE(answers(socket));
  ASSERT_TRUE(socket.send_text(kGet));
  EXPECT_TRUE(socket.read_until_closed(3000).starts_with("HTTP/1.1 429"));
  RawSocket back(server->endpoint().port, 2);
  EXPECT_EQ(back.read_until_closed(3000), "");
  RawSocket other(server->endpoint().port, 3);
  EXPECT_TRUE(answers(other));
}

}  // namespace
}  // namespace sotto::net
