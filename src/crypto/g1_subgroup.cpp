#include "crypto/g1_subgroup.hpp"

#include <algorithm>

#include "crypto/g1_sums.hpp"
#include "crypto/hash.hpp"
#include "crypto/sodium_ready.hpp"

namespace sotto::crypto {

namespace {

constexpr size_t kMaxTrits = 9;
constexpr std::array<uint32_t, kMaxTrits + 1> kPowers{1, 3, 9, 27, 81, 243, 729, 2187, 6561, 19683};

// Rounds in one pass over n points: about n additions to fill (3^g - 1) / 2 buckets, 3^g to empty them again.
size_t trits_a_pass(size_t n) {
  const auto cost = [&](size_t g) { return (kSubgroupRounds + g - 1) / g * (n + kPowers[g]); };
  size_t best = 1;
  for (size_t g = 2; g <= kMaxTrits; ++g)
    if (cost(g) < cost(best)) best = g;
  return best;
}

// Points gathered by one job: enough for its additions to share inversions well, few enough for the cache.
constexpr size_t kPointsAJob = 2500;

// First round of pass i of `passes`: as even as can be.
size_t first_round(size_t i, size_t passes) { return kSubgroupRounds * i / passes; }

}  // namespace

std::vector<int32_t> subgroup_coefficients(const Hash32& seed, size_t first, size_t trits, size_t count) {
  CHECK(trits >= 1 && trits <= kMaxTrits);
  sodium_ready();
  const ByteArray<2> label{static_cast<uint8_t>(first), static_cast<uint8_t>(trits)};
  const Hash32 key = blake2b_256("sotto/subgroup/rounds/v1", {label}, seed);
  const uint32_t range = kPowers[trits], limit = 65536 / range * range;
  std::vector<int32_t> out;
  out.reserve(count);
  ByteArray<4096> stream;
  for (uint32_t block = 0; out.size() < count; ++block) {
    const ByteArray<8> nonce{static_cast<uint8_t>(block), static_cast<uint8_t>(block >> 8), static_cast<uint8_t>(block >> 16)};
    static_assert(crypto_stream_chacha20_NONCEBYTES == 8 && crypto_stream_chacha20_KEYBYTES == 32);
    crypto_stream_chacha20(stream.data(), stream.size(), nonce.data(), key.data());
    for (size_t i = 0; i < stream.size() && out.size() < count; i += 2) {
      const uint32_t word = stream[i] | static_cast<uint32_t>(stream[i + 1]) << 8;
      if (word < limit) out.push_back(static_cast<int32_t>(word % range) - static_cast<int32_t>(range / 2));
    }
  }
  return out;
}

namespace {

// The buckets of one pass: bucket b = 1 .. (3^trits - 1) / 2 holds the sum of +-P over the points P with coefficient +-b.
struct Buckets {
  std::vector<blst_p1_affine> points;
  std::vector<PointRun> runs;                  // index b - 1
  std::vector<blst_p1_affine> tops;            // what goes into out[t], level by level
  std::vector<PointRun> top_runs;
};

void gather_buckets(std::span<const G1Unchecked> points, const SubgroupPass& pass, Buckets& to) {
  const size_t count = kPowers[pass.trits] / 2;
  CHECK(pass.coefficients.size() == points.size() && pass.out.size() == pass.trits);
  to.runs.assign(count, {});
  for (const int32_t c : pass.coefficients)
    if (c != 0) ++to.runs[static_cast<size_t>(c < 0 ? -c : c) - 1].length;
  uint32_t start = 0;
  for (PointRun& run : to.runs) {
    run.start = start;
    start += std::exchange(run.length, 0);
  }
  to.points.resize(start);
  for (size_t i = 0; i < points.size(); ++i) {
    const int32_t c = pass.coefficients[i];
    if (c == 0) continue;
    PointRun& run = to.runs[static_cast<size_t>(c < 0 ? -c : c) - 1];
    blst_p1_affine& p = to.points[run.start + run.length++];
    p = points[i].raw();
    if (c < 0) blst_fp_cneg(&p.y, &p.y, true);
  }
  to.tops.reserve(kPowers[pass.trits] / 2);
  to.top_runs.assign(pass.trits, {});
}

}  // namespace

// A bucket b whose highest trit is t is 3^t + rest with |rest| <= (3^t - 1) / 2: it counts once for sum t, and what it counts for
// the lower sums is what bucket |rest| counts for, with the sign of rest. So from the top trit down, buckets are folded into
// lower ones, three to one.
void signed_sums_vartime(std::span<const G1Unchecked> points, std::span<SubgroupPass> passes) {
  std::vector<Buckets> all(passes.size());
  size_t levels = 0;
  for (size_t i = 0; i < passes.size(); ++i) {
    gather_buckets(points, passes[i], all[i]);
    sum_runs_vartime(all[i].points, all[i].runs);
    levels = std::max(levels, passes[i].trits);
  }
  std::vector<blst_p1_affine> folding;
  std::vector<PointRun> folds;
  for (size_t t = levels; t-- > 0;) {
    const size_t q = kPowers[t], half = q / 2;
    folding.clear();
    folds.clear();
    for (size_t i = 0; i < passes.size(); ++i) {
      if (t >= passes[i].trits) continue;
      Buckets& b = all[i];
      const auto take = [&](size_t bucket, std::vector<blst_p1_affine>& to, PointRun& run, bool negative) {
        const PointRun& from = b.runs[bucket - 1];
        if (from.length == 0) return;
        to.push_back(b.points[from.start]);
        if (negative) blst_fp_cneg(&to.back().y, &to.back().y, true);
        ++run.length;
      };
      b.top_runs[t].start = static_cast<uint32_t>(b.tops.size());
      for (size_t v = q - half; v <= q + half; ++v) take(v, b.tops, b.top_runs[t], false);
      for (size_t rest = 1; rest <= half; ++rest) {
        PointRun& run = folds.emplace_back(PointRun{static_cast<uint32_t>(folding.size()), 0});
        take(rest, folding, run, false);
        take(q + rest, folding, run, false);
        take(q - rest, folding, run, true);
      }
    }
    sum_runs_vartime(folding, folds);
    auto fold = folds.begin();
    for (size_t i = 0; i < passes.size(); ++i) {
      if (t >= passes[i].trits) continue;
      // Written over the points: a bucket's own place exists only if it held a point, so all get new ones.
      Buckets& b = all[i];
      for (size_t rest = 1; rest <= half; ++rest, ++fold) {
        PointRun& run = b.runs[rest - 1];
        run.length = fold->length;
        if (fold->length == 0) continue;
        run.start = static_cast<uint32_t>(b.points.size());
        b.points.push_back(folding[fold->start]);
      }
    }
  }
  for (size_t i = 0; i < passes.size(); ++i) {
    sum_runs_vartime(all[i].tops, all[i].top_runs);
    for (size_t t = 0; t < passes[i].trits; ++t) {
      const PointRun& run = all[i].top_runs[t];
      passes[i].out[t] = run.length == 0 ? blst_p1_affine{} : all[i].tops[run.start];
    }
  }
}

SubgroupTest::SubgroupTest(std::span<const G1Unchecked> points, const Hash32& seed, bool single)
    : points_(points), seed_(seed), exact_(single || points.size() < kSubgroupBatchFrom) {
  if (!exact_) {
    const size_t trits = trits_a_pass(points.size());
    passes_ = (kSubgroupRounds + trits - 1) / trits;
    const size_t together = std::max<size_t>(1, kPointsAJob / points.size());
    jobs_ = (passes_ + together - 1) / together;
    sums_.resize(kSubgroupRounds);
  }
  ok_.resize(check_jobs());
}

void SubgroupTest::gather(size_t job) {
  std::vector<SubgroupPass> passes;
  for (size_t i = passes_ * job / jobs_; i < passes_ * (job + 1) / jobs_; ++i) {
    const size_t first = first_round(i, passes_), trits = first_round(i + 1, passes_) - first;
    passes.push_back({trits, subgroup_coefficients(seed_, first, trits, points_.size()), std::span(sums_).subspan(first, trits)});
  }
  signed_sums_vartime(points_, passes);
}

std::vector<bool> SubgroupTest::verdicts(ThreadPool& pool) const {
  if (exact_) return {ok_.begin(), ok_.end()};
  if (std::find(ok_.begin(), ok_.end(), 0) == ok_.end()) return std::vector<bool>(points_.size(), true);
  std::vector<uint8_t> singly(points_.size());
  pool.parallel_for(points_.size(), [&](size_t i) { singly[i] = points_[i].in_subgroup(); });
  return {singly.begin(), singly.end()};
}

}  // namespace sotto::crypto
