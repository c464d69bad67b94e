// Ed25519 keys of the ordering engine, which signs with them itself (docs/adr/0070); what is signed and verified here is that a
// key's holder wants it registered (docs/adr/0091). From libsodium.
#pragma once
#include "base/secret.hpp"
#include "base/world.hpp"

namespace sotto::crypto {

struct Ed25519Key {
  Secret<ByteArray<64>> secret;          // seed | public key, the common form of an expanded secret
  ByteArray<32> public_key{};
};
Ed25519Key ed25519_from_seed(const Secret<ByteArray<32>>& seed);
Ed25519Key ed25519_random(Entropy& entropy);
ByteArray<64> ed25519_sign(const Ed25519Key& key, ByteView message);
// False also for keys of small order and other encodings than the canonical ones.
bool ed25519_verify(const ByteArray<32>& public_key, ByteView message, const ByteArray<64>& signature);

}  // namespace sotto::crypto
