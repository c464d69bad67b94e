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

}  // namespace
}  // namespace sotto::net
