#include "crypto/aead.hpp"

#include "crypto/sodium_ready.hpp"

namespace sotto::crypto {

static_assert(kAeadTagBytes == crypto_aead_chacha20poly1305_ietf_ABYTES);
static_assert(kAeadTagBytes == crypto_aead_xchacha20poly1305_ietf_ABYTES);

namespace {

using Seal = int (*)(unsigned char*, unsigned long long*, const unsigned char*, unsigned long long,
                     const unsigned char*, unsigned long long, const unsigned char*, const unsigned char*,
                     const unsigned char*);
using Open = int (*)(unsigned char*, unsigned long long*, unsigned char*, const unsigned char*, unsigned long long,
                     const unsigned char*, unsigned long long, const unsigned char*, const unsigned char*);

Bytes seal_with(Seal seal, const AeadKey& key, ByteView nonce, ByteView plaintext, ByteView associated) {
  sodium_ready();
  Bytes out(plaintext.size() + kAeadTagBytes);
  unsigned long long size = 0;
  CHECK(seal(out.data(), &size, plaintext.data(), plaintext.size(), associated.data(), associated.size(), nullptr,
             nonce.data(), key.expose().data()) == 0);
  CHECK(size == out.size());
  return out;
}

std::optional<SecretBytes> open_with(Open open, const AeadKey& key, ByteView nonce, ByteView sealed,
                                     ByteView associated) {
  sodium_ready();
  if (sealed.size() < kAeadTagBytes) return std::nullopt;
  Bytes out(sealed.size() - kAeadTagBytes);
  unsigned long long size = 0;
  if (open(out.data(), &size, nullptr, sealed.data(), sealed.size(), associated.data(), associated.size(),
           nonce.data(), key.expose().data()) != 0)
    return std::nullopt;
  CHECK(size == out.size());
  return SecretBytes(std::move(out));
}

}  // namespace

Bytes chacha20_poly1305_seal(const AeadKey& key, const ChachaNonce& nonce, ByteView plaintext, ByteView associated) {
  return seal_with(crypto_aead_chacha20poly1305_ietf_encrypt, key, nonce, plaintext, associated);
}
std::optional<SecretBytes> chacha20_poly1305_open(const AeadKey& key, const ChachaNonce& nonce, ByteView sealed,
                                                  ByteView associated) {
  return open_with(crypto_aead_chacha20poly1305_ietf_decrypt, key, nonce, sealed, associated);
}
Bytes xchacha20_poly1305_seal(const AeadKey& key, const XchachaNonce& nonce, ByteView plaintext, ByteView associated) {
  return seal_with(crypto_aead_xchacha20poly1305_ietf_encrypt, key, nonce, plaintext, associated);
}
std::optional<SecretBytes> xchacha20_poly1305_open(const AeadKey& key, const XchachaNonce& nonce, ByteView sealed,
                                                   ByteView associated) {
  return open_with(crypto_aead_xchacha20poly1305_ietf_decrypt, key, nonce, sealed, associated);
}

}  // namespace sotto::crypto
