// With which reason our decoders refuse the points of ethereum/bls12-381-tests (`deserialization_G1`, `deserialization_G2`).
// The whole suite, with verdicts alone, is in bls_vectors_test.cpp.
#include <gtest/gtest.h>

#include "crypto/g2.hpp"

namespace sotto::crypto {
namespace {

template <class Point>
std::string outcome(std::string_view text) {
  const auto bytes = from_hex(text);
  const auto point = Point::decode(*bytes);
  return point.ok() ? "ok" : name(point.error());
}

std::string repeat(std::string_view head, size_t bytes) {
  std::string out(head);
  out.resize(2 * bytes, '0');
  return out;
}

TEST(EthereumBls, deserialization_g1) {
  constexpr std::string_view kPattern = "23456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd";
  const auto pattern = [&](std::string_view first, std::string_view last) { return std::string(first) + std::string(kPattern) + std::string(last); };
  EXPECT_EQ(outcome<G1Affine>("a491d1b0ecd9bb917989f0e74f0dea0422eac4a873e5e2644f368dffb9a6e20fd6e10c1b77654d067c0618f6e5a7f79a"), "ok");
  // The suite lets infinity decode; our types refuse it, as every use of them must.
  EXPECT_EQ(outcome<G1Affine>(repeat("c0", 48)), "point_at_infinity");
  EXPECT_EQ(outcome<G1Affine>(repeat("40", 48)), "non_canonical");    // infinity_with_false_b_flag
  EXPECT_EQ(outcome<G1Affine>(repeat("80", 48)), "not_in_subgroup");  // x = 0: infinity_with_false_b_flag (compressed)
  EXPECT_EQ(outcome<G1Affine>(repeat("e0", 48)), "non_canonical");    // infinity_with_true_b_flag and sign
  EXPECT_EQ(outcome<G1Affine>(pattern("81", "ef")), "not_in_subgroup");
  EXPECT_EQ(outcome<G1Affine>(pattern("81", "e0")), "not_on_curve");
  EXPECT_EQ(outcome<G1Affine>(pattern("01", "ef")), "non_canonical");  // with_wrong_c_flag
  EXPECT_EQ(outcome<G1Affine>("c0" + std::string(kPattern) + "ef"), "non_canonical");  // b_flag_and_x_nonzero
  EXPECT_EQ(outcome<G1Affine>("9a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab"), "non_canonical");
  EXPECT_EQ(outcome<G1Affine>("9a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaac"), "non_canonical");
  EXPECT_EQ(outcome<G1Affine>("9a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaa"), "truncated");
  EXPECT_EQ(outcome<G1Affine>("9a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaaa00"), "trailing_bytes");
  EXPECT_EQ(outcome<G1Affine>(""), "truncated");
}

TEST(EthereumBls, deserialization_g2) {
  constexpr std::string_view kModulus = "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab";
  const std::string modulus(kModulus);
  EXPECT_EQ(outcome<G2Affine>(repeat("c0", 96)), "point_at_infinity");
  EXPECT_EQ(outcome<G2Affine>(repeat("40", 96)), "non_canonical");
  EXPECT_EQ(outcome<G2Affine>(repeat("e0", 96)), "non_canonical");
  EXPECT_EQ(outcome<G2Affine>("9a" + modulus.substr(2) + repeat("00", 48)), "non_canonical");             // xim equal to modulus
  EXPECT_EQ(outcome<G2Affine>(repeat("80", 48) + modulus), "non_canonical");                              // xre equal to modulus
  EXPECT_EQ(outcome<G2Affine>(repeat("80", 48) + modulus.substr(0, 94) + "ac"), "non_canonical");         // xre greater
  EXPECT_EQ(outcome<G2Affine>(repeat("c0", 95) + "01"), "non_canonical");                                 // b_flag_and_x_nonzero
  EXPECT_EQ(outcome<G2Affine>(repeat("80", 95)), "truncated");
  EXPECT_EQ(outcome<G2Affine>(repeat("c0", 97)), "trailing_bytes");
}

}  // namespace
}  // namespace sotto::crypto
