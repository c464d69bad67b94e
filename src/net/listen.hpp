// Inside of server and relay: a listening socket, and whose a connection is.
#pragma once
#include <boost/asio/ip/tcp.hpp>

#include "base/result.hpp"
#include "net/http.hpp"

namespace sotto::net {

// The port it got.
Result<uint16_t, Error> listen_on(boost::asio::ip::tcp::acceptor& acceptor, const Endpoint& where);
// Connections are free to whoever has an address, and so are addresses within an IPv6 /64: limits count these.
uint64_t source_of(const boost::asio::ip::tcp::socket& socket);

}  // namespace sotto::net
