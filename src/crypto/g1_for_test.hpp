// Points of E(Fp) of every kind, for tests: random ones, of the subgroup, of each small order.
#pragma once
#include <gtest/gtest.h>

#include "crypto/g1.hpp"

namespace sotto::crypto::g1_for_test {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15u + 1) {}
  uint64_t u64() {  // splitmix64
    uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
  }
  size_t below(size_t bound) { return u64() % bound; }
  template <size_t N>
  ByteArray<N> bytes() {
    ByteArray<N> out;
    for (auto& byte : out) byte = static_cast<uint8_t>(u64() >> 24);
    return out;
  }
  Fr fr() { return Fr::reduce512(bytes<64>()); }

 private:
  uint64_t state_;
};

// The primes of the cofactor h = (z - 1)^2 / 3 = 3 * 11^2 * 10177^2 * 859267^2 * 52437899^2 with their exponents.
struct CofactorPrime {
  uint32_t prime;
  unsigned exponent;
};
inline constexpr std::array<CofactorPrime, 5> kCofactorPrimes{{{3, 1}, {11, 2}, {10177, 2}, {859267, 2}, {52437899, 2}}};

inline blst_p1_affine curve_point(Random& random) {
  for (;;) {
    auto bytes = random.bytes<48>();
    bytes[0] = static_cast<uint8_t>((bytes[0] & 0x2f) | 0x80);
    blst_p1_affine p;
    if (blst_p1_uncompress(&p, bytes.data()) == BLST_SUCCESS) return p;
  }
}

// By doubling and adding: blst_p1_mult takes long scalars apart with the endomorphism, which is right in the subgroup only, and its
// windows of short ones are wrong for some points of order 3.
inline blst_p1 times(const blst_p1& p, std::span<const uint64_t> words_from_top) {
  blst_p1 out{};
  for (const uint64_t word : words_from_top)
    for (size_t i = 64; i-- > 0;) {
      blst_p1_double(&out, &out);
      if (word >> i & 1) blst_p1_add_or_double(&out, &out, &p);
    }
  return out;
}
inline blst_p1 times(const blst_p1& p, uint64_t k) { return times(p, std::span<const uint64_t>(&k, 1)); }
inline blst_p1 times_r(const blst_p1& p) {
  static constexpr std::array<uint64_t, 4> r{0x73eda753299d7d48u, 0x3339d80809a1d805u, 0x53bda402fffe5bfeu, 0xffffffff00000001u};
  return times(p, r);
}

inline blst_p1_affine to_affine_point(const blst_p1& p) {
  blst_p1_affine out;
  blst_p1_to_affine(&out, &p);
  return out;
}

// [h] of a curve point, and not infinity.
inline blst_p1_affine subgroup_point(Random& random) {
  const auto p = curve_point(random);
  blst_p1 q;
  blst_p1_from_affine(&q, &p);
  for (const auto& [prime, exponent] : kCofactorPrimes)
    for (unsigned i = 0; i < exponent; ++i) q = times(q, prime);
  EXPECT_FALSE(blst_p1_is_inf(&q));
  EXPECT_TRUE(blst_p1_in_g1(&q));
  return to_affine_point(q);
}

// Of order exactly which.prime.
inline blst_p1_affine small_order_point(Random& random, const CofactorPrime& which) {
  for (;;) {
    const auto p = curve_point(random);
    blst_p1 q;
    blst_p1_from_affine(&q, &p);
    q = times_r(q);
    for (const auto& [prime, exponent] : kCofactorPrimes)
      for (unsigned i = 0; i < exponent && prime != which.prime; ++i) q = times(q, prime);
    if (blst_p1_is_inf(&q)) continue;                      // no component of that order: try another point
    for (blst_p1 next = times(q, which.prime); !blst_p1_is_inf(&next); next = times(q, which.prime)) q = next;
    EXPECT_FALSE(blst_p1_in_g1(&q));
    return to_affine_point(q);
  }
}

inline blst_p1_affine negated(blst_p1_affine p) {
  blst_fp_cneg(&p.y, &p.y, true);
  return p;
}

inline blst_p1_affine added(const blst_p1_affine& a, const blst_p1_affine& b) {
  return (G1(G1Affine(a)) + G1(G1Affine(b))).affine().raw();
}
inline blst_p1_affine doubled(const blst_p1_affine& p) { return added(p, p); }

}  // namespace sotto::crypto::g1_for_test
