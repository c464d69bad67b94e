#include "plonk/lane_quotient.hpp"

namespace sotto::plonk {

using crypto::Fr;

namespace {

constexpr std::array<uint8_t, simd::kMaxDot> kInOrder = [] {
  std::array<uint8_t, simd::kMaxDot> out{};
  for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<uint8_t>(i);
  return out;
}();
static_assert(kBasis <= simd::kMaxDot && kAlphaPowers <= simd::kMaxDot && kFixedColumns <= simd::kMaxDot);

template <size_t N>
std::array<LaneFr, N> broadcast(const std::array<Fr, N>& values) {
  std::array<LaneFr, N> out;
  for (size_t i = 0; i < N; ++i) out[i] = LaneFr(values[i]);
  return out;
}

LaneFr fifth(const LaneFr& x) {
  LaneFr t = x * x;
  t *= t;
  return t *= x;
}

}  // namespace

LaneColumn to_lanes(std::span<const Fr> column) {
  CHECK(column.size() % 4 == 0);
  LaneColumn out;
  out.reserve(column.size() / 4);
  for (size_t i = 0; i < column.size(); i += 4) out.push_back(LaneFr::of(&column[i]));
  return out;
}

LaneQuotient::LaneQuotient(const GateSet<Fr>& gates, const IdentityChallenges<Fr>& challenges) {
  gates_.first_layer_constant = broadcast(gates.first_layer_constant);
  gates_.d = LaneFr(gates.d);
  gates_.table_u = broadcast(gates.table_u);
  gates_.table_v = broadcast(gates.table_v);
  gates_.table_uv = broadcast(gates.table_uv);
  challenges_ = {LaneFr(challenges.beta), LaneFr(challenges.gamma), broadcast(challenges.alpha)};
  const CombinedGates combined(gates, challenges);
  for (const auto& group : combined.groups()) {
    Group& to = groups_.emplace_back();
    to.rows = group.rows;
    for (const auto& term : group.terms) {
      to.basis.push_back(term.basis);
      to.coefficients.emplace_back(term.coefficient);
    }
  }
  constants_ = broadcast(combined.constants());
  for (size_t i = 0; i < range_weights_.size(); ++i) range_weights_[i] = LaneFr::from_u64(uint64_t{1} << (16 - 2 * i));
}

// gate_value() with the powers of alpha applied in one sum; the range gate's own sum is one too.
LaneFr LaneQuotient::gate(size_t selector, const LaneFr* w, const LaneFr* next) const {
  const size_t first = selector == kMerkle ? kMerkleAlpha : 0;
  std::array<LaneFr, kMaxConstraints> constraints;
  size_t count = 0;
  const auto emit = [&](const LaneFr& value) { constraints[count++] = value; };
  if (selector == kRange) {
    static const LaneFr two = LaneFr::from_u64(2), three = LaneFr::from_u64(3);
    for (size_t i = 1; i <= 8; ++i) emit(w[i] * (w[i] - LaneFr::one()) * (w[i] - two) * (w[i] - three));
    emit(next[0] - LaneFr::dot(range_weights_.data(), w, kInOrder.data(), range_weights_.size()));
  } else {
    if (selector == kMerkle) emit(merkle_constraint(w, next));
    if (selector == kFixedBase) fixed_base_constraints(gates_, w, next, emit);
    if (selector == kEcAdd) ec_add_constraints(gates_, w, next, emit);
  }
  return LaneFr::dot(challenges_.alpha.data() + first, constraints.data(), kInOrder.data(), count);
}

LaneFr LaneQuotient::at(const LaneCoset& key, const Columns& columns, size_t entry) const {
  const size_t following = (entry + 1) % columns.z.size();
  const auto after = [&](const LaneColumn& column) { return column[entry].next(column[following]); };
  PointValues<LaneFr> p;
  for (size_t j = 0; j < kColumns; ++j) p.w[j] = columns.w[j][entry];
  for (size_t j = 0; j < kReach; ++j) p.next[j] = after(columns.w[j]);
  for (size_t s = 0; s < kFixedColumns; ++s)
    if (!key.fixed[s].empty()) p.fixed[s] = key.fixed[s][entry];
  for (size_t j = 0; j < kRouted; ++j) p.sigma[j] = key.sigma[j][entry];
  p.z = columns.z[entry];
  p.z_next = after(columns.z);
  p.x = key.x[entry];
  p.first = key.first[entry];
  p.guard = key.guard[entry];
  p.mask = key.mask[entry];
  LaneFr sum = permutation_terms(challenges_, p) - columns.public_values[entry];

  std::array<LaneFr, kBasis> basis;
  for (size_t j = 0; j < kColumns; ++j) {
    basis[kW + j] = p.w[j];
    basis[kW5 + j] = fifth(p.w[j]);
  }
  for (size_t j = 0; j < kReach; ++j) {
    basis[kN + j] = p.next[j];
    basis[kN5 + j] = fifth(p.next[j]);
  }
  auto y = times_m4<LaneFr>({p.w[0], p.w[1], p.w[2], p.w[3]});
  for (size_t i = 0; i < 4; ++i) {
    y[i] += gates_.first_layer_constant[i];
    basis[kY5 + i] = fifth(y[i].settle());
  }
  for (const auto& group : groups_) {
    LaneFr selector;
    for (const uint8_t row : group.rows) selector += p.fixed[kP0 + row];
    sum += selector * LaneFr::dot(group.coefficients.data(), basis.data(), group.basis.data(), group.basis.size());
  }
  sum += LaneFr::dot(constants_.data(), &p.fixed[kP0], kInOrder.data(), constants_.size());
  for (size_t s = kMerkle; s < kSelectors; ++s)
    if (!key.fixed[s].empty()) sum += p.fixed[s] * gate(s, p.w.data(), p.next.data());

  static_assert(kQm23 == kQm01 + 1 && kQ0 == kQm01 + 2 && kQ3 == kQ0 + kRouted - 1);
  const std::array<LaneFr, 2 + kRouted> arithmetic{p.w[0] * p.w[1], p.w[2] * p.w[3], p.w[0], p.w[1], p.w[2], p.w[3]};
  sum += LaneFr::dot(&p.fixed[kQm01], arithmetic.data(), kInOrder.data(), arithmetic.size()) + p.fixed[kQc];
  return sum.settle() * key.vanishing_inverse;
}

}  // namespace sotto::plonk
