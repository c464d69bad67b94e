#include "plonk/linearise.hpp"

namespace sotto::plonk {

using crypto::Fr;

std::optional<Linearisation> linearise(const VerifyingKey& vk, std::span<const Fr> public_inputs, const Challenges& c,
                                       const Evaluations& e) {
  const auto& domain = *vk.domain;
  const size_t n = domain.size(), usable = usable_rows(n);
  const Fr vanishing = domain.vanishing_at(c.zeta);
  if (vanishing.is_zero()) return std::nullopt;
  const IdentityChallenges<Fr> challenges{c.beta, c.gamma, alpha_powers(c.alpha)};

  // Lagrange values of row 0, the tail rows and the public rows.
  std::vector<size_t> rows{0};
  for (size_t r = usable; r < n; ++r) rows.push_back(r);
  const size_t tail_end = rows.size();
  rows.insert(rows.end(), vk.public_rows.begin(), vk.public_rows.end());
  const auto lagrange = domain.lagrange_at(c.zeta, rows);
  const Fr first = lagrange[0], guard = lagrange[1];
  Fr mask = Fr::one(), public_value;
  for (size_t i = 1; i < tail_end; ++i) mask -= lagrange[i];
  for (size_t i = 0; i < public_inputs.size(); ++i) public_value += public_inputs[i] * lagrange[tail_end + i];

  Linearisation out;
  for (size_t s = 0; s < kSelectors; ++s) out.fixed[s] = gate_value(gate_set(), challenges, s, e.w.data(), e.w_next.data());
  out.fixed[kQm01] = e.w[0] * e.w[1];
  out.fixed[kQm23] = e.w[2] * e.w[3];
  for (size_t j = 0; j < kRouted; ++j) out.fixed[kQ0 + j] = e.w[j];
  out.fixed[kQc] = Fr::one();

  static const auto shifts = column_shifts<Fr>();
  const Fr a = challenges.alpha[kPermutationAlpha] * mask;
  const Fr boundary = challenges.alpha[kPermutationAlpha + 1] * first + challenges.alpha[kPermutationAlpha + 2] * guard;
  Fr with_sigma = a * e.z_next, with_identity = a;
  for (size_t j = 0; j < kRouted; ++j) {
    const Fr base = e.w[j] + c.gamma;
    if (j + 1 < kRouted) with_sigma *= base + c.beta * e.sigma[j];
    with_identity *= base + c.beta * shifts[j] * c.zeta;
  }
  out.last_sigma = with_sigma * c.beta;
  out.z = boundary - with_identity;
  out.constant = with_sigma * (e.w[kRouted - 1] + c.gamma) - boundary - public_value;

  const Fr zeta_n = vanishing + Fr::one();
  Fr power = -vanishing;
  for (auto& t : out.t) {
    t = power;
    power *= zeta_n;
  }
  return out;
}

}  // namespace sotto::plonk
