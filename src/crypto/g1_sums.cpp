#include "crypto/g1_sums.hpp"

#include <array>
#include <cstddef>

#include "base/check.hpp"

namespace sotto::crypto {

namespace {

// Collects additions *a = *a + *b with distinct a, b until a batch is full, then performs them.
class Adder {
 public:
  ~Adder() { CHECK(count_ == 0); }
  // Some *a has become infinity, marked (0, 0), since the last call.
  bool take_infinity() {
    const bool met = infinity_;
    infinity_ = false;
    return met;
  }

  void add(blst_p1_affine* a, const blst_p1_affine* b) {
    Slot& slot = slots_[count_];
    blst_fp_sub(&slot.denominator, &b->x, &a->x);
    slot.doubling = false;
    if (fp_is_zero(slot.denominator)) {
      // Equal x: the same point or its negative. No point of E(Fp) has y = 0 (its order is odd); if one did, it is its own negative.
      if (!fp_equal(a->y, b->y) || fp_is_zero(a->y)) {
        *a = blst_p1_affine{};
        infinity_ = true;
        return;
      }
      slot.doubling = true;
      blst_fp_add(&slot.denominator, &a->y, &a->y);
    }
    slot.a = a;
    slot.b = b;
    if (count_ == 0) slot.prefix = slot.denominator;
    else blst_fp_mul(&slot.prefix, &slots_[count_ - 1].prefix, &slot.denominator);
    if (++count_ == slots_.size()) flush();
  }

  void flush() {
    if (count_ == 0) return;
    blst_fp inverse;                                       // of the product of all denominators up to the current one
    blst_fp_eucl_inverse(&inverse, &slots_[count_ - 1].prefix);
    for (size_t i = count_; i-- > 0;) {
      const Slot& slot = slots_[i];
      blst_fp slope, own, x, y;
      if (i == 0) {
        own = inverse;
      } else {
        blst_fp_mul(&own, &inverse, &slots_[i - 1].prefix);
        blst_fp_mul(&inverse, &inverse, &slot.denominator);
      }
      if (slot.doubling) {
        blst_fp_sqr(&slope, &slot.a->x);
        blst_fp_mul_by_3(&slope, &slope);
      } else {
        blst_fp_sub(&slope, &slot.b->y, &slot.a->y);
      }
      blst_fp_mul(&slope, &slope, &own);
      blst_fp_sqr(&x, &slope);
      blst_fp_sub(&x, &x, &slot.a->x);
      blst_fp_sub(&x, &x, &slot.b->x);
      blst_fp_sub(&y, &slot.a->x, &x);
      blst_fp_mul(&y, &y, &slope);
      blst_fp_sub(&slot.a->y, &y, &slot.a->y);
      slot.a->x = x;
    }
    count_ = 0;
  }

 private:
  struct Slot {
    blst_p1_affine* a;
    const blst_p1_affine* b;
    blst_fp denominator, prefix;                           // prefix: product of the denominators up to this one
    bool doubling;
  };
  bool infinity_ = false;
  size_t count_ = 0;
  std::array<Slot, 512> slots_;                            // 60 kB: stays in a second-level cache
};

}  // namespace

void sum_runs_vartime(std::span<blst_p1_affine> points, std::span<PointRun> runs) {
  Adder adder;
  for (bool again = true; again;) {
    again = false;
    for (PointRun& run : runs) {
      if (run.length < 2) continue;
      blst_p1_affine* p = points.data() + run.start;
      const uint32_t pairs = run.length / 2;
      for (uint32_t i = 0; i < pairs; ++i) adder.add(&p[i], &p[run.length - 1 - i]);
      run.length -= pairs;
      again = again || run.length > 1;
    }
    adder.flush();
    if (!adder.take_infinity()) continue;
    for (PointRun& run : runs) {                           // later rounds must see points only
      blst_p1_affine* p = points.data() + run.start;
      for (uint32_t i = 0; i < run.length;) {
        if (blst_p1_affine_is_inf(&p[i])) p[i] = p[--run.length];
        else ++i;
      }
    }
  }
}

}  // namespace sotto::crypto
