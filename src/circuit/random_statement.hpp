// Random valid transfer statements, for tests and benchmarks.
#pragma once
#include "circuit/transfer.hpp"
#include "crypto/hash.hpp"

namespace sotto::circuit {

// Reproducible bytes from a seed; not for secrets.
class SeededEntropy : public Entropy {
 public:
  explicit SeededEntropy(uint64_t seed) : seed_(seed) {}
  void fill(std::span<uint8_t> out) override {
    for (size_t i = 0; i < out.size(); ++i) {
      if (used_ == block_.size()) refill();
      out[i] = block_[used_++];
    }
  }
  Fr fr() { return Fr::reduce512(bytes<64>()); }
  uint64_t u64() {
    uint64_t v = 0;
    for (const uint8_t byte : bytes<8>()) v = v << 8 | byte;
    return v;
  }
  uint64_t below(uint64_t bound) { return u64() % bound; }

 private:
  void refill() {
    Writer in;
    in.u64(seed_);
    in.u64(counter_++);
    block_ = crypto::blake2b_512("Sotto.test.entropy", {in.bytes()});
    used_ = 0;
  }
  uint64_t seed_, counter_ = 0;
  ByteArray<64> block_{};
  size_t used_ = 64;
};

struct StatementOptions {
  bool dummy[kSlots] = {false, false, false};
  bool same_asset = false;       // hidden asset == fee asset, so that a carry is possible
  bool has_b = false;
  bool public_values = false;    // v_in, v_out
  bool extreme = false;          // amounts at 0 and 2^64 - 1
  unsigned path_side = 4;        // 0..3: always that child; 4: random positions
};

struct RandomStatement {
  TransferPublic statement;
  TransferWitness witness;
};
RandomStatement random_statement(SeededEntropy& random, const StatementOptions& options);
// Options drawn at random too.
RandomStatement random_statement(SeededEntropy& random);

}  // namespace sotto::circuit
