// What proofs are made of, one thread: field products, a transform, a hash, a commitment.
#include "bench/measure.hpp"
#include "bench/report.hpp"
#include "crypto/poseidon2.hpp"
#include "poly/commit.hpp"
#include "poly/domain.hpp"

namespace sotto::bench {
namespace {

using crypto::Fr;

Fr scattered(uint64_t i) { return (Fr::from_u64(i + 2).inverse() + Fr::from_u64(i)).pow5(); }

// CPU time of one of `repeats` calls of job, in ms.
template <class Job>
double each_ms(size_t samples, size_t repeats, Job&& job) {
  return sample(1, samples, cpu_ms, [&] {
           for (size_t i = 0; i < repeats; ++i) job();
         }).median() / static_cast<double>(repeats);
}

// Eight independent chains, as in the loops of the prover: throughput, not latency.
template <class T, class Multiply>
double product_ns(size_t samples, std::array<T, 8> x, const T& y, Multiply multiply) {
  const double ms = each_ms(samples, 20'000, [&] {
    for (T& v : x) multiply(v, y);
  });
  keep(x);
  return ms / 8 * 1e6;
}

double commit_ms(size_t samples, simd::Kernel kernel, std::span<const Fr> scalars) {
  std::vector<crypto::G1> sums;
  for (uint64_t i = 0; i < scalars.size(); ++i) sums.push_back(crypto::G1::generator() * scattered(i));
  ThreadPool pool(1);
  const poly::CommitTable table(crypto::to_affine(sums), pool, kernel);
  return each_ms(samples, 1, [&] { keep(table.commit_vartime(scalars)); });
}

}  // namespace

void measure_parts(const Options& options, Report& report) {
  const size_t samples = options.quick ? 3 : 31;
  std::vector<Fr> values;
  for (uint64_t i = 0; i < 1024; ++i) values.push_back(scattered(i + 5000));

  std::array<Fr, 8> fr;
  std::array<blst_fp, 8> fp;
  for (uint64_t i = 0; i < 8; ++i) {
    fr[i] = values[i];
    fp[i] = (crypto::G1::generator() * values[i]).affine().raw().x;
  }
  report["fr_mul_ns"] = product_ns(samples, fr, values[8], [](Fr& a, const Fr& b) { a *= b; });
  report["fp_mul_ns"] = product_ns(samples, fp, fp[1], [](blst_fp& a, const blst_fp& b) { blst_fp_mul(&a, &a, &b); });

  const poly::Domain<Fr> domain(10);
  report["ntt1024_us"] = each_ms(samples, 20, [&] { domain.ntt(values); }) * 1e3;
  Fr state = values[0];
  report["poseidon2_us"] = each_ms(samples, 500, [&] { state = crypto::node(state, values[1], values[2], values[3]); }) * 1e3;
  keep(state);

  const simd::Kernel best = simd::best_kernel();
  report["commit_kernel"] = simd::name(best);
  report["commit1024_ms"] = commit_ms(samples, best, values);
  report["commit1024_portable_ms"] = commit_ms(samples, simd::Kernel::portable, values);
}

}  // namespace sotto::bench
