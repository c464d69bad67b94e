#include "apps/moment.hpp"

#include <cstdlib>
#include <ctime>

#include <gtest/gtest.h>

namespace sotto::apps {
namespace {

TEST(Moment, IsUtcForPrograms) {
  EXPECT_EQ(rfc3339(1'700'000'000'042), "2023-11-14T22:13:20.042Z");
  EXPECT_EQ(rfc3339(0), "");
  EXPECT_EQ(rfc3339(UINT64_MAX), "");
}

TEST(Moment, IsLocalForPeopleAndNamesItsZone) {
  const auto in = [](const char* zone, uint64_t ms) {
    setenv("TZ", zone, 1);
    tzset();
    return local_time(ms);
  };
  EXPECT_EQ(in("XYZ-05:30", 1'700'000'000'042), "2023-11-15 03:43 +0530");
  const char* summer = "CET-1CEST,M3.5.0,M10.5.0/3";          // the rule of central Europe
  EXPECT_EQ(in(summer, 1'700'000'000'000), "2023-11-14 23:13 +0100");
  EXPECT_EQ(in(summer, 1'690'000'000'000), "2023-07-22 06:26 +0200");
  EXPECT_EQ(in(summer, 0), "");
}

}  // namespace
}  // namespace sotto::apps
