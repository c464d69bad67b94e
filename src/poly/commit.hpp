// Commitments sum(scalar_i P_i) to fixed bases: tables of 2^(12 j) P_i, signed 12-bit digits, one set of 2048 buckets filled
// and then weighed by affine additions that share inversions. Our own kernels (simd/pairs.hpp), for the prover only: the wallet
// verifies its own proof before sending it. Variable time. Every kernel gives the same points.
//
// Cost of n full-size scalars: 22 n + 2048 additions of 6 products each (and about 200 Jacobian ones).
#pragma once
#include "base/parallel.hpp"
#include "crypto/g1.hpp"
#include "simd/cpu.hpp"

namespace sotto::poly {

class CommitTable {
 public:
  static constexpr size_t kWindowBits = 12;
  static constexpr size_t kWindows = 22;                       // 22 * 12 = 264 >= 255 bits and a carry
  static constexpr size_t kBuckets = size_t{1} << (kWindowBits - 1);
  static constexpr size_t kAlignment = 64;

  CommitTable() = default;
  CommitTable(std::span<const crypto::G1Affine> points, ThreadPool& pool, simd::Kernel kernel = simd::best_kernel());
  // A table made earlier by the same kernel for as many points: table_bytes() bytes as bytes() gave them, aligned.
  CommitTable(simd::Kernel kernel, size_t points, std::shared_ptr<const void> memory);

  size_t size() const { return size_; }
  simd::Kernel kernel() const { return kernel_; }
  static size_t table_bytes(simd::Kernel kernel, size_t points);
  ByteView bytes() const { return {static_cast<const uint8_t*>(table_.get()), table_bytes(kernel_, size_)}; }

  // Scalars of the points first, first + 1, ...
  crypto::G1 commit_vartime(std::span<const crypto::Fr> scalars, size_t first = 0) const;

 private:
  simd::Kernel kernel_ = simd::Kernel::portable;
  size_t size_ = 0;
  std::shared_ptr<const void> table_;                          // the kernel's points: [point][window]
};

// One commitment per polynomial (at most table.size() values each), spread over all threads.
std::vector<crypto::G1Affine> commit_all(const CommitTable& table, std::span<const std::span<const crypto::Fr>> polynomials,
                                         ThreadPool& pool);

}  // namespace sotto::poly
