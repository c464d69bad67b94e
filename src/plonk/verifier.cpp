#include "plonk/verifier.hpp"

#include "crypto/g1_msm.hpp"
#include "crypto/g1_subgroup.hpp"
#include "crypto/hash.hpp"

namespace sotto::plonk {

using crypto::Fr;
using crypto::G1;
using crypto::G1Affine;
using crypto::G1Unchecked;
using crypto::GlvSum;

namespace {

constexpr size_t kFixedPoints = kFixedColumns + kRouted + 1;   // columns, sigmas, G1
constexpr size_t kOpening = kProofPoints - 2, kOpeningNext = kProofPoints - 1;

// The scalars of a proof's two equations
//   e(opening, tau G2)      = e(sum at_zeta[i] point[i] + sum fixed[k] fixed base[k], G2)
//   e(opening_next, tau G2) = e(sum at_next[i] point[i] + at_next_g1 G1, G2)
// Points in wire order: wires, z, t, openings.
struct Equations {
  std::array<Fr, kProofPoints> at_zeta, at_next;
  std::array<Fr, kFixedPoints> fixed;
  Fr at_next_g1;
};

std::optional<Equations> reduce(const VerifyingKey& vk, const ByteArray<32>& network, const Claim& claim) {
  if (claim.public_inputs.size() != vk.public_rows.size()) return std::nullopt;
  const auto opened = decode_evaluations(claim.proof);
  if (!opened.ok()) return std::nullopt;
  const Evaluations& p = *opened;
  Challenges c;
  Schedule(vk, {network, claim.public_inputs}).rounds(claim.proof, p, c);
  const auto lin = linearise(vk, claim.public_inputs, c, p);
  if (!lin) return std::nullopt;

  Equations out;
  for (size_t s = 0; s < kFixedColumns; ++s) out.fixed[s] = lin->fixed[s];
  out.fixed[kFixedColumns + kRouted - 1] = lin->last_sigma;
  Fr g1 = lin->constant, power = c.v;
  size_t at = 0;
  for (size_t j = 0; j < kColumns; ++j, power *= c.v) {
    g1 -= power * p.w[j];
    if (j < kReach) {
      out.at_next[at] = power;
      out.at_next_g1 -= power * p.w_next[j];
    }
    out.at_zeta[at++] = power;
  }
  for (size_t j = 0; j + 1 < kRouted; ++j, power *= c.v) {
    out.fixed[kFixedColumns + j] = power;
    g1 -= power * p.sigma[j];
  }
  out.at_next[at] = Fr::one();
  out.at_next_g1 -= p.z_next;
  out.at_zeta[at++] = lin->z;
  for (size_t i = 0; i < kQuotientPieces; ++i) out.at_zeta[at++] = lin->t[i];
  out.at_zeta[kOpening] = c.zeta;
  out.at_next[kOpeningNext] = c.zeta * vk.domain->root();
  out.fixed[kFixedPoints - 1] = g1;
  return out;
}

uint64_t word(const Hash32& h, size_t i) {
  uint64_t out = 0;
  for (size_t k = 0; k < 8; ++k) out |= static_cast<uint64_t>(h[8 * i + k]) << (8 * k);
  return out;
}

// A claim whose equations and points could be read.
struct Candidate {
  size_t claim;
  const Equations* equations;
  std::span<const G1Unchecked> points;
};

// The weighted sum of all equations of some candidates. Work in independent jobs: sums, then the pairing.
class Combination {
 public:
  Combination(const VerifyingKey& vk, std::span<const Candidate> candidates, const Hash32& seed, uint64_t& counter) : vk_(vk) {
    left_.reserve(2 * candidates.size());
    right_.reserve(kProofPoints * candidates.size());
    for (size_t n = 0; n < candidates.size(); ++n) {
      const Equations& e = *candidates[n].equations;
      // Two weights a + lambda b with 64-bit halves. The very first may be 1: a sum of equations with the others' weights random
      // is 0 by chance only with 2^-128.
      ByteArray<8> index;
      for (size_t i = 0; i < 8; ++i) index[i] = static_cast<uint8_t>(counter >> (8 * i));
      ++counter;
      const Hash32 h = crypto::blake2b_256("Sotto.weight.v2", {index}, seed);
      const Fr zeta = n == 0 ? Fr::one() : crypto::glv_short(word(h, 0), word(h, 1)), next = crypto::glv_short(word(h, 2), word(h, 3));
      for (size_t k = 0; k < kProofPoints; ++k) right_.add(candidates[n].points[k].raw(), zeta * e.at_zeta[k] + next * e.at_next[k]);
      for (size_t k = 0; k < kFixedPoints; ++k) fixed_[k] += zeta * e.fixed[k];
      fixed_[kFixedPoints - 1] += next * e.at_next_g1;
      left_.add(candidates[n].points[kOpening].raw(), zeta);
      left_.add(candidates[n].points[kOpeningNext].raw(), next);
    }
    right_jobs_ = right_.prepare();
    left_jobs_ = left_.prepare();
  }

  // The longest first. Left side and its Miller loop together if they are few enough to be one job.
  size_t sum_jobs() const { return right_jobs_ + 1 + left_jobs_; }
  void sum(size_t job) {
    if (job < right_jobs_) {
      right_.run(job);
    } else if (job == right_jobs_) {
      fixed_sum_ = vk_.bases->msm_vartime(fixed_);
    } else {
      left_.run(job - right_jobs_ - 1);
      if (left_jobs_ == 1) left_loop();
    }
  }

  // After all sums.
  bool holds() {
    if (left_jobs_ != 1) left_loop();
    const G1Affine right = (-(right_.sum() + fixed_sum_)).affine();
    blst_fp12 f = right.is_infinity() ? *blst_fp12_one() : vk_.prepared_g2->miller_loop(right);
    blst_fp12_mul(&f, &f, &left_value_);
    blst_final_exp(&f, &f);
    return blst_fp12_is_one(&f);
  }

 private:
  void left_loop() {
    const G1Affine left = left_.sum().affine();
    left_value_ = left.is_infinity() ? *blst_fp12_one() : vk_.prepared_tau_g2->miller_loop(left);
  }

  const VerifyingKey& vk_;
  GlvSum left_, right_;
  size_t left_jobs_ = 0, right_jobs_ = 0;
  std::array<Fr, kFixedPoints> fixed_{};
  G1 fixed_sum_;
  blst_fp12 left_value_;
};

class Batch {
 public:
  Batch(const VerifyingKey& vk, const Hash32& seed, ThreadPool& pool) : vk_(vk), seed_(seed), pool_(pool) {}

  // Subgroup checks and the equation of all candidates side by side. The sums take points not yet checked; what comes out counts
  // only if every point is in the subgroup.
  void decide(std::vector<Candidate> candidates, std::span<const G1Unchecked> points, SubgroupChecks checks, std::vector<bool>& verdict) {
    if (candidates.empty()) return;
    const Hash32 rounds_seed = crypto::blake2b_256("Sotto.subgroup.v1", {}, seed_);
    crypto::SubgroupTest subgroup(points, rounds_seed, checks == SubgroupChecks::single);
    Combination combination(vk_, candidates, seed_, counter_);
    pool_.parallel_for(combination.sum_jobs() + subgroup.gather_jobs(), [&](size_t i) {
      if (i < combination.sum_jobs()) combination.sum(i);
      else subgroup.gather(i - combination.sum_jobs());
    });
    bool holds = false;
    pool_.parallel_for(1 + subgroup.check_jobs(), [&](size_t i) {
      if (i == 0) holds = combination.holds();
      else subgroup.check(i - 1);
    });
    const auto inside = subgroup.verdicts(pool_);
    std::vector<Candidate> sound;
    for (size_t n = 0; n < candidates.size(); ++n) {
      const auto first = inside.begin() + static_cast<std::ptrdiff_t>(n * kProofPoints);
      if (std::find(first, first + kProofPoints, false) == first + kProofPoints) sound.push_back(candidates[n]);
    }
    if (sound.size() == candidates.size()) conclude(sound, holds, verdict);
    else bisect(sound, verdict);
  }

 private:
  void bisect(std::span<const Candidate> sound, std::vector<bool>& verdict) {
    if (sound.empty()) return;
    Combination combination(vk_, sound, seed_, counter_);
    pool_.parallel_for(combination.sum_jobs(), [&](size_t i) { combination.sum(i); });
    conclude(sound, combination.holds(), verdict);
  }

  void conclude(std::span<const Candidate> sound, bool holds, std::vector<bool>& verdict) {
    if (holds || sound.size() == 1) {
      for (const Candidate& c : sound) verdict[c.claim] = holds;
      return;
    }
    bisect(sound.first(sound.size() / 2), verdict);
    bisect(sound.subspan(sound.size() / 2), verdict);
  }

  const VerifyingKey& vk_;
  const Hash32 seed_;
  ThreadPool& pool_;
  uint64_t counter_ = 0;
};

}  // namespace

std::vector<bool> verify_batch(const VerifyingKey& vk, const ByteArray<32>& network, std::span<const Claim> claims,
                               Entropy& entropy, ThreadPool& pool, SubgroupChecks checks) {
  // Per claim: one job for transcript and scalars, the dearer one, then one a point.
  std::vector<std::optional<Equations>> equations(claims.size());
  std::vector<G1Unchecked> points(claims.size() * kProofPoints);
  std::vector<uint8_t> decoded(points.size());
  pool.parallel_for(claims.size() * (1 + kProofPoints), [&](size_t job) {
    const Claim& claim = claims[job / (1 + kProofPoints)];
    const size_t part = job % (1 + kProofPoints);
    if (claim.proof.size() != kProofBytes) return;
    if (part == 0) {
      equations[job / (1 + kProofPoints)] = reduce(vk, network, claim);
      return;
    }
    const size_t i = part - 1, slot = job / (1 + kProofPoints) * kProofPoints + i;
    const ByteView hints = claim.hints.size() == kHintBytes ? ByteView(claim.hints).subspan(48 * i, 48) : ByteView();
    const auto point = G1Unchecked::decode(ByteView(claim.proof).subspan(point_offset(i), 48), hints);
    if (!point.ok()) return;
    points[slot] = *point;
    decoded[slot] = 1;
  });

  // Claims that cannot be read are refused; the points of the others move together.
  std::vector<size_t> readable;
  for (size_t n = 0; n < claims.size(); ++n) {
    const auto first = decoded.begin() + static_cast<std::ptrdiff_t>(n * kProofPoints);
    if (equations[n] && std::find(first, first + kProofPoints, 0) == first + kProofPoints) readable.push_back(n);
  }
  std::vector<Candidate> candidates;
  for (size_t k = 0; k < readable.size(); ++k) {
    const size_t n = readable[k];
    if (k != n) std::copy_n(points.begin() + static_cast<std::ptrdiff_t>(n * kProofPoints), kProofPoints, points.begin() + static_cast<std::ptrdiff_t>(k * kProofPoints));
    candidates.push_back({n, &*equations[n], std::span(points).subspan(k * kProofPoints, kProofPoints)});
  }

  const auto fresh = entropy.bytes<32>();
  Writer all;
  for (const auto& claim : claims) {
    all.count(claim.public_inputs.size());
    for (const Fr& x : claim.public_inputs) x.write(all);
    all.sized(claim.proof);
  }
  const Hash32 seed = crypto::blake2b_256("Sotto.batch.v2", {fresh, network, vk.digest, all.bytes()});
  std::vector<bool> verdict(claims.size(), false);
  Batch(vk, seed, pool).decide(candidates, std::span(points).first(readable.size() * kProofPoints), checks, verdict);
  return verdict;
}

}  // namespace sotto::plonk
