#include "simd/pairs.hpp"

namespace sotto::simd {

struct BlstPairs::Scratch {
  blst_fp dx[kMaxPairs], prefix[kMaxPairs];
};

BlstPairs::BlstPairs() : scratch_(std::make_unique<Scratch>()) {}
BlstPairs::~BlstPairs() = default;

void BlstPairs::negate(Point& p) { blst_fp_cneg(&p.y, &p.y, true); }

bool BlstPairs::add(const Pair<Point>* pairs, size_t count) {
  if (count == 0) return true;
  auto& [dx, prefix] = *scratch_;
  for (size_t i = 0; i < count; ++i) {
    blst_fp_sub(&dx[i], &pairs[i].b->x, &pairs[i].a->x);
    if (i == 0) prefix[i] = dx[i];
    else blst_fp_mul(&prefix[i], &prefix[i - 1], &dx[i]);
  }
  const blst_fp& all = prefix[count - 1];
  if ((all.l[0] | all.l[1] | all.l[2] | all.l[3] | all.l[4] | all.l[5]) == 0) return false;
  blst_fp inverse;
  blst_fp_eucl_inverse(&inverse, &all);
  for (size_t i = count; i-- > 0;) {
    blst_fp own;
    if (i == 0) {
      own = inverse;
    } else {
      blst_fp_mul(&own, &inverse, &prefix[i - 1]);
      blst_fp_mul(&inverse, &inverse, &dx[i]);
    }
    Point a = *pairs[i].a, b = *pairs[i].b;
    if (pairs[i].minus_a) negate(a);
    if (pairs[i].minus_b) negate(b);
    blst_fp lambda, x, y;
    blst_fp_sub(&lambda, &b.y, &a.y);
    blst_fp_mul(&lambda, &lambda, &own);
    blst_fp_sqr(&x, &lambda);
    blst_fp_sub(&x, &x, &a.x);
    blst_fp_sub(&x, &x, &b.x);
    blst_fp_sub(&y, &a.x, &x);
    blst_fp_mul(&y, &y, &lambda);
    blst_fp_sub(&y, &y, &a.y);
    pairs[i].to->x = x;
    pairs[i].to->y = y;
  }
  return true;
}

}  // namespace sotto::simd
