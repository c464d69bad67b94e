#include "net/sources.hpp"

#include <gtest/gtest.h>

namespace sotto::net {
namespace {

using std::chrono::milliseconds;
const Sources::Time kStart{};

TEST(Sources, a_burst_then_the_rate) {
  Sources sources({.connections = 2, .requests_per_s = 10, .burst = 3, .connect_tokens = 0, .remembered = 8});
  ASSERT_TRUE(sources.connect(1, kStart));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(sources.request(1, kStart));
  EXPECT_FALSE(sources.request(1, kStart));
  EXPECT_FALSE(sources.request(1, kStart + milliseconds(90)));
  EXPECT_TRUE(sources.request(1, kStart + milliseconds(110)));
  EXPECT_FALSE(sources.request(1, kStart + milliseconds(110)));
  const auto later = kStart + std::chrono::hours(1);       // never more than a burst
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(sources.request(1, later));
  EXPECT_FALSE(sources.request(1, later));
}

TEST(Sources, one_does_not_use_up_another) {
  Sources sources({.connections = 1, .requests_per_s = 1, .burst = 1, .connect_tokens = 0, .remembered = 8});
  ASSERT_TRUE(sources.connect(1, kStart));
  EXPECT_FALSE(sources.connect(1, kStart));
  ASSERT_TRUE(sources.connect(2, kStart));
  EXPECT_TRUE(sources.request(1, kStart));
  EXPECT_FALSE(sources.request(1, kStart));
  EXPECT_TRUE(sources.request(2, kStart));
  sources.disconnect(1);
  EXPECT_TRUE(sources.connect(1, kStart));
  EXPECT_FALSE(sources.request(1, kStart));                // a new connection is no new bucket
}

TEST(Sources, memory_is_bounded_and_forgets_the_quiet_only) {
  Sources sources({.connections = 1, .requests_per_s = 1, .burst = 2, .connect_tokens = 0, .remembered = 3});
  for (uint64_t i = 1; i <= 3; ++i) {
    ASSERT_TRUE(sources.connect(i, kStart));
    ASSERT_TRUE(sources.request(i, kStart));
  }
  EXPECT_FALSE(sources.connect(4, kStart));                // all three are connected
  sources.disconnect(1);
  EXPECT_FALSE(sources.connect(4, kStart));                // 1 still owes
  EXPECT_TRUE(sources.connect(4, kStart + std::chrono::seconds(2)));
  EXPECT_EQ(sources.remembered(), 3u);
}

TEST(Sources, connections_cost_tokens) {
  Sources sources({.connections = 9, .requests_per_s = 10, .burst = 7, .connect_tokens = 3, .remembered = 8});
  EXPECT_TRUE(sources.connect(1, kStart));
  EXPECT_TRUE(sources.connect(1, kStart));
  EXPECT_FALSE(sources.connect(1, kStart));                // one token is left
  EXPECT_TRUE(sources.request(1, kStart));
  EXPECT_FALSE(sources.connect(1, kStart + milliseconds(250)));
  EXPECT_TRUE(sources.connect(1, kStart + milliseconds(350)));
}

TEST(Sources, rubbish_is_paid_for_and_debt_ends) {
  Sources sources({.connections = 9, .requests_per_s = 10, .burst = 5, .connect_tokens = 1, .most_debt = 20, .remembered = 8});
  ASSERT_TRUE(sources.connect(1, kStart));
  sources.charge(1, 1000, kStart);                         // 20 in debt: nothing for 2.1 s
  sources.disconnect(1);
  EXPECT_FALSE(sources.connect(1, kStart + milliseconds(2050)));
  EXPECT_FALSE(sources.request(1, kStart + milliseconds(2050)));
  EXPECT_TRUE(sources.connect(1, kStart + milliseconds(2150)));
  EXPECT_TRUE(sources.connect(2, kStart));                 // another is not charged
  sources.charge(3, 1000, kStart);                         // nobody
  EXPECT_TRUE(sources.connect(3, kStart));
}

TEST(Sources, offences_are_forgiven_then_dear) {
  Sources sources({.connections = 9, .requests_per_s = 10, .burst = 500, .connect_tokens = 0, .offence_tokens = 100, .forgiven = 2, .most_debt = 10'000, .remembered = 8});
  ASSERT_TRUE(sources.connect(1, kStart));
  ASSERT_TRUE(sources.connect(2, kStart));
  const auto in_debt_for = [&](uint64_t source, Sources::Time from) {
    auto at = from;
    while (!sources.request(source, at)) at += milliseconds(100);
    return std::chrono::duration<double>(at - from).count();
  };
  for (int i = 0; i < 2; ++i) sources.offend(1, 1, kStart);
  EXPECT_EQ(in_debt_for(1, kStart), 0);                    // 300 left
  sources.offend(1, 1, kStart);                            // 200: 99 left
  EXPECT_EQ(in_debt_for(1, kStart), 0);
  sources.offend(1, 1, kStart);                            // 400
  const double fourth = in_debt_for(1, kStart);
  EXPECT_NEAR(fourth, 30.3, 0.2);
  EXPECT_EQ(in_debt_for(2, kStart), 0);
  // An hour later all is forgotten; whoever offends without end owes the most there is, and no more.
  auto later = kStart + std::chrono::hours(1);
  sources.offend(1, 1, later);
  EXPECT_EQ(in_debt_for(1, later), 0);
  for (int i = 0; i < 1000; ++i) sources.offend(1, 1, later);
  EXPECT_NEAR(in_debt_for(1, later), 1000.1, 0.2);
  sources.offend(3, 1, kStart);                            // nobody
}

TEST(Sources, unheard_are_those_who_insist_and_have_long_to_wait) {
  Sources sources({.connections = 9, .requests_per_s = 10, .burst = 500, .connect_tokens = 1, .most_debt = 100, .remembered = 8});
  for (const uint64_t source : {1, 2, 3}) {
    ASSERT_TRUE(sources.connect(source, kStart));
    sources.charge(source, 1000, kStart);                  // ten seconds
  }
  const std::vector<uint64_t> none, both{1, 2};
  for (int i = 0; i < 7; ++i)
    for (const uint64_t source : {1, 2}) EXPECT_FALSE(sources.connect(source, kStart));
  EXPECT_EQ(sources.unheard(kStart, 9), none);
  for (const uint64_t source : {1, 2}) EXPECT_FALSE(sources.connect(source, kStart));
  EXPECT_EQ(sources.unheard(kStart, 9), both);             // not 3, which accepts it
  EXPECT_EQ(sources.unheard(kStart, 1), std::vector<uint64_t>{1});
  EXPECT_EQ(sources.unheard(kStart + milliseconds(9'000), 9), both);
  EXPECT_EQ(sources.unheard(kStart + milliseconds(9'200), 9), none);       // within a second
  EXPECT_TRUE(sources.connect(1, kStart + milliseconds(10'200)));
  sources.charge(1, 1000, kStart + milliseconds(10'200));
  EXPECT_EQ(sources.unheard(kStart + milliseconds(10'200), 9), none);      // a new row
}

TEST(Sources, small_offences_add_up) {
  Sources sources({.connections = 9, .requests_per_s = 1, .burst = 1'000, .connect_tokens = 0, .offence_tokens = 100, .forgiven = 1, .remembered = 8});
  ASSERT_TRUE(sources.connect(1, kStart));
  for (int i = 0; i < 4; ++i) sources.offend(1, 0.25, kStart);
  ASSERT_TRUE(sources.connect(2, kStart));
  sources.offend(2, 1, kStart);
  // Four quarters are one: 900 left for both.
  for (const uint64_t source : {1, 2}) {
    size_t left = 0;
    while (sources.request(source, kStart)) ++left;
    EXPECT_EQ(left, 900u);
  }
}

}  // namespace
}  // namespace sotto::net
