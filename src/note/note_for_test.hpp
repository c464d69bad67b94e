// What the tests of this module share.
#pragma once
#include <random>

#include "note/encryption.hpp"

namespace sotto::note {

class SeededEntropy final : public Entropy {
 public:
  explicit SeededEntropy(uint64_t seed) : random_(seed) {}
  void fill(std::span<uint8_t> out) override {
    for (uint8_t& b : out) b = static_cast<uint8_t>(random_());
  }
  Fr field() { return Fr::reduce512(bytes<64>()); }
  uint64_t below(uint64_t n) { return random_() % n; }

 private:
  std::mt19937_64 random_;
};

inline AccountKeys test_account(uint8_t seed, uint32_t index = 0, uint8_t network = 1) {
  ByteArray<64> bytes{};
  bytes.fill(seed);
  Hash32 id{};
  id.fill(network);
  return AccountKeys::derive(Seed(bytes), id, index);
}

}  // namespace sotto::note
