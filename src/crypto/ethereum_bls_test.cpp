// Numbers of ethereum/bls12-381-tests v0.1.2 (min-pk, proof-of-possession suite): a check of blst below our min-sig types,
// and of our point decoders. Written out: no package carries the suite; the cases are those of `sign`, `deserialization_G1`
// and `deserialization_G2` named in each line.
#include <gtest/gtest.h>

#include "crypto/g2.hpp"

namespace sotto::crypto {
namespace {

Bytes hex(std::string_view text) { return *from_hex(text); }

TEST(EthereumBls, sign) {
  struct Case {
    std::string_view secret, message, signature;
  };
  constexpr std::string_view kZero = "0000000000000000000000000000000000000000000000000000000000000000";
  const Case cases[] = {
      {"263dbd792f5b1be47ed85f8938c0f29586af0d3ac7b977f21c278fe1462040e3", kZero,
       "b6ed936746e01f8ecf281f020953fbf1f01debd5657c4a383940b020b26507f6076334f91e2366c96e9ab279fb5158090352ea1c5b0c9274504f4f0e"
       "7053af24802e51e4568d164fe986834f41e55c8e850ce1f98458c0cfc9ab380b55285a55"},
      {"47b8192d77bf871b62e87859d653922725724a5c031afeabc60bcef5ff665138", kZero,
       "b23c46be3a001c63ca711f87a005c200cc550b9429d5f4eb38d74322144f1b63926da3388979e5321012fb1a0526bcd100b5ef5fe72628ce4cd5e904"
       "aeaa3279527843fae5ca9ca675f4f51ed8f83bbf7155da9ecc9663100a885d5dc6df96d9"},
  };
  constexpr std::string_view kDst = "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
  for (const Case& c : cases) {
    blst_scalar sk;
    blst_scalar_from_bendian(&sk, hex(c.secret).data());
    const Bytes message = hex(c.message);
    blst_p2 hash, signature;
    blst_hash_to_g2(&hash, message.data(), message.size(), view(kDst).data(), kDst.size(), nullptr, 0);
    blst_sign_pk_in_g1(&signature, &hash, &sk);
    EXPECT_EQ(to_hex(G2(signature).affine().encode()), c.signature);
  }
}

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
