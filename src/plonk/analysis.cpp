#include "plonk/analysis.hpp"

#include <algorithm>
#include <set>

#include "crypto/hash.hpp"

namespace sotto::plonk {

using crypto::Fr;

namespace {

constexpr size_t kCells = kColumns + kReach;

Fr probe_value(uint32_t index) {
  Writer w;
  w.u32(index);
  return Fr::reduce512(crypto::blake2b_512("Sotto.analysis.probe", {w.bytes()}));
}

// The number x with x^5 = a: a^(1/5 mod r - 1).
Fr fifth_root(const Fr& a) {
  // 5^-1 mod (r - 1), big-endian.
  static const Bytes exponent = *from_hex("2e5f0fbadd72321ce14a56699d73f002217f0e679998f19933333332cccccccd");
  Fr out = Fr::one();
  for (const uint8_t byte : exponent)
    for (int bit = 7; bit >= 0; --bit) {
      out = out.square();
      if (byte >> bit & 1) out *= a;
    }
  return out;
}

// The shape of f in one argument, from values at 0..6 under two settings of the others.
Shape shape_of(const std::array<Fr, 7>& f, const std::array<Fr, 7>& g) {
  const auto affine = [](const std::array<Fr, 7>& v) {
    for (size_t i = 2; i < 7; ++i)
      if (!(v[i] - v[i - 1] == v[1] - v[0])) return false;
    return true;
  };
  const auto fifth = [](const std::array<Fr, 7>& v) {
    for (uint64_t i = 2; i < 7; ++i)
      if (!(v[i] - v[0] == Fr::from_u64(i * i * i * i * i) * (v[1] - v[0]))) return false;
    return true;
  };
  const bool same = f[1] - f[0] == g[1] - g[0];
  if (affine(f) && affine(g)) return same ? Shape::constant : Shape::affine;
  if (fifth(f) && fifth(g) && same) return Shape::fifth;
  return Shape::other;
}

}  // namespace

System::System(const GateSet<Fr>& gates, const Circuit<Fr>& circuit) : gates_(gates), circuit_(circuit) {
  const size_t n = circuit.n();
  unknowns_ = circuit.variables + circuit.public_rows.size();
  for (size_t c = 0; c < kColumns; ++c) cells_[c] = circuit.variable[c];
  public_of_row_.assign(n, kNoVar);
  for (size_t i = 0; i < circuit.public_rows.size(); ++i) public_of_row_[circuit.public_rows[i]] = static_cast<uint32_t>(i);
  probe_gates();
  for (size_t r = 0; r < n; ++r) {
    for (size_t s = 0; s < kSelectors; ++s) {
      if (circuit.fixed[s][r].is_zero()) continue;
      for (size_t j = 0; j < shapes_[s].size(); ++j)
        constraints_.push_back({static_cast<uint32_t>(r), static_cast<uint8_t>(s), static_cast<uint8_t>(j)});
    }
    bool arithmetic = public_of_row_[r] != kNoVar;
    for (size_t q = kSelectors; q < kFixedColumns; ++q) arithmetic = arithmetic || !circuit.fixed[q][r].is_zero();
    if (arithmetic) constraints_.push_back({static_cast<uint32_t>(r), kQc, 0});
  }
  terms_.resize(constraints_.size());
  uses_.resize(unknowns_);
  for (size_t k = 0; k < constraints_.size(); ++k) make_terms(k);
}

// What each constraint of each gate depends on and how, found by trying.
void System::probe_gates() {
  for (size_t p = 0; p < 9; ++p) {
    for (const auto& form : gates_.poseidon[p]) {
      SparseForm sparse;
      sparse.constant = form.constant;
      for (size_t i = 0; i < kBasis; ++i) {
        if (form.coefficient[i].is_zero()) continue;
        sparse.terms.emplace_back(static_cast<uint8_t>(i), form.coefficient[i]);
        sparse.uses_first_layer = sparse.uses_first_layer || i >= kY5;
      }
      forms_[p].push_back(std::move(sparse));
    }
  }
  std::array<std::array<Fr, kCells>, 2> random;
  for (uint32_t i = 0; i < 2 * kCells; ++i) random[i / kCells][i % kCells] = probe_value(i);
  for (size_t s = 0; s < kSelectors; ++s) {
    const auto evaluate = [&](const std::array<Fr, kCells>& x) {
      std::vector<Fr> out;
      gate_constraints(gates_, s, x.data(), x.data() + kColumns, [&](const Fr& v) { out.push_back(v); });
      return out;
    };
    shapes_[s].resize(evaluate(random[0]).size());
    for (size_t cell = 0; cell < kCells; ++cell) {
      std::array<std::array<std::vector<Fr>, 7>, 2> values;
      for (size_t setting = 0; setting < 2; ++setting)
        for (uint64_t t = 0; t < 7; ++t) {
          auto x = random[setting];
          x[cell] = Fr::from_u64(t);
          values[setting][t] = evaluate(x);
        }
      for (size_t j = 0; j < shapes_[s].size(); ++j) {
        std::array<Fr, 7> f, g;
        bool depends = false;
        for (size_t t = 0; t < 7; ++t) {
          f[t] = values[0][t][j];
          g[t] = values[1][t][j];
          depends = depends || !(f[t] == f[0]) || !(g[t] == g[0]);
        }
        if (depends) shapes_[s][j].push_back({static_cast<uint8_t>(cell), shape_of(f, g)});
      }
    }
  }
}

void System::make_terms(size_t k) {
  const Constraint& c = constraints_[k];
  auto& out = terms_[k];
  const auto add = [&](Unknown u, Shape shape) {
    for (Term& t : out) {
      if (t.unknown != u) continue;
      t.shape = Shape::other;   // in two places of one constraint
      return;
    }
    out.push_back({u, shape});
  };
  if (c.selector < kSelectors) {
    for (const auto& t : shapes_[c.selector][c.index]) add(cell(c.row, t.cell), t.shape);
  } else {
    const auto q = [&](size_t i) { return circuit_.fixed[i][c.row]; };
    const bool m01 = !q(kQm01).is_zero(), m23 = !q(kQm23).is_zero();
    for (size_t i = 0; i < kRouted; ++i) {
      const Unknown u = cells_[i][c.row];
      if (u == kNoVar) continue;
      const bool product = i < 2 ? m01 : m23;
      const size_t partner = i ^ 1;
      if (product && cells_[partner][c.row] == u) {
        add(u, Shape::other);
        continue;
      }
      bool merged = false;       // the same unknown in both halves: still affine, with a coefficient of its own
      for (Term& t : out)
        if (t.unknown == u) {
          if (t.shape == Shape::constant || t.shape == Shape::affine) t.shape = Shape::affine;
          merged = true;
        }
      if (!merged) out.push_back({u, product ? Shape::affine : Shape::constant});
    }
    if (public_of_row_[c.row] != kNoVar) out.push_back({public_value(public_of_row_[c.row]), Shape::constant});
  }
  for (const Term& t : out) uses_[t.unknown].push_back(static_cast<uint32_t>(k));
}

std::vector<Fr> System::values(const Assignment<Fr>& a) const {
  std::vector<Fr> x(unknowns_);
  for (size_t c = 0; c < kColumns; ++c)
    for (size_t r = 0; r < circuit_.n(); ++r)
      if (cells_[c][r] != kNoVar) x[cells_[c][r]] = a.wires[c][r];
  for (size_t i = 0; i < a.public_inputs.size(); ++i) x[public_value(i)] = a.public_inputs[i];
  return x;
}

Assignment<Fr> System::assignment(const std::vector<Fr>& x) const {
  Assignment<Fr> a;
  for (size_t c = 0; c < kColumns; ++c) {
    a.wires[c].resize(circuit_.n());
    for (size_t r = 0; r < circuit_.n(); ++r)
      if (cells_[c][r] != kNoVar) a.wires[c][r] = x[cells_[c][r]];
  }
  for (size_t i = 0; i < circuit_.public_rows.size(); ++i) a.public_inputs.push_back(x[public_value(i)]);
  return a;
}

Fr System::residual(size_t k, const std::vector<Fr>& x) const {
  const Constraint& c = constraints_[k];
  const auto at_cell = [&](size_t i) -> Fr {
    const Unknown u = cell(c.row, i);
    return u == kNoVar ? Fr::zero() : x[u];
  };
  if (c.selector <= kP8) {
    const SparseForm& form = forms_[c.selector][c.index];
    std::array<Fr, 4> y;
    if (form.uses_first_layer) {
      y = times_m4<Fr>({at_cell(0), at_cell(1), at_cell(2), at_cell(3)});
      for (size_t i = 0; i < 4; ++i) y[i] += gates_.first_layer_constant[i];
    }
    Fr sum = form.constant;
    for (const auto& [basis, coefficient] : form.terms) {
      Fr v;
      if (basis < kW5) v = at_cell(basis);
      else if (basis < kN) v = pow5(at_cell(basis - kW5));
      else if (basis < kN5) v = at_cell(kColumns + basis - kN);
      else if (basis < kY5) v = pow5(at_cell(kColumns + basis - kN5));
      else v = pow5(y[basis - kY5]);
      sum += coefficient * v;
    }
    return sum;
  }
  if (c.selector < kSelectors) {
    std::array<Fr, kCells> v;
    for (size_t i = 0; i < kCells; ++i) v[i] = at_cell(i);
    Fr out;
    size_t j = 0;
    gate_constraints(gates_, c.selector, v.data(), v.data() + kColumns, [&](const Fr& value) {
      if (j++ == c.index) out = value;
    });
    return out;
  }
  const auto q = [&](size_t i) { return circuit_.fixed[i][c.row]; };
  Fr sum = q(kQc) + q(kQm01) * at_cell(0) * at_cell(1) + q(kQm23) * at_cell(2) * at_cell(3);
  for (size_t i = 0; i < kRouted; ++i) sum += q(kQ0 + i) * at_cell(i);
  if (public_of_row_[c.row] != kNoVar) sum -= x[public_value(public_of_row_[c.row])];
  return sum;
}

bool System::solvable(size_t k, Unknown u, std::vector<Fr>& base) const {
  for (const Term& t : terms_[k]) {
    if (t.unknown != u) continue;
    if (constraints_[k].selector == kMerkle) return u != cell(constraints_[k].row, 0) && base[u] == base[cell(constraints_[k].row, 0)];
    if (t.shape == Shape::other) return false;
    if (t.shape != Shape::affine) return true;
    const Fr here = residual(k, base);
    base[u] += Fr::one();
    const bool moves = !(residual(k, base) == here);
    base[u] -= Fr::one();
    return moves;
  }
  return false;
}

std::optional<Fr> System::solve(size_t k, Unknown u, std::vector<Fr>& x, const std::vector<Fr>& base) const {
  if (constraints_[k].selector == kMerkle) {
    const Unknown out = cell(constraints_[k].row, 0);
    if (u == out || !(base[u] == base[out])) return std::nullopt;
    return x[out];
  }
  Shape shape = Shape::other;
  for (const Term& t : terms_[k])
    if (t.unknown == u) shape = t.shape;
  if (shape == Shape::other) return std::nullopt;
  const Fr before = x[u];
  x[u] = Fr::zero();
  const Fr at0 = residual(k, x);
  x[u] = Fr::one();
  const Fr slope = residual(k, x) - at0;
  x[u] = before;
  if (slope.is_zero()) return std::nullopt;
  const Fr value = slope == Fr::one() ? -at0 : slope == -Fr::one() ? at0 : -(at0 * slope.inverse());
  return shape == Shape::fifth ? fifth_root(value) : value;
}

Unknown System::split(size_t column, size_t row) {
  const auto fresh = static_cast<Unknown>(unknowns_++);
  cells_[column][row] = fresh;
  uses_.emplace_back();
  const size_t n = circuit_.n();
  for (size_t k = 0; k < constraints_.size(); ++k) {
    const size_t r = constraints_[k].row;
    if (r != row && (r + 1) % n != row) continue;
    for (const Term& t : terms_[k]) std::erase(uses_[t.unknown], static_cast<uint32_t>(k));
    terms_[k].clear();
    make_terms(k);
  }
  return fresh;
}

std::vector<uint32_t> violations(const System& s, const std::vector<Fr>& x) {
  std::vector<uint32_t> out;
  for (uint32_t k = 0; k < s.size(); ++k)
    if (!s.residual(k, x).is_zero()) out.push_back(k);
  return out;
}

bool bites(const System& s, std::vector<Fr>& x, Unknown u, const Fr& value) {
  const Fr before = x[u];
  x[u] = value;
  const bool out = std::any_of(s.uses(u).begin(), s.uses(u).end(), [&](uint32_t k) { return !s.residual(k, x).is_zero(); });
  x[u] = before;
  return out;
}

Order derive(const System& s, const std::vector<Fr>& at, std::span<const Unknown> preferred, size_t without) {
  Order out;
  auto base = at;
  out.definer.assign(s.unknowns(), kNoVar);
  std::vector<bool> known(s.unknowns(), false);
  std::vector<uint32_t> open(s.size());
  std::vector<uint32_t> ready;
  for (size_t k = 0; k < s.size(); ++k) {
    open[k] = static_cast<uint32_t>(s.terms(k).size());
    if (open[k] == 1) ready.push_back(static_cast<uint32_t>(k));
  }
  const auto learn = [&](Unknown u) {
    known[u] = true;
    for (const uint32_t k : s.uses(u))
      if (--open[k] == 1) ready.push_back(k);
  };
  const auto propagate = [&] {
    for (size_t i = 0; i < ready.size(); ++i) {
      const uint32_t k = ready[i];
      if (k == without || open[k] != 1) continue;
      for (const auto& t : s.terms(k)) {
        if (known[t.unknown]) continue;
        if (!s.solvable(k, t.unknown, base)) break;
        out.steps.push_back({k, t.unknown});
        out.definer[t.unknown] = k;
        learn(t.unknown);
        break;
      }
    }
    ready.clear();
  };
  propagate();
  const auto take = [&](Unknown u) {
    if (known[u]) return;
    out.roots.push_back(u);
    learn(u);
    propagate();
  };
  for (const Unknown u : preferred) take(u);
  for (Unknown u = 0; u < s.unknowns(); ++u) take(u);
  return out;
}

std::vector<uint32_t> mutate(const System& s, const Order& order, std::vector<Fr>& x,
                             std::span<const std::pair<Unknown, Fr>> changes) {
  const auto base = x;
  std::vector<bool> dirty(s.size(), false);
  const auto set = [&](Unknown u, const Fr& value) {
    if (x[u] == value) return;
    x[u] = value;
    for (const uint32_t k : s.uses(u)) dirty[k] = true;
  };
  std::set<Unknown> fixed;
  for (const auto& [u, value] : changes) {
    set(u, value);
    fixed.insert(u);
  }
  for (const auto& step : order.steps) {
    if (!dirty[step.constraint] || fixed.count(step.unknown)) continue;
    if (const auto value = s.solve(step.constraint, step.unknown, x, base)) set(step.unknown, *value);
  }
  std::vector<uint32_t> violated;
  for (uint32_t k = 0; k < s.size(); ++k)
    if (dirty[k] && !s.residual(k, x).is_zero()) violated.push_back(k);
  return violated;
}

namespace {

// Value of an unknown that a row of its own pins to a constant.
std::optional<Fr> constant_of(const System& s, Unknown u) {
  for (const uint32_t k : s.uses(u)) {
    const auto& c = s.constraint(k);
    if (c.selector != kQc || s.terms(k).size() != 1 || s.terms(k)[0].shape != Shape::constant) continue;
    std::vector<Fr> x(s.unknowns());
    return s.solve(k, u, x, x);
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::pair<Unknown, Unknown>> curve_points(const System& s) {
  std::vector<std::pair<Unknown, Unknown>> out;
  const auto& fixed = s.circuit().fixed;
  // Squares: rows a a - b = 0, by b.
  std::vector<Unknown> root_of(s.unknowns(), kNoVar);
  for (size_t k = 0; k < s.size(); ++k) {
    const auto& c = s.constraint(k);
    if (c.selector != kQc) continue;
    const size_t r = c.row;
    const bool only = fixed[kQm23][r].is_zero() && fixed[kQ0][r].is_zero() && fixed[kQ1][r].is_zero() && fixed[kQ3][r].is_zero() && fixed[kQc][r].is_zero();
    if (only && fixed[kQm01][r] == Fr::one() && fixed[kQ2][r] == -Fr::one() && s.at(0, r) == s.at(1, r)) root_of[s.at(2, r)] = s.at(0, r);
  }
  for (size_t k = 0; k < s.size(); ++k) {
    const auto& c = s.constraint(k);
    if (c.selector != kQc) continue;
    const size_t r = c.row;
    const bool equation = fixed[kQm01][r] == -gate_set().d && fixed[kQ0][r] == -Fr::one() && fixed[kQ1][r] == Fr::one() &&
                          fixed[kQc][r] == -Fr::one() && fixed[kQm23][r].is_zero() && fixed[kQ2][r].is_zero() && fixed[kQ3][r].is_zero();
    if (equation && root_of[s.at(0, r)] != kNoVar && root_of[s.at(1, r)] != kNoVar)
      out.emplace_back(root_of[s.at(0, r)], root_of[s.at(1, r)]);
  }
  // The identity made of constants, where a curve row starts from it.
  for (size_t k = 0; k < s.size(); ++k) {
    const auto& c = s.constraint(k);
    if ((c.selector != kFixedBase && c.selector != kEcAdd) || c.index != 0) continue;
    const auto u = constant_of(s, s.at(0, c.row)), v = constant_of(s, s.at(1, c.row));
    if (u && v && u->is_zero() && *v == Fr::one()) out.emplace_back(s.at(0, c.row), s.at(1, c.row));
  }
  return out;
}

std::vector<Unknown> unforced(const System& s, std::span<const Unknown> inputs) {
  std::vector<bool> known(s.unknowns(), false);
  const auto points = curve_points(s);
  std::set<std::pair<Unknown, Unknown>> on_curve(points.begin(), points.end());
  for (const Unknown u : inputs) known[u] = true;
  const auto& circuit = s.circuit();
  bool progress = true;
  const auto learn = [&](Unknown u) {
    if (known[u]) return;
    known[u] = true;
    progress = true;
  };
  while (progress) {
    progress = false;
    for (size_t k = 0; k < s.size(); ++k) {
      const System::Term* last = nullptr;
      size_t open = 0;
      for (const auto& t : s.terms(k))
        if (!known[t.unknown]) {
          last = &t;
          ++open;
        }
      if (open == 1 && (last->shape == Shape::constant || last->shape == Shape::fifth)) learn(last->unknown);
    }
    for (size_t r = 0; r < circuit.n(); ++r) {
      const auto pair = [&](size_t column, size_t row) { return std::pair{s.at(column, row), s.at(column + 1, row)}; };
      const auto both = [&](const std::pair<Unknown, Unknown>& p) { return known[p.first] && known[p.second]; };
      const auto forced_point = [&](const std::pair<Unknown, Unknown>& p) {
        learn(p.first);
        learn(p.second);
        if (on_curve.insert(p).second) progress = true;
      };
      if (!circuit.fixed[kFixedBase][r].is_zero() && on_curve.count(pair(0, r)) && both(pair(0, r))) {
        forced_point(pair(2, r));
        forced_point(pair(4, r));
        if (known[s.at(6, r)] && known[s.at(7, r)]) forced_point(pair(0, r + 1));
      }
      if (!circuit.fixed[kEcAdd][r].is_zero() && on_curve.count(pair(0, r)) && on_curve.count(pair(2, r)) && both(pair(0, r)) && both(pair(2, r)))
        forced_point(pair(0, r + 1));
      // A run of range rows from a known start to a known end: base-4 digits are unique below 4^120 < r.
      if (!circuit.fixed[kRange][r].is_zero() && (r == 0 || circuit.fixed[kRange][r - 1].is_zero() || known[s.at(0, r)])) {
        size_t end = r;
        while (!circuit.fixed[kRange][end].is_zero() && (end == r || !known[s.at(0, end)])) ++end;
        if (known[s.at(0, r)] && known[s.at(0, end)] && end - r <= 15)
          for (size_t row = r; row < end; ++row) {
            for (size_t c = 1; c <= 8; ++c) learn(s.at(c, row));
            learn(s.at(0, row + 1));
          }
      }
    }
  }
  std::vector<Unknown> out;
  for (Unknown u = 0; u < s.unknowns(); ++u)
    if (!known[u]) out.push_back(u);
  return out;
}

}  // namespace sotto::plonk
