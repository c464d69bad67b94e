// The gates: what a row of each kind demands of its ten cells w[0..9] and the next row's six n[0..5]. Every constraint has
// total degree at most 5. Templated over the field so that tests can exhaust a tiny one.
//
// Poseidon2 (t = 4, 8 + 56 rounds) in nine rows: cells hold S-box inputs only. The first layer is affine in the inputs; a
// partial round's input is affine in the three inputs before it and the four fifth powers before it (gates.cpp derives the
// coefficients by eliminating the three state words no S-box touches).
//
//   row   cells 0..9                                   demands (forms), reaching into the next row
//   p0    in0..3 | r2 0..3 | r3 0,1                    r2, r3 (2,3 in n0,n1), r4 (in n2..5)
//   p1    r3 2,3 | r4 0..3 | x0..3                     x0..3, x4..7 (n0..3)
//   p2-5  x[b..b+9], b = 4, 14, 24, 34                 x[b+4..b+9], x[b+10..b+13] (n0..3)
//   p6    x44..53                                      x48..53, x54,55 (n0,1), r5 (n2..5)
//   p7    x54,55 | r5 0..3 | r6 0..3                   r6, r7 (n2..5)
//   p8    out, in0 again | r7 0..3 | r8 0..3           r8, out
#pragma once
#include "crypto/poseidon2.hpp"
#include "plonk/layout.hpp"

namespace sotto::plonk {

// Affine form over the values a row sees. Index: 0..9 w, 10..19 w^5, 20..25 n, 26..31 n^5, 32..35 y^5 where
// y = M4 (w0..w3) + rc of the first full round.
inline constexpr size_t kW = 0, kW5 = 10, kN = 20, kN5 = 26, kY5 = 32, kBasis = 36;

template <class F>
struct Form {
  std::array<F, kBasis> coefficient{};
  F constant{};
};

template <class F>
struct Poseidon2Constants {
  std::array<std::array<F, 4>, 8> full;
  std::array<F, 56> partial;
  std::array<F, 4> diag_minus_one;
};

template <class F>
struct FixedBaseConstants {
  F d;                                   // curve: -u^2 + v^2 = 1 + d u^2 v^2
  std::array<F, 4> u, v;                 // [0]G, [1]G, [2]G, [3]G; [0]G = (0, 1)
};

template <class F>
struct GateSet {
  std::array<F, 4> first_layer_constant;
  std::array<std::vector<Form<F>>, 9> poseidon;   // forms of p0..p8, each must be 0
  F d;
  // Multilinear coefficients (1, b0, b1, b0 b1) of the table's u, v and u*v.
  std::array<F, 4> table_u, table_v, table_uv;
};

// The ten-by-nine cells of one permutation for given inputs; cell [8][0] is the output.
template <class F>
using PoseidonCells = std::array<std::array<F, kColumns>, 9>;

template <class F>
GateSet<F> make_gate_set(const Poseidon2Constants<F>& p, const FixedBaseConstants<F>& b);
template <class F>
PoseidonCells<F> poseidon_cells(const Poseidon2Constants<F>& p, const std::array<F, 4>& in);

const Poseidon2Constants<crypto::Fr>& poseidon2_constants();  // those of crypto/poseidon2.hpp
const GateSet<crypto::Fr>& gate_set();                        // the product's
Hash32 gate_set_digest(const GateSet<crypto::Fr>& gates);     // pins every coefficient

// y = M4 x by additions.
template <class F>
std::array<F, 4> times_m4(const std::array<F, 4>& x) {
  const F t0 = x[0] + x[1], t1 = x[2] + x[3];
  const F t2 = x[1] + x[1] + t1, t3 = x[3] + x[3] + t0;
  const F t1_2 = t1 + t1, t0_2 = t0 + t0;
  const F t4 = t1_2 + t1_2 + t3, t5 = t0_2 + t0_2 + t2;
  return {t3 + t5, t5, t2 + t4, t4};
}

template <class F>
F pow5(const F& x) {
  const F s = x.square();
  return s.square() * x;
}

// Calls emit(value) for every constraint of a gate with its own selector, in order (the exponent of alpha), merkle and
// arithmetic excepted. w: 10 cells, n: 6 cells of the next row.
template <class F, class Emit>
void poseidon_constraints(const GateSet<F>& g, size_t row, const F* w, const F* n, Emit emit) {
  std::array<F, kBasis> basis;
  for (size_t i = 0; i < kColumns; ++i) {
    basis[kW + i] = w[i];
    basis[kW5 + i] = pow5(w[i]);
  }
  for (size_t i = 0; i < kReach; ++i) {
    basis[kN + i] = n[i];
    basis[kN5 + i] = pow5(n[i]);
  }
  const auto y = times_m4<F>({w[0], w[1], w[2], w[3]});
  for (size_t i = 0; i < 4; ++i) basis[kY5 + i] = pow5(y[i] + g.first_layer_constant[i]);
  for (const auto& form : g.poseidon[row]) {
    F sum = form.constant;
    for (size_t i = 0; i < kBasis; ++i)
      if (!form.coefficient[i].is_zero()) sum += form.coefficient[i] * basis[i];
    emit(sum);
  }
}

template <class F>
F merkle_constraint(const F* w, const F* n) {
  return (w[0] - n[0]) * (w[0] - n[1]) * (w[0] - n[2]) * (w[0] - n[3]);
}

// Cells: acc (u,v) | 2 acc | 4 acc | b0 b1; next row: acc' = 4 acc + [b0 + 2 b1] G. The curve is complete (a = -1 is a
// square, d is not), so no denominator vanishes on curve points.
template <class F, class Emit>
void fixed_base_constraints(const GateSet<F>& g, const F* w, const F* n, Emit emit) {
  const auto doubled = [&](const F& u, const F& v, const F& u2, const F& v2) {
    const F uu = u.square(), vv = v.square(), duv = g.d * uu * vv, uv = u * v;
    emit(u2 + u2 * duv - uv - uv);
    emit(v2 - v2 * duv - vv - uu);
  };
  doubled(w[0], w[1], w[2], w[3]);
  doubled(w[2], w[3], w[4], w[5]);
  const F &b0 = w[6], &b1 = w[7], b01 = b0 * b1;
  emit(b0.square() - b0);
  emit(b1.square() - b1);
  const auto table = [&](const std::array<F, 4>& c) { return c[0] + c[1] * b0 + c[2] * b1 + c[3] * b01; };
  const F ut = table(g.table_u), vt = table(g.table_v);
  const F k = g.d * w[4] * w[5] * table(g.table_uv);
  emit(n[0] + n[0] * k - w[4] * vt - w[5] * ut);
  emit(n[1] - n[1] * k - w[5] * vt - w[4] * ut);
}

// (n0, n1) = (w0, w1) + (w2, w3).
template <class F, class Emit>
void ec_add_constraints(const GateSet<F>& g, const F* w, const F* n, Emit emit) {
  const F a = w[0] * w[3], b = w[1] * w[2], k = g.d * a * b;
  emit(n[0] + n[0] * k - a - b);
  emit(n[1] - n[1] * k - w[1] * w[3] - w[0] * w[2]);
}

// Cells: acc | eight base-4 digits, most significant first; next row's cell 0: acc * 4^8 + digits.
template <class F, class Emit>
void range_constraints(const F* w, const F* n, Emit emit) {
  static const F two = F::from_u64(2), three = F::from_u64(3);
  F sum = w[0];
  for (size_t i = 1; i <= 8; ++i) {
    const F& x = w[i];
    emit(x * (x - F::one()) * (x - two) * (x - three));
    sum += sum;
    sum += sum;
    sum += x;
  }
  emit(n[0] - sum);
}

// Every constraint of selector column `s` (kP0 .. kRange).
template <class F, class Emit>
void gate_constraints(const GateSet<F>& g, size_t s, const F* w, const F* n, Emit emit) {
  if (s <= kP8) return poseidon_constraints(g, s, w, n, emit);
  if (s == kMerkle) return emit(merkle_constraint(w, n));
  if (s == kFixedBase) return fixed_base_constraints(g, w, n, emit);
  if (s == kEcAdd) return ec_add_constraints(g, w, n, emit);
  if (s == kRange) return range_constraints(w, n, emit);
  CHECK(false);
}

// Which cells of its own row (bits 0..9) and the next row (bits 10..15) a gate reads; everything else is no variable.
uint16_t cells_read(size_t selector);

}  // namespace sotto::plonk
