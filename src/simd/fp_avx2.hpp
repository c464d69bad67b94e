// Four elements of Fp in the lanes of eight AVX2 registers, one 48-bit limb a register, limbs as doubles.
//
// A product of two limbs is split exactly into high and low parts by two fused multiply-adds (h = ab + c rounds at 2^48
// because of c's exponent; ab - h is exact): the two-FMA splitting of Dekker, as used for integer products by Emmart,
// Zheng and Weems, "Faster modular exponentiation using double precision floating point arithmetic on the GPU" (ARITH 2018).
// Reduction is Montgomery's with Orup's quotient shortcut ("Simplifying quotient determination in high-radix modular
// multiplication", ARITH 1995): seven rows add x * T with T = (k p + 1) / 2^48, k = -1/p mod 2^48, x the low limb itself, and
// only the last row needs a product to find its quotient digit. The chain from row to row is then short enough for the
// additions of the other operand's rows to hide it.
//
// Bounds. With |a| <= A p, |b| <= B p: |result| <= (0.1016 A B + 0.75) p, limbs within 2^47 + 2^10. Operands' limbs: products of two
// limbs must stay below 2^99, e.g. 2^49 by 2^49.
#pragma once
#include <immintrin.h>

namespace sotto::simd {

struct FpLanes {
  __m256d l[8];
};

// *out = a b / 2^384 mod p, lane by lane. out may be a or b. To be called only from code compiled for AVX2 and FMA.
void fp_mul(FpLanes* out, const FpLanes* a, const FpLanes* b);

}  // namespace sotto::simd
