// Key derivation: Argon2id from what a person types, keyed BLAKE2b from what is already a key.
#pragma once
#include <optional>

#include "base/bytes.hpp"
#include "base/secret.hpp"

namespace sotto::crypto {

// RFC 9106; stored beside what they protect, so that they can be raised. libsodium runs one lane.
struct Argon2idParams {
  uint64_t operations;    // passes, at least 1
  uint64_t memory_bytes;  // at least 8 KiB
  friend bool operator==(const Argon2idParams&, const Argon2idParams&) = default;
};
inline constexpr Argon2idParams kArgon2idInteractive = {3, 64ull << 20};

// nullopt: the memory could not be had. CHECKs the parameters' bounds: judge those that come from a file first.
bool argon2id_acceptable(const Argon2idParams& params);
std::optional<Secret<ByteArray<32>>> argon2id(ByteView passphrase, const ByteArray<16>& salt,
                                              const Argon2idParams& params);

// 64 bytes by BLAKE2b-512 keyed with `key` (1 to 64 bytes) over the injective encoding of hash.hpp.
Secret<ByteArray<64>> derive(ByteView key, std::string_view label, std::initializer_list<ByteView> parts);

}  // namespace sotto::crypto
