#include "crypto/ed25519.hpp"

#include "crypto/sodium_ready.hpp"

namespace sotto::crypto {

static_assert(crypto_sign_SEEDBYTES == 32 && crypto_sign_PUBLICKEYBYTES == 32 && crypto_sign_SECRETKEYBYTES == 64);

Ed25519Key ed25519_from_seed(const Secret<ByteArray<32>>& seed) {
  sodium_ready();
  Ed25519Key key;
  CHECK(crypto_sign_seed_keypair(key.public_key.data(), key.secret.expose_mutable().data(), seed.expose().data()) == 0);
  return key;
}

Ed25519Key ed25519_random(Entropy& entropy) {
  Secret<ByteArray<32>> seed;
  entropy.fill(seed.expose_mutable());
  return ed25519_from_seed(seed);
}

ByteArray<64> ed25519_sign(const Ed25519Key& key, ByteView message) {
  sodium_ready();
  ByteArray<64> signature{};
  CHECK(crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(), key.secret.expose().data()) == 0);
  return signature;
}

bool ed25519_verify(const ByteArray<32>& public_key, ByteView message, const ByteArray<64>& signature) {
  sodium_ready();
  return crypto_sign_verify_detached(signature.data(), message.data(), message.size(), public_key.data()) == 0;
}

}  // namespace sotto::crypto
