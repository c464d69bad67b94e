// The whole identity over the field of 97 elements, where everything can be tried: circuits against the plain relation,
// first_violation against the polynomial identity (quotient included, at every point of the field), each gate against all
// values of its cells. SOTTO_LONG=1: every combination instead of a sample where the short form samples.
#include <gtest/gtest.h>

#include "plonk/builder.hpp"
#include "plonk/field97_for_test.hpp"
#include "plonk/gates_poseidon.hpp"
#include "plonk/identity.hpp"
#include "plonk/random_for_test.hpp"

namespace sotto::plonk {
namespace {

F97 f(uint64_t v) { return F97::from_u64(v); }
F97 any(TestEntropy& random) { return f(random.below(97)); }

struct Toy {
  Poseidon2Constants<F97> poseidon;
  FixedBaseConstants<F97> base;
  std::vector<std::pair<F97, F97>> points;   // the whole curve
  GateSet<F97> gates;
};

// (u, v) + (u', v') by the textbook formula; both denominators are asserted to be invertible.
std::pair<F97, F97> add(const F97& d, const std::pair<F97, F97>& a, const std::pair<F97, F97>& b) {
  const F97 k = d * a.first * b.first * a.second * b.second;
  EXPECT_FALSE((F97::one() + k).is_zero());
  EXPECT_FALSE((F97::one() - k).is_zero());
  return {(a.first * b.second + a.second * b.first) * (F97::one() + k).inverse(),
          (a.second * b.second + a.first * b.first) * (F97::one() - k).inverse()};
}

const Toy& toy() {
  static const Toy value = [] {
    Toy t;
    TestEntropy random(97);
    for (auto& round : t.poseidon.full)
      for (auto& c : round) c = any(random);
    for (auto& c : t.poseidon.partial) c = any(random);
    t.poseidon.diag_minus_one = {f(11), f(23), f(42), f(77)};
    t.base.d = f(5);  // a generator, hence no square
    for (uint32_t u = 0; u < 97; ++u)
      for (uint32_t v = 0; v < 97; ++v)
        if (f(v) * f(v) - f(u) * f(u) == F97::one() + t.base.d * f(u) * f(u) * f(v) * f(v)) t.points.emplace_back(f(u), f(v));
    std::pair<F97, F97> multiple{F97::zero(), F97::one()};
    // A point of large order as G: the last found.
    const auto g = t.points.back();
    for (size_t i = 0; i < 4; ++i) {
      t.base.u[i] = multiple.first;
      t.base.v[i] = multiple.second;
      multiple = add(t.base.d, multiple, g);
    }
    t.gates = make_gate_set(t.poseidon, t.base);
    return t;
  }();
  return value;
}

// The prover's side of the identity: z, and the numerator over any point.
class Identity {
 public:
  Identity(const GateSet<F97>& gates, const Circuit<F97>& circuit, const Assignment<F97>& a, TestEntropy& random)
      : gates_(gates), domain_(circuit.log_n), n_(circuit.n()) {
    const auto shifts = column_shifts<F97>();
    for (size_t c = 0; c < kColumns; ++c) {
      wires_[c] = a.wires[c];
      for (size_t r = n_ - kBlindRows; r < n_; ++r) wires_[c][r] = any(random);
    }
    for (size_t c = 0; c < kRouted; ++c)
      for (size_t r = 0; r < n_; ++r) sigma_[c].push_back(shifts[circuit.sigma[c][r] / n_] * domain_.elements()[circuit.sigma[c][r] % n_]);
    fixed_ = circuit.fixed;
    publics_.assign(n_, F97());
    for (size_t i = 0; i < circuit.public_rows.size(); ++i) publics_[circuit.public_rows[i]] = a.public_inputs[i];
    first_.assign(n_, F97());
    guard_ = first_;
    mask_.assign(n_, F97::one());
    first_[0] = F97::one();
    guard_[usable_rows(n_)] = F97::one();
    for (size_t r = usable_rows(n_); r < n_; ++r) mask_[r] = F97();
  }

  enum class Z { closed, open, undefined };
  // The grand product; `open` = it does not return to 1 (then z takes whatever it takes), `undefined` = a denominator is 0.
  Z make_z(const F97& beta, const F97& gamma, TestEntropy& random) {
    beta_ = beta;
    gamma_ = gamma;
    const auto shifts = column_shifts<F97>();
    z_.assign(n_, F97::one());
    for (size_t r = 0; r < usable_rows(n_); ++r) {
      F97 numerator = F97::one(), denominator = F97::one();
      for (size_t c = 0; c < kRouted; ++c) {
        numerator *= wires_[c][r] + gamma + beta * shifts[c] * domain_.elements()[r];
        denominator *= wires_[c][r] + gamma + beta * sigma_[c][r];
      }
      if (denominator.is_zero()) return Z::undefined;
      z_[r + 1] = z_[r] * numerator * denominator.inverse();
    }
    const bool closed = z_[usable_rows(n_)] == F97::one();
    for (size_t r = n_ - kBlindRows; r < n_; ++r) z_[r] = any(random);
    return closed ? Z::closed : Z::open;
  }

  // Does a quotient in five pieces exist? t from the five cosets as the prover makes it, then numerator = (x^n - 1) t at every
  // other point of the field: degrees are below 97, so this is equality of polynomials.
  bool divisible(const F97& alpha) {
    const IdentityChallenges<F97> c{beta_, gamma_, alpha_powers(alpha)};
    const auto coefficients = [&](std::vector<F97> values) {
      domain_.intt(values);
      return values;
    };
    std::vector<std::vector<F97>> w, sigma, fixed;
    for (const auto& column : wires_) w.push_back(coefficients(column));
    for (const auto& column : sigma_) sigma.push_back(coefficients(column));
    for (const auto& column : fixed_) fixed.push_back(coefficients(column));
    const auto z = coefficients(z_), publics = coefficients(publics_), first = coefficients(first_), guard = coefficients(guard_),
               mask = coefficients(mask_);
    const auto at = [&](const F97& x) {
      const auto value = [&](const std::vector<F97>& p, const F97& point) { return poly::evaluate<F97>(p, point); };
      PointValues<F97> p;
      const F97 next = x * domain_.root();
      for (size_t i = 0; i < kColumns; ++i) p.w[i] = value(w[i], x);
      for (size_t i = 0; i < kReach; ++i) p.next[i] = value(w[i], next);
      for (size_t i = 0; i < kRouted; ++i) p.sigma[i] = value(sigma[i], x);
      for (size_t i = 0; i < kFixedColumns; ++i) p.fixed[i] = value(fixed[i], x);
      p.z = value(z, x);
      p.z_next = value(z, next);
      p.x = x;
      p.first = value(first, x);
      p.guard = value(guard, x);
      p.mask = value(mask, x);
      p.public_value = value(publics, x);
      return numerator(gates_, c, p);
    };
    std::array<std::vector<F97>, kQuotientPieces> values;
    const auto shifts = quotient_shifts<F97>();
    for (size_t k = 0; k < kQuotientPieces; ++k)
      for (size_t r = 0; r < n_; ++r) {
        const F97 x = shifts[k] * domain_.elements()[r];
        values[k].push_back(at(x) * domain_.vanishing_at(x).inverse());
      }
    const auto pieces = pieces_from_cosets(domain_, values);
    for (uint32_t point = 0; point < 97; ++point) {
      const F97 x = f(point), vanishing = domain_.vanishing_at(x);
      F97 t, power = F97::one();
      for (const auto& piece : pieces) {
        t += power * poly::evaluate<F97>(piece, x);
        power *= vanishing + F97::one();
      }
      if (!(at(x) == vanishing * t)) return false;
    }
    return true;
  }

 private:
  const GateSet<F97>& gates_;
  poly::Domain<F97> domain_;
  size_t n_;
  std::array<std::vector<F97>, kColumns> wires_;
  std::array<std::vector<F97>, kRouted> sigma_;
  std::array<std::vector<F97>, kFixedColumns> fixed_;
  std::vector<F97> publics_, first_, guard_, mask_, z_;
  F97 beta_, gamma_;
};

// x^2 + 3 x = y with y public: three rows on the smallest domain that has any (8 rows, 3 usable).
struct Square {
  Circuit<F97> circuit;
  Assignment<F97> assignment;
};
Square square(const F97& x, const F97& y, size_t log_n) {
  Builder<F97> b;
  const Var vy = b.public_input(y), vx = b.variable(x);
  b.arithmetic({.qm01 = f(1), .q0 = f(3), .q2 = -f(1)}, vx, vx, vy);
  return {b.circuit(log_n), b.assignment(log_n)};
}

TEST(TinyField, every_witness_and_public_input_of_a_circuit) {
  TestEntropy random(1);
  size_t satisfied = 0, lucky = 0, unlucky = 0;
  for (uint32_t x = 0; x < 97; ++x) {
    for (uint32_t y = 0; y < 97; ++y) {
      const bool holds = f(x) * f(x) + f(3) * f(x) == f(y);
      const auto s = square(f(x), f(y), 3);
      ASSERT_EQ(first_violation(toy().gates, s.circuit, s.assignment).kind == Violation::none, holds);
      satisfied += holds;
      if (!holds && !long_form() && random.below(8) != 0) continue;
      Identity id(toy().gates, s.circuit, s.assignment, random);
      const auto z = id.make_z(any(random), any(random), random);
      if (z == Identity::Z::undefined) {
        ++unlucky;
        continue;
      }
      ASSERT_EQ(z, Identity::Z::closed);      // the copies hold: made by the builder
      const bool divides = id.divisible(any(random));
      lucky += divides && !holds;             // the arithmetic gate has power 0 of alpha: no luck possible
      ASSERT_TRUE(divides || !holds) << x << "," << y;
      // The public value alone wrong.
      if (holds) {
        auto wrong = s;
        wrong.assignment.public_inputs[0] += f(1 + random.below(96));
        ASSERT_EQ(first_violation(toy().gates, wrong.circuit, wrong.assignment).kind, Violation::arithmetic);
        Identity other(toy().gates, wrong.circuit, wrong.assignment, random);
        if (other.make_z(any(random), any(random), random) != Identity::Z::undefined) {
          ASSERT_FALSE(other.divisible(any(random)));
        }
      }
    }
  }
  EXPECT_EQ(satisfied, 97u);
  EXPECT_EQ(lucky, 0u);
  EXPECT_LT(unlucky, 97u * 97 / 4);
}

// Every circuit of two rows over three variables from a small set of gates, all witnesses: the plain relation is the oracle.
TEST(TinyField, all_witnesses_of_three_variables_against_the_plain_relation) {
  Builder<F97> b;
  const Var vx = b.variable(f(0)), vy = b.variable(f(0)), vz = b.variable(f(0));
  b.arithmetic({.qm01 = f(1), .q2 = -f(1)}, vx, vy, vz);                          // x y = z
  b.arithmetic({.qm23 = f(2), .q0 = f(1), .qc = f(7)}, vz, {}, vx, vx);           // 2 x^2 + z + 7 = 0
  const auto circuit = b.circuit(3);
  auto a = b.assignment(3);
  size_t satisfied = 0;
  for (uint32_t x = 0; x < 97; ++x)
    for (uint32_t y = 0; y < 97; ++y)
      for (uint32_t z = 0; z < 97; ++z) {
        a.wires[0][0] = a.wires[2][1] = a.wires[3][1] = f(x);
        a.wires[1][0] = f(y);
        a.wires[2][0] = a.wires[0][1] = f(z);
        const bool holds = (x * y) % 97 == z && (2 * x * x + z + 7) % 97 == 0;
        ASSERT_EQ(first_violation(toy().gates, circuit, a).kind == Violation::none, holds);
        satisfied += holds;
      }
  EXPECT_EQ(satisfied, 96u);  // one y for every x but 0
}

// Cells that the permutation ties, set apart: over all beta and gamma the grand product closes only by the luck that
// the degree allows (at most 2 * rows * columns of 97 values each).
TEST(TinyField, a_broken_copy_is_caught_by_the_grand_product) {
  TestEntropy random(2);
  Builder<F97> b;
  const Var x = b.variable(f(9)), y = b.variable(f(0));
  b.arithmetic({.q0 = f(1), .q1 = f(1)}, x, y);
  b.arithmetic({.qm23 = f(1)}, {}, {}, x, y);
  const auto circuit = b.circuit(3);
  size_t closed = 0, open = 0, undefined = 0;
  for (uint32_t p = 0; p < 97; ++p) {
    for (uint32_t q = 0; q < 97; ++q) {
      auto a = b.assignment(3);
      a.wires[0][0] = f(p);
      a.wires[2][1] = f(q);
      const auto v = first_violation(toy().gates, circuit, a);
      ASSERT_TRUE(p == q || v.kind != Violation::none);
      Identity id(toy().gates, circuit, a, random);
      const bool all = long_form() || (p * 97 + q) % 1500 == 7;
      for (uint32_t k = 0; k < (all ? 97u * 97 : 6u); ++k) {
        const auto z = id.make_z(all ? f(k / 97) : any(random), all ? f(k % 97) : any(random), random);
        if (p == q) {
          ASSERT_NE(z, Identity::Z::open);
          continue;
        }
        ++(z == Identity::Z::closed ? closed : z == Identity::Z::open ? open : undefined);
      }
    }
  }
  EXPECT_GT(open, 10'000u);
  // beta = 0 always closes (every factor is the same on both sides): 1 in 97; and up to 2 * 2 more roots for gamma.
  EXPECT_LT(closed * 97, (open + closed + undefined) * 6);
}

// An open product: whatever alpha, no quotient.
TEST(TinyField, an_open_product_has_no_quotient) {
  TestEntropy random(3);
  size_t tried = 0, lucky = 0;
  for (size_t i = 0; i < cases(300, 9409); ++i) {
    auto s = square(f(4), f(28), 3);
    s.assignment.wires[i % 2][1] += f(1 + random.below(96));   // one of the two cells that hold x
    Identity id(toy().gates, s.circuit, s.assignment, random);
    if (id.make_z(f(1 + random.below(96)), any(random), random) != Identity::Z::open) continue;
    ++tried;
    lucky += id.divisible(any(random));
  }
  EXPECT_GT(tried, 100u);
  EXPECT_LT(lucky * 97, tried * 6 + 97 * 6);
}

// Custom gates inside a circuit of 16 rows: a permutation, satisfied and with one cell wrong, for many challenges.
TEST(TinyField, a_permutation_through_the_quotient) {
  TestEntropy random(4);
  Builder<F97> b;
  std::array<F97, 4> in{f(1), f(2), f(3), f(4)};
  const auto values = poseidon_cells(toy().poseidon, in);
  std::array<std::array<Var, kColumns>, 9> cells;
  for (size_t r = 0; r < 9; ++r)
    for (size_t c = 0; c < kColumns; ++c) cells[r][c] = r == 8 && c == 1 ? cells[0][0] : b.variable(values[r][c]);
  for (size_t r = 0; r < 9; ++r) {
    std::array<Var, kReach> next{};
    for (size_t c = 0; c < kReach; ++c)
      if (cells_read(kP0 + r) >> (kColumns + c) & 1) next[c] = cells[r + 1][c];
    b.row(1u << (kP0 + r), cells[r], next);
  }
  const auto circuit = b.circuit(4);
  const auto good = b.assignment(4);
  ASSERT_EQ(first_violation(toy().gates, circuit, good).kind, Violation::none);
  size_t divided = 0, lucky = 0, tried = 0;
  for (size_t i = 0; i < cases(60, 3000); ++i) {
    Identity id(toy().gates, circuit, good, random);
    if (id.make_z(any(random), any(random), random) != Identity::Z::undefined) {
      ASSERT_TRUE(id.divisible(any(random)));
      ++divided;
    }
    auto bad = good;
    bad.wires[random.below(kColumns)][random.below(9)] += f(1 + random.below(96));
    ASSERT_NE(first_violation(toy().gates, circuit, bad).kind, Violation::none);
    Identity wrong(toy().gates, circuit, bad, random);
    if (wrong.make_z(any(random), any(random), random) == Identity::Z::undefined) continue;
    ++tried;
    lucky += wrong.divisible(any(random));
  }
  EXPECT_GT(divided, 10u);
  EXPECT_LT(lucky * 97, tried * 12 + 97 * 4);  // at most 11 roots in alpha
}

std::vector<F97> residuals(size_t s, const std::array<F97, kColumns>& w, const std::array<F97, kReach>& n) {
  std::vector<F97> out;
  gate_constraints(toy().gates, s, w.data(), n.data(), [&](const F97& v) { out.push_back(v); });
  return out;
}
bool satisfied(size_t s, const std::array<F97, kColumns>& w, const std::array<F97, kReach>& n) {
  for (const auto& v : residuals(s, w, n))
    if (!v.is_zero()) return false;
  return true;
}

TEST(TinyField, all_values_of_all_ninety_cells) {
  TestEntropy random(5);
  const auto holds = [](const PoseidonCells<F97>& cells) {
    const std::array<F97, kReach> nothing{};
    bool ok = true;
    for (size_t r = 0; r < 9; ++r)
      poseidon_constraints(toy().gates, r, cells[r].data(), r < 8 ? cells[r + 1].data() : nothing.data(),
                           [&](const F97& v) { ok = ok && v.is_zero(); });
    return ok;
  };
  for (size_t round = 0; round < cases(2, 50); ++round) {
    const auto good = poseidon_cells(toy().poseidon, {any(random), any(random), any(random), any(random)});
    ASSERT_TRUE(holds(good));
    for (size_t cell = 0; cell < 90; ++cell) {
      for (uint32_t by = 1; by < 97; ++by) {
        auto bad = good;
        bad[cell / kColumns][cell % kColumns] += f(by);
        ASSERT_FALSE(holds(bad)) << cell << " " << by;
      }
    }
  }
}

TEST(TinyField, curve_is_complete_and_addition_is_forced) {
  const auto& points = toy().points;
  EXPECT_GT(points.size(), 70u);
  const std::pair<F97, F97> identity{F97::zero(), F97::one()};
  size_t checked = 0;
  for (const auto& a : points) {
    EXPECT_EQ(add(toy().base.d, a, identity), a);
    for (const auto& b : points) {
      const auto sum = add(toy().base.d, a, b);
      ASSERT_TRUE(std::find(points.begin(), points.end(), sum) != points.end());
      // Each coordinate has its own equation: exactly one value each.
      for (uint32_t v = 0; v < 97; ++v) {
        const auto r = residuals(kEcAdd, {a.first, a.second, b.first, b.second}, {f(v), f(v)});
        ASSERT_EQ(r[0].is_zero(), f(v) == sum.first);
        ASSERT_EQ(r[1].is_zero(), f(v) == sum.second);
        ++checked;
      }
    }
  }
  EXPECT_EQ(checked, points.size() * points.size() * 97);
}

TEST(TinyField, a_fixed_base_row_is_forced_for_every_point_and_digit) {
  const auto& d = toy().base.d;
  for (const auto& a : toy().points) {
    const auto two = add(d, a, a), four = add(d, two, two);
    for (size_t digit = 0; digit < 4; ++digit) {
      const auto after = add(d, four, {toy().base.u[digit], toy().base.v[digit]});
      const std::array<F97, kColumns> w{a.first, a.second, two.first, two.second, four.first, four.second, f(digit & 1), f(digit >> 1)};
      const std::array<F97, kReach> n{after.first, after.second};
      ASSERT_TRUE(satisfied(kFixedBase, w, n));
      for (size_t cell = 2; cell < 10; ++cell) {   // everything but the incoming point, which the row before forces
        for (uint32_t v = 0; v < 97; ++v) {
          auto w2 = w;
          auto n2 = n;
          F97& changed = cell < 8 ? w2[cell] : n2[cell - 8];
          const bool same = changed == f(v);
          changed = f(v);
          // A bit may turn into the other bit only together with the result.
          ASSERT_EQ(satisfied(kFixedBase, w2, n2), same) << cell << " " << v;
        }
      }
    }
  }
  // Bits: all 97 x 97 pairs.
  for (uint32_t b0 = 0; b0 < 97; ++b0)
    for (uint32_t b1 = 0; b1 < 97; ++b1) {
      const auto r = residuals(kFixedBase, {f(0), f(1), f(0), f(1), f(0), f(1), f(b0), f(b1)}, {});
      ASSERT_EQ(r[4].is_zero(), b0 < 2);
      ASSERT_EQ(r[5].is_zero(), b1 < 2);
    }
}

TEST(TinyField, range_digits_and_accumulator) {
  TestEntropy random(6);
  for (size_t position = 1; position <= 8; ++position) {
    for (uint32_t digit = 0; digit < 97; ++digit) {
      std::array<F97, kColumns> w{};
      w[0] = any(random);
      for (size_t i = 1; i <= 8; ++i) w[i] = f(random.below(4));
      w[position] = f(digit);
      F97 expected = w[0];
      for (size_t i = 1; i <= 8; ++i) expected = f(4) * expected + w[i];
      for (uint32_t result = 0; result < 97; ++result)
        ASSERT_EQ(satisfied(kRange, w, {f(result)}), digit < 4 && f(result) == expected);
    }
  }
}

TEST(TinyField, merkle_is_one_of_four) {
  TestEntropy random(7);
  for (size_t round = 0; round < 200; ++round) {
    std::array<F97, kReach> n{any(random), any(random), any(random), any(random), any(random), any(random)};
    for (uint32_t out = 0; out < 97; ++out) {
      std::array<F97, kColumns> w{};
      w[0] = f(out);
      ASSERT_EQ(satisfied(kMerkle, w, n), std::find(n.begin(), n.begin() + 4, f(out)) != n.begin() + 4);
    }
  }
}

// P-5: with five routed columns the masked permutation term would reach degree 7n - 7 > 6n - 1 and the quotient would not fit
// five pieces; with the four we have it does, tightly.
TEST(TinyField, the_permutation_term_just_fits_five_pieces) {
  constexpr size_t n = 8;
  constexpr size_t permutation = (n - 1) * (2 + kRouted), gate = (n - 1) * 6;
  static_assert(permutation - n < kQuotientPieces * n && gate - n < kQuotientPieces * n);
  static_assert((n - 1) * (3 + kRouted) - n >= kQuotientPieces * n, "a fifth routed column overflows");
  // Five values on cosets determine fewer than 5 n coefficients only: degree 5 n - 1 is read back exactly.
  TestEntropy random(8);
  const poly::Domain<F97> domain(3);
  std::vector<F97> t(5 * n);
  for (auto& c : t) c = any(random);
  std::array<std::vector<F97>, kQuotientPieces> values;
  const auto shifts = quotient_shifts<F97>();
  for (size_t k = 0; k < kQuotientPieces; ++k)
    for (const auto& e : domain.elements()) values[k].push_back(poly::evaluate<F97>(t, shifts[k] * e));
  const auto pieces = pieces_from_cosets(domain, values);
  for (size_t i = 0; i < t.size(); ++i) EXPECT_EQ(pieces[i / n][i % n], t[i]);
}

}  // namespace
}  // namespace sotto::plonk
