#include <array>
#include <cstring>

#include "simd/fp_ifma.hpp"

namespace sotto::simd {

constinit const IfmaConstants kIfmaConstants = {
    {0xeffffffffaaab, 0xfeb153ffffb9f, 0x6b0f6241eabff, 0x12bf6730d2a0f,
     0x764774b84f385, 0x1ba7b6434bacd, 0x1ea397fe69a4b, 0x1a011},
    {0x04be07d2027cb, 0xd7786e39002d4, 0xf51047083c4dd, 0x96079a7670223,
     0x04ca513044b79, 0x6615d3780ea11, 0xf9a5623d6a279, 0x6803},
    0x3fffcfffcfffd,
};

namespace {

constexpr auto& kP = kIfmaConstants.p;
constexpr uint64_t kMask = (uint64_t{1} << 52) - 1;
// Powers of two for blst_fp_mul, which divides by 2^384.
blst_fp power_of_two(unsigned exponent) {
  const uint64_t one[6] = {1};
  blst_fp out;
  blst_fp_from_uint64(&out, one);
  for (unsigned i = 0; i < exponent; ++i) blst_fp_add(&out, &out, &out);
  return out;
}
struct Factors {
  blst_fp up = power_of_two(32), down, both = power_of_two(64);
  Factors() { blst_fp_eucl_inverse(&down, &up); }
};
const Factors& factors() {
  static const Factors constants;
  return constants;
}

// A number of six 64-bit limbs below 2^384 in 52-bit limbs; and back, canonical, from at most 2 p.
void slice(const blst_fp& value, uint64_t* limbs) {
  for (size_t j = 0; j < 8; ++j) {
    const size_t bit = 52 * j, at = bit / 64, shift = bit % 64;
    uint64_t out = value.l[at] >> shift;
    if (shift > 12 && at + 1 < 6) out |= value.l[at + 1] << (64 - shift);
    limbs[j] = out & kMask;
  }
}
blst_fp join(const uint64_t* limbs) {
  std::array<uint64_t, 8> v;
  std::memcpy(v.data(), limbs, sizeof v);
  for (int round = 0; round < 2; ++round) {
    std::array<uint64_t, 8> less;
    int64_t borrow = 0;
    for (size_t j = 0; j < 8; ++j) {
      const int64_t limb = static_cast<int64_t>(v[j] - kP[j]) + borrow;
      less[j] = static_cast<uint64_t>(limb) & kMask;
      borrow = limb >> 52;
    }
    if (borrow == 0) v = less;
  }
  blst_fp out{};
  for (size_t j = 0; j < 8; ++j) {
    const size_t bit = 52 * j, at = bit / 64, shift = bit % 64;
    out.l[at] |= v[j] << shift;
    if (shift > 12 && at + 1 < 6) out.l[at + 1] |= v[j] >> (64 - shift);
  }
  return out;
}

// The eight inverses by one inversion; false if a lane is 0 mod p. A lane d 2^416 is d 2^32 to blst; its inverse has
// to be multiplied by 2^64 to be d^-1 2^416, once for each lane and so once for the product of them all.
bool invert(uint64_t* out, const uint64_t* words) {
  blst_fp x[8], prefix[8];
  for (size_t lane = 0; lane < 8; ++lane) {
    uint64_t limbs[8];
    for (size_t j = 0; j < 8; ++j) limbs[j] = words[8 * j + lane];
    x[lane] = join(limbs);
    if (lane == 0) prefix[0] = x[0];
    else blst_fp_mul(&prefix[lane], &prefix[lane - 1], &x[lane]);
  }
  const blst_fp& all = prefix[7];
  if ((all.l[0] | all.l[1] | all.l[2] | all.l[3] | all.l[4] | all.l[5]) == 0) return false;
  blst_fp inverse;
  blst_fp_eucl_inverse(&inverse, &all);
  blst_fp_mul(&inverse, &inverse, &factors().both);
  for (size_t lane = 8; lane-- > 0;) {
    blst_fp own = inverse;
    if (lane > 0) {
      blst_fp_mul(&own, &inverse, &prefix[lane - 1]);
      blst_fp_mul(&inverse, &inverse, &x[lane]);
    }
    uint64_t limbs[8];
    slice(own, limbs);
    for (size_t j = 0; j < 8; ++j) out[8 * j + lane] = limbs[j];
  }
  return true;
}

}  // namespace

IfmaPairs::IfmaPairs() : IfmaPairs(kIfmaReal) {}
IfmaPairs::IfmaPairs(const IfmaCode& code) : code_(code), scratch_(std::make_unique<IfmaScratch>()) {}
IfmaPairs::~IfmaPairs() = default;
EmulatedIfmaPairs::EmulatedIfmaPairs() : IfmaPairs(kIfmaEmulated) {}

IfmaPairs::Point IfmaPairs::pack(const blst_p1_affine& p) {
  blst_fp x, y;
  blst_fp_mul(&x, &p.x, &factors().up);
  blst_fp_mul(&y, &p.y, &factors().up);
  Point out;
  slice(x, out.x);
  slice(y, out.y);
  return out;
}

blst_p1_affine IfmaPairs::unpack(const Point& p) {
  blst_p1_affine out;
  out.x = join(p.x);
  out.y = join(p.y);
  blst_fp_mul(&out.x, &out.x, &factors().down);
  blst_fp_mul(&out.y, &out.y, &factors().down);
  return out;
}

void IfmaPairs::negate(Point& p) {
  int64_t carry = 0;
  for (size_t j = 0; j < 8; ++j) {
    const int64_t limb = static_cast<int64_t>(2 * kP[j] - p.y[j]) + carry;
    p.y[j] = static_cast<uint64_t>(limb) & kMask;
    carry = limb >> 52;
  }
}

bool IfmaPairs::add(const Pair<Point>* pairs, size_t count) {
  if (count == 0) return true;
  auto& s = *scratch_;
  // Lanes left over repeat the call's first pair. The last vector is written first: until then the pair is as it was.
  const size_t vectors = (count + 7) / 8, whole = 8 * (vectors - 1);
  for (size_t i = 0; i < 8; ++i) {
    s.last[i] = whole + i < count ? pairs[whole + i] : pairs[0];
    if (whole + i >= count) s.last[i].to = &s.unused;
  }
  code_.differences(s, pairs, vectors);
  if (!invert(s.inverse, s.prefix[vectors - 1])) return false;
  code_.sums(s, pairs, vectors);
  return true;
}

}  // namespace sotto::simd
