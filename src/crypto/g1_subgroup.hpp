// Are these points of E(Fp) in the subgroup of prime order r? One check a point (blst's), or for many points 81 checks of random
// sums (docs/adr/0031). Variable time: public data only.
#pragma once
#include "base/parallel.hpp"
#include "crypto/g1.hpp"

namespace sotto::crypto {

// Random sums a batch is replaced by: coefficients -1, 0, 1, so each misses a point outside with probability <= 1/3, and
// 3^-81 < 2^-128.
inline constexpr size_t kSubgroupRounds = 81;

// From how many points on the sums are cheaper than a check of every point.
inline constexpr size_t kSubgroupBatchFrom = 160;

// The test in two steps of independent jobs, so that a caller can run them beside other work:
//   gather(j) for every j < gather_jobs(), then check(j) for every j < check_jobs(), then verdicts().
// `seed` must be unpredictable to whoever chose the points: hashed from all of them together with fresh entropy.
class SubgroupTest {
 public:
  // The points must stay where they are while the test lives. `single`: a check of every point whatever their number.
  SubgroupTest(std::span<const G1Unchecked> points, const Hash32& seed, bool single);
  size_t gather_jobs() const { return jobs_; }
  void gather(size_t job);
  size_t check_jobs() const { return exact_ ? points_.size() : kSubgroupRounds; }
  void check(size_t job) { ok_[job] = exact_ ? points_[job].in_subgroup() : blst_p1_affine_in_g1(&sums_[job]); }
  // One per point. Few points: exact. Many: all true if every sum passed (with one point or more outside: probability at most
  // 2^-128); else every point is checked singly, and the verdicts are exact.
  std::vector<bool> verdicts(ThreadPool& pool) const;

 private:
  std::span<const G1Unchecked> points_;
  Hash32 seed_;
  bool exact_;
  size_t passes_ = 0, jobs_ = 0;
  std::vector<blst_p1_affine> sums_;           // of the rounds; infinity is in the subgroup
  std::vector<uint8_t> ok_;                    // of the checks
};

// The coefficients of `count` points in rounds first .. first + trits - 1, trits <= 9, as one number each: the balanced
// ternary value sum c_t 3^t, uniform in [-(3^trits - 1) / 2, (3^trits - 1) / 2]. Uniform means: as ChaCha20's output under a key
// derived from seed and first, by rejection.
std::vector<int32_t> subgroup_coefficients(const Hash32& seed, size_t first, size_t trits, size_t count);

// out[t] = sum of c_t,i points[i], t < trits, of one or several passes side by side.
struct SubgroupPass {
  size_t trits;
  std::vector<int32_t> coefficients;           // as above, one a point
  std::span<blst_p1_affine> out;               // `trits` points, infinity as (0, 0)
};
void signed_sums_vartime(std::span<const G1Unchecked> points, std::span<SubgroupPass> passes);

}  // namespace sotto::crypto
