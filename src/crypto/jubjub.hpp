// Jubjub: -u^2 + v^2 = 1 + d u^2 v^2 over Fr, d = -(10240/10241), order 8 l (Zcash protocol specification, 5.4.9.3).
// Ours (no C++ library has it), over blst's field arithmetic. d is not a square, so addition is complete.
// Wire form of a point: 32 bytes, v little-endian, the parity of u in the top bit; one encoding a point.
#pragma once
#include "crypto/fr.hpp"
#include "crypto/jubjub_scalar.hpp"

namespace sotto::crypto {

const Fr& jubjub_d();

// Any curve point, the small-order ones included: a decoded point is on the curve, nothing more.
struct JubjubAffine {
  static constexpr size_t kBytes = 32;
  Fr u, v;

  static JubjubAffine identity() { return {Fr(), Fr::one()}; }
  // Refuses v >= r, points not on the curve, and a sign bit on u = 0. Variable time.
  static Result<JubjubAffine, DecodeError> decode(ByteView bytes32);
  static Result<JubjubAffine, DecodeError> read(Reader& in);
  ByteArray<32> encode() const;
  void write(Writer& out) const { out.raw(encode()); }

  bool on_curve() const;
  bool is_identity() const { return u.is_zero() && v == Fr::one(); }
  bool is_small_order() const;   // [8]P = O
  bool is_prime_order() const;   // [l]P = O and P != O
  JubjubAffine operator-() const { return {-u, v}; }
  friend bool operator==(const JubjubAffine& a, const JubjubAffine& b) { return a.u == b.u && a.v == b.v; }
};

// Extended coordinates: u = U/Z, v = V/Z, T = UV/Z.
class JubjubPoint {
 public:
  JubjubPoint() : u_(), v_(Fr::one()), z_(Fr::one()), t_() {}  // identity
  JubjubPoint(const JubjubAffine& p) : u_(p.u), v_(p.v), z_(Fr::one()), t_(p.u * p.v) {}  // NOLINT: implicit by design

  friend JubjubPoint operator+(const JubjubPoint& a, const JubjubPoint& b);
  friend JubjubPoint operator-(const JubjubPoint& a, const JubjubPoint& b) { return a + -b; }
  JubjubPoint& operator+=(const JubjubPoint& b) { return *this = *this + b; }
  JubjubPoint operator-() const;
  JubjubPoint doubled() const;
  // Constant time in the scalar and the point.
  friend JubjubPoint operator*(const JubjubPoint& p, const JubjubScalar& k);
  JubjubPoint mul_by_cofactor() const { return doubled().doubled().doubled(); }

  bool is_identity() const { return u_.is_zero() && v_ == z_; }
  bool is_small_order() const { return mul_by_cofactor().is_identity(); }
  friend bool operator==(const JubjubPoint& a, const JubjubPoint& b) {
    return a.u_ * b.z_ == b.u_ * a.z_ && a.v_ * b.z_ == b.v_ * a.z_;
  }
  JubjubAffine affine() const;  // constant time

 private:
  friend JubjubPoint jubjub_mul_generator(const JubjubScalar& k);
  friend std::vector<JubjubAffine> to_affine(std::span<const JubjubPoint> points);
  Fr u_, v_, z_, t_;
};

// All at once, sharing one inversion (no Z is ever 0). Variable time only in the number of points.
std::vector<JubjubAffine> to_affine(std::span<const JubjubPoint> points);

// G_J, of order l: the first counter for which BLAKE2b-256("sotto/jubjub/generator/v1", counter) decodes, times 8.
const JubjubAffine& jubjub_generator();

// [k]G_J by a precomputed table, constant time: several times faster than the general product.
JubjubPoint jubjub_mul_generator(const JubjubScalar& k);

// [k]P for public k and P.
JubjubPoint jubjub_mul_vartime(const JubjubPoint& p, const JubjubScalar& k);

// sum([scalars[i]] points[i]). Variable time: public data only.
JubjubPoint jubjub_msm_vartime(std::span<const JubjubPoint> points, std::span<const JubjubScalar> scalars);

}  // namespace sotto::crypto
