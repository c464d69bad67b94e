// build/bench_layout: what the shape of the circuits costs (docs/spec/proof-system.md, section 1). The same 10,240 wire cells as
// 512 x 20, 1024 x 10 and 2048 x 5: commitments, transforms and verification with the product's own kernels. Gate
// evaluation touches as many cells in every shape and is left out.
#include <cstdio>

#include "bench/measure.hpp"
#include "circuit/random_statement.hpp"
#include "poly/commit.hpp"
#include "poly/domain.hpp"
#include "poly/srs.hpp"

using namespace sotto;
using crypto::Fr;

namespace {

template <class F>
double median_ms(size_t runs, F f) {
  return bench::sample(1, runs, bench::cpu_ms, f).median();
}

}  // namespace

int main() {
  ThreadPool one(1);
  circuit::SeededEntropy random(1);
  const auto srs = poly::load_srs(SOTTO_SOURCE_DIR "/data/srs.bin", 2049, one);
  if (!srs.ok()) {
    std::fprintf(stderr, "%s\n", srs.error().what.c_str());
    return 1;
  }
  constexpr size_t kFixedPoints = 25, kBatch = 64;
  std::printf("CPU ms on one thread (medians)\n%12s %7s %7s %9s %9s %9s %12s %14s\n", "n x columns", "points", "bytes", "commit", "transform",
              "prove", "verify", "verify in 64");
  for (const auto& [log_n, columns, reach] : {std::array<size_t, 3>{9, 20, 12}, {10, 10, 6}, {11, 5, 5}}) {
    const size_t n = size_t{1} << log_n, points = columns + 8, scalars = columns + reach + 4;
    const poly::CommitTable table(std::span(srs->g1).first(n), one);
    const poly::Domain<Fr> domain(log_n);
    std::vector<Fr> column(n);
    for (Fr& x : column) x = random.fr();
    const double commit = median_ms(9, [&] { (void)table.commit_vartime(column); }) * static_cast<double>(points);
    // Each of columns + z: one inverse transform and five cosets; the quotient: five inverse.
    const double transform = median_ms(9, [&] { domain.ntt(column); }) * static_cast<double>(6 * (columns + 1) + 5);
    const auto encoded = srs->g1[5].encode();
    const double decode = median_ms(50, [&] { (void)crypto::G1Affine::decode(encoded); }) * static_cast<double>(points);
    const std::vector<crypto::G1Affine> fixed(srs->g1.begin(), srs->g1.begin() + kFixedPoints);
    const crypto::FixedBases bases(fixed);
    std::vector<Fr> weights(points * kBatch);
    for (Fr& x : weights) x = random.fr();
    const double fixed_sum = median_ms(9, [&] { (void)bases.msm_vartime(std::span(weights).first(kFixedPoints)); });
    const auto own = [&](size_t count) {
      return median_ms(9, [&] { (void)crypto::msm_vartime(std::span(srs->g1).first(count), std::span(weights).first(count)); });
    };
    const crypto::PreparedG2 q(srs->g2), s(srs->tau_g2);
    const double pairing = median_ms(9, [&] { (void)crypto::pairing_product_is_one(srs->g1[1], q, srs->g1[2], s, one); });
    const double single = decode + fixed_sum + own(points) + own(2) + pairing;
    const double batched = decode + (fixed_sum + own(points * kBatch) + own(2 * kBatch) + pairing) / kBatch;
    std::printf("%6zu x %-3zu %7zu %7zu %9.1f %9.1f %9.1f %12.2f %14.2f\n", n, columns, points, points * 48 + scalars * 32, commit, transform,
                commit + transform, single, batched);
  }
  return 0;
}
