// Inside of server and relay: a listening socket, and whose a connection is.
#pragma once
#include <boost/asio/ip/tcp.hpp>

#include "base/result.hpp"
#include "net/http.hpp"

namespace sotto::net {

// The port it got. Our clients speak first: a connection on which nothing has been said yet stays with the kernel, for which it is a few
// hundred bytes, for `silence_s` (tcp(7), TCP_DEFER_ACCEPT; the kernel counts in repeated SYN-ACKs: 1, 3, 7, 15 s); 0: comes at once.
Result<uint16_t, Error> listen_on(boost::asio::ip::tcp::acceptor& acceptor, const Endpoint& where, uint32_t silence_s);
// Whether that time passed without a word: the kernel has asked once more (a SYN-ACK repeated), and nothing is there to read.
bool came_silent(boost::asio::ip::tcp::socket& socket);
// Connections are free to whoever has an address, and so are addresses within an IPv6 /64: limits count these.
uint64_t source_of(const boost::asio::ip::tcp::socket& socket);

}  // namespace sotto::net
