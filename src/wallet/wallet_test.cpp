#include "wallet/wallet.hpp"

#include <gtest/gtest.h>

#include "wallet/wallet_for_test.hpp"

namespace sotto::wallet {
namespace {

TEST(Wallet, PaysEndToEnd) {
  Scene s;
  EXPECT_EQ(s.alice.balance(kNative).spendable, Amount(1000));
  const Outgoing out = s.pay(s.alice, s.bob, kUsd, 200);
  const ledger::Transaction tx = s.world.decode(out);
  EXPECT_TRUE(s.world.anchors_known(tx));
  EXPECT_EQ(tx.expiry, s.world.height() + 20);
  EXPECT_EQ(s.alice.payment(out.txid)->state, PaymentState::pending);
  // While it is pending nothing is gone but what was paid.
  EXPECT_EQ(s.alice.balance(kUsd).spendable, Amount(0));
  EXPECT_EQ(s.alice.balance(kUsd).arriving, Amount(300));
  EXPECT_EQ(s.alice.balance(kNative).total(), Amount(990));

  const auto certificate = s.world.certificate(tx);
  ASSERT_TRUE(s.alice.settled(out.txid, certificate, *s.world.committee).ok());
  ASSERT_TRUE(s.alice.settled(out.txid, certificate, *s.world.committee).ok());
  EXPECT_EQ(s.alice.payment(out.txid)->state, PaymentState::settled);
  EXPECT_EQ(s.alice.balance(kUsd).arriving, Amount(300));
  const auto got = s.bob.receive(*out.bytes, certificate, *s.world.committee, s.world.authority);
  ASSERT_TRUE(got.ok());
  ASSERT_EQ(got->size(), 1u);
  EXPECT_EQ((*got)[0].value, Amount(200));
  EXPECT_EQ((*got)[0].asset, kUsd);
  EXPECT_TRUE((*got)[0].credited);
  EXPECT_EQ(s.bob.balance(kUsd).arriving, Amount(200));
  EXPECT_EQ(s.bob.balance(kUsd).spendable, Amount(0));

  s.world.block({tx});
  const BlockEffects at_alice = s.world.sync(s.alice), at_bob = s.world.sync(s.bob);
  EXPECT_EQ(at_alice.executed, std::vector<TxId>{out.txid});
  EXPECT_TRUE(at_alice.received.empty());
  ASSERT_EQ(at_bob.received.size(), 1u);
  EXPECT_FALSE(at_bob.received[0].credited);  // known already
  EXPECT_EQ(s.bob.balance(kUsd).spendable, Amount(200));
  EXPECT_EQ(s.bob.balance(kUsd).arriving, Amount(0));
  EXPECT_EQ(s.alice.balance(kUsd).spendable, Amount(300));
  EXPECT_EQ(s.alice.balance(kNative).spendable, Amount(990));
  EXPECT_EQ(s.alice.balance(kNative).height, 1u);
  EXPECT_EQ(s.alice.payment(out.txid)->state, PaymentState::executed);

  // And onward: what came in can be spent.
  s.world.block({s.world.issue(s.bob.address(), kNative, 50)});
  s.sync();
  const Outgoing back = s.pay(s.bob, s.alice, kUsd, 150);
  s.world.block({s.world.decode(back)});
  s.sync();
  EXPECT_EQ(s.alice.balance(kUsd).total(), Amount(450));
  EXPECT_EQ(s.bob.balance(kUsd).total(), Amount(50));
  EXPECT_EQ(s.bob.balance(kNative).total(), Amount(40));
}

TEST(Wallet, EveryTransactionLooksLikeEveryOther) {
  Scene s;
  const ledger::Transaction a = s.world.decode(s.pay(s.alice, s.bob, kUsd, 200));   // three notes out, two in
  Scene t;
  const ledger::Transaction b = t.world.decode(t.pay(t.alice, t.bob, kNative, 990));  // one in, one out
  EXPECT_EQ(ledger::encode(a).size(), ledger::encode(b).size());
  for (const auto* tx : {&a, &b}) {
    for (const auto& input : tx->transfers[0].inputs) EXPECT_EQ(input.anchor, tx->transfers[0].inputs[0].anchor);
    EXPECT_EQ(tx->transfers[0].v_in + tx->transfers[0].v_out, 0u);
  }
}

TEST(Wallet, PaymentsRunAtOnceOnSplitChange) {
  Scene s;
  const Outgoing first = s.pay(s.alice, s.bob, kNative, 100);
  EXPECT_EQ(s.refused(s.alice, s.world.request(s.bob.address(), kNative, 100)), Reject::funds_arriving);
  s.world.block({s.world.decode(first)});
  s.sync();
  // Change came back in two notes: two payments, neither waiting for the other, no note in both.
  const Outgoing second = s.pay(s.alice, s.bob, kNative, 100), third = s.pay(s.alice, s.bob, kNative, 100);
  s.world.block({s.world.decode(second), s.world.decode(third)});  // CHECKs that no nullifier is in both
  s.sync();
  EXPECT_EQ(s.bob.balance(kNative).total(), Amount(300));
  EXPECT_EQ(s.alice.balance(kNative).total(), Amount(1000 - 300 - 30));
}

TEST(Wallet, SplitsAheadAndMerges) {
  Scene s;
  const auto split = s.alice.split(kUsd, kNative, kFee, s.world.prover, s.world.entropy);
  ASSERT_TRUE(split.ok());
  s.world.block({s.world.decode(*split)});
  s.sync();
  EXPECT_EQ(s.alice.balance(kUsd).spendable, Amount(500));
  EXPECT_EQ(std::count_if(s.alice.state().notes.begin(), s.alice.state().notes.end(),
                          [](const auto& n) { return n.second.opened.payment.asset == kUsd && !n.second.spent_by; }), 2);
  s.world.block({s.world.issue(s.alice.address(), kUsd, 40)});
  s.sync();
  EXPECT_EQ(s.refused(s.alice, s.world.request(s.bob.address(), kUsd, 540)), Reject::needs_merge);
  const auto plan = s.alice.plan({kUsd, Amount(540), kNative, kFee});
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->plan.merges, 1u);
  EXPECT_EQ(plan->plan.fees(), Amount(20));
  const auto merge = s.alice.merge(*plan, 0, s.world.prover, s.world.entropy);
  ASSERT_TRUE(merge.ok());
  EXPECT_EQ(s.alice.payment(merge->txid)->kind(), PaymentKind::merge);
  EXPECT_EQ(s.alice.payment(split->txid)->kind(), PaymentKind::split);
  EXPECT_EQ(s.alice.merge(*plan, 0, s.world.prover, s.world.entropy).error().reject, Reject::plan_outdated);   // its notes are held
  s.world.block({s.world.decode(*merge)});
  s.sync();
  const Outgoing out = s.pay(s.alice, s.bob, kUsd, 540);
  s.world.block({s.world.decode(out)});
  s.sync();
  EXPECT_EQ(s.bob.balance(kUsd).total(), Amount(540));
  EXPECT_EQ(s.alice.balance(kUsd).total(), Amount(0));
  EXPECT_EQ(s.alice.split(kUsd, kNative, kFee, s.world.prover, s.world.entropy).error().reject, Reject::nothing_to_split);
}

TEST(Wallet, RefusesToPay) {
  Scene s;
  const auto base = s.world.request(s.bob.address(), kUsd, 100);
  const auto with = [&](auto change) {
    PayRequest r = base;
    change(r);
    return s.refused(s.alice, r);
  };
  EXPECT_EQ(with([](PayRequest& r) { r.amount = Amount(0); }), Reject::zero_amount);
  EXPECT_EQ(with([](PayRequest& r) { r.amount = Amount(501); }), Reject::insufficient_funds);
  EXPECT_EQ(with([](PayRequest& r) { r.asset = kEur; }), Reject::insufficient_funds);
  EXPECT_EQ(with([](PayRequest& r) { r.asset = kNative; r.amount = Amount(991); }), Reject::insufficient_funds);
  EXPECT_EQ(with([](PayRequest& r) { r.asset = kNative; r.amount = Amount(UINT64_MAX); }), Reject::too_large);
  EXPECT_EQ(with([](PayRequest& r) { r.asset = {9, 0}; }), Reject::unknown_asset);
  EXPECT_EQ(with([](PayRequest& r) { r.asset = {2, 1}; }), Reject::regulated_asset);
  EXPECT_EQ(with([](PayRequest& r) { r.fee = Amount(11); }), Reject::fee_not_allowed);
  EXPECT_EQ(with([](PayRequest& r) { r.fee_asset = kEur; }), Reject::fee_asset_not_allowed);
  EXPECT_EQ(with([](PayRequest& r) { r.memo = Bytes(513); }), Reject::memo_too_long);
  EXPECT_EQ(with([](PayRequest& r) { r.memo = {0xff}; }), Reject::memo_not_utf8);
  EXPECT_EQ(with([](PayRequest& r) { r.memo = {'a', 0xe2, 0x80, 0xae}; }), Reject::memo_hidden_mark);
  const PayRequest from_bob = s.world.request(s.alice.address(), kUsd, 1);
  s.world.block({s.world.issue(s.bob.address(), kUsd, 20)});
  s.sync();
  EXPECT_EQ(s.refused(s.bob, from_bob), Reject::insufficient_fee);
  s.world.block({s.world.issue(s.bob.address(), kNative, 6), s.world.issue(s.bob.address(), kNative, 7)});
  s.sync();
  EXPECT_EQ(s.refused(s.bob, from_bob), Reject::needs_fee_merge);
  EXPECT_EQ(s.world.prover.proofs, 5u);  // the issues; no refusal cost a proof
  EXPECT_TRUE(s.alice.to_resend().empty());
}

TEST(Wallet, PaysNoAddressOfAnotherNetwork) {
  Scene s;
  ledger::GenesisContent content = test_content();
  content.salt[0] = 1;                               // the same in everything else
  World other(4, content);
  MemoryRows rows;
  const Wallet stranger = other.wallet(rows, 2);     // bob's own words, even
  EXPECT_EQ(s.refused(s.alice, s.world.request(stranger.address(), kUsd, 100)), Reject::wrong_network);
  EXPECT_EQ(s.world.prover.proofs, 2u);              // the issues: nothing was proven for it
  EXPECT_TRUE(s.alice.to_resend().empty());
  EXPECT_EQ(s.alice.balance(kUsd).spendable, Amount(500));
}

TEST(Wallet, PaysFeesInDollars) {
  Scene s;
  PayRequest r = s.world.request(s.bob.address(), kUsd, 100);
  r.fee_asset = kUsd;
  const auto out = s.alice.pay(r, s.world.prover, s.world.entropy);
  ASSERT_TRUE(out.ok());
  s.world.block({s.world.decode(*out)});
  s.sync();
  EXPECT_EQ(s.alice.balance(kUsd).spendable, Amount(390));
  EXPECT_EQ(s.alice.balance(kNative).spendable, Amount(1000));
}

TEST(Wallet, ANewProofIsNeverMadeForAStoredPayment) {
  Scene s;
  const Outgoing out = s.pay(s.alice, s.bob, kUsd, 200);
  const size_t proofs = s.world.prover.proofs;
  // The machine dies between storing and sending, or after sending, any number of times.
  for (int i = 0; i < 3; ++i) {
    Wallet again = s.world.reopened(s.alice_rows);
    const auto pending = again.to_resend();
    ASSERT_EQ(pending.size(), 1u);
    EXPECT_EQ(pending[0].txid, out.txid);
    EXPECT_EQ(*pending[0].bytes, *out.bytes);
    // Its notes stay put: no second payment from them.
    EXPECT_EQ(s.refused(again, s.world.request(s.bob.address(), kUsd, 1)), Reject::funds_arriving);
  }
  EXPECT_EQ(s.world.prover.proofs, proofs);
}

TEST(Wallet, BytesAreStoredBeforeAnybodyHasThem) {
  Scene s;
  s.alice_rows.fail_next = true;
  EXPECT_EQ(s.refused(s.alice, s.world.request(s.bob.address(), kUsd, 200)), Reject::store_failed);
  EXPECT_TRUE(s.alice.to_resend().empty());
  EXPECT_EQ(s.alice.balance(kUsd).spendable, Amount(500));   // as if it had not been tried
  const auto before = s.alice_rows.rows;
  const Outgoing out = s.pay(s.alice, s.bob, kUsd, 200);
  bool stored = false;
  for (const auto& [key, value] : s.alice_rows.rows) {
    stored = stored || (key.table == Table::payments && std::search(value.begin(), value.end(), out.bytes->begin(), out.bytes->end()) != value.end());
  }
  EXPECT_TRUE(stored);
  EXPECT_NE(before, s.alice_rows.rows);
}

TEST(Wallet, AFaultyProverSendsNothing) {
  Scene s;
  s.world.prover.faulty = true;
  const auto rows = s.alice_rows.rows;
  EXPECT_EQ(s.refused(s.alice, s.world.request(s.bob.address(), kUsd, 200)), Reject::bad_own_proof);
  EXPECT_EQ(s.alice_rows.rows, rows);
  EXPECT_EQ(s.alice.balance(kUsd).spendable, Amount(500));
}

TEST(Wallet, AFailedCommitChangesNothingAnywhere) {
  Scene s;
  const Outgoing out = s.pay(s.alice, s.bob, kUsd, 200);
  const ledger::Transaction tx = s.world.decode(out);
  const auto certificate = s.world.certificate(tx);
  const auto unchanged = [&](Wallet& wallet, MemoryRows& rows, auto operation) {
    const auto before = rows.rows;
    const Balance balance = wallet.balance(kUsd);
    const uint64_t next = wallet.next_block();
    rows.fail_next = true;
    const auto result = operation();
    EXPECT_EQ(result.error().reject, Reject::store_failed);
    EXPECT_EQ(rows.rows, before);
    EXPECT_EQ(wallet.balance(kUsd).spendable, balance.spendable);
    EXPECT_EQ(wallet.balance(kUsd).arriving, balance.arriving);
    EXPECT_EQ(wallet.next_block(), next);
  };
  unchanged(s.alice, s.alice_rows, [&] { return s.alice.settled(out.txid, certificate, *s.world.committee); });
  unchanged(s.alice, s.alice_rows, [&] { return s.alice.refused(out.txid, "x"); });
  unchanged(s.alice, s.alice_rows, [&] { return s.alice.new_address(); });
  unchanged(s.bob, s.bob_rows, [&] { return s.bob.receive(*out.bytes, certificate, *s.world.committee, s.world.authority); });
  s.world.block({tx});
  const ScannedBlock block = s.world.scanned_block(1);
  unchanged(s.bob, s.bob_rows, [&] { return s.bob.apply_blocks({&block, 1}, s.world.pool); });
  s.sync();
  EXPECT_EQ(s.bob.balance(kUsd).spendable, Amount(200));
}

TEST(Wallet, APaymentThatLosesItsNoteFreesTheOthers) {
  // Two devices, one seed: the other one pays first.
  Scene s;
  MemoryRows second_rows;
  Wallet second = s.world.wallet(second_rows, 1);
  s.world.sync(second);
  const Outgoing mine = s.pay(s.alice, s.bob, kUsd, 200);       // dollars, and the native note for the fee
  const Outgoing theirs = s.pay(second, s.bob, kNative, 50);    // the native note
  s.world.block({s.world.decode(theirs)});
  const BlockEffects effects = s.world.sync(s.alice);
  EXPECT_EQ(effects.refused, std::vector<TxId>{mine.txid});
  EXPECT_EQ(s.alice.payment(mine.txid)->state, PaymentState::refused);
  EXPECT_NE(s.alice.payment(mine.txid)->reason.find(theirs.txid.hex()), std::string::npos);
  EXPECT_EQ(s.alice.balance(kUsd).spendable, Amount(500));
  EXPECT_EQ(s.alice.balance(kNative).spendable, Amount(940));
  EXPECT_TRUE(s.alice.to_resend().empty());
  // What the other device did is in this one's history too.
  const auto history = s.alice.history();
  const auto line = std::find_if(history.begin(), history.end(), [&](const auto& h) { return h.txid == theirs.txid; });
  ASSERT_NE(line, history.end());
  ASSERT_EQ(line->sent.size(), 1u);
  EXPECT_EQ(line->sent[0].value, Amount(50));
  EXPECT_EQ(line->sent[0].address, s.bob.address());
  EXPECT_EQ(line->fee, kFee);
}

TEST(Wallet, RefusedAndExpired) {
  Scene s;
  const Outgoing out = s.pay(s.alice, s.bob, kUsd, 200);
  EXPECT_EQ(s.alice.refused({}, "no").error().reject, Reject::unknown_payment);
  for (int i = 0; i < 21; ++i) s.world.block({});
  const BlockEffects effects = s.world.sync(s.alice);
  EXPECT_EQ(effects.expired, std::vector<TxId>{out.txid});
  EXPECT_EQ(s.alice.payment(out.txid)->state, PaymentState::expired);
  // Votes may lie about: its notes stay put until somebody says there are none.
  EXPECT_EQ(s.alice.balance(kUsd).spendable, Amount(0));
  EXPECT_TRUE(s.alice.to_resend().empty());
  ASSERT_TRUE(s.alice.refused(out.txid, "nobody locks its notes").ok());
  ASSERT_TRUE(s.alice.refused(out.txid, "again").ok());
  EXPECT_EQ(s.alice.payment(out.txid)->reason, "nobody locks its notes");
  EXPECT_EQ(s.alice.balance(kUsd).spendable, Amount(500));
  EXPECT_EQ(s.alice.balance(kUsd).arriving, Amount(0));
  s.alice = s.world.reopened(s.alice_rows);
  EXPECT_EQ(s.alice.payment(out.txid)->state, PaymentState::refused);

  // What is final is not refused.
  const Outgoing second = s.pay(s.alice, s.bob, kUsd, 100);
  const ledger::Transaction tx = s.world.decode(second);
  ASSERT_TRUE(s.alice.settled(second.txid, s.world.certificate(tx), *s.world.committee).ok());
  EXPECT_EQ(s.alice.refused(second.txid, "no").error().reject, Reject::payment_final);
  for (int i = 0; i < 30; ++i) s.world.block({});
  EXPECT_TRUE(s.world.sync(s.alice).expired.empty());  // settled payments do not expire
  s.world.block({tx});
  s.world.sync(s.alice);
  EXPECT_EQ(s.alice.refused(second.txid, "no").error().reject, Reject::payment_final);
}

TEST(Wallet, AnExpiredPaymentThatWasCertifiedAfterAllIsStillPaid) {
  Scene s;
  const Outgoing out = s.pay(s.alice, s.bob, kUsd, 200);
  for (int i = 0; i < 21; ++i) s.world.block({});
  s.sync();
  ASSERT_EQ(s.alice.payment(out.txid)->state, PaymentState::expired);
  s.world.block({s.world.decode(out)});
  EXPECT_EQ(s.world.sync(s.alice).executed, std::vector<TxId>{out.txid});
  EXPECT_EQ(s.alice.balance(kUsd).spendable, Amount(300));
}

TEST(Wallet, BalancesEqualAReferenceLedgerAfterManyRandomPayments) {
  World world(77);
  constexpr size_t kPeople = 4;
  std::array<MemoryRows, kPeople> rows;
  std::vector<Wallet> people;
  std::array<std::map<AssetOpening, uint64_t>, kPeople> reference;
  for (uint8_t i = 0; i < kPeople; ++i) people.push_back(world.wallet(rows[i], static_cast<uint8_t>(i + 1)));
  std::vector<ledger::Transaction> genesis;
  for (size_t i = 0; i < kPeople; ++i) {
    for (const AssetOpening& asset : {kNative, kUsd, kEur}) {
      for (int k = 0; k < 2; ++k) genesis.push_back(world.issue(people[i].address(), asset, 5000));
      reference[i][asset] += 10000;
    }
  }
  world.block(genesis);
  for (Wallet& w : people) world.sync(w);
  size_t paid = 0;
  for (int round = 0; round < 40; ++round) {
    std::vector<ledger::Transaction> block;
    for (size_t i = 0; i < kPeople; ++i) {
      for (uint64_t tries = world.entropy.below(3); tries-- > 0;) {
        const size_t j = world.entropy.below(kPeople);   // to oneself too
        const std::array assets{kNative, kUsd, kEur};
        PayRequest r = world.request(people[j].address(world.entropy.below(3)), assets[world.entropy.below(3)], 1 + world.entropy.below(3000));
        r.fee = Amount(world.entropy.below(2) * 10);
        r.fee_asset = world.entropy.below(2) == 0 ? kNative : kUsd;
        const auto out = people[i].pay(r, world.prover, world.entropy);
        if (!out.ok()) {
          if (out.error().reject == Reject::needs_merge) {
            const auto plan = people[i].plan({r.asset, r.amount, r.fee_asset, r.fee});
            for (size_t m = 0; plan.ok() && m < plan->plan.first.size(); ++m) {
              const auto merge = people[i].merge(*plan, m, world.prover, world.entropy);
              ASSERT_TRUE(merge.ok()) << name(merge.error().reject);
              reference[i][r.fee_asset] -= r.fee.units();
              block.push_back(world.decode(*merge));
            }
          }
          continue;
        }
        ++paid;
        reference[i][r.asset] -= r.amount.units();
        reference[i][r.fee_asset] -= r.fee.units();
        reference[j][r.asset] += r.amount.units();
        const ledger::Transaction tx = world.decode(*out);
        const auto certificate = world.certificate(tx);
        if (world.entropy.below(2) == 0) {
          ASSERT_TRUE(people[i].settled(out->txid, certificate, *world.committee).ok());
        }
        if (world.entropy.below(2) == 0) {
          ASSERT_TRUE(people[j].receive(*out->bytes, certificate, *world.committee, world.authority).ok());
        }
        block.push_back(tx);
      }
    }
    world.block(block);
    for (size_t i = 0; i < kPeople; ++i) {
      if (world.entropy.below(3) == 0) people[i] = world.reopened(rows[i]);
      if (world.entropy.below(4) != 0 || round + 1 == 40) world.sync(people[i]);
    }
  }
  for (Wallet& w : people) world.sync(w);
  EXPECT_GT(paid, 50u);
  for (size_t i = 0; i < kPeople; ++i) {
    for (const AssetOpening& asset : {kNative, kUsd, kEur}) {
      EXPECT_EQ(people[i].balance(asset).spendable.units(), reference[i][asset]) << i << " " << asset.id;
      EXPECT_EQ(people[i].balance(asset).arriving, Amount(0));
    }
    MemoryRows fresh;
    Wallet restored = world.wallet(fresh, static_cast<uint8_t>(i + 1));
    world.sync(restored);
    for (const AssetOpening& asset : {kNative, kUsd, kEur}) EXPECT_EQ(restored.balance(asset).spendable.units(), reference[i][asset]);
    EXPECT_EQ(restored.history().size(), people[i].history().size());
  }
}

// Each of four payments is made by a process of its own: by a wallet that was opened anew.
TEST(Wallet, HistoryIsOldestFirstAcrossProcesses) {
  Scene s;
  for (int i = 0; i < 4; ++i) s.world.block({s.world.issue(s.alice.address(), kUsd, 100), s.world.issue(s.alice.address(), kNative, 20)});
  s.sync();
  std::vector<TxId> made;
  for (int i = 0; i < 4; ++i) {
    Wallet process = s.world.reopened(s.alice_rows);
    made.push_back(s.pay(process, s.bob, kUsd, 50).txid);
  }
  const Wallet process = s.world.reopened(s.alice_rows);
  const auto history = process.history();
  ASSERT_EQ(history.size(), 10u + 4u);
  const auto again = process.to_resend();
  ASSERT_EQ(again.size(), 4u);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(history[10 + i].txid, made[i]);
    EXPECT_EQ(again[i].txid, made[i]);
  }
}

// What the versions before row version 2 left: payments of several processes with one order. The height at which each was
// made tells which came first.
TEST(Wallet, HeightsDecideWhereOldVersionsGaveOneOrderTwice) {
  Scene s;
  s.world.block({s.world.issue(s.alice.address(), kUsd, 100), s.world.issue(s.alice.address(), kNative, 20)});
  s.sync();
  const TxId first = s.pay(s.alice, s.bob, kUsd, 50).txid;
  s.world.block({});
  s.sync();
  const TxId second = s.pay(s.alice, s.bob, kUsd, 50).txid;
  State state = s.alice.state();
  for (const TxId& id : {first, second}) state.history.at(id).order = 5;
  for (const bool swapped : {false, true}) {
    if (swapped) std::swap(state.payments.at(first).made_at, state.payments.at(second).made_at);
    const auto history = state.oldest_first();
    ASSERT_EQ(history.size(), 6u);
    EXPECT_EQ(history[4]->txid, swapped ? second : first);
  }
}

TEST(Wallet, HistoryKnowsWhen) {
  Scene s;
  SetClock clock;
  clock.ms = 1'234'567;
  s.alice.tell_time(clock);
  const Outgoing out = s.pay(s.alice, s.bob, kUsd, 200);
  const auto at = [&](const Wallet& wallet) { return wallet.state().history.at(out.txid); };
  EXPECT_EQ(at(s.world.reopened(s.alice_rows)).known_ms, 1'234'567u);
  EXPECT_EQ(at(s.alice).block_ms, 0u);

  // Bob is handed it, a moment later; a second delivery changes nothing.
  SetClock later;
  s.bob.tell_time(later);
  const ledger::Transaction tx = s.world.decode(out);
  for (const uint64_t ms : {2'000'000, 3'000'000}) {
    later.ms = ms;
    ASSERT_TRUE(s.bob.receive(*out.bytes, s.world.certificate(tx), *s.world.committee, s.world.authority).ok());
  }
  s.world.block({tx});
  s.sync();
  EXPECT_EQ(at(s.alice).known_ms, 1'234'567u);
  EXPECT_EQ(at(s.world.reopened(s.bob_rows)).known_ms, 2'000'000u);
  for (const Wallet* wallet : {&s.alice, &s.bob}) EXPECT_EQ(at(*wallet).block_ms, World::time_of(s.world.height()));

  // The ledger alone tells only of blocks.
  MemoryRows rows;
  Wallet restored = s.world.wallet(rows, 1);
  s.world.sync(restored);
  EXPECT_EQ(at(restored).known_ms, 0u);
  EXPECT_EQ(at(restored).block_ms, World::time_of(s.world.height()));
}

TEST(Wallet, KeepsTheWordsItWasMadeOf) {
  World world;
  const crypto::Bip39Entropy words(world.entropy.bytes<32>());
  for (const auto& given : {std::optional(words), std::optional<crypto::Bip39Entropy>()}) {
    MemoryRows rows;
    ASSERT_TRUE(Wallet::create(rows, world.network, World::seed_of(1), 0, std::nullopt, given).ok());
    const auto kept = world.reopened(rows).state().words;
    ASSERT_EQ(kept.has_value(), given.has_value());
    EXPECT_TRUE(!kept || kept->expose() == words.expose());
  }
}

}  // namespace
}  // namespace sotto::wallet
