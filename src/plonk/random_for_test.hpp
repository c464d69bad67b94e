// Reproducible randomness for tests, and the switch between short and long forms: SOTTO_LONG=1 in the environment
// (`make soundness-long`) multiplies the work.
#pragma once
#include <cstdlib>

#include "base/world.hpp"
#include "crypto/hash.hpp"
#include "crypto/fr.hpp"

namespace sotto::plonk {

inline bool long_form() {
  const char* v = std::getenv("SOTTO_LONG");
  return v != nullptr && std::string_view(v) == "1";
}
inline size_t cases(size_t short_form, size_t long_count) { return long_form() ? long_count : short_form; }

class TestEntropy : public Entropy {
 public:
  explicit TestEntropy(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15u + 1) {}
  void fill(std::span<uint8_t> out) override {
    for (auto& byte : out) byte = static_cast<uint8_t>(u64() >> 24);
  }
  uint64_t u64() {  // splitmix64
    uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
  }
  size_t below(size_t bound) { return u64() % bound; }
  crypto::Fr fr() {
    ByteArray<64> wide;
    for (size_t i = 0; i < 8; ++i) {
      const uint64_t v = u64();
      for (size_t k = 0; k < 8; ++k) wide[8 * i + k] = static_cast<uint8_t>(v >> (8 * k));
    }
    return crypto::Fr::reduce512(wide);
  }

 private:
  uint64_t state_;
};

}  // namespace sotto::plonk
