#include "crypto/bech32m.hpp"

#include <gtest/gtest.h>

#include <map>

#include "crypto/vectors_for_test.hpp"

namespace sotto::crypto {

TEST(Bech32m, bip_350_strings) {
  std::map<std::string, int> ran;
  for (const auto& f : vector_lines("bip350/bip350.txt")) {
    ++ran[f[0]];
    const Bytes bytes = unhex(f[1]);
    const std::string text(bytes.begin(), bytes.end());
    const auto groups = bech32m_decode_groups(text);
    if (f[0] == "invalid") {
      ASSERT_FALSE(groups.ok()) << text;
      EXPECT_EQ(std::string(name(groups.error())), f[2]) << text;
      continue;
    }
    ASSERT_TRUE(groups.ok()) << text << " " << name(groups.error());
    if (f[0] == "padding") {
      EXPECT_EQ(bytes_from_groups(ByteView(groups->groups).subspan(1)).error(), Bech32mReject::bad_padding) << text;
      continue;
    }
    std::string lower = text;
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    EXPECT_EQ(bech32m_encode_groups(groups->prefix, groups->groups), lower);
  }
  EXPECT_EQ(ran["valid"], 12);
  EXPECT_EQ(ran["invalid"], 22);
  EXPECT_EQ(ran["padding"], 2);
}

TEST(Bech32m, bytes_round_trip_and_limit) {
  for (size_t n = 0; n < 100; ++n) {
    Bytes data(n);
    for (size_t i = 0; i < n; ++i) data[i] = static_cast<uint8_t>(i * 37 + n);
    const std::string text = bech32m_encode("sotto", data);
    const auto back = bech32m_decode(text, 200);
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(back->prefix, "sotto");
    EXPECT_EQ(back->data, data);
    if (text.size() > 90) {
      EXPECT_EQ(bech32m_decode(text).error(), Bech32mReject::too_long);
    }
  }
}

// Substitutions, insertions and deletions of one character, the insertions of `q` before a final `p` among them.
TEST(Bech32m, one_character_errors_are_refused) {
  const std::string text = bech32m_encode("sotto", Bytes(43, 0xa5));
  size_t cases = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    for (char c : std::string("qpzry9x8gf2tvdw0s3jn54khce6mua7l1bio")) {
      std::string wrong = text;
      wrong[i] = c;
      if (c != text[i]) {
        EXPECT_FALSE(bech32m_decode(wrong, 200).ok());
        ++cases;
      }
      std::string longer = text;
      longer.insert(i, 1, c);
      EXPECT_FALSE(bech32m_decode(longer, 200).ok());
    }
    std::string shorter = text;
    shorter.erase(i, 1);
    EXPECT_FALSE(bech32m_decode(shorter, 200).ok());
  }
  EXPECT_GT(cases, 2000u);
}

}  // namespace sotto::crypto
