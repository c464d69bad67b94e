#include "plonk/verifier.hpp"

#include "crypto/hash.hpp"

namespace sotto::plonk {

using crypto::Fr;
using crypto::G1;
using crypto::G1Affine;

namespace {

constexpr size_t kFixedPoints = kFixedColumns + kRouted + 1;   // columns, sigmas, G1

// A proof reduced to its pairing equation e(opening + u opening_next, tau G2) = e(sum own + sum fixed, G2).
struct Reduced {
  std::array<G1Affine, kProofPoints> points;     // wires, z, t, openings
  std::array<Fr, kProofPoints> own;
  std::array<Fr, kFixedPoints> fixed;
  Fr u;
};

std::optional<Reduced> reduce(const VerifyingKey& vk, const ByteArray<32>& network, const Claim& claim, const Proof& p) {
  if (claim.public_inputs.size() != vk.public_rows.size()) return std::nullopt;
  Challenges c;
  Schedule schedule(vk, {network, claim.public_inputs});
  schedule.wires(p.wires, c);
  schedule.permutation(p.z, c);
  schedule.quotient(p.t, c);
  schedule.evaluations(p, c);
  schedule.openings(p.opening, p.opening_next, c);
  const auto lin = linearise(vk, claim.public_inputs, c, p);
  if (!lin) return std::nullopt;

  Reduced out;
  out.u = c.u;
  size_t at = 0;
  const auto add = [&](const G1Affine& point, const Fr& scalar) {
    out.points[at] = point;
    out.own[at++] = scalar;
  };
  for (size_t s = 0; s < kFixedColumns; ++s) out.fixed[s] = lin->fixed[s];
  out.fixed[kFixedColumns + kRouted - 1] = lin->last_sigma;
  Fr g1 = lin->constant, power = c.v;
  for (size_t j = 0; j < kColumns; ++j, power *= c.v) {
    Fr scalar = power;
    g1 -= power * p.w[j];
    if (j < kReach) {
      scalar += c.u * power;
      g1 -= c.u * power * p.w_next[j];
    }
    add(p.wires[j], scalar);
  }
  for (size_t j = 0; j + 1 < kRouted; ++j, power *= c.v) {
    out.fixed[kFixedColumns + j] = power;
    g1 -= power * p.sigma[j];
  }
  add(p.z, lin->z + c.u);
  g1 -= c.u * p.z_next;
  for (size_t i = 0; i < kQuotientPieces; ++i) add(p.t[i], lin->t[i]);
  add(p.opening, c.zeta);
  add(p.opening_next, c.u * c.zeta * vk.domain->root());
  out.fixed[kFixedPoints - 1] = g1;
  return out;
}

class Batch {
 public:
  Batch(const VerifyingKey& vk, std::span<const std::optional<Reduced>> all, const Hash32& seed, ThreadPool& pool)
      : vk_(vk), all_(all), seed_(seed), pool_(pool) {}

  void decide(std::span<const size_t> which, std::vector<bool>& verdict) {
    if (which.empty()) return;
    const bool holds = check(which);
    if (holds || which.size() == 1) {
      for (const size_t i : which) verdict[i] = holds;
      return;
    }
    decide(which.first(which.size() / 2), verdict);
    decide(which.subspan(which.size() / 2), verdict);
  }

 private:
  bool check(std::span<const size_t> which) {
    std::vector<G1Affine> points, left_points;
    std::vector<Fr> scalars, left_scalars;
    points.reserve(which.size() * kProofPoints);
    scalars.reserve(points.capacity());
    std::array<Fr, kFixedPoints> fixed{};
    for (const size_t i : which) {
      const Reduced& r = *all_[i];
      // One weight may be 1: a sum of equations with the others' weights random is 0 by chance only with 2^-128.
      const Fr weight = i == which[0] ? Fr::one() : next_weight();
      for (size_t k = 0; k < kProofPoints; ++k) {
        points.push_back(r.points[k]);
        scalars.push_back(weight * r.own[k]);
      }
      for (size_t k = 0; k < kFixedPoints; ++k) fixed[k] += weight * r.fixed[k];
      left_points.push_back(r.points[kProofPoints - 2]);
      left_scalars.push_back(weight);
      left_points.push_back(r.points[kProofPoints - 1]);
      left_scalars.push_back(weight * r.u);
    }
    // Independent sums, the longest first: the proofs' own points in as many parts as threads, fixed bases, left side.
    const size_t parts = pool_.threads();
    std::vector<G1> sums(parts + 2);
    pool_.parallel_for(sums.size(), [&](size_t i) {
      if (i < parts) {
        const size_t begin = points.size() * i / parts, end = points.size() * (i + 1) / parts;
        sums[i] = crypto::msm_vartime(std::span(points).subspan(begin, end - begin), std::span(scalars).subspan(begin, end - begin));
      } else if (i == parts) {
        sums[i] = vk_.bases->msm_vartime(fixed);
      } else {
        sums[i] = crypto::msm_vartime(left_points, left_scalars);
      }
    });
    for (size_t i = 1; i <= parts; ++i) sums[0] += sums[i];
    return crypto::pairing_product_is_one(sums[parts + 1].affine(), *vk_.prepared_tau_g2, (-sums[0]).affine(), *vk_.prepared_g2, pool_);
  }

  Fr next_weight() {
    ByteArray<8> index;
    for (size_t i = 0; i < 8; ++i) index[i] = static_cast<uint8_t>(counter_ >> (8 * i));
    ++counter_;
    const Hash32 h = crypto::blake2b_256("Sotto.weight.v1", {index}, seed_);
    ByteArray<64> wide{};
    std::copy(h.begin(), h.begin() + 16, wide.end() - 16);
    return Fr::reduce512(wide);
  }

  const VerifyingKey& vk_;
  std::span<const std::optional<Reduced>> all_;
  const Hash32 seed_;
  ThreadPool& pool_;
  uint64_t counter_ = 0;
};

}  // namespace

std::vector<bool> verify_batch(const VerifyingKey& vk, const ByteArray<32>& network, std::span<const Claim> claims,
                               Entropy& entropy, ThreadPool& pool) {
  std::vector<bool> verdict(claims.size(), false);
  std::vector<std::optional<Reduced>> reduced(claims.size());
  std::vector<ByteView> bytes;
  for (const auto& claim : claims) bytes.emplace_back(claim.proof);
  const auto proofs = decode_proofs(bytes, pool);
  pool.parallel_for(claims.size(), [&](size_t i) {
    if (proofs[i].ok()) reduced[i] = reduce(vk, network, claims[i], *proofs[i]);
  });
  std::vector<size_t> sound;
  for (size_t i = 0; i < claims.size(); ++i)
    if (reduced[i]) sound.push_back(i);
  const auto fresh = entropy.bytes<32>();
  Writer all;
  for (const auto& claim : claims) {
    for (const Fr& x : claim.public_inputs) x.write(all);
    all.sized(claim.proof);
  }
  const Hash32 seed = crypto::blake2b_256("Sotto.batch.v1", {fresh, network, vk.digest, all.bytes()});
  Batch(vk, reduced, seed, pool).decide(sound, verdict);
  return verdict;
}

}  // namespace sotto::plonk
