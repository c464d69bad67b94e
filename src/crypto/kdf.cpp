#include "crypto/kdf.hpp"

#include "crypto/hash.hpp"
#include "crypto/sodium_ready.hpp"

namespace sotto::crypto {

bool argon2id_acceptable(const Argon2idParams& params) {
  return params.operations >= crypto_pwhash_argon2id_OPSLIMIT_MIN && params.operations <= 64 &&
         params.memory_bytes >= crypto_pwhash_argon2id_MEMLIMIT_MIN && params.memory_bytes <= (4ull << 30);
}

std::optional<Secret<ByteArray<32>>> argon2id(ByteView passphrase, const ByteArray<16>& salt,
                                              const Argon2idParams& params) {
  sodium_ready();
  CHECK(argon2id_acceptable(params));
  Secret<ByteArray<32>> out;
  const char none = 0;  // libsodium's pointer must not be null even for no bytes
  if (crypto_pwhash_argon2id(out.expose_mutable().data(), out.expose().size(),
                             passphrase.empty() ? &none : reinterpret_cast<const char*>(passphrase.data()),
                             passphrase.size(), salt.data(), params.operations, params.memory_bytes,
                             crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0)
    return std::nullopt;
  return out;
}

Secret<ByteArray<64>> derive(ByteView key, std::string_view label, std::initializer_list<ByteView> parts) {
  CHECK(!key.empty());
  return Secret<ByteArray<64>>(blake2b_512(label, parts, key));
}

}  // namespace sotto::crypto
