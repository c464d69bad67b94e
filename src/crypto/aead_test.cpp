#include "crypto/aead.hpp"

#include <gtest/gtest.h>

#include "crypto/vectors_for_test.hpp"

namespace sotto::crypto {
namespace {

Bytes field(const std::string& hex) { return hex == "-" ? Bytes() : unhex(hex); }
template <size_t N>
ByteArray<N> fixed(const Bytes& bytes) {
  CHECK(bytes.size() == N);
  ByteArray<N> out;
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

// Wycheproof; cases whose nonce has another size cannot be expressed in our types and are counted apart.
template <size_t N, class Seal, class Open>
void run(const std::string& file, Seal seal, Open open, size_t expected, size_t expected_wrong_nonce) {
  size_t ran = 0, wrong_nonce = 0;
  for (const auto& f : vector_lines(file)) {
    const Bytes nonce = field(f[2]), associated = field(f[3]), message = field(f[4]);
    Bytes sealed = field(f[5]);
    const Bytes tag = field(f[6]);
    sealed.insert(sealed.end(), tag.begin(), tag.end());
    if (nonce.size() != N) {
      EXPECT_EQ(f[7], "invalid");
      ++wrong_nonce;
      continue;
    }
    const AeadKey key(fixed<32>(field(f[1])));
    const auto opened = open(key, fixed<N>(nonce), sealed, associated);
    EXPECT_EQ(opened.has_value(), f[7] == "valid") << file << " " << f[0];
    if (f[7] == "valid") {
      EXPECT_EQ(seal(key, fixed<N>(nonce), message, associated), sealed) << f[0];
      if (opened) {
        EXPECT_EQ(Bytes(opened->expose().begin(), opened->expose().end()), message);
      }
    } else {
      EXPECT_NE(seal(key, fixed<N>(nonce), message, associated), sealed) << f[0];
    }
    ++ran;
  }
  EXPECT_EQ(ran, expected);
  EXPECT_EQ(wrong_nonce, expected_wrong_nonce);
}

}  // namespace

TEST(Aead, wycheproof) {
  run<12>("wycheproof/chacha20_poly1305.txt", chacha20_poly1305_seal, chacha20_poly1305_open, 316, 9);
  run<24>("wycheproof/xchacha20_poly1305.txt", xchacha20_poly1305_seal, xchacha20_poly1305_open, 306, 9);
}

TEST(Aead, every_bit_counts) {
  const AeadKey key(ByteArray<32>{1});
  const ChachaNonce nonce{2};
  const Bytes sealed = chacha20_poly1305_seal(key, nonce, view("message"), view("about"));
  EXPECT_EQ(sealed.size(), 7 + kAeadTagBytes);
  for (size_t bit = 0; bit < 8 * sealed.size(); ++bit) {
    Bytes wrong = sealed;
    wrong[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
    EXPECT_FALSE(chacha20_poly1305_open(key, nonce, wrong, view("about")));
  }
  EXPECT_FALSE(chacha20_poly1305_open(key, nonce, sealed, view("abou")));
  EXPECT_FALSE(chacha20_poly1305_open(key, ChachaNonce{3}, sealed, view("about")));
  EXPECT_FALSE(chacha20_poly1305_open(AeadKey(ByteArray<32>{2}), nonce, sealed, view("about")));
  for (size_t n = 0; n < sealed.size(); ++n)
    EXPECT_FALSE(chacha20_poly1305_open(key, nonce, ByteView(sealed).first(n), view("about")));
}

}  // namespace sotto::crypto
