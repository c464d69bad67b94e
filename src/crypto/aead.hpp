// Authenticated encryption by libsodium: ChaCha20-Poly1305 (RFC 8439) for keys used once, XChaCha20-Poly1305 where a
// random nonce is drawn under a long-lived key. Neither commits to its key: the caller binds the key (by hashing into
// it what must match) or re-checks the plaintext. Output = ciphertext || 16-byte tag.
#pragma once
#include <optional>

#include "base/bytes.hpp"
#include "base/secret.hpp"

namespace sotto::crypto {

inline constexpr size_t kAeadTagBytes = 16;
using AeadKey = Secret<ByteArray<32>>;
using ChachaNonce = ByteArray<12>;
using XchachaNonce = ByteArray<24>;

// A (key, nonce) pair is used for one message ever.
Bytes chacha20_poly1305_seal(const AeadKey& key, const ChachaNonce& nonce, ByteView plaintext, ByteView associated);
// nullopt if the tag does not match: nothing about the plaintext is returned.
std::optional<SecretBytes> chacha20_poly1305_open(const AeadKey& key, const ChachaNonce& nonce, ByteView sealed,
                                                  ByteView associated);

Bytes xchacha20_poly1305_seal(const AeadKey& key, const XchachaNonce& nonce, ByteView plaintext, ByteView associated);
std::optional<SecretBytes> xchacha20_poly1305_open(const AeadKey& key, const XchachaNonce& nonce, ByteView sealed,
                                                   ByteView associated);

}  // namespace sotto::crypto
