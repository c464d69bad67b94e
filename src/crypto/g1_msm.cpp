#include "crypto/g1_msm.hpp"

#include <algorithm>
#include <bit>

#include "crypto/g1_sums.hpp"

namespace sotto::crypto {

namespace {

__extension__ using u128 = unsigned __int128;

// lambda = z^2 - 1, z = -0xd201000000010000.
constexpr u128 kLambda = static_cast<u128>(0xd201000000010000u) * 0xd201000000010000u - 1;
static_assert(kLambda >> 127 == 1);

// Quotient below 2^64 and remainder of (high 2^64 + low) / kLambda for high < kLambda. Knuth's algorithm D, one digit of 64 bits.
struct Division {
  uint64_t quotient;
  u128 rest;
};
Division divide(u128 high, uint64_t low) {
  constexpr uint64_t top = static_cast<uint64_t>(kLambda >> 64), bottom = static_cast<uint64_t>(kLambda);
  u128 guess = high / top;
  if (guess >> 64) guess = ~uint64_t{0};
  // The guess is at most two too large (the divisor's top bit is set), and never too small.
  uint64_t q = static_cast<uint64_t>(guess);
  for (;; --q) {
    // product = q * lambda, 192 bits
    const u128 p0 = static_cast<u128>(q) * bottom, p1 = static_cast<u128>(q) * top + (p0 >> 64);
    const u128 dividend_high = high;                       // words 1 and 2; word 0 is low
    const uint64_t p_low = static_cast<uint64_t>(p0);
    const bool borrow = low < p_low;
    if (dividend_high < p1 || (dividend_high == p1 && borrow)) continue;
    const u128 rest_high = dividend_high - p1 - (borrow ? 1 : 0);
    return {q, rest_high << 64 | static_cast<uint64_t>(low - p_low)};
  }
}

const blst_fp& beta() {
  // The cube root of 1 with (beta x, y) = lambda (x, y), found from the generator: (2^((p-1)/3) or its square would do as well).
  static const blst_fp value = [] {
    const G1Affine& g = G1Affine::generator();
    const G1Affine image = (G1(g) * glv_lambda()).affine();
    blst_fp inverse, out;
    blst_fp_eucl_inverse(&inverse, &g.raw().x);
    blst_fp_mul(&out, &image.raw().x, &inverse);
    CHECK(fp_equal(image.raw().y, g.raw().y));
    return out;
  }();
  return value;
}

void negate_if(blst_p1_affine& p, bool negative) {
  if (negative) blst_fp_cneg(&p.y, &p.y, true);
}

// sum 2^(width i) windows[i].
G1 horner(std::span<const G1> windows, size_t width) {
  G1 out;
  for (size_t i = windows.size(); i-- > 0;) {
    if (!out.is_infinity())
      for (size_t k = 0; k < width; ++k) blst_p1_double(&out.raw(), &out.raw());
    out += windows[i];
  }
  return out;
}

// A number below 2^bits as `windows` signed digits of `width` bits, each in [-(2^(width-1) - 1), 2^(width-1)]: to every digit
// 2^(width-1) - 1 is added, so that ordinary addition does the carries, and taken off when the digit is read. Fits
// as windows * width > bits.
std::array<uint64_t, 3> recode(const std::array<uint64_t, 3>& k, size_t width, size_t windows) {
  const uint64_t bias = (uint64_t{1} << (width - 1)) - 1;
  std::array<uint64_t, 3> all{};
  for (size_t w = 0; w < windows; ++w) {
    const size_t word = w * width / 64, shift = w * width % 64;
    all[word] |= bias << shift;
    if (shift + width > 64 && word < 2) all[word + 1] |= bias >> (64 - shift);
  }
  u128 carry = 0;
  for (size_t i = 0; i < 3; ++i) {
    carry += static_cast<u128>(k[i]) + all[i];
    all[i] = static_cast<uint64_t>(carry);
    carry >>= 64;
  }
  return all;
}

int32_t signed_digit(const std::array<uint64_t, 3>& recoded, size_t width, size_t window) {
  const size_t word = window * width / 64, shift = window * width % 64;
  uint64_t digit = recoded[word] >> shift;
  if (shift + width > 64 && word < 2) digit |= recoded[word + 1] << (64 - shift);
  digit &= (uint64_t{1} << width) - 1;
  return static_cast<int32_t>(digit) - ((int32_t{1} << (width - 1)) - 1);
}

size_t magnitude(int32_t digit) { return static_cast<size_t>(digit < 0 ? -digit : digit); }

constexpr size_t kTableWidth = 5;
constexpr size_t kTableSize = size_t{1} << (kTableWidth - 1);   // multiples 1 .. 16

size_t windows_of(size_t bits, size_t width) { return bits / width + 1; }   // room for the last carry

// Affine additions' worth of work, for `terms` half-size terms of `bits` bits.
size_t cost_of_tables(size_t terms, size_t bits) { return terms / 2 * kTableSize + windows_of(bits, kTableWidth) * terms; }
size_t cost_of_buckets(size_t terms, size_t bits, size_t width) {
  const size_t buckets = size_t{1} << (width - 1);
  // Two additions to weigh a bucket, and a few Jacobian ones for the rows and columns (three times as dear, two a line).
  const size_t lines = 2 * (size_t{1} << (width / 2));
  return windows_of(bits, width) * (terms + 2 * buckets + 6 * lines);
}

}  // namespace

const Fr& glv_lambda() {
  static const Fr value = glv_short(static_cast<uint64_t>(kLambda), 0) +
                          Fr::from_u64(static_cast<uint64_t>(kLambda >> 64)) * Fr::from_u64(1u << 16).pow_vartime(4);
  return value;
}

Fr glv_short(uint64_t a, uint64_t b) { return b == 0 ? Fr::from_u64(a) : Fr::from_u64(a) + glv_lambda() * Fr::from_u64(b); }

GlvScalar glv_split(const Fr& k) {
  const auto words = k.limbs();
  // The top two words are below lambda or one quotient digit above it: r < 2^255, lambda > 2^127, so the quotient has 128 bits.
  const u128 top = static_cast<u128>(words[3]) << 64 | words[2];
  CHECK(top < kLambda);
  const auto first = divide(top, words[1]);
  const auto second = divide(first.rest, words[0]);
  return {{static_cast<uint64_t>(second.rest), static_cast<uint64_t>(second.rest >> 64)}, {second.quotient, first.quotient}};
}

blst_p1_affine glv_endomorphism(const blst_p1_affine& p) {
  blst_p1_affine out = p;
  blst_fp_mul(&out.x, &p.x, &beta());
  return out;
}

void GlvSum::reserve(size_t points) { terms_.reserve(2 * points); }

void GlvSum::add(const blst_p1_affine& point, const Fr& scalar) {
  if (blst_p1_affine_is_inf(&point)) return;
  const GlvScalar k = glv_split(scalar);
  terms_.push_back({point, {k.low[0], k.low[1], 0}});
  terms_.push_back({glv_endomorphism(point), {k.high[0], k.high[1], 0}});
}

size_t GlvSum::prepare(Method method) {
  bits_ = 0;
  for (const Term& term : terms_)
    bits_ = std::max<size_t>(bits_, term.scalar[1] ? 128 - static_cast<size_t>(std::countl_zero(term.scalar[1]))
                                                   : 64 - static_cast<size_t>(std::countl_zero(term.scalar[0])));
  size_t best = 3;
  for (size_t width = 4; width <= 14; ++width)
    if (cost_of_buckets(terms_.size(), bits_, width) < cost_of_buckets(terms_.size(), bits_, best)) best = width;
  tables_ = method == Method::tables ||
            (method == Method::cheapest && cost_of_tables(terms_.size(), bits_) < cost_of_buckets(terms_.size(), bits_, best));
  width_ = tables_ ? kTableWidth : best;
  windows_ = windows_of(bits_, width_);
  for (Term& term : terms_) term.scalar = recode(term.scalar, width_, windows_);
  window_sums_.assign(windows_, {});
  return tables_ ? 1 : windows_;
}

void GlvSum::run(size_t job) {
  if (tables_) sum_by_tables();
  else sum_by_buckets(job);
}

G1 GlvSum::sum() const { return horner(window_sums_, width_); }

// The multiples 1 .. 16 of every point, then every window's sum of the entries its digits name.
void GlvSum::sum_by_tables() {
  const size_t points = terms_.size() / 2;
  // Multiple m + 1 = multiple m + P, all points side by side. A point of small order may reach infinity: length 0 from then on.
  std::vector<blst_p1_affine> table(points * kTableSize);
  std::vector<uint8_t> finite(table.size());
  std::vector<blst_p1_affine> pairs(2 * points);
  std::vector<PointRun> runs(points);
  for (size_t m = 0; m < kTableSize; ++m) {
    for (size_t i = 0; i < points; ++i) {
      runs[i] = {static_cast<uint32_t>(2 * i), 0};
      if (m > 0 && finite[i * kTableSize + m - 1]) pairs[2 * i + runs[i].length++] = table[i * kTableSize + m - 1];
      pairs[2 * i + runs[i].length++] = terms_[2 * i].point;
    }
    sum_runs_vartime(pairs, runs);
    for (size_t i = 0; i < points; ++i) {
      finite[i * kTableSize + m] = static_cast<uint8_t>(runs[i].length);
      if (runs[i].length) table[i * kTableSize + m] = pairs[2 * i];
    }
  }
  std::vector<blst_p1_affine> chosen;
  chosen.reserve(windows_ * terms_.size());
  std::vector<PointRun> sums(windows_);
  for (size_t w = 0; w < windows_; ++w) {
    sums[w].start = static_cast<uint32_t>(chosen.size());
    for (size_t i = 0; i < terms_.size(); ++i) {
      const int32_t d = signed_digit(terms_[i].scalar, width_, w);
      const size_t entry = i / 2 * kTableSize + magnitude(d) - 1;
      if (d == 0 || !finite[entry]) continue;
      chosen.push_back(i % 2 ? glv_endomorphism(table[entry]) : table[entry]);
      negate_if(chosen.back(), d < 0);
    }
    sums[w].length = static_cast<uint32_t>(chosen.size()) - sums[w].start;
  }
  sum_runs_vartime(chosen, sums);
  for (size_t w = 0; w < windows_; ++w)
    if (sums[w].length) window_sums_[w] = G1(G1Affine(chosen[sums[w].start]));
}

// Pippenger's buckets for one window: bucket b = 1 .. 2^(width-1) holds +-P for every digit +-b.
void GlvSum::sum_by_buckets(size_t window) {
  const size_t count = size_t{1} << (width_ - 1);
  std::vector<int32_t> digits(terms_.size());
  std::vector<PointRun> buckets(count);
  for (size_t i = 0; i < terms_.size(); ++i) {
    digits[i] = signed_digit(terms_[i].scalar, width_, window);
    if (digits[i] != 0) ++buckets[magnitude(digits[i]) - 1].length;
  }
  uint32_t start = 0;
  for (PointRun& run : buckets) {
    run.start = start;
    start += std::exchange(run.length, 0);
  }
  std::vector<blst_p1_affine> points(start);
  for (size_t i = 0; i < terms_.size(); ++i) {
    const int32_t d = digits[i];
    if (d == 0) continue;
    PointRun& run = buckets[magnitude(d) - 1];
    blst_p1_affine& p = points[run.start + run.length++];
    p = terms_[i].point;
    negate_if(p, d < 0);
  }
  sum_runs_vartime(points, buckets);

  // sum b bucket_b with b - 1 = columns * row + column: columns * sum row R_row + sum (column + 1) C_column.
  const size_t columns = size_t{1} << (width_ / 2), rows = count / columns;
  std::vector<blst_p1_affine> crossed;
  crossed.reserve(2 * count);
  std::vector<PointRun> lines;
  const auto line = [&](size_t first, size_t step, size_t length) {
    PointRun& run = lines.emplace_back(PointRun{static_cast<uint32_t>(crossed.size()), 0});
    for (size_t i = 0; i < length; ++i) {
      const PointRun& bucket = buckets[first + i * step];
      if (bucket.length == 0) continue;
      crossed.push_back(points[bucket.start]);
      ++run.length;
    }
  };
  for (size_t row = 1; row < rows; ++row) line(row * columns, 1, columns);
  for (size_t column = 0; column < columns; ++column) line(column, columns, rows);
  sum_runs_vartime(crossed, lines);
  const auto weigh = [&](size_t first, size_t number) {    // sum (i + 1) line_{first + i}
    G1 running, sum;
    for (size_t i = number; i-- > 0;) {
      if (const PointRun& run = lines[first + i]; run.length != 0) running += G1Affine(crossed[run.start]);
      sum += running;
    }
    return sum;
  };
  G1 by_row = weigh(0, rows - 1);
  for (size_t k = columns; k > 1; k /= 2) blst_p1_double(&by_row.raw(), &by_row.raw());
  window_sums_[window] = by_row + weigh(rows - 1, columns);
}

G1 msm_glv_vartime(std::span<const G1Affine> points, std::span<const Fr> scalars) {
  CHECK(points.size() == scalars.size());
  GlvSum sum;
  sum.reserve(points.size());
  for (size_t i = 0; i < points.size(); ++i) sum.add(points[i].raw(), scalars[i]);
  const size_t jobs = sum.prepare();
  for (size_t i = 0; i < jobs; ++i) sum.run(i);
  return sum.sum();
}

namespace {
constexpr size_t kFixedBits = 8, kMultiples = size_t{1} << (kFixedBits - 1), kOffsets = 2;
}

FixedBases::FixedBases(std::span<const G1Affine> bases) : size_(bases.size()) {
  std::vector<G1> multiples;
  for (size_t i = 0; i < bases.size(); ++i) {
    if (bases[i].is_infinity()) continue;
    finite_.push_back(i);
    G1 base(bases[i]);
    for (size_t offset = 0; offset < kOffsets; ++offset) {
      G1 multiple = base;
      for (size_t m = 0; m < kMultiples; ++m, multiple += base) multiples.push_back(multiple);
      for (size_t k = 0; k < 128 / kOffsets; ++k) blst_p1_double(&base.raw(), &base.raw());
    }
  }
  for (const G1Affine& p : to_affine(multiples)) table_.push_back(p.raw());
}

G1 FixedBases::msm_vartime(std::span<const Fr> scalars) const {
  CHECK(scalars.size() == size_);
  constexpr size_t kHigh = 128 / kOffsets / kFixedBits, kWindows = kHigh + 1;   // the last carry of the second offset stands alone
  std::vector<blst_p1_affine> chosen;
  chosen.reserve(finite_.size() * 2 * (2 * kHigh + 1));
  std::array<PointRun, kWindows> runs{};
  std::vector<std::array<std::array<uint64_t, 3>, 2>> split;
  for (const size_t i : finite_) {
    const GlvScalar k = glv_split(scalars[i]);
    split.push_back({recode({k.low[0], k.low[1], 0}, kFixedBits, kOffsets * kHigh + 1),
                     recode({k.high[0], k.high[1], 0}, kFixedBits, kOffsets * kHigh + 1)});
  }
  for (size_t w = 0; w < kWindows; ++w) {
    runs[w].start = static_cast<uint32_t>(chosen.size());
    for (size_t i = 0; i < finite_.size(); ++i)
      for (size_t offset = 0; offset < kOffsets; ++offset) {
        if (w == kHigh && offset == 0) continue;           // that digit is the second offset's first
        for (const bool high : {false, true}) {
          const int32_t d = signed_digit(split[i][high], kFixedBits, offset * kHigh + w);
          if (d == 0) continue;
          const auto& entry = table_[(i * kOffsets + offset) * kMultiples + magnitude(d) - 1];
          chosen.push_back(high ? glv_endomorphism(entry) : entry);
          negate_if(chosen.back(), d < 0);
        }
      }
    runs[w].length = static_cast<uint32_t>(chosen.size()) - runs[w].start;
  }
  sum_runs_vartime(chosen, runs);
  std::array<G1, kWindows> sums;
  for (size_t w = 0; w < kWindows; ++w)
    if (runs[w].length) sums[w] = G1(G1Affine(chosen[runs[w].start]));
  return horner(sums, kFixedBits);
}

}  // namespace sotto::crypto
