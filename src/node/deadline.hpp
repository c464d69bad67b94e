// By when something must be done. Made once, at the top, and handed down: a relative time in the middle would begin anew at every
// step. Who must make one call asks for at most what is left.
#pragma once
#include <algorithm>
#include <chrono>
#include <cstdint>

namespace sotto::node {

class Deadline {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static Deadline in(uint64_t ms) { return Deadline(std::chrono::steady_clock::now() + std::chrono::milliseconds(ms)); }
  static Deadline at(Time time) { return Deadline(time); }
  static Deadline never() { return Deadline(Time::max()); }

  bool over() const { return left_ms() == 0; }
  // Rounded down; UINT32_MAX (49 days) if it is further away.
  uint32_t left_ms() const {
    if (at_ == Time::max()) return UINT32_MAX;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(at_ - std::chrono::steady_clock::now()).count();
    return static_cast<uint32_t>(std::clamp<int64_t>(left, 0, UINT32_MAX));
  }
  uint32_t at_most(uint32_t ms) const { return std::min(ms, left_ms()); }
  // The earlier of both, and this one moved by a time that does not count (a person was thinking).
  Deadline or_sooner(const Deadline& other) const { return Deadline(std::min(at_, other.at_)); }
  Deadline within(uint64_t ms) const { return or_sooner(in(ms)); }
  Deadline later_by(std::chrono::steady_clock::duration pause) const { return at_ == Time::max() ? *this : Deadline(at_ + pause); }
  Time time() const { return at_; }

 private:
  explicit Deadline(Time at) : at_(at) {}
  Time at_;
};

inline constexpr uint32_t kBlockWaitMs = 2000;   // for the next block, at a time

// Once enough have answered, the others have as long again (or twice) and this: a validator that hangs must not keep up whoever does
// not need it.
inline constexpr auto kPatience = std::chrono::milliseconds(100);

}  // namespace sotto::node
