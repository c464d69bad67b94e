// Ed25519 key pairs for the ordering engine, which signs with them itself: nothing of ours is signed or verified here
// (docs/adr/0070). From libsodium.
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

}  // namespace sotto::crypto
