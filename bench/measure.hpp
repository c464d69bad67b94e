// Timing for the benchmark: samples in, medians out. Wall time is steady_clock; CPU time is that of the whole process.
//
// The speed of a shared machine drifts, by half within minutes. So what is compared across days and machines is taken in turn with
// the reference: reference, figure, reference, figure, ...; the ratio is the median of the pairwise ratios (in_turn, Series).
#pragma once
#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <memory>
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

struct Times {
  double wall, cpu;    // ms
};
template <class Job>
Times timed(Job&& job) {
  const double wall = wall_ms(), cpu = cpu_ms();
  job();
  return {wall_ms() - wall, cpu_ms() - cpu};
}

// The reference: blst's own sum of 1,024 points, full-size scalars, one thread. The same points in every process.
class Reference {
 public:
  Reference();
  ~Reference();
  Times take();
  const Samples& all() const { return all_; }      // wall, of every take()

 private:
  struct Operands;
  std::unique_ptr<const Operands> operands_;
  Samples all_;
};

// A figure's samples in ms and, as multiples of the reference taken just before each, by the same clock.
struct Series {
  Samples ms, ratios;
  void add(double value, double reference) {
    ms.add(value);
    ratios.add(value / reference);
  }
};
struct InTurn {
  Series wall, cpu;
};

// `count` samples of a job run `repeats` times each (so that short jobs last), in turn with the reference. Times are of one run.
template <class Job>
InTurn in_turn(Reference& reference, size_t warm_up, size_t count, size_t repeats, Job&& job) {
  for (size_t i = 0; i < warm_up; ++i) job();
  InTurn out;
  for (size_t i = 0; i < count; ++i) {
    const Times base = reference.take();
    const Times all = timed([&] {
      for (size_t k = 0; k < repeats; ++k) job();
    });
    out.wall.add(all.wall / static_cast<double>(repeats), base.wall);
    out.cpu.add(all.cpu / static_cast<double>(repeats), base.cpu);
  }
  return out;
}

// A result the compiler must not discard.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

}  // namespace sotto::bench
