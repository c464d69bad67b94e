// The field of 97 elements (96 = 2^5 * 3, coprime to 5), small enough to try everything. For tests only.
#pragma once
#include "poly/domain.hpp"

namespace sotto::plonk {

class F97 {
 public:
  static constexpr uint32_t kOrder = 97;
  constexpr F97() = default;
  static F97 zero() { return {}; }
  static F97 one() { return from_u64(1); }
  static F97 from_u64(uint64_t v) {
    F97 out;
    out.v_ = static_cast<uint32_t>(v % kOrder);
    return out;
  }
  uint32_t value() const { return v_; }
  bool is_zero() const { return v_ == 0; }
  friend bool operator==(const F97&, const F97&) = default;
  friend F97 operator+(const F97& a, const F97& b) { return from_u64(a.v_ + b.v_); }
  friend F97 operator-(const F97& a, const F97& b) { return from_u64(a.v_ + kOrder - b.v_); }
  friend F97 operator*(const F97& a, const F97& b) { return from_u64(a.v_ * b.v_); }
  F97 operator-() const { return F97() - *this; }
  F97& operator+=(const F97& b) { return *this = *this + b; }
  F97& operator-=(const F97& b) { return *this = *this - b; }
  F97& operator*=(const F97& b) { return *this = *this * b; }
  F97 square() const { return *this * *this; }
  F97 inverse() const {  // of 0: 0
    F97 out = one();
    for (uint32_t i = 0; i < kOrder - 2; ++i) out *= *this;
    return out;
  }

 private:
  uint32_t v_ = 0;
};

inline void batch_inverse(std::span<F97> values) {
  for (F97& v : values) v = v.inverse();
}

}  // namespace sotto::plonk

template <>
struct sotto::poly::FieldTraits<sotto::plonk::F97> {
  static constexpr size_t kTwoAdicity = 5;
  static plonk::F97 generator() { return plonk::F97::from_u64(5); }
  static plonk::F97 two_adic_root() { return plonk::F97::from_u64(28); }  // 5^3
};
