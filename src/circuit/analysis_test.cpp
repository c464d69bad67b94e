// The checks of threats.md 4.3 on the transfer circuit: graph, determinism, group mutation, mutation with everything after
// recomputed against the plain relation, and the deletion of every constraint and of every copy.
// Short form: one of each kind and place; SOTTO_LONG=1: all of them.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "circuit/labels_for_test.hpp"
#include "plonk/random_for_test.hpp"

namespace sotto::circuit {
namespace {

struct World {
  plonk::Circuit<Fr> circuit = transfer_circuit();
  plonk::System system{plonk::gate_set(), circuit};
  Labels labels{system};
};
const World& world() {
  static const World w;
  return w;
}

struct Base {
  std::vector<Fr> x;
  std::vector<Unknown> preferred;
  plonk::Order order;
  std::set<Unknown> roots;
  Base(uint64_t seed, const StatementOptions& o) {
    SeededEntropy random(seed);
    const auto s = random_statement(random, o);
    x = values_of(world().system, s.statement, s.witness);
    preferred = world().labels.roots(x, world().system);
    order = plonk::derive(world().system, x, preferred);
    roots.insert(order.roots.begin(), order.roots.end());
  }
};

// Branch B with carry and public values; no branch B with all of it; dummies.
const std::vector<Base>& bases() {
  static const std::vector<Base> all = [] {
    std::vector<Base> out;
    StatementOptions o;
    o.same_asset = o.public_values = true;
    out.emplace_back(31, o);
    o.has_b = true;
    out.emplace_back(32, o);
    StatementOptions dummies;
    for (bool& d : dummies.dummy) d = true;
    out.emplace_back(33, dummies);
    return out;
  }();
  return all;
}

TEST(Graph, every_variable_is_held_from_two_sides) {
  const auto& s = world().system;
  std::vector<Unknown> once;
  for (Unknown u = 0; u < s.unknowns(); ++u) {
    ASSERT_FALSE(s.uses(u).empty()) << u;
    if (s.uses(u).size() == 1 && u < s.circuit().variables) once.push_back(u);
  }
  // Allowed with one constraint only: the constants nobody else needs (none) and nothing else.
  EXPECT_TRUE(once.empty()) << once.size() << " variables in a single constraint, the first " << once[0];
  // A public input is in its own row and at least one other constraint.
  for (const Unknown u : world().labels.fields) EXPECT_GE(s.uses(u).size(), 2u);
}

TEST(Graph, one_component_even_without_the_constants) {
  const auto& s = world().system;
  std::vector<Unknown> parent(s.unknowns());
  for (Unknown u = 0; u < parent.size(); ++u) parent[u] = u;
  const std::function<Unknown(Unknown)> root = [&](Unknown u) { return parent[u] == u ? u : parent[u] = root(parent[u]); };
  std::set<Unknown> constants;
  for (size_t k = 0; k < s.size(); ++k)
    if (s.constraint(k).selector == plonk::kQc && s.terms(k).size() == 1 && s.terms(k)[0].shape == plonk::Shape::constant) constants.insert(s.terms(k)[0].unknown);
  EXPECT_EQ(constants.size(), 7u);   // 0 and 1, tags up to 6
  for (size_t k = 0; k < s.size(); ++k) {
    Unknown first = plonk::kNoVar;
    for (const auto& t : s.terms(k)) {
      if (constants.count(t.unknown)) continue;
      if (first == plonk::kNoVar) first = t.unknown;
      else parent[root(t.unknown)] = root(first);
    }
  }
  std::set<Unknown> components;
  for (Unknown u = 0; u < parent.size(); ++u)
    if (!constants.count(u)) components.insert(root(u));
  EXPECT_EQ(components.size(), 1u);
}

TEST(Graph, rows_carry_one_gate_each) {
  const auto& c = world().circuit;
  for (size_t r = 0; r < c.n(); ++r) {
    uint32_t selectors = 0;
    bool arithmetic = false;
    for (size_t s = 0; s < plonk::kSelectors; ++s) {
      if (c.fixed[s][r].is_zero()) continue;
      EXPECT_EQ(c.fixed[s][r], Fr::one());
      selectors |= 1u << s;
    }
    for (size_t s = plonk::kSelectors; s < plonk::kFixedColumns; ++s) arithmetic = arithmetic || !c.fixed[s][r].is_zero();
    EXPECT_TRUE(std::popcount(selectors) <= 1 || selectors == (1u << plonk::kP8 | 1u << plonk::kMerkle));
    EXPECT_FALSE(selectors != 0 && arithmetic);
    if (r >= plonk::usable_rows(c.n())) {
      EXPECT_EQ(selectors, 0u);
      EXPECT_FALSE(arithmetic);
      for (size_t col = 0; col < plonk::kColumns; ++col) EXPECT_EQ(c.variable[col][r], plonk::kNoVar);
      for (size_t col = 0; col < plonk::kRouted; ++col) EXPECT_EQ(c.sigma[col][r], col * c.n() + r);
    }
  }
}

// 0 unforced variables: what the prover may choose forces all the rest, by rules that hold for every value.
TEST(Determinism, the_free_inputs_force_everything) {
  const auto& w = world();
  const auto inputs = w.labels.free_inputs();
  EXPECT_EQ(std::set<Unknown>(inputs.begin(), inputs.end()).size(), inputs.size());
  const auto open = plonk::unforced(w.system, inputs);
  std::printf("declared free: %zu (252 bits of alpha, 240 path values, 43 others); unforced: %zu of %zu\n", inputs.size(), open.size(),
              w.system.unknowns());
  for (const Unknown u : open) std::printf("unforced: variable %u\n", u);
  EXPECT_TRUE(open.empty());
  EXPECT_EQ(inputs.size(), 252u + 240 + 5 + 12 + 15 + 9);
  // Not vacuous: each of these missing leaves something open.
  for (const Unknown u : {w.labels.nk, w.labels.asset_id, w.labels.bits[17], w.labels.inputs[2].rho, w.labels.outputs_b[1].rcm, w.labels.inputs[0].children[7][2], w.labels.fields[0]}) {
    auto fewer = inputs;
    std::erase(fewer, u);
    EXPECT_FALSE(plonk::unforced(w.system, fewer).empty());
  }
}

// Each variable in all its cells: +1, doubled, 0, random. No exceptions.
TEST(GroupMutation, every_variable_alone_violates) {
  plonk::TestEntropy random(34);
  const auto& s = world().system;
  for (const auto& base : bases()) {
    auto x = base.x;
    ASSERT_TRUE(plonk::violations(s, x).empty());
    for (Unknown u = 0; u < s.circuit().variables; ++u) {
      for (const Fr& v : {x[u] + Fr::one(), x[u] + x[u], Fr::zero(), random.fr()}) {
        if (v == x[u]) continue;
        ASSERT_TRUE(plonk::bites(s, x, u, v)) << "variable " << u;
      }
    }
  }
}

// B2: single cells, so that a copy breaks instead.
TEST(GroupMutation, every_cell_alone_violates) {
  const auto& w = world();
  auto a = w.system.assignment(bases()[1].x);
  plonk::TestEntropy random(35);
  const size_t stride = plonk::long_form() ? 1 : 97;
  size_t at = random.below(stride), count = 0;
  for (size_t c = 0; c < plonk::kColumns; ++c) {
    for (size_t r = 0; r < w.circuit.n(); ++r) {
      if (w.circuit.variable[c][r] == plonk::kNoVar || at++ % stride != 0) continue;
      const Fr before = a.wires[c][r];
      a.wires[c][r] += random.below(2) ? Fr::one() : random.fr();
      ASSERT_NE(plonk::first_violation(plonk::gate_set(), w.circuit, a).kind, plonk::Violation::none) << c << "," << r;
      a.wires[c][r] = before;
      ++count;
    }
  }
  EXPECT_GT(count, 80u);
}

// Roots changed, everything after recomputed: either a constraint objects or the statement read out of the result is true.
TEST(GroupMutation, whatever_satisfies_the_circuit_is_a_true_statement) {
  const auto& w = world();
  plonk::TestEntropy random(36);
  size_t satisfied = 0, refused = 0, unread = 0;
  for (size_t i = 0; i < plonk::cases(90, 20'000); ++i) {
    const auto& base = bases()[i % bases().size()];
    std::vector<std::pair<Unknown, Fr>> changes;
    for (size_t k = 0; k <= random.below(3); ++k) {
      // Half of the time a small secret, else any root (most are bits, digits, path values).
      Unknown u = base.order.roots[random.below(base.order.roots.size())];
      if (random.below(2)) {
        const Unknown small[] = {w.labels.inputs[1].value, w.labels.fields[11], w.labels.fields[12], w.labels.fields[13], w.labels.fields[16],
                                 w.labels.digits[random.below(w.labels.digits.size())], w.labels.nk, w.labels.ak_u, w.labels.fields[15], w.labels.fields[14]};
        u = small[random.below(std::size(small))];
      }
      const Fr& v = base.x[u];
      const Fr choices[] = {v + Fr::one(), v - Fr::one(), Fr::zero(), Fr::one(), Fr::from_u64(random.below(4)), random.fr(), -v};
      changes.emplace_back(u, choices[random.below(std::size(choices))]);
    }
    auto x = base.x;
    if (!plonk::mutate(w.system, base.order, x, changes).empty()) {
      ++refused;
      continue;
    }
    const auto statement = w.labels.read(x, w.system);
    if (!statement) {
      ++unread;
      continue;
    }
    ++satisfied;
    ASSERT_EQ(holds(statement->statement, statement->witness), Unsatisfied::none) << i << " " << name(holds(statement->statement, statement->witness));
    // and the circuit run on it gives the same assignment back
    ASSERT_TRUE(plonk::violations(w.system, values_of(w.system, statement->statement, statement->witness)).empty());
  }
  std::printf("recomputed mutations: %zu satisfied and true, %zu refused, %zu with an input value above 64 bits\n", satisfied, refused, unread);
  EXPECT_GT(satisfied, 10u);
  EXPECT_GT(refused, 5u);
}

// Roots among the ancestors of some unknowns, nearest first.
std::vector<Unknown> ancestors(const plonk::System& s, const plonk::Order& order, std::vector<Unknown> from, size_t limit) {
  std::vector<Unknown> out;
  std::set<Unknown> seen(from.begin(), from.end());
  for (size_t i = 0; i < from.size() && out.size() < limit; ++i) {
    const uint32_t k = order.definer[from[i]];
    if (k == plonk::kNoVar) {
      out.push_back(from[i]);
      continue;
    }
    for (const auto& t : s.terms(k))
      if (seen.insert(t.unknown).second) from.push_back(t.unknown);
  }
  return out;
}

// Anything; and, for what may be a digit or a bit, another one.
std::vector<Fr> new_values(const Fr& now, plonk::TestEntropy& random) {
  std::vector<Fr> out{random.fr()};
  const auto small = now.to_u64();
  if (small && *small < 2) out.push_back(Fr::from_u64(1 - *small));
  if (small && *small < 4) out.push_back(Fr::from_u64((*small + 1) % 4));
  return out;
}

// Is there an assignment that violates constraint k and no other?
bool kills(const plonk::System& s, size_t k, plonk::TestEntropy& random) {
  for (const auto& base : bases()) {
    const auto order = plonk::derive(s, base.x, base.preferred, k);
    std::vector<Unknown> candidates;
    for (const Unknown u : order.roots)
      if (!base.roots.count(u)) candidates.push_back(u);
    std::vector<Unknown> terms;
    for (const auto& t : s.terms(k)) terms.push_back(t.unknown);
    const auto more = ancestors(s, order, terms, 6);
    candidates.insert(candidates.end(), more.begin(), more.end());
    for (const Unknown u : candidates) {
      for (const Fr& value : new_values(base.x[u], random)) {
        auto x = base.x;
        const std::pair<Unknown, Fr> change{u, value};
        const auto bad = plonk::mutate(s, order, x, {&change, 1});
        if (bad.size() == 1 && bad[0] == k) return true;
      }
    }
  }
  return false;
}

// B3, constraints: with any one gone, some assignment that it alone refuses gets through.
TEST(Deletion, every_constraint_is_needed) {
  const auto& s = world().system;
  plonk::TestEntropy random(37);
  std::map<std::tuple<int, int, bool>, size_t> seen;
  std::vector<size_t> chosen;
  size_t arithmetic = 0;
  for (size_t k = 0; k < s.size(); ++k) {
    const auto& c = s.constraint(k);
    if (plonk::long_form()) {
      chosen.push_back(k);
      continue;
    }
    if (c.selector == plonk::kQc) {
      if (arithmetic++ % 2 == 0) chosen.push_back(k);
      continue;
    }
    // One of each constraint of each gate, somewhere.
    const size_t nth = seen[{c.selector, c.index, false}]++;
    if (nth == (c.selector * 7 + c.index * 5) % (c.selector == plonk::kRange ? 24u : c.selector == plonk::kEcAdd ? 1u : 60u)) chosen.push_back(k);
  }
  size_t killed = 0;
  for (const size_t k : chosen) {
    const bool dead = kills(s, k, random);
    killed += dead;
    const auto& c = s.constraint(k);
    EXPECT_TRUE(dead) << "row " << c.row << " selector " << int{c.selector} << " constraint " << int{c.index};
  }
  std::printf("constraints removed one at a time: %zu of %zu, killed %zu\n", chosen.size(), s.size(), killed);
  EXPECT_GT(chosen.size(), 120u);
}

// B3, copies: a cell cut out of its cycle can take another value without any gate noticing.
TEST(Deletion, every_copy_is_needed) {
  const auto& w = world();
  plonk::TestEntropy random(38);
  std::vector<size_t> count(w.circuit.variables);
  for (const auto& column : w.circuit.variable)
    for (const uint32_t v : column)
      if (v != plonk::kNoVar) ++count[v];
  std::map<std::pair<size_t, int>, size_t> seen;
  size_t tried = 0, total = 0, killed = 0;
  for (size_t r = 0; r < w.circuit.rows_used; ++r) {
    int gate = plonk::kQc;
    for (size_t s = 0; s < plonk::kSelectors; ++s)
      if (!w.circuit.fixed[s][r].is_zero()) gate = static_cast<int>(s);
    for (size_t c = 0; c < plonk::kRouted; ++c) {
      const uint32_t v = w.circuit.variable[c][r];
      if (v == plonk::kNoVar || count[v] < 2) continue;
      ++total;
      // Short form: the first of each column and gate, then every sixth.
      if (!plonk::long_form() && seen[{c, gate}]++ % 6 != 0) continue;
      ++tried;
      auto system = w.system;
      const Unknown fresh = system.split(c, r);
      bool dead = false;
      for (const auto& base : bases()) {
        auto start = base.x;
        start.push_back(start[v]);
        const auto order = plonk::derive(system, start, w.labels.roots(start, system));
        std::vector<Unknown> candidates;
        for (const Unknown u : order.roots)
          if (!base.roots.count(u)) candidates.push_back(u);
        const auto more = ancestors(system, order, {fresh, v}, 6);
        candidates.insert(candidates.end(), more.begin(), more.end());
        for (const Unknown u : candidates) {
          for (const Fr& value : new_values(start[u], random)) {
            auto x = start;
            const std::pair<Unknown, Fr> change{u, value};
            dead = dead || (plonk::mutate(system, order, x, {&change, 1}).empty() && !(x[fresh] == x[v]));
          }
          if (dead) break;
        }
        if (dead) break;
      }
      killed += dead;
      EXPECT_TRUE(dead) << "column " << c << " row " << r << " gate " << gate;
    }
  }
  std::printf("copies cut one at a time: %zu of %zu, killed %zu\n", tried, total, killed);
  EXPECT_GT(tried, 50u);
}

}  // namespace
}  // namespace sotto::circuit
