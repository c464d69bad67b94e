#include <sys/utsname.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

#include "bench/report.hpp"

namespace sotto::bench {
namespace {

std::string cpuinfo(const std::string& key) {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(key))
      if (const size_t colon = line.find(": "); colon != std::string::npos) return line.substr(colon + 2);
  return "unknown";
}

// The flags that decide how fast field arithmetic and hashing can be.
std::string telling_flags() {
  static constexpr const char* kTelling[] = {"adx", "bmi2", "avx2", "fma", "avx512f", "avx512ifma", "sha_ni", "vaes"};
  std::istringstream all(cpuinfo("flags"));
  std::string out;
  for (std::string flag; all >> flag;)
    for (const char* wanted : kTelling)
      if (flag == wanted) out += (out.empty() ? "" : " ") + flag;
  return out;
}

}  // namespace

void measure_machine(const Options&, Meter& meter) {
  Report& report = meter.report();
  utsname system{};
  uname(&system);
  const char* commit = std::getenv("SOTTO_COMMIT");  // NOLINT: read once, before any thread starts
  report["commit"] = commit != nullptr ? commit : "unknown";
  report["machine"] = cpuinfo("model name") + ", " + system.sysname + " " + system.release + " " + system.machine;
  report["compiler"] = __VERSION__;
  report["threads"] = std::thread::hardware_concurrency();
  report["cpu_flags"] = telling_flags();
}

}  // namespace sotto::bench
