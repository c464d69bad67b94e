// Commitments sum(scalar_i P_i) to fixed bases by precomputed windows (blst's wbits tables). Variable time, used by the
// prover only: the wallet verifies its own proof before sending it.
#pragma once
#include "base/parallel.hpp"
#include "crypto/g1.hpp"

namespace sotto::poly {

class CommitTable {
 public:
  CommitTable() = default;
  // 2^(window_bits - 1) * 96 bytes per point.
  CommitTable(std::span<const crypto::G1Affine> points, size_t window_bits, ThreadPool& pool);
  size_t size() const { return size_; }
  // Scalars of the points first, first + 1, ...
  crypto::G1 commit_vartime(std::span<const crypto::Fr> scalars, size_t first = 0) const;

 private:
  size_t size_ = 0, window_bits_ = 0;
  std::vector<blst_p1_affine> table_;
};

// One commitment per polynomial (at most table.size() values each); work is cut in pieces so that all threads are busy.
std::vector<crypto::G1Affine> commit_all(const CommitTable& table, std::span<const std::span<const crypto::Fr>> polynomials,
                                         ThreadPool& pool);

}  // namespace sotto::poly
