// Recoveries, reports and the close of an epoch in the ledger (docs/spec/ledger.md L-70..L-76).
#include <gtest/gtest.h>

#include "ledger/next_committee.hpp"
#include "ledger/test_support.hpp"

namespace sotto::ledger {
namespace {

using testing::certified;
using testing::World;

Report::Note note_of(const Transaction& tx, size_t slot = 0) {
  const Input& input = tx.transfers[0].inputs[slot];
  return {input.nf, input.generation};
}
constexpr uint16_t kQuorum[]{0, 1, 3}, kOthers[]{1, 3};
Outcome outcome_of(World& world, const Transaction& tx) { return world.step({tx})[0]; }

class OrderedOps : public ::testing::Test {
 protected:
  World world;
  // A recovery of the first note of `payment`, decided by validators 0, 1 and 3.
  void recover(const Transaction& payment) {
    ASSERT_EQ(outcome_of(world, world.recovery(payment)), Outcome::took_effect);
    for (const uint16_t v : kQuorum) ASSERT_EQ(outcome_of(world, world.report(v, note_of(payment))), Outcome::took_effect);
  }
};

TEST_F(OrderedOps, EncodeCanonically) {
  Transaction report = world.report(2, Report::Note{{Fr::from_u64(5)}, 7});
  for (const Transaction& tx : {world.recovery(world.payment()), report, world.report(1, std::nullopt), world.close({1, 2, 3})}) {
    const Bytes bytes = encode(tx);
    const auto back = decode_transaction(bytes);
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(encode(*back), bytes);
    EXPECT_EQ(back->ordered, tx.ordered);
    EXPECT_TRUE(back->operations.empty());
    EXPECT_EQ(txid(*back), txid(tx));
    for (size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(decode_transaction(ByteView(bytes).first(n)).ok()) << n;
  }
  // Sizes: data.md T-9.
  EXPECT_EQ(encode(report).size(), 49u + 1 + 8 + 1 + 36 + 2 + 48);
  EXPECT_EQ(encode(world.close({1, 2, 3})).size(), 49u + 1 + 8 + 7 + 5 + 48);
}

TEST_F(OrderedOps, StandAlone) {
  // A recovery beside a mint, or two of them, has no encoding that decodes.
  Bytes two = encode(world.report(0, std::nullopt));
  const Bytes op(two.begin() + 49, two.end());
  two[48] = 2;
  two.insert(two.end(), op.begin(), op.end());
  EXPECT_EQ(decode_transaction(two).error(), DecodeError::non_canonical);
}

TEST_F(OrderedOps, TxidCoversEverythingButSignatures) {
  std::set<Hash32> ids;
  const auto add = [&](Transaction tx, const std::function<void(Transaction&)>& change, bool covered) {
    const TxId before = txid(tx);
    ids.insert(before.value);
    change(tx);
    EXPECT_EQ(ids.insert(txid(tx).value).second, covered);
    EXPECT_NE(full_id(tx), FullId{});
  };
  const Transaction recovery = world.recovery(world.payment()), report = world.report(1, Report::Note{}), close = world.close({1});
  const auto as = []<class T>(Transaction& tx, T) -> T& { return std::get<T>(*tx.ordered); };
  add(recovery, [&](Transaction& tx) { auto& [epoch, nf, generation] = as(tx, Recover{}); ++epoch; (void)nf; (void)generation; }, true);
  add(recovery, [&](Transaction& tx) { as(tx, Recover{}).nf = {Fr::one()}; }, true);
  add(recovery, [&](Transaction& tx) { ++as(tx, Recover{}).generation; }, true);
  add(report, [&](Transaction& tx) { auto& [epoch, note, validator, signature] = as(tx, Report{}); ++epoch; (void)note; (void)validator; (void)signature; }, true);
  add(report, [&](Transaction& tx) { as(tx, Report{}).note.reset(); }, true);
  add(report, [&](Transaction& tx) { as(tx, Report{}).note->nf = {Fr::one()}; }, true);
  add(report, [&](Transaction& tx) { ++as(tx, Report{}).note->generation; }, true);
  add(report, [&](Transaction& tx) { ++as(tx, Report{}).validator; }, true);
  add(report, [&](Transaction& tx) { ++as(tx, Report{}).signature[0]; }, false);
  add(close, [&](Transaction& tx) { auto& [epoch, next, bitmap, signature] = as(tx, CloseEpoch{}); ++epoch; (void)next; (void)bitmap; (void)signature; }, true);
  add(close, [&](Transaction& tx) { as(tx, CloseEpoch{}).next = {2}; }, true);
  add(close, [&](Transaction& tx) { as(tx, CloseEpoch{}).bitmap = {}; }, false);
  add(close, [&](Transaction& tx) { ++as(tx, CloseEpoch{}).signature[0]; }, false);
}

// L-72: exactly two thirds are no quorum. Of three equal validators all three must have reported.
TEST_F(OrderedOps, TwoThirdsAreNoQuorum) {
  const Transaction payment = world.payment();
  CommitteeWord thirds = testing::test_committee();
  thirds.report = [](const Report&, const State&) { return CommitteeWord::Weight{1, 3}; };
  ASSERT_EQ(outcome_of(world, world.recovery(payment)), Outcome::took_effect);
  for (uint16_t validator = 0; validator < 3; ++validator) {
    EXPECT_EQ(world.state.generation(note_of(payment).nf), 0u) << validator;
    const std::vector<CertifiedTransaction> entries{certified(world.report(validator, note_of(payment)))};
    auto done = execute(world.state, world.archive, entries, world.state.time_ms, testing::test_certificate_holds, world.authority, thirds);
    ASSERT_TRUE(done.ok());
    commit(std::move(done).value(), world.state, world.archive);
  }
  EXPECT_EQ(world.state.generation(note_of(payment).nf), 1u);
}

// L-71, L-72: nothing moves but the generation, and only once more than two thirds have reported.
TEST_F(OrderedOps, RecoveryRaisesTheGeneration) {
  const Transaction payment = world.payment();
  const Transaction recovery = world.recovery(payment);
  const auto supply = world.state.supply;
  const uint64_t leaves = world.state.tree.size();
  EXPECT_EQ(outcome_of(world, recovery), Outcome::took_effect);
  ASSERT_TRUE(world.state.recoveries.contains(note_of(payment).nf));
  EXPECT_EQ(outcome_of(world, world.report(0, note_of(payment))), Outcome::took_effect);
  EXPECT_EQ(outcome_of(world, world.report(0, note_of(payment))), Outcome::repeated);       // one a validator
  EXPECT_EQ(outcome_of(world, world.report(3, note_of(payment))), Outcome::took_effect);    // 3 of 5: a majority is no quorum
  EXPECT_EQ(world.state.generation(note_of(payment).nf), 0u);
  auto last = world.run({certified(world.report(1, note_of(payment)))});
  ASSERT_TRUE(last.ok());
  EXPECT_EQ(last->changes.released, std::vector{note_of(payment).nf});
  commit(std::move(last).value(), world.state, world.archive);
  EXPECT_EQ(world.state.generation(note_of(payment).nf), 1u);
  EXPECT_TRUE(world.state.recoveries.empty());
  EXPECT_FALSE(world.archive.spend_of(note_of(payment).nf));
  EXPECT_EQ(world.state.supply, supply);
  EXPECT_EQ(world.state.tree.size(), leaves);
  EXPECT_EQ(outcome_of(world, world.report(2, note_of(payment))), Outcome::not_awaited);    // too late
  EXPECT_EQ(outcome_of(world, recovery), Outcome::outdated_generation);                      // once a generation
  // The payment that named generation 0 is void, the next one pays.
  EXPECT_EQ(outcome_of(world, payment), Outcome::outdated_generation);
  Transaction again = payment;
  again.transfers[0].inputs[0].generation = 1;
  world.seal(again);
  EXPECT_EQ(outcome_of(world, again), Outcome::executed);
}

TEST_F(OrderedOps, ACertifiedPaymentExecutesWhileFrozen) {
  const Transaction payment = world.payment();
  EXPECT_EQ(outcome_of(world, world.recovery(payment)), Outcome::took_effect);
  EXPECT_EQ(outcome_of(world, world.report(0, note_of(payment))), Outcome::took_effect);
  EXPECT_EQ(outcome_of(world, payment), Outcome::executed);
  EXPECT_TRUE(world.state.recoveries.empty());
  for (const uint16_t v : kOthers) EXPECT_EQ(outcome_of(world, world.report(v, note_of(payment))), Outcome::not_awaited);
  EXPECT_EQ(world.state.generation(note_of(payment).nf), 0u);
  EXPECT_EQ(outcome_of(world, world.recovery(payment)), Outcome::spent);
}

// The same with everything in one block: later entries see what earlier ones did.
TEST_F(OrderedOps, WithinOneBlock) {
  const Transaction payment = world.payment();
  const auto note = note_of(payment);
  EXPECT_EQ(world.step({world.recovery(payment), world.report(0, note), world.report(1, note), world.report(3, note), payment}),
            (std::vector{Outcome::took_effect, Outcome::took_effect, Outcome::took_effect, Outcome::took_effect, Outcome::outdated_generation}));
  const Transaction other = world.payment();
  EXPECT_EQ(world.step({other, world.recovery(other)}), (std::vector{Outcome::executed, Outcome::spent}));
}

// Reports of the first recovery are worth nothing in the second: they name another generation.
TEST_F(OrderedOps, OldReportsDoNotCountAgain) {
  Transaction payment = world.payment();
  recover(payment);
  const auto old = note_of(payment);
  payment.transfers[0].inputs[0].generation = 1;
  world.seal(payment);
  EXPECT_EQ(outcome_of(world, world.recovery(payment)), Outcome::took_effect);
  for (const uint16_t v : kQuorum) EXPECT_EQ(outcome_of(world, world.report(v, old)), Outcome::not_awaited);
  EXPECT_EQ(world.state.generation(old.nf), 1u);
  for (const uint16_t v : kQuorum) EXPECT_EQ(outcome_of(world, world.report(v, note_of(payment))), Outcome::took_effect);
  EXPECT_EQ(world.state.generation(old.nf), 2u);
}

// Only the note's owner: the proof ties the note to rk, and rk signs this very recovery (L-71).
TEST_F(OrderedOps, OnlyTheOwnerRecovers) {
  const Transaction payment = world.payment();
  const auto invalid = [&](const Transaction& tx, Reject why) {
    const auto e = world.run({certified(tx)});
    ASSERT_TRUE(e.ok());
    EXPECT_EQ(e->block.entries[0].outcome, Outcome::invalid);
    EXPECT_EQ(e->details[0].reject, why);
  };
  Transaction tx = world.recovery(payment);
  tx.transfers[0].signature = payment.transfers[0].signature;   // what everybody has who saw the payment
  invalid(tx, Reject::bad_signature);
  tx = world.recovery(payment);
  ++std::get<Recover>(*tx.ordered).generation;                  // signed for another generation
  invalid(tx, Reject::bad_signature);
  tx = world.recovery(payment);
  tx.transfers[0].rk = world.issuer.point;                      // a thief's key over somebody else's proof
  tx.transfers[0].signature = crypto::redjubjub_sign(world.issuer.secret, world.issuer.point, txid(tx).value, world.entropy);
  invalid(tx, Reject::bad_proof);
}

TEST_F(OrderedOps, Refusals) {
  const Transaction payment = world.payment();
  Transaction tx = world.recovery(payment);
  ++std::get<Recover>(*tx.ordered).epoch;
  world.seal(tx);
  EXPECT_EQ(outcome_of(world, tx), Outcome::wrong_epoch);
  tx = world.recovery(payment);
  const auto with_certificate = world.run({{tx, {1}}});
  EXPECT_EQ(with_certificate->block.entries[0].outcome, Outcome::uncertified);
  tx.transfers[0].inputs[1].anchor = {Fr::from_u64(5)};         // a tree of somebody's own, in which anything may be a note
  world.seal(tx);
  EXPECT_EQ(outcome_of(world, tx), Outcome::unknown_anchor);
  tx = world.recovery(payment);
  EXPECT_EQ(outcome_of(world, tx), Outcome::took_effect);
  EXPECT_EQ(outcome_of(world, tx), Outcome::repeated);

  Transaction report = world.report(1, note_of(payment));
  std::get<Report>(*report.ordered).signature[0] = 9;
  EXPECT_EQ(outcome_of(world, report), Outcome::uncertified);
  EXPECT_EQ(outcome_of(world, world.report(4, note_of(payment))), Outcome::uncertified);
  report = world.report(1, note_of(payment));
  ++std::get<Report>(*report.ordered).epoch;
  EXPECT_EQ(outcome_of(world, report), Outcome::wrong_epoch);
  EXPECT_EQ(outcome_of(world, world.report(1, note_of(payment, 1))), Outcome::not_awaited);   // nobody recovers that note
  EXPECT_EQ(outcome_of(world, world.report(1, std::nullopt)), Outcome::not_awaited);          // nothing closes
  auto later = note_of(payment);
  ++later.generation;
  EXPECT_EQ(outcome_of(world, world.report(1, later)), Outcome::not_awaited);

  Transaction close = world.close({7});
  std::get<CloseEpoch>(*close.ordered).bitmap = {0x10};
  EXPECT_EQ(outcome_of(world, close), Outcome::uncertified);
  close = world.close({7});
  ++std::get<CloseEpoch>(*close.ordered).epoch;
  EXPECT_EQ(outcome_of(world, close), Outcome::wrong_epoch);
  // Without anybody to ask about signatures none holds.
  const auto alone = execute(world.state, world.archive, std::vector{certified(world.report(1, note_of(payment))), certified(world.close({7}))},
                             world.state.time_ms, testing::test_certificate_holds, world.authority);
  for (const BlockEntry& entry : alone->block.entries) EXPECT_EQ(entry.outcome, Outcome::uncertified);
}

TEST_F(OrderedOps, PendingRecoveriesAreBounded) {
  for (uint64_t i = 0; world.state.recoveries.size() < kMaxRecoveries; ++i) world.state.recoveries[{Fr::from_u64(i + 10)}];
  const Transaction payment = world.payment();
  EXPECT_EQ(outcome_of(world, world.recovery(payment)), Outcome::too_many);
  world.state.recoveries.erase(world.state.recoveries.begin());
  EXPECT_EQ(outcome_of(world, world.recovery(payment)), Outcome::took_effect);
}

// L-74..L-76.
TEST_F(OrderedOps, EpochCloses) {
  const Transaction payment = world.payment(), late = world.payment(), stuck = world.payment();
  EXPECT_EQ(outcome_of(world, world.recovery(stuck)), Outcome::took_effect);
  EXPECT_EQ(outcome_of(world, world.close({4, 5})), Outcome::took_effect);
  EXPECT_EQ(outcome_of(world, world.close({6})), Outcome::repeated);
  EXPECT_EQ(outcome_of(world, world.recovery(late)), Outcome::closing);
  EXPECT_EQ(outcome_of(world, world.report(0, note_of(stuck))), Outcome::not_awaited);   // the close subsumes recoveries
  EXPECT_EQ(outcome_of(world, payment), Outcome::executed);                              // what is certified executes
  EXPECT_EQ(outcome_of(world, world.report(0, std::nullopt)), Outcome::took_effect);
  EXPECT_EQ(outcome_of(world, world.report(0, std::nullopt)), Outcome::repeated);
  EXPECT_EQ(outcome_of(world, world.report(3, std::nullopt)), Outcome::took_effect);
  EXPECT_EQ(world.state.epoch, 0u);
  // The block that closes belongs to the old epoch; what follows in it to none.
  auto e = world.run({certified(world.report(2, std::nullopt)), certified(late), certified(payment), certified(world.report(1, std::nullopt))});
  ASSERT_TRUE(e.ok());
  EXPECT_EQ(e->block.header.epoch, 0u);
  EXPECT_TRUE(e->changes.epoch_closed);
  std::vector<Outcome> outcomes;
  for (const BlockEntry& entry : e->block.entries) outcomes.push_back(entry.outcome);
  EXPECT_EQ(outcomes, (std::vector{Outcome::took_effect, Outcome::wrong_epoch, Outcome::repeated, Outcome::wrong_epoch}));
  // Somebody else's node comes to the same.
  const auto again = check_block(world.state, world.archive, e->block, testing::test_certificate_holds, world.authority, testing::test_committee());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(app_hash(again->next), app_hash(e->next));
  commit(std::move(e).value(), world.state, world.archive);
  EXPECT_EQ(world.state.epoch, 1u);
  EXPECT_EQ(world.state.committee, (Bytes{4, 5}));
  EXPECT_FALSE(world.state.closing);
  EXPECT_TRUE(world.state.recoveries.empty());
  EXPECT_EQ(world.state.generation(note_of(stuck).nf), 0u);
  EXPECT_EQ(world.run({})->block.header.epoch, 1u);
  EXPECT_EQ(outcome_of(world, world.recovery(stuck)), Outcome::took_effect);
}

void lasting(World& world, uint64_t blocks, uint64_t ms) {
  GenesisContent content = world.genesis.content;
  content.params.epoch_blocks = blocks;
  content.params.epoch_ms = ms;
  world.network = world.state.network = std::make_shared<Network>(content);
  world.state.committee = Bytes(40, 7);
}

// L-77: after so many blocks, or so long, the end is due, and who comes next stands in the state until the epoch ends.
TEST(Epochs, TheStateSaysWhenAndWho) {
  {
    World world;
    lasting(world, 0, 0);
    for (int i = 0; i < 3; ++i) world.step({world.payment()});
    EXPECT_FALSE(world.state.due);
  }
  for (const bool by_time : {false, true}) {
    World world;
    lasting(world, by_time ? 0 : 3, by_time ? 10 : 0);        // blocks are 5 ms apart
    world.step({world.payment()});
    EXPECT_FALSE(world.state.due);
    world.step({world.payment()});
    EXPECT_FALSE(world.state.due);
    const Hash32 before = app_hash(world.state);
    world.step({});                                       // due, but a block without entries changes nothing
    EXPECT_EQ(app_hash(world.state), before);
    EXPECT_FALSE(world.state.due);
    world.step({world.payment()});
    ASSERT_TRUE(world.state.due);
    EXPECT_EQ(world.state.due->since, world.state.height);
    Bytes next(40, 7);
    std::fill(next.begin() + 32, next.end(), uint8_t{0});
    next.back() = 1;
    EXPECT_EQ(world.state.due->next, next);
    EXPECT_EQ(next_committee(world.state), next);
    const Due pinned = *world.state.due;
    world.state.committee[39] = 9;                        // whatever happens to the state meanwhile
    world.step({world.payment()});
    EXPECT_EQ(world.state.due, pinned);
  }
}

TEST(Epochs, AnEndIsDueOnceInAnEpoch) {
  World world;
  lasting(world, 1, 0);
  world.step({world.payment()});
  ASSERT_TRUE(world.state.due);
  world.step({world.close(world.state.due->next)});
  EXPECT_TRUE(world.state.closing && world.state.due);
  world.step({world.report(0, std::nullopt), world.report(1, std::nullopt), world.report(3, std::nullopt)});
  EXPECT_EQ(world.state.epoch, 1u);
  EXPECT_FALSE(world.state.due);
  EXPECT_EQ(world.state.began, (Began{world.state.height, world.state.time_ms}));
}

}  // namespace
}  // namespace sotto::ledger
