// Many strangers at one server: whoever has fewer gets in, members always do, and rubbish costs its source.
#include <gtest/gtest.h>

#include <thread>

#include "net/client.hpp"
#include "net/raw_socket_for_test.hpp"
#include "net/relay.hpp"
#include "net/server.hpp"
#include "net/tls_peer_for_test.hpp"

namespace sotto::net {
namespace {

using testing::RawSocket;
constexpr const char* kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

// Silent connections come to the server at once.
ServerLimits hears_silence() {
  ServerLimits limits;
  limits.silence_s = 0;
  return limits;
}
// Nothing is left to neighbours: debts alone are looked at.
constexpr uint32_t kNone = 0;
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
  ServerLimits limits = hears_silence();
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
  ServerLimits limits = hears_silence();
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
  ServerLimits limits = hears_silence();
  limits.max_connections = 1;
  limits.max_in_flight = 0;
  limits.favoured_connections = 2;
  limits.source = {.connections = 9, .requests_per_s = 1, .burst = 50, .connect_tokens = 1, .remembered = 8, .reserve = kNone, .purse = kNone};
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
  ServerLimits limits = hears_silence();
  limits.source = {.connections = 9, .requests_per_s = 1, .burst = 20, .connect_tokens = 1, .remembered = 8, .reserve = kNone, .purse = kNone};
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

// What is rubbish, each alone: three of it are too many here.
TEST(Fairness, offences) {
  ServerLimits limits = hears_silence();
  limits.request_ms = limits.idle_ms = 50;
  limits.source = {.connections = 9, .requests_per_s = 1, .burst = 250, .connect_tokens = 1, .offence_tokens = 100, .remembered = 64, .reserve = kNone, .purse = kNone};
  uint8_t source = 10;
  const auto offends = [&](const std::string& what, const Response& answer, const std::function<void(uint16_t port, uint8_t source)>& act) {
    SCOPED_TRACE(what);
    auto server = Server::start({"127.0.0.1", 0}, limits, [&](Request, Reply reply) { reply(answer); }).value();
    const uint16_t port = server->endpoint().port;
    ++source;
    const auto heard = [&] {
      RawSocket socket(port, source);
      return socket.send_text(kGet) && socket.read_until_closed(100).starts_with("HTTP/1.1");
    };
    for (int i = 0; i < 3; ++i) act(port, source);
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(1);
    while (heard() && std::chrono::steady_clock::now() < until) {}
    return !heard();
  };
  const auto sends = [](const std::string& text) {
    return [text](uint16_t port, uint8_t from) {
      RawSocket socket(port, from);
      ASSERT_TRUE(socket.send_text(text));
      socket.read_until_closed(500);
    };
  };
  const Response fine{200, {}, kText}, malformed{400, {}, kText}, unknown{404, {}, kText};
  EXPECT_FALSE(offends("nothing", fine, sends(kGet)));
  EXPECT_FALSE(offends("an unknown path", unknown, sends(kGet)));
  EXPECT_TRUE(offends("what the handler cannot read", malformed, sends(kGet)));
  EXPECT_TRUE(offends("a bad proof", Response{409, {}, kText, 0, true}, sends(kGet)));
  EXPECT_TRUE(offends("no HTTP", fine, sends("hello there\r\n\r\n")));
  EXPECT_TRUE(offends("too large", fine, sends("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n")));
  // Silence may be the network's: a quarter of an offence.
  const auto falls_silent = [](const std::string& after) {
    return [after](uint16_t port, uint8_t from) {
      std::vector<std::unique_ptr<RawSocket>> silent;
      for (int i = 0; i < 4; ++i) silent.push_back(std::make_unique<RawSocket>(port, from));
      for (const auto& socket : silent) socket->send_text(after);
      for (const auto& socket : silent) EXPECT_EQ(socket->read_until_closed(2000), "");
    };
  };
  EXPECT_TRUE(offends("a place kept for nothing", fine, falls_silent("")));
  EXPECT_TRUE(offends("half a request", fine, falls_silent("POST / HTTP/1.1\r\nHost: x\r\nContent-Le")));
}

// A recorded hello costs its sender nothing and us a key exchange and a signature: whether it waits or leaves, who sends many is not
// heard any more.
TEST(Fairness, handshakes_that_come_to_nothing_are_offences) {
  ServerLimits limits = hears_silence();
  limits.source = {.connections = 9, .requests_per_s = 1, .burst = 250, .connect_tokens = 1, .offence_tokens = 100, .remembered = 64, .reserve = kNone, .purse = kNone};
  const auto server = serve(limits, identity(1));
  const auto relay = Relay::start({"127.0.0.1", 0}, {.source = limits.source, .silence_s = 0}, {}, identity(2)).value();
  const std::string hello = testing::TlsPeer().hello();
  for (const uint16_t port : {server->endpoint().port, relay->endpoint().port}) {
    const auto heard = [&](uint8_t source) {
      RawSocket socket(port, source);
      return socket.send_text(hello) && socket.read_some(5'000).starts_with("\x16");
    };
    size_t answered = 0;
    while (answered < 50 && heard(2)) ++answered;          // and closes
    EXPECT_GE(answered, 8u);
    EXPECT_LE(answered, 16u);
    EXPECT_TRUE(heard(3));
  }
}

TEST(Fairness, silence_stays_with_the_kernel_and_is_an_offence) {
  ServerLimits limits;
  limits.silence_s = 3;
  limits.source = {.connections = 9, .requests_per_s = 1, .burst = 250, .connect_tokens = 1, .offence_tokens = 100, .remembered = 64, .reserve = kNone, .purse = kNone};
  const auto server = serve(limits);
  const uint16_t port = server->endpoint().port;
  std::vector<std::unique_ptr<RawSocket>> silent;
  for (int i = 0; i < 8; ++i) silent.push_back(std::make_unique<RawSocket>(port, 2));
  RawSocket late(port, 3);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_EQ(server->connections(), 0u);
  EXPECT_TRUE(answers(late));
  for (const auto& socket : silent) EXPECT_EQ(socket->read_until_closed(5000), "");
  const auto heard = [&](uint8_t source) {
    RawSocket again(port, source);
    return again.send_text(kGet) && again.read_until_closed(500).starts_with("HTTP/1.1 200");
  };
  EXPECT_TRUE(heard(2));                                   // eight quarters: 200 of 250 tokens, and eight connections
  silent.clear();
  for (int i = 0; i < 2; ++i) silent.push_back(std::make_unique<RawSocket>(port, 2));
  for (const auto& socket : silent) EXPECT_EQ(socket->read_until_closed(5000), "");
  EXPECT_FALSE(heard(2));
  EXPECT_TRUE(heard(3));
}

TEST(Fairness, with_half_the_places_taken_handshakes_hurry) {
  ServerLimits limits = hears_silence();
  limits.max_connections = 4;
  limits.request_ms = 5'000;
  const auto server = serve(limits, identity(1));
  const uint16_t port = server->endpoint().port;
  RawSocket first(port, 2);
  until([&] { return server->connections() == 1; });
  RawSocket second(port, 3);
  EXPECT_EQ(second.read_until_closed(4'000), "");          // a fifth of the time; who came before has all of it
  EXPECT_EQ(first.read_until_closed(100), "<open>");
}

TEST(Fairness, who_has_a_place_pays_for_wanting_more_when_there_are_few) {
  const auto refused_then_heard = [](size_t places) {
    ServerLimits limits = hears_silence();
    limits.max_connections = places;
    limits.source = {.connections = 1, .requests_per_s = 1, .burst = 100, .connect_tokens = 10, .remembered = 8, .reserve = kNone, .purse = kNone};
    const auto server = serve(limits);
    const uint16_t port = server->endpoint().port;
    auto first = std::make_unique<RawSocket>(port, 2);
    EXPECT_TRUE(answers(*first));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(RawSocket(port, 2).read_until_closed(3000), "");     // one is a source's limit
    first.reset();
    until([&] { return server->connections() == 0; });
    RawSocket again(port, 2);
    return answers(again);
  };
  EXPECT_TRUE(refused_then_heard(9));
  EXPECT_FALSE(refused_then_heard(2));                     // 10 + 1 + 3 * 40 of 100 tokens
}

TEST(Fairness, who_insists_is_not_answered_any_more) {
  ServerLimits limits = hears_silence();
  limits.source = {.connections = 9, .requests_per_s = 1, .burst = 20, .connect_tokens = 1, .remembered = 8, .reserve = kNone, .purse = kNone};
  const auto server = serve(limits, std::nullopt, 25);     // six seconds' debt
  const uint16_t port = server->endpoint().port;
  RawSocket rude(port, 2);
  ASSERT_TRUE(answers(rude));
  const auto is_answered = [&](uint8_t source) { return RawSocket(port, source, 300).connected(); };
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(4);
  while (is_answered(2) && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(is_answered(2));
  EXPECT_TRUE(is_answered(3));
  RawSocket patient(port, 2, 20'000);                      // the kernel's own retries, once the debt is paid
  EXPECT_TRUE(patient.connected());
}

// Behind one address: one pays, one sends rubbish until the address is in debt.
TEST(Fairness, who_pays_over_a_kept_connection_is_heard_beside_a_neighbour_in_debt) {
  ServerLimits limits = hears_silence();
  limits.source = {.connections = 9, .requests_per_s = 1, .burst = 100, .connect_tokens = 1, .offence_tokens = 1'000, .remembered = 8,
                   .reserve = 1, .reserve_refill_ms = 3'600'000, .purse = 2, .purse_per_s = 1'000};
  auto server = Server::start({"127.0.0.1", 0}, limits, [](Request request, Reply reply) {
    Response response{200, {}, kText};
    response.payment_held = request.target == "/pay";
    response.rubbish = request.target == "/rubbish";
    reply(std::move(response));
  }).value();
  const uint16_t port = server->endpoint().port;
  const auto says = [](RawSocket& socket, const std::string& path) {
    return socket.send_text("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n") ? socket.read_some(5'000).substr(0, 12) : "";
  };
  RawSocket pays(port), looks(port), rude(port);
  EXPECT_EQ(says(pays, "/pay"), "HTTP/1.1 200");
  EXPECT_EQ(says(looks, "/"), "HTTP/1.1 200");
  EXPECT_EQ(says(rude, "/rubbish"), "HTTP/1.1 200");
  EXPECT_EQ(says(rude, "/"), "HTTP/1.1 429");
  for (int i = 0; i < 2; ++i) EXPECT_EQ(says(looks, "/"), "HTTP/1.1 200");
  EXPECT_EQ(says(looks, "/"), "HTTP/1.1 429");             // its purse is empty
  for (int i = 0; i < 20; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    EXPECT_EQ(says(pays, "/"), "HTTP/1.1 200");
  }
  RawSocket newcomer(port);                                // the reserve
  EXPECT_EQ(says(newcomer, "/pay"), "HTTP/1.1 200");
  RawSocket another(port);
  EXPECT_EQ(says(another, "/pay"), "");
  EXPECT_EQ(says(pays, "/rubbish"), "HTTP/1.1 200");       // what was earned is lost
  EXPECT_EQ(says(pays, "/"), "HTTP/1.1 429");
}

}  // namespace
}  // namespace sotto::net
