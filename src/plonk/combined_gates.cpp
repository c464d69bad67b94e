#include "plonk/combined_gates.hpp"

namespace sotto::plonk {

using crypto::Fr;

CombinedGates::CombinedGates(const GateSet<Fr>& gates, const IdentityChallenges<Fr>& challenges)
    : gates_(gates), challenges_(challenges) {
  std::array<std::array<Fr, kBasis>, 9> linear{};
  for (size_t row = 0; row < 9; ++row) {
    for (size_t j = 0; j < gates.poseidon[row].size(); ++j) {
      const auto& form = gates.poseidon[row][j];
      for (size_t i = 0; i < kBasis; ++i)
        if (!form.coefficient[i].is_zero()) linear[row][i] += challenges.alpha[j] * form.coefficient[i];
      constants_[row] += challenges.alpha[j] * form.constant;
    }
    if (row > 0 && linear[row] == linear[row - 1]) {
      groups_.back().rows.push_back(static_cast<uint8_t>(row));
      continue;
    }
    Group group;
    group.rows = {static_cast<uint8_t>(row)};
    for (size_t i = 0; i < kBasis; ++i)
      if (!linear[row][i].is_zero()) group.terms.push_back({static_cast<uint8_t>(i), linear[row][i]});
    groups_.push_back(std::move(group));
  }
}

Fr CombinedGates::evaluate(const Fr* selectors, const Fr* w, const Fr* w5, const Fr* next, const Fr* next5) const {
  std::array<Fr, kBasis> basis;
  std::copy(w, w + kColumns, basis.begin() + kW);
  std::copy(w5, w5 + kColumns, basis.begin() + kW5);
  std::copy(next, next + kReach, basis.begin() + kN);
  std::copy(next5, next5 + kReach, basis.begin() + kN5);
  const auto y = times_m4<Fr>({w[0], w[1], w[2], w[3]});
  for (size_t i = 0; i < 4; ++i) basis[kY5 + i] = pow5(y[i] + gates_.first_layer_constant[i]);

  Fr sum;
  for (const auto& group : groups_) {
    Fr selector, value;
    for (const uint8_t row : group.rows) {
      selector += selectors[kP0 + row];
      sum += selectors[kP0 + row] * constants_[row];
    }
    for (const auto& term : group.terms) value += term.coefficient * basis[term.basis];
    sum += selector * value;
  }
  for (size_t s = kMerkle; s < kSelectors; ++s)
    if (!selectors[s].is_zero()) sum += selectors[s] * gate_value(gates_, challenges_, s, w, next);
  return sum;
}

}  // namespace sotto::plonk
