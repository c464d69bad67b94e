// Many sums of affine points of E(Fp): y^2 = x^3 + 4 at once. An affine addition costs one inversion; here hundreds share one
// (Montgomery's trick), which leaves six field products an addition, seven a doubling. Field arithmetic: blst_fp_* only.
// Variable time: public data only.
#pragma once
#include <blst.h>

#include <cstdint>
#include <span>

namespace sotto::crypto {

// points[start .. start + length) to be added up.
struct PointRun {
  uint32_t start = 0, length = 0;
};

// Adds up every run in place: afterwards it has length 1, its sum at points[start], or length 0 if the sum is infinity (as it
// is for an empty run). What stood in the rest of a run is lost. Runs must not overlap and must not contain infinity (0, 0).
//
// Complete: right for any points of E(Fp), of whatever order, equal and opposite ones included, at about the same price, so
// that nobody can make it slow by choosing points. Nothing is assumed of points off the curve but that it returns.
void sum_runs_vartime(std::span<blst_p1_affine> points, std::span<PointRun> runs);

inline bool fp_is_zero(const blst_fp& x) { return (x.l[0] | x.l[1] | x.l[2] | x.l[3] | x.l[4] | x.l[5]) == 0; }
inline bool fp_equal(const blst_fp& a, const blst_fp& b) {
  return ((a.l[0] ^ b.l[0]) | (a.l[1] ^ b.l[1]) | (a.l[2] ^ b.l[2]) | (a.l[3] ^ b.l[3]) | (a.l[4] ^ b.l[4]) | (a.l[5] ^ b.l[5])) == 0;
}

}  // namespace sotto::crypto
