// Inside of client and server: a message on its way out.
#pragma once
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include "base/bytes.hpp"

namespace sotto::net {

inline constexpr size_t kSmallBytes = 16 * 1024;         // of TLS's records

// A small body goes with its head, in one piece.
inline void join_small(std::string& head, Bytes& body) {
  if (body.size() > kSmallBytes) return;
  head.append(body.begin(), body.end());
  body.clear();
}

// done(error). All of these outlive it. One buffer at a time: Beast's TLS takes a sequence of asio's apart and loses it.
template <class To, class Done>
void send_message(To& to, const std::string& head, const Bytes& body, Done done) {
  using boost::system::error_code;
  boost::asio::async_write(to, boost::asio::buffer(head), [&to, &body, done = std::move(done)](error_code e, size_t) mutable {
    if (e || body.empty()) return done(e);
    boost::asio::async_write(to, boost::asio::buffer(body), [done = std::move(done)](error_code error, size_t) mutable { done(error); });
  });
}

}  // namespace sotto::net
