// G2 of BLS12-381 and the pairing, over blst. Wire form: 96 bytes compressed (Zcash/IETF).
#pragma once
#include "base/parallel.hpp"
#include "crypto/g1.hpp"

namespace sotto::crypto {

class G2Affine {
 public:
  static constexpr size_t kBytes = 96;
  static const G2Affine& generator();
  // Checks: canonical bytes, on the curve, prime-order subgroup, not infinity.
  static Result<G2Affine, DecodeError> decode(ByteView bytes96);
  static Result<G2Affine, DecodeError> read(Reader& in);
  ByteArray<96> encode() const;
  void write(Writer& out) const { out.raw(encode()); }
  bool is_infinity() const { return blst_p2_affine_is_inf(&v_); }
  friend bool operator==(const G2Affine& a, const G2Affine& b) { return blst_p2_affine_is_equal(&a.v_, &b.v_); }
  G2Affine() : v_{} {}
  explicit G2Affine(const blst_p2_affine& v) : v_(v) {}
  const blst_p2_affine& raw() const { return v_; }
  blst_p2_affine& raw() { return v_; }

 private:
  blst_p2_affine v_;
};

class G2 {
 public:
  G2() : v_{} {}
  explicit G2(const blst_p2& v) : v_(v) {}
  G2(const G2Affine& p) { blst_p2_from_affine(&v_, &p.raw()); }  // NOLINT: implicit by design
  friend G2 operator+(const G2& a, const G2& b) { G2 c; blst_p2_add_or_double(&c.v_, &a.v_, &b.v_); return c; }
  G2& operator+=(const G2& b) { blst_p2_add_or_double(&v_, &v_, &b.v_); return *this; }
  friend G2 operator*(const G2& p, const Fr& k);
  friend bool operator==(const G2& a, const G2& b) { return blst_p2_is_equal(&a.v_, &b.v_); }
  bool is_infinity() const { return blst_p2_is_inf(&v_); }
  G2Affine affine() const { G2Affine out; blst_p2_to_affine(&out.raw(), &v_); return out; }
  const blst_p2& raw() const { return v_; }
  blst_p2& raw() { return v_; }

 private:
  blst_p2 v_;
};

// A G2 point with its Miller-loop lines computed once.
class PreparedG2 {
 public:
  PreparedG2() = default;
  explicit PreparedG2(const G2Affine& q) : lines_(68) { blst_precompute_lines(lines_.data(), &q.raw()); }
  blst_fp12 miller_loop(const G1Affine& p) const {
    blst_fp12 out;
    blst_miller_loop_lines(&out, lines_.data(), &p.raw());
    return out;
  }

 private:
  std::vector<blst_fp6> lines_;
};

// e(a, q) e(b, s) == 1, the two Miller loops on two threads. Infinity contributes 1.
bool pairing_product_is_one(const G1Affine& a, const PreparedG2& q, const G1Affine& b, const PreparedG2& s, ThreadPool& pool);

// product of e(a[i], b[i]) == 1. Infinity on either side contributes 1.
bool pairing_product_is_one(std::span<const G1Affine> a, std::span<const G2Affine> b);

}  // namespace sotto::crypto
