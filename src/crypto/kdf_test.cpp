#include "crypto/kdf.hpp"

#include <gtest/gtest.h>

#include "crypto/hash.hpp"
#include "crypto/vectors_for_test.hpp"

namespace sotto::crypto {
namespace {

Bytes field(const std::string& hex) { return hex == "-" ? Bytes() : unhex(hex); }

}  // namespace

TEST(Kdf, hmac_sha512_wycheproof) {
  size_t ran = 0;
  for (const auto& f : vector_lines("wycheproof/hmac_sha512.txt")) {
    const Bytes tag = field(f[3]);
    const auto computed = hmac_sha512(field(f[1]), field(f[2]));
    ASSERT_LE(tag.size(), computed.size());
    EXPECT_EQ(std::equal(tag.begin(), tag.end(), computed.begin()), f[4] == "valid") << f[0];
    ++ran;
  }
  EXPECT_EQ(ran, 174u);
}

TEST(Kdf, pbkdf2_hmac_sha512_wycheproof) {
  size_t ran = 0;
  for (const auto& f : vector_lines("wycheproof/pbkdf2_hmac_sha512.txt")) {
    const Bytes expected = field(f[4]);
    Bytes computed(expected.size());
    pbkdf2_hmac_sha512(field(f[1]), field(f[2]), static_cast<uint32_t>(std::stoul(f[3])), computed);
    EXPECT_EQ(computed == expected, f[5] == "valid") << f[0];
    ++ran;
  }
  EXPECT_EQ(ran, 58u);
}

// Computed with argon2-cffi 25.1.0 (libargon2): password "password", salt "somesaltsomesalt", one lane.
TEST(Kdf, argon2id) {
  ByteArray<16> salt;
  std::copy_n("somesaltsomesalt", 16, salt.begin());
  const Argon2idParams params = {2, 1 << 20};
  EXPECT_EQ(to_hex(argon2id(view("password"), salt, params)->expose()),
            "08a19ee7f6d7f589c2ab6af18d6e724172b19f7d6fd462b38430ab31ceabeaf0");
  EXPECT_EQ(to_hex(argon2id(view("password"), salt, {3, 4 << 20})->expose()),
            "06fb80ed27de6ec202ddfe204b2eff122d6cebe86c11f68eb8264c6e5ff2fd28");
  EXPECT_EQ(to_hex(argon2id({}, salt, params)->expose()),
            "f98396125f8aef12da78bcece37141f54aa8e129dfef6b15b978b8537057ddbf");
  EXPECT_FALSE(argon2id_acceptable({0, 1 << 20}));
  EXPECT_FALSE(argon2id_acceptable({3, 100}));
  EXPECT_FALSE(argon2id_acceptable({3, 1ull << 40}));
  EXPECT_FALSE(argon2id_acceptable({1000, 1 << 20}));
  EXPECT_TRUE(argon2id_acceptable(kArgon2idInteractive));
}

TEST(Kdf, derive_is_keyed_and_labelled) {
  const auto a = derive(view("key"), "label", {view("part")}).expose();
  EXPECT_EQ(a, blake2b_512("label", {view("part")}, view("key")));
  EXPECT_NE(a, derive(view("kez"), "label", {view("part")}).expose());
  EXPECT_NE(a, derive(view("key"), "labem", {view("part")}).expose());
  EXPECT_NE(a, derive(view("key"), "label", {view("par"), view("t")}).expose());
}

}  // namespace sotto::crypto
