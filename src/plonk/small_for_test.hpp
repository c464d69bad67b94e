// A small circuit with every gate in it (n = 64), its plain relation and witnesses, for tests of the proof system.
#pragma once
#include "crypto/jubjub.hpp"
#include "plonk/builder.hpp"
#include "plonk/gates_poseidon.hpp"
#include "plonk/random_for_test.hpp"

namespace sotto::plonk {

inline constexpr size_t kSmallLogN = 6;
inline constexpr size_t kSmallPublics = 5;

// Public: root, product, tagged, sum.u, sum.v with
//   leaf = Node(a, b, value, 0), one of siblings; root = Node(siblings); product = a b + k c; tagged = value + c;
//   sum = point + [digit] G; value < 2^16.
struct SmallWitness {
  crypto::Fr a, b, c;
  uint64_t value = 0;
  std::array<crypto::Fr, 4> siblings;
  crypto::JubjubAffine point;
  uint64_t digit = 0;
};

inline SmallWitness small_witness(TestEntropy& random) {
  SmallWitness w;
  w.a = random.fr();
  w.b = random.fr();
  w.c = random.fr();
  w.value = random.below(1 << 16);
  for (auto& s : w.siblings) s = random.fr();
  w.siblings[random.below(4)] = crypto::node(w.a, w.b, crypto::Fr::from_u64(w.value), crypto::Fr::zero());
  w.point = crypto::jubjub_mul_generator(crypto::JubjubScalar::random(random)).affine();
  w.digit = random.below(4);
  return w;
}

// `k`: a coefficient, so that different k are different circuits of one shape.
inline void constrain_small(Builder<crypto::Fr>& b, const SmallWitness& w, uint64_t k = 3) {
  using crypto::Fr;
  const Fr one = Fr::one(), minus = -Fr::one();
  const auto permutation = [&](const std::array<Var, 4>& in, const std::array<Var, 4>* children) {
    const auto values = poseidon_cells(poseidon2_constants(), {b.value(in[0]), b.value(in[1]), b.value(in[2]), b.value(in[3])});
    std::array<std::array<Var, kColumns>, 9> cells;
    for (size_t r = 0; r < 9; ++r)
      for (size_t c = 0; c < kColumns; ++c) cells[r][c] = r == 0 && c < 4 ? in[c] : r == 8 && c == 1 ? in[0] : b.variable(values[r][c]);
    for (size_t r = 0; r < 9; ++r) {
      std::array<Var, kReach> next{};
      for (size_t c = 0; c < kReach && r < 8; ++c)
        if (cells_read(kP0 + r) >> (kColumns + c) & 1) next[c] = cells[r + 1][c];
      if (r == 8 && children) std::copy(children->begin(), children->end(), next.begin());
      b.row(1u << (kP0 + r) | (r == 8 && children ? 1u << kMerkle : 0), cells[r], next);
    }
    return cells[8][0];
  };
  const Var a = b.variable(w.a), second = b.variable(w.b), c = b.variable(w.c);
  const Var value = b.variable(Fr::from_u64(w.value)), zero = b.constant(Fr::zero());
  std::array<Var, 4> siblings;
  for (size_t i = 0; i < 4; ++i) siblings[i] = b.variable(w.siblings[i]);
  permutation({a, second, value, zero}, &siblings);
  const Var root = permutation(siblings, nullptr);
  // One range row: sixteen bits.
  std::array<Var, kColumns> digits{};
  digits[0] = zero;
  for (size_t i = 0; i < 8; ++i) digits[1 + i] = b.variable(Fr::from_u64(w.value >> (14 - 2 * i) & 3));
  b.row(1u << kRange, digits, {value});
  b.row(0, {value});
  // From the identity: [digit] G, plus the point.
  const auto multiple = crypto::jubjub_mul_generator(crypto::JubjubScalar::from_u64(w.digit));
  const auto m = multiple.affine(), s = (multiple + crypto::JubjubPoint(w.point)).affine();
  const Var mu = b.variable(m.u), mv = b.variable(m.v), pu = b.variable(w.point.u), pv = b.variable(w.point.v);
  const Var su = b.variable(s.u), sv = b.variable(s.v), unit = b.constant(one);
  b.row(1u << kFixedBase, {zero, unit, b.variable(Fr::zero()), b.variable(one), b.variable(Fr::zero()), b.variable(one),
                           b.variable(Fr::from_u64(w.digit & 1)), b.variable(Fr::from_u64(w.digit >> 1))}, {mu, mv});
  b.row(1u << kEcAdd, {mu, mv, pu, pv}, {su, sv});
  b.row(0, {su, sv});
  const Var product = b.variable(w.a * w.b + Fr::from_u64(k) * w.c), tagged = b.variable(Fr::from_u64(w.value) + w.c);
  b.arithmetic({.qm01 = one, .q2 = Fr::from_u64(k), .q3 = minus}, a, second, c, product);
  b.arithmetic({.q0 = one, .q1 = one, .q2 = minus}, value, c, tagged);
  for (const Var v : {root, product, tagged, su, sv}) b.expose(v);
}

inline Circuit<crypto::Fr> small_circuit(uint64_t k = 3) {
  TestEntropy random(1);
  Builder<crypto::Fr> b;
  constrain_small(b, small_witness(random), k);
  return b.circuit(kSmallLogN);
}
inline Assignment<crypto::Fr> small_assignment(const SmallWitness& w, uint64_t k = 3) {
  Builder<crypto::Fr> b;
  constrain_small(b, w, k);
  return b.assignment(kSmallLogN);
}

}  // namespace sotto::plonk
