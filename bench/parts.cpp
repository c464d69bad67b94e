// What proofs are made of, one thread: field products, a transform, a hash, a commitment. Our own vector kernels: lanes.cpp.
#include "bench/measure.hpp"
#include "bench/report.hpp"
#include "crypto/poseidon2.hpp"
#include "poly/commit.hpp"
#include "poly/domain.hpp"

namespace sotto::bench {
namespace {

using crypto::Fr;

// Eight independent chains, as in the loops of the prover: throughput, not latency.
template <class T, class Multiply>
Series products(Reference& reference, size_t samples, std::array<T, 8> x, const T& y, Multiply multiply) {
  const InTurn out = in_turn(reference, 1, samples, 20'000, [&] {
    for (T& v : x) multiply(v, y);
  });
  keep(x);
  return out.cpu;
}

Series commitment(Reference& reference, size_t samples, simd::Kernel kernel, std::span<const Fr> scalars) {
  std::vector<crypto::G1> sums;
  for (uint64_t i = 0; i < scalars.size(); ++i) sums.push_back(crypto::G1::generator() * scattered(i));
  ThreadPool pool(1);
  const poly::CommitTable table(crypto::to_affine(sums), pool, kernel);
  return in_turn(reference, 1, samples, 1, [&] { keep(table.commit_vartime(scalars)); }).cpu;
}

}  // namespace

void measure_parts(const Options& options, Meter& meter) {
  const size_t samples = options.quick ? 3 : 31;
  Reference& reference = meter.reference();
  std::vector<Fr> values;
  for (uint64_t i = 0; i < 1024; ++i) values.push_back(scattered(i + 5000));

  std::array<Fr, 8> fr;
  std::array<blst_fp, 8> fp;
  for (uint64_t i = 0; i < 8; ++i) {
    fr[i] = values[i];
    fp[i] = (crypto::G1::generator() * values[i]).affine().raw().x;
  }
  meter.put("fr_mul_ns", products(reference, samples, fr, values[8], [](Fr& a, const Fr& b) { a *= b; }), 8);
  meter.put("fp_mul_ns", products(reference, samples, fp, fp[1], [](blst_fp& a, const blst_fp& b) { blst_fp_mul(&a, &a, &b); }), 8);

  const poly::Domain<Fr> domain(10);
  meter.put("ntt1024_us", in_turn(reference, 1, samples, 20, [&] { domain.ntt(values); }).cpu);
  Fr state = values[0];
  meter.put("poseidon2_us", in_turn(reference, 1, samples, 500, [&] { state = crypto::node(state, values[1], values[2], values[3]); }).cpu);
  keep(state);

  const simd::Kernel best = simd::best_kernel();
  meter.report()["commit_kernel"] = simd::name(best);
  meter.put("commit1024_ms", commitment(reference, samples, best, values));
  meter.put("commit1024_portable_ms", commitment(reference, samples, simd::Kernel::portable, values));
}

}  // namespace sotto::bench
