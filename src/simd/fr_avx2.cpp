#include <immintrin.h>

#include <array>
#include <bit>
#include <cstddef>

#include "simd/fr_lanes.hpp"

namespace sotto::simd {

namespace {

constexpr int kBits = 48;
constexpr size_t kLimbs = 6;
constexpr double kHigh = 0x1.8p100, kLow = 0x1.8p52;   // as in fp_avx2.cpp, where they are explained
constexpr uint64_t kOffset = uint64_t{1} << 62, kOffsetCarry = uint64_t{1} << 14, kHalf = uint64_t{1} << (kBits - 1);
constexpr uint64_t kMask = (uint64_t{1} << kBits) - 1;

// r, k = -1/r mod 2^48 and T = (k r + 1) / 2^48, signed limbs.
constexpr std::array<double, kLimbs> kR = {-0xffffffffp0, -0x1a4010000p0, -0x27faac425bfdp0, 0x3339d80809a2p0, -0x58acd66282b8p0, 0x73eep0};
constexpr double kMinusInverse = -0x100000001p0;
constexpr std::array<double, kLimbs> kT = {0x1a4020000p0, -0x7c0853bc0002p0, -0x3cdbb00d5d5fp0, -0x249b5cd75550p0, -0x73eda7539d8bp0, 0x0p0};
// Factors of the conversions: 2^320 and 2^256 mod r, signed limbs.
constexpr std::array<double, kLimbs> kIn = {-0x5d71fede377cp0, -0x38c9c3983672p0, 0x7df1e6f4f4a1p0, -0x4d29143b16d2p0, 0x57949d26242bp0, 0x19aep0};
constexpr std::array<double, kLimbs> kOut = {0x1fffffffep0, 0x348020000p0, 0x4ff55884b7fap0, -0x6673b0101344p0, -0x4ea6533afa90p0, 0x1825p0};

// Column k of a sum of `count` products starts at minus what it will collect from kHigh and kLow.
constexpr auto kStart = [] {
  std::array<std::array<uint64_t, 2 * kLimbs>, kMaxDot + 1> out{};
  const auto high = std::bit_cast<uint64_t>(kHigh), low = std::bit_cast<uint64_t>(kLow);
  for (size_t count = 0; count <= kMaxDot; ++count) {
    std::array<uint64_t, 2 * kLimbs + 1> start{};
    for (size_t i = 0; i < kLimbs; ++i) {
      for (size_t j = 0; j < kLimbs; ++j) {
        const size_t reduced = i + j + (i + 1 < kLimbs ? 1 : 0);
        start[i + j] -= count * low;
        start[i + j + 1] -= count * high;
        start[reduced] -= low;
        start[reduced + 1] -= high;
      }
    }
    for (size_t k = 0; k < 2 * kLimbs - 1; ++k) start[k] += kOffset + kHalf;
    for (size_t k = 1; k <= kLimbs; ++k) start[k] -= kOffsetCarry;
    for (size_t k = 0; k < 2 * kLimbs; ++k) out[count][k] = start[k];
  }
  return out;
}();

template <class T>
using Four = std::array<T, 4>;
template <class T>
constexpr Four<T> four(T v) { return {v, v, v, v}; }

struct alignas(32) Constants {
  Four<double> high, low, centre, inverse;
  Four<uint64_t> mask, magic;
  Four<double> r[kLimbs], t[kLimbs];
  Four<uint64_t> emit_first, emit, emit_last;
  Four<double> low_part;
};
constexpr Constants kConstants = [] {
  Constants c{};
  c.high = four(kHigh);
  c.low = four(kHigh + kLow);
  c.centre = four(0x1p52 + static_cast<double>(kHalf));
  c.inverse = four(kMinusInverse);
  c.mask = four(kMask);
  c.magic = four(std::bit_cast<uint64_t>(0x1p52));
  for (size_t j = 0; j < kLimbs; ++j) {
    c.r[j] = four(kR[j]);
    c.t[j] = four(kT[j]);
  }
  const auto low_bits = std::bit_cast<uint64_t>(kLow);
  c.emit_first = four(low_bits - kHalf);
  c.emit = four(low_bits - kHalf - kOffsetCarry);
  c.emit_last = four(low_bits - kOffsetCarry);
  c.low_part = four(kLow);
  return c;
}();

__m256d load(const FrLanes& v, size_t limb) { return _mm256_load_pd(v.l[limb]); }

// Registers: 0-11 columns, 12 kHigh, 13 a limb or quotient digit, 14 and 15 high and low part. The pattern is fp_avx2.cpp's.
#define REG_(n) "%%ymm" #n
#define REG(n) REG_(n)
#define AT(field, index) "%c[" #field "]+32*(" #index ")(%[k])"
#define PRODUCT(other, lo, hi)                        \
  "vmovapd %%ymm12, %%ymm14\n"                        \
  "vfmadd231pd " other ", %%ymm13, %%ymm14\n"         \
  "vsubpd " AT(low, 0) ", %%ymm14, %%ymm15\n"         \
  "vfmsub231pd " other ", %%ymm13, %%ymm15\n"         \
  "vpaddq %%ymm14, " REG(hi) ", " REG(hi) "\n"        \
  "vpaddq %%ymm15, " REG(lo) ", " REG(lo) "\n"
#define B(j) "32*" #j "(%[p])"
#define ROW(i, c0, c1, c2, c3, c4, c5, c6)                                                                   \
  "vmovapd 32*" #i "(%[a]), %%ymm13\n" PRODUCT(B(0), c0, c1) PRODUCT(B(1), c1, c2) PRODUCT(B(2), c2, c3)     \
  PRODUCT(B(3), c3, c4) PRODUCT(B(4), c4, c5) PRODUCT(B(5), c5, c6)
#define DIGIT(c)                                      \
  "vpand " AT(mask, 0) ", " REG(c) ", %%ymm13\n"      \
  "vpor " AT(magic, 0) ", %%ymm13, %%ymm13\n"         \
  "vsubpd " AT(centre, 0) ", %%ymm13, %%ymm13\n"
#define CARRY(from, to)                               \
  "vpsrlq $48, " REG(from) ", " REG(from) "\n"        \
  "vpaddq " REG(from) ", " REG(to) ", " REG(to) "\n"
#define REDUCE(c0, c1, c2, c3, c4, c5, c6, c7)                                                                     \
  DIGIT(c0) CARRY(c0, c1) PRODUCT(AT(t, 0), c1, c2) PRODUCT(AT(t, 1), c2, c3) PRODUCT(AT(t, 2), c3, c4)            \
  PRODUCT(AT(t, 3), c4, c5) PRODUCT(AT(t, 4), c5, c6) PRODUCT(AT(t, 5), c6, c7)
#define TIMES_INVERSE                                 \
  "vmovapd %%ymm12, %%ymm14\n"                        \
  "vfmadd231pd " AT(inverse, 0) ", %%ymm13, %%ymm14\n" \
  "vsubpd %%ymm14, %%ymm12, %%ymm15\n"                \
  "vfmadd132pd " AT(inverse, 0) ", %%ymm15, %%ymm13\n"
#define CARRY_OUT(c, carry)                           \
  "vpsrlq $48, " REG(c) ", " REG(carry) "\n"          \
  "vpand " AT(mask, 0) ", " REG(c) ", " REG(c) "\n"
#define ADD(c, carry) "vpaddq " REG(carry) ", " REG(c) ", " REG(c) "\n"
#define EMIT(j, c, constant)                          \
  "vpaddq " AT(constant, 0) ", " REG(c) ", " REG(c) "\n" \
  "vsubpd " AT(low_part, 0) ", " REG(c) ", " REG(c) "\n" \
  "vmovapd " REG(c) ", 32*" #j "(%[out])\n"
#define START(k) "vpbroadcastq 8*" #k "(%[start]), %%ymm" #k "\n"

// out = sum of a[i] b[index[i]], count > 0.
void sum_of_products(FrLanes& out, const FrLanes* a, const FrLanes* b, const uint8_t* index, size_t count) {
  const uint64_t* const start = kStart[count].data();
  static_assert(sizeof(FrLanes) == 192);
  size_t p;
  asm volatile(
      START(0) START(1) START(2) START(3) START(4) START(5) START(6) START(7) START(8) START(9) START(10) START(11)
      "vmovapd " AT(high, 0) ", %%ymm12\n"
      "1:\n"
      "movzbl (%[index]), %k[p]\n"
      "imul $192, %[p], %[p]\n"
      "add %[b], %[p]\n"
      "dec %[count]\n"
      "jz 2f\n"
      ROW(0, 0, 1, 2, 3, 4, 5, 6) ROW(1, 1, 2, 3, 4, 5, 6, 7) ROW(2, 2, 3, 4, 5, 6, 7, 8) ROW(3, 3, 4, 5, 6, 7, 8, 9)
      ROW(4, 4, 5, 6, 7, 8, 9, 10) ROW(5, 5, 6, 7, 8, 9, 10, 11)
      "add $192, %[a]\n"
      "inc %[index]\n"
      "jmp 1b\n"
      "2:\n"   // the last one: its rows fill the time the reduction's steps wait for each other
      ROW(0, 0, 1, 2, 3, 4, 5, 6) ROW(1, 1, 2, 3, 4, 5, 6, 7)
      REDUCE(0, 1, 2, 3, 4, 5, 6, 7) ROW(2, 2, 3, 4, 5, 6, 7, 8)
      REDUCE(1, 2, 3, 4, 5, 6, 7, 8) ROW(3, 3, 4, 5, 6, 7, 8, 9)
      REDUCE(2, 3, 4, 5, 6, 7, 8, 9) ROW(4, 4, 5, 6, 7, 8, 9, 10)
      REDUCE(3, 4, 5, 6, 7, 8, 9, 10) ROW(5, 5, 6, 7, 8, 9, 10, 11)
      REDUCE(4, 5, 6, 7, 8, 9, 10, 11)
      DIGIT(5) TIMES_INVERSE
      PRODUCT(AT(r, 0), 5, 6) PRODUCT(AT(r, 1), 6, 7) CARRY(5, 6) PRODUCT(AT(r, 2), 7, 8) PRODUCT(AT(r, 3), 8, 9)
      PRODUCT(AT(r, 4), 9, 10) PRODUCT(AT(r, 5), 10, 11)
      CARRY_OUT(6, 0) EMIT(0, 6, emit_first)
      CARRY_OUT(7, 1) ADD(7, 0) EMIT(1, 7, emit)
      CARRY_OUT(8, 0) ADD(8, 1) EMIT(2, 8, emit)
      CARRY_OUT(9, 1) ADD(9, 0) EMIT(3, 9, emit)
      CARRY_OUT(10, 0) ADD(10, 1) EMIT(4, 10, emit)
      ADD(11, 0) EMIT(5, 11, emit_last)
      : [a] "+r"(a), [index] "+r"(index), [count] "+r"(count), [p] "=&r"(p)
      : [b] "r"(b), [k] "r"(&kConstants), [start] "r"(start), [out] "r"(&out), [high] "i"(offsetof(Constants, high)),
        [low] "i"(offsetof(Constants, low)), [centre] "i"(offsetof(Constants, centre)),
        [inverse] "i"(offsetof(Constants, inverse)), [mask] "i"(offsetof(Constants, mask)),
        [magic] "i"(offsetof(Constants, magic)), [r] "i"(offsetof(Constants, r)), [t] "i"(offsetof(Constants, t)),
        [emit_first] "i"(offsetof(Constants, emit_first)), [emit] "i"(offsetof(Constants, emit)),
        [emit_last] "i"(offsetof(Constants, emit_last)), [low_part] "i"(offsetof(Constants, low_part))
      : "memory", "cc", "ymm0", "ymm1", "ymm2", "ymm3", "ymm4", "ymm5", "ymm6", "ymm7", "ymm8", "ymm9", "ymm10", "ymm11",
        "ymm12", "ymm13", "ymm14", "ymm15");
}

#undef REG_
#undef REG
#undef AT
#undef PRODUCT
#undef B
#undef ROW
#undef DIGIT
#undef CARRY
#undef REDUCE
#undef TIMES_INVERSE
#undef CARRY_OUT
#undef ADD
#undef EMIT
#undef START

constexpr FrLanes constant(const std::array<double, kLimbs>& limbs) {
  FrLanes out{};
  for (size_t j = 0; j < kLimbs; ++j)
    for (double& lane : out.l[j]) lane = limbs[j];
  return out;
}
constexpr FrLanes kInLanes = constant(kIn), kOutLanes = constant(kOut);

constexpr uint64_t kModulus[4] = {0xffffffff00000001, 0x53bda402fffe5bfe, 0x3339d80809a1d805, 0x73eda753299d7d48};

// a - b if that is not negative.
void subtract_if_not_below(uint64_t a[4], const uint64_t b[4]) {
  uint64_t difference[4];
  unsigned long long borrow = 0;
  for (int i = 0; i < 4; ++i) {
    unsigned long long first = 0, second = 0;
    const bool b1 = __builtin_usubll_overflow(a[i], b[i], &first);
    const bool b2 = __builtin_usubll_overflow(first, borrow, &second);
    difference[i] = second;
    borrow = b1 || b2;
  }
  if (borrow) return;
  for (int i = 0; i < 4; ++i) a[i] = difference[i];
}

}  // namespace

FrLanes fr_pack(const blst_fr* four) {
  FrLanes out;
  for (size_t lane = 0; lane < 4; ++lane) {
    for (size_t j = 0; j < kLimbs; ++j) {
      const size_t bit = kBits * j, at = bit / 64, shift = bit % 64;
      uint64_t limb = at < 4 ? four[lane].l[at] >> shift : 0;
      if (shift > 64 - kBits && at + 1 < 4) limb |= four[lane].l[at + 1] << (64 - shift);
      out.l[j][lane] = static_cast<double>(limb & kMask);
    }
  }
  fr_mul(out, out, kInLanes);
  return out;
}

void fr_unpack(blst_fr* four, const FrLanes& v) {
  FrLanes plain;
  fr_mul(plain, v, kOutLanes);                          // within r of zero
  for (size_t lane = 0; lane < 4; ++lane) {
    uint64_t sum[5] = {};
    int64_t carry = 0;
    for (size_t j = 0; j < kLimbs; ++j) {
      const size_t bit = kBits * j, at = bit / 64, shift = bit % 64;
      uint64_t r_limb = at < 4 ? kModulus[at] >> shift : 0;
      if (shift > 64 - kBits && at + 1 < 4) r_limb |= kModulus[at + 1] << (64 - shift);
      const int64_t total = carry + static_cast<int64_t>(plain.l[j][lane]) + static_cast<int64_t>(r_limb & kMask);
      carry = total >> kBits;
      const uint64_t low = static_cast<uint64_t>(total) & kMask;
      sum[at] |= low << shift;
      if (shift > 64 - kBits) sum[at + 1] |= low >> (64 - shift);
    }
    subtract_if_not_below(sum, kModulus);
    for (int i = 0; i < 4; ++i) four[lane].l[i] = sum[i];
  }
}

void fr_add(FrLanes& out, const FrLanes& a, const FrLanes& b) {
  for (size_t j = 0; j < kLimbs; ++j) _mm256_store_pd(out.l[j], _mm256_add_pd(load(a, j), load(b, j)));
}

void fr_sub(FrLanes& out, const FrLanes& a, const FrLanes& b) {
  for (size_t j = 0; j < kLimbs; ++j) _mm256_store_pd(out.l[j], _mm256_sub_pd(load(a, j), load(b, j)));
}

void fr_mul(FrLanes& out, const FrLanes& a, const FrLanes& b) {
  const uint8_t zero = 0;
  sum_of_products(out, &a, &b, &zero, 1);
}

void fr_butterfly(FrLanes& x, FrLanes& y, const FrLanes& w) {
  FrLanes t;
  fr_mul(t, y, w);
  for (size_t j = 0; j < kLimbs; ++j) {
    const __m256d u = load(x, j), v = load(t, j);
    _mm256_store_pd(x.l[j], _mm256_add_pd(u, v));
    _mm256_store_pd(y.l[j], _mm256_sub_pd(u, v));
  }
}

void fr_dot(FrLanes& out, const FrLanes* a, const FrLanes* b, const uint8_t* index, size_t count) {
  if (count == 0) {
    out = FrLanes{};
    return;
  }
  sum_of_products(out, a, b, index, count);
}

void fr_settle(FrLanes& v) {
  // Every limb rounded to a multiple of 2^48, which goes to the next one.
  const __m256d magic = _mm256_set1_pd(kHigh), scale = _mm256_set1_pd(0x1p-48);
  __m256d carry = _mm256_setzero_pd();
  for (size_t j = 0; j + 1 < kLimbs; ++j) {
    const __m256d limb = load(v, j), high = _mm256_sub_pd(_mm256_add_pd(limb, magic), magic);
    _mm256_store_pd(v.l[j], _mm256_fmadd_pd(carry, scale, _mm256_sub_pd(limb, high)));
    carry = high;
  }
  _mm256_store_pd(v.l[kLimbs - 1], _mm256_fmadd_pd(carry, scale, load(v, kLimbs - 1)));
}

void fr_next(FrLanes& out, const FrLanes& a, const FrLanes& b) {
  for (size_t j = 0; j < kLimbs; ++j) {
    const __m256d mixed = _mm256_blend_pd(load(a, j), load(b, j), 1);       // b0 a1 a2 a3
    _mm256_store_pd(out.l[j], _mm256_permute4x64_pd(mixed, 0x39));          // a1 a2 a3 b0
  }
}

void fr_transpose(FrLanes* four) {
  for (size_t j = 0; j < kLimbs; ++j) {
    const __m256d r0 = load(four[0], j), r1 = load(four[1], j), r2 = load(four[2], j), r3 = load(four[3], j);
    const __m256d a = _mm256_unpacklo_pd(r0, r1), b = _mm256_unpackhi_pd(r0, r1);
    const __m256d c = _mm256_unpacklo_pd(r2, r3), d = _mm256_unpackhi_pd(r2, r3);
    _mm256_store_pd(four[0].l[j], _mm256_permute2f128_pd(a, c, 0x20));
    _mm256_store_pd(four[1].l[j], _mm256_permute2f128_pd(b, d, 0x20));
    _mm256_store_pd(four[2].l[j], _mm256_permute2f128_pd(a, c, 0x31));
    _mm256_store_pd(four[3].l[j], _mm256_permute2f128_pd(b, d, 0x31));
  }
}

}  // namespace sotto::simd
