#include "wallet/wallet.hpp"

#include <gtest/gtest.h>

#include "wallet/wallet_for_test.hpp"

namespace sotto::wallet {
namespace {

// Alice has one native note of 1000 and one of 500 dollars; everybody is up to date.
struct Scene {
  World world{3};
  MemoryRows alice_rows, bob_rows;
  Wallet alice = world.wallet(alice_rows, 1), bob = world.wallet(bob_rows, 2);
  Scene() {
    world.block({world.issue(alice.address(), kNative, 1000), world.issue(alice.address(), kUsd, 500)});
    sync();
  }
  void sync() {
    world.sync(alice);
    world.sync(bob);
  }
  Outgoing pay(Wallet& from, const Wallet& to, const AssetOpening& asset, uint64_t amount) {
    auto out = from.pay(world.request(to.address(), asset, amount), world.prover, world.entropy);
    CHECK(out.ok());
    return std::move(out).value();
  }
  Reject refused(Wallet& from, const PayRequest& request) {
    const auto out = from.pay(request, world.prover, world.entropy);
    CHECK(!out.ok());
    return out.error().reject;
  }
};

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
  const auto merge = s.alice.merge(kUsd, kNative, kFee, s.world.prover, s.world.entropy);
  ASSERT_TRUE(merge.ok());
  s.world.block({s.world.decode(*merge)});
  s.sync();
  const Outgoing out = s.pay(s.alice, s.bob, kUsd, 540);
  s.world.block({s.world.decode(out)});
  s.sync();
  EXPECT_EQ(s.bob.balance(kUsd).total(), Amount(540));
  EXPECT_EQ(s.alice.balance(kUsd).total(), Amount(0));
  EXPECT_EQ(s.alice.merge(kUsd, kNative, kFee, s.world.prover, s.world.entropy).error().reject, Reject::nothing_to_merge);
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

TEST(Wallet, CreditedOnceHoweverItArrives) {
  // Direct twice, block, direct again, reopened, in both orders.
  for (const bool block_first : {false, true}) {
    Scene s;
    const Outgoing out = s.pay(s.alice, s.bob, kUsd, 200);
    const ledger::Transaction tx = s.world.decode(out);
    const auto certificate = s.world.certificate(tx);
    const auto deliver = [&](bool news) {
      const auto got = s.bob.receive(*out.bytes, certificate, *s.world.committee, s.world.authority);
      ASSERT_TRUE(got.ok());
      ASSERT_EQ(got->size(), 1u);
      EXPECT_EQ((*got)[0].credited, news);
    };
    s.world.block({tx});
    if (block_first) s.world.sync(s.bob);
    deliver(!block_first);
    deliver(false);
    if (!block_first) s.world.sync(s.bob);
    deliver(false);
    s.bob = s.world.reopened(s.bob_rows);
    deliver(false);
    EXPECT_EQ(s.bob.balance(kUsd).total(), Amount(200));
    EXPECT_EQ(s.bob.balance(kUsd).spendable, Amount(200));
    ASSERT_EQ(s.bob.history().size(), 1u);
    EXPECT_EQ(s.bob.history()[0].received.size(), 1u);
    EXPECT_EQ(s.bob.history()[0].height, 1u);
  }
}

TEST(Wallet, TakesNothingUnverified) {
  Scene s;
  const Outgoing out = s.pay(s.alice, s.bob, kUsd, 200);
  const ledger::Transaction tx = s.world.decode(out);
  const auto certificate = s.world.certificate(tx);
  const auto rows = s.bob_rows.rows;
  const auto reject = [&](const Bytes& bytes, const settle::SettlementCertificate& c) {
    const auto got = s.bob.receive(bytes, c, *s.world.committee, s.world.authority);
    CHECK(!got.ok());
    return got.error();
  };
  EXPECT_EQ(reject({}, certificate).detail, "malformed");
  EXPECT_EQ(reject(Bytes(200'000), certificate).detail, "oversized");
  ledger::Transaction bent = tx;
  bent.transfers[0].proof[0] ^= 1;
  EXPECT_EQ(reject(ledger::encode(bent), certificate).detail, "bad_proof");
  bent = tx;
  bent.transfers[0].signature.S[0] ^= 1;
  EXPECT_EQ(reject(ledger::encode(bent), certificate).detail, "bad_signature");
  bent = tx;
  bent.network.value[0] ^= 1;
  EXPECT_EQ(reject(ledger::encode(bent), certificate).detail, "wrong_network");
  bent = tx;
  bent.transfers[0].outputs[0].note_ciphertext[5] ^= 1;  // under the txid, so under the signature
  EXPECT_EQ(reject(ledger::encode(bent), certificate).reject, Reject::bad_transaction);

  EXPECT_EQ(reject(*out.bytes, s.world.certificate(tx, 2)).detail, "below_quorum");
  auto other = certificate;
  other.subject.txid.value[0] ^= 1;
  EXPECT_EQ(reject(*out.bytes, other).reject, Reject::wrong_certificate);
  other = certificate;
  other.subject.generations[0] += 1;
  EXPECT_EQ(reject(*out.bytes, other).reject, Reject::wrong_certificate);
  other = certificate;
  other.bitmap[0] = 0x70;
  EXPECT_EQ(reject(*out.bytes, other).reject, Reject::bad_certificate);
  EXPECT_EQ(s.bob_rows.rows, rows);
  EXPECT_EQ(s.bob.balance(kUsd).total(), Amount(0));

  // The payer's own wallet looks at certificates no less closely.
  EXPECT_EQ(s.alice.settled(out.txid, s.world.certificate(tx, 2), *s.world.committee).error().reject, Reject::bad_certificate);
  EXPECT_EQ(s.alice.settled(out.txid, other, *s.world.committee).error().reject, Reject::bad_certificate);
  EXPECT_EQ(s.alice.settled({}, certificate, *s.world.committee).error().reject, Reject::unknown_payment);
  EXPECT_EQ(s.alice.payment(out.txid)->state, PaymentState::pending);

  // A stranger's payment, all valid: nothing for us.
  MemoryRows carol_rows;
  Wallet carol = s.world.wallet(carol_rows, 3);
  s.world.sync(carol);
  EXPECT_EQ(carol.receive(*out.bytes, certificate, *s.world.committee, s.world.authority).error().reject, Reject::nothing_for_us);
}

TEST(Wallet, ACiphertextThatDoesNotMatchItsCommitmentIsNobodys) {
  // The payer proves one thing and encrypts another (its own machine, so signature and proof are good).
  Scene s;
  const note::AccountKeys mallory = note::AccountKeys::derive(World::seed_of(66), s.world.network->id().value, 0);
  TransferPlan plan;
  plan.asset = kUsd;
  plan.fee_asset = kNative;
  plan.v_in = Amount(5);
  plan.outputs[0] = OutputPlan{s.bob.address(), Amount(5), {}, std::nullopt};
  plan.anchor = s.world.tree.root();
  auto built = *build_transfer(mallory.view(), plan, s.world.entropy);
  const auto& nf = built.transfer.inputs[0].nf.value;
  const auto lie = note::seal_output(s.bob.address(), {kUsd, Amount(5'000'000), {}}, nf, mallory.view().ovk, s.world.entropy);
  built.transfer.outputs[0].epk = lie.ciphertext.epk;
  built.transfer.outputs[0].note_ciphertext = lie.ciphertext.note;
  s.world.block({assemble(s.world.network->id(), 0, {&built, 1})});
  EXPECT_TRUE(s.world.sync(s.bob).received.empty());
  EXPECT_EQ(s.bob.balance(kUsd).total(), Amount(0));
}

TEST(Wallet, NotesOfRegulatedAssetsAreNotCredited) {
  Scene s;
  const note::AccountKeys mallory = note::AccountKeys::derive(World::seed_of(66), s.world.network->id().value, 0);
  TransferPlan plan;
  plan.asset = {2, 1};
  plan.fee_asset = kNative;
  EXPECT_EQ(build_transfer(mallory.view(), plan, s.world.entropy).error(), BuildReject::unsatisfied);
}

TEST(Wallet, BlocksComeInOrderAndTrueOrNotAtAll) {
  Scene s;
  const Outgoing out = s.pay(s.alice, s.bob, kUsd, 200);
  s.world.block({s.world.decode(out)});
  s.world.block({});
  const auto rows = s.bob_rows.rows;
  const auto reject = [&](std::vector<ScannedBlock> blocks) { return s.bob.apply_blocks(blocks, s.world.pool).error().reject; };
  EXPECT_EQ(reject({s.world.scanned_block(2)}), Reject::wrong_height);
  EXPECT_EQ(reject({s.world.scanned_block(0)}), Reject::wrong_height);
  ScannedBlock lying = s.world.scanned_block(1);
  lying.root += Fr::one();
  EXPECT_EQ(reject({lying}), Reject::wrong_root);
  lying = s.world.scanned_block(1);
  lying.transactions.clear();                       // a server that hides our note
  EXPECT_EQ(reject({lying}), Reject::wrong_root);
  ScannedBlock bad_second = s.world.scanned_block(2);
  bad_second.root += Fr::one();
  EXPECT_EQ(reject({s.world.scanned_block(1), bad_second}), Reject::wrong_root);   // and the first is not applied either
  EXPECT_EQ(s.bob_rows.rows, rows);
  EXPECT_EQ(s.bob.next_block(), 1u);
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

TEST(Wallet, RestoresFromTheSeedAlone) {
  Scene s;
  const auto fresh = s.alice.new_address();
  ASSERT_TRUE(fresh.ok());
  EXPECT_EQ(*fresh, s.alice.address(1));
  PayRequest r = s.world.request(s.bob.address(), kUsd, 200);
  r.memo = Bytes{'r', 'e', 'n', 't'};
  const auto rent = s.alice.pay(r, s.world.prover, s.world.entropy);
  ASSERT_TRUE(rent.ok());
  s.world.block({s.world.decode(*rent), s.world.issue(*fresh, kEur, 77), s.world.issue(s.bob.address(), kNative, 100)});
  s.sync();
  const Outgoing back = s.pay(s.bob, s.alice, kUsd, 20);
  s.world.block({s.world.decode(back)});
  s.sync();

  MemoryRows rows;
  Wallet restored = s.world.wallet(rows, 1);
  s.world.sync(restored);
  for (const AssetOpening& asset : {kNative, kUsd, kEur}) {
    EXPECT_EQ(restored.balance(asset).spendable, s.alice.balance(asset).spendable);
    EXPECT_EQ(restored.balance(asset).arriving, s.alice.balance(asset).arriving);
  }
  // The same story: what came, what went, to whom, what for.
  const auto a = s.alice.history(), b = restored.history();
  ASSERT_EQ(a.size(), b.size());
  for (const HistoryEntry& line : a) {
    const HistoryEntry& same = restored.state().history.at(line.txid);
    EXPECT_EQ(same.height, line.height);
    EXPECT_EQ(same.fee, line.fee);
    ASSERT_EQ(same.sent.size(), line.sent.size());
    ASSERT_EQ(same.received.size(), line.received.size());
    for (size_t i = 0; i < line.sent.size(); ++i) {
      EXPECT_EQ(same.sent[i].address, line.sent[i].address);
      EXPECT_EQ(same.sent[i].value, line.sent[i].value);
      EXPECT_EQ(same.sent[i].memo, line.sent[i].memo);
    }
  }
  // Addresses already given out are not given out again, and the money can be spent.
  EXPECT_EQ(*restored.new_address(), restored.address(2));
  EXPECT_TRUE(s.world.anchors_known(s.world.decode(s.pay(restored, s.bob, kUsd, 300))));
  // In one batch or block by block: the same.
  MemoryRows slow_rows;
  Wallet slow = s.world.wallet(slow_rows, 1);
  for (uint64_t at = 0; at < s.world.blocks.size(); ++at) {
    const ScannedBlock block = s.world.scanned_block(at);
    ASSERT_TRUE(slow.apply_blocks({&block, 1}, s.world.pool).ok());
    slow = s.world.reopened(slow_rows);
  }
  EXPECT_EQ(slow.balance(kUsd).spendable, s.alice.balance(kUsd).spendable);
  EXPECT_EQ(slow.state().tree.root(), s.world.tree.root());
}

TEST(Wallet, StartsAtNow) {
  Scene s;
  MemoryRows rows;
  auto made = Wallet::create(rows, s.world.network, kDev, World::seed_of(9), 0, Birth{s.world.height(), s.world.tree});
  ASSERT_TRUE(made.ok());
  Wallet carol = std::move(*made);
  EXPECT_EQ(carol.next_block(), 1u);
  s.world.block({s.world.issue(carol.address(), kNative, 60)});
  s.world.sync(carol);
  EXPECT_EQ(carol.balance(kNative).spendable, Amount(60));
  s.sync();
  EXPECT_TRUE(s.world.anchors_known(s.world.decode(s.pay(carol, s.bob, kNative, 50))));
}

TEST(Wallet, AdoptsWhatAnotherDeviceLeftLocked) {
  Scene s;
  MemoryRows second_rows;
  Wallet second = s.world.wallet(second_rows, 1);
  s.world.sync(second);
  const Outgoing lost = s.pay(second, s.bob, kUsd, 200);   // sent by a device that is gone; validators hold its bytes
  ASSERT_TRUE(s.alice.adopt(*lost.bytes, s.world.authority).ok());
  ASSERT_TRUE(s.alice.adopt(*lost.bytes, s.world.authority).ok());
  ASSERT_EQ(s.alice.to_resend().size(), 1u);
  EXPECT_EQ(*s.alice.to_resend()[0].bytes, *lost.bytes);
  EXPECT_EQ(s.alice.payment(lost.txid)->fee, kFee);
  EXPECT_EQ(s.alice.balance(kUsd).arriving, Amount(300));
  s.alice = s.world.reopened(s.alice_rows);
  s.world.block({s.world.decode(lost)});
  EXPECT_EQ(s.world.sync(s.alice).executed, std::vector<TxId>{lost.txid});
  EXPECT_EQ(s.alice.balance(kUsd).spendable, Amount(300));

  const Outgoing mine = s.pay(s.alice, s.bob, kUsd, 10);
  s.world.sync(second);
  const Outgoing rival = s.pay(second, s.bob, kUsd, 20);
  EXPECT_EQ(s.alice.adopt(*rival.bytes, s.world.authority).error().reject, Reject::conflicts_with_payment);
  EXPECT_EQ(s.bob.adopt(*mine.bytes, s.world.authority).error().reject, Reject::not_ours);
  Bytes broken = *rival.bytes;
  broken.pop_back();
  EXPECT_EQ(s.alice.adopt(broken, s.world.authority).error().reject, Reject::bad_transaction);
}

TEST(Wallet, Receipts) {
  Scene s;
  const Outgoing out = s.pay(s.alice, s.bob, kUsd, 200);
  const ledger::Transaction tx = s.world.decode(out);
  const auto got = s.bob.receive(*out.bytes, s.world.certificate(tx), *s.world.committee, s.world.authority);
  ASSERT_TRUE(got.ok());
  const auto receipt = s.bob.sign_receipt((*got)[0].output, s.world.entropy);
  ASSERT_TRUE(receipt.ok());
  ASSERT_TRUE(s.alice.accept_receipt(*receipt).ok());
  s.alice = s.world.reopened(s.alice_rows);
  ASSERT_EQ(s.alice.state().receipts.size(), 1u);
  EXPECT_EQ(note::encode(s.alice.state().receipts.begin()->second), note::encode(*receipt));

  EXPECT_EQ(s.bob.sign_receipt({out.txid, 0, 1}, s.world.entropy).error().reject, Reject::unknown_output);
  note::Receipt bent = *receipt;
  bent.value = Amount(201);
  EXPECT_EQ(s.alice.accept_receipt(bent).error().reject, Reject::bad_receipt);
  // Well signed by Bob, but not about what Alice sent.
  const auto& opened = s.bob.state().notes.begin()->second.opened;
  const auto sign = [&](const note::OpenedOutput& o, const Hash32& network, const Hash32& txid, uint16_t transfer, uint8_t slot) {
    return note::sign_receipt(s.bob.keys().incoming, o, network, txid, transfer, slot, s.world.entropy);
  };
  const Hash32& network = s.world.network->id().value;
  EXPECT_EQ(s.alice.accept_receipt(sign(opened, network, Hash32{}, 0, 0)).error().reject, Reject::unknown_payment);
  EXPECT_EQ(s.alice.accept_receipt(sign(opened, Hash32{}, out.txid.value, 0, 0)).error().reject, Reject::receipt_mismatch);
  EXPECT_EQ(s.alice.accept_receipt(sign(opened, network, out.txid.value, 1, 0)).error().reject, Reject::unknown_output);
  note::OpenedOutput other = opened;
  other.s += Fr::one();
  EXPECT_EQ(s.alice.accept_receipt(sign(other, network, out.txid.value, 0, 0)).error().reject, Reject::receipt_mismatch);
}

TEST(Wallet, OpenAndCreateRejects) {
  World world;
  MemoryRows rows;
  EXPECT_EQ(Wallet::open(rows, world.network, kDev).error().reject, Reject::no_account);
  world.wallet(rows, 1);
  EXPECT_EQ(Wallet::create(rows, world.network, kDev, World::seed_of(1), 0, std::nullopt).error().reject, Reject::already_exists);
  ledger::GenesisContent content = test_content();
  content.salt[0] = 1;
  EXPECT_EQ(Wallet::open(rows, std::make_shared<const ledger::Network>(content), kDev).error().reject, Reject::wrong_network);
  rows.fail_next = true;
  EXPECT_EQ(Wallet::open(rows, world.network, kDev).error().reject, Reject::store_failed);
}

TEST(Wallet, DamagedRowsAreNamed) {
  Scene s;
  s.pay(s.alice, s.bob, kUsd, 200);
  const auto good = s.alice_rows.rows;
  const auto damaged = [&](auto change, const std::string& table) {
    s.alice_rows.rows = good;
    change(s.alice_rows.rows);
    const auto opened = Wallet::open(s.alice_rows, s.world.network, kDev);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().reject, Reject::damaged);
    EXPECT_NE(opened.error().detail.find(table), std::string::npos) << opened.error().detail;
  };
  for (const auto& [key, value] : good) {
    if (key.table == Table::receipts) continue;
    const std::string table = name(key.table);
    damaged([&](auto& rows) { rows[key].pop_back(); }, table);
    damaged([&](auto& rows) { rows[key].push_back(0); }, table);
    if (key.table != Table::witnesses) damaged([&](auto& rows) { rows[key][0] = 9; }, table);  // version
  }
  damaged([](auto& rows) { rows.erase(account_key()); }, "account");
  damaged([](auto& rows) { rows.erase(sync_key()); }, "sync");
  damaged([](auto& rows) { std::erase_if(rows, [](const auto& r) { return r.first.table == Table::witnesses; }); }, "witnesses");
  damaged([](auto& rows) { std::erase_if(rows, [](const auto& r) { return r.first.table == Table::history; }); }, "history");
  damaged([](auto& rows) {                                      // a row under another's name
    auto note = std::find_if(rows.begin(), rows.end(), [](const auto& r) { return r.first.table == Table::notes; });
    RowKey key = note->first;
    key.id[0] ^= 1;
    rows[key] = note->second;
  }, "notes");
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
            if (const auto merge = people[i].merge(r.asset, r.fee_asset, r.fee, world.prover, world.entropy); merge.ok()) {
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

}  // namespace
}  // namespace sotto::wallet
