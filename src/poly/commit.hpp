// Commitments sum(scalar_i P_i) to fixed bases: tables of 2^(12 j) P_i, signed 12-bit digits, one set of 2048 buckets filled
// and then weighed by affine additions that share inversions. Our own kernel over blst's field products, for the prover
// only: the wallet verifies its own proof before sending it. Variable time.
//
// Cost of n full-size scalars: 22 n + 2048 additions of 6 products each (and about 200 Jacobian ones).
#pragma once
#include "base/parallel.hpp"
#include "crypto/g1.hpp"

namespace sotto::poly {

class CommitTable {
 public:
  static constexpr size_t kWindowBits = 12;
  static constexpr size_t kWindows = 22;                       // 22 * 12 = 264 >= 255 bits and a carry
  static constexpr size_t kBuckets = size_t{1} << (kWindowBits - 1);

  CommitTable() = default;
  CommitTable(std::span<const crypto::G1Affine> points, ThreadPool& pool);
  size_t size() const { return size_; }
  // Scalars of the points first, first + 1, ...
  crypto::G1 commit_vartime(std::span<const crypto::Fr> scalars, size_t first = 0) const;

 private:
  size_t size_ = 0;
  std::vector<blst_p1_affine> table_;                          // [point][window]
};

// One commitment per polynomial (at most table.size() values each), spread over all threads.
std::vector<crypto::G1Affine> commit_all(const CommitTable& table, std::span<const std::span<const crypto::Fr>> polynomials,
                                         ThreadPool& pool);

}  // namespace sotto::poly
