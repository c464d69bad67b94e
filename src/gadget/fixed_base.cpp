#include "gadget/fixed_base.hpp"

namespace sotto::gadget {

using crypto::Fr;
using crypto::JubjubAffine;
using crypto::JubjubPoint;
using namespace plonk;

void require_on_curve(Builder<Fr>& b, PointVar p) {
  const Var uu = b.variable(b.value(p.u).square()), vv = b.variable(b.value(p.v).square());
  const Fr minus = -Fr::one();
  b.arithmetic({.qm01 = Fr::one(), .q2 = minus}, p.u, p.u, uu);
  b.arithmetic({.qm01 = Fr::one(), .q2 = minus}, p.v, p.v, vv);
  // -uu + vv - 1 - d uu vv = 0
  b.arithmetic({.qm01 = -crypto::jubjub_d(), .q0 = minus, .q1 = Fr::one(), .qc = minus}, uu, vv);
}

PointVar add_fixed_base(Builder<Fr>& b, PointVar base, const crypto::JubjubScalar& alpha) {
  constexpr size_t kRows = 126;   // 252 bits cover every scalar below l
  const auto limbs = alpha.limbs();
  CHECK(limbs[3] >> 60 == 0);
  // Native accumulators first: all affine conversions share one inversion.
  std::vector<Fr> u, v;
  u.reserve(3 * kRows + 1);
  v.reserve(3 * kRows + 1);
  const auto& g = gate_set();
  const auto table = [&](const std::array<Fr, 4>& c, size_t digit) {
    Fr out = c[0];
    if (digit & 1) out += c[1];
    if (digit & 2) out += c[2];
    if (digit == 3) out += c[3];
    return out;
  };
  std::vector<JubjubPoint> steps;
  steps.reserve(3 * kRows + 1);
  std::array<JubjubPoint, 4> multiples;
  for (size_t i = 0; i < 4; ++i) multiples[i] = JubjubPoint(JubjubAffine{table(g.table_u, i), table(g.table_v, i)});
  std::array<uint8_t, kRows> digits;
  JubjubPoint acc;
  for (size_t row = 0; row < kRows; ++row) {
    const size_t bit = 2 * (kRows - 1 - row);
    digits[row] = static_cast<uint8_t>(limbs[bit / 64] >> (bit % 64) & 3);
    steps.push_back(acc);
    steps.push_back(acc.doubled());
    steps.push_back(steps.back().doubled());
    acc = steps.back() + multiples[digits[row]];
  }
  steps.push_back(acc);
  const auto affine = crypto::to_affine(steps);

  Var acc_u = b.constant(Fr::zero()), acc_v = b.constant(Fr::one());
  for (size_t row = 0; row < kRows; ++row) {
    const auto& once = affine[3 * row + 1];
    const auto& twice = affine[3 * row + 2];
    const auto& after = affine[3 * row + 3];
    const Var next_u = b.variable(after.u), next_v = b.variable(after.v);
    b.row(1u << kFixedBase,
          {acc_u, acc_v, b.variable(once.u), b.variable(once.v), b.variable(twice.u), b.variable(twice.v),
           b.variable(Fr::from_u64(digits[row] & 1)), b.variable(Fr::from_u64(digits[row] >> 1))},
          {next_u, next_v});
    acc_u = next_u;
    acc_v = next_v;
  }
  const JubjubAffine sum = (acc + JubjubPoint(JubjubAffine{b.value(base.u), b.value(base.v)})).affine();
  const PointVar out{b.variable(sum.u), b.variable(sum.v)};
  b.row(1u << kEcAdd, {acc_u, acc_v, base.u, base.v}, {out.u, out.v});
  b.row(0, {out.u, out.v});  // carries the sum
  return out;
}

}  // namespace sotto::gadget
