#include "crypto/jubjub.hpp"

#include <gtest/gtest.h>

#include "crypto/hash.hpp"
#include "crypto/vectors_for_test.hpp"

namespace sotto::crypto {
namespace {

JubjubScalar scalar(const std::string& hex) { return JubjubScalar::decode(unhex(hex)).value(); }
JubjubAffine point(const std::string& hex) { return JubjubAffine::decode(unhex(hex)).value(); }
JubjubScalar sample(uint64_t i) {
  Writer w;
  w.u64(i);
  return JubjubScalar::reduce512(blake2b_512("test", {w.bytes()}));
}

constexpr const char* kOrder = "b72cf7d65e0e97d08210c8cc932068a6003b3401013b6706a9af3365eab47d0e";

}  // namespace

TEST(Jubjub, agrees_with_the_crate) {
  std::map<std::string, int> ran;
  std::vector<JubjubAffine> torsion;
  for (const auto& f : vector_lines("jubjub/jubjub.txt")) {
    ++ran[f[0]];
    if (f[0] == "reduce") {
      ByteArray<64> wide;
      const auto bytes = unhex(f[1]);
      std::copy(bytes.begin(), bytes.end(), wide.begin());
      EXPECT_EQ(to_hex(JubjubScalar::reduce512(wide).encode()), f[2]);
    } else if (f[0] == "scalar") {
      const auto a = scalar(f[1]), b = scalar(f[2]);
      EXPECT_EQ(to_hex(a.encode()), f[1]);
      EXPECT_EQ(to_hex((a + b).encode()), f[3]);
      EXPECT_EQ(to_hex((a - b).encode()), f[4]);
      EXPECT_EQ(to_hex((a * b).encode()), f[5]);
      EXPECT_EQ(to_hex((-a).encode()), to_hex((JubjubScalar() - a).encode()));
    } else if (f[0] == "point") {
      const JubjubPoint p = point(f[2]), q = point(f[3]);
      EXPECT_EQ(to_hex((p * scalar(f[1])).affine().encode()), f[4]);
      EXPECT_EQ(to_hex((p + q).affine().encode()), f[5]);
      EXPECT_EQ(to_hex(p.doubled().affine().encode()), f[6]);
      EXPECT_EQ(to_hex(p.mul_by_cofactor().affine().encode()), f[7]);
      EXPECT_EQ(p + p, p.doubled());
      EXPECT_TRUE((p - p).is_identity());
      EXPECT_TRUE((p + q).affine().on_curve());
    } else if (f[0] == "decode") {
      const auto decoded = JubjubAffine::decode(unhex(f[1]));
      ASSERT_EQ(decoded.ok(), f[2] == "1") << f[1];
      if (!decoded.ok()) continue;
      EXPECT_EQ(decoded->u.hex(), f[3]);
      EXPECT_EQ(decoded->v.hex(), f[4]);
      EXPECT_TRUE(decoded->on_curve());
      EXPECT_EQ(to_hex(decoded->encode()), f[1]);
    } else if (f[0] == "torsion") {
      torsion.push_back(point(f[1]));
      EXPECT_TRUE(torsion.back().is_small_order());
      EXPECT_FALSE(torsion.back().is_prime_order());
    }
  }
  EXPECT_EQ(ran["reduce"], 40);
  EXPECT_EQ(ran["scalar"], 40);
  EXPECT_EQ(ran["point"], 40);
  EXPECT_EQ(ran["decode"], 45);
  ASSERT_EQ(torsion.size(), 8u);
  // Addition is complete: every pair of small-order points, each with a point of full order too.
  const JubjubAffine g = jubjub_generator();
  for (size_t i = 0; i < 8; ++i)
    for (size_t j = 0; j < 8; ++j) {
      EXPECT_EQ((JubjubPoint(torsion[i]) + torsion[j]).affine(), torsion[(i + j) % 8]);
      EXPECT_EQ((JubjubPoint(g) + torsion[i]) + (-JubjubPoint(g) + torsion[j]), JubjubPoint(torsion[(i + j) % 8]));
    }
}

TEST(Jubjub, refuses_second_encodings) {
  EXPECT_EQ(JubjubScalar::decode(unhex(kOrder)).error(), DecodeError::non_canonical);
  EXPECT_EQ(JubjubScalar::decode(Bytes(32, 0xff)).error(), DecodeError::non_canonical);
  EXPECT_EQ(JubjubScalar::decode(Bytes(31)).error(), DecodeError::truncated);
  EXPECT_EQ(JubjubScalar::decode(Bytes(33)).error(), DecodeError::trailing_bytes);
  auto identity = JubjubAffine::identity().encode();
  EXPECT_TRUE(JubjubAffine::decode(identity)->is_identity());
  identity[31] |= 0x80;
  EXPECT_EQ(JubjubAffine::decode(identity).error(), DecodeError::non_canonical);
  auto minus_one = JubjubAffine{Fr(), -Fr::one()}.encode();
  EXPECT_TRUE(JubjubAffine::decode(minus_one).ok());
  minus_one[31] |= 0x80;
  EXPECT_EQ(JubjubAffine::decode(minus_one).error(), DecodeError::non_canonical);
  // v + r still fits 255 bits for small v: v = 1 is on the curve, 1 + r must be refused.
  EXPECT_EQ(JubjubAffine::decode(unhex("02000000fffffffffe5bfeff02a4bd5305d8a10908d83933487d9d2953a7ed73")).error(),
            DecodeError::non_canonical);
  EXPECT_EQ(JubjubAffine::decode(Bytes(31)).error(), DecodeError::truncated);
  EXPECT_EQ(JubjubAffine::decode(Bytes(33)).error(), DecodeError::trailing_bytes);
}

// Every v is decided as Euler's criterion decides it: x = (v^2 - 1) / (1 + d v^2) is a square, or x^((r - 1) / 2) is -1.
TEST(Jubjub, decodes_exactly_what_has_a_root) {
  int squares = 0;
  for (uint64_t i = 0; i < 400; ++i) {
    Writer seed;
    seed.u64(i);
    const Fr v = Fr::reduce512(blake2b_512("test", {seed.bytes()}));
    const Fr x = (v.square() - Fr::one()) * (Fr::one() + jubjub_d() * v.square()).inverse();
    const uint64_t half[4] = {0x7fffffff80000000, 0xa9ded2017fff2dff, 0x199cec0404d0ec02, 0x39f6d3a994cebea4};
    Fr euler = Fr::one();
    for (size_t bit = 256; bit-- > 0;) {
      euler = euler.square();
      if ((half[bit / 64] >> (bit % 64)) & 1) euler *= x;
    }
    ByteArray<32> bytes = v.encode();
    std::reverse(bytes.begin(), bytes.end());
    const auto point = JubjubAffine::decode(bytes);
    ASSERT_EQ(point.ok(), euler == Fr::one()) << i;
    if (!point.ok()) {
      EXPECT_EQ(point.error(), DecodeError::not_on_curve);
      continue;
    }
    ++squares;
    EXPECT_TRUE(point->on_curve());
    EXPECT_EQ(point->v, v);
    EXPECT_EQ(point->encode(), bytes);
  }
  EXPECT_GT(squares, 150);
  EXPECT_LT(squares, 250);
}

TEST(Jubjub, generator_is_pinned_and_of_prime_order) {
  const JubjubAffine g = jubjub_generator();
  EXPECT_TRUE(g.on_curve());
  EXPECT_TRUE(g.is_prime_order());
  EXPECT_FALSE(g.is_small_order());
  EXPECT_EQ(g.u.hex(), "41f9fca589c587dc051b7c3c97971590b1067f58e20f30d08509cc2bd894f13d");
  EXPECT_EQ(g.v.hex(), "19110f789e0ac3d91b3addf716689ade88c062586dfffa6c65be3655e55983f5");
}

TEST(Jubjub, products_agree) {
  const JubjubPoint g = jubjub_generator();
  std::vector<JubjubPoint> points;
  std::vector<JubjubScalar> scalars;
  JubjubPoint sum;
  EXPECT_TRUE(jubjub_msm_vartime(points, scalars).is_identity());
  for (uint64_t i = 0; i < 150; ++i) {
    JubjubScalar k = sample(i);
    if (i == 3) k = JubjubScalar();
    if (i == 4) k = -JubjubScalar::one();
    EXPECT_EQ(jubjub_mul_generator(k), g * k);
    EXPECT_EQ(jubjub_mul_vartime(g, k), g * k);
    points.push_back(i == 7 ? points[6] : g * sample(1000 + i));
    scalars.push_back(k);
    sum += points.back() * k;
    if (i % 29 == 0 || i < 10) {
      EXPECT_EQ(jubjub_msm_vartime(points, scalars), sum);
    }
  }
  EXPECT_EQ(jubjub_msm_vartime(points, scalars), sum);
}

}  // namespace sotto::crypto
