#include <fmt/format.h>

#include "bench/report.hpp"

namespace sotto::bench {

// One row a figure; those with a target or a reference say how they compare.
void print_table(const Report& report) {
  struct Row {
    const char* key;
    const char* what;
    double target;        // 0: none
    const char* reference;  // key of the figure it is a multiple of, or nullptr
  };
  static constexpr Row kRows[] = {
      {"prove_ms", "one proof, wall, all cores", 150, "blst_msm1024_ms"},
      {"verify_ms", "one verification, wall, all cores", 3, "blst_pairing_ms"},
      {"verify_batch64_ms", "verification in a batch of 64, CPU per proof", 1.6, "blst_pairing_ms"},
      {"proof_bytes", "a proof", 2000, nullptr},
      {"prove_peak_mb", "peak memory: load keys, prove once", 100, nullptr},
      {"settle_p50_ms", "finished proof to settlement certificate, median", 25, "fsync_p50_us"},
      {"settle_p99_ms", "the same, 99th percentile", 0, "fsync_p50_us"},
      {"blst_msm1024_ms", "reference: blst MSM of 1,024 points, one thread", 0, nullptr},
      {"blst_pairing_ms", "reference: blst pairing, one thread", 0, nullptr},
      {"fsync_p50_us", "reference: 4 KiB appended and synced", 0, nullptr},
  };
  fmt::print("\n{}\ncommit {}, {} threads, {}\n\n", report.at("machine").get<std::string>(),
             report.at("commit").get<std::string>(), report.at("threads").get<unsigned>(),
             report.at("cpu_flags").get<std::string>());
  fmt::print("{:<20} {:>10} {:>8}  {:<22} {}\n", "figure", "value", "target", "ratio", "what");
  for (const Row& row : kRows) {
    const double value = report.at(row.key).get<double>();
    std::string target, ratio;
    if (row.target > 0) target = fmt::format("{:g}", row.target);
    if (row.reference != nullptr) {
      const std::string reference = row.reference;
      const double unit = reference.ends_with("_us") ? 1000 : 1;
      ratio = fmt::format("{:.2f} x {}", value * unit / report.at(reference).get<double>(),
                          reference.substr(0, reference.rfind('_')));
    }
    fmt::print("{:<20} {:>10.4g} {:>8}  {:<22} {}\n", row.key, value, target, ratio, row.what);
  }
  fmt::print("\n{:<44} {:>8}\n", "size", "bytes");
  for (const auto& [name, bytes] : report.at("sizes").items())
    fmt::print("{:<44} {:>8}\n", name, bytes.get<size_t>());
}

}  // namespace sotto::bench
