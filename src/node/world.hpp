// The real clock.
#pragma once
#include <chrono>

#include "base/world.hpp"

namespace sotto::node {

class SystemClock final : public Clock {
 public:
  uint64_t now_ms() const override {
    return since<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
  }
  uint64_t monotonic_us() const override {
    return since<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch());
  }

 private:
  template <class Unit, class Duration>
  static uint64_t since(Duration d) { return static_cast<uint64_t>(std::chrono::duration_cast<Unit>(d).count()); }
};

}  // namespace sotto::node
