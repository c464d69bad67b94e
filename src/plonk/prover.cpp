#include "plonk/prover.hpp"

#include <functional>

#include "crypto/hash.hpp"
#include "plonk/combined_gates.hpp"
#include "plonk/linearise.hpp"

namespace sotto::plonk {

using crypto::Fr;
using Column = std::vector<Fr>;

namespace {

// Hedged randomness: safe if either the entropy is fresh or the witness differs.
class Blinding {
 public:
  Blinding(const Assignment<Fr>& a, ByteView network, ByteView key_digest, Entropy& entropy) {
    std::vector<ByteView> parts;
    const auto fresh = entropy.bytes<64>();
    parts.emplace_back(fresh);
    parts.emplace_back(network);
    parts.emplace_back(key_digest);
    for (const auto& column : a.wires) parts.emplace_back(reinterpret_cast<const uint8_t*>(column.data()), column.size() * sizeof(Fr));
    seed_ = Secret(crypto::blake2b_512("Sotto.blinding.v1", parts));
  }
  Fr next() {
    ByteArray<4> index{static_cast<uint8_t>(counter_ >> 24), static_cast<uint8_t>(counter_ >> 16),
                       static_cast<uint8_t>(counter_ >> 8), static_cast<uint8_t>(counter_)};
    ++counter_;
    return Fr::reduce512(crypto::blake2b_512("Sotto.blinder.v1", {index}, seed_.expose()));
  }

 private:
  Secret<ByteArray<64>> seed_;
  uint32_t counter_ = 0;
};

class Prover {
 public:
  Prover(const ProvingKey& pk, const ByteArray<32>& network, const Assignment<Fr>& assignment, Entropy& entropy, ThreadPool& pool)
      : pk_(pk), domain_(*pk.vk.domain), n_(domain_.size()), pool_(pool), public_(assignment.public_inputs),
        schedule_(pk.vk, {network, public_}), blinding_(assignment, network, pk.vk.digest, entropy), wires_(assignment.wires) {
    CHECK(public_.size() == pk.vk.public_rows.size());
  }

  ~Prover() {
    for (auto& column : wires_) wipe(column.data(), column.size() * sizeof(Fr));
    wipe(z_.data(), z_.size() * sizeof(Fr));
  }

  Proof run() {
    commit_wires();
    build_permutation();
    build_quotient();
    evaluate();
    open();
    return proof_;
  }

 private:
  // Round 1: random tail rows, commitments in the Lagrange basis.
  void commit_wires() {
    for (auto& column : wires_)
      for (size_t r = n_ - kBlindRows; r < n_; ++r) column[r] = blinding_.next();
    commit(pk_.lagrange, wires_, proof_.wires);
    schedule_.wires(proof_.wires, c_);
  }

  // Round 2: z[0] = 1, z[r+1] = z[r] * prod (w + beta k w^r + gamma) / (w + beta sigma + gamma) up to the guard row.
  void build_permutation() {
    const size_t usable = usable_rows(n_);
    const auto shifts = column_shifts<Fr>();
    Column numerators(usable, Fr::one()), denominators(usable, Fr::one());
    in_slices(usable, [&](size_t begin, size_t end) {
      for (size_t r = begin; r < end; ++r) {
        for (size_t j = 0; j < kRouted; ++j) {
          const Fr base = wires_[j][r] + c_.gamma;
          numerators[r] *= base + c_.beta * shifts[j] * domain_.elements()[r];
          denominators[r] *= base + c_.beta * pk_.sigma_values[j][r];
        }
      }
      crypto::batch_inverse(std::span(denominators).subspan(begin, end - begin));
    });
    z_.assign(n_, Fr::one());
    for (size_t r = 0; r < usable; ++r) z_[r + 1] = z_[r] * numerators[r] * denominators[r];
    CHECK(z_[usable] == Fr::one());  // copy constraints hold
    for (size_t r = n_ - kBlindRows; r < n_; ++r) z_[r] = blinding_.next();
    std::array<std::span<const Fr>, 1> only{z_};
    proof_.z = poly::commit_all(pk_.lagrange, only, pool_)[0];
    schedule_.permutation(proof_.z, c_);
  }

  // Round 3: t = numerator / (X^n - 1) on five cosets, cut in five pieces tied by four random scalars.
  void build_quotient() {
    const IdentityChallenges<Fr> challenges{c_.beta, c_.gamma, alpha_powers(c_.alpha)};
    const CombinedGates gates(gate_set(), challenges);
    std::optional<LaneQuotient> lanes;
    if (!pk_.lanes.empty()) lanes.emplace(gate_set(), challenges);
    Column public_values(n_);
    for (size_t i = 0; i < public_.size(); ++i) public_values[pk_.vk.public_rows[i]] = public_[i];
    pool_.parallel_for(kColumns + 2, [&](size_t i) { domain_.intt(i < kColumns ? wires_[i] : i == kColumns ? z_ : public_values); });

    std::array<Column, kQuotientPieces> values;
    const auto shifts = quotient_shifts<Fr>();
    for (size_t k = 0; k < kQuotientPieces; ++k) {
      values[k].resize(n_);
      if (pk_.lanes.empty()) quotient_by_rows(k, shifts[k], gates, challenges, public_values, values[k]);
      else quotient_by_lanes(k, shifts[k], *lanes, public_values, values[k]);
    }
    t_ = pieces_from_cosets(domain_, std::move(values), [&](size_t count, const auto& job) { pool_.parallel_for(count, job); });
    // t_0 + b_0 X^n, t_1 - b_0 + b_1 X^n, ..., t_4 - b_3: the sum of X^{in} t_i is unchanged.
    for (size_t i = 0; i + 1 < kQuotientPieces; ++i) {
      const Fr b = blinding_.next();
      t_[i].push_back(b);
      t_[i + 1][0] -= b;
    }
    commit(pk_.monomial, t_, proof_.t);
    schedule_.quotient(proof_.t, c_);
  }

  static constexpr size_t kParts = 4;   // slices, so that threads finish together
  void in_slices(size_t count, const std::function<void(size_t, size_t)>& job) {
    pool_.parallel_for(kParts, [&](size_t part) { job(count * part / kParts, count * (part + 1) / kParts); });
  }

  void quotient_by_rows(size_t k, const Fr& shift, const CombinedGates& gates, const IdentityChallenges<Fr>& challenges,
                        const Column& public_values, Column& values) {
    const auto& fixed = pk_.cosets[k];
    std::array<Column, kColumns> w = wires_, w5;
    Column z = z_, publics = public_values;
    pool_.parallel_for(kColumns + 2, [&](size_t i) {
      auto& column = i < kColumns ? w[i] : i == kColumns ? z : publics;
      domain_.coset_ntt(column, shift);
      if (i >= kColumns) return;
      w5[i].resize(n_);
      for (size_t r = 0; r < n_; ++r) w5[i][r] = pow5(w[i][r]);
    });
    in_slices(n_, [&](size_t begin, size_t end) {
      for (size_t r = begin; r < end; ++r)
        values[r] = quotient_at(fixed, gates, challenges, w, w5, z, publics[r], r) * fixed.vanishing_inverse;
    });
    for (auto& column : w) wipe(column.data(), column.size() * sizeof(Fr));
    for (auto& column : w5) wipe(column.data(), column.size() * sizeof(Fr));
    wipe(z.data(), z.size() * sizeof(Fr));
  }

  void quotient_by_lanes(size_t k, const Fr& shift, const LaneQuotient& lanes, const Column& public_values, Column& values) {
    LaneQuotient::Columns columns;
    pool_.parallel_for(kColumns + 2, [&](size_t i) {
      Column column = i < kColumns ? wires_[i] : i == kColumns ? z_ : public_values;
      domain_.coset_ntt(column, shift);
      (i < kColumns ? columns.w[i] : i == kColumns ? columns.z : columns.public_values) = to_lanes(column);
      wipe(column.data(), column.size() * sizeof(Fr));
    });
    in_slices(n_ / 4, [&](size_t begin, size_t end) {
      for (size_t e = begin; e < end; ++e)
        lanes.at(pk_.lanes[k], columns, e).store(&values[4 * e]);
    });
    for (auto& column : columns.w) wipe(column.data(), column.size() * sizeof(LaneFr));
    wipe(columns.z.data(), columns.z.size() * sizeof(LaneFr));
  }

  Fr quotient_at(const ProvingKey::Coset& fixed, const CombinedGates& gates, const IdentityChallenges<Fr>& challenges,
                 const std::array<Column, kColumns>& w, const std::array<Column, kColumns>& w5, const Column& z,
                 const Fr& public_value, size_t r) const {
    const size_t next = (r + 1) % n_;
    PointValues<Fr> p;
    std::array<Fr, kColumns> fifth;
    std::array<Fr, kReach> next_fifth;
    for (size_t j = 0; j < kColumns; ++j) {
      p.w[j] = w[j][r];
      fifth[j] = w5[j][r];
    }
    for (size_t j = 0; j < kReach; ++j) {
      p.next[j] = w[j][next];
      next_fifth[j] = w5[j][next];
    }
    for (size_t s = 0; s < kFixedColumns; ++s) p.fixed[s] = fixed.fixed[s].empty() ? Fr::zero() : fixed.fixed[s][r];
    for (size_t j = 0; j < kRouted; ++j) p.sigma[j] = fixed.sigma[j][r];
    p.z = z[r];
    p.z_next = z[next];
    p.x = fixed.x[r];
    p.first = fixed.first[r];
    p.guard = fixed.guard[r];
    p.mask = fixed.mask[r];
    Fr sum = permutation_terms(challenges, p) - public_value +
             gates.evaluate(p.fixed.data(), p.w.data(), fifth.data(), p.next.data(), next_fifth.data());
    sum += p.fixed[kQm01] * p.w[0] * p.w[1] + p.fixed[kQm23] * p.w[2] * p.w[3] + p.fixed[kQc];
    for (size_t j = 0; j < kRouted; ++j) sum += p.fixed[kQ0 + j] * p.w[j];
    return sum;
  }

  // Round 4.
  void evaluate() {
    const Fr next = c_.zeta * domain_.root();
    struct Evaluation {
      const Column& polynomial;
      const Fr& at;
      Fr& to;
    };
    std::vector<Evaluation> all;
    for (size_t j = 0; j < kColumns; ++j) all.push_back({wires_[j], c_.zeta, proof_.w[j]});
    for (size_t j = 0; j < kReach; ++j) all.push_back({wires_[j], next, proof_.w_next[j]});
    for (size_t j = 0; j + 1 < kRouted; ++j) all.push_back({pk_.sigma[j], c_.zeta, proof_.sigma[j]});
    all.push_back({z_, next, proof_.z_next});
    pool_.parallel_for(all.size(), [&](size_t i) { all[i].to = poly::evaluate<Fr>(all[i].polynomial, all[i].at); });
    schedule_.evaluations(proof_, c_);
  }

  // Round 5: the linearised identity and all openings, one quotient per point.
  void open();

  template <class Polynomials, class Points>
  void commit(const poly::CommitTable& table, const Polynomials& polynomials, Points& to) {
    std::vector<std::span<const Fr>> spans(polynomials.begin(), polynomials.end());
    const auto points = poly::commit_all(table, spans, pool_);
    std::copy(points.begin(), points.end(), to.begin());
  }

  const ProvingKey& pk_;
  const poly::Domain<Fr>& domain_;
  const size_t n_;
  ThreadPool& pool_;
  const std::vector<Fr> public_;
  Schedule schedule_;
  Blinding blinding_;
  std::array<Column, kColumns> wires_;            // values, from round 3 on coefficients
  Column z_;                                      // likewise
  std::array<Column, kQuotientPieces> t_;
  Challenges c_;
  Proof proof_;
};

void Prover::open() {
  const auto lin = linearise(pk_.vk, public_, c_, proof_);
  CHECK(lin.has_value());  // zeta hit the domain: probability 2^-245
  struct Term {
    std::span<const Fr> polynomial;
    Fr scale;
  };
  std::vector<Term> zeta{{pk_.sigma[kRouted - 1], lin->last_sigma}, {z_, lin->z}}, next{{z_, Fr::one()}};
  for (size_t s = 0; s < kFixedColumns; ++s) zeta.push_back({pk_.fixed[s], lin->fixed[s]});
  for (size_t i = 0; i < kQuotientPieces; ++i) zeta.push_back({t_[i], lin->t[i]});
  Fr power = c_.v;
  for (size_t j = 0; j < kColumns; ++j, power *= c_.v) {
    zeta.push_back({wires_[j], power});
    if (j < kReach) next.push_back({wires_[j], power});
  }
  for (size_t j = 0; j + 1 < kRouted; ++j, power *= c_.v) zeta.push_back({pk_.sigma[j], power});
  Column at_zeta(n_ + 1), at_next(n_);      // pieces of the quotient have n + 1 coefficients
  const auto sum = [&](const std::vector<Term>& terms, Column& to) {
    in_slices(to.size(), [&](size_t begin, size_t end) {
      for (const Term& term : terms)
        for (size_t i = begin; i < std::min(end, term.polynomial.size()); ++i) to[i] += term.scale * term.polynomial[i];
    });
  };
  sum(zeta, at_zeta);
  sum(next, at_next);
  const std::array<Column, 2> quotients{poly::divide_by_linear<Fr>(at_zeta, c_.zeta),
                                        poly::divide_by_linear<Fr>(at_next, c_.zeta * domain_.root())};
  std::array<crypto::G1Affine, 2> points;
  commit(pk_.monomial, quotients, points);
  proof_.opening = points[0];
  proof_.opening_next = points[1];
}

}  // namespace

Proof prove(const ProvingKey& pk, const ByteArray<32>& network, const Assignment<Fr>& assignment, Entropy& entropy, ThreadPool& pool) {
  return Prover(pk, network, assignment, entropy, pool).run();
}

}  // namespace sotto::plonk
