// Four field elements at a time with the operators of a field, so that the gates' templates run on them (simd/fr_lanes.hpp
// says what sums may be multiplied with each other). Only where the CPU has the lanes.
#pragma once
#include "poly/domain.hpp"
#include "simd/fr_lanes.hpp"

namespace sotto::plonk {

class LaneFr {
 public:
  LaneFr() : v_{} {}
  explicit LaneFr(const crypto::Fr& everywhere) : v_(simd::fr_broadcast(everywhere.raw())) {}
  explicit LaneFr(const simd::FrLanes& v) : v_(v) {}
  static LaneFr of(const crypto::Fr* four) { return LaneFr(simd::fr_pack(&four->raw())); }
  static const LaneFr& one() {
    static const LaneFr value(crypto::Fr::one());
    return value;
  }
  static LaneFr from_u64(uint64_t value) { return LaneFr(crypto::Fr::from_u64(value)); }
  void store(crypto::Fr* four) const { simd::fr_unpack(&four->raw(), v_); }

  friend LaneFr operator+(LaneFr a, const LaneFr& b) { return a += b; }
  friend LaneFr operator-(LaneFr a, const LaneFr& b) { return a -= b; }
  friend LaneFr operator*(LaneFr a, const LaneFr& b) { return a *= b; }
  LaneFr& operator+=(const LaneFr& b) { simd::fr_add(v_, v_, b.v_); return *this; }
  LaneFr& operator-=(const LaneFr& b) { simd::fr_sub(v_, v_, b.v_); return *this; }
  LaneFr& operator*=(const LaneFr& b) { simd::fr_mul(v_, v_, b.v_); return *this; }
  LaneFr square() const { return *this * *this; }
  LaneFr& settle() { simd::fr_settle(v_); return *this; }
  // The four elements after the first of this one: the last comes from `following`.
  LaneFr next(const LaneFr& following) const {
    LaneFr out;
    simd::fr_next(out.v_, v_, following.v_);
    return out;
  }
  // sum a[i] b[index[i]], count <= simd::kMaxDot.
  static LaneFr dot(const LaneFr* a, const LaneFr* b, const uint8_t* index, size_t count) {
    LaneFr out;
    static_assert(sizeof(LaneFr) == sizeof(simd::FrLanes));
    simd::fr_dot(out.v_, &a->v_, &b->v_, index, count);
    return out;
  }

 private:
  simd::FrLanes v_;
};

}  // namespace sotto::plonk

template <>
struct sotto::poly::FieldTraits<sotto::plonk::LaneFr> {
  static sotto::plonk::LaneFr generator() { return sotto::plonk::LaneFr(FieldTraits<crypto::Fr>::generator()); }
};
