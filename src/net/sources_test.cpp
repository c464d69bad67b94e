#include "net/sources.hpp"

#include <gtest/gtest.h>

namespace sotto::net {
namespace {

using std::chrono::milliseconds;
const Sources::Time kStart{};

TEST(Sources, a_burst_then_the_rate) {
  Sources sources({.connections = 2, .requests_per_s = 10, .burst = 3, .remembered = 8});
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
  Sources sources({.connections = 1, .requests_per_s = 1, .burst = 1, .remembered = 8});
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
  Sources sources({.connections = 1, .requests_per_s = 1, .burst = 2, .remembered = 3});
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

}  // namespace
}  // namespace sotto::net
