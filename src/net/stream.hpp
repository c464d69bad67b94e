// Inside of client, server and relay: a connection, plain, TLS, or TLS within TLS (through relays), behind the two operations Beast's
// HTTP needs.
#pragma once
#include <openssl/ssl.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include <functional>
#include <memory>
#include <vector>

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

  // From now on everything is TLS, within what there is already; done(error) once the peer has proven its key, if it showed one.
  template <class Done>
  void handshake(boost::asio::ssl::context& context, boost::asio::ssl::stream_base::handshake_type side, Done done) {
    if (!tls_) {
      tls_.emplace(tcp_, context);
      return tls_->async_handshake(side, std::move(done));
    }
    below_.push_back(std::make_unique<Below>(*this, inner_.size()));
    inner_.push_back(std::make_unique<Inner>(*below_.back(), context));
    inner_.back()->async_handshake(side, std::move(done));
  }
  std::optional<TlsKey> peer() {
    if (!tls_) return std::nullopt;
    return peer_key(inner_.empty() ? tls_->native_handle() : inner_.back()->native_handle());
  }

  template <class Buffers, class Done>
  void async_read_some(const Buffers& to, Done&& done) {
    if (!inner_.empty()) inner_.back()->async_read_some(to, std::forward<Done>(done));
    else if (tls_) tls_->async_read_some(to, std::forward<Done>(done));
    else tcp_.async_read_some(to, std::forward<Done>(done));
  }
  template <class Buffers, class Done>
  void async_write_some(const Buffers& from, Done&& done) {
    if (!inner_.empty()) inner_.back()->async_write_some(from, std::forward<Done>(done));
    else if (tls_) tls_->async_write_some(from, std::forward<Done>(done));
    else tcp_.async_write_some(from, std::forward<Done>(done));
  }

 private:
  using Erased = std::function<void(boost::system::error_code, size_t)>;

  // What an inner TLS stands on: the TLS below it, with handlers whose types are forgotten, for else they would nest without end.
  class Below {
   public:
    using executor_type = Stream::executor_type;
    using lowest_layer_type = Below;
    Below(Stream& stream, size_t depth) : stream_(stream), depth_(depth) {}
    executor_type get_executor() { return stream_.get_executor(); }
    lowest_layer_type& lowest_layer() { return *this; }

    template <class Buffers, class Done>
    void async_read_some(const Buffers& to, Done&& done) {
      stream_.read_at(depth_, all<boost::asio::mutable_buffer>(to), forget(std::forward<Done>(done)));
    }
    template <class Buffers, class Done>
    void async_write_some(const Buffers& from, Done&& done) {
      stream_.write_at(depth_, all<boost::asio::const_buffer>(from), forget(std::forward<Done>(done)));
    }

   private:
    template <class Buffer, class Buffers>
    static std::vector<Buffer> all(const Buffers& buffers) {
      return {boost::asio::buffer_sequence_begin(buffers), boost::asio::buffer_sequence_end(buffers)};
    }
    template <class Done>
    static Erased forget(Done&& done) {
      const auto kept = std::make_shared<std::decay_t<Done>>(std::forward<Done>(done));
      return [kept](boost::system::error_code e, size_t n) { (*kept)(e, n); };
    }
    Stream& stream_;
    const size_t depth_;
  };
  using Inner = boost::asio::ssl::stream<Below&>;

  // Depth 0 is the outermost TLS.
  void read_at(size_t depth, const std::vector<boost::asio::mutable_buffer>& to, Erased done) {
    if (depth == 0) tls_->async_read_some(to, std::move(done));
    else inner_[depth - 1]->async_read_some(to, std::move(done));
  }
  void write_at(size_t depth, const std::vector<boost::asio::const_buffer>& from, Erased done) {
    if (depth == 0) tls_->async_write_some(from, std::move(done));
    else inner_[depth - 1]->async_write_some(from, std::move(done));
  }

  boost::beast::tcp_stream tcp_;
  std::optional<Tls> tls_;
  std::vector<std::unique_ptr<Below>> below_;
  std::vector<std::unique_ptr<Inner>> inner_;
};

}  // namespace sotto::net
