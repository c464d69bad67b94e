#include "net/tls.hpp"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "net/stream.hpp"

namespace sotto::net {

namespace ssl = boost::asio::ssl;

template <auto free>
struct Free {
  template <class T>
  void operator()(T* p) const { free(p); }
};
using PrivateKey = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;

struct TlsIdentity::Parts {
  PrivateKey secret;
  Certificate certificate;
  TlsKey key{};
};

namespace {

constexpr size_t kMaxCertificateBytes = 2048;
// All a peer could choose is chosen (ADR 0060): one suite, which every implementation of TLS 1.3 has (RFC 8446, 9.1), one group, one scheme
// of signatures. An ffdhe8192 of the peer's choice would cost us two hundred times an X25519.
constexpr const char* kSuite = "TLS_AES_128_GCM_SHA256";
constexpr const char* kGroup = "X25519";
constexpr const char* kSignatures = "ed25519";
constexpr uint16_t kX25519 = 29;
// Extensions that would have us work or remember beyond that: short records, resumption, data before the handshake's end.
constexpr unsigned kRefused[] = {TLSEXT_TYPE_max_fragment_length, TLSEXT_TYPE_psk, TLSEXT_TYPE_early_data};

TlsKey raw_public_key(const EVP_PKEY* key) {
  TlsKey out{};
  size_t size = out.size();
  CHECK(EVP_PKEY_get_raw_public_key(key, out.data(), &size) == 1 && size == out.size());
  return out;
}

// RFC 5280 4.1.2.5: no well-defined end.
Certificate self_signed(EVP_PKEY* key) {
  Certificate out(X509_new());
  CHECK(out != nullptr && X509_set_version(out.get(), X509_VERSION_3) == 1);
  CHECK(ASN1_INTEGER_set(X509_get_serialNumber(out.get()), 1) == 1);
  CHECK(ASN1_TIME_set_string(X509_getm_notBefore(out.get()), "20000101000000Z") == 1);
  CHECK(ASN1_TIME_set_string(X509_getm_notAfter(out.get()), "99991231235959Z") == 1);
  X509_NAME* const subject = X509_get_subject_name(out.get());
  const auto* text = reinterpret_cast<const unsigned char*>("sotto");
  CHECK(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, text, -1, -1, 0) == 1);
  CHECK(X509_set_issuer_name(out.get(), subject) == 1 && X509_set_pubkey(out.get(), key) == 1);
  CHECK(X509_sign(out.get(), key, nullptr) > 0);
  return out;
}

// RFC 8446, 4.2.8: a list of (group, sized share), sized itself. Without ours there would be a HelloRetryRequest and another round.
bool brings_our_share(SSL* connection) {
  const unsigned char* data = nullptr;
  size_t size = 0;
  if (SSL_client_hello_get0_ext(connection, TLSEXT_TYPE_key_share, &data, &size) != 1) return false;
  const auto u16 = [&](size_t at) { return static_cast<size_t>(data[at] << 8 | data[at + 1]); };
  for (size_t at = 2; at + 4 <= size; at += 4 + u16(at + 2))
    if (u16(at) == kX25519) return true;
  return false;
}

// Before anything is computed.
int judge_hello(SSL* connection, int* alert, void*) {
  *alert = SSL_AD_HANDSHAKE_FAILURE;
  const unsigned char* data = nullptr;
  size_t size = 0;
  for (const unsigned extension : kRefused)
    if (SSL_client_hello_get0_ext(connection, extension, &data, &size) == 1) return SSL_CLIENT_HELLO_ERROR;
  return brings_our_share(connection) ? SSL_CLIENT_HELLO_SUCCESS : SSL_CLIENT_HELLO_ERROR;
}

// Neither side has a reason to speak of keys or tickets after the handshake; a few bytes of that would have us compute, out of sight
// of everything that counts requests. Who does it is not read any more.
void judge_message(int sent, int, int type, const void* message, size_t size, SSL* connection, void*) {
  if (sent != 0 || type != SSL3_RT_HANDSHAKE || size == 0) return;
  const auto kind = *static_cast<const unsigned char*>(message);
  if (kind == SSL3_MT_KEY_UPDATE || kind == SSL3_MT_NEWSESSION_TICKET)
    SSL_set_shutdown(connection, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

ssl::context context(ssl::context::method method, const TlsIdentity* identity) {
  ssl::context out(method);
  SSL_CTX* const raw = out.native_handle();
  CHECK(SSL_CTX_set_min_proto_version(raw, TLS1_3_VERSION) == 1);
  CHECK(SSL_CTX_set_max_proto_version(raw, TLS1_3_VERSION) == 1);
  CHECK(SSL_CTX_set_ciphersuites(raw, kSuite) == 1);
  CHECK(SSL_CTX_set1_groups_list(raw, kGroup) == 1);
  CHECK(SSL_CTX_set1_sigalgs_list(raw, kSignatures) == 1);
  SSL_CTX_set_options(raw, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_client_hello_cb(raw, judge_hello, nullptr);
  SSL_CTX_set_msg_callback(raw, judge_message);
  SSL_CTX_set_num_tickets(raw, 0);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_cert_list(raw, kMaxCertificateBytes);
  // Asks for a certificate and takes any: its key is looked at afterwards, and nothing else in it counts.
  SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(raw, [](X509_STORE_CTX*, void*) { return 1; }, nullptr);
  if (identity != nullptr) {
    CHECK(SSL_CTX_use_certificate(raw, identity->parts().certificate.get()) == 1);
    CHECK(SSL_CTX_use_PrivateKey(raw, identity->parts().secret.get()) == 1);
  }
  return out;
}

}  // namespace

TlsIdentity TlsIdentity::from_seed(const Secret<ByteArray<32>>& seed) {
  auto parts = std::make_shared<Parts>();
  const auto& bytes = seed.expose();
  parts->secret.reset(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes.data(), bytes.size()));
  CHECK(parts->secret != nullptr);
  parts->certificate = self_signed(parts->secret.get());
  parts->key = raw_public_key(parts->secret.get());
  return TlsIdentity(std::move(parts));
}

const TlsKey& TlsIdentity::key() const { return parts_->key; }

ssl::context server_context(const TlsIdentity& identity) { return context(ssl::context::tls_server, &identity); }
ssl::context client_context(const TlsIdentity* identity) { return context(ssl::context::tls_client, identity); }

std::optional<TlsKey> peer_key(SSL* connection) {
  const X509* const certificate = SSL_get0_peer_certificate(connection);
  if (certificate == nullptr) return std::nullopt;
  const EVP_PKEY* const key = X509_get0_pubkey(certificate);
  if (key == nullptr || EVP_PKEY_id(key) != EVP_PKEY_ED25519) return std::nullopt;
  return raw_public_key(key);
}

}  // namespace sotto::net
