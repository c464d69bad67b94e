// Sums of products over the prime-order subgroup, with its endomorphism (Gallant-Lambert-Vanstone): phi(x, y) = (beta x, y) is
// multiplication by lambda = z^2 - 1 on G1 (z the curve's parameter), lambda^2 + lambda + 1 = r, so a scalar is k1 + lambda k2
// with both halves below 2^128, by one division. Additions are affine and share inversions (g1_sums.hpp). Field arithmetic:
// blst_fp_* only. Variable time: public data only.
//
// Outside the subgroup phi is not that multiplication and the results mean nothing; everything is still defined and returns.
// Whoever sums points not yet checked throws the sum away if a check fails.
#pragma once
#include "crypto/g1.hpp"

namespace sotto::crypto {

// k = low + lambda * high, both below 2^128, little-endian words.
struct GlvScalar {
  std::array<uint64_t, 2> low, high;
};
GlvScalar glv_split(const Fr& k);
const Fr& glv_lambda();
// a + lambda b: 2^128 different scalars, all nonzero but one, whose split is (a, b): half the work of a full scalar.
Fr glv_short(uint64_t a, uint64_t b);
blst_p1_affine glv_endomorphism(const blst_p1_affine& p);

// sum of scalar * point, prepared by add(), worked off in independent jobs, put together by sum().
class GlvSum {
 public:
  void reserve(size_t points);
  void add(const blst_p1_affine& point, const Fr& scalar);   // infinity and 0 are fine
  // Once, after the last add(): chooses the method and returns the number of jobs. Same sum for every method.
  enum class Method : uint8_t { cheapest, tables, buckets };
  size_t prepare(Method method = Method::cheapest);
  void run(size_t job);
  G1 sum() const;

 private:
  void sum_by_tables();
  void sum_by_buckets(size_t window);
  struct Term {
    blst_p1_affine point;
    std::array<uint64_t, 3> scalar;            // a half, from prepare() on as signed digits
  };
  std::vector<Term> terms_;                    // two a point: P with k1, phi(P) with k2
  size_t bits_ = 0, width_ = 0, windows_ = 0;
  bool tables_ = false;
  std::vector<G1> window_sums_;
};

// All in one call, on this thread.
G1 msm_glv_vartime(std::span<const G1Affine> points, std::span<const Fr> scalars);

}  // namespace sotto::crypto
