#include "simd/ifma_lanes.hpp"

namespace sotto::simd {
namespace {

__extension__ using Wide = unsigned __int128;
constexpr uint64_t kLow52 = (uint64_t{1} << 52) - 1;

// What the instructions of ifma_real.cpp do, lane by lane.
struct Words {
  uint64_t w[8];

  template <class F>
  static Words each_lane(const F& f) {
    Words out;
    for (int i = 0; i < 8; ++i) out.w[i] = f(i);
    return out;
  }
  static Wide low52_product(uint64_t a, uint64_t b) { return static_cast<Wide>(a & kLow52) * (b & kLow52); }

  static Words load(const uint64_t* words) {
    return each_lane([&](int i) { return words[i]; });
  }
  void store(uint64_t* words) const {
    for (int i = 0; i < 8; ++i) words[i] = w[i];
  }
  static Words all(uint64_t word) {
    return each_lane([&](int) { return word; });
  }
  Words operator+(const Words& o) const {
    return each_lane([&](int i) { return w[i] + o.w[i]; });
  }
  Words operator-(const Words& o) const {
    return each_lane([&](int i) { return w[i] - o.w[i]; });
  }
  [[gnu::noinline]] Words madd_lo(const Words& a, const Words& b) const {
    return each_lane([&](int i) { return w[i] + (static_cast<uint64_t>(low52_product(a.w[i], b.w[i])) & kLow52); });
  }
  [[gnu::noinline]] Words madd_hi(const Words& a, const Words& b) const {
    return each_lane([&](int i) { return w[i] + static_cast<uint64_t>(low52_product(a.w[i], b.w[i]) >> 52); });
  }
  Words carry() const {
    return each_lane([&](int i) { return static_cast<uint64_t>(static_cast<int64_t>(w[i]) >> 52); });
  }
  Words low52() const {
    return each_lane([&](int i) { return w[i] & kLow52; });
  }
  Words negate_if(unsigned lanes) const {
    return each_lane([&](int i) { return lanes >> i & 1 ? 0 - w[i] : w[i]; });
  }
  Words pick(const uint64_t* table) const {
    return each_lane([&](int i) { return table[w[i] & 7]; });
  }
  static void transpose(Words* m) {
    for (int i = 0; i < 8; ++i) {
      for (int j = 0; j < i; ++j) {
        const uint64_t kept = m[i].w[j];
        m[i].w[j] = m[j].w[i];
        m[j].w[i] = kept;
      }
    }
  }
};

}  // namespace

constinit const IfmaCode kIfmaEmulated = ifma_code<Words>();

}  // namespace sotto::simd
