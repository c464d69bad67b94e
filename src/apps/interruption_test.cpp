#include "apps/interruption.hpp"

#include <gtest/gtest.h>

#include "wallet/wallet_for_test.hpp"

namespace sotto::apps {
namespace {

using wallet::Scene;

// Alice's wallet writes through it.
struct Watched : Scene {
  Interruption rows{alice_rows};
  wallet::Wallet watched = world.reopened(rows);
  Interrupted now() { return rows.now(2, true); }
};

TEST(Interruption, SaysWhereTheMoneyIs) {
  Watched w;
  EXPECT_EQ(w.now().code, 130);
  EXPECT_EQ(w.now().message, "interrupted; money not moved");
  EXPECT_EQ(w.rows.now(15, false).code, 143);
  EXPECT_EQ(w.rows.now(15, false).message.find("money"), std::string::npos);

  // Not stored: not moved. Stored: it may move, sent or not.
  w.alice_rows.fail_next = true;
  EXPECT_EQ(w.refused(w.watched, w.world.request(w.bob.address(), wallet::kUsd, 200)), wallet::Reject::store_failed);
  EXPECT_EQ(w.now().code, 130);
  const auto out = w.pay(w.watched, w.bob, wallet::kUsd, 200);
  EXPECT_EQ(w.now().code, static_cast<int>(ExitCode::pending));
  EXPECT_EQ(w.now().txid, out.txid.hex());

  const auto certificate = w.world.certificate(w.world.decode(out));
  ASSERT_TRUE(w.watched.settled(out.txid, certificate, *w.world.committee).ok());
  EXPECT_EQ(w.now().code, 130);
  EXPECT_EQ(w.now().txid, out.txid.hex());
}

TEST(Interruption, APaymentThatWasRefusedHasNotMoved) {
  Watched w;
  const auto out = w.pay(w.watched, w.bob, wallet::kUsd, 200);
  ASSERT_TRUE(w.watched.refused(out.txid, "locked").ok());
  EXPECT_EQ(w.now().message, "interrupted; money not moved");
}

TEST(Interruption, WhatIsSentAgainMayMove) {
  Watched w;
  const auto out = w.pay(w.alice, w.bob, wallet::kUsd, 200);        // by an earlier command
  w.watched = w.world.reopened(w.rows);
  EXPECT_EQ(w.now().code, 130);
  w.rows.sends(*w.watched.payment(out.txid));
  EXPECT_EQ(w.now().code, static_cast<int>(ExitCode::pending));
}

}  // namespace
}  // namespace sotto::apps
