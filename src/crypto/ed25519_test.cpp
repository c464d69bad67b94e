#include "crypto/ed25519.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace sotto::crypto {
namespace {

// RFC 8032, section 7.1, test 1.
TEST(Ed25519, KeyOfASeed) {
  const Bytes seed = *from_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
  Secret<ByteArray<32>> secret;
  std::copy(seed.begin(), seed.end(), secret.expose_mutable().begin());
  const auto key = ed25519_from_seed(secret);
  EXPECT_EQ(to_hex(key.public_key), "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  EXPECT_EQ(to_hex(key.secret.expose()), to_hex(seed) + to_hex(key.public_key));
}

}  // namespace
}  // namespace sotto::crypto
