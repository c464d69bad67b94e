// The real world's randomness. Everything below level 7 takes an Entropy&; only mains and tests make one of these.
#pragma once
#include "base/world.hpp"

namespace sotto::crypto {

// getrandom(2): the kernel's generator, blocking until it is seeded, no state in this process (so a fork repeats
// nothing). Aborts if the call fails: weak bytes are never returned.
class SystemEntropy : public Entropy {
 public:
  void fill(std::span<uint8_t> out) override;
};

}  // namespace sotto::crypto
