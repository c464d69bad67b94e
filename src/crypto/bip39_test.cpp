#include "crypto/bip39.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "crypto/hash.hpp"
#include "crypto/vectors_for_test.hpp"

namespace sotto::crypto {
namespace {

std::string text(ByteView bytes) { return {bytes.begin(), bytes.end()}; }
Bip39Entropy entropy(ByteView bytes) {
  Bip39Entropy out;
  CHECK(bytes.size() == 32);
  std::copy(bytes.begin(), bytes.end(), out.expose_mutable().begin());
  return out;
}

}  // namespace

TEST(Bip39, word_list_is_the_bips) {
  std::string all;
  for (std::string_view word : bip39_words()) {
    EXPECT_LE(word.size(), 8u);
    all += std::string(word) + "\n";
  }
  EXPECT_EQ(to_hex(sha256(view(all))), "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda");
  EXPECT_TRUE(std::is_sorted(bip39_words().begin(), bip39_words().end()));
}

TEST(Bip39, trezor_vectors) {
  size_t ran = 0, refused = 0;
  for (const auto& f : vector_lines("bip39/english.txt")) {
    std::string words = f[2];
    for (size_t i = 3; i < f.size(); ++i) words += " " + f[i];
    if (f.size() != 26) {  // 12 and 18 words: not ours
      EXPECT_EQ(bip39_decode(words).error(), Bip39Reject::wrong_word_count);
      ++refused;
      continue;
    }
    const auto e = entropy(unhex(f[0]));
    EXPECT_EQ(text(bip39_encode(e).expose()), words);
    EXPECT_EQ(bip39_decode(words).value().expose(), e.expose());
    EXPECT_EQ(to_hex(bip39_seed(e, "TREZOR").value().expose()), f[1]);
    ++ran;
  }
  EXPECT_EQ(ran, 8u);
  EXPECT_EQ(refused, 16u);
}

// Words and passphrases that need normalizing; the English list is not involved.
TEST(Bip39, japanese_vectors_through_nfkd) {
  size_t ran = 0;
  for (const auto& f : vector_lines("bip39/japanese.txt")) {
    const auto words = nfkd(text(unhex(f[0]))), passphrase = nfkd(text(unhex(f[1])));
    ASSERT_TRUE(words && passphrase);
    const std::string salt = "mnemonic" + text(passphrase->expose());
    ByteArray<64> seed;
    pbkdf2_hmac_sha512(words->expose(), view(salt), 2048, seed);
    EXPECT_EQ(to_hex(seed), f[2]);
    ++ran;
  }
  EXPECT_EQ(ran, 24u);
}

TEST(Bip39, nfkd) {
  size_t ran = 0;
  for (const auto& f : vector_lines("bip39/nfkd.txt")) {
    const auto out = nfkd(f[0] == "-" ? "" : text(unhex(f[0])));
    ASSERT_TRUE(out.has_value());
    EXPECT_EQ(to_hex(out->expose()), f[1] == "-" ? "" : f[1]);
    ++ran;
  }
  EXPECT_EQ(ran, 19u);
  EXPECT_FALSE(nfkd("\xff").has_value());
  EXPECT_FALSE(nfkd("\xc0\x80").has_value()) << "overlong";
  EXPECT_FALSE(nfkd("\xed\xa0\x80").has_value()) << "surrogate";
  EXPECT_EQ(bip39_seed(Bip39Entropy(), "\xff").error(), Bip39Reject::bad_passphrase);
  // Composed and decomposed spellings open the same wallet; another one does not.
  EXPECT_EQ(bip39_seed(Bip39Entropy(), "\xc3\xa9").value().expose(),
            bip39_seed(Bip39Entropy(), "e\xcc\x81").value().expose());
  EXPECT_NE(bip39_seed(Bip39Entropy(), "e").value().expose(), bip39_seed(Bip39Entropy(), "").value().expose());
}

TEST(Bip39, refuses_wrong_words) {
  const std::string words = text(bip39_encode(Bip39Entropy()).expose());  // abandon x 23, art
  EXPECT_EQ(bip39_decode("  " + words + "\n").value().expose(), Bip39Entropy().expose());
  std::string upper = words;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  EXPECT_TRUE(bip39_decode(upper).ok());
  EXPECT_EQ(bip39_decode("").error(), Bip39Reject::wrong_word_count);
  EXPECT_EQ(bip39_decode(words + " art").error(), Bip39Reject::wrong_word_count);
  EXPECT_EQ(bip39_decode(words.substr(8)).error(), Bip39Reject::wrong_word_count);
  EXPECT_EQ(bip39_decode(words.substr(0, words.size() - 3) + "arrt").error(), Bip39Reject::unknown_word);
  EXPECT_EQ(bip39_decode(words.substr(0, words.size() - 3) + "abandonabandon").error(), Bip39Reject::unknown_word);
  EXPECT_EQ(bip39_decode(words.substr(0, words.size() - 3) + "zoo").error(), Bip39Reject::bad_checksum);
  // One wrong word of 24 passes with probability 1/256.
  size_t accepted = 0;
  for (std::string_view word : bip39_words()) {
    accepted += bip39_decode(words.substr(0, words.size() - 3) + std::string(word)).ok();
  }
  EXPECT_EQ(accepted, 8u);
}

}  // namespace sotto::crypto
