// Four elements of Fr, the scalar field of BLS12-381, in the lanes of AVX2 registers: what the prover evaluates its quotient with.
// Six signed limbs of 48 bits in doubles, Montgomery factor 2^288; products as in fp_avx2.hpp. For the prover only. Only where
// runs_here(Kernel::avx2).
//
// Factor 2^288 leaves 33 bits above r: sums and differences are limb by limb and nothing is reduced between products. What has to
// hold is in the limbs: with A and B the numbers of products (or converted values) that were added up to make two operands, A B <= 32;
// a product's own value is within 0.51 r plus 2^-33 of the product of the operands' values.
#pragma once
#include <blst.h>

#include <cstddef>
#include <cstdint>

namespace sotto::simd {

struct alignas(32) FrLanes {
  double l[6][4];      // [limb][lane]
};

// From and to canonical Montgomery form (factor 2^256), as blst keeps it.
FrLanes fr_pack(const blst_fr* four);
void fr_unpack(blst_fr* four, const FrLanes& v);
inline FrLanes fr_broadcast(const blst_fr& v) {
  const blst_fr four[4] = {v, v, v, v};
  return fr_pack(four);
}

// out may be an operand, here and below.
void fr_add(FrLanes& out, const FrLanes& a, const FrLanes& b);
void fr_sub(FrLanes& out, const FrLanes& a, const FrLanes& b);
void fr_mul(FrLanes& out, const FrLanes& a, const FrLanes& b);
// (x, y) <- (x + w y, x - w y)
void fr_butterfly(FrLanes& x, FrLanes& y, const FrLanes& w);
// out = sum of a[i] * b[index[i]], reduced once. count <= kMaxDot.
inline constexpr size_t kMaxDot = 40;
void fr_dot(FrLanes& out, const FrLanes* a, const FrLanes* b, const uint8_t* index, size_t count);
// The same value with limbs as a product's, from a sum of up to 32.
void fr_settle(FrLanes& v);
// (a0 a1 a2 a3), (b0 b1 b2 b3) -> (a1 a2 a3 b0): each lane's neighbour in a sequence of lanes.
void fr_next(FrLanes& out, const FrLanes& a, const FrLanes& b);
// Four elements as a 4 x 4 matrix over the lanes, transposed in place.
void fr_transpose(FrLanes* four);

}  // namespace sotto::simd
