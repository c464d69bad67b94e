// The product's gates: the Poseidon2 rows equal the permutation, every form of every row bites, and the two fast forms
// (prover: CombinedGates, verifier: linearise) equal the definition in identity.hpp.
// SOTTO_LONG=1: a million permutations.
#include "plonk/gates.hpp"

#include <gtest/gtest.h>

#include "crypto/jubjub.hpp"
#include "plonk/combined_gates.hpp"
#include "plonk/lane_quotient.hpp"
#include "plonk/gates_poseidon.hpp"
#include "plonk/linearise.hpp"
#include "plonk/random_for_test.hpp"

namespace sotto::plonk {
namespace {

using crypto::Fr;

std::array<Fr, 4> random4(TestEntropy& random) { return {random.fr(), random.fr(), random.fr(), random.fr()}; }

// The constraints (row, index) of one permutation that its cells violate.
std::vector<std::pair<size_t, size_t>> violated(const PoseidonCells<Fr>& cells) {
  std::vector<std::pair<size_t, size_t>> out;
  const std::array<Fr, kReach> nothing{};
  for (size_t r = 0; r < 9; ++r) {
    size_t j = 0;
    poseidon_constraints(gate_set(), r, cells[r].data(), r < 8 ? cells[r + 1].data() : nothing.data(), [&](const Fr& v) {
      if (!v.is_zero()) out.emplace_back(r, j);
      ++j;
    });
  }
  return out;
}

TEST(Gates, poseidon_rows_equal_the_permutation) {
  TestEntropy random(1);
  for (size_t i = 0; i < cases(10'000, 1'000'000); ++i) {
    std::array<Fr, 4> in = random4(random);
    if (i < 16)
      for (size_t k = 0; k < 4; ++k) in[k] = i >> k & 1 ? -Fr::one() : Fr::zero();
    const auto cells = poseidon_cells(poseidon2_constants(), in);
    auto state = in;
    crypto::poseidon2_permute(state);
    ASSERT_EQ(cells[8][0], state[0] + in[0]);
    ASSERT_EQ(cells[8][0], crypto::node(in[0], in[1], in[2], in[3]));
    if (i % 50 == 0) {
      ASSERT_TRUE(violated(cells).empty());
    }
  }
}

TEST(Gates, counts_fit_the_powers_of_alpha) {
  const size_t expected[] = {12, 8, 10, 10, 10, 10, 12, 8, 5};
  std::array<Fr, kColumns> w{};
  std::array<Fr, kReach> n{};
  for (size_t s = 0; s < kSelectors; ++s) {
    size_t count = 0;
    gate_constraints(gate_set(), s, w.data(), n.data(), [&](const Fr&) { ++count; });
    EXPECT_LE(count, kMaxConstraints);
    EXPECT_EQ(count, s <= kP8 ? expected[s] : s == kMerkle ? 1 : s == kFixedBase ? 8 : s == kEcAdd ? 2 : 9) << s;
  }
}

TEST(Gates, every_cell_of_a_permutation_bites) {
  TestEntropy random(2);
  std::array<std::array<size_t, kMaxConstraints>, 9> hits{};
  for (size_t round = 0; round < cases(3, 100); ++round) {
    const auto good = poseidon_cells(poseidon2_constants(), random4(random));
    for (size_t r = 0; r < 9; ++r) {
      for (size_t c = 0; c < kColumns; ++c) {
        const Fr& v = good[r][c];
        for (const Fr& changed : {v + Fr::one(), v - Fr::one(), v + v, Fr::zero(), random.fr()}) {
          auto bad = good;
          bad[r][c] = changed;
          const auto which = violated(bad);
          ASSERT_FALSE(which.empty()) << r << "," << c;
          for (const auto& [row, j] : which) ++hits[row][j];
        }
      }
    }
  }
  for (size_t r = 0; r < 9; ++r)
    for (size_t j = 0; j < gate_set().poseidon[r].size(); ++j) EXPECT_GT(hits[r][j], 0u) << r << "," << j;
}

// Each S-box cell but the last ones: shift it and carry on honestly from there: only the form that defines it objects. So no
// form is implied by the others (deleting any one would let a prover through).
TEST(Gates, every_form_is_needed) {
  TestEntropy random(3);
  const auto good = poseidon_cells(poseidon2_constants(), random4(random));
  for (size_t row = 0; row < 9; ++row) {
    for (size_t j = 0; j < gate_set().poseidon[row].size(); ++j) {
      auto cells = good;
      const std::array<Fr, kReach> nothing{};
      // Solve every form for the one cell it defines (coefficient in w or n, not a fifth power of it), in order; add 1 at ours.
      for (size_t r = 0; r < 9; ++r) {
        for (size_t k = 0; k < gate_set().poseidon[r].size(); ++k) {
          const auto& form = gate_set().poseidon[r][k];
          // The defined cell: the last affine one in order of computation.
          size_t cell = SIZE_MAX;
          if (r == 8 && k == 4) cell = 0;
          else
            for (size_t i = 0; i < kColumns + kReach; ++i) {
              const size_t basis = i < kColumns ? kW + i : kN + (i - kColumns);
              if (!form.coefficient[basis].is_zero()) cell = i;
            }
          ASSERT_NE(cell, SIZE_MAX);
          Fr& value = cell < kColumns ? cells[r][cell] : cells[r + 1][cell - kColumns];
          const Fr coefficient = form.coefficient[cell < kColumns ? kW + cell : kN + (cell - kColumns)];
          size_t index = 0;
          Fr residual;
          poseidon_constraints(gate_set(), r, cells[r].data(), r < 8 ? cells[r + 1].data() : nothing.data(), [&](const Fr& v) {
            if (index++ == k) residual = v;
          });
          value -= residual * coefficient.inverse();
          if (r == row && k == j) value += Fr::one();
        }
      }
      const auto which = violated(cells);
      ASSERT_EQ(which.size(), 1u) << row << "," << j;
      EXPECT_EQ(which[0], std::make_pair(row, j));
    }
  }
}

TEST(Gates, the_fast_form_of_the_prover_equals_the_definition) {
  TestEntropy random(4);
  for (size_t round = 0; round < cases(200, 20'000); ++round) {
    const IdentityChallenges<Fr> c{random.fr(), random.fr(), alpha_powers(random.fr())};
    const CombinedGates fast(gate_set(), c);
    std::array<Fr, kSelectors> selectors;
    std::array<Fr, kColumns> w, w5;
    std::array<Fr, kReach> n, n5;
    for (auto& s : selectors) s = round % 3 == 0 && random.below(2) ? Fr::zero() : random.fr();
    for (size_t i = 0; i < kColumns; ++i) w[i] = random.fr(), w5[i] = pow5(w[i]);
    for (size_t i = 0; i < kReach; ++i) n[i] = random.fr(), n5[i] = pow5(n[i]);
    Fr expected;
    for (size_t s = 0; s < kSelectors; ++s) expected += selectors[s] * gate_value(gate_set(), c, s, w.data(), n.data());
    ASSERT_EQ(fast.evaluate(selectors.data(), w.data(), w5.data(), n.data(), n5.data()), expected);
    // and each selector alone
    for (size_t s = 0; round < 5 && s < kSelectors; ++s) {
      std::array<Fr, kSelectors> only{};
      only[s] = Fr::one();
      ASSERT_EQ(fast.evaluate(only.data(), w.data(), w5.data(), n.data(), n5.data()), gate_value(gate_set(), c, s, w.data(), n.data()));
    }
  }
}

TEST(Gates, the_lanes_of_the_prover_equal_the_definition) {
  if (!simd::runs_here(simd::Kernel::avx2)) GTEST_SKIP() << "no lanes on this machine";
  TestEntropy random(6);
  constexpr size_t n = 8;
  for (size_t round = 0; round < cases(60, 6'000); ++round) {
    const auto column = [&](bool extreme = false) {
      std::vector<Fr> out;
      for (size_t r = 0; r < n; ++r) out.push_back(extreme && random.below(3) == 0 ? Fr::zero() - Fr::one() : random.fr());
      return out;
    };
    const IdentityChallenges<Fr> c{random.fr(), random.fr(), alpha_powers(random.fr())};
    std::array<std::vector<Fr>, kColumns> w;
    std::array<std::vector<Fr>, kFixedColumns> fixed;
    std::array<std::vector<Fr>, kRouted> sigma;
    for (auto& x : w) x = column(round % 2);
    // all selectors, some unused, or one alone
    for (size_t s = 0; s < kFixedColumns; ++s)
      if (round < kFixedColumns ? s == round : random.below(4) != 0) fixed[s] = column(round % 2);
    for (auto& x : sigma) x = column();
    const auto z = column(), publics = column(), x = column(), first = column(), guard = column(), mask = column();
    const Fr vanishing_inverse = random.fr();

    LaneCoset key;
    LaneQuotient::Columns columns;
    for (size_t j = 0; j < kColumns; ++j) columns.w[j] = to_lanes(w[j]);
    columns.z = to_lanes(z);
    columns.public_values = to_lanes(publics);
    for (size_t s = 0; s < kFixedColumns; ++s) key.fixed[s] = to_lanes(fixed[s]);
    for (size_t j = 0; j < kRouted; ++j) key.sigma[j] = to_lanes(sigma[j]);
    key.x = to_lanes(x);
    key.first = to_lanes(first);
    key.guard = to_lanes(guard);
    key.mask = to_lanes(mask);
    key.vanishing_inverse = LaneFr(vanishing_inverse);
    const LaneQuotient lanes(gate_set(), c);
    for (size_t entry = 0; entry < n / 4; ++entry) {
      std::array<Fr, 4> got;
      lanes.at(key, columns, entry).store(got.data());
      for (size_t lane = 0; lane < 4; ++lane) {
        const size_t r = 4 * entry + lane, after = (r + 1) % n;
        PointValues<Fr> p;
        for (size_t j = 0; j < kColumns; ++j) p.w[j] = w[j][r];
        for (size_t j = 0; j < kReach; ++j) p.next[j] = w[j][after];
        for (size_t s = 0; s < kFixedColumns; ++s) p.fixed[s] = fixed[s].empty() ? Fr::zero() : fixed[s][r];
        for (size_t j = 0; j < kRouted; ++j) p.sigma[j] = sigma[j][r];
        p.z = z[r];
        p.z_next = z[after];
        p.x = x[r];
        p.first = first[r];
        p.guard = guard[r];
        p.mask = mask[r];
        p.public_value = publics[r];
        ASSERT_EQ(got[lane], numerator(gate_set(), c, p) * vanishing_inverse) << round << " row " << r;
      }
    }
  }
}

// All polynomials at a random point: the linearisation, filled with what the proof leaves as polynomials, must equal
// numerator - (x^n - 1) t.
TEST(Gates, the_linearisation_of_the_verifier_equals_the_definition) {
  TestEntropy random(5);
  for (size_t round = 0; round < cases(100, 10'000); ++round) {
    VerifyingKey vk;
    vk.log_n = 4 + round % 4;
    vk.domain = std::make_shared<const poly::Domain<Fr>>(vk.log_n);
    const auto& domain = *vk.domain;
    const size_t n = domain.size();
    vk.public_rows = {2, 0, 7};
    const std::vector<Fr> publics{random.fr(), random.fr(), random.fr()};
    Challenges c{random.fr(), random.fr(), random.fr(), random.fr(), random.fr(), random.fr()};
    PointValues<Fr> p;
    Proof e;
    for (size_t i = 0; i < kColumns; ++i) e.w[i] = p.w[i] = random.fr();
    for (size_t i = 0; i < kReach; ++i) e.w_next[i] = p.next[i] = random.fr();
    for (size_t i = 0; i < kRouted; ++i) p.sigma[i] = random.fr();
    for (size_t i = 0; i + 1 < kRouted; ++i) e.sigma[i] = p.sigma[i];
    for (auto& x : p.fixed) x = random.fr();
    p.z = random.fr();
    e.z_next = p.z_next = random.fr();
    p.x = c.zeta;
    // Lagrange values by their definition, prod (x - w^k) / (w^r - w^k).
    const auto lagrange = [&](size_t r) {
      Fr out = Fr::one();
      for (size_t k = 0; k < n; ++k)
        if (k != r) out *= (c.zeta - domain.elements()[k]) * (domain.elements()[r] - domain.elements()[k]).inverse();
      return out;
    };
    p.first = lagrange(0);
    p.guard = lagrange(n - 1 - kBlindRows);
    p.mask = Fr::one();
    for (size_t r = n - 1 - kBlindRows; r < n; ++r) p.mask -= lagrange(r);
    for (size_t i = 0; i < publics.size(); ++i) p.public_value += publics[i] * lagrange(vk.public_rows[i]);
    std::array<Fr, kQuotientPieces> t;
    for (auto& x : t) x = random.fr();

    const auto lin = linearise(vk, publics, c, e);
    ASSERT_TRUE(lin.has_value());
    Fr left = lin->constant + lin->last_sigma * p.sigma[kRouted - 1] + lin->z * p.z;
    for (size_t s = 0; s < kFixedColumns; ++s) left += lin->fixed[s] * p.fixed[s];
    for (size_t i = 0; i < kQuotientPieces; ++i) left += lin->t[i] * t[i];
    Fr t_value, zeta_n = Fr::one(), power = Fr::one();
    for (size_t i = 0; i < n; ++i) zeta_n *= c.zeta;
    for (size_t i = 0; i < kQuotientPieces; ++i, power *= zeta_n) t_value += power * t[i];
    const IdentityChallenges<Fr> challenges{c.beta, c.gamma, alpha_powers(c.alpha)};
    ASSERT_EQ(left, numerator(gate_set(), challenges, p) - (zeta_n - Fr::one()) * t_value);

    c.zeta = domain.elements()[random.below(n)];
    EXPECT_FALSE(linearise(vk, publics, c, e).has_value());
  }
}

// The gates next to the curve code: accumulate, double, add.
TEST(Gates, curve_rows_equal_jubjub) {
  TestEntropy random(6);
  const auto point = [&] { return crypto::jubjub_mul_generator(crypto::JubjubScalar::random(random)); };
  const auto run = [&](size_t s, const std::array<Fr, kColumns>& w, const std::array<Fr, kReach>& n) {
    size_t bad = 0;
    gate_constraints(gate_set(), s, w.data(), n.data(), [&](const Fr& v) { bad += !v.is_zero(); });
    return bad;
  };
  // Identity, the point of order two, a point of order four and random ones.
  std::vector<crypto::JubjubPoint> points{crypto::JubjubPoint(), crypto::JubjubPoint(crypto::JubjubAffine{Fr(), -Fr::one()})};
  for (size_t i = 0; i < 6; ++i) points.push_back(point());
  points.push_back(-points[2]);
  for (const auto& a : points) {
    for (const auto& b : points) {
      const auto pa = a.affine(), pb = b.affine(), sum = (a + b).affine();
      EXPECT_EQ(run(kEcAdd, {pa.u, pa.v, pb.u, pb.v}, {sum.u, sum.v}), 0u);
      EXPECT_GT(run(kEcAdd, {pa.u, pa.v, pb.u, pb.v}, {sum.u + Fr::one(), sum.v}), 0u);
      EXPECT_GT(run(kEcAdd, {pa.u, pa.v, pb.u, pb.v}, {sum.u, sum.v + Fr::one()}), 0u);
    }
    for (uint64_t digit = 0; digit < 4; ++digit) {
      const auto two = a.doubled(), four = two.doubled();
      const auto pa = a.affine(), p2 = two.affine(), p4 = four.affine();
      const auto after = (four + crypto::jubjub_mul_generator(crypto::JubjubScalar::from_u64(digit))).affine();
      std::array<Fr, kColumns> w{pa.u, pa.v, p2.u, p2.v, p4.u, p4.v, Fr::from_u64(digit & 1), Fr::from_u64(digit >> 1)};
      std::array<Fr, kReach> n{after.u, after.v};
      EXPECT_EQ(run(kFixedBase, w, n), 0u);
      for (size_t c = 0; c < 10; ++c) {
        for (const Fr& by : {Fr::one(), -Fr::one(), random.fr()}) {
          auto w2 = w;
          auto n2 = n;
          (c < 8 ? w2[c] : n2[c - 8]) += by;
          EXPECT_GT(run(kFixedBase, w2, n2), 0u) << c;
        }
      }
    }
  }
}

}  // namespace
}  // namespace sotto::plonk
