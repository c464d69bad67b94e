#include "net/listen.hpp"

#include <boost/asio/socket_base.hpp>

namespace sotto::net {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using boost::system::error_code;

Result<uint16_t, Error> listen_on(tcp::acceptor& acceptor, const Endpoint& where) {
  error_code e;
  const auto address = asio::ip::make_address(where.address, e);
  const tcp::endpoint at(address, where.port);
  if (!e) acceptor.open(at.protocol(), e);
  if (!e) acceptor.set_option(tcp::acceptor::reuse_address(true), e);
  if (!e) acceptor.bind(at, e);
  if (!e) acceptor.listen(asio::socket_base::max_listen_connections, e);
  if (e) return Failure{Error{"cannot listen on " + to_string(where) + ": " + e.message()}};
  return acceptor.local_endpoint().port();
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
