// The identity of docs/spec/proof-system.md, step 3, written out once more with its exponents as numbers: nothing of identity.hpp or
// layout.hpp is used for it but the gates' own constraints. What prover, verifier and reference share could otherwise lose a term together.
#include <gtest/gtest.h>

#include "plonk/identity.hpp"
#include "plonk/random_for_test.hpp"

namespace sotto::plonk {
namespace {

using crypto::Fr;

static_assert(kMaxConstraints == 12 && kMerkleAlpha == 12 && kPermutationAlpha == 13 && kAlphaPowers == 16);
static_assert(kColumns == 10 && kRouted == 4 && kReach == 6 && kQuotientPieces == 5 && kBlindRows == 4);

std::vector<Fr> constraints(size_t selector, const PointValues<Fr>& p) {
  std::vector<Fr> out;
  gate_constraints(gate_set(), selector, p.w.data(), p.next.data(), [&](const Fr& value) { out.push_back(value); });
  return out;
}

TEST(Statement, numerator_is_the_specs_term_by_term) {
  TestEntropy random{5};
  for (int round = 0; round < 20; ++round) {
    PointValues<Fr> p;
    const auto fill = [&](auto& values) { for (Fr& v : values) v = random.fr(); };
    fill(p.w);
    fill(p.next);
    fill(p.sigma);
    fill(p.fixed);
    for (Fr* v : {&p.z, &p.z_next, &p.x, &p.first, &p.guard, &p.mask, &p.public_value}) *v = random.fr();
    const Fr alpha = random.fr(), beta = random.fr(), gamma = random.fr();

    Fr expected;
    for (const size_t s : {size_t{kP0}, size_t{kP1}, size_t{kP2}, size_t{kP3}, size_t{kP4}, size_t{kP5}, size_t{kP6}, size_t{kP7}, size_t{kP8},
                           size_t{kFixedBase}, size_t{kEcAdd}, size_t{kRange}}) {
      const auto values = constraints(s, p);
      ASSERT_FALSE(values.empty());
      ASSERT_LE(values.size(), 12u) << s;                    // else two constraints of one row share a power
      for (size_t i = 0; i < values.size(); ++i) expected += p.fixed[s] * alpha.pow_vartime(i) * values[i];
    }
    const auto merkle = constraints(kMerkle, p);
    ASSERT_EQ(merkle.size(), 1u);
    expected += p.fixed[kMerkle] * alpha.pow_vartime(12) * merkle[0];
    expected += p.fixed[kQm01] * p.w[0] * p.w[1] + p.fixed[kQm23] * p.w[2] * p.w[3] + p.fixed[kQ0] * p.w[0] + p.fixed[kQ1] * p.w[1] +
                p.fixed[kQ2] * p.w[2] + p.fixed[kQ3] * p.w[3] + p.fixed[kQc] - p.public_value;
    const uint64_t k[] = {1, 7, 49, 343};
    Fr sigma_side = p.z_next, identity_side = p.z;
    for (size_t j = 0; j < 4; ++j) {
      sigma_side *= p.w[j] + beta * p.sigma[j] + gamma;
      identity_side *= p.w[j] + beta * Fr::from_u64(k[j]) * p.x + gamma;
    }
    expected += alpha.pow_vartime(13) * p.mask * (sigma_side - identity_side) + alpha.pow_vartime(14) * p.first * (p.z - Fr::one()) +
                alpha.pow_vartime(15) * p.guard * (p.z - Fr::one());
    EXPECT_EQ(numerator(gate_set(), {beta, gamma, alpha_powers(alpha)}, p), expected);
  }
}

}  // namespace
}  // namespace sotto::plonk
