// Payments that were final by their certificate and will never execute: somebody with more than a third of the stake signed two
// transactions over one note. Whoever was to have the money is told, and keeps the evidence.
#include <gtest/gtest.h>

#include "wallet/wallet_for_test.hpp"

namespace sotto::wallet {
namespace {

// Two devices of alice's hold the same notes: one pays bob, the other carol.
struct Race : Scene {
  MemoryRows second_rows, carol_rows;
  Wallet second = caught_up(second_rows, 1), carol = caught_up(carol_rows, 3);
  Outgoing to_bob = pay(alice, bob, kUsd, 200), to_carol = pay(second, carol, kUsd, 300);
  ledger::Transaction bobs = world.decode(to_bob), carols = world.decode(to_carol);
  settle::SettlementCertificate certificate = world.certificate(bobs);
  Wallet caught_up(RowStore& rows, uint8_t who) {
    Wallet made = world.wallet(rows, who);
    world.sync(made);
    return made;
  }
  Result<std::vector<Incoming>, Refusal> hand_over() {
    return bob.receive(*to_bob.bytes, certificate, *world.committee, world.authority);
  }
  uint64_t committee_epoch() const { return world.committee->epoch(); }
  void block_of_epoch(uint64_t epoch, Wallet& wallet) {
    world.block({});
    ScannedBlock block = world.scanned_block(world.height());
    block.epoch = epoch;
    ASSERT_TRUE(wallet.apply_blocks({&block, 1}, world.pool).ok());
  }
};

TEST(Lost, ThePayeeIsToldAndKeepsBothProofs) {
  Race r;
  ASSERT_TRUE(r.hand_over().ok());
  EXPECT_EQ(r.bob.balance(kUsd).arriving, Amount(200));
  r.world.block({r.carols});
  const auto effects = r.world.sync(r.bob);
  EXPECT_EQ(effects.lost, std::vector{r.to_bob.txid});
  for (const bool reopened : {false, true}) {
    if (reopened) r.bob = r.world.reopened(r.bob_rows);
    EXPECT_EQ(r.bob.balance(kUsd).total(), Amount(0));
    EXPECT_TRUE(r.bob.state().is_void(r.to_bob.txid));
    ASSERT_EQ(r.bob.history().size(), 1u);
    EXPECT_EQ(r.bob.history()[0].lost, (Lost{r.to_carol.txid, 1}));
    ASSERT_EQ(r.bob.history()[0].received.size(), 1u);
    const auto& kept = r.bob.state().delivered.at(r.to_bob.txid);
    EXPECT_EQ(*kept.bytes, *r.to_bob.bytes);
    EXPECT_EQ(kept.certificate, r.certificate.encode());
    // Handed over once more it is no news and no money, and no receipt is signed for it.
    const auto again = r.hand_over();
    ASSERT_TRUE(again.ok());
    EXPECT_FALSE((*again)[0].credited);
    EXPECT_TRUE((*again)[0].lost);
    EXPECT_EQ(r.bob.sign_receipt((*again)[0].output, r.world.entropy).error().reject, Reject::payment_void);
  }
}

TEST(Lost, ThePayersChangeNeverComes) {
  Race r;
  ASSERT_TRUE(r.alice.settled(r.to_bob.txid, r.certificate, *r.world.committee).ok());
  EXPECT_EQ(r.alice.balance(kUsd).arriving, Amount(300));
  r.world.block({r.carols});
  const auto effects = r.world.sync(r.alice);
  EXPECT_EQ(effects.refused, std::vector{r.to_bob.txid});
  EXPECT_EQ(effects.lost, std::vector{r.to_bob.txid});
  for (const bool reopened : {false, true}) {
    if (reopened) r.alice = r.world.reopened(r.alice_rows);
    // The other device's change is here, that of the lost payment is not.
    EXPECT_EQ(r.alice.balance(kUsd).total(), Amount(200));
    EXPECT_EQ(r.alice.balance(kUsd).arriving, Amount(0));
    EXPECT_TRUE(r.alice.state().is_void(r.to_bob.txid));
    EXPECT_EQ(r.alice.state().history.at(r.to_bob.txid).lost, (Lost{r.to_carol.txid, 1}));
    EXPECT_EQ(r.alice.payment(r.to_bob.txid)->certificate, r.certificate.encode());
  }
}

TEST(Lost, WithoutACertificateItWasMerelyRefused) {
  Race r;
  r.world.block({r.carols});
  r.world.sync(r.alice);
  EXPECT_EQ(r.alice.payment(r.to_bob.txid)->state, PaymentState::refused);
  EXPECT_FALSE(r.alice.state().is_void(r.to_bob.txid));
  EXPECT_EQ(r.alice.state().history.at(r.to_bob.txid).lost, (Lost{r.to_carol.txid, 1}));
}

TEST(Lost, WhatABlockHasIsKeptNoLonger) {
  Race r;
  ASSERT_TRUE(r.hand_over().ok());
  EXPECT_EQ(r.bob.state().delivered.size(), 1u);
  r.world.block({r.bobs});
  EXPECT_TRUE(r.world.sync(r.bob).lost.empty());
  EXPECT_TRUE(r.bob.state().delivered.empty());
  EXPECT_TRUE(r.world.reopened(r.bob_rows).state().delivered.empty());
  EXPECT_TRUE(r.hand_over().ok());
  EXPECT_TRUE(r.bob.state().delivered.empty());
  EXPECT_EQ(r.bob.balance(kUsd).spendable, Amount(200));
}

TEST(Lost, ACertificateDiesWithItsEpoch) {
  Race r;
  ASSERT_TRUE(r.hand_over().ok());
  ASSERT_TRUE(r.alice.settled(r.to_bob.txid, r.certificate, *r.world.committee).ok());
  r.block_of_epoch(r.committee_epoch(), r.bob);
  EXPECT_FALSE(r.bob.state().is_void(r.to_bob.txid));
  r.block_of_epoch(r.committee_epoch() + 1, r.bob);
  EXPECT_EQ(r.bob.state().history.at(r.to_bob.txid).lost, (Lost{std::nullopt, 2}));
  EXPECT_EQ(r.bob.balance(kUsd).total(), Amount(0));
  // The payer may send it anew: its notes stay put, its change counts once.
  r.world.sync(r.alice);
  r.block_of_epoch(r.committee_epoch() + 1, r.alice);
  EXPECT_EQ(r.alice.payment(r.to_bob.txid)->state, PaymentState::pending);
  EXPECT_EQ(r.alice.balance(kUsd).total(), Amount(300));
  // Certified again by those in office now, it is in a block after all.
  r.world.block({r.bobs});
  r.world.sync(r.bob);
  r.world.sync(r.alice);
  for (const Wallet* wallet : {&r.bob, &r.alice}) EXPECT_FALSE(wallet->state().lost(r.to_bob.txid));
  EXPECT_EQ(r.bob.balance(kUsd).spendable, Amount(200));
  EXPECT_EQ(r.alice.balance(kUsd).spendable, Amount(300));
}

// The block came first, the payment after it: no block tells of it again. Validators are asked once it is overdue.
TEST(Lost, WhoIsHandedItLaterAsksWhenItIsOverdue) {
  Race r;
  r.world.block({r.carols});
  r.world.sync(r.bob);
  ASSERT_TRUE(r.hand_over().ok());
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(r.bob.overdue().empty());
    r.world.block({});
    r.world.sync(r.bob);
  }
  ASSERT_EQ(r.bob.overdue().size(), 1u);
  EXPECT_EQ(r.bob.lost({}, std::nullopt, 1).error().reject, Reject::unknown_payment);
  ASSERT_TRUE(r.bob.lost(r.to_bob.txid, std::nullopt, 4).ok());
  EXPECT_TRUE(r.bob.overdue().empty());
  EXPECT_EQ(r.bob.balance(kUsd).total(), Amount(0));
  // Who spent it is worth more, and is not forgotten for less.
  ASSERT_TRUE(r.bob.lost(r.to_bob.txid, r.to_carol.txid, 1).ok());
  ASSERT_TRUE(r.bob.lost(r.to_bob.txid, std::nullopt, 5).ok());
  EXPECT_EQ(r.bob.state().history.at(r.to_bob.txid).lost, (Lost{r.to_carol.txid, 1}));
}

TEST(Lost, ARetryIsOnePayment) {
  Race r;
  EXPECT_EQ(r.alice.retried(r.to_bob.txid, r.to_carol.txid).error().reject, Reject::unknown_payment);
  ASSERT_TRUE(r.alice.refused(r.to_bob.txid, "locked by a rival").ok());
  const Outgoing again = r.pay(r.alice, r.bob, kUsd, 200);
  ASSERT_TRUE(r.alice.retried(r.to_bob.txid, again.txid).ok());
  r.alice = r.world.reopened(r.alice_rows);
  EXPECT_EQ(r.alice.state().history.at(r.to_bob.txid).retried_by, again.txid);
}

}  // namespace
}  // namespace sotto::wallet
