// The polynomial identity a proof is about, as the value of its numerator at one point: gates, permutation, boundary terms.
// The definition; prover and verifier have faster forms tested against it.
#pragma once
#include "plonk/circuit.hpp"
#include "poly/domain.hpp"

namespace sotto::plonk {

template <class F>
struct IdentityChallenges {
  F beta, gamma;
  std::array<F, kAlphaPowers> alpha;   // powers 0 ..
};

template <class F>
std::array<F, kAlphaPowers> alpha_powers(const F& alpha) {
  std::array<F, kAlphaPowers> out;
  out[0] = F::one();
  for (size_t i = 1; i < out.size(); ++i) out[i] = out[i - 1] * alpha;
  return out;
}

// Coset representatives of the routed columns: generator^column.
template <class F>
std::array<F, kRouted> column_shifts() {
  std::array<F, kRouted> out;
  out[0] = F::one();
  for (size_t i = 1; i < kRouted; ++i) out[i] = out[i - 1] * poly::FieldTraits<F>::generator();
  return out;
}

// Every polynomial's value at x (next: at w x).
template <class F>
struct PointValues {
  std::array<F, kColumns> w;
  std::array<F, kReach> next;
  F z, z_next;
  std::array<F, kRouted> sigma;
  std::array<F, kFixedColumns> fixed;
  F x, first, guard, mask;   // L_0, L_usable, 1 - sum of L over guard and blinding rows
  F public_value;            // sum of public inputs times their rows' L
};

template <class F>
F permutation_terms(const IdentityChallenges<F>& c, const PointValues<F>& p) {
  static const auto shifts = column_shifts<F>();
  F with_sigma = p.z_next, with_identity = p.z;
  for (size_t j = 0; j < kRouted; ++j) {
    const F base = p.w[j] + c.gamma;
    with_sigma *= base + c.beta * p.sigma[j];
    with_identity *= base + c.beta * shifts[j] * p.x;
  }
  const F z1 = p.z - F::one();
  return c.alpha[kPermutationAlpha] * p.mask * (with_sigma - with_identity) + c.alpha[kPermutationAlpha + 1] * p.first * z1 +
         c.alpha[kPermutationAlpha + 2] * p.guard * z1;
}

// sum_j alpha^j constraint_j of one selector column (merkle: its own power).
template <class F>
F gate_value(const GateSet<F>& g, const IdentityChallenges<F>& c, size_t selector, const F* w, const F* next) {
  F sum{};
  size_t j = selector == kMerkle ? kMerkleAlpha : 0;
  gate_constraints(g, selector, w, next, [&](const F& value) { sum += c.alpha[j++] * value; });
  return sum;
}

template <class F>
F numerator(const GateSet<F>& g, const IdentityChallenges<F>& c, const PointValues<F>& p) {
  F sum = permutation_terms(c, p) - p.public_value;
  for (size_t s = 0; s < kSelectors; ++s) sum += p.fixed[s] * gate_value(g, c, s, p.w.data(), p.next.data());
  sum += p.fixed[kQm01] * p.w[0] * p.w[1] + p.fixed[kQm23] * p.w[2] * p.w[3] + p.fixed[kQc];
  for (size_t j = 0; j < kRouted; ++j) sum += p.fixed[kQ0 + j] * p.w[j];
  return sum;
}

// Five shifts whose cosets are disjoint from H and from each other: generator^1 .. generator^5.
template <class F>
std::array<F, kQuotientPieces> quotient_shifts() {
  std::array<F, kQuotientPieces> out;
  F power = poly::FieldTraits<F>::generator();
  for (auto& shift : out) {
    shift = power;
    power *= poly::FieldTraits<F>::generator();
  }
  return out;
}

// From t's values on the five cosets to its five pieces of n coefficients: on coset i, X^n is the constant c_i = shift_i^n,
// so the interpolated T_i = sum_k c_i^k t_k; the 5 x 5 Vandermonde system is solved per coefficient. Exact if deg t < 5n.
// run(count, job): calls job(i) for every i below count, in any order or at once.
template <class F, class Run>
std::array<std::vector<F>, kQuotientPieces> pieces_from_cosets(const poly::Domain<F>& domain,
                                                               std::array<std::vector<F>, kQuotientPieces> values, const Run& run) {
  constexpr size_t m = kQuotientPieces;
  const auto shifts = quotient_shifts<F>();
  std::array<F, m> c;
  run(m, [&](size_t i) {
    domain.coset_intt(values[i], shifts[i]);
    c[i] = domain.vanishing_at(shifts[i]) + F::one();
  });
  // Column i of the inverse Vandermonde matrix = coefficients of the Lagrange basis polynomial at c_i.
  std::array<std::array<F, m>, m> inverse;
  for (size_t i = 0; i < m; ++i) {
    std::vector<F> poly{F::one()};
    F scale = F::one();
    for (size_t k = 0; k < m; ++k) {
      if (k == i) continue;
      poly.push_back(F::zero());
      for (size_t e = poly.size() - 1; e > 0; --e) poly[e] = poly[e - 1] - c[k] * poly[e];
      poly[0] = F::zero() - c[k] * poly[0];
      scale *= c[i] - c[k];
    }
    CHECK(!scale.is_zero());
    const F inverse_scale = scale.inverse();
    for (size_t k = 0; k < m; ++k) inverse[k][i] = poly[k] * inverse_scale;
  }
  std::array<std::vector<F>, m> pieces;
  run(m, [&](size_t k) {
    pieces[k].resize(domain.size());
    for (size_t e = 0; e < domain.size(); ++e) {
      F sum{};
      for (size_t i = 0; i < m; ++i) sum += inverse[k][i] * values[i][e];
      pieces[k][e] = sum;
    }
  });
  return pieces;
}
template <class F>
std::array<std::vector<F>, kQuotientPieces> pieces_from_cosets(const poly::Domain<F>& domain,
                                                               std::array<std::vector<F>, kQuotientPieces> values) {
  return pieces_from_cosets(domain, std::move(values), [](size_t count, const auto& job) {
    for (size_t i = 0; i < count; ++i) job(i);
  });
}

}  // namespace sotto::plonk
