// How long is left, in the units the network's calls take, and how long to wait for who says nothing.
#pragma once
#include <chrono>
#include <cstdint>

namespace sotto::node {

inline constexpr uint32_t kBlockWaitMs = 2000;   // for the next block, at a time

inline uint32_t left_ms(std::chrono::steady_clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
  return left > 0 ? static_cast<uint32_t>(left) : 0;
}

// Once enough have answered, the others have as long again (or twice) and this: a validator that hangs must not keep up whoever does
// not need it.
inline constexpr auto kPatience = std::chrono::milliseconds(100);

}  // namespace sotto::node
