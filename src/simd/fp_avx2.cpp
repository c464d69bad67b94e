#include "simd/fp_avx2.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace sotto::simd {

namespace {

constexpr int kBits = 48;
constexpr double kHigh = 0x1.8p100;                    // ulp 2^48: a limb product added to it rounds to its high part
constexpr double kLow = 0x1.8p52;                      // ulp 1: a low part comes out as an integer in the last bits
constexpr uint64_t kOffset = uint64_t{1} << 62;        // keeps columns positive: a logical shift is then the carry ...
constexpr uint64_t kOffsetCarry = uint64_t{1} << 14;   // ... plus this
constexpr uint64_t kHalf = uint64_t{1} << (kBits - 1); // added to a column, its low bits are a digit in [-2^47, 2^47) plus this

template <class T>
using Four = std::array<T, 4>;
template <class T>
constexpr Four<T> four(T v) { return {v, v, v, v}; }

constexpr std::array<double, 8> kP = {0xffffffffaaabp0, 0xb153ffffb9fep0, 0xf6241eabfffep0, 0x6730d2a0f6b0p0,
                                      0x4b84f38512bfp0, 0x434bacd76477p0, 0xe69a4b1ba7b6p0, 0x1a0111ea397fp0};
constexpr double kMinusInverse = -0x300030003p0;       // k = -1/p mod 2^48, signed
constexpr std::array<double, 8> kT = {-0x41f82dfc2dfcp0, -0x3e6c6ffc13f7p0, 0x6e77c19ddd7dp0, 0xaa3b7a01a4cp0,
                                      0x230e985157cp0, 0x73bb5da73874p0, -0x3041960d41a2p0, -0x4e0383c2p0};  // (k p + 1) / 2^48

// Memory operands of the product. Column k starts at minus the constants it is going to collect from kHigh and kLow.
struct alignas(64) Constants {
  Four<double> high, low, centre, inverse;
  Four<uint64_t> mask, magic;
  Four<double> p[8], t[8];
  Four<uint64_t> column[16];
  Four<uint64_t> emit_first, emit, emit_last;
  Four<double> low_part;
};

constexpr Constants make_constants() {
  Constants c{};
  c.high = four(kHigh);
  c.low = four(kHigh + kLow);
  c.centre = four(0x1p52 + static_cast<double>(kHalf));
  c.inverse = four(kMinusInverse);
  c.mask = four((uint64_t{1} << kBits) - 1);
  c.magic = four(std::bit_cast<uint64_t>(0x1p52));
  for (size_t j = 0; j < 8; ++j) {
    c.p[j] = four(kP[j]);
    c.t[j] = four(kT[j]);
  }
  std::array<uint64_t, 17> start{};
  for (size_t i = 0; i < 8; ++i) {
    for (size_t j = 0; j < 8; ++j) {
      const size_t reduced = i + j + (i < 7 ? 1 : 0);      // rows of T stand one column higher
      start[i + j] -= std::bit_cast<uint64_t>(kLow);
      start[i + j + 1] -= std::bit_cast<uint64_t>(kHigh);
      start[reduced] -= std::bit_cast<uint64_t>(kLow);
      start[reduced + 1] -= std::bit_cast<uint64_t>(kHigh);
    }
  }
  for (size_t k = 0; k < 15; ++k) start[k] += kOffset + kHalf;
  for (size_t k = 1; k <= 8; ++k) start[k] -= kOffsetCarry;
  for (size_t k = 0; k < 16; ++k) c.column[k] = four(start[k]);
  const auto low_bits = std::bit_cast<uint64_t>(kLow);
  c.emit_first = four(low_bits - kHalf);
  c.emit = four(low_bits - kHalf - kOffsetCarry);
  c.emit_last = four(low_bits - kOffsetCarry);
  c.low_part = four(kLow);
  return c;
}
constexpr Constants kConstants = make_constants();

}  // namespace

// Registers: 0-9 columns, in rotation; 10 the limb a_i; 11 the quotient digit; 12, 13 the constants; 14, 15 high and low part.
#define REG_(n) "%%ymm" #n
#define REG(n) REG_(n)
#define AT(field, index) "%c[" #field "]+32*(" #index ")(%[k])"

// column lo += low(limb * other), column hi += high(limb * other)
#define PRODUCT(limb, other, lo, hi)                    \
  "vmovapd %%ymm12, %%ymm14\n"                          \
  "vfmadd231pd " other ", %%ymm" #limb ", %%ymm14\n"    \
  "vsubpd %%ymm14, %%ymm13, %%ymm15\n"                  \
  "vfmadd231pd " other ", %%ymm" #limb ", %%ymm15\n"    \
  "vpaddq %%ymm14, " REG(hi) ", " REG(hi) "\n"          \
  "vpaddq %%ymm15, " REG(lo) ", " REG(lo) "\n"
#define B(j, lo, hi) PRODUCT(10, "32*" #j "(%[b])", lo, hi)
#define T(j, lo, hi) PRODUCT(11, AT(t, j), lo, hi)
#define P(j, lo, hi) PRODUCT(11, AT(p, j), lo, hi)

#define LIMB(i) "vmovapd 32*(" #i ")(%[a]), %%ymm10\n"
#define START(k, r) "vmovdqa " AT(column, k) ", " REG(r) "\n"
// The low digit of column r0 as a double, in [-2^47, 2^47).
#define DIGIT(r0)                                       \
  "vpand " AT(mask, 0) ", " REG(r0) ", %%ymm11\n"       \
  "vpor " AT(magic, 0) ", %%ymm11, %%ymm11\n"           \
  "vsubpd " AT(centre, 0) ", %%ymm11, %%ymm11\n"
#define CARRY(r0, r1)                                   \
  "vpsrlq $48, " REG(r0) ", " REG(r0) "\n"              \
  "vpaddq " REG(r0) ", " REG(r1) ", " REG(r1) "\n"
// digit = digit * k mod 2^48, signed
#define TIMES_INVERSE                                   \
  "vmovapd %%ymm12, %%ymm14\n"                          \
  "vfmadd231pd " AT(inverse, 0) ", %%ymm11, %%ymm14\n"  \
  "vsubpd %%ymm14, %%ymm12, %%ymm15\n"                  \
  "vfmadd132pd " AT(inverse, 0) ", %%ymm15, %%ymm11\n"

// Drops column r0 and adds the next limb's row. What the next row waits for (r1) comes first.
#define ROW(i, last, r0, r1, r2, r3, r4, r5, r6, r7, r8, r9)                                                \
  LIMB(i + 1) DIGIT(r0) START(last, r9) CARRY(r0, r1)                                                       \
  B(0, r1, r2) T(0, r1, r2) B(1, r2, r3) T(1, r2, r3) B(2, r3, r4) B(3, r4, r5) B(4, r5, r6) T(2, r3, r4)   \
  T(3, r4, r5) B(5, r6, r7) T(4, r5, r6) B(6, r7, r8) T(5, r6, r7) B(7, r8, r9) T(6, r7, r8) T(7, r8, r9)

#define CARRY_OUT(s, carry)                             \
  "vpsrlq $48, " REG(s) ", " REG(carry) "\n"            \
  "vpand " AT(mask, 0) ", " REG(s) ", " REG(s) "\n"
#define EMIT(j, s, constant)                            \
  "vpaddq " AT(constant, 0) ", " REG(s) ", " REG(s) "\n" \
  "vsubpd " AT(low_part, 0) ", " REG(s) ", " REG(s) "\n" \
  "vmovapd " REG(s) ", 32*" #j "(%[out])\n"
#define ADD(s, carry) "vpaddq " REG(carry) ", " REG(s) ", " REG(s) "\n"

void fp_mul(FpLanes* out, const FpLanes* a, const FpLanes* b) {
  asm volatile(
      "vmovapd " AT(high, 0) ", %%ymm12\n vmovapd " AT(low, 0) ", %%ymm13\n"
      START(0, 0) START(1, 1) START(2, 2) START(3, 3) START(4, 4) START(5, 5) START(6, 6) START(7, 7) START(8, 8)
      LIMB(0)
      B(0, 0, 1) B(1, 1, 2) B(2, 2, 3) B(3, 3, 4) B(4, 4, 5) B(5, 5, 6) B(6, 6, 7) B(7, 7, 8)
      ROW(0, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
      ROW(1, 10, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0)
      ROW(2, 11, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1)
      ROW(3, 12, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2)
      ROW(4, 13, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3)
      ROW(5, 14, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4)
      ROW(6, 15, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5)
      // The last row: a true quotient digit, so that column 7 vanishes and the result fits eight limbs.
      DIGIT(7) TIMES_INVERSE
      P(0, 7, 8) P(1, 8, 9) CARRY(7, 8) P(2, 9, 0) P(3, 0, 1) P(4, 1, 2) P(5, 2, 3) P(6, 3, 4) P(7, 4, 5)
      // Columns 8..15 to signed limbs, every carry passed on once.
      CARRY_OUT(8, 10) EMIT(0, 8, emit_first)
      CARRY_OUT(9, 11) ADD(9, 10) EMIT(1, 9, emit)
      CARRY_OUT(0, 10) ADD(0, 11) EMIT(2, 0, emit)
      CARRY_OUT(1, 11) ADD(1, 10) EMIT(3, 1, emit)
      CARRY_OUT(2, 10) ADD(2, 11) EMIT(4, 2, emit)
      CARRY_OUT(3, 11) ADD(3, 10) EMIT(5, 3, emit)
      CARRY_OUT(4, 10) ADD(4, 11) EMIT(6, 4, emit)
      ADD(5, 10) EMIT(7, 5, emit_last)
      :
      : [out] "r"(out), [a] "r"(a), [b] "r"(b), [k] "r"(&kConstants), [high] "i"(offsetof(Constants, high)),
        [low] "i"(offsetof(Constants, low)), [centre] "i"(offsetof(Constants, centre)),
        [inverse] "i"(offsetof(Constants, inverse)), [mask] "i"(offsetof(Constants, mask)),
        [magic] "i"(offsetof(Constants, magic)), [p] "i"(offsetof(Constants, p)), [t] "i"(offsetof(Constants, t)),
        [column] "i"(offsetof(Constants, column)), [emit_first] "i"(offsetof(Constants, emit_first)),
        [emit] "i"(offsetof(Constants, emit)), [emit_last] "i"(offsetof(Constants, emit_last)),
        [low_part] "i"(offsetof(Constants, low_part))
      : "memory", "ymm0", "ymm1", "ymm2", "ymm3", "ymm4", "ymm5", "ymm6", "ymm7", "ymm8", "ymm9", "ymm10", "ymm11", "ymm12",
        "ymm13", "ymm14", "ymm15");
}

#undef REG_
#undef REG
#undef AT
#undef PRODUCT
#undef B
#undef T
#undef P
#undef LIMB
#undef START
#undef DIGIT
#undef CARRY
#undef TIMES_INVERSE
#undef ROW
#undef CARRY_OUT
#undef EMIT
#undef ADD

}  // namespace sotto::simd
