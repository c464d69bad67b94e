#include "crypto/hash.hpp"

#include <gtest/gtest.h>

namespace sotto::crypto {

TEST(Hash, sha256_fips_180_4_examples) {
  EXPECT_EQ(to_hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256(view("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  Sha256 h;
  h.update(view("a"));
  h.update(view("bc"));
  EXPECT_EQ(h.finish(), sha256(view("abc")));
  EXPECT_EQ(h.finish(), sha256({}));
}

// RFC 7693, appendix A.
TEST(Hash, blake2b_rfc_7693) {
  EXPECT_EQ(to_hex(blake2b_512_plain(view("abc"))),
            "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
            "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
}

TEST(Hash, labelled_encoding_is_the_stated_one_and_injective) {
  const Bytes flat = *from_hex("0000000000000001" "78" "0000000000000002" "6162" "0000000000000000");
  EXPECT_EQ(blake2b_512("x", {view("ab"), {}}), blake2b_512_plain(flat));
  EXPECT_NE(blake2b_512("x", {view("ab"), {}}), blake2b_512("x", {view("ab")}));
  EXPECT_NE(blake2b_512("x", {view("ab")}), blake2b_512("x", {view("a"), view("b")}));
  EXPECT_NE(blake2b_512("xa", {view("b")}), blake2b_512("x", {view("ab")}));
  EXPECT_NE(blake2b_512("x", {}), blake2b_512("", {view("x")}) );
  EXPECT_NE(blake2b_512("x", {}, view("key")), blake2b_512("x", {}));
  const auto wide = blake2b_512("x", {});
  EXPECT_NE(to_hex(blake2b_256("x", {})), to_hex(ByteView(wide).first(32)));
}

// RFC 4231, test case 2.
TEST(Hash, hmac_sha512_rfc_4231) {
  EXPECT_EQ(to_hex(hmac_sha512(view("Jefe"), view("what do ya want for nothing?"))),
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
            "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
}

}  // namespace sotto::crypto
