// What a TLS client may choose: nothing. All else is refused by an alert before anything is computed for it.
#include "net/tls.hpp"

#include <gtest/gtest.h>

#include "net/server.hpp"
#include "net/tls_peer_for_test.hpp"

namespace sotto::net {
namespace {

using testing::RawSocket;
using testing::TlsPeer;

// No offence counts here.
std::unique_ptr<Server> serve() {
  ServerLimits limits;
  limits.source.forgiven = 1'000;
  limits.source.burst = 1'000'000;
  return Server::start({"127.0.0.1", 0}, limits, [](Request, Reply reply) { reply({200, {}, kText}); },
                       TlsIdentity::from_seed(Secret<ByteArray<32>>(ByteArray<32>{1}))).value();
}

enum class Answer { server_hello, retry, handshake_failure, other_alert, nothing };
std::ostream& operator<<(std::ostream& out, Answer a) { return out << static_cast<int>(a); }

// RFC 8446: records 5.1, alerts 6, HelloRetryRequest 4.1.3 (a ServerHello whose random begins with cf21ad74).
Answer answer_to(const Server& server, const std::string& hello) {
  RawSocket socket(server.endpoint().port);
  if (!socket.send_text(hello)) return Answer::nothing;
  const std::string got = socket.read_some(5'000);
  if (got.starts_with(std::string("\x15\x03\x03\x00\x02\x02\x28", 7))) return Answer::handshake_failure;
  if (got.starts_with("\x15")) return Answer::other_alert;
  if (!got.starts_with("\x16")) return Answer::nothing;
  return got.substr(11, 4) == "\xcf\x21\xad\x74" ? Answer::retry : Answer::server_hello;
}

std::string hello_of_groups(const char* groups) {
  return TlsPeer([&](SSL* ssl) { ASSERT_EQ(SSL_set1_groups_list(ssl, groups), 1) << groups; }).hello();
}

TEST(Tls, only_x25519_is_computed) {
  const auto server = serve();
  EXPECT_EQ(answer_to(*server, hello_of_groups("X25519")), Answer::server_hello);
  EXPECT_EQ(answer_to(*server, hello_of_groups("X25519:P-256:ffdhe8192")), Answer::server_hello);
  for (const char* group :
       {"P-256", "P-384", "P-521", "X448", "ffdhe2048", "ffdhe3072", "ffdhe4096", "ffdhe6144", "ffdhe8192"}) {
    EXPECT_EQ(answer_to(*server, hello_of_groups(group)), Answer::handshake_failure) << group;
    // It could do X25519 as well, but brings no share of it.
    EXPECT_EQ(answer_to(*server, hello_of_groups((std::string(group) + ":X25519").c_str())), Answer::handshake_failure) << group;
  }
}

TEST(Tls, one_cipher_suite) {
  const auto server = serve();
  const auto hello = [](const char* suite) {
    return TlsPeer([&](SSL* ssl) { ASSERT_EQ(SSL_set_ciphersuites(ssl, suite), 1); }).hello();
  };
  EXPECT_EQ(answer_to(*server, hello("TLS_AES_128_GCM_SHA256")), Answer::server_hello);
  for (const char* other : {"TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_CCM_SHA256"})
    EXPECT_EQ(answer_to(*server, hello(other)), Answer::handshake_failure) << other;
}

TEST(Tls, one_signature_scheme) {
  const auto server = serve();
  for (const char* other : {"ecdsa_secp256r1_sha256", "rsa_pss_rsae_sha256", "ed448"})
    EXPECT_EQ(answer_to(*server, TlsPeer([&](SSL* ssl) { ASSERT_EQ(SSL_set1_sigalgs_list(ssl, other), 1); }).hello()),
              Answer::handshake_failure) << other;
}

// A hello with one more extension at its end (RFC 8446, 4.1.2 and 4.2).
std::string with_extension(std::string hello, uint16_t type, std::string_view data) {
  const auto u16 = [](size_t n) { return std::string{static_cast<char>(n >> 8), static_cast<char>(n)}; };
  const auto add = [&](size_t at, size_t more) {
    const size_t was = static_cast<uint8_t>(hello[at]) << 8 | static_cast<uint8_t>(hello[at + 1]);
    hello.replace(at, 2, u16(was + more));
  };
  size_t at = 5 + 4 + 2 + 32;
  at += 1 + static_cast<uint8_t>(hello[at]);                                                               // session id
  at += 2 + (static_cast<uint8_t>(hello[at]) << 8 | static_cast<uint8_t>(hello[at + 1]));                  // suites
  at += 1 + static_cast<uint8_t>(hello[at]);                                                               // compression
  const std::string extension = u16(type) + u16(data.size()) + std::string(data);
  for (const size_t length : {size_t{3}, size_t{7}, at}) add(length, extension.size());
  return hello + extension;
}

TEST(Tls, nothing_shorter_resumed_or_early) {
  const auto server = serve();
  const std::string hello = hello_of_groups("X25519");
  ASSERT_EQ(answer_to(*server, with_extension(hello, 0x5a5a, "anything")), Answer::server_hello);        // RFC 8701
  EXPECT_EQ(answer_to(*server, with_extension(hello, TLSEXT_TYPE_max_fragment_length, "\x01")), Answer::handshake_failure);
  EXPECT_EQ(answer_to(*server, with_extension(hello, TLSEXT_TYPE_early_data, "")), Answer::handshake_failure);
  // RFC 8446, 4.2.11: one identity with its age, one binder.
  const std::string psk = std::string("\x00\x0a\x00\x04tick\x00\x00\x00\x00\x00\x21\x20", 15) + std::string(32, 'b');
  EXPECT_EQ(answer_to(*server, with_extension(hello, TLSEXT_TYPE_psk, psk)), Answer::handshake_failure);
}

TEST(Tls, no_tickets_and_no_new_keys) {
  const auto server = serve();
  const RawSocket first(server->endpoint().port), second(server->endpoint().port);
  TlsPeer plain, updates;
  const std::string get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  int tickets = 0;
  SSL_set_msg_callback(plain.ssl(), [](int sent, int, int type, const void* message, size_t, SSL*, void* count) {
    if (sent == 0 && type == SSL3_RT_HANDSHAKE && *static_cast<const uint8_t*>(message) == SSL3_MT_NEWSESSION_TICKET)
      ++*static_cast<int*>(count);
  });
  SSL_set_msg_callback_arg(plain.ssl(), &tickets);
  ASSERT_TRUE(plain.connect(first) && plain.send(get));
  EXPECT_TRUE(plain.receive().starts_with("HTTP/1.1 200"));
  EXPECT_EQ(tickets, 0);
  ASSERT_TRUE(updates.connect(second) && updates.send(get));
  EXPECT_TRUE(updates.receive().starts_with("HTTP/1.1 200"));
  ASSERT_EQ(SSL_key_update(updates.ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
  updates.send(get);
  EXPECT_EQ(updates.receive(), "");
}

}  // namespace
}  // namespace sotto::net
