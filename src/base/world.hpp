// The outside world as parameters: levels 1-6 see clocks and randomness only through these.
#pragma once
#include "base/bytes.hpp"

namespace sotto {

class Entropy {
 public:
  virtual ~Entropy() = default;
  // Fills `out` or does not return: an implementation without entropy must abort, never return weak bytes.
  virtual void fill(std::span<uint8_t> out) = 0;
  template <size_t N>
  ByteArray<N> bytes() {
    ByteArray<N> out;
    fill(out);
    return out;
  }
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual uint64_t now_ms() const = 0;         // Unix time
  virtual uint64_t monotonic_us() const = 0;
};

}  // namespace sotto
