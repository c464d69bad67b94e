// Fr: the scalar field of BLS12-381, order r = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001.
// Arithmetic is blst's (Montgomery form). Not constant time: inverse(), is_zero(), ==, pow().
// Wire form: 32 bytes big-endian, strictly below r; anything else is refused, never reduced.
#pragma once
#include <blst.h>

#include <compare>

#include "base/codec.hpp"

namespace sotto::crypto {

class Fr {
 public:
  static constexpr size_t kBytes = 32;

  constexpr Fr() : v_{} {}
  static Fr zero() { return Fr(); }
  static const Fr& one();
  static Fr from_u64(uint64_t value);
  // Uniform when the 64 bytes are: interpreted big-endian and reduced mod r (bias below 2^-256).
  static Fr reduce512(const ByteArray<64>& bytes);
  static Result<Fr, DecodeError> decode(ByteView bytes32);
  static Result<Fr, DecodeError> read(Reader& in);
  // For constants written in the source: hex, big-endian, CHECKed canonical.
  static Fr from_hex(std::string_view hex);

  ByteArray<32> encode() const;
  void write(Writer& out) const { out.raw(encode()); }
  std::string hex() const { return to_hex(encode()); }
  // Little-endian limbs of the canonical value.
  std::array<uint64_t, 4> limbs() const;
  // The value if it is below 2^64.
  std::optional<uint64_t> to_u64() const;

  bool is_zero() const { return (v_.l[0] | v_.l[1] | v_.l[2] | v_.l[3]) == 0; }
  friend bool operator==(const Fr& a, const Fr& b) {
    return ((a.v_.l[0] ^ b.v_.l[0]) | (a.v_.l[1] ^ b.v_.l[1]) | (a.v_.l[2] ^ b.v_.l[2]) | (a.v_.l[3] ^ b.v_.l[3])) == 0;
  }
  friend Fr operator+(const Fr& a, const Fr& b) { Fr c; blst_fr_add(&c.v_, &a.v_, &b.v_); return c; }
  friend Fr operator-(const Fr& a, const Fr& b) { Fr c; blst_fr_sub(&c.v_, &a.v_, &b.v_); return c; }
  friend Fr operator*(const Fr& a, const Fr& b) { Fr c; blst_fr_mul(&c.v_, &a.v_, &b.v_); return c; }
  Fr operator-() const { return Fr() - *this; }
  Fr& operator+=(const Fr& b) { blst_fr_add(&v_, &v_, &b.v_); return *this; }
  Fr& operator-=(const Fr& b) { blst_fr_sub(&v_, &v_, &b.v_); return *this; }
  Fr& operator*=(const Fr& b) { blst_fr_mul(&v_, &v_, &b.v_); return *this; }
  Fr square() const { Fr c; blst_fr_sqr(&c.v_, &v_); return c; }
  Fr pow5() const { return square().square() * *this; }
  Fr inverse() const { Fr c; blst_fr_eucl_inverse(&c.v_, &v_); return c; }  // of 0: 0; variable time
  Fr inverse_constant_time() const { Fr c; blst_fr_inverse(&c.v_, &v_); return c; }
  Fr pow_vartime(uint64_t exponent) const;

  blst_scalar scalar() const { blst_scalar s; blst_scalar_from_fr(&s, &v_); return s; }
  const blst_fr& raw() const { return v_; }
  blst_fr& raw() { return v_; }

 private:
  blst_fr v_;
};

// In place; zeros stay zero. Montgomery's trick: one inversion and 3n products.
void batch_inverse(std::span<Fr> values);

}  // namespace sotto::crypto
