// What bounds us besides the reference itself: blst's pairing, the disk.
#include <fcntl.h>
#include <unistd.h>

#include <array>

#include "bench/measure.hpp"
#include "bench/report.hpp"
#include "crypto/g2.hpp"

namespace sotto::bench {
namespace {

// One Miller loop and one final exponentiation, one thread.
InTurn pairing(Reference& reference, size_t count) {
  const blst_p1_affine p = (crypto::G1::generator() * scattered(7)).affine().raw();
  const blst_p2_affine q = *blst_p2_affine_generator();
  return in_turn(reference, 2, count, 8, [&] {
    blst_fp12 loop, out;
    blst_miller_loop(&loop, &q, &p);
    blst_final_exp(&out, &loop);
    keep(out);
  });
}

// Appending 4 KiB and making it durable: what a synced log write cannot be faster than on this disk. No ratio: the disk does
// not drift with the processor.
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

void measure_references(const Options& options, Meter& meter) {
  meter.put("blst_pairing_ms", pairing(meter.reference(), options.quick ? 5 : 31).cpu);
  meter.report()["fsync_p50_us"] = fsync_us(options.scratch_dir, options.quick ? 51 : 501);
}

}  // namespace sotto::bench
