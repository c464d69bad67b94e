#include "simd/fp_limbs.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace sotto::simd {

namespace {
constexpr uint64_t kMask = (uint64_t{1} << kFpLimbBits) - 1;
constexpr std::array<uint64_t, 7> kP = {0xb9feffffffffaaab, 0x1eabfffeb153ffff, 0x6730d2a0f6b0f624,
                                        0x64774b84f38512bf, 0x4b1ba7b6434bacd7, 0x1a0111ea397fe69a, 0};

// Bits [48 j, 48 j + 48) of a number of 64-bit limbs.
template <class Limbs>
uint64_t slice(const Limbs& limbs, size_t count, size_t j) {
  const size_t bit = kFpLimbBits * j, limb = bit / 64, shift = bit % 64;
  if (limb >= count) return 0;
  uint64_t out = limbs[limb] >> shift;
  if (shift > 64 - kFpLimbBits && limb + 1 < count) out |= limbs[limb + 1] << (64 - shift);
  return out & kMask;
}

// a - b; the borrow.
bool subtract(std::array<uint64_t, 7>& a, const std::array<uint64_t, 7>& b) {
  unsigned long long borrow = 0;
  for (size_t i = 0; i < 7; ++i) {
    unsigned long long d = 0, e = 0;
    const bool first = __builtin_usubll_overflow(a[i], b[i], &d);
    const bool second = __builtin_usubll_overflow(d, borrow, &e);
    a[i] = e;
    borrow = first || second;
  }
  return borrow != 0;
}

std::array<uint64_t, 7> shifted_p(unsigned bits) {
  std::array<uint64_t, 7> out{};
  for (size_t i = 0; i < 7; ++i) out[i] = kP[i] << bits | (i && bits ? kP[i - 1] >> (64 - bits) : 0);
  return out;
}
}  // namespace

void fp_to_limbs(const blst_fp& value, double* limbs8) {
  for (size_t j = 0; j < kFpLimbs; ++j) limbs8[j] = static_cast<double>(slice(value.l, 6, j));
}

blst_fp fp_from_limbs(const double* limbs8) {
  // value + 8 p, which is in [0, 16 p), with carries settled; then multiples of p come off.
  const auto offset = shifted_p(3);
  std::array<uint64_t, 7> sum{};
  int64_t carry = 0;
  for (size_t j = 0; j < 9; ++j) {
    const int64_t limb = j < kFpLimbs ? static_cast<int64_t>(limbs8[j]) : 0;
    const int64_t total = carry + limb + static_cast<int64_t>(slice(offset, 7, j));
    carry = total >> kFpLimbBits;
    const uint64_t low = static_cast<uint64_t>(total) & kMask;
    const size_t bit = kFpLimbBits * j, at = bit / 64, shift = bit % 64;
    sum[at] |= low << shift;
    if (shift > 64 - kFpLimbBits && at + 1 < 7) sum[at + 1] |= low >> (64 - shift);
  }
  for (int bits = 3; bits >= 0; --bits) {
    auto less = sum;
    if (!subtract(less, shifted_p(static_cast<unsigned>(bits)))) sum = less;
  }
  blst_fp out;
  std::copy_n(sum.begin(), 6, out.l);
  return out;
}

}  // namespace sotto::simd
