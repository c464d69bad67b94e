// A circuit's fixed part and an assignment of its wires: plain tables, made by the Builder only.
#pragma once
#include "plonk/gates.hpp"

namespace sotto::plonk {

inline constexpr uint32_t kNoVar = UINT32_MAX;

template <class F>
struct Circuit {
  size_t log_n = 0;
  size_t rows_used = 0;
  std::array<std::vector<F>, kFixedColumns> fixed;        // n values each
  std::array<std::vector<uint32_t>, kRouted> sigma;       // sigma[c][r] = column * n + row of the next cell of the cycle
  std::vector<uint32_t> public_rows;                      // row of public input i (its cell 0)
  // For analysis (graph, determinism, mutation): which variable sits where; kNoVar = a cell nothing reads.
  std::array<std::vector<uint32_t>, kColumns> variable;
  uint32_t variables = 0;

  size_t n() const { return size_t{1} << log_n; }
};

template <class F>
struct Assignment {
  std::array<std::vector<F>, kColumns> wires;             // n values each, unread cells and tail rows 0
  std::vector<F> public_inputs;
};

enum class Violation : uint8_t { none, gate, arithmetic, copy };
struct FirstViolation {
  Violation kind = Violation::none;
  size_t row = 0, what = 0;                               // selector column, or wire column for a broken copy
};

// Checks every gate on every row, every copy constraint and the public inputs; the definition of "satisfied".
template <class F>
FirstViolation first_violation(const GateSet<F>& gates, const Circuit<F>& circuit, const Assignment<F>& a) {
  const size_t n = circuit.n();
  std::vector<F> public_value(n);
  for (size_t i = 0; i < circuit.public_rows.size(); ++i) public_value[circuit.public_rows[i]] = a.public_inputs[i];
  for (size_t r = 0; r < n; ++r) {
    std::array<F, kColumns> w;
    std::array<F, kReach> next;
    for (size_t c = 0; c < kColumns; ++c) w[c] = a.wires[c][r];
    for (size_t c = 0; c < kReach; ++c) next[c] = a.wires[c][(r + 1) % n];
    for (size_t s = 0; s < kSelectors; ++s) {
      if (circuit.fixed[s][r].is_zero()) continue;
      bool ok = true;
      gate_constraints(gates, s, w.data(), next.data(), [&](const F& v) { ok = ok && v.is_zero(); });
      if (!ok) return {Violation::gate, r, s};
    }
    F sum = circuit.fixed[kQc][r] - public_value[r] + circuit.fixed[kQm01][r] * w[0] * w[1] + circuit.fixed[kQm23][r] * w[2] * w[3];
    for (size_t c = 0; c < kRouted; ++c) sum += circuit.fixed[kQ0 + c][r] * w[c];
    if (!sum.is_zero()) return {Violation::arithmetic, r, kQc};
    for (size_t c = 0; c < kRouted; ++c) {
      const uint32_t to = circuit.sigma[c][r];
      if (!(w[c] == a.wires[to / n][to % n])) return {Violation::copy, r, c};
    }
  }
  return {};
}

// Pins selectors, arithmetic coefficients, permutation, public rows and every gate coefficient.
Hash32 circuit_digest(const GateSet<crypto::Fr>& gates, const Circuit<crypto::Fr>& circuit);

}  // namespace sotto::plonk
