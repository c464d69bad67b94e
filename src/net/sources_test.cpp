#include "net/sources.hpp"

#include <gtest/gtest.h>

namespace sotto::net {
namespace {

using std::chrono::milliseconds;
const Sources::Time kStart{};

// Without reserves and purses, which have tests of their own below.
SourceLimits plain(SourceLimits limits) {
  limits.reserve = limits.purse = 0;
  return limits;
}
struct Plain : Sources {
  using Sources::request;
  explicit Plain(const SourceLimits& limits) : Sources(plain(limits)) {}
  bool request(uint64_t source, Time now) {
    Purse none;
    return Sources::request(source, none, now);
  }
};

TEST(Sources, a_burst_then_the_rate) {
  Plain sources({.connections = 2, .requests_per_s = 10, .burst = 3, .connect_tokens = 0, .remembered = 8});
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
  Plain sources({.connections = 1, .requests_per_s = 1, .burst = 1, .connect_tokens = 0, .remembered = 8});
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
  Plain sources({.connections = 1, .requests_per_s = 1, .burst = 2, .connect_tokens = 0, .remembered = 3});
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
  Plain sources({.connections = 9, .requests_per_s = 10, .burst = 7, .connect_tokens = 3, .remembered = 8});
  EXPECT_TRUE(sources.connect(1, kStart));
  EXPECT_TRUE(sources.connect(1, kStart));
  EXPECT_FALSE(sources.connect(1, kStart));                // one token is left
  EXPECT_TRUE(sources.request(1, kStart));
  EXPECT_FALSE(sources.connect(1, kStart + milliseconds(250)));
  EXPECT_TRUE(sources.connect(1, kStart + milliseconds(350)));
}

TEST(Sources, rubbish_is_paid_for_and_debt_ends) {
  Plain sources({.connections = 9, .requests_per_s = 10, .burst = 5, .connect_tokens = 1, .most_debt = 20, .remembered = 8});
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
  Plain sources({.connections = 9, .requests_per_s = 10, .burst = 500, .connect_tokens = 0, .offence_tokens = 100, .forgiven = 2, .most_debt = 10'000, .remembered = 8});
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
  Plain sources({.connections = 9, .requests_per_s = 10, .burst = 500, .connect_tokens = 1, .most_debt = 100, .remembered = 8});
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
  Plain sources({.connections = 9, .requests_per_s = 1, .burst = 1'000, .connect_tokens = 0, .offence_tokens = 100, .forgiven = 1, .remembered = 8});
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

constexpr SourceLimits kPoor{.connections = 9, .requests_per_s = 10, .burst = 100, .connect_tokens = 10, .most_debt = 1'000, .remembered = 8,
                             .reserve = 2, .reserve_refill_ms = 2'000, .purse = 4, .purse_per_s = 2};
constexpr double kEverything = 5'000;
size_t heard(Sources& sources, Sources::Purse& purse, Sources::Time now) {
  size_t out = 0;
  while (out < 1'000 && sources.request(1, purse, now)) ++out;
  return out;
}

TEST(Sources, a_neighbour_in_debt_leaves_each_connection_its_purse) {
  Sources sources(kPoor);
  ASSERT_TRUE(sources.connect(1, kStart));
  ASSERT_TRUE(sources.connect(1, kStart));
  auto rude = sources.purse(kStart), quiet = sources.purse(kStart);
  sources.charge(1, kEverything, kStart);
  sources.spoil(rude, kStart);
  EXPECT_EQ(heard(sources, rude, kStart), 0u);             // rubbish is its own affair
  EXPECT_EQ(heard(sources, quiet, kStart), 4u);
  const auto later = kStart + std::chrono::seconds(60);
  EXPECT_EQ(heard(sources, quiet, later), 0u);             // it has earned nothing
  sources.earn(quiet, later);
  EXPECT_EQ(heard(sources, quiet, later + milliseconds(1'100)), 2u);
  EXPECT_EQ(heard(sources, quiet, later + std::chrono::seconds(30)), 4u);           // never more than a purse
  sources.spoil(quiet, later + std::chrono::seconds(35));
  EXPECT_EQ(heard(sources, quiet, later + std::chrono::seconds(39)), 0u);
}

TEST(Sources, purses_are_for_bad_times) {
  Sources sources(kPoor);
  ASSERT_TRUE(sources.connect(1, kStart));
  auto purse = sources.purse(kStart);
  for (int i = 0; i < 90; ++i) ASSERT_TRUE(sources.request(1, purse, kStart));
  EXPECT_EQ(purse.tokens, 4);
  EXPECT_EQ(heard(sources, purse, kStart), 4u);
}

// However many connections earn a purse: together they get their refills, and nobody gets a new purse by coming back.
TEST(Sources, earning_again_and_again_earns_nothing_more) {
  Sources sources(kPoor);
  ASSERT_TRUE(sources.connect(1, kStart));
  sources.charge(1, kEverything, kStart);
  auto purse = sources.purse(kStart);
  size_t all = 0;
  for (int ms = 0; ms <= 10'000; ms += 100) {
    sources.earn(purse, kStart + milliseconds(ms));
    all += heard(sources, purse, kStart + milliseconds(ms));
  }
  EXPECT_LE(all, 4u + 20);
  EXPECT_GE(all, 4u + 19);
}

TEST(Sources, a_source_in_debt_has_connections_in_reserve) {
  Sources sources(kPoor);
  ASSERT_TRUE(sources.connect(1, kStart));
  sources.charge(1, kEverything, kStart);                  // 1,000 in debt: a hundred seconds
  EXPECT_TRUE(sources.connect(1, kStart));
  EXPECT_TRUE(sources.connect(1, kStart));
  EXPECT_FALSE(sources.connect(1, kStart));
  EXPECT_FALSE(sources.connect(1, kStart + milliseconds(1'900)));
  EXPECT_TRUE(sources.connect(1, kStart + milliseconds(2'100)));
  EXPECT_FALSE(sources.connect(1, kStart + milliseconds(2'100)));
  size_t all = 0;                                          // whatever is tried, one in two seconds
  for (int ms = 2'200; ms < 42'200; ms += 10) {
    if (!sources.connect(1, kStart + milliseconds(ms))) continue;
    ++all;
    sources.disconnect(1);
  }
  EXPECT_LE(all, 21u);
  EXPECT_GE(all, 19u);
  auto purse = sources.purse(kStart);
  EXPECT_EQ(heard(sources, purse, kStart), 4u);            // none of it pays the debt
}

TEST(Sources, who_insists_is_let_in_when_there_is_a_reserve) {
  Sources sources(kPoor);
  ASSERT_TRUE(sources.connect(1, kStart));
  sources.charge(1, kEverything, kStart);
  EXPECT_TRUE(sources.connect(1, kStart));
  EXPECT_TRUE(sources.connect(1, kStart));
  for (int i = 0; i < 8; ++i) EXPECT_FALSE(sources.connect(1, kStart));
  EXPECT_EQ(sources.unheard(kStart, 9).size(), 1u);
  const auto then = kStart + milliseconds(2'100);
  EXPECT_EQ(sources.unheard(then, 9).size(), 0u);
  EXPECT_TRUE(sources.connect(1, then));
  EXPECT_EQ(sources.unheard(then, 9).size(), 1u);          // at once
}

}  // namespace
}  // namespace sotto::net
