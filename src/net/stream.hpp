// Inside of client and server: a connection, plain or TLS, behind the two operations Beast's HTTP needs.
#pragma once
#include <openssl/ssl.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include "net/tls.hpp"

namespace sotto::net {

// TLS 1.3 only, Ed25519 certificates only, nothing kept between connections: no tickets by which a wallet could be recognised.
// Without an identity (wallets) no certificate is shown. Whom one talks to is decided after the handshake by peer_key().
boost::asio::ssl::context server_context(const TlsIdentity& identity);
boost::asio::ssl::context client_context(const TlsIdentity* identity);
// The key the peer has proven to hold; none if it showed none.
std::optional<TlsKey> peer_key(SSL* connection);

class Stream {
 public:
  using Tls = boost::beast::ssl_stream<boost::beast::tcp_stream&>;
  using executor_type = boost::beast::tcp_stream::executor_type;

  explicit Stream(boost::asio::io_context& io) : tcp_(io) {}
  explicit Stream(boost::asio::ip::tcp::socket socket) : tcp_(std::move(socket)) {}
  Stream(const Stream&) = delete;

  boost::beast::tcp_stream& tcp() { return tcp_; }   // for connecting, time limits and closing
  executor_type get_executor() { return tcp_.get_executor(); }

  // From now on everything is TLS; done(error) once the peer has proven its key, if it showed one.
  template <class Done>
  void handshake(boost::asio::ssl::context& context, boost::asio::ssl::stream_base::handshake_type side, Done done) {
    tls_.emplace(tcp_, context);
    tls_->async_handshake(side, std::move(done));
  }
  std::optional<TlsKey> peer() { return tls_ ? peer_key(tls_->native_handle()) : std::nullopt; }

  template <class Buffers, class Done>
  void async_read_some(const Buffers& to, Done&& done) {
    if (tls_) tls_->async_read_some(to, std::forward<Done>(done));
    else tcp_.async_read_some(to, std::forward<Done>(done));
  }
  template <class Buffers, class Done>
  void async_write_some(const Buffers& from, Done&& done) {
    if (tls_) tls_->async_write_some(from, std::forward<Done>(done));
    else tcp_.async_write_some(from, std::forward<Done>(done));
  }

 private:
  boost::beast::tcp_stream tcp_;
  std::optional<Tls> tls_;
};

}  // namespace sotto::net
