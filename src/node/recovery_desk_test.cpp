#include "node/recovery_desk.hpp"

#include <gtest/gtest.h>

#include "ledger/test_support.hpp"

namespace sotto::node {
namespace {

using Taken = RecoveryDesk::Taken;

Hash32 nf_of(uint64_t i) { return crypto::Fr::from_u64(i + 1).encode(); }

TEST(RecoveryDesk, ItsPlacesAreBoundedAndFairBetweenSources) {
  RecoveryDesk desk;
  uint64_t note = 0;
  for (; note < kMaxRecoveriesPerSource; ++note) EXPECT_EQ(desk.take(1, nf_of(note)), Taken::taken);
  EXPECT_EQ(desk.take(1, nf_of(note)), Taken::source_busy);
  EXPECT_EQ(desk.take(2, nf_of(0)), Taken::again);        // whoever asked first
  EXPECT_EQ(desk.take(2, nf_of(note++)), Taken::taken);
  desk.refused(nf_of(0));
  EXPECT_EQ(desk.take(1, nf_of(0)), Taken::taken);
  for (uint64_t source = 3; desk.size() < kMaxRecoveriesWaiting; ++note) EXPECT_EQ(desk.take(source + note / 4, nf_of(note)), Taken::taken);
  EXPECT_EQ(desk.take(1'000'000, nf_of(note)), Taken::busy);
}

TEST(RecoveryDesk, OffersUntilTheLedgerHasDecided) {
  ledger::testing::World world;
  RecoveryDesk desk;
  const auto payment = world.payment();
  const auto recovery = std::make_shared<const ledger::Transaction>(world.recovery(payment));
  const auto nf = payment.transfers[0].inputs[0].nf.bytes();
  EXPECT_EQ(RecoveryDesk::place_of(*recovery), nf);
  ASSERT_EQ(desk.take(1, nf), Taken::taken);
  EXPECT_TRUE(desk.due(world.state, world.archive).empty());   // its proof is being checked
  EXPECT_EQ(desk.size(), 1u);
  desk.verified(nf, recovery);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(desk.due(world.state, world.archive), std::vector{recovery});
  ASSERT_EQ(world.step({*recovery})[0], ledger::Outcome::took_effect);
  EXPECT_TRUE(desk.due(world.state, world.archive).empty());
  EXPECT_EQ(desk.size(), 0u);
}

}  // namespace
}  // namespace sotto::node
