#include "net/listen.hpp"

#include <netinet/tcp.h>

#include <boost/asio/socket_base.hpp>

namespace sotto::net {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using boost::system::error_code;

Result<uint16_t, Error> listen_on(tcp::acceptor& acceptor, const Endpoint& where, uint32_t silence_s) {
  error_code e;
  const auto address = asio::ip::make_address(where.address, e);
  const tcp::endpoint at(address, where.port);
  if (!e) acceptor.open(at.protocol(), e);
  if (!e) acceptor.set_option(tcp::acceptor::reuse_address(true), e);
  const int silence = static_cast<int>(silence_s);
  if (!e && setsockopt(acceptor.native_handle(), IPPROTO_TCP, TCP_DEFER_ACCEPT, &silence, sizeof silence) != 0)
    e = {errno, boost::system::system_category()};
  if (!e) acceptor.bind(at, e);
  if (!e) acceptor.listen(asio::socket_base::max_listen_connections, e);
  if (e) return Failure{Error{"cannot listen on " + to_string(where) + ": " + e.message()}};
  return acceptor.local_endpoint().port();
}

bool came_silent(tcp::socket& socket) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (getsockopt(socket.native_handle(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0 || info.tcpi_total_retrans == 0) return false;
  error_code e;
  return socket.available(e) == 0 && !e;
}

uint64_t source_of(const tcp::socket& socket) {
  error_code e;
  const auto peer = socket.remote_endpoint(e);
  if (e) return 0;
  const auto address = peer.address();
  if (address.is_v4()) return address.to_v4().to_uint();
  const auto v6 = address.to_v6();
  if (v6.is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, v6).to_uint();
  uint64_t prefix = 0;
  for (size_t i = 0; i < 8; ++i) prefix = prefix << 8 | v6.to_bytes()[i];
  return prefix;
}

}  // namespace sotto::net
