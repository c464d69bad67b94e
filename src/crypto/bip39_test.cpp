#include "crypto/bip39.hpp"

#include <gtest/gtest.h>

#include <iterator>
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
      EXPECT_EQ(bip39_decode(words).error().reject, Bip39Reject::wrong_word_count);
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

// However people write down and paste their words.
TEST(Bip39, words_in_any_shape) {
  Bip39Entropy e;
  for (size_t i = 0; i < 32; ++i) e.expose_mutable()[i] = static_cast<uint8_t>(37 * i);
  const std::string words = text(bip39_encode(e).expose());
  std::istringstream in(words);
  std::vector<std::string> list{std::istream_iterator<std::string>(in), {}};
  ASSERT_EQ(list.size(), 24u);
  const auto joined = [&](auto shape) {
    std::string out;
    for (size_t i = 0; i < list.size(); ++i) out += shape(i + 1, list[i]);
    return out;
  };
  const auto number = [](size_t i) { return std::to_string(i); };
  const auto capital = [](std::string w) {
    w[0] = static_cast<char>(std::toupper(w[0]));
    return w;
  };
  const auto wide = [](const std::string& w) {
    std::string out;
    for (const char c : w) {
      const auto point = static_cast<unsigned>(0xFF41 + (c - 'a'));
      out += {static_cast<char>(0xE0 | (point >> 12)), static_cast<char>(0x80 | ((point >> 6) & 63)), static_cast<char>(0x80 | (point & 63))};
    }
    return out;
  };
  for (const std::string& typed : {joined([&](size_t i, const std::string& w) { return number(i) + ". " + w + "\n"; }),
                                   joined([&](size_t i, const std::string& w) { return number(i) + "." + w + "\r\n"; }),
                                   joined([&](size_t i, const std::string& w) { return " " + number(i) + ") " + capital(w) + (i % 4 == 0 ? "\n" : "\t"); }),
                                   joined([&](size_t, const std::string& w) { return w + ", "; }),
                                   joined([&](size_t, const std::string& w) { return w + "\xC2\xA0"; }),         // no-break space
                                   joined([&](size_t, const std::string& w) { return wide(w) + "\xE3\x80\x80"; }),  // as an input method writes
                                   joined([&](size_t, const std::string& w) { return "   " + w; })}) {
    const auto read = bip39_decode(typed);
    ASSERT_TRUE(read.ok()) << typed;
    EXPECT_EQ(read->expose(), e.expose());
    EXPECT_GE(bip39_word_count(typed), 1u);
  }
  EXPECT_EQ(bip39_word_count("1. abandon\n2. ability"), 2u);
  EXPECT_EQ(bip39_word_count(" 1 2 3 "), 0u);
}

TEST(Bip39, wrong_words_are_named) {
  std::string words;
  for (size_t i = 0; i < 23; ++i) words += i == 6 ? "abandn " : i == 11 ? "xqzwv " : i == 20 ? "abilityy " : "abandon ";
  const auto f = bip39_decode(words + "art").error();
  EXPECT_EQ(f.reject, Bip39Reject::unknown_word);
  EXPECT_EQ(f.words, 24u);
  ASSERT_EQ(f.unknown.size(), 3u);
  EXPECT_EQ(f.unknown[0].number, 7u);
  EXPECT_EQ(f.unknown[0].nearest, "abandon");
  EXPECT_EQ(f.unknown[1].number, 12u);
  EXPECT_EQ(f.unknown[1].nearest, "");
  EXPECT_EQ(f.unknown[2].number, 21u);
  EXPECT_EQ(f.unknown[2].nearest, "ability");
  const auto few = bip39_decode("abandon ability").error();
  EXPECT_EQ(few.reject, Bip39Reject::wrong_word_count);
  EXPECT_EQ(few.words, 2u);
}

TEST(Bip39, refuses_wrong_words) {
  const std::string words = text(bip39_encode(Bip39Entropy()).expose());  // abandon x 23, art
  EXPECT_EQ(bip39_decode("  " + words + "\n").value().expose(), Bip39Entropy().expose());
  std::string upper = words;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  EXPECT_TRUE(bip39_decode(upper).ok());
  EXPECT_EQ(bip39_decode("").error().reject, Bip39Reject::wrong_word_count);
  EXPECT_EQ(bip39_decode(words + " art").error().reject, Bip39Reject::wrong_word_count);
  EXPECT_EQ(bip39_decode(words.substr(8)).error().reject, Bip39Reject::wrong_word_count);
  EXPECT_EQ(bip39_decode(words.substr(0, words.size() - 3) + "arrt").error().reject, Bip39Reject::unknown_word);
  EXPECT_EQ(bip39_decode(words.substr(0, words.size() - 3) + "abandonabandon").error().reject, Bip39Reject::unknown_word);
  EXPECT_EQ(bip39_decode(words.substr(0, words.size() - 3) + "zoo").error().reject, Bip39Reject::bad_checksum);
  EXPECT_EQ(bip39_decode("\xff").error().reject, Bip39Reject::unknown_word);
  // One wrong word of 24 passes with probability 1/256.
  size_t accepted = 0;
  for (std::string_view word : bip39_words()) {
    accepted += bip39_decode(words.substr(0, words.size() - 3) + std::string(word)).ok();
  }
  EXPECT_EQ(accepted, 8u);
}

}  // namespace sotto::crypto
