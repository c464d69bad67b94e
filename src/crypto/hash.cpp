#define OPENSSL_SUPPRESS_DEPRECATED  // the low-level SHA-256: no allocation a hash, unlike EVP
#include "crypto/hash.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <climits>

#include "crypto/sodium_ready.hpp"

namespace sotto::crypto {

namespace {

void absorb(crypto_generichash_blake2b_state& state, ByteView bytes) {
  uint8_t length[8];
  for (int i = 0; i < 8; ++i) length[i] = static_cast<uint8_t>(static_cast<uint64_t>(bytes.size()) >> (56 - 8 * i));
  crypto_generichash_blake2b_update(&state, length, sizeof length);
  crypto_generichash_blake2b_update(&state, bytes.data(), bytes.size());
}

template <size_t N>
ByteArray<N> blake2b(std::string_view label, std::span<const ByteView> parts, ByteView key) {
  sodium_ready();
  CHECK(key.size() <= crypto_generichash_blake2b_KEYBYTES_MAX);
  crypto_generichash_blake2b_state state;
  CHECK(crypto_generichash_blake2b_init(&state, key.empty() ? nullptr : key.data(), key.size(), N) == 0);
  absorb(state, view(label));
  for (ByteView part : parts) absorb(state, part);
  ByteArray<N> out;
  crypto_generichash_blake2b_final(&state, out.data(), N);
  wipe(&state, sizeof state);
  return out;
}

std::span<const ByteView> span_of(std::initializer_list<ByteView> parts) { return {parts.begin(), parts.size()}; }

}  // namespace

Sha256::Sha256() { SHA256_Init(&state_); }
void Sha256::update(ByteView bytes) { SHA256_Update(&state_, bytes.data(), bytes.size()); }
Hash32 Sha256::finish() {
  Hash32 out;
  SHA256_Final(out.data(), &state_);
  SHA256_Init(&state_);
  return out;
}

Hash32 sha256(ByteView bytes) {
  Sha256 h;
  h.update(bytes);
  return h.finish();
}

Hash32 blake2b_256(std::string_view label, std::span<const ByteView> parts, ByteView key) {
  return blake2b<32>(label, parts, key);
}
Hash32 blake2b_256(std::string_view label, std::initializer_list<ByteView> parts, ByteView key) {
  return blake2b<32>(label, span_of(parts), key);
}
ByteArray<64> blake2b_512(std::string_view label, std::span<const ByteView> parts, ByteView key) {
  return blake2b<64>(label, parts, key);
}
ByteArray<64> blake2b_512(std::string_view label, std::initializer_list<ByteView> parts, ByteView key) {
  return blake2b<64>(label, span_of(parts), key);
}

ByteArray<64> blake2b_512_plain(ByteView bytes, ByteView key) {
  sodium_ready();
  CHECK(key.size() <= crypto_generichash_blake2b_KEYBYTES_MAX);
  ByteArray<64> out;
  crypto_generichash_blake2b(out.data(), out.size(), bytes.data(), bytes.size(), key.empty() ? nullptr : key.data(),
                             key.size());
  return out;
}

ByteArray<64> hmac_sha512(ByteView key, ByteView message) {
  CHECK(key.size() <= INT_MAX);
  ByteArray<64> out;
  const uint8_t none = 0;  // OpenSSL takes a null key to mean "the previous one"
  unsigned length = 0;
  CHECK(HMAC(EVP_sha512(), key.empty() ? &none : key.data(), static_cast<int>(key.size()), message.data(),
             message.size(), out.data(), &length) != nullptr);
  CHECK(length == out.size());
  return out;
}

void pbkdf2_hmac_sha512(ByteView password, ByteView salt, uint32_t iterations, std::span<uint8_t> out) {
  CHECK(password.size() <= INT_MAX && salt.size() <= INT_MAX && out.size() <= INT_MAX);
  CHECK(iterations >= 1 && iterations <= INT_MAX && !out.empty());
  const uint8_t none = 0;
  CHECK(PKCS5_PBKDF2_HMAC(reinterpret_cast<const char*>(password.empty() ? &none : password.data()),
                          static_cast<int>(password.size()), salt.empty() ? &none : salt.data(),
                          static_cast<int>(salt.size()), static_cast<int>(iterations), EVP_sha512(),
                          static_cast<int>(out.size()), out.data()) == 1);
}

}  // namespace sotto::crypto
