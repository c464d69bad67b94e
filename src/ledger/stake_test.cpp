// The stake as the ledger keeps it (docs/spec/stake.md): operations, epochs, jail, slashing, committees.
#include <gtest/gtest.h>

#include "ledger/next_committee.hpp"
#include "ledger/stake_for_test.hpp"

namespace sotto::ledger {
namespace {

using testing::StakeWorld;
using testing::validator;

class StakeOps : public ::testing::Test {
 protected:
  void TearDown() override { if (!tampered) world.expect_books(); }
  bool tampered = false;                                        // the test has rewritten the state by hand
  uint64_t claimed(const Transaction& tx) const { return world.state.stake.claims.at(claim_of(txid(tx), 0)).amount; }
  // Pays `fees` into the pool of fees, 10 at a time.
  void pay_fees(uint64_t fees) {
    for (; fees > 0; fees -= 10) {
      Transaction tx = world.payment();
      tx.transfers[0].fee = 10;
      world.seal(tx);
      ASSERT_EQ(world.outcome_of(tx), Outcome::executed);
    }
  }
  StakeWorld world;
};

TEST_F(StakeOps, GenesisValidatorsHaveTheirStakeAsTheirOwn) {
  EXPECT_EQ(to_decimal(world.native().minted), "1050000");
  EXPECT_EQ(to_decimal(world.native().staked), "50000");
  EXPECT_EQ(to_decimal(world.native().shielded()), "1000000");
  EXPECT_EQ(world.pool(validator(3)).self, 20'000u);
  EXPECT_EQ(world.pool(validator(3)).power, 20'000u);
  EXPECT_EQ(world.pool(validator(2)).seat, 2u);
}

// Every outcome of D-10..D-12 in one life of some money.
TEST_F(StakeOps, BondClaimUnbondClaim) {
  const Transaction bond = world.bond(validator(1), 500);
  ASSERT_EQ(world.outcome_of(bond), Outcome::executed);
  EXPECT_EQ(world.pool(validator(1)).amount, 10'500u);
  EXPECT_EQ(to_decimal(world.native().shielded()), "999499");   // and the fee of 1
  EXPECT_EQ(claimed(bond), 500u);
  EXPECT_EQ(world.outcome_of(bond), Outcome::repeated);
  const Transaction claim = world.claim(claim_of(txid(bond), 0));
  ASSERT_TRUE(check_for_vote(encode(claim), world.state, world.archive, world.authority).ok());
  ASSERT_EQ(world.outcome_of(claim), Outcome::executed);
  EXPECT_EQ(world.pool(validator(1)).held, 500u);
  EXPECT_TRUE(world.archive.spend_of(spent_by_claim(claim_of(txid(bond), 0))));
  EXPECT_EQ(world.outcome_of(claim), Outcome::repeated);

  const Transaction unbond = world.unbond(validator(1), 200);
  ASSERT_EQ(world.outcome_of(unbond), Outcome::executed);
  EXPECT_EQ(world.pool(validator(1)).held, 300u);
  EXPECT_EQ(world.pool(validator(1)).amount, 10'300u);
  for (int epoch = 0; epoch < 3; ++epoch) {
    const Transaction early = world.claim(claim_of(txid(unbond), 0));
    EXPECT_EQ(check_for_vote(encode(early), world.state, world.archive, world.authority).error(), Reject::immature_claim);
    world.next_epoch();
  }
  ASSERT_EQ(world.outcome_of(world.claim(claim_of(txid(unbond), 0))), Outcome::executed);
  EXPECT_TRUE(world.state.stake.claims.empty());
}

// A rival claim of the same claim needs the same lock: of two, one is certified. Ordered all the same, one executes.
TEST_F(StakeOps, AClaimIsSpentOnce) {
  const Transaction bond = world.bond(validator(0), 50);
  ASSERT_EQ(world.outcome_of(bond), Outcome::executed);
  const Transaction first = world.claim(claim_of(txid(bond), 0)), rival = world.claim(claim_of(txid(bond), 0));
  EXPECT_EQ(nullifiers(first).back(), nullifiers(rival).back());
  EXPECT_EQ(nullifiers(first).size(), generations(first).size());
  EXPECT_EQ(world.step({first, rival}), (std::vector{Outcome::executed, Outcome::spent}));
  EXPECT_EQ(world.pool(validator(0)).held, 50u);
}

TEST_F(StakeOps, WhatCannotBeBondedIsPaidBack) {
  const Transaction late = world.bond(validator(2), 70);      // voted for while validator 2 was there
  ASSERT_EQ(world.outcome_of(world.evidence(validator(2), 0)), Outcome::took_effect);
  ASSERT_EQ(world.outcome_of(late), Outcome::executed);
  const OpenClaim& open = world.state.stake.claims.at(claim_of(txid(late), 0));
  EXPECT_FALSE(open.tokens);
  EXPECT_EQ(open.amount, 70u);
  EXPECT_EQ(open.mature, 0u);                                 // at once, and out of a slash's reach
  world.expect_books();
  EXPECT_EQ(world.outcome_of(world.claim(claim_of(txid(late), 0))), Outcome::executed);
}

TEST_F(StakeOps, ValidatorsRegister) {
  const auto key = crypto::BlsSecretKey::random(world.entropy);
  const Transaction tx = world.registration(key, 30'000);
  const Transaction twin = world.registration(key, 5'000);
  ASSERT_TRUE(check_for_vote(encode(tx), world.state, world.archive, world.authority).ok());
  EXPECT_EQ(world.step({tx, twin}), (std::vector{Outcome::executed, Outcome::executed}));   // the twin is paid back
  EXPECT_EQ(claimed(twin), 5'000u);
  const ValidatorId id = std::get<Register>(tx.operations[0]).validator;
  EXPECT_EQ(world.pool(id).self, 30'000u);
  EXPECT_EQ(world.pool(id).power, 0u);
  world.next_epoch();                                          // in place of one of the three smallest: the last id among equals
  EXPECT_EQ(world.pool(id).power, 30'000u);
  EXPECT_EQ(world.pool(validator(2)).power, 0u);
  EXPECT_EQ(world.pool(validator(1)).power, 10'000u);
}

// D-40: the highest stakes, ties by id, in order of ids; jailed, convicted and poor ones left out.
TEST_F(StakeOps, CommitteeIsTheTopByStake) {
  const auto members = [&] {
    std::vector<std::pair<uint8_t, uint64_t>> all;
    const Bytes bytes = committee_by_stake(world.state);
    Reader in(bytes);
    EXPECT_EQ(*in.array<32>(), world.network->id().value);
    EXPECT_EQ(*in.u64(), world.state.epoch + 1);
    const size_t count = *in.count(512, 184);
    for (size_t i = 0; i < count; ++i) {
      const auto id = *in.array<32>();
      all.emplace_back(id[0], *in.u64());
      EXPECT_EQ((*in.array<96>())[0], id[0]);
      EXPECT_TRUE(in.array<48>().ok());
    }
    EXPECT_TRUE(in.finish().ok());
    return all;
  };
  using Members = std::vector<std::pair<uint8_t, uint64_t>>;
  EXPECT_EQ(members(), (Members{{0, 10'000}, {1, 10'000}, {2, 10'000}, {3, 20'000}}));
  GenesisContent c = testing::stake_content();
  c.params.stake.max_validators = 4;
  world.state.stake.pools[validator(7)] = world.pool(validator(0));
  world.state.stake.pools[validator(7)].vote_key[0] = 7;
  EXPECT_EQ(members(), (Members{{0, 10'000}, {1, 10'000}, {2, 10'000}, {3, 20'000}}));
  world.state.stake.pools[validator(7)].amount = 10'001;
  EXPECT_EQ(members(), (Members{{0, 10'000}, {1, 10'000}, {3, 20'000}, {7, 10'001}}));
  world.state.stake.pools[validator(3)].jailed_until = 9;
  world.state.stake.pools[validator(0)].tombstoned = true;
  world.state.stake.pools[validator(7)].self = 999;            // worth less than 1,000 of its own
  EXPECT_EQ(members(), (Members{{1, 10'000}, {2, 10'000}}));
  world.state.stake.pools.clear();
  EXPECT_TRUE(committee_by_stake(world.state).empty());
  tampered = true;
}

// D-30: 90 of fees over 50,000 of stake; what does not divide stays in the pool of fees.
TEST_F(StakeOps, FeesRaiseTheRate) {
  world.state.stake.pools[validator(3)].commission = 5'000;
  world.take(world.bond(validator(0), 10'000));
  pay_fees(88'000 - static_cast<uint64_t>(world.native().fees) / 10 * 10);
  const uint64_t fees = static_cast<uint64_t>(world.native().fees), staked = static_cast<uint64_t>(world.native().staked);
  world.next_epoch();
  const uint64_t share = fees * 10'000 / 50'000;               // by what they had at stake when the epoch began
  EXPECT_EQ(world.pool(validator(0)).amount, 20'000 + share);
  EXPECT_EQ(world.pool(validator(0)).tokens, 20'000u);
  EXPECT_EQ(world.pool(validator(1)).amount, 10'000 + share);
  const uint64_t big = fees * 20'000 / 50'000;
  EXPECT_EQ(world.pool(validator(3)).amount, 20'000 + big);
  EXPECT_EQ(world.pool(validator(3)).self, 20'000 + big / 2 * 20'000 / (20'000 + big - big / 2));
  EXPECT_EQ(to_decimal(world.native().staked), to_decimal(Wide{staked} + 3 * share + big));
  EXPECT_EQ(to_decimal(world.native().fees), to_decimal(Wide{fees} - 3 * share - big));
  world.expect_books();
  // The delegator has half of validator 0.
  const Transaction unbond = world.unbond(validator(0), 10'000);
  ASSERT_EQ(world.outcome_of(unbond), Outcome::executed);
  EXPECT_EQ(claimed(unbond), 10'000 + share / 2);
}

TEST_F(StakeOps, IssuanceOnlyIfGenesisSaysSo) {
  world.next_epoch();
  EXPECT_EQ(to_decimal(world.native().minted), "1050000");
  GenesisContent c = testing::stake_content();
  c.params.stake.issuance = 500;
  StakeWorld other(1, c);
  other.next_epoch();
  EXPECT_EQ(to_decimal(other.native().minted), "1050500");
  EXPECT_EQ(other.pool(validator(3)).amount, 20'200u);
  other.state.supply[0].minted = kMaxStaked - 499;              // no room
  other.next_epoch();
  EXPECT_EQ(to_decimal(other.native().minted), to_decimal(kMaxStaked - 499));
}

// D-32: reports show who is there; those after the quorum in the block that ends the epoch do too.
TEST_F(StakeOps, AbsentValidatorsAreJailed) {
  world.next_epoch({0, 1, 3, 2});
  EXPECT_EQ(world.pool(validator(2)).absent, 0u);
  world.next_epoch({0, 1, 3});
  EXPECT_EQ(world.pool(validator(2)).absent, 1u);
  EXPECT_FALSE(world.pool(validator(2)).jailed_until);
  world.next_epoch({0, 1, 3});
  ASSERT_EQ(world.pool(validator(2)).jailed_until, 5u);
  EXPECT_EQ(world.pool(validator(2)).power, 10'000u);           // the close had named it already
  EXPECT_EQ(world.pool(validator(2)).amount, 10'000u);          // absence costs nothing but the seat
  EXPECT_EQ(world.outcome_of(world.unjailing(validator(2))), Outcome::not_allowed);
  world.next_epoch({0, 1, 3});
  EXPECT_EQ(world.pool(validator(2)).power, 0u);
  world.next_epoch({0, 1, 3});
  Transaction forged = world.unjailing(validator(2));
  ++std::get<Unjail>(*forged.ordered).signature[0];
  EXPECT_EQ(world.outcome_of(forged), Outcome::uncertified);
  EXPECT_EQ(world.outcome_of(world.bond(validator(2), 10, true)), Outcome::executed);
  EXPECT_EQ(world.pool(validator(2)).self, 10'010u);            // its own may come while it is jailed
  EXPECT_EQ(world.outcome_of(world.unjailing(validator(2))), Outcome::took_effect);
  world.next_epoch({0, 1, 3});
  EXPECT_EQ(world.pool(validator(2)).power, 10'010u);
}

TEST_F(StakeOps, RecoveryReportsShowPresence) {
  const Transaction payment = world.payment();
  ASSERT_EQ(world.outcome_of(world.recovery(payment)), Outcome::took_effect);
  ASSERT_EQ(world.outcome_of(world.report(2, Report::Note{payment.transfers[0].inputs[0].nf, 0})), Outcome::took_effect);
  EXPECT_TRUE(world.pool(validator(2)).seen);
  world.next_epoch({0, 1, 3});
  EXPECT_EQ(world.pool(validator(2)).absent, 0u);
  EXPECT_FALSE(world.pool(validator(2)).seen);
}

// D-33: a part of the pool and of what began to leave since, rounded against them; for good.
TEST_F(StakeOps, EvidenceSlashes) {
  world.take(world.bond(validator(1), 1'001));
  const Transaction before = world.unbond(validator(1), 101);
  ASSERT_EQ(world.outcome_of(before), Outcome::executed);
  world.next_epoch();
  const Transaction since = world.unbond(validator(1), 102), other = world.bond(validator(1), 40);
  ASSERT_EQ(world.outcome_of(since), Outcome::executed);
  ASSERT_EQ(world.outcome_of(other), Outcome::executed);
  const Wide staked = world.native().staked, burned = world.native().burned;
  const uint64_t pool = world.pool(validator(1)).amount, leaving = claimed(since), left = claimed(before), tokens = claimed(other);
  ASSERT_EQ(world.outcome_of(world.evidence(validator(1), 1)), Outcome::took_effect);
  const auto cut = [](uint64_t v) { return (v * 500 + 9'999) / 10'000; };
  EXPECT_EQ(world.pool(validator(1)).amount, pool - cut(pool));
  EXPECT_EQ(claimed(since), leaving - cut(leaving));
  EXPECT_EQ(claimed(before), left);                             // was on its way out when it happened
  EXPECT_EQ(claimed(other), tokens);                            // tokens stay, they are worth less
  EXPECT_EQ(to_decimal(world.native().burned - burned), to_decimal(Wide{cut(pool)} + cut(leaving)));
  EXPECT_EQ(to_decimal(staked - world.native().staked), to_decimal(Wide{cut(pool)} + cut(leaving)));
  EXPECT_EQ(world.outcome_of(world.evidence(validator(1), 1)), Outcome::not_allowed);   // once
  world.next_epoch({0, 2, 3});
  EXPECT_EQ(world.pool(validator(1)).power, 0u);
}

TEST_F(StakeOps, AllMayBeSlashed) {
  GenesisContent c = testing::stake_content();
  c.params.stake.slash = kWhole;
  StakeWorld all(1, c);
  const auto claimed_of = [&](const Transaction& tx) { return all.state.stake.claims.contains(claim_of(txid(tx), 0)); };
  all.take(all.bond(validator(0), 100));
  const Transaction unbond = all.unbond(validator(0), 40);
  ASSERT_EQ(all.outcome_of(unbond), Outcome::executed);
  ASSERT_EQ(all.outcome_of(all.evidence(validator(0), 0)), Outcome::took_effect);
  EXPECT_EQ(all.pool(validator(0)).amount, 0u);
  EXPECT_FALSE(claimed_of(unbond));
  const Transaction rest = all.unbond(validator(0), 60);      // worthless, and still the owner's to burn
  ASSERT_EQ(all.outcome_of(rest), Outcome::executed);
  EXPECT_FALSE(claimed_of(rest));
  all.expect_books();
}

TEST_F(StakeOps, OperatorsWithdraw) {
  const Transaction tx = world.withdrawal(validator(3), 19'500);
  ASSERT_EQ(world.outcome_of(tx), Outcome::took_effect);
  EXPECT_EQ(claimed(tx), 19'500u);
  EXPECT_EQ(world.outcome_of(tx), Outcome::not_allowed);              // one withdrawal, once
  Transaction thief = world.withdrawal(validator(3), 100);
  ++std::get<Withdraw>(*thief.ordered).amount;
  EXPECT_EQ(world.outcome_of(thief), Outcome::not_allowed);
  world.next_epoch();                                           // 500 of its own are too little
  EXPECT_EQ(world.pool(validator(3)).power, 0u);
  ASSERT_EQ(world.outcome_of(world.withdrawal(validator(3), 500)), Outcome::took_effect);
  for (int i = 0; i < 2; ++i) world.next_epoch();
  EXPECT_TRUE(world.state.stake.pools.contains(validator(3)));  // it could still be slashed
  for (int i = 0; i < 2; ++i) world.next_epoch();
  EXPECT_FALSE(world.state.stake.pools.contains(validator(3)));
}

// Whose seat is whose is settled when the end is due; money may move until the end and beyond.
TEST_F(StakeOps, GoOnWhileTheEpochCloses) {
  world.state.stake.pools[validator(0)].jailed_until = 0;
  const Bytes next = next_committee(world.state);
  ASSERT_EQ(world.outcome_of(world.close(next)), Outcome::took_effect);
  for (const Transaction& tx : {world.unjailing(validator(0)), world.withdrawal(validator(1), 5), world.evidence(validator(2), 0)})
    EXPECT_EQ(world.outcome_of(tx), Outcome::took_effect);
  EXPECT_EQ(world.outcome_of(world.bond(validator(1), 10)), Outcome::executed);
  EXPECT_EQ(world.pool(validator(1)).amount, 10'005u);
  world.step({world.report(1, std::nullopt), world.report(2, std::nullopt), world.report(3, std::nullopt)});
  ASSERT_EQ(world.state.epoch, 1u);
  EXPECT_EQ(world.state.committee, next);
  EXPECT_EQ(world.pool(validator(1)).power, 10'000u);
  EXPECT_GT(world.pool(validator(2)).power, 0u);                // convicted too late for this one
  world.expect_books();
}

// After the entry that ended the epoch nothing of the stake happens in that block.
TEST_F(StakeOps, NothingBetweenTheEndAndTheNextBlock) {
  ASSERT_EQ(world.outcome_of(world.close(next_committee(world.state))), Outcome::took_effect);
  const Transaction late = world.alone(Misconduct{0, validator(0)});
  const auto outcomes = world.step({world.report(1, std::nullopt), world.report(2, std::nullopt), world.report(3, std::nullopt), late});
  EXPECT_EQ(outcomes.back(), Outcome::wrong_epoch);
  EXPECT_FALSE(world.pool(validator(0)).tombstoned);
}

// D-34: the engine's word counts as evidence does.
TEST_F(StakeOps, MisconductSlashes) {
  world.take(world.bond(validator(1), 1'000));
  const Transaction leaving = world.unbond(validator(1), 100);
  ASSERT_EQ(world.outcome_of(leaving), Outcome::executed);
  ASSERT_EQ(world.outcome_of(world.misconduct(validator(1), 0)), Outcome::took_effect);
  EXPECT_TRUE(world.pool(validator(1)).tombstoned);
  EXPECT_EQ(claimed(leaving), 95u);
  EXPECT_EQ(world.pool(validator(1)).amount, 10'900u - 545u);
  EXPECT_EQ(world.outcome_of(world.evidence(validator(1), 0)), Outcome::not_allowed);   // one conviction, whoever brings it
}

// A counterfeit token, were there one: the turnstile of tokens is that of assets (L-34).
TEST_F(StakeOps, TokensHaveATurnstile) {
  world.take(world.bond(validator(0), 30));
  EXPECT_EQ(world.outcome_of(world.unbond(validator(0), 31)), Outcome::turnstile);
  EXPECT_TRUE(world.pool(validator(0)).halted);
  EXPECT_EQ(world.outcome_of(world.unbond(validator(0), 1)), Outcome::burns_halted);
  EXPECT_EQ(world.pool(validator(0)).amount, 10'030u);
}

TEST_F(StakeOps, TokensMayLeaveInTheTransactionThatClaimsThem) {
  const Transaction bond = world.bond(validator(0), 30);
  ASSERT_EQ(world.outcome_of(bond), Outcome::executed);
  const ClaimId id = claim_of(txid(bond), 0);
  const uint64_t token = token_of(validator(0));
  const Transaction both = world.with({Unbond{validator(0), 30, world.owner.point}, Claim{id, token, 30, 0, world.owner.point, {}}}, {token, 0}, 30, 30);
  EXPECT_EQ(world.outcome_of(both), Outcome::executed);
  EXPECT_EQ(world.pool(validator(0)).tokens, 10'000u);
}

TEST_F(StakeOps, EncodeCanonically) {
  const auto key = crypto::BlsSecretKey::random(world.entropy);
  const Transaction bond = world.bond(validator(0), 30, true);
  for (const Transaction& tx : {bond, world.unbond(validator(1), 5), world.registration(key, 2'000), world.withdrawal(validator(2), 4),
                                world.unjailing(validator(0)), world.evidence(validator(3), 0), world.misconduct(validator(3), 0),
                                world.with({Claim{{Hash32{1}}, 1, 2, 3, world.owner.point, {}}}, {1, 0}, 2, 0)}) {
    const Bytes bytes = encode(tx);
    const auto back = decode_transaction(bytes);
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(encode(*back), bytes);
    EXPECT_EQ(txid(*back), txid(tx));
    for (size_t n = bytes.size() - 60; n < bytes.size(); ++n) EXPECT_FALSE(decode_transaction(ByteView(bytes).first(n)).ok()) << n;
  }
  world.state.stake.pools[validator(3)].jailed_until = 4;
  world.state.stake.claims[{Hash32{5}}] = {{1}, validator(3), true, 4, 5, 6};
  Writer out;
  write(out, world.state.stake);
  Reader in(out.bytes());
  const auto back = read_stake(in);
  ASSERT_TRUE(back.ok());
  EXPECT_TRUE(in.finish().ok());
  EXPECT_EQ(*back, world.state.stake);
  Writer twice;                                                  // pools in the wrong order
  twice.count(2);
  for (int i = 0; i < 2; ++i) twice.raw(ByteView(out.bytes()).subspan(4, 32 + 96 + 48 + 32 + 2 + 4 + 32 + 1 + 4 + 8 + 2 + 1 + 4 + 1 + 1));
  Reader again(twice.bytes());
  EXPECT_EQ(read_stake(again).error(), DecodeError::out_of_order);
  tampered = true;
}

// T-1: the txid covers everything but signatures and the proof of possession.
TEST_F(StakeOps, TxidCoversEverythingButSignatures) {
  std::set<Hash32> ids;
  const auto rows = [&](const Transaction& tx, std::initializer_list<std::function<void(Transaction&)>> covered,
                        std::initializer_list<std::function<void(Transaction&)>> outside) {
    ids.insert(txid(tx).value);
    for (const auto& change : covered) {
      Transaction other = tx;
      change(other);
      EXPECT_TRUE(ids.insert(txid(other).value).second);
    }
    for (const auto& change : outside) {
      Transaction other = tx;
      change(other);
      EXPECT_EQ(txid(other), txid(tx));
      EXPECT_NE(full_id(other), full_id(tx));
    }
  };
  const auto op = []<class T>(Transaction& tx, T) -> T& { return std::get<T>(tx.operations[0]); };
  const auto ordered = []<class T>(Transaction& tx, T) -> T& { return std::get<T>(*tx.ordered); };
  const crypto::JubjubAffine key = world.issuer.point;
  rows(world.bond(validator(0), 10),
       {[&](auto& t) { auto& [v, amount, self, to] = op(t, Bond{}); v.value[0] = 9; (void)amount; (void)self; (void)to; },
        [&](auto& t) { ++op(t, Bond{}).amount; }, [&](auto& t) { op(t, Bond{}).self = true; }, [&](auto& t) { op(t, Bond{}).to = key; }}, {});
  rows(world.unbond(validator(0), 10),
       {[&](auto& t) { auto& [v, amount, to] = op(t, Unbond{}); v.value[0] = 9; (void)amount; (void)to; },
        [&](auto& t) { ++op(t, Unbond{}).amount; }, [&](auto& t) { op(t, Unbond{}).to = key; }}, {});
  rows(world.with({Claim{{Hash32{1}}, 1, 2, 3, world.owner.point, {}}}, {1, 0}, 2, 0),
       {[&](auto& t) { auto& [claim, asset, amount, generation, k, signature] = op(t, Claim{}); claim.value[1] = 9;
                       (void)asset; (void)amount; (void)generation; (void)k; (void)signature; },
        [&](auto& t) { ++op(t, Claim{}).asset; }, [&](auto& t) { ++op(t, Claim{}).amount; }, [&](auto& t) { ++op(t, Claim{}).generation; },
        [&](auto& t) { op(t, Claim{}).key = key; }},
       {[&](auto& t) { ++op(t, Claim{}).signature.R[0]; }});
  const auto bls = crypto::BlsSecretKey::random(world.entropy);
  rows(world.registration(bls, 2'000),
       {[&](auto& t) { auto& [vote, possession, engine, k, commission, endpoint, amount, signature] = op(t, Register{}); ++vote[0];
                       (void)possession; (void)engine; (void)k; (void)commission; (void)endpoint; (void)amount; (void)signature; },
        [&](auto& t) { ++op(t, Register{}).validator.value[0]; }, [&](auto& t) { op(t, Register{}).operator_key = key; },
        [&](auto& t) { ++op(t, Register{}).commission; }, [&](auto& t) { op(t, Register{}).endpoint += "x"; },
        [&](auto& t) { ++op(t, Register{}).amount; }},
       {[&](auto& t) { ++op(t, Register{}).possession[0]; }, [&](auto& t) { ++op(t, Register{}).engine_signature[0]; }});
  rows(world.unjailing(validator(0)),
       {[&](auto& t) { auto& [epoch, v, signature] = ordered(t, Unjail{}); ++epoch; (void)v; (void)signature; },
        [&](auto& t) { ordered(t, Unjail{}).validator.value[0] = 9; }},
       {[&](auto& t) { ++ordered(t, Unjail{}).signature[0]; }});
  rows(world.withdrawal(validator(0), 4),
       {[&](auto& t) { auto& [epoch, v, sequence, amount, to, signature] = ordered(t, Withdraw{}); ++epoch;
                       (void)v; (void)sequence; (void)amount; (void)to; (void)signature; },
        [&](auto& t) { ordered(t, Withdraw{}).validator.value[0] = 9; }, [&](auto& t) { ++ordered(t, Withdraw{}).sequence; },
        [&](auto& t) { ++ordered(t, Withdraw{}).amount; }, [&](auto& t) { ordered(t, Withdraw{}).to = key; }},
       {[&](auto& t) { ++ordered(t, Withdraw{}).signature.S[0]; }});
  rows(world.misconduct(validator(0), 0),
       {[&](auto& t) { auto& [epoch, v] = ordered(t, Misconduct{}); ++epoch; (void)v; },
        [&](auto& t) { ordered(t, Misconduct{}).validator.value[0] = 9; }}, {});
  rows(world.evidence(validator(0), 0),
       {[&](auto& t) { auto& [epoch, v, proof] = ordered(t, Evidence{}); ++epoch; (void)v; (void)proof; },
        [&](auto& t) { ordered(t, Evidence{}).validator.value[0] = 9; }, [&](auto& t) { ordered(t, Evidence{}).proof.push_back(1); }}, {});
}

// Both L-33: the app hash covers every field of a pool and of a claim.
TEST_F(StakeOps, AppHashCoversEveryField) {
  world.state.stake.claims[{Hash32{5}}] = {{1}, validator(0), false, 4, 5, 6};
  std::set<Hash32> hashes{app_hash(world.state)};
  const auto differs = [&](auto change) {
    State s = world.state;
    change(s.stake.pools.at(validator(0)), s.stake.claims.begin()->second);
    EXPECT_TRUE(hashes.insert(app_hash(s)).second) << hashes.size();
  };
  const auto& [vote_key, possession, operator_key, commission, endpoint, amount, tokens, self, held, halted, withdrawals, power, seat,
              seen, absent, jailed_until, tombstoned] = world.pool(validator(0));
  (void)vote_key; (void)possession; (void)operator_key; (void)commission; (void)endpoint; (void)amount; (void)tokens; (void)self;
  (void)held; (void)halted; (void)withdrawals; (void)power; (void)seat; (void)seen; (void)absent; (void)jailed_until; (void)tombstoned;
  differs([](Pool& p, auto&) { ++p.vote_key[1]; });
  differs([](Pool& p, auto&) { ++p.possession[1]; });
  differs([&](Pool& p, auto&) { p.operator_key = world.owner.point; });
  differs([](Pool& p, auto&) { ++p.commission; });
  differs([](Pool& p, auto&) { p.endpoint = "x"; });
  differs([](Pool& p, auto&) { ++p.amount; });
  differs([](Pool& p, auto&) { ++p.tokens; });
  differs([](Pool& p, auto&) { ++p.self; });
  differs([](Pool& p, auto&) { ++p.held; });
  differs([](Pool& p, auto&) { p.halted = true; });
  differs([](Pool& p, auto&) { ++p.withdrawals; });
  differs([](Pool& p, auto&) { ++p.power; });
  differs([](Pool& p, auto&) { ++p.seat; });
  differs([](Pool& p, auto&) { p.seen = true; });
  differs([](Pool& p, auto&) { ++p.absent; });
  differs([](Pool& p, auto&) { p.jailed_until = 0; });
  differs([](Pool& p, auto&) { p.tombstoned = true; });
  const auto& [key, of, is_tokens, claim_amount, since, mature] = world.state.stake.claims.begin()->second;
  (void)key; (void)of; (void)is_tokens; (void)claim_amount; (void)since; (void)mature;
  differs([](auto&, OpenClaim& c) { ++c.key[0]; });
  differs([](auto&, OpenClaim& c) { c.validator = validator(1); });
  differs([](auto&, OpenClaim& c) { c.tokens = true; });
  differs([](auto&, OpenClaim& c) { ++c.amount; });
  differs([](auto&, OpenClaim& c) { ++c.since; });
  differs([](auto&, OpenClaim& c) { ++c.mature; });
  tampered = true;
}

}  // namespace
}  // namespace sotto::ledger
