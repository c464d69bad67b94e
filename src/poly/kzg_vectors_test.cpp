// Commitments, openings and the opening equation against c-kzg, which uses the same ceremony (tests/vectors/kzg/README.md).
#include <gtest/gtest.h>

#include "base/source_dir_for_test.hpp"
#include "crypto/hash.hpp"
#include "crypto/vectors_for_test.hpp"
#include "poly/commit.hpp"
#include "poly/domain.hpp"
#include "poly/srs.hpp"

namespace sotto::poly {
namespace {

using crypto::Fr;
using crypto::G1;
using crypto::G1Affine;
using crypto::G2;

const Srs& srs() {
  static const auto loaded = [] {
    ThreadPool pool(2);
    return load_srs(source_dir() + "/data/srs.bin", kSrsG1, pool).value();
  }();
  return loaded;
}

// e(C - y G, G2) = e(proof, tau G2 - z G2): what an opening of C at z to y must satisfy.
bool opens(const G1& commitment, const Fr& z, const Fr& y, const G1& proof) {
  const G1 value = commitment + -(G1::generator() * y);
  const G2 shifted = G2(srs().tau_g2) + G2(srs().g2) * -z;
  return crypto::pairing_product_is_one(std::array{value.affine(), (-proof).affine()}, std::array{srs().g2, shifted.affine()});
}

// Coefficients anybody can rebuild: SHA-256("Sotto.kzg." case "." index), shifted right by two bits.
std::vector<Fr> polynomial(const std::string& name, size_t length) {
  std::vector<Fr> out;
  for (size_t i = 0; i < length; ++i) {
    const std::string text = "Sotto.kzg." + name + "." + std::to_string(i);
    Hash32 digest = crypto::sha256(view(text));
    for (size_t k = digest.size(); k-- > 0;)
      digest[k] = static_cast<uint8_t>(digest[k] >> 2 | (k > 0 ? digest[k - 1] << 6 : 0));
    out.push_back(Fr::decode(digest).value());
  }
  return out;
}

// (p(X) - p(z)) / (X - z) and p(z), by synthetic division.
std::pair<std::vector<Fr>, Fr> divide(std::span<const Fr> p, const Fr& z) {
  std::vector<Fr> quotient(p.size() - 1);
  Fr carry;
  for (size_t i = p.size(); i-- > 0;) {
    carry = carry * z + p[i];
    if (i > 0) quotient[i - 1] = carry;
  }
  return {std::move(quotient), carry};
}

std::string text_of(const G1& point) {
  return point.is_infinity() ? "c0" + std::string(94, '0') : to_hex(point.affine().encode());
}

TEST(KzgVectors, commitments_and_openings_are_those_of_c_kzg) {
  ThreadPool pool(2);
  std::vector<CommitTable> tables;
  for (const auto kernel : {simd::Kernel::portable, simd::Kernel::avx2, simd::Kernel::ifma})
    if (simd::runs_here(kernel)) tables.emplace_back(srs().g1, pool, kernel);
  size_t cases = 0;
  for (const auto& line : crypto::vector_lines("kzg/openings.txt")) {
    ASSERT_EQ(line.size(), 6u);
    const auto p = polynomial(line[0], std::stoul(line[1]));
    const Fr z = Fr::from_hex(line[2]);
    const auto [quotient, y] = divide(p, z);
    EXPECT_EQ(y.hex(), line[4]) << line[0];
    for (const auto& table : tables) {
      EXPECT_EQ(text_of(table.commit_vartime(p)), line[3]) << line[0] << " " << simd::name(table.kernel());
      EXPECT_EQ(text_of(quotient.empty() ? G1() : table.commit_vartime(quotient)), line[5]) << line[0];
    }
    EXPECT_TRUE(opens(tables[0].commit_vartime(p), z, y, quotient.empty() ? G1() : tables[0].commit_vartime(quotient)));
    ++cases;
  }
  EXPECT_EQ(cases, 13u);
}

// From values over the domain, by the Lagrange points: the way the prover commits.
TEST(KzgVectors, values_commit_as_coefficients_do) {
  ThreadPool pool(2);
  const CommitTable table(srs().lagrange, pool);
  const Domain<Fr> domain(kSrsLagrangeLog);
  size_t cases = 0;
  for (const auto& line : crypto::vector_lines("kzg/openings.txt")) {
    auto p = polynomial(line[0], std::stoul(line[1]));
    if (p.size() > kSrsLagrange) continue;
    p.resize(kSrsLagrange);
    std::vector<Fr> values;
    Fr x = Fr::one();
    for (size_t i = 0; i < kSrsLagrange; ++i, x *= domain.root()) {      // by Horner: shares nothing with the transform
      Fr v;
      for (size_t k = std::stoul(line[1]); k-- > 0;) v = v * x + p[k];
      values.push_back(v);
    }
    EXPECT_EQ(text_of(table.commit_vartime(values)), line[3]) << line[0];
    ++cases;
  }
  EXPECT_EQ(cases, 9u);
}

// The suite lets infinity be a commitment or a proof; our decoder refuses it everywhere, so it is written here by hand.
std::optional<G1> point(const std::string& text) {
  if (text == "c0" + std::string(94, '0')) return G1();
  const auto decoded = G1Affine::decode(crypto::unhex(text));
  if (!decoded.ok()) return std::nullopt;
  return G1(*decoded);
}
std::optional<Fr> scalar(const std::string& text) {
  const auto decoded = Fr::decode(crypto::unhex(text));
  if (!decoded.ok()) return std::nullopt;
  return *decoded;
}

TEST(KzgVectors, verify_kzg_proof) {
  std::map<std::string, size_t> seen;
  for (const auto& line : crypto::vector_lines("kzg/verify_kzg_proof.txt")) {
    ASSERT_EQ(line.size(), 6u);
    const auto commitment = point(line[1]), proof = point(line[4]);
    const auto z = scalar(line[2]), y = scalar(line[3]);
    const bool decodes = commitment && proof && z && y;
    const std::string said = !decodes ? "-" : opens(*commitment, *z, *y, *proof) ? "valid" : "invalid";
    EXPECT_EQ(said, line[5]) << line[0];
    ++seen[said];
  }
  EXPECT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen["valid"] + seen["invalid"] + seen["-"], 122u);
}

}  // namespace
}  // namespace sotto::poly
