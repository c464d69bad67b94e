#include "note/amount.hpp"

#include <gtest/gtest.h>

#include "note/note_for_test.hpp"

namespace sotto::note {
namespace {

TEST(Amount, Formats) {
  EXPECT_EQ(format_amount(Amount(1234), 2), "12.34");
  EXPECT_EQ(format_amount(Amount(5), 2), "0.05");
  EXPECT_EQ(format_amount(Amount(0), 0), "0");
  EXPECT_EQ(format_amount(Amount(0), 3), "0.000");
  EXPECT_EQ(format_amount(Amount(UINT64_MAX), 0), "18446744073709551615");
  EXPECT_EQ(format_amount(Amount(UINT64_MAX), 18), "18.446744073709551615");
}

TEST(Amount, Parses) {
  EXPECT_EQ(*parse_amount("12.34", 2), Amount(1234));
  EXPECT_EQ(*parse_amount("12.3", 2), Amount(1230));
  EXPECT_EQ(*parse_amount("12", 2), Amount(1200));
  EXPECT_EQ(*parse_amount(".5", 1), Amount(5));
  EXPECT_EQ(*parse_amount("7.", 1), Amount(70));
  EXPECT_EQ(*parse_amount("0007", 0), Amount(7));
  EXPECT_EQ(*parse_amount("18446744073709551615", 0), Amount(UINT64_MAX));
}

TEST(Amount, Rejects) {
  const auto why = [](std::string_view text, unsigned decimals) { return parse_amount(text, decimals).error(); };
  EXPECT_EQ(why("", 2), AmountError::empty);
  EXPECT_EQ(why(".", 2), AmountError::empty);
  for (const char* text : {"-1", "+1", "1e3", " 1", "1 ", "1,000", "0x10", "1.2.3", "NaN", "\xd9\xa1", "1\n"}) {
    EXPECT_EQ(why(text, 3), AmountError::not_a_number) << text;
  }
  EXPECT_EQ(why("1.234", 2), AmountError::too_many_decimals);
  EXPECT_EQ(why("1.000", 2), AmountError::too_many_decimals);
  EXPECT_EQ(why("1.0", 0), AmountError::too_many_decimals);
  EXPECT_EQ(why("18446744073709551616", 0), AmountError::too_large);
  EXPECT_EQ(why("184467440737095516.16", 2), AmountError::too_large);
  EXPECT_EQ(why("99999999999999999999999999", 0), AmountError::too_large);
  EXPECT_EQ(why("19", 18), AmountError::too_large);
}

TEST(Amount, RoundTrips) {
  SeededEntropy random(3);
  for (int i = 0; i < 2000; ++i) {
    const unsigned decimals = static_cast<unsigned>(random.below(kMaxDecimals + 1));
    const Amount amount(random.below(UINT64_MAX) >> random.below(64));
    EXPECT_EQ(*parse_amount(format_amount(amount, decimals), decimals), amount);
  }
}

TEST(Amount, ArithmeticNeverWraps) {
  EXPECT_FALSE(Amount(UINT64_MAX).plus(Amount(1)));
  EXPECT_EQ(*Amount(UINT64_MAX - 1).plus(Amount(1)), Amount(UINT64_MAX));
  EXPECT_FALSE(Amount(1).minus(Amount(2)));
  EXPECT_EQ(*Amount(2).minus(Amount(2)), Amount(0));
}

}  // namespace
}  // namespace sotto::note
