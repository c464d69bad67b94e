#include "net/gate.hpp"

#include <gtest/gtest.h>
#include <sched.h>

#include <cstdlib>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>

#include "net/listen.hpp"
#include "net/raw_socket_for_test.hpp"

namespace sotto::net {
namespace {

using testing::RawSocket;
using tcp = boost::asio::ip::tcp;

uint64_t loopback(uint8_t last) { return (INADDR_LOOPBACK & ~0xffU) | last; }

struct Listening {
  boost::asio::io_context io;
  tcp::acceptor acceptor{io};
  uint16_t port;
  explicit Listening(const std::string& address) : port(listen_on(acceptor, {address, 0}, 0).value()) {}
  bool turn_away(const std::vector<uint64_t>& sources) { return net::turn_away(acceptor.native_handle(), sources); }
};

TEST(Gate, drops_whom_it_is_told_and_nobody_else) {
  Listening server("127.0.0.1");
  const auto comes_in = [&](uint8_t source) { return RawSocket(server.port, source, 200).connected(); };
  EXPECT_TRUE(server.turn_away({}));                       // nothing to take off: fine too
  EXPECT_TRUE(comes_in(2));
  ASSERT_TRUE(server.turn_away({loopback(2), loopback(4)}));
  EXPECT_FALSE(comes_in(2));
  EXPECT_TRUE(comes_in(3));
  EXPECT_FALSE(comes_in(4));
  ASSERT_TRUE(server.turn_away({loopback(3)}));
  EXPECT_TRUE(comes_in(2));
  EXPECT_FALSE(comes_in(3));
  ASSERT_TRUE(server.turn_away({}));
  EXPECT_TRUE(comes_in(3));
}

TEST(Gate, an_open_connection_goes_on) {
  Listening server("127.0.0.1");
  RawSocket here(server.port, 2);
  ASSERT_TRUE(here.connected());
  ASSERT_TRUE(server.turn_away({loopback(2)}));
  auto accepted = server.acceptor.accept();
  ASSERT_TRUE(here.send_text("still here"));
  char text[10];
  EXPECT_EQ(boost::asio::read(accepted, boost::asio::buffer(text)), sizeof text);
}

TEST(Gate, is_as_long_as_it_may_be) {
  Listening server("127.0.0.1");
  std::vector<uint64_t> many;
  for (uint64_t i = 0; i < kMostTurnedAway + 10; ++i) many.push_back((uint64_t{0x0a000000} + i) << (i % 2 ? 32 : 0));
  many[kMostTurnedAway - 2] = loopback(2);
  many[kMostTurnedAway] = loopback(3);
  ASSERT_TRUE(server.turn_away(many));
  EXPECT_FALSE(RawSocket(server.port, 2, 200).connected());
  EXPECT_TRUE(RawSocket(server.port, 3, 200).connected());
}

// In a network of its own, where a /64 and another are this machine's.
TEST(Gate, an_ipv6_source_is_its_64_bits) {
  bool allowed = false;
  std::vector<bool> came;
  std::thread([&] {
    allowed = unshare(CLONE_NEWNET) == 0 &&
              std::system("ip link set lo up && for a in 1:2::1 1:2::2 1:3::1; do ip -6 address add fd00:5:$a/128 dev lo nodad; done") == 0;
    if (!allowed) return;
    Listening server("::");
    if (!server.turn_away({0x0a000001, 0xfd00'0005'0001'0002, 0xfd00'0005'0001'0009})) return;
    const auto comes_in = [&](const std::string& from) {
      boost::asio::io_context io;
      tcp::socket socket(io, tcp::endpoint(boost::asio::ip::make_address(from), 0));
      const timeval patience{0, 200'000};
      setsockopt(socket.native_handle(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
      const tcp::endpoint to(boost::asio::ip::make_address("fd00:5:1:3::1"), server.port);
      return ::connect(socket.native_handle(), to.data(), static_cast<socklen_t>(to.size())) == 0;
    };
    for (const auto* from : {"fd00:5:1:2::1", "fd00:5:1:2::2", "fd00:5:1:3::1"}) came.push_back(comes_in(from));
    came.push_back(RawSocket(server.port, 2, 200).connected());      // IPv4 on the same socket
    came.push_back(server.turn_away(std::vector<uint64_t>{loopback(2)}) && RawSocket(server.port, 2, 200).connected());
  }).join();
  if (!allowed) GTEST_SKIP() << "no privilege for a network namespace, or no iproute2";
  EXPECT_EQ(came, (std::vector<bool>{false, false, true, true, false}));
}

}  // namespace
}  // namespace sotto::net
