// Our own vector kernels beside blst's scalar code, one thread: products of Fp and Fr, butterflies of a transform, affine additions
// with a shared inversion. Times are of one product or addition, not of one vector. Kernels the processor lacks are left out.
#include <array>

#include "bench/measure.hpp"
#include "bench/report.hpp"
#include "crypto/g1.hpp"
#include "simd/cpu.hpp"
#include "simd/fp_avx2.hpp"
#include "simd/fp_ifma.hpp"
#include "simd/fp_limbs.hpp"
#include "simd/fr_lanes.hpp"
#include "simd/pairs.hpp"

namespace sotto::bench {
namespace {

using namespace simd;

// Vectors that do not depend on each other, as many as the loops of the prover have under way.
constexpr size_t kChains = 8;
constexpr size_t kRuns = 5'000;

blst_fp coordinate(uint64_t i) { return (crypto::G1::generator() * scattered(i)).affine().raw().x; }

Series fp_avx2(Reference& reference, size_t samples) {
  struct alignas(32) Words {
    double l[kFpLimbs][4];
  };
  std::array<Words, kChains + 1> x;
  for (size_t i = 0; i < x.size(); ++i)
    for (size_t lane = 0; lane < 4; ++lane) {
      double limbs[kFpLimbs];
      fp_to_limbs(coordinate(4 * i + lane), limbs);
      for (size_t j = 0; j < kFpLimbs; ++j) x[i].l[j][lane] = limbs[j];
    }
  const auto lanes = [&](size_t i) { return reinterpret_cast<FpLanes*>(&x[i]); };
  const InTurn out = in_turn(reference, 1, samples, kRuns, [&] {
    for (size_t i = 0; i < kChains; ++i) fp_mul(lanes(i), lanes(i), lanes(kChains));
  });
  keep(x);
  return out.cpu;
}

Series fp_ifma(Reference& reference, size_t samples) {
  struct alignas(64) Words {
    IfmaWords w;
  };
  std::array<Words, kChains + 1> x;
  for (size_t i = 0; i < x.size(); ++i)
    for (size_t lane = 0; lane < 8; ++lane) {
      const IfmaPoint p = IfmaPairs::pack((crypto::G1::generator() * scattered(8 * i + lane)).affine().raw());
      for (size_t j = 0; j < 8; ++j) x[i].w[8 * j + lane] = p.x[j];
    }
  const InTurn out = in_turn(reference, 1, samples, kRuns, [&] {
    for (size_t i = 0; i < kChains; ++i) kIfmaReal.multiply(x[i].w, x[i].w, x[kChains].w);
  });
  keep(x);
  return out.cpu;
}

std::array<FrLanes, kChains + 1> fr_operands() {
  std::array<FrLanes, kChains + 1> x;
  for (size_t i = 0; i < x.size(); ++i) {
    std::array<blst_fr, 4> four;
    for (size_t lane = 0; lane < 4; ++lane) four[lane] = scattered(4 * i + lane).raw();
    x[i] = fr_pack(four.data());
  }
  return x;
}

Series fr_avx2(Reference& reference, size_t samples) {
  auto x = fr_operands();
  const InTurn out = in_turn(reference, 1, samples, kRuns, [&] {
    for (size_t i = 0; i < kChains; ++i) fr_mul(x[i], x[i], x[kChains]);
  });
  keep(x);
  return out.cpu;
}

// A term of a sum of products that is reduced once: what the quotient is mostly made of.
Series fr_dot_avx2(Reference& reference, size_t samples) {
  const auto x = fr_operands();
  std::array<uint8_t, kChains> order;
  for (size_t i = 0; i < kChains; ++i) order[i] = static_cast<uint8_t>(i);
  FrLanes sum;
  const InTurn out = in_turn(reference, 1, samples, kRuns, [&] {
    fr_dot(sum, x.data(), x.data() + 1, order.data(), kChains);
    keep(sum);
  });
  return out.cpu;
}

// Additions of different points, kMaxPairs a call.
template <class Pairs>
Series additions(Reference& reference, size_t samples) {
  std::vector<typename Pairs::Point> points(3 * kMaxPairs);
  std::vector<crypto::G1> sums;
  for (size_t i = 0; i < 2 * kMaxPairs; ++i) sums.push_back(crypto::G1::generator() * scattered(i));
  const auto affine = crypto::to_affine(sums);
  for (size_t i = 0; i < affine.size(); ++i) points[i] = Pairs::pack(affine[i].raw());
  std::vector<Pair<typename Pairs::Point>> pairs(kMaxPairs);
  for (size_t i = 0; i < kMaxPairs; ++i)
    pairs[i] = {&points[2 * kMaxPairs + i], &points[i], &points[kMaxPairs + i], false, i % 2 == 1};
  Pairs kernel;
  return in_turn(reference, 1, samples, 16, [&] { CHECK(kernel.add(pairs.data(), pairs.size())); }).cpu;
}

}  // namespace

void measure_lanes(const Options& options, Meter& meter) {
  const size_t samples = options.quick ? 3 : 31;
  Reference& reference = meter.reference();
  meter.put("g1_add_portable_ns", additions<BlstPairs>(reference, samples), kMaxPairs);
  if (runs_here(Kernel::avx2)) {
    meter.put("fp_mul_avx2_ns", fp_avx2(reference, samples), 4 * kChains);
    meter.put("fr_mul_avx2_ns", fr_avx2(reference, samples), 4 * kChains);
    meter.put("fr_dot_avx2_ns", fr_dot_avx2(reference, samples), 4 * kChains);
    meter.put("g1_add_avx2_ns", additions<Avx2Pairs>(reference, samples), kMaxPairs);
  }
  if (runs_here(Kernel::ifma)) {
    meter.put("fp_mul_ifma_ns", fp_ifma(reference, samples), 8 * kChains);
    meter.put("g1_add_ifma_ns", additions<IfmaPairs>(reference, samples), kMaxPairs);
  }
}

}  // namespace sotto::bench
