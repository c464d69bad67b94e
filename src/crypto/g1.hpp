// G1 of BLS12-381 over blst. Affine points that came through decode() are on the curve, in the prime-order subgroup
// and not infinity: that is what the type means. Wire form: 48 bytes compressed (Zcash/IETF), one encoding a point.
#pragma once
#include "crypto/fr.hpp"

namespace sotto::crypto {

class G1Affine {
 public:
  static constexpr size_t kBytes = 48;
  static const G1Affine& generator();
  // Checks: canonical bytes, on the curve, prime-order subgroup, not infinity.
  static Result<G1Affine, DecodeError> decode(ByteView bytes48);
  static Result<G1Affine, DecodeError> read(Reader& in);
  ByteArray<48> encode() const;
  void write(Writer& out) const { out.raw(encode()); }
  bool is_infinity() const { return blst_p1_affine_is_inf(&v_); }
  friend bool operator==(const G1Affine& a, const G1Affine& b) { return blst_p1_affine_is_equal(&a.v_, &b.v_); }
  G1Affine() : v_{} {}
  explicit G1Affine(const blst_p1_affine& v) : v_(v) {}
  const blst_p1_affine& raw() const { return v_; }
  blst_p1_affine& raw() { return v_; }

 private:
  blst_p1_affine v_;
};

// On the curve and not infinity; whether in the subgroup is not known. A type of its own, so that nothing takes it for a point
// of G1 before somebody looked.
class G1Unchecked {
 public:
  static constexpr size_t kBytes = G1Affine::kBytes;
  // Checks: canonical bytes, on the curve, not infinity. `hint`: what the sender says y is (48 bytes big-endian); it saves the
  // square root where it is right and changes nothing else: a wrong one, or one of another length, is ignored.
  static Result<G1Unchecked, DecodeError> decode(ByteView bytes48, ByteView hint = {});
  bool in_subgroup() const { return blst_p1_affine_in_g1(&v_); }
  // As a point of G1: where in_subgroup() or a SubgroupTest said so.
  G1Affine checked() const { return G1Affine(v_); }
  const blst_p1_affine& raw() const { return v_; }
  G1Unchecked() : v_{} {}
  explicit G1Unchecked(const blst_p1_affine& v) : v_(v) {}

 private:
  blst_p1_affine v_;
};

// The y that G1Unchecked::decode takes as a hint.
ByteArray<48> y_hint(const G1Unchecked& point);

// Jacobian, for sums.
class G1 {
 public:
  G1() : v_{} {}  // infinity
  explicit G1(const blst_p1& v) : v_(v) {}
  G1(const G1Affine& p) { blst_p1_from_affine(&v_, &p.raw()); }  // NOLINT: implicit by design
  static G1 generator() { return G1(*blst_p1_generator()); }
  friend G1 operator+(const G1& a, const G1& b) { G1 c; blst_p1_add_or_double(&c.v_, &a.v_, &b.v_); return c; }
  G1& operator+=(const G1& b) { blst_p1_add_or_double(&v_, &v_, &b.v_); return *this; }
  G1& operator+=(const G1Affine& b) { blst_p1_add_or_double_affine(&v_, &v_, &b.raw()); return *this; }
  G1 operator-() const { G1 c = *this; blst_p1_cneg(&c.v_, true); return c; }
  // Constant time in the scalar.
  friend G1 operator*(const G1& p, const Fr& k);
  friend bool operator==(const G1& a, const G1& b) { return blst_p1_is_equal(&a.v_, &b.v_); }
  bool is_infinity() const { return blst_p1_is_inf(&v_); }
  G1Affine affine() const { G1Affine out; blst_p1_to_affine(&out.raw(), &v_); return out; }
  const blst_p1& raw() const { return v_; }
  blst_p1& raw() { return v_; }

 private:
  blst_p1 v_;
};

std::vector<G1Affine> to_affine(std::span<const G1> points);

// sum(scalars[i] * points[i]) by blst's Pippenger, one thread. Variable time: public data only.
G1 msm_vartime(std::span<const G1Affine> points, std::span<const Fr> scalars);

// The same for bases known in advance: the sums of g1_msm.hpp with 128 multiples of P and of 2^64 P kept (25 kB a base). Variable
// time: public data only.
class FixedBases {
 public:
  FixedBases() = default;
  // Points of G1; infinity is allowed, its scalar is ignored.
  explicit FixedBases(std::span<const G1Affine> bases);
  size_t size() const { return size_; }
  G1 msm_vartime(std::span<const Fr> scalars) const;

 private:
  size_t size_ = 0;
  std::vector<size_t> finite_;                 // indices of the bases in the table
  std::vector<blst_p1_affine> table_;          // base, offset (0, 64), multiple 1 .. 128
};

}  // namespace sotto::crypto
