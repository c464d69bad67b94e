#include "poly/commit.hpp"

namespace sotto::poly {

using crypto::Fr;
using crypto::G1;

CommitTable::CommitTable(std::span<const crypto::G1Affine> points, size_t window_bits, ThreadPool& pool)
    : size_(points.size()), window_bits_(window_bits), table_(points.size() << (window_bits - 1)) {
  constexpr size_t kChunk = 128;
  pool.parallel_for((size_ + kChunk - 1) / kChunk, [&](size_t chunk) {
    const size_t first = chunk * kChunk, count = std::min(kChunk, size_ - first);
    std::vector<const blst_p1_affine*> in(count);
    for (size_t i = 0; i < count; ++i) in[i] = &points[first + i].raw();
    blst_p1s_mult_wbits_precompute(table_.data() + (first << (window_bits_ - 1)), window_bits_, in.data(), count);
  });
}

G1 CommitTable::commit_vartime(std::span<const Fr> scalars, size_t first) const {
  CHECK(first + scalars.size() <= size_);
  G1 out;
  if (scalars.empty()) return out;
  std::vector<blst_scalar> s(scalars.size());
  std::vector<const byte*> bytes(scalars.size());
  for (size_t i = 0; i < s.size(); ++i) {
    s[i] = scalars[i].scalar();
    bytes[i] = s[i].b;
  }
  std::vector<limb_t> scratch(blst_p1s_mult_wbits_scratch_sizeof(s.size()) / sizeof(limb_t));
  blst_p1s_mult_wbits(&out.raw(), table_.data() + (first << (window_bits_ - 1)), window_bits_, s.size(), bytes.data(), 255,
                      scratch.data());
  return out;
}

std::vector<crypto::G1Affine> commit_all(const CommitTable& table, std::span<const std::span<const Fr>> polynomials, ThreadPool& pool) {
  // Whole polynomials when there are plenty, halves when the last round would leave threads idle.
  const size_t pieces = polynomials.size() % pool.threads() == 0 ? 1 : pool.threads();
  std::vector<G1> partial(polynomials.size() * pieces);
  pool.parallel_for(partial.size(), [&](size_t job) {
    const auto poly = polynomials[job / pieces];
    const size_t part = job % pieces, begin = poly.size() * part / pieces, end = poly.size() * (part + 1) / pieces;
    partial[job] = table.commit_vartime(poly.subspan(begin, end - begin), begin);
  });
  std::vector<G1> sums(polynomials.size());
  for (size_t job = 0; job < partial.size(); ++job) sums[job / pieces] += partial[job];
  return crypto::to_affine(sums);
}

}  // namespace sotto::poly
