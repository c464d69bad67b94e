// Hashes outside circuits. SHA-256 for transcripts and contract preimages, BLAKE2b for everything keyed or labelled,
// HMAC/PBKDF2-SHA512 for BIP-39 only. Labelled hashes are injective: the label and every part carry their length.
#pragma once
#include <openssl/sha.h>

#include <initializer_list>

#include "base/bytes.hpp"
#include "base/secret.hpp"

namespace sotto::crypto {

// FIPS 180-4. OpenSSL's block function (SHA-NI where the CPU has it), without EVP's allocation: cheap for tiny inputs.
class Sha256 {
 public:
  Sha256();
  void update(ByteView bytes);
  // Leaves the object as freshly constructed.
  Hash32 finish();

 private:
  SHA256_CTX state_;
};
Hash32 sha256(ByteView bytes);

// BLAKE2b over u64be(|label|) label { u64be(|part|) part }, keyed (RFC 7693 key, at most 64 bytes) if `key` is not
// empty. Different (label, parts) are different inputs, and 256 and 512 bit outputs are unrelated functions.
Hash32 blake2b_256(std::string_view label, std::span<const ByteView> parts, ByteView key = {});
Hash32 blake2b_256(std::string_view label, std::initializer_list<ByteView> parts, ByteView key = {});
ByteArray<64> blake2b_512(std::string_view label, std::span<const ByteView> parts, ByteView key = {});
ByteArray<64> blake2b_512(std::string_view label, std::initializer_list<ByteView> parts, ByteView key = {});

// Plain RFC 7693 BLAKE2b-512, no label: for interoperability and vectors, not for protocol hashes.
ByteArray<64> blake2b_512_plain(ByteView bytes, ByteView key = {});

// RFC 2104 / RFC 4231, RFC 8018.
ByteArray<64> hmac_sha512(ByteView key, ByteView message);
void pbkdf2_hmac_sha512(ByteView password, ByteView salt, uint32_t iterations, std::span<uint8_t> out);

}  // namespace sotto::crypto
