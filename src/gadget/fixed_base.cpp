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

namespace {

// The table's four points 0, G, 2G, 3G as (u, v).
std::array<JubjubAffine, 4> small_multiples() {
  const auto& g = gate_set();
  std::array<JubjubAffine, 4> out;
  for (size_t digit = 0; digit < 4; ++digit) {
    const auto entry = [&](const std::array<Fr, 4>& c) {
      Fr value = c[0];
      if (digit & 1) value += c[1];
      if (digit & 2) value += c[2];
      if (digit == 3) value += c[3];
      return value;
    };
    out[digit] = {entry(g.table_u), entry(g.table_v)};
  }
  return out;
}

// table[digit], reading every entry: alpha is a secret.
JubjubAffine chosen(const std::array<JubjubAffine, 4>& table, uint64_t digit) {
  JubjubAffine out{};
  for (uint64_t i = 0; i < 4; ++i) {
    const uint64_t mask = ((i ^ digit) - 1) >> 63 ? ~uint64_t{0} : 0;
    for (size_t l = 0; l < 4; ++l) {
      out.u.raw().l[l] |= table[i].u.raw().l[l] & mask;
      out.v.raw().l[l] |= table[i].v.raw().l[l] & mask;
    }
  }
  return out;
}

}  // namespace

std::unique_ptr<const FixedBaseSteps> fixed_base_steps(const crypto::JubjubScalar& alpha) {
  static const auto table = small_multiples();
  auto limbs = alpha.limbs();
  CHECK(limbs[3] >> 60 == 0);
  auto out = std::make_unique<FixedBaseSteps>();
  // All affine conversions share one inversion.
  std::vector<JubjubPoint> steps;
  steps.reserve(out->accumulator.size());
  JubjubPoint acc;
  for (size_t row = 0; row < kFixedBaseRows; ++row) {
    const size_t bit = 2 * (kFixedBaseRows - 1 - row);
    const uint64_t digit = limbs[bit / 64] >> (bit % 64) & 3;
    out->bits[row] = {static_cast<uint8_t>(digit & 1), static_cast<uint8_t>(digit >> 1)};
    steps.push_back(acc);
    steps.push_back(acc.doubled());
    steps.push_back(steps.back().doubled());
    acc = steps.back() + JubjubPoint(chosen(table, digit));
  }
  steps.push_back(acc);
  auto affine = crypto::to_affine(steps);
  std::copy(affine.begin(), affine.end(), out->accumulator.begin());
  wipe(&limbs, sizeof limbs);
  wipe(affine.data(), affine.size() * sizeof(JubjubAffine));
  wipe(steps.data(), steps.size() * sizeof(JubjubPoint));
  return out;
}

PointVar add_fixed_base(Builder<Fr>& b, PointVar base, const FixedBaseSteps& steps) {
  Var acc_u = b.constant(Fr::zero()), acc_v = b.constant(Fr::one());
  for (size_t row = 0; row < kFixedBaseRows; ++row) {
    const auto& once = steps.accumulator[3 * row + 1];
    const auto& twice = steps.accumulator[3 * row + 2];
    const auto& after = steps.accumulator[3 * row + 3];
    const Var next_u = b.variable(after.u), next_v = b.variable(after.v);
    const Var once_u = b.variable(once.u), once_v = b.variable(once.v), twice_u = b.variable(twice.u), twice_v = b.variable(twice.v);
    const Var low = b.variable(Fr::from_u64(steps.bits[row][0])), high = b.variable(Fr::from_u64(steps.bits[row][1]));
    b.row(1u << kFixedBase, {acc_u, acc_v, once_u, once_v, twice_u, twice_v, low, high}, {next_u, next_v});
    acc_u = next_u;
    acc_v = next_v;
  }
  const JubjubAffine sum = (JubjubPoint(steps.accumulator.back()) + JubjubPoint(JubjubAffine{b.value(base.u), b.value(base.v)})).affine();
  const PointVar out{b.variable(sum.u), b.variable(sum.v)};
  b.row(1u << kEcAdd, {acc_u, acc_v, base.u, base.v}, {out.u, out.v});
  b.row(0, {out.u, out.v});  // carries the sum
  return out;
}

}  // namespace sotto::gadget
