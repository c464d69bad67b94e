// Sums of many groups of points by affine additions that share inversions, over a kernel of simd/pairs.hpp. Variable time.
#pragma once
#include <span>
#include <vector>

#include "crypto/g1.hpp"
#include "simd/pairs.hpp"

namespace sotto::poly {

// A run of points to be added up; `weight` is what its sum counts for in the end (for exceptional pairs).
struct Group {
  uint32_t start = 0, length = 0, weight = 0;
};

// Pairs with equal x (equal or opposite points: only if someone knows a relation between the bases, or the same point came
// twice) go through blst's complete addition; weight times their sum is kept apart in exceptional().
template <class Kernel>
class GroupSums {
 public:
  using Point = typename Kernel::Point;
  struct Signed {
    const Point* point;
    bool minus;
  };

  // One round from points elsewhere: group g has summands[g.start ...]; the points written are fewer by half and the groups
  // then refer to them.
  std::vector<Point> first_round(std::span<const Signed> summands, std::span<Group> groups) {
    std::vector<Point> points((summands.size() + groups.size()) / 2 + 1);
    uint32_t at = 0;
    for (Group& g : groups) {
      const Signed* s = summands.data() + g.start;
      const uint32_t length = g.length;
      g.start = at;
      for (uint32_t i = 0; i + 1 < length; i += 2) add({&points[at++], s[i].point, s[i + 1].point, s[i].minus, s[i + 1].minus}, g.weight);
      if (length % 2) {
        points[at] = *s[length - 1].point;
        if (s[length - 1].minus) Kernel::negate(points[at]);
        ++at;
      }
      g.length = at - g.start;
    }
    flush();
    drop_infinities(points, groups);
    return points;
  }

  // Halves every group until it holds one point, its sum, or none.
  void sum(std::span<Point> points, std::span<Group> groups) {
    for (bool again = true; again;) {
      again = false;
      for (Group& g : groups) {
        if (g.length < 2) continue;
        Point* p = points.data() + g.start;
        const uint32_t pairs = g.length / 2;
        for (uint32_t i = 0; i < pairs; ++i) add({&p[i], &p[i], &p[g.length - 1 - i], false, false}, g.weight);
        g.length -= pairs;
        again = again || g.length > 1;
      }
      flush();
      drop_infinities(points, groups);
    }
  }

  const crypto::G1& exceptional() const { return exceptional_; }

 private:
  void add(const simd::Pair<Point>& pair, uint32_t weight) {
    pairs_.push_back(pair);
    weights_.push_back(weight);
    if (pairs_.size() == simd::kMaxPairs) flush();
  }

  void flush() {
    if (!kernel_.add(pairs_.data(), pairs_.size())) {
      for (size_t i = 0; i < pairs_.size(); ++i)
        if (!kernel_.add(&pairs_[i], 1)) add_exceptional(pairs_[i], weights_[i]);
    }
    pairs_.clear();
    weights_.clear();
  }

  void add_exceptional(const simd::Pair<Point>& pair, uint32_t weight) {
    Point a = *pair.a, b = *pair.b;
    if (pair.minus_a) Kernel::negate(a);
    if (pair.minus_b) Kernel::negate(b);
    crypto::G1 sum = crypto::G1(crypto::G1Affine(Kernel::unpack(a)));
    sum += crypto::G1Affine(Kernel::unpack(b));
    exceptional_ += sum * crypto::Fr::from_u64(weight);
    met_exception_ = true;
    *pair.to = Point{};
  }

  // An exceptional pair left infinity behind; later rounds must see points only.
  void drop_infinities(std::span<Point> points, std::span<Group> groups) {
    if (!met_exception_) return;
    met_exception_ = false;
    for (Group& g : groups) {
      Point* p = points.data() + g.start;
      for (uint32_t i = 0; i < g.length;) {
        const blst_p1_affine plain = Kernel::unpack(p[i]);
        if (blst_p1_affine_is_inf(&plain)) p[i] = p[--g.length];
        else ++i;
      }
    }
  }

  Kernel kernel_;
  crypto::G1 exceptional_;
  bool met_exception_ = false;
  std::vector<simd::Pair<Point>> pairs_;
  std::vector<uint32_t> weights_;
};

}  // namespace sotto::poly
