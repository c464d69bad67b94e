// Commitments sum(scalar_i P_i) to fixed bases: tables of 2^(11 j) P_i, signed 11-bit digits, one set of 1024 buckets filled
// by affine additions that share inversions. Our own kernel over blst's field products, for the prover only: the wallet
// verifies its own proof before sending it. Variable time.
//
// Cost of n full-size scalars: 24 n additions of 6 products each and 2 * 1024 for the buckets.
#pragma once
#include "base/parallel.hpp"
#include "crypto/g1.hpp"

namespace sotto::poly {

class CommitTable {
 public:
  static constexpr size_t kWindowBits = 11;
  static constexpr size_t kWindows = 24;                       // 24 * 11 = 264 >= 255 bits and a carry
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
