#include "node/log.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "crypto/random.hpp"

namespace sotto::node {
namespace {

struct SetClock final : Clock {
  uint64_t now = 1'700'000'000'123;
  uint64_t now_ms() const override { return now; }
  uint64_t monotonic_us() const override { return now * 1000; }
};

struct LogTest : ::testing::Test {
  crypto::SystemEntropy entropy;
  std::vector<std::string> lines;
  SetClock clock;
  Log log = make();

  Log make() { return {LogLevel::info, [this](std::string_view line) { lines.emplace_back(line); }, clock, entropy}; }
};

TEST_F(LogTest, one_object_a_line) {
  log.say(LogLevel::warn, "thing", {{"count", uint64_t{3}}, {"what", std::string("a \"b\"\n")}, {"share", 0.5}, {"fine", true}});
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(std::count(lines[0].begin(), lines[0].end(), '\n'), 1);
  EXPECT_EQ(nlohmann::json::parse(lines[0]), nlohmann::json({{"time", "2023-11-14T22:13:20.123Z"},
                                                             {"level", "warn"},
                                                             {"event", "thing"},
                                                             {"count", 3},
                                                             {"what", "a \"b\"\n"},
                                                             {"share", 0.5},
                                                             {"fine", true}}));
}

TEST_F(LogTest, below_its_level_nothing) {
  log.say(LogLevel::debug, "thing");
  EXPECT_TRUE(lines.empty());
  for (const auto level : {LogLevel::debug, LogLevel::info, LogLevel::warn, LogLevel::error}) EXPECT_EQ(parse_log_level(name(level)), level);
  EXPECT_EQ(parse_log_level("loud"), std::nullopt);
}

TEST_F(LogTest, an_event_in_a_storm_is_counted_and_others_are_heard) {
  for (int i = 0; i < 100; ++i) log.say(LogLevel::warn, "storm");
  EXPECT_EQ(lines.size(), static_cast<size_t>(Log::kBurst));
  log.say(LogLevel::warn, "other");
  EXPECT_EQ(lines.size(), static_cast<size_t>(Log::kBurst) + 1);
  clock.now += 1000;
  log.say(LogLevel::warn, "storm");
  EXPECT_EQ(nlohmann::json::parse(lines.back())["suppressed"], 100 - static_cast<int>(Log::kBurst));
  log.say(LogLevel::warn, "storm");
  EXPECT_FALSE(nlohmann::json::parse(lines.back()).contains("suppressed"));
  const size_t before = lines.size();
  log.say(LogLevel::warn, "storm");
  EXPECT_EQ(lines.size(), before);
}

TEST_F(LogTest, a_source_is_the_same_in_one_process_only) {
  const auto again = make();
  EXPECT_EQ(log.source(0x7f000001), log.source(0x7f000001));
  EXPECT_NE(log.source(0x7f000001), log.source(0x7f000002));
  EXPECT_NE(log.source(0x7f000001), again.source(0x7f000001));
  EXPECT_EQ(log.source(1).size(), 16u);
}

}  // namespace
}  // namespace sotto::node
