// Each gadget against its native twin on random and edge inputs, then against tampering: every variable changed in all its
// cells at once, wrong bits and digits, values out of range, wrong children.
#include <gtest/gtest.h>

#include "gadget/fixed_base.hpp"
#include "gadget/merkle.hpp"
#include "gadget/poseidon2.hpp"
#include "gadget/range.hpp"
#include "plonk/analysis.hpp"
#include "plonk/random_for_test.hpp"

namespace sotto::gadget {
namespace {

using crypto::Fr;
using crypto::JubjubAffine;
using crypto::JubjubPoint;
using crypto::JubjubScalar;
using plonk::TestEntropy;
using plonk::Unknown;

// A built gadget: circuit, equations, values.
struct Built {
  plonk::Circuit<Fr> circuit;
  plonk::System system;
  std::vector<Fr> x;
  Built(const Builder& b, size_t log_n)
      : circuit(b.circuit(log_n)), system(plonk::gate_set(), circuit), x(system.values(b.assignment(log_n))) {}
  bool satisfied() const {
    const bool ok = plonk::violations(system, x).empty();
    // Two definitions of satisfied.
    EXPECT_EQ(ok, plonk::first_violation(plonk::gate_set(), circuit, system.assignment(x)).kind == plonk::Violation::none);
    return ok;
  }
  // Every variable of the circuit, each alone, five ways.
  void every_variable_bites(TestEntropy& random) {
    ASSERT_TRUE(satisfied());
    for (Unknown u = 0; u < circuit.variables; ++u) {
      const Fr v = x[u];
      for (const Fr& changed : {v + Fr::one(), v - Fr::one(), v + v, Fr::zero(), random.fr()}) {
        if (changed == v) continue;
        ASSERT_TRUE(plonk::bites(system, x, u, changed)) << "variable " << u << " of " << circuit.variables;
      }
    }
  }
};

bool satisfied(const Builder& b, size_t log_n) {
  return plonk::first_violation(plonk::gate_set(), b.circuit(log_n), b.assignment(log_n)).kind == plonk::Violation::none;
}

Fr f(uint64_t v) { return Fr::from_u64(v); }
std::array<Var, 4> variables(Builder& b, const std::array<Fr, 4>& v) {
  return {b.variable(v[0]), b.variable(v[1]), b.variable(v[2]), b.variable(v[3])};
}

TEST(Poseidon2Gadget, node_and_hash_equal_their_twins) {
  TestEntropy random(1);
  for (size_t i = 0; i < plonk::cases(300, 20'000); ++i) {
    std::array<Fr, 4> in{random.fr(), random.fr(), random.fr(), random.fr()};
    if (i < 16)
      for (size_t k = 0; k < 4; ++k) in[k] = i >> k & 1 ? -Fr::one() : Fr::zero();
    Builder b;
    const auto v = variables(b, in);
    EXPECT_EQ(b.value(node(b, v)), crypto::node(in[0], in[1], in[2], in[3]));
    const auto tag = static_cast<crypto::Tag>(1 + i % 9);
    EXPECT_EQ(b.value(hash(b, tag, v[0], v[1], v[2])), crypto::hash(tag, in[0], in[1], in[2]));
  }
}

TEST(Poseidon2Gadget, every_variable_bites) {
  TestEntropy random(2);
  Builder b;
  const auto v = variables(b, {random.fr(), random.fr(), random.fr(), random.fr()});
  b.expose(node(b, v));
  b.expose(hash(b, crypto::Tag::note, v[0], v[0], v[2]));   // a variable twice among the inputs
  Built(b, 6).every_variable_bites(random);
}

// The tag is a constant: no witness can be another tag.
TEST(Poseidon2Gadget, the_tag_is_pinned) {
  Builder b;
  const Var x = b.variable(f(1)), y = b.variable(f(2)), z = b.variable(f(3));
  b.expose(hash(b, crypto::Tag::note, x, y, z));
  Built g(b, 5);
  for (Unknown u = 0; u < g.circuit.variables; ++u) {
    if (!(g.x[u] == f(3)) || u == z.index) continue;
    EXPECT_TRUE(plonk::bites(g.system, g.x, u, f(4)));
  }
  // and H with different tags, or Node of the same words, differ
  EXPECT_NE(crypto::hash(crypto::Tag::note, f(1), f(2), f(3)), crypto::hash(crypto::Tag::value, f(1), f(2), f(3)));
}

// A path of three levels over children; `leaf` sits at `position` on the lowest.
constexpr size_t kDepth = 3;
struct Path {
  std::array<std::array<Fr, 4>, kDepth> children;
  std::array<Fr, 3> preimage;
  Fr root;
};
Path path(TestEntropy& random, const std::array<size_t, kDepth>& position) {
  Path p;
  for (auto& v : p.preimage) v = random.fr();
  Fr at = crypto::hash(crypto::Tag::note, p.preimage[0], p.preimage[1], p.preimage[2]);
  for (size_t l = 0; l < kDepth; ++l) {
    for (auto& c : p.children[l]) c = random.fr();
    p.children[l][position[l]] = at;
    at = crypto::node(p.children[l][0], p.children[l][1], p.children[l][2], p.children[l][3]);
  }
  p.root = at;
  return p;
}
Built build(const Path& p) {
  Builder b;
  const Var root = merkle_root(b, p.children, [&](const std::array<Var, 4>& children) {
    hash(b, crypto::Tag::note, b.variable(p.preimage[0]), b.variable(p.preimage[1]), b.variable(p.preimage[2]), &children);
  });
  b.expose(root);
  return Built(b, 6);
}

TEST(MerkleGadget, every_position_gives_the_native_root) {
  TestEntropy random(3);
  for (size_t i = 0; i < 64; ++i) {
    const auto p = path(random, {i & 3, i >> 2 & 3, i >> 4 & 3});
    const auto g = build(p);
    ASSERT_TRUE(g.satisfied());
    ASSERT_EQ(g.x[g.system.public_value(0)], p.root);
  }
}

TEST(MerkleGadget, wrong_paths_are_refused) {
  TestEntropy random(4);
  for (size_t level = 0; level < kDepth; ++level) {
    // The running hash is none of the children: replaced, moved by one unit, or taken from another path.
    for (int how = 0; how < 3; ++how) {
      const std::array<size_t, kDepth> position{1, 2, 3};
      auto p = path(random, position);
      Fr& child = p.children[level][position[level]];
      child = how == 0 ? random.fr() : how == 1 ? child + Fr::one() : path(random, position).children[level][position[level]];
      // The rest of the path follows honestly, so that only this level is wrong.
      for (size_t l = level; l + 1 < kDepth; ++l)
        p.children[l + 1][position[l + 1]] = crypto::node(p.children[l][0], p.children[l][1], p.children[l][2], p.children[l][3]);
      const auto g = build(p);
      EXPECT_FALSE(g.satisfied());
      for (const uint32_t k : plonk::violations(g.system, g.x)) EXPECT_EQ(g.system.constraint(k).selector, plonk::kMerkle);
    }
  }
  // A wrong sibling: the root is another one.
  auto p = path(random, {0, 0, 0});
  const Fr root = p.root;
  p.children[2][3] += Fr::one();
  EXPECT_NE(build(p).x[build(p).system.public_value(0)], root);
  // A leaf whose preimage is not the one committed.
  auto q = path(random, {0, 0, 0});
  q.preimage[1] += Fr::one();
  EXPECT_FALSE(build(q).satisfied());
  // A node of an upper level passed off as a leaf cannot be a NOTE hash: its last word would have to be the tag. Swapped levels:
  auto r = path(random, {0, 0, 0});
  std::swap(r.children[0], r.children[1]);
  EXPECT_FALSE(build(r).satisfied());
}

TEST(MerkleGadget, every_variable_bites) {
  TestEntropy random(5);
  build(path(random, {3, 0, 2})).every_variable_bites(random);
}

TEST(MerkleGadgetDeathTest, the_children_must_be_the_very_next_inputs) {
  TestEntropy random(6);
  Builder b;
  const auto in = variables(b, {f(1), f(2), f(3), f(4)}), children = variables(b, {f(5), f(6), f(7), f(8)});
  node(b, in, &children);
  EXPECT_DEATH(node(b, in), "CHECK failed: expected_");
}

Builder range_circuit(const Fr& value) {
  Builder b;
  const Var v = b.variable(value);
  require_range64(b, v);
  b.expose(v);
  return b;
}
Built range(const Fr& value) { return Built(range_circuit(value), 5); }
bool in_range(const Fr& value) { return satisfied(range_circuit(value), 5); }

TEST(RangeGadget, takes_exactly_64_bits) {
  TestEntropy random(7);
  std::vector<uint64_t> in{0, 1, 2, 3, 4, UINT64_MAX, UINT64_MAX - 1, UINT64_MAX / 4, uint64_t{1} << 63, uint64_t{1} << 62, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa};
  for (size_t i = 0; i < 64; ++i) in.push_back(uint64_t{1} << i);
  for (size_t i = 0; i < 100; ++i) in.push_back(random.u64() >> random.below(64));
  for (const uint64_t v : in) EXPECT_TRUE(in_range(f(v))) << v;
  const Fr two64 = f(UINT64_MAX) + Fr::one();
  std::vector<Fr> out{two64, two64 + Fr::one(), two64 + two64, -Fr::one(), -f(2), -two64, f(4).inverse(), f(2).inverse(), two64.square(), two64 * f(UINT64_MAX)};
  for (size_t i = 0; i < 100; ++i) out.push_back(random.fr());
  for (size_t i = 0; i < 50; ++i) out.push_back(-f(random.u64()) - Fr::one());
  for (const Fr& v : out) EXPECT_FALSE(in_range(v)) << v.hex();
  Builder b;
  EXPECT_EQ(b.value(range64(b, 42)), f(42));
}

// Whatever the digits, out of range stays out: the accumulators follow from the digits, so that only a digit can object.
TEST(RangeGadget, no_digits_represent_a_value_out_of_range) {
  TestEntropy random(8);
  auto g = range(f(0x123456789abcdef0));
  const auto order = plonk::derive(g.system, g.x, {});
  std::vector<Unknown> digits;
  for (size_t k = 0; k < g.system.size(); ++k) {
    const auto& c = g.system.constraint(k);
    if (c.selector == plonk::kRange && c.index < 8) digits.push_back(g.system.at(1 + c.index, c.row));
  }
  ASSERT_EQ(digits.size(), 32u);
  size_t accepted = 0;
  for (const Unknown d : digits) {
    for (const Fr& value : {f(0), f(1), f(2), f(3), f(4), f(5), -Fr::one(), f(2).inverse(), f(1) + f(2).inverse(), random.fr()}) {
      auto x = g.x;
      // Digits are the roots, the value follows.
      plonk::Order by_digits = plonk::derive(g.system, g.x, digits);
      const std::pair<Unknown, Fr> change{d, value};
      const auto bad = plonk::mutate(g.system, by_digits, x, {&change, 1});
      const bool is_digit = value == f(0) || value == f(1) || value == f(2) || value == f(3);
      ASSERT_EQ(bad.empty(), is_digit);
      if (!is_digit) {
        ASSERT_EQ(bad.size(), 1u);
      }
      accepted += bad.empty();
      if (bad.empty()) {
        ASSERT_TRUE(x[g.system.public_value(0)].to_u64().has_value());
      }
    }
  }
  EXPECT_EQ(accepted, 32u * 4);
}

TEST(RangeGadget, every_variable_bites) {
  TestEntropy random(9);
  range(f(0x0123456789abcdef)).every_variable_bites(random);
  range(f(0)).every_variable_bites(random);
  range(f(UINT64_MAX)).every_variable_bites(random);
}

// The start of the accumulator is the constant 0: a larger start would carry bits past the top.
TEST(RangeGadget, the_accumulator_starts_at_zero) {
  auto g = range(f(7));
  const auto first = g.system.at(0, 0);
  for (const Fr& start : {f(1), -Fr::one(), f(1) + f(UINT64_MAX)}) {
    auto x = g.x;
    const auto order = plonk::derive(g.system, g.x, {});
    const std::pair<Unknown, Fr> change{first, start};
    EXPECT_FALSE(plonk::mutate(g.system, order, x, {&change, 1}).empty());
  }
}

Builder curve_circuit(const JubjubAffine& p) {
  Builder b;
  const PointVar v{b.variable(p.u), b.variable(p.v)};
  require_on_curve(b, v);
  return b;
}
bool on_curve(const JubjubAffine& p) { return satisfied(curve_circuit(p), 4); }

std::vector<JubjubAffine> small_order_points() {
  // Multiples of a point of order eight: found by clearing l from points until all eight appear.
  TestEntropy random(10);
  std::vector<JubjubAffine> out;
  while (out.size() < 8) {
    ByteArray<32> bytes;
    random.fill(bytes);
    const auto p = JubjubAffine::decode(bytes);
    if (!p.ok()) continue;
    // [l] P = [l - 1] P + P.
    const JubjubPoint torsion = crypto::jubjub_mul_vartime(*p, -JubjubScalar::one()) + JubjubPoint(*p);
    const auto a = torsion.affine();
    if (std::find(out.begin(), out.end(), a) == out.end()) out.push_back(a);
  }
  return out;
}

TEST(CurveGadget, on_the_curve_and_off_it) {
  TestEntropy random(11);
  EXPECT_TRUE(on_curve(JubjubAffine::identity()));
  for (const auto& p : small_order_points()) EXPECT_TRUE(on_curve(p));   // allowed: the signature rule is cofactored
  for (size_t i = 0; i < 50; ++i) {
    const auto p = crypto::jubjub_mul_generator(JubjubScalar::random(random)).affine();
    EXPECT_TRUE(on_curve(p));
    EXPECT_FALSE(on_curve({p.u + Fr::one(), p.v}));
    EXPECT_FALSE(on_curve({p.v, p.u}));
    const JubjubAffine arbitrary{random.fr(), random.fr()};
    EXPECT_EQ(on_curve(arbitrary), arbitrary.on_curve());
  }
  EXPECT_FALSE(on_curve({Fr::zero(), Fr::zero()}));
  Built g(curve_circuit(crypto::jubjub_generator()), 4);
  for (Unknown u = 0; u < g.circuit.variables; ++u)
    for (const Fr& v : {g.x[u] + Fr::one(), g.x[u] + g.x[u], Fr::zero(), random.fr()}) EXPECT_TRUE(plonk::bites(g.system, g.x, u, v));
}

struct Sum {
  Built built;
  JubjubAffine result;
};
Sum add(const JubjubAffine& base, const JubjubScalar& alpha) {
  Builder b;
  const PointVar v{b.variable(base.u), b.variable(base.v)};
  require_on_curve(b, v);
  const auto out = add_fixed_base(b, v, alpha);
  b.expose(out.u);
  b.expose(out.v);
  const JubjubAffine result{b.value(out.u), b.value(out.v)};
  return {Built(b, 8), result};
}

TEST(FixedBaseGadget, equals_the_native_sum) {
  TestEntropy random(12);
  std::vector<JubjubScalar> scalars{JubjubScalar::zero(), JubjubScalar::one(), JubjubScalar::from_u64(2), JubjubScalar::from_u64(3), -JubjubScalar::one()};
  for (size_t i = 0; i < plonk::cases(10, 500); ++i) scalars.push_back(JubjubScalar::random(random));
  std::vector<JubjubAffine> bases = small_order_points();
  bases.push_back(crypto::jubjub_generator());
  bases.push_back(-crypto::jubjub_generator());
  size_t i = 0;
  for (const auto& alpha : scalars) {
    bases.push_back((-crypto::jubjub_mul_generator(alpha)).affine());   // the sum is the identity
    bases.push_back(crypto::jubjub_mul_generator(alpha).affine());      // a doubling
    for (size_t k = 0; k < 4; ++k) {
      const auto& base = k < 2 ? bases[bases.size() - 1 - k] : bases[i++ % bases.size()];
      const auto s = add(base, alpha);
      ASSERT_EQ(s.result, (JubjubPoint(base) + crypto::jubjub_mul_generator(alpha)).affine());
      ASSERT_TRUE(s.built.satisfied());
    }
  }
}

TEST(FixedBaseGadget, bits_that_are_no_bits) {
  TestEntropy random(13);
  auto s = add(crypto::jubjub_generator(), JubjubScalar::random(random));
  auto& g = s.built;
  std::vector<Unknown> bits;
  for (size_t r = 0; r < g.circuit.n(); ++r)
    if (!g.circuit.fixed[plonk::kFixedBase][r].is_zero()) {
      bits.push_back(g.system.at(6, r));
      bits.push_back(g.system.at(7, r));
    }
  ASSERT_EQ(bits.size(), 252u);
  const auto order = plonk::derive(g.system, g.x, bits);
  for (size_t i = 0; i < bits.size(); i += plonk::long_form() ? 1 : 9) {
    for (const Fr& value : {f(2), -Fr::one(), f(2).inverse(), f(3), random.fr()}) {
      auto x = g.x;
      const std::pair<Unknown, Fr> change{bits[i], value};
      const auto bad = plonk::mutate(g.system, order, x, {&change, 1});
      ASSERT_EQ(bad.size(), 1u);   // everything else recomputed: the bit's own equation
      ASSERT_EQ(g.system.constraint(bad[0]).index, i % 2 == 0 ? 4 : 5);
    }
    // The other bit: a valid statement about another alpha, with another sum.
    auto x = g.x;
    const std::pair<Unknown, Fr> change{bits[i], Fr::one() - g.x[bits[i]]};
    ASSERT_TRUE(plonk::mutate(g.system, order, x, {&change, 1}).empty());
    ASSERT_NE(x[g.system.public_value(0)], g.x[g.system.public_value(0)]);
  }
}

TEST(FixedBaseGadget, every_variable_bites) {
  TestEntropy random(14);
  auto s = add(crypto::jubjub_generator(), JubjubScalar::random(random));
  s.built.every_variable_bites(random);
}

// A start other than the identity, with everything after it recomputed.
TEST(FixedBaseGadget, starts_at_the_identity) {
  TestEntropy random(15);
  auto s = add(crypto::jubjub_generator(), JubjubScalar::from_u64(5));
  auto& g = s.built;
  std::vector<Unknown> bits;
  for (size_t r = 0; r < 126; ++r) bits.insert(bits.end(), {g.system.at(6, r), g.system.at(7, r)});
  const auto order = plonk::derive(g.system, g.x, bits);
  const auto p = crypto::jubjub_mul_generator(JubjubScalar::random(random)).affine();
  const std::array<std::pair<Unknown, Fr>, 2> start{{{g.system.at(0, 0), p.u}, {g.system.at(1, 0), p.v}}};
  auto x = g.x;
  EXPECT_FALSE(plonk::mutate(g.system, order, x, start).empty());
}

// Every scalar below l fits 252 bits, so the CHECK in the gadget cannot fire: the largest is l - 1.
TEST(FixedBaseGadget, every_scalar_fits) {
  EXPECT_EQ((-JubjubScalar::one()).limbs()[3] >> 60, 0u);
}

// What the allowed inputs force, by rule: all of it.
TEST(Gadgets, are_deterministic) {
  TestEntropy random(16);
  {
    auto s = add(crypto::jubjub_generator(), JubjubScalar::random(random));
    auto& g = s.built;
    std::vector<Unknown> in;
    for (size_t r = 0; r < 126; ++r) in.insert(in.end(), {g.system.at(6, r), g.system.at(7, r)});
    const auto points = plonk::curve_points(g.system);
    ASSERT_EQ(points.size(), 2u);
    for (const auto& [u, v] : points) in.insert(in.end(), {u, v});
    EXPECT_TRUE(plonk::unforced(g.system, in).empty());
    std::erase(in, points[0].second);   // not vacuous: without the base's v it is not
    EXPECT_FALSE(plonk::unforced(g.system, in).empty());
  }
  {
    auto g = range(f(99));
    const Unknown value = g.system.at(0, 4);
    EXPECT_TRUE(plonk::unforced(g.system, std::array{value}).empty());
    EXPECT_FALSE(plonk::unforced(g.system, {}).empty());
  }
}

}  // namespace
}  // namespace sotto::gadget
