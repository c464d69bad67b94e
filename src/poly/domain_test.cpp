#include "poly/domain.hpp"

#include <gtest/gtest.h>

#include "crypto/hash.hpp"

namespace sotto::poly {
namespace {

using crypto::Fr;

std::vector<Fr> random_polynomial(size_t n, uint8_t seed) {
  std::vector<Fr> out;
  for (size_t i = 0; i < n; ++i) {
    const ByteArray<3> in{seed, static_cast<uint8_t>(i >> 8), static_cast<uint8_t>(i)};
    out.push_back(Fr::reduce512(crypto::blake2b_512("domain_test", {in})));
  }
  return out;
}

TEST(Domain, roots_have_the_order_they_claim) {
  const Fr root = FieldTraits<Fr>::two_adic_root();
  Fr x = root;
  for (int i = 0; i < 31; ++i) x = x.square();
  EXPECT_EQ(x, -Fr::one());
  // 7 generates the group: 7^((r-1)/2^32) is the root. (r-1)/2^32 as four limbs.
  const uint64_t e[4] = {0xfffe5bfeffffffff, 0x09a1d80553bda402, 0x299d7d483339d808, 0x73eda753};
  Fr power = Fr::one();
  for (size_t bit = 256; bit-- > 0;) {
    power = power.square();
    if (e[bit / 64] >> (bit % 64) & 1) power *= FieldTraits<Fr>::generator();
  }
  EXPECT_EQ(power, root);
}

TEST(Domain, transforms_agree_with_evaluation) {
  for (const size_t log_n : {0, 1, 3, 6}) {
    const Domain<Fr> domain(log_n);
    const auto p = random_polynomial(domain.size(), static_cast<uint8_t>(log_n));
    auto values = p;
    domain.ntt(values);
    for (size_t i = 0; i < domain.size(); ++i) EXPECT_EQ(values[i], evaluate<Fr>(p, domain.elements()[i]));
    domain.intt(values);
    EXPECT_EQ(values, p);
    const Fr shift = Fr::from_u64(7);
    domain.coset_ntt(values, shift);
    for (size_t i = 0; i < domain.size(); ++i) EXPECT_EQ(values[i], evaluate<Fr>(p, shift * domain.elements()[i]));
    domain.coset_intt(values, shift);
    EXPECT_EQ(values, p);
  }
}

TEST(Domain, lagrange_values_interpolate) {
  const Domain<Fr> domain(4);
  const auto p = random_polynomial(16, 9);
  auto values = p;
  domain.ntt(values);
  const Fr x = Fr::from_u64(123456789);
  std::vector<size_t> rows(16);
  for (size_t i = 0; i < 16; ++i) rows[i] = i;
  const auto lagrange = domain.lagrange_at(x, rows);
  Fr sum;
  for (size_t i = 0; i < 16; ++i) sum += values[i] * lagrange[i];
  EXPECT_EQ(sum, evaluate<Fr>(p, x));
}

TEST(Domain, division_by_a_linear_factor) {
  const auto p = random_polynomial(9, 3);
  const Fr x = Fr::from_u64(5), y = Fr::from_u64(77);
  const auto q = divide_by_linear<Fr>(p, x);
  EXPECT_EQ(q.size(), 8u);
  EXPECT_EQ(evaluate<Fr>(q, y) * (y - x), evaluate<Fr>(p, y) - evaluate<Fr>(p, x));
}

}  // namespace
}  // namespace sotto::poly
