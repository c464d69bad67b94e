// Fp between blst's six 64-bit limbs and eight limbs of 48 bits held in doubles. The same Montgomery factor, 2^384.
#pragma once
#include <blst.h>

namespace sotto::simd {

inline constexpr int kFpLimbs = 8;
inline constexpr int kFpLimbBits = 48;

// Limbs 0 .. 2^48 - 1.
void fp_to_limbs(const blst_fp& value, double* limbs8);
// Any value within 8 p of zero, limbs whole and below 2^52 in magnitude; the result is canonical.
blst_fp fp_from_limbs(const double* limbs8);

}  // namespace sotto::simd
