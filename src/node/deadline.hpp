// How long is left, in the units the network's calls take.
#pragma once
#include <chrono>
#include <cstdint>

namespace sotto::node {

inline constexpr uint32_t kBlockWaitMs = 2000;   // for the next block, at a time

inline uint32_t left_ms(std::chrono::steady_clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
  return left > 0 ? static_cast<uint32_t>(left) : 0;
}

}  // namespace sotto::node
