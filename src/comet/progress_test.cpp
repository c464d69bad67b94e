// An invented clock; one look a second.
#include "comet/progress.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sotto::comet {
namespace {

using Act = ProgressJudge::Act;
using S = EngineState;

class Judge : public ::testing::Test {
 protected:
  // `seconds` looks at the same thing; the last verdict. What was done on the way is counted.
  ProgressJudge::Verdict look(const EngineSeen& seen, int seconds = 1) {
    ProgressJudge::Verdict v;
    for (int i = 0; i < seconds; ++i) {
      v = judge.step(now += 1'000, seen);
      restarts += v.act == Act::restart;
      given_up |= v.act == Act::give_up;
    }
    return v;
  }
  static EngineSeen rests(uint64_t height) { return {height, height, true, false, false}; }
  static EngineSeen behind(uint64_t ours, uint64_t others) { return {ours, others, true, false, false}; }
  static EngineSeen silent(uint64_t height) { return {height, height, false, false, false}; }
  ProgressJudge judge{{10'000, 2, 1, 5'000}};
  uint64_t now = 77;
  int restarts = 0;
  bool given_up = false;
};

TEST_F(Judge, AChainThatRestsIsWell) {
  const auto v = look(rests(5), 100'000);
  EXPECT_EQ(v.state, S::fine);
  EXPECT_EQ(v.stalled_ms, 0u);
  EXPECT_EQ(restarts, 0);
}

TEST_F(Judge, WorkThatOthersHoldUpIsNotItsFault) {
  look({5, 5, true, true, false}, 100'000);                // no quorum is there
  EXPECT_EQ(restarts, 0);
  EXPECT_EQ(look({5, 0, true, true, false}, 100'000).state, S::fine);   // nobody else answers
  EXPECT_EQ(restarts, 0);
}

TEST_F(Judge, CatchingUpIsBehindAndNoMore) {
  for (uint64_t h = 0; h < 1'000; ++h) EXPECT_EQ(look(behind(h, 5'000), 9).state, S::behind);
  EXPECT_EQ(restarts, 0);
  // Reading old blocks back before its RPC listens.
  for (uint64_t h = 1'000; h < 2'000; ++h) EXPECT_EQ(look({h, 0, false, false, false}, 9).state, S::fine);
  EXPECT_EQ(restarts, 0);
}

TEST_F(Judge, OthersAdvanceAndItDoesNot) {
  look(rests(5));
  EXPECT_EQ(look(behind(5, 6), 9).state, S::behind);
  const auto v = look(behind(5, 7));
  EXPECT_EQ(v.state, S::engine_stuck);
  EXPECT_EQ(v.act, Act::restart);
  EXPECT_EQ(v.stalled_ms, 10'000u);
  EXPECT_EQ(look(behind(5, 7), 3).state, S::engine_stuck);  // until it moves
  EXPECT_EQ(look(behind(6, 7)).state, S::behind);
  EXPECT_EQ(look(rests(7)).state, S::fine);
  EXPECT_EQ(restarts, 1);
}

TEST_F(Judge, AHungProcessIsHeardOfNoMoreEvenInRest) {
  look(rests(5));
  EXPECT_EQ(look(silent(5), 9).state, S::fine);
  EXPECT_EQ(look(silent(5)).state, S::engine_silent);
  EXPECT_EQ(restarts, 1);
  EXPECT_EQ(look(rests(5)).state, S::fine);
}

TEST_F(Judge, AloneItsOwnWorkSaysIt) {
  look(rests(5));
  EXPECT_EQ(look({5, 0, true, true, true}, 10).act, Act::restart);
}

TEST_F(Judge, PatienceDoublesThenItGivesUp) {
  look(rests(5));
  look(behind(5, 6), 10);
  EXPECT_EQ(restarts, 1);
  look(behind(5, 6), 19);
  EXPECT_EQ(restarts, 1);
  look(behind(5, 6), 1);
  EXPECT_EQ(restarts, 2);
  look(behind(5, 6), 19);
  EXPECT_FALSE(given_up);
  look(behind(5, 6), 1);
  EXPECT_TRUE(given_up);
  EXPECT_EQ(restarts, 2);
}

TEST_F(Judge, ProgressBeginsTheCountAnew) {
  look(rests(5));
  for (uint64_t h = 5; h < 50; ++h) look(behind(h, 100), 11);
  EXPECT_FALSE(given_up);
  EXPECT_EQ(restarts, 45);
}

TEST_F(Judge, TimeWeSleptIsNotTheEngines) {
  look(rests(5));
  look(behind(5, 6));
  now += 1'000'000;
  EXPECT_EQ(look(behind(5, 6)).act, Act::none);
}

TEST(SurelyReached, OneLiarMovesNothing) {
  using Members = std::vector<std::pair<uint64_t, uint64_t>>;
  EXPECT_EQ(surely_reached(Members{{1'000, 1}, {7, 1}, {6, 1}, {0, 1}}), 7u);
  EXPECT_EQ(surely_reached(Members{{1'000, 1}, {0, 1}, {0, 1}, {0, 1}}), 0u);
  EXPECT_EQ(surely_reached(Members{{1'000, 1}, {3, 1}}), 1'000u);
  EXPECT_EQ(surely_reached(Members{{1'000, 33}, {9, 1}, {6, 40}, {0, 26}}), 9u);
  EXPECT_EQ(surely_reached(Members{}), 0u);
  const uint64_t most = UINT64_MAX;
  EXPECT_EQ(surely_reached(Members{{9, most}, {8, most}, {7, most}, {0, most}}), 8u);
}

}  // namespace
}  // namespace sotto::comet
