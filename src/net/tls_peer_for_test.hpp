#pragma once
#include <openssl/ssl.h>

#include <functional>
#include <memory>
#include <string>

#include "net/raw_socket_for_test.hpp"

namespace sotto::net::testing {

// A TLS 1.3 client that says what our own never would: plain OpenSSL, set as the test wants it.
class TlsPeer {
 public:
  using Set = std::function<void(SSL*)>;
  explicit TlsPeer(const Set& set = {}) : context_(SSL_CTX_new(TLS_client_method())), ssl_(SSL_new(context_.get())) {
    SSL_set_min_proto_version(ssl_.get(), TLS1_3_VERSION);
    if (set) set(ssl_.get());
  }

  // Its first words, as one record.
  std::string hello() {
    BIO* const out = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), out);
    SSL_connect(ssl_.get());
    char* data = nullptr;
    const long size = BIO_get_mem_data(out, &data);
    return {data, static_cast<size_t>(size)};
  }

  bool connect(const RawSocket& socket) {
    SSL_set_fd(ssl_.get(), socket.descriptor());
    return SSL_connect(ssl_.get()) == 1;
  }
  bool send(std::string_view text) { return SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())) > 0; }
  // What the next record holds; empty: the connection has ended.
  std::string receive() {
    char chunk[4096];
    const int n = SSL_read(ssl_.get(), chunk, sizeof chunk);
    return {chunk, static_cast<size_t>(n > 0 ? n : 0)};
  }
  SSL* ssl() { return ssl_.get(); }

 private:
  template <auto free>
  struct Free {
    template <class T>
    void operator()(T* p) const { free(p); }
  };
  std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>> context_;
  std::unique_ptr<SSL, Free<SSL_free>> ssl_;
};

}  // namespace sotto::net::testing
