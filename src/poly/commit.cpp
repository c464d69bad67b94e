#include "poly/commit.hpp"

namespace sotto::poly {

using crypto::Fr;
using crypto::G1;

namespace {

bool is_zero(const blst_fp& x) { return (x.l[0] | x.l[1] | x.l[2] | x.l[3] | x.l[4] | x.l[5]) == 0; }

// a = a + b for many pairs with one inversion per kBatch. Pairs with equal x (equal or opposite points: only if someone knows
// a relation between the bases, or the same point came twice) go through blst's complete addition.
class PairAdder {
 public:
  explicit PairAdder(G1& exceptional) : exceptional_(exceptional) {}
  ~PairAdder() { CHECK(count_ == 0); }
  bool met_exception() const { return met_exception_; }

  // *to = a + b; `to` may be a or b. In an exceptional case *to becomes infinity and weight * (a + b) goes to `exceptional`.
  void add(blst_p1_affine* to, const blst_p1_affine& a, const blst_p1_affine& b, uint32_t weight) {
    blst_fp dx;
    blst_fp_sub(&dx, &b.x, &a.x);
    if (is_zero(dx)) {
      G1 sum = G1(crypto::G1Affine(a));
      sum += crypto::G1Affine(b);
      exceptional_ += sum * Fr::from_u64(weight);
      met_exception_ = true;
      *to = blst_p1_affine{};
      return;
    }
    pairs_[count_] = {to, a, b};
    dx_[count_] = dx;
    if (count_ == 0) prefix_[0] = dx;
    else blst_fp_mul(&prefix_[count_], &prefix_[count_ - 1], &dx);
    if (++count_ == kBatch) flush();
  }

  void flush() {
    if (count_ == 0) return;
    blst_fp inverse;
    blst_fp_eucl_inverse(&inverse, &prefix_[count_ - 1]);
    for (size_t i = count_; i-- > 0;) {
      blst_fp own;
      if (i == 0) {
        own = inverse;
      } else {
        blst_fp_mul(&own, &inverse, &prefix_[i - 1]);
        blst_fp_mul(&inverse, &inverse, &dx_[i]);
      }
      const auto& [to, a, b] = pairs_[i];
      blst_fp lambda, x, y;
      blst_fp_sub(&lambda, &b.y, &a.y);
      blst_fp_mul(&lambda, &lambda, &own);
      blst_fp_sqr(&x, &lambda);
      blst_fp_sub(&x, &x, &a.x);
      blst_fp_sub(&x, &x, &b.x);
      blst_fp_sub(&y, &a.x, &x);
      blst_fp_mul(&y, &y, &lambda);
      blst_fp_sub(&y, &y, &a.y);
      to->x = x;
      to->y = y;
    }
    count_ = 0;
  }

 private:
  static constexpr size_t kBatch = 256;
  struct Pair {
    blst_p1_affine* to;
    blst_p1_affine a, b;
  };
  G1& exceptional_;
  bool met_exception_ = false;
  size_t count_ = 0;
  std::array<Pair, kBatch> pairs_;
  std::array<blst_fp, kBatch> dx_, prefix_;
};

// A run of points to be added up; `weight` is what its sum counts for in the end (for exceptional pairs).
struct Group {
  uint32_t start = 0, length = 0, weight = 0;
};

// Halves every group until it holds one point, its sum, or none.
void sum_groups(std::vector<blst_p1_affine>& points, std::vector<Group>& groups, G1& exceptional) {
  for (bool again = true; again;) {
    again = false;
    PairAdder adder(exceptional);
    for (Group& g : groups) {
      if (g.length < 2) continue;
      blst_p1_affine* p = points.data() + g.start;
      const uint32_t pairs = g.length / 2;
      for (uint32_t i = 0; i < pairs; ++i) adder.add(&p[i], p[i], p[g.length - 1 - i], g.weight);
      g.length -= pairs;
      again = again || g.length > 1;
    }
    adder.flush();
    if (!adder.met_exception()) continue;
    // An exceptional pair left infinity behind; later rounds must see points only.
    for (Group& g : groups) {
      blst_p1_affine* p = points.data() + g.start;
      for (uint32_t i = 0; i < g.length;) {
        if (blst_p1_affine_is_inf(&p[i])) p[i] = p[--g.length];
        else ++i;
      }
    }
  }
}

}  // namespace

CommitTable::CommitTable(std::span<const crypto::G1Affine> points, ThreadPool& pool)
    : size_(points.size()), table_(points.size() * kWindows) {
  constexpr size_t kChunk = 64;
  pool.parallel_for((size_ + kChunk - 1) / kChunk, [&](size_t chunk) {
    const size_t begin = chunk * kChunk, end = std::min(begin + kChunk, size_);
    std::vector<G1> shifted;
    for (size_t i = begin; i < end; ++i) {
      G1 p(points[i]);
      for (size_t w = 0; w < kWindows; ++w) {
        shifted.push_back(p);
        if (w + 1 < kWindows)
          for (size_t d = 0; d < kWindowBits; ++d) blst_p1_double(&p.raw(), &p.raw());
      }
    }
    const auto affine = crypto::to_affine(shifted);
    for (size_t i = 0; i < affine.size(); ++i) table_[begin * kWindows + i] = affine[i].raw();
  });
}

G1 CommitTable::commit_vartime(std::span<const Fr> scalars, size_t first) const {
  CHECK(first + scalars.size() <= size_);
  // Signed digits in [-2048, 2048], counted per bucket.
  struct Entry {
    uint32_t point;        // index into table_
    uint16_t bucket;       // |digit| - 1
    bool negative;
  };
  std::vector<Entry> entries;
  entries.reserve(scalars.size() * kWindows);
  std::array<uint32_t, kBuckets + 1> start{};
  for (size_t i = 0; i < scalars.size(); ++i) {
    if (scalars[i].is_zero()) continue;
    const auto limbs = scalars[i].limbs();
    int carry = 0;
    for (size_t w = 0; w < kWindows; ++w) {
      const size_t bit = w * kWindowBits, limb = bit / 64, shift = bit % 64;
      uint64_t raw = limb < 4 ? limbs[limb] >> shift : 0;
      if (shift + kWindowBits > 64 && limb + 1 < 4) raw |= limbs[limb + 1] << (64 - shift);
      int digit = static_cast<int>(raw & (2 * kBuckets - 1)) + carry;
      carry = digit > static_cast<int>(kBuckets) ? 1 : 0;
      if (carry) digit -= 2 * static_cast<int>(kBuckets);
      if (digit == 0) continue;
      const auto bucket = static_cast<uint16_t>((digit < 0 ? -digit : digit) - 1);
      entries.push_back({static_cast<uint32_t>((first + i) * kWindows + w), bucket, digit < 0});
      ++start[bucket + 1];
    }
    CHECK(carry == 0);
  }
  for (size_t b = 0; b < kBuckets; ++b) start[b + 1] += start[b];

  // Points grouped by bucket.
  std::vector<blst_p1_affine> points(entries.size());
  {
    auto at = start;
    for (const Entry& e : entries) {
      auto& p = points[at[e.bucket]++];
      p = table_[e.point];
      if (e.negative) blst_fp_cneg(&p.y, &p.y, true);
    }
  }
  G1 exceptional;
  std::vector<Group> buckets(kBuckets);
  for (size_t b = 0; b < kBuckets; ++b) buckets[b] = {start[b], start[b + 1] - start[b], static_cast<uint32_t>(b + 1)};
  sum_groups(points, buckets, exceptional);

  // sum (b + 1) bucket_b with b = 32 hi + lo: 32 sum hi row_hi + sum (lo + 1) column_lo.
  constexpr size_t kLow = 32, kHigh = kBuckets / kLow;
  std::vector<blst_p1_affine> crossed;
  crossed.reserve(2 * kBuckets);
  std::vector<Group> lines;
  const auto line = [&](size_t begin, size_t step, size_t count, size_t weight) {
    Group group{static_cast<uint32_t>(crossed.size()), 0, static_cast<uint32_t>(weight)};
    for (size_t i = 0; i < count; ++i)
      if (const Group& bucket = buckets[begin + i * step]; bucket.length != 0) crossed.push_back(points[bucket.start]);
    group.length = static_cast<uint32_t>(crossed.size()) - group.start;
    lines.push_back(group);
  };
  for (size_t hi = 0; hi < kHigh; ++hi) line(hi * kLow, 1, kLow, hi * kLow);
  for (size_t lo = 0; lo < kLow; ++lo) line(lo, kLow, kHigh, lo + 1);
  sum_groups(crossed, lines, exceptional);
  const auto weigh = [&](size_t begin, size_t count) {   // sum (i + 1) line_{begin + i}
    G1 running, sum;
    for (size_t i = count; i-- > 0;) {
      if (const Group& group = lines[begin + i]; group.length != 0) running += crypto::G1Affine(crossed[group.start]);
      sum += running;
    }
    return sum;
  };
  G1 rows = weigh(1, kHigh - 1);
  for (size_t doubling = kLow; doubling > 1; doubling /= 2) blst_p1_double(&rows.raw(), &rows.raw());
  return rows + weigh(kHigh, kLow) + exceptional;
}

std::vector<crypto::G1Affine> commit_all(const CommitTable& table, std::span<const std::span<const Fr>> polynomials, ThreadPool& pool) {
  // Whole polynomials while every thread has one; the remainder is cut so that no thread idles.
  const size_t threads = pool.threads(), whole = polynomials.size() / threads * threads;
  std::vector<G1> partial(whole + (polynomials.size() - whole) * threads);
  pool.parallel_for(partial.size(), [&](size_t job) {
    if (job < whole) {
      partial[job] = table.commit_vartime(polynomials[job]);
      return;
    }
    const auto poly = polynomials[whole + (job - whole) / threads];
    const size_t part = (job - whole) % threads, begin = poly.size() * part / threads, end = poly.size() * (part + 1) / threads;
    partial[job] = table.commit_vartime(poly.subspan(begin, end - begin), begin);
  });
  std::vector<G1> sums(polynomials.size());
  for (size_t job = 0; job < partial.size(); ++job) sums[job < whole ? job : whole + (job - whole) / threads] += partial[job];
  return crypto::to_affine(sums);
}

}  // namespace sotto::poly
