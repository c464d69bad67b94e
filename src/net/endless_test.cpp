// Every part of a message without end, to server, client and relay: each is refused by name, and nobody's memory grows with it.
#include <gtest/gtest.h>
#include <malloc.h>

#include <thread>

#include "net/client.hpp"
#include "net/relay.hpp"
#include "net/server.hpp"
#include "net/tls_peer_for_test.hpp"

namespace sotto::net {
namespace {

using testing::RawSocket;
using testing::TlsPeer;

constexpr size_t kEndless = 32 << 20;          // for which somebody who kept it all would need as much memory
constexpr size_t kBounded = 2 << 20;

// Of this process, so of both sides; 0 under a sanitizer.
size_t heap() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

std::string repeated(const std::string& unit) {
  std::string out;
  while (out.size() < 64 * 1024) out += unit;
  return out;
}

// Says the beginning, then the unit until the other side has had enough. Returns by how much memory had grown meanwhile, at most.
size_t pour(const std::string& beginning, const std::string& unit, const std::function<bool(const std::string&)>& say) {
  const std::string more = repeated(unit);
  const size_t before = heap();
  size_t most = before;
  if (!say(beginning)) return 0;
  for (size_t said = 0; said < kEndless && say(more); said += more.size()) most = std::max(most, heap());
  return most - before;
}

struct Case {
  std::string refusal, beginning, unit;
};

std::unique_ptr<Server> serve(const std::optional<TlsIdentity>& identity = std::nullopt) {
  ServerLimits limits;
  limits.response_ms = 3'000;
  limits.source.forgiven = 1'000;
  return Server::start({"127.0.0.1", 0}, limits, [](Request, Reply reply) { reply({200, {}, kText}); }, identity).value();
}
TlsIdentity identity(uint8_t n) { return TlsIdentity::from_seed(Secret<ByteArray<32>>(ByteArray<32>{n, 5})); }

const std::string kPost = "POST / HTTP/1.1\r\nHost: x\r\n", kChunked = kPost + "Transfer-Encoding: chunked\r\n\r\n";

TEST(Endless, requests) {
  const Case cases[] = {
      {"431 header_too_large", "", "G"},
      {"431 header_too_large", "GET /", "a"},
      {"431 header_too_large", "GET / HTTP/1.1\r\n", "a"},
      {"431 header_too_large", "GET / HTTP/1.1\r\nX: ", "a"},
      {"431 header_too_large", "GET / HTTP/1.1\r\n", "X: y\r\n"},
      {"400 malformed", "", "\r\n"},
      {"501 transfer_encoding", kChunked, "1"},                        // a chunk's size
      {"501 transfer_encoding", kChunked + "1;", "a"},                 // its extension
      {"501 transfer_encoding", kChunked, "1;a\r\nx\r\n"},             // extensions of many
      {"501 transfer_encoding", kChunked + "7fffffff\r\n", "x"},       // its data
      {"501 transfer_encoding", kChunked + "0\r\n", "X: y\r\n"},       // trailers
      {"501 transfer_encoding", kChunked + "0\r\nX: ", "y"},           // a trailer
      {"413 body_too_large", kPost + "Content-Length: 9999999999\r\n\r\n", "x"},
      {"431 header_too_large", kPost + "Content-Length: 10\r\n\r\n", "x"},         // more than was announced
  };
  for (const auto& [refusal, beginning, unit] : cases) {
    SCOPED_TRACE(beginning.substr(0, 99) + unit);
    const auto server = serve();
    RawSocket socket(server->endpoint().port);
    EXPECT_LT(pour(beginning, unit, [&](const std::string& text) { return socket.send_text(text); }), kBounded);
    const std::string answer = socket.read_until_closed(5'000);
    const size_t last = answer.rfind("HTTP/1.1 ");
    ASSERT_NE(last, answer.npos) << answer;
    EXPECT_EQ(answer.substr(last + 9, 3) + " " + answer.substr(answer.rfind("\r\n\r\n") + 4), refusal);
  }
}

TEST(Endless, requests_in_a_row_whose_answers_nobody_takes) {
  const auto server = serve();
  RawSocket socket(server->endpoint().port);
  EXPECT_LT(pour("", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", [&](const std::string& text) { return socket.send_text(text); }), kBounded);
  EXPECT_TRUE(socket.read_until_closed(5'000).starts_with("HTTP/1.1 200"));
}

TEST(Endless, tls) {
  const auto server = serve(identity(1));
  const std::string handshake("\x16\x03\x01\x40\x00", 5);
  const Case cases[] = {
      {"", handshake + std::string("\x01\xff\xff\xff", 4) + std::string(0x4000 - 4, 'a'), handshake + std::string(0x4000, 'a')},
      {"", handshake + std::string("\x01\x01\xff\x00", 4) + std::string(0x4000 - 4, 'a'), handshake + std::string(0x4000, 'a')},
      {"", "", std::string("\x14\x03\x03\x00\x01\x01", 6)},            // ChangeCipherSpec, which TLS 1.3 ignores, once
      {"", "", std::string("\x16\x03\x03\x00\x00", 5)},                // empty records
      {"", std::string("\x16\x03\x01\xff\xff", 5), "a"},               // one of more than 16 KiB
      {"", std::string("\x17\x03\x03\x40\x00", 5), "a"},               // data before there are keys
  };
  for (const auto& [refusal, beginning, unit] : cases) {
    SCOPED_TRACE(static_cast<int>(&unit - &cases[0].unit));
    RawSocket socket(server->endpoint().port);
    EXPECT_LT(pour(beginning, unit, [&](const std::string& text) { return socket.send_text(text); }), kBounded);
    EXPECT_EQ(socket.read_until_closed(5'000).find("<open>"), std::string::npos);
  }
}

TEST(Endless, relays) {
  const auto relay = Relay::start({"127.0.0.1", 0}, {}, {}, identity(1)).value();
  const Case cases[] = {
      {"", "CONNECT ", "a"},
      {"", "CONNECT x:1 HTTP/1.1\r\nHost: ", "a"},
      {"", "CONNECT x:1 HTTP/1.1\r\n", "X: y\r\n"},
      {"", "CONNECT x:1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", "1;"},
      {"", "CONNECT x:1 HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n", "x"},
  };
  for (const auto& [refusal, beginning, unit] : cases) {
    SCOPED_TRACE(beginning + unit);
    RawSocket socket(relay->endpoint().port);
    TlsPeer peer;
    ASSERT_TRUE(peer.connect(socket));
    ASSERT_TRUE(peer.send(beginning));
    if (unit.size() == 1 && beginning == "CONNECT ") peer.send(std::string(1'500, 'a'));
    EXPECT_LT(pour(unit, unit, [&](const std::string& text) { return peer.send(text); }), kBounded);
    const std::string answer = peer.receive();
    if (!answer.empty()) {                     // a reset may have taken it
      EXPECT_TRUE(answer.starts_with("HTTP/1.1 400")) << answer;
    }
    for (int i = 0; i < 500 && relay->tunnels() > 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_EQ(relay->tunnels(), 0u);
  }
}

// Takes connections and answers each with the same, without end.
class Liar {
 public:
  Liar(std::string beginning, std::string unit) : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    CHECK(bind(listener_, reinterpret_cast<sockaddr*>(&at), size) == 0 && listen(listener_, 1) == 0);
    CHECK(getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size) == 0);
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this, beginning = std::move(beginning), unit = std::move(unit)] {
      const int peer = accept(listener_, nullptr, nullptr);
      char request[4096];
      if (recv(peer, request, sizeof request, 0) > 0)
        grown_ = pour(beginning, unit, [&](const std::string& text) {
          return ::send(peer, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
        });
      close(peer);
    });
  }
  ~Liar() {
    if (thread_.joinable()) thread_.join();
    close(listener_);
  }
  uint16_t port() const { return port_; }
  size_t grown() {
    thread_.join();
    return grown_;
  }

 private:
  const int listener_;
  uint16_t port_ = 0;
  size_t grown_ = 0;
  std::thread thread_;
};

TEST(Endless, responses) {
  const std::string ok = "HTTP/1.1 200 OK\r\n", chunked = ok + "Transfer-Encoding: chunked\r\n\r\n";
  const Case cases[] = {
      {"header_too_large", "", "H"},
      {"header_too_large", "HTTP/1.1 200 ", "a"},
      {"header_too_large", ok + "X: ", "a"},
      {"header_too_large", ok, "X: y\r\n"},
      {"malformed", "", "\r\n"},
      {"interim", "", "HTTP/1.1 100 Continue\r\n\r\n"},
      {"interim", "", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"},
      {"transfer_encoding", chunked, "1"},
      {"transfer_encoding", chunked + "1;", "a"},
      {"transfer_encoding", chunked, "1;a\r\nx\r\n"},
      {"transfer_encoding", chunked + "0\r\n", "X: y\r\n"},
      {"bad_length", ok + "\r\n", "x"},                                // until the connection ends
      {"bad_length", ok + "Content-Length: 4\r\nContent-Length: 4\r\n\r\n", "x"},
      {"bad_length", ok + "Content-Length: +4\r\n\r\n", "x"},
      {"body_too_large", ok + "Content-Length: 9999999999\r\n\r\n", "x"},
      {"unsupported_version", "HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\n", "x"},
      {"malformed", "HTTP/1.1 2000 OK\r\n\r\n", "x"},
      {"malformed", "HTTP/1.1 200 OK\r\n Content-Length: 4\r\n\r\n", "x"},
  };
  for (const auto& [refusal, beginning, unit] : cases) {
    SCOPED_TRACE(beginning + unit);
    Liar liar(beginning, unit);
    Client client;
    const auto answer = client.call_and_wait({"127.0.0.1", liar.port()}, {}, 10'000);
    ASSERT_FALSE(answer.ok());
    EXPECT_TRUE(answer.error().what.ends_with(": " + refusal)) << answer.error().what;
    EXPECT_LT(liar.grown(), kBounded);
  }
}

TEST(Endless, an_answer_that_says_more_is_taken_once) {
  Liar liar("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlies");
  Client client;
  const auto answer = client.call_and_wait({"127.0.0.1", liar.port()}, {}, 10'000);
  ASSERT_TRUE(answer.ok()) << answer.error().what;
  EXPECT_EQ(answer->body, (Bytes{'a', 'b', 'c', 'd'}));
  EXPECT_LT(liar.grown(), kBounded);           // and the connection is over, for else it would still pour
}

// A call may say how much it expects.
TEST(Endless, a_calls_own_limit) {
  Liar liar("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n", "x");
  Client client;
  Request request;
  request.max_response_bytes = 10;
  const auto answer = client.call_and_wait({"127.0.0.1", liar.port()}, std::move(request), 10'000);
  ASSERT_FALSE(answer.ok());
  EXPECT_TRUE(answer.error().what.ends_with(": body_too_large")) << answer.error().what;
}

}  // namespace
}  // namespace sotto::net
