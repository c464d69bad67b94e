// The reference string as shipped, and files that must be refused (threats A14).
#include "base/source_dir_for_test.hpp"
#include "poly/srs.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "crypto/hash.hpp"

namespace sotto::poly {
namespace {

using crypto::Fr;
using crypto::G1;
using crypto::G2;

Bytes shipped() {
  std::ifstream in(source_dir() + "/data/srs.bin", std::ios::binary);
  return Bytes{std::istreambuf_iterator<char>(in), {}};
}

const Hash32 kSeed = crypto::sha256(view("srs_test"));

TEST(Srs, power_chain) {
  const auto full = parse_srs_unpinned(shipped());
  ASSERT_TRUE(full.ok());
  EXPECT_TRUE(verify_powers(*full, kSeed));
  // The first points everyone knows.
  EXPECT_EQ(to_hex(full->g1[0].encode()).substr(0, 8), "97f1d3a7");
  EXPECT_EQ(to_hex(full->g1[1].encode()).substr(0, 8), "ad3eb501");
}

TEST(Srs, loads_with_pinned_digest_and_names_what_is_wrong) {
  ThreadPool pool(2);
  const Bytes good = shipped();
  ASSERT_TRUE(parse_srs(good, 1025, pool).ok());
  EXPECT_EQ(parse_srs(ByteView(good).first(good.size() - 1), 2, pool).error(), SrsError::wrong_length);
  EXPECT_EQ(parse_srs({}, 2, pool).error(), SrsError::wrong_length);
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_EQ(parse_srs(longer, 2, pool).error(), SrsError::wrong_length);
  Bytes header = good;
  header[0] ^= 1;
  EXPECT_EQ(parse_srs(header, 2, pool).error(), SrsError::wrong_header);
  for (const size_t at : {size_t{16}, size_t{16 + 48 * 4000}, good.size() - 1}) {
    Bytes flipped = good;
    flipped[at] ^= 1;
    EXPECT_EQ(parse_srs(flipped, 2, pool).error(), SrsError::wrong_digest) << at;
  }
  const auto missing = load_srs("/nonexistent/srs.bin", 2, pool);
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.error().what.find("cannot open"), std::string::npos);
}

// A valid chain of another tau, with its own Lagrange part: what an attacker who knows tau would ship.
FullSrs chain(const Fr& tau) {
  FullSrs out;
  std::vector<G1> powers;
  Fr power = Fr::one();
  for (size_t i = 0; i < kSrsG1; ++i, power *= tau) powers.push_back(G1::generator() * power);
  out.g1 = crypto::to_affine(powers);
  power = Fr::one();
  for (size_t i = 0; i < kSrsG2; ++i, power *= tau) out.g2.push_back((G2(crypto::G2Affine::generator()) * power).affine());
  out.lagrange = lagrange_points(out.g1, kSrsLagrangeLog);
  return out;
}

TEST(Srs, mutants_are_refused) {
  const auto full = parse_srs_unpinned(shipped());
  ASSERT_TRUE(full.ok());
  const auto refused = [&](auto change) {
    FullSrs mutant = *full;
    change(mutant);
    return !verify_powers(mutant, kSeed);
  };
  EXPECT_TRUE(refused([](FullSrs& s) { std::swap(s.g1[100], s.g1[101]); }));
  EXPECT_TRUE(refused([](FullSrs& s) { s.g1[4095] = s.g1[4094]; }));
  EXPECT_TRUE(refused([](FullSrs& s) { std::swap(s.g2[30], s.g2[31]); }));
  EXPECT_TRUE(refused([](FullSrs& s) { std::swap(s.lagrange[0], s.lagrange[1]); }));
  EXPECT_TRUE(refused([](FullSrs& s) { s.g1.pop_back(); }));
  EXPECT_TRUE(refused([](FullSrs& s) { s.g1[0] = s.g1[1]; }));
  EXPECT_TRUE(verify_powers(chain(Fr::from_u64(1) + Fr::from_u64(2).inverse()), kSeed));   // a sound chain is accepted ...
  EXPECT_FALSE(verify_powers(chain(Fr::from_u64(5)), kSeed));                              // ... but not of a tau anyone can find
  EXPECT_FALSE(verify_powers(chain(-Fr::from_u64(1u << 20)), kSeed));
  const FullSrs other = chain(Fr::from_u64(3).inverse());
  EXPECT_TRUE(refused([&](FullSrs& s) { s.g1[7] = other.g1[7]; }));                        // one point of another ceremony
  EXPECT_TRUE(refused([&](FullSrs& s) { s.g2 = other.g2; }));
}

}  // namespace
}  // namespace sotto::poly
