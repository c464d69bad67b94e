#include "note/memo.hpp"

#include <gtest/gtest.h>

#include "note/encryption.hpp"

namespace sotto::note {
namespace {

std::string verdict(std::string_view memo) {
  const auto checked = check_memo(view(memo));
  return checked.ok() ? "" : name(checked.error().reject);
}
std::string detail(std::string_view memo) { return check_memo(view(memo)).error().detail; }
std::string line(std::string_view text) { return visible(view(text), false); }
std::string lines(std::string_view text) { return visible(view(text), true); }

TEST(Memo, TextPassesAndIsShownAsItIs) {
  for (const std::string text : {"", "lunch", "Miete f\xC3\xBCr M\xC3\xA4rz", "\xD9\x85\xD8\xB1\xD8\xAD\xD8\xA8\xD8\xA7", "\xE4\xBD\xA0\xE5\xA5\xBD",
                                 "\xF0\x9F\x8D\x95", "\xE2\x9D\xA4\xEF\xB8\x8F",                                      // a heart, as a picture
                                 "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x9A\x80",                                   // two pictures joined to one
                                 "\xF0\x9F\x8F\xB3\xEF\xB8\x8F\xE2\x80\x8D\xF0\x9F\x8C\x88",                       // a variant, then joined
                                 "\xD9\x85\xDB\x8C\xE2\x80\x8C\xD8\xAE\xD9\x88\xD8\xA7\xD9\x87\xD9\x85"}) {            // Persian, which needs a non-joiner
    EXPECT_EQ(verdict(text), "") << text;
    EXPECT_EQ(line(text), text);
    EXPECT_EQ(lines(text), text);
  }
  EXPECT_EQ(verdict("1 pizza\n2 beer\t3.50"), "");
  EXPECT_EQ(lines("1 pizza\n2 beer\t3.50"), "1 pizza\n2 beer\t3.50");
  EXPECT_EQ(line("1 pizza\n2 beer\t3.50"), "1 pizza<U+000A>2 beer<U+0009>3.50");
}

TEST(Memo, TooLongSaysTheLimitAndTheLength) {
  EXPECT_EQ(verdict(std::string(kMaxMemoBytes, 'a')), "");
  EXPECT_EQ(verdict(std::string(kMaxMemoBytes + 1, 'a')), "memo_too_long");
  EXPECT_NE(detail(std::string(600, 'a')).find("600"), std::string::npos);
  EXPECT_NE(detail(std::string(600, 'a')).find("512"), std::string::npos);
}

TEST(Memo, HiddenMarksAreRefusedAndShown) {
  for (const auto& [mark, shown] : std::vector<std::pair<std::string, std::string>>{
           {"\xE2\x80\xAE", "<U+202E>"}, {"\xE2\x81\xA6", "<U+2066>"}, {"\xE2\x81\xA9", "<U+2069>"}, {"\xE2\x80\x8E", "<U+200E>"},
           {"\xE2\x80\x8F", "<U+200F>"}, {"\xD8\x9C", "<U+061C>"}, {"\xE2\x80\x8B", "<U+200B>"}, {"\xEF\xBB\xBF", "<U+FEFF>"},
           {"\xC2\xAD", "<U+00AD>"}, {"\xE2\x81\xA0", "<U+2060>"}, {"\xE3\x85\xA4", "<U+3164>"}, {"\xF3\xA0\x81\xA1", "<U+E0061>"},
           {"\xE2\x80\xA8", "<U+2028>"}, {std::string(1, '\0'), "<U+0000>"}, {"\x1b", "<U+001B>"}, {"\r", "<U+000D>"},
           {"\x7f", "<U+007F>"}, {"\xC2\x85", "<U+0085>"}, {"\xE2\x80\x8D", "<U+200D>"}, {"\xE2\x80\x8C", "<U+200C>"}, {"\xEF\xB8\x8F", "<U+FE0F>"}}) {
    EXPECT_EQ(verdict("a" + mark + "b"), "memo_hidden_mark") << shown;
    EXPECT_NE(detail("a" + mark + "b").find(shown.substr(1, shown.size() - 2)), std::string::npos);
    EXPECT_EQ(line("a" + mark + "b"), "a" + shown + "b");
    EXPECT_EQ(lines("a" + mark + "b"), "a" + shown + "b");
    EXPECT_EQ(lines(mark), shown);               // a joiner at the beginning joins nothing
  }
  EXPECT_EQ(verdict("\xE4\xBD\xA0\xE2\x80\x8D\xE2\x80\x8D"), "memo_hidden_mark");   // a second joiner
  EXPECT_EQ(verdict("\xE4\xBD\xA0\xEF\xB8\x8F\xEF\xB8\x8E"), "memo_hidden_mark");   // a second variant
}

TEST(Memo, WhatIsNoTextIsRefusedAndShown) {
  for (const auto& [bytes, shown] : std::vector<std::pair<std::string, std::string>>{
           {"\xFF", "<0xFF>"}, {"\xC0\x80", "<0xC0><0x80>"}, {"\xE2\x82", "<0xE2><0x82>"}, {"\xED\xA0\x80", "<0xED><0xA0><0x80>"},
           {"\xF5\x80\x80\x80", "<0xF5><0x80><0x80><0x80>"}, {"\x80", "<0x80>"}}) {
    EXPECT_EQ(verdict("a" + bytes), "memo_not_utf8") << shown;
    EXPECT_NE(detail("a" + bytes).find("byte 2"), std::string::npos);
    EXPECT_EQ(lines("a" + bytes), "a" + shown);
  }
}

}  // namespace
}  // namespace sotto::note
