// Timing for the benchmark: samples in, medians out. Wall time is steady_clock; CPU time is that of the whole process.
#pragma once
#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <vector>

#include "base/check.hpp"

namespace sotto::bench {

inline double wall_ms() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

inline double cpu_ms() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) / 1e6;
}

class Samples {
 public:
  void add(double value) { values_.push_back(value); }
  size_t size() const { return values_.size(); }
  // The smallest sample that at least q of the samples do not exceed (nearest rank); q in (0, 1].
  double quantile(double q) const {
    CHECK(!values_.empty() && q > 0 && q <= 1);
    std::vector<double> sorted = values_;
    std::sort(sorted.begin(), sorted.end());
    const auto rank = static_cast<size_t>(std::max(1.0, std::ceil(q * static_cast<double>(sorted.size()))));
    return sorted[rank - 1];
  }
  double median() const { return quantile(0.5); }

 private:
  std::vector<double> values_;
};

// Runs job `warm_up` times unmeasured, then `count` times; `now` is wall_ms or cpu_ms.
template <class Job>
Samples sample(size_t warm_up, size_t count, double (*now)(), Job&& job) {
  for (size_t i = 0; i < warm_up; ++i) job();
  Samples out;
  for (size_t i = 0; i < count; ++i) {
    const double start = now();
    job();
    out.add(now() - start);
  }
  return out;
}

// A result the compiler must not discard.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

}  // namespace sotto::bench
