// What bounds us, measured alone in the same run, so that ratios can be compared across machines.
#include <fcntl.h>
#include <unistd.h>

#include <array>

#include "bench/measure.hpp"
#include "bench/report.hpp"
#include "crypto/g2.hpp"

namespace sotto::bench {
namespace {

using crypto::Fr;
using crypto::G1;
using crypto::G1Affine;

// Full-size pseudo-random scalars; which ones does not matter, only that none is small.
Fr scattered(uint64_t i) { return (Fr::from_u64(i + 2).inverse() + Fr::from_u64(i)).pow5(); }

// blst's Pippenger, 1,024 points, one thread.
double msm1024_ms(size_t count) {
  std::vector<G1> sums;
  std::vector<Fr> scalars;
  for (uint64_t i = 0; i < 1024; ++i) {
    sums.push_back(G1::generator() * scattered(i));
    scalars.push_back(scattered(i + 5000));
  }
  const std::vector<G1Affine> points = crypto::to_affine(sums);
  return sample(2, count, wall_ms, [&] { keep(crypto::msm_vartime(points, scalars)); }).median();
}

// One Miller loop and one final exponentiation, one thread.
double pairing_ms(size_t count) {
  const blst_p1_affine p = (G1::generator() * scattered(7)).affine().raw();
  const blst_p2_affine q = *blst_p2_affine_generator();
  return sample(2, count, wall_ms, [&] {
    blst_fp12 loop, out;
    blst_miller_loop(&loop, &q, &p);
    blst_final_exp(&out, &loop);
    keep(out);
  }).median();
}

// Appending 4 KiB and making it durable: what a synced log write cannot be faster than on this disk.
double fsync_us(const std::string& dir, size_t count) {
  const std::string path = dir + "/bench-fsync.tmp";
  const int file = open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  CHECK(file >= 0);
  std::array<uint8_t, 4096> block;
  block.fill(0x5a);
  off_t at = 0;
  const Samples samples = sample(8, count, wall_ms, [&] {
    CHECK(pwrite(file, block.data(), block.size(), at) == static_cast<ssize_t>(block.size()));
    CHECK(fdatasync(file) == 0);
    at += static_cast<off_t>(block.size());
  });
  close(file);
  unlink(path.c_str());
  return samples.median() * 1000;
}

}  // namespace

void measure_references(const Options& options, Report& report) {
  report["blst_msm1024_ms"] = msm1024_ms(options.quick ? 5 : 31);
  report["blst_pairing_ms"] = pairing_ms(options.quick ? 21 : 201);
  report["fsync_p50_us"] = fsync_us(options.scratch_dir, options.quick ? 51 : 501);
}

}  // namespace sotto::bench
