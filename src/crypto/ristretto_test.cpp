#include "crypto/ristretto.hpp"

#include <gtest/gtest.h>

#include "crypto/hash.hpp"
#include "crypto/random.hpp"
#include "crypto/vectors_for_test.hpp"

namespace sotto::crypto {

TEST(Ristretto, agrees_with_the_crate) {
  std::map<std::string, size_t> ran;
  for (const auto& f : vector_lines("ristretto/ristretto.txt")) {
    const size_t index = ran[f[0]]++;
    if (f[0] == "multiple") {  // [index]G
      ByteArray<64> k{};
      k[0] = static_cast<uint8_t>(index);
      const auto p = mul_generator(RistrettoScalar::reduce512(k));
      if (index == 0) {
        EXPECT_EQ(p.error(), DecodeError::point_at_infinity);
        EXPECT_EQ(RistrettoPoint::decode(unhex(f[1])).error(), DecodeError::point_at_infinity);
      } else {
        EXPECT_EQ(to_hex(p->encode()), f[1]);
        EXPECT_EQ(RistrettoPoint::decode(unhex(f[1])).value(), *p);
      }
    } else if (f[0] == "bad") {
      const auto p = RistrettoPoint::decode(unhex(f[1]));
      ASSERT_FALSE(p.ok()) << f[1];
      EXPECT_FALSE(mul_encoded(unhex(f[1]), RistrettoScalar::reduce512({1})));
      EXPECT_EQ(p.error(), DecodeError::non_canonical);
    } else if (f[0] == "good") {
      EXPECT_EQ(to_hex(RistrettoPoint::decode(unhex(f[1]))->encode()), f[1]);
    } else if (f[0] == "product") {
      const auto p = RistrettoPoint::decode(unhex(f[2]));
      EXPECT_EQ(to_hex(mul(*p, *RistrettoScalar::decode(unhex(f[1])))->encode()), f[3]);
    } else {
      ByteArray<64> wide;
      const Bytes bytes = unhex(f[1]);
      std::copy(bytes.begin(), bytes.end(), wide.begin());
      EXPECT_EQ(to_hex(ristretto_from_hash(wide).encode()), f[2]);
    }
  }
  EXPECT_EQ(ran["multiple"], 16u);
  EXPECT_EQ(ran["bad"], 51u);
  EXPECT_EQ(ran["good"], 9u);
  EXPECT_EQ(ran["hash"], 24u);
  EXPECT_EQ(ran["product"], 12u);
}

TEST(Ristretto, group_laws_and_identity) {
  SystemEntropy entropy;
  const auto g = ristretto_from_hash(blake2b_512("test", {view("base")}));
  const auto a = RistrettoScalar::random(entropy), b = RistrettoScalar::random(entropy);
  EXPECT_EQ(*mul(*mul(g, a), b), *mul(g, a * b));
  EXPECT_EQ(*add(*mul(g, a), *mul(g, b)), *mul(g, a + b));
  EXPECT_EQ(*subtract(*mul(g, a), *mul(g, b)), *mul(g, a - b));
  EXPECT_EQ(*mul(RistrettoPoint::generator(), a), *mul_generator(a));
  EXPECT_EQ(mul(g, RistrettoScalar()).error(), DecodeError::point_at_infinity);
  EXPECT_EQ(subtract(g, g).error(), DecodeError::point_at_infinity);
  EXPECT_TRUE((a - a).is_zero());
  EXPECT_EQ(add(*mul(g, a), *mul(g, RistrettoScalar() - a)).error(), DecodeError::point_at_infinity);
}

// mul_encoded() is decode() and mul() in one, in what it gives and in what it refuses.
TEST(Ristretto, a_product_of_undecoded_bytes) {
  SystemEntropy entropy;
  const auto k = RistrettoScalar::random(entropy);
  size_t good = 0, bad = 0;
  const auto same = [&](ByteView bytes, const RistrettoScalar& scalar) {
    const auto point = RistrettoPoint::decode(bytes);
    const auto fast = mul_encoded(bytes, scalar);
    std::optional<RistrettoPoint> slow;
    if (point.ok())
      if (const auto product = mul(*point, scalar); product.ok()) slow = *product;
    ++(slow ? good : bad);
    return slow == fast;
  };
  for (int i = 0; i < 400; ++i) {
    auto bytes = entropy.bytes<32>();
    EXPECT_TRUE(same(bytes, k)) << to_hex(bytes);
    bytes[31] &= 0x7f;
    EXPECT_TRUE(same(bytes, k)) << to_hex(bytes);
    auto valid = ristretto_from_hash(entropy.bytes<64>()).encode();
    EXPECT_TRUE(same(valid, k)) << to_hex(valid);
    valid[31] |= 0x80;   // libsodium would ignore it
    EXPECT_TRUE(same(valid, k)) << to_hex(valid);
    EXPECT_FALSE(mul_encoded(valid, k));
  }
  const auto g = RistrettoPoint::generator().encode();
  EXPECT_TRUE(same(g, RistrettoScalar()));
  EXPECT_TRUE(same(Bytes(32), k));
  EXPECT_TRUE(same(Bytes(32, 0xff), k));
  EXPECT_TRUE(same({}, k));
  EXPECT_TRUE(same(ByteView(g).first(31), k));
  EXPECT_GT(good, 400u);
  EXPECT_GT(bad, 800u);
}

TEST(Ristretto, scalars_are_canonical) {
  const std::string order = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
  EXPECT_EQ(RistrettoScalar::decode(unhex(order)).error(), DecodeError::non_canonical);
  Bytes below = unhex(order);
  below[0] = static_cast<uint8_t>(below[0] - 1);
  EXPECT_EQ(to_hex(RistrettoScalar::decode(below)->encode()), to_hex(below));
  EXPECT_EQ(RistrettoScalar::decode(Bytes(32, 0xff)).error(), DecodeError::non_canonical);
  EXPECT_EQ(RistrettoScalar::decode(Bytes(31)).error(), DecodeError::truncated);
  EXPECT_EQ(RistrettoScalar::decode(Bytes(33)).error(), DecodeError::trailing_bytes);
  EXPECT_EQ(RistrettoPoint::decode(Bytes(31)).error(), DecodeError::truncated);
  EXPECT_EQ(RistrettoPoint::decode(Bytes(33)).error(), DecodeError::trailing_bytes);
  EXPECT_TRUE(RistrettoScalar::decode(Bytes(32))->is_zero());
}

}  // namespace sotto::crypto
