#include "simd/fp_avx2.hpp"
#include "simd/fp_limbs.hpp"
#include "simd/pairs.hpp"

namespace sotto::simd {

namespace {

constexpr size_t kVectors = kMaxPairs / 4;
constexpr double kLimb = 0x1p48;
constexpr double kRoundToLimb = 0x1.8p100;             // x + this - this: x rounded to a multiple of 2^48
constexpr double kTopOfP = 0x1.a0111ea397fe7p44;       // p / 2^336
constexpr double kP[8] = {0xffffffffaaabp0, 0xb153ffffb9fep0, 0xf6241eabfffep0, 0x6730d2a0f6b0p0,
                          0x4b84f38512bfp0, 0x434bacd76477p0, 0xe69a4b1ba7b6p0, 0x1a0111ea397fp0};

FpLanes operator-(const FpLanes& a, const FpLanes& b) {
  FpLanes out;
  for (int j = 0; j < 8; ++j) out.l[j] = _mm256_sub_pd(a.l[j], b.l[j]);
  return out;
}

// Takes off the nearest multiple of p as the top limb tells it, then passes every carry on once: |value| <= 0.51 p, limbs within
// 2^47 + 2^4 (the top one as its value). Input: |value| < 2^20 p, limbs below 2^51.
void reduce(FpLanes& v) {
  const __m256d q = _mm256_round_pd(_mm256_mul_pd(v.l[7], _mm256_set1_pd(1 / kTopOfP)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  const __m256d magic = _mm256_set1_pd(kRoundToLimb), scale = _mm256_set1_pd(1 / kLimb);
  __m256d carry = _mm256_setzero_pd();
  for (int j = 0; j < 8; ++j) {
    const __m256d limb = _mm256_fnmadd_pd(q, _mm256_set1_pd(kP[j]), v.l[j]);
    if (j == 7) {
      v.l[7] = _mm256_fmadd_pd(carry, scale, limb);
      break;
    }
    const __m256d high = _mm256_sub_pd(_mm256_add_pd(limb, magic), magic);
    v.l[j] = _mm256_fmadd_pd(carry, scale, _mm256_sub_pd(limb, high));
    carry = high;
  }
}

// Eight limbs of four elements, one element a row in memory, to one limb a register; and back.
void gather(FpLanes& out, const double* const rows[4]) {
  for (int half = 0; half < 8; half += 4) {
    const __m256d r0 = _mm256_load_pd(rows[0] + half), r1 = _mm256_load_pd(rows[1] + half);
    const __m256d r2 = _mm256_load_pd(rows[2] + half), r3 = _mm256_load_pd(rows[3] + half);
    const __m256d a = _mm256_unpacklo_pd(r0, r1), b = _mm256_unpackhi_pd(r0, r1);
    const __m256d c = _mm256_unpacklo_pd(r2, r3), d = _mm256_unpackhi_pd(r2, r3);
    out.l[half] = _mm256_permute2f128_pd(a, c, 0x20);
    out.l[half + 1] = _mm256_permute2f128_pd(b, d, 0x20);
    out.l[half + 2] = _mm256_permute2f128_pd(a, c, 0x31);
    out.l[half + 3] = _mm256_permute2f128_pd(b, d, 0x31);
  }
}
void scatter(double* const rows[4], const FpLanes& v) {
  for (int half = 0; half < 8; half += 4) {
    const __m256d a = _mm256_unpacklo_pd(v.l[half], v.l[half + 1]), b = _mm256_unpackhi_pd(v.l[half], v.l[half + 1]);
    const __m256d c = _mm256_unpacklo_pd(v.l[half + 2], v.l[half + 3]), d = _mm256_unpackhi_pd(v.l[half + 2], v.l[half + 3]);
    _mm256_store_pd(rows[0] + half, _mm256_permute2f128_pd(a, c, 0x20));
    _mm256_store_pd(rows[1] + half, _mm256_permute2f128_pd(b, d, 0x20));
    _mm256_store_pd(rows[2] + half, _mm256_permute2f128_pd(a, c, 0x31));
    _mm256_store_pd(rows[3] + half, _mm256_permute2f128_pd(b, d, 0x31));
  }
}

// The four inverses by one inversion; false if a lane is 0 mod p.
bool invert(FpLanes& v) {
  alignas(32) double rows[4][8];
  double* const to[4] = {rows[0], rows[1], rows[2], rows[3]};
  scatter(to, v);
  blst_fp x[4], prefix[4];
  for (int i = 0; i < 4; ++i) {
    x[i] = fp_from_limbs(rows[i]);
    if (i == 0) prefix[0] = x[0];
    else blst_fp_mul(&prefix[i], &prefix[i - 1], &x[i]);
  }
  const blst_fp& all = prefix[3];
  if ((all.l[0] | all.l[1] | all.l[2] | all.l[3] | all.l[4] | all.l[5]) == 0) return false;
  blst_fp inverse;
  blst_fp_eucl_inverse(&inverse, &all);
  for (int i = 3; i > 0; --i) {
    blst_fp own;
    blst_fp_mul(&own, &inverse, &prefix[i - 1]);
    blst_fp_mul(&inverse, &inverse, &x[i]);
    fp_to_limbs(own, rows[i]);
  }
  fp_to_limbs(inverse, rows[0]);
  gather(v, to);
  return true;
}

__m256d signs(const bool minus[4]) {
  const double minus_zero = -0.0;
  return _mm256_set_pd(minus[3] ? minus_zero : 0, minus[2] ? minus_zero : 0, minus[1] ? minus_zero : 0, minus[0] ? minus_zero : 0);
}
void flip(FpLanes& v, __m256d sign) {
  for (int j = 0; j < 8; ++j) v.l[j] = _mm256_xor_pd(v.l[j], sign);
}

}  // namespace

struct Avx2Pairs::Scratch {
  FpLanes dx[kVectors], prefix[kVectors];
  Point unused;                                        // where lanes without a pair write
};

Avx2Pairs::Avx2Pairs() : scratch_(std::make_unique<Scratch>()) {}
Avx2Pairs::~Avx2Pairs() = default;

Avx2Pairs::Point Avx2Pairs::pack(const blst_p1_affine& p) {
  Point out;
  fp_to_limbs(p.x, out.x);
  fp_to_limbs(p.y, out.y);
  return out;
}

blst_p1_affine Avx2Pairs::unpack(const Point& p) {
  blst_p1_affine out;
  out.x = fp_from_limbs(p.x);
  out.y = fp_from_limbs(p.y);
  return out;
}

void Avx2Pairs::negate(Point& p) {
  for (double& limb : p.y) limb = -limb;
}

bool Avx2Pairs::add(const Pair<Point>* pairs, size_t count) {
  if (count == 0) return true;
  auto& s = *scratch_;
  const size_t vectors = (count + 3) / 4;
  Pair<Point> idle = pairs[0];                         // lanes left over repeat the first pair, as it was ...
  Point idle_a = *idle.a, idle_b = *idle.b;            // ... even after its result has been written
  idle = {&s.unused, &idle_a, &idle_b, idle.minus_a, idle.minus_b};
  const auto lane = [&](size_t v, size_t i) -> const Pair<Point>& { return 4 * v + i < count ? pairs[4 * v + i] : idle; };

  for (size_t v = 0; v < vectors; ++v) {
    if (4 * v + 12 < count) {
      for (size_t i = 8; i < 12; ++i) {
        __builtin_prefetch(pairs[4 * v + i].a->x);
        __builtin_prefetch(pairs[4 * v + i].b->x);
      }
    }
    const double* const ax[4] = {lane(v, 0).a->x, lane(v, 1).a->x, lane(v, 2).a->x, lane(v, 3).a->x};
    const double* const bx[4] = {lane(v, 0).b->x, lane(v, 1).b->x, lane(v, 2).b->x, lane(v, 3).b->x};
    FpLanes a, b;
    gather(a, ax);
    gather(b, bx);
    s.dx[v] = b - a;
    if (v == 0) s.prefix[0] = s.dx[0];
    else fp_mul(&s.prefix[v], &s.prefix[v - 1], &s.dx[v]);
  }
  FpLanes inverse = s.prefix[vectors - 1];
  if (!invert(inverse)) return false;
  for (size_t v = vectors; v-- > 0;) {
    FpLanes own, ax, ay, bx, by, lambda, x, y;
    if (v == 0) {
      own = inverse;
    } else {
      fp_mul(&own, &inverse, &s.prefix[v - 1]);
      fp_mul(&inverse, &inverse, &s.dx[v]);
    }
    const double *rows[4][4];
    double *to_x[4], *to_y[4];
    bool minus_a[4], minus_b[4];
    for (size_t i = 0; i < 4; ++i) {
      const auto& pair = lane(v, i);
      rows[0][i] = pair.a->x;
      rows[1][i] = pair.a->y;
      rows[2][i] = pair.b->x;
      rows[3][i] = pair.b->y;
      to_x[i] = pair.to->x;
      to_y[i] = pair.to->y;
      minus_a[i] = pair.minus_a;
      minus_b[i] = pair.minus_b;
    }
    gather(ax, rows[0]);
    gather(ay, rows[1]);
    gather(bx, rows[2]);
    gather(by, rows[3]);
    flip(ay, signs(minus_a));
    flip(by, signs(minus_b));
    lambda = by - ay;
    fp_mul(&lambda, &lambda, &own);
    fp_mul(&x, &lambda, &lambda);
    x = x - ax - bx;
    reduce(x);
    y = ax - x;
    fp_mul(&y, &y, &lambda);
    y = y - ay;
    reduce(y);
    scatter(to_x, x);
    scatter(to_y, y);
  }
  return true;
}

}  // namespace sotto::simd
