#include "poly/commit.hpp"

#include <new>

#include "poly/group_sums.hpp"

namespace sotto::poly {

using crypto::Fr;
using crypto::G1;

namespace {

constexpr size_t kWindows = CommitTable::kWindows, kWindowBits = CommitTable::kWindowBits, kBuckets = CommitTable::kBuckets;

std::shared_ptr<void> aligned_memory(size_t bytes) {
  static constexpr auto alignment = std::align_val_t(CommitTable::kAlignment);
  return {::operator new(bytes, alignment), [](void* p) { ::operator delete(p, alignment); }};
}

template <class Pairs>
std::shared_ptr<const void> make_table(std::span<const crypto::G1Affine> points, ThreadPool& pool) {
  using Point = typename Pairs::Point;
  static_assert(alignof(Point) <= CommitTable::kAlignment && std::is_trivially_copyable_v<Point>);
  auto memory = aligned_memory(points.size() * kWindows * sizeof(Point));
  auto* const table = static_cast<Point*>(memory.get());
  constexpr size_t kChunk = 64;
  pool.parallel_for((points.size() + kChunk - 1) / kChunk, [&](size_t chunk) {
    const size_t begin = chunk * kChunk, end = std::min(begin + kChunk, points.size());
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
    for (size_t i = 0; i < affine.size(); ++i) new (&table[begin * kWindows + i]) Point(Pairs::pack(affine[i].raw()));
  });
  return memory;
}

// A scalar's digit: the point of the table, the bucket |digit| - 1.
struct Entry {
  uint32_t point;
  uint16_t bucket;
  bool minus;
};

// Signed digits in [-2048, 2048] of all scalars; start[b + 1] counts those of bucket b.
std::vector<Entry> digits(std::span<const Fr> scalars, size_t first, std::array<uint32_t, kBuckets + 1>& start) {
  std::vector<Entry> entries;
  entries.reserve(scalars.size() * kWindows);
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
  return entries;
}

// sum (b + 1) bucket_b with b = 32 hi + lo: 32 sum hi row_hi + sum (lo + 1) column_lo.
template <class Pairs>
G1 weigh(GroupSums<Pairs>& sums, std::span<const typename Pairs::Point> points, std::span<const Group> buckets) {
  constexpr size_t kLow = 32, kHigh = kBuckets / kLow;
  std::vector<typename Pairs::Point> crossed;
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
  sums.sum(crossed, lines);
  const auto ladder = [&](size_t begin, size_t count) {   // sum (i + 1) line_{begin + i}
    G1 running, sum;
    for (size_t i = count; i-- > 0;) {
      if (const Group& group = lines[begin + i]; group.length != 0)
        running += crypto::G1Affine(Pairs::unpack(crossed[group.start]));
      sum += running;
    }
    return sum;
  };
  G1 rows = ladder(1, kHigh - 1);
  for (size_t doubling = kLow; doubling > 1; doubling /= 2) blst_p1_double(&rows.raw(), &rows.raw());
  return rows + ladder(kHigh, kLow);
}

template <class Pairs>
G1 commit(const void* memory, std::span<const Fr> scalars, size_t first) {
  using Sums = GroupSums<Pairs>;
  const auto* const table = static_cast<const typename Pairs::Point*>(memory);
  std::array<uint32_t, kBuckets + 1> start{};
  const auto entries = digits(scalars, first, start);
  for (size_t b = 0; b < kBuckets; ++b) start[b + 1] += start[b];
  std::vector<Group> buckets(kBuckets);
  for (size_t b = 0; b < kBuckets; ++b) buckets[b] = {start[b], start[b + 1] - start[b], static_cast<uint32_t>(b + 1)};
  std::vector<typename Sums::Signed> summands(entries.size());
  for (const Entry& e : entries) summands[start[e.bucket]++] = {&table[e.point], e.minus};
  Sums sums;
  auto points = sums.first_round(summands, buckets);
  sums.sum(points, buckets);
  const G1 weighed = weigh<Pairs>(sums, points, buckets);
  return weighed + sums.exceptional();
}

// f<the kernel's pairs>().
template <class F>
auto with_pairs(simd::Kernel kernel, const F& f) {
  switch (kernel) {
    case simd::Kernel::portable: break;
    case simd::Kernel::avx2: return f.template operator()<simd::Avx2Pairs>();
    case simd::Kernel::ifma: return f.template operator()<simd::IfmaPairs>();
    case simd::Kernel::ifma_emulated: return f.template operator()<simd::EmulatedIfmaPairs>();
  }
  return f.template operator()<simd::BlstPairs>();
}

}  // namespace

CommitTable::CommitTable(std::span<const crypto::G1Affine> points, ThreadPool& pool, simd::Kernel kernel)
    : CommitTable(kernel, points.size(), with_pairs(kernel, [&]<class Pairs>() { return make_table<Pairs>(points, pool); })) {}

CommitTable::CommitTable(simd::Kernel kernel, size_t points, std::shared_ptr<const void> memory)
    : kernel_(kernel), size_(points), table_(std::move(memory)) {
  CHECK(simd::runs_here(kernel));
  CHECK(reinterpret_cast<uintptr_t>(table_.get()) % kAlignment == 0);
}

size_t CommitTable::table_bytes(simd::Kernel kernel, size_t points) {
  return points * kWindows * with_pairs(kernel, []<class Pairs>() { return sizeof(typename Pairs::Point); });
}

G1 CommitTable::commit_vartime(std::span<const Fr> scalars, size_t first) const {
  CHECK(first + scalars.size() <= size_);
  return with_pairs(kernel_, [&]<class Pairs>() { return commit<Pairs>(table_.get(), scalars, first); });
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
