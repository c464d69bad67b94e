// Every rule of the stake, broken alone (docs/spec/stake.md; ledger.md L-2).
#include <gtest/gtest.h>

#include "ledger/stake_for_test.hpp"
#include "ledger/stake_rules.hpp"

namespace sotto::ledger {
namespace {

using testing::StakeWorld;
using testing::validator;

class StakeCheck : public ::testing::Test {
 protected:
  std::optional<Reject> noted(std::optional<Reject> reject) {
    if (reject) seen().insert(*reject);
    return reject;
  }
  // What a validator says who is asked for a vote.
  std::optional<Reject> verdict(const Transaction& tx) {
    const auto checked = check_for_vote(encode(tx), world.state, world.archive, world.authority);
    return checked.ok() ? std::nullopt : noted(checked.error());
  }
  // What becomes of an operation that stands alone, or of a transaction certified all the same.
  std::optional<Reject> ordered(const Transaction& tx) {
    const auto e = world.run({testing::certified(tx)});
    CHECK(e.ok());
    const bool stale = e->block.entries[0].outcome == Outcome::not_allowed || e->block.entries[0].outcome == Outcome::invalid;
    EXPECT_EQ(e->details[0].reject.has_value(), stale);
    return noted(e->details[0].reject);
  }
  template <class Op>
  Transaction changed(Transaction tx, const std::function<void(Op&)>& change) {
    change(std::get<Op>(tx.operations[0]));
    world.seal(tx);
    return tx;
  }
  static void TearDownTestSuite() {
    const auto* suite = ::testing::UnitTest::GetInstance()->current_test_suite();
    if (suite->test_to_run_count() < suite->total_test_count()) return;  // a filter is set
    for (size_t i = 0; i < kRejects; ++i) {
      const auto reject = static_cast<Reject>(i);
      EXPECT_TRUE(seen().contains(reject) || !testing::of_stake(reject)) << name(reject);
    }
  }
  static std::set<Reject>& seen() {
    static std::set<Reject> all;
    return all;
  }
  StakeWorld world;
  const crypto::JubjubAffine nobody = crypto::JubjubAffine::identity();
};

TEST_F(StakeCheck, Stateless) {
  EXPECT_EQ(verdict(world.bond(validator(0), 10)), std::nullopt);
  EXPECT_EQ(verdict(world.bond(validator(0), 9)), Reject::below_minimum);
  EXPECT_EQ(verdict(world.bond(validator(0), 0)), Reject::zero_amount);
  EXPECT_EQ(verdict(changed<Bond>(world.bond(validator(0), 10), [&](Bond& op) { op.to = nobody; })), Reject::bad_claim_key);
  EXPECT_EQ(verdict(changed<Bond>(world.bond(validator(0), 10), [&](Bond& op) { ++op.amount; })), Reject::unauthorised_v_out);
  Transaction stray = world.bond(validator(0), 10);
  stray.transfers[0].asset_pub = note::asset_of({token_of(validator(0)), 0});
  world.seal(stray);
  EXPECT_EQ(verdict(stray), Reject::unknown_asset);

  world.take(world.bond(validator(0), 100));
  EXPECT_EQ(verdict(world.unbond(validator(0), 100)), std::nullopt);
  EXPECT_EQ(verdict(changed<Unbond>(world.unbond(validator(0), 10), [&](Unbond& op) { op.to = nobody; })), Reject::bad_claim_key);
  EXPECT_EQ(verdict(changed<Unbond>(world.unbond(validator(0), 10), [&](Unbond& op) { op.validator = validator(1); })), Reject::unknown_asset);

  const auto key = crypto::BlsSecretKey::random(world.entropy);
  const auto registration = [&](const std::function<void(Register&)>& change) {
    return verdict(changed<Register>(world.registration(key, 1'000), change));
  };
  EXPECT_EQ(registration([](Register&) {}), std::nullopt);
  EXPECT_EQ(registration([](Register& op) { op.commission = kWhole; }), std::nullopt);
  EXPECT_EQ(registration([](Register& op) { op.commission = kWhole + 1; }), Reject::bad_registration);
  EXPECT_EQ(registration([](Register& op) { op.endpoint.clear(); }), Reject::bad_registration);
  EXPECT_EQ(registration([](Register& op) { op.endpoint = "\x1b[2J"; }), Reject::bad_registration);
  EXPECT_EQ(registration([&](Register& op) { op.operator_key = nobody; }), Reject::bad_claim_key);
  EXPECT_EQ(registration([](Register& op) { ++op.possession[47]; }), Reject::bad_possession);
  EXPECT_EQ(registration([](Register& op) { ++op.engine_signature[0]; }), Reject::bad_engine_signature);
  // Whoever sees a registration cannot make it his own.
  EXPECT_EQ(registration([&](Register& op) { op.operator_key = world.issuer.point; }), Reject::bad_engine_signature);
  EXPECT_EQ(registration([&](Register& op) { op.vote_key = crypto::BlsSecretKey::random(world.entropy).public_key().encode(); }), Reject::bad_possession);
  EXPECT_EQ(verdict(world.registration(key, 999)), Reject::below_minimum);

  // 16 transfers spend 48 nullifiers: a claim is one more.
  const Transaction bond = world.bond(validator(0), 10);
  ASSERT_EQ(world.outcome_of(bond), Outcome::executed);
  Transaction many = world.claim(claim_of(txid(bond), 0));
  for (size_t i = 1; i < kMaxTransfers; ++i) many.transfers.push_back(world.payment().transfers[0]);
  world.seal(many);
  EXPECT_EQ(verdict(many), Reject::too_many_spends);

  testing::World without;
  Transaction tx = without.payment();
  tx.operations = {Bond{validator(0), 10, false, world.owner.point}};
  EXPECT_EQ(noted(check_stateless(tx, *without.network, std::nullopt).error()), Reject::staking_disabled);
  tx = world.evidence(validator(0), 0);
  tx.network = without.network->id();
  EXPECT_EQ(check_stateless(tx, *without.network, std::nullopt).error(), Reject::staking_disabled);
}

TEST_F(StakeCheck, BondsAndRegistrations) {
  EXPECT_EQ(verdict(world.bond(validator(9), 10)), Reject::unknown_validator);
  EXPECT_EQ(verdict(world.unbond(validator(9), 10)), Reject::unknown_validator);
  world.state.stake.pools[validator(0)].jailed_until = 5;
  EXPECT_EQ(verdict(world.bond(validator(0), 10)), Reject::inactive_validator);
  EXPECT_EQ(verdict(world.bond(validator(0), 10, true)), std::nullopt);
  world.state.stake.pools[validator(0)].tombstoned = true;
  EXPECT_EQ(verdict(world.bond(validator(0), 10, true)), Reject::inactive_validator);
  world.state.stake.pools[validator(1)].self = 999;
  EXPECT_EQ(verdict(world.bond(validator(1), 10)), Reject::inactive_validator);
  world.state.stake.pools[validator(2)].tokens = 900;           // a token is worth 11
  world.state.stake.pools[validator(2)].self = 900;
  EXPECT_EQ(verdict(world.bond(validator(2), 11)), Reject::no_tokens);
  EXPECT_EQ(verdict(world.bond(validator(2), 12)), std::nullopt);
  world.state.stake.pools[validator(3)].tokens = kMaxStaked - 9;
  world.state.stake.pools[validator(3)].self = kMaxStaked - 9;
  EXPECT_EQ(verdict(world.bond(validator(3), 10)), Reject::no_tokens);
  world.state.stake.pools[validator(3)].amount = 0;             // all was slashed: no rate
  EXPECT_EQ(verdict(world.bond(validator(3), 10, true)), Reject::no_tokens);

  const auto key = crypto::BlsSecretKey::random(world.entropy);
  const Transaction tx = world.registration(key, 2'000), twin = world.registration(key, 3'000);
  ASSERT_EQ(world.outcome_of(tx), Outcome::executed);
  EXPECT_EQ(verdict(twin), Reject::already_registered);
  const auto other = crypto::BlsSecretKey::random(world.entropy);
  const auto engine = std::get<Register>(tx.operations[0]).validator;
  EXPECT_EQ(verdict(changed<Register>(world.registration(other, 2'000), [&](Register& op) { op.validator = engine; })), Reject::already_registered);
  const Transaction fresh = world.registration(other, 2'000);
  EXPECT_EQ(verdict(fresh), std::nullopt);
  ValidatorId same_token = std::get<Register>(fresh.operations[0]).validator;
  same_token.value[0] ^= 0x80;
  world.state.stake.pools[same_token];
  EXPECT_EQ(verdict(fresh), Reject::already_registered);
  for (uint8_t i = 0; world.state.stake.pools.size() < kMaxPools; ++i)
    world.state.stake.pools[{Hash32{i, static_cast<uint8_t>(world.state.stake.pools.size() / 200), 1}}];
  EXPECT_EQ(verdict(fresh), Reject::too_many_validators);
}

// Native money has left the pool that never came in: nothing native leaves any more, bonds and registrations included.
TEST_F(StakeCheck, NothingIsBondedWhileNativeMoneyIsHalted) {
  const auto key = crypto::BlsSecretKey::random(world.entropy);
  const Transaction bond = world.bond(validator(0), 10), registration = world.registration(key, 2'000);
  EXPECT_EQ(verdict(bond), std::nullopt);
  world.state.supply[0].halted = true;
  EXPECT_EQ(verdict(bond), Reject::burns_halted);
  EXPECT_EQ(verdict(registration), Reject::burns_halted);
}

TEST_F(StakeCheck, Claims) {
  const Transaction bond = world.bond(validator(0), 10);
  ASSERT_EQ(world.outcome_of(bond), Outcome::executed);
  const ClaimId id = claim_of(txid(bond), 0);
  const uint64_t token = token_of(validator(0));
  const auto with = [&](const Claim& op) { return world.with({op}, {op.asset, 0}, op.amount, 0); };
  EXPECT_EQ(verdict(with({id, token, 10, 0, world.owner.point, {}})), std::nullopt);
  EXPECT_EQ(verdict(with({id, token, 11, 0, world.owner.point, {}})), Reject::wrong_claim);
  EXPECT_EQ(verdict(with({id, token, 9, 0, world.owner.point, {}})), Reject::wrong_claim);
  EXPECT_EQ(verdict(with({id, 1, 10, 0, world.owner.point, {}})), Reject::wrong_claim);
  EXPECT_EQ(verdict(with({id, token, 10, 1, world.owner.point, {}})), Reject::outdated_generation);
  EXPECT_EQ(verdict(with({claim_of(txid(bond), 1), token, 10, 0, world.owner.point, {}})), Reject::unknown_claim);
  EXPECT_EQ(ordered(with({claim_of(txid(bond), 1), token, 10, 0, world.owner.point, {}})), Reject::unknown_claim);
  Transaction thief = with({id, token, 10, 0, world.issuer.point, {}});
  std::get<Claim>(thief.operations[0]).signature = crypto::redjubjub_sign(world.issuer.secret, world.issuer.point, claim_message(txid(thief)), world.entropy);
  EXPECT_EQ(verdict(thief), Reject::wrong_claim);
  Transaction unsigned_claim = with({id, token, 10, 0, world.owner.point, {}});
  std::get<Claim>(unsigned_claim.operations[0]).signature = unsigned_claim.transfers[0].signature;   // rk's, over the txid itself
  EXPECT_EQ(verdict(unsigned_claim), Reject::bad_claim_signature);
  const Claim twice{id, token, 10, 0, world.owner.point, {}};
  EXPECT_EQ(verdict(world.with({twice, twice}, {token, 0}, 20, 0)), Reject::duplicate_nullifier);
  EXPECT_TRUE(retryable(Reject::unknown_claim));

  world.state.stake.claims[id].mature = 1;
  EXPECT_EQ(verdict(with({id, token, 10, 0, world.owner.point, {}})), Reject::immature_claim);
  for (uint32_t i = 0; world.state.stake.claims.size() < kMaxOpenClaims - 1; ++i) {
    ClaimId other;
    std::memcpy(other.value.data(), &i, sizeof i);
    world.state.stake.claims[other] = {{}, validator(0), false, 1, 0, 0};
  }
  EXPECT_EQ(verdict(world.bond(validator(0), 10)), std::nullopt);
  world.state.stake.claims[ClaimId{Hash32{0, 0, 0, 1}}] = {{}, validator(0), false, 1, 0, 0};
  EXPECT_EQ(verdict(world.bond(validator(0), 10)), Reject::too_many_claims);
  EXPECT_EQ(ordered(world.withdrawal(validator(0), 10)), Reject::too_many_claims);
}

// What delegators bonded is in the pool, and not the operator's.
TEST_F(StakeCheck, AnOperatorWithdrawsItsOwnOnly) {
  ASSERT_EQ(world.outcome_of(world.bond(validator(0), 10)), Outcome::executed);
  ASSERT_EQ(world.state.stake.pools[validator(0)].tokens, 10'010u);
  EXPECT_EQ(ordered(world.withdrawal(validator(0), 10'000)), std::nullopt);
  EXPECT_EQ(ordered(world.withdrawal(validator(0), 10'001)), Reject::exceeds_self_bond);
}

TEST_F(StakeCheck, OperationsThatStandAlone) {
  EXPECT_EQ(verdict(world.withdrawal(validator(0), 1)), Reject::ordered_only);
  EXPECT_EQ(ordered(world.withdrawal(validator(0), 10'000)), std::nullopt);
  EXPECT_EQ(ordered(world.withdrawal(validator(0), 10'001)), Reject::exceeds_self_bond);
  EXPECT_EQ(ordered(world.withdrawal(validator(0), 0)), Reject::zero_amount);
  Transaction tx = world.withdrawal(validator(0), 5);
  std::get<Withdraw>(*tx.ordered).to = nobody;
  EXPECT_EQ(ordered(tx), Reject::bad_claim_key);
  tx = world.withdrawal(validator(0), 5);
  ++std::get<Withdraw>(*tx.ordered).sequence;
  EXPECT_EQ(ordered(tx), Reject::wrong_sequence);
  tx = world.withdrawal(validator(0), 5);
  std::get<Withdraw>(*tx.ordered).signature.S[0] ^= 1;
  EXPECT_EQ(ordered(tx), Reject::bad_signature);
  tx = world.withdrawal(validator(0), 5);
  tx.expiry = 1;
  EXPECT_EQ(ordered(tx), Reject::stray_content);
  tx = world.withdrawal(validator(0), 5);
  std::get<Withdraw>(*tx.ordered).validator = validator(9);
  EXPECT_EQ(ordered(tx), Reject::unknown_validator);
  tx = world.withdrawal(validator(0), 5);
  ++std::get<Withdraw>(*tx.ordered).epoch;
  EXPECT_EQ(world.outcome_of(tx), Outcome::wrong_epoch);

  EXPECT_EQ(ordered(world.unjailing(validator(0))), Reject::not_jailed);
  world.state.stake.pools[validator(0)].jailed_until = 1;
  EXPECT_EQ(ordered(world.unjailing(validator(0))), Reject::still_jailed);
  world.state.stake.pools[validator(0)].jailed_until = 0;
  EXPECT_EQ(ordered(world.unjailing(validator(0))), std::nullopt);
  world.state.stake.pools[validator(0)].tombstoned = true;
  EXPECT_EQ(ordered(world.unjailing(validator(0))), Reject::tombstoned);
  EXPECT_EQ(ordered(world.evidence(validator(0), 0)), Reject::tombstoned);

  EXPECT_EQ(ordered(world.evidence(validator(1), 1)), Reject::too_old);      // nobody has done anything in an epoch to come
  tx = world.evidence(validator(1), 0);
  std::get<Evidence>(*tx.ordered).proof = {99};
  EXPECT_EQ(world.outcome_of(tx), Outcome::uncertified);
  tx = world.evidence(validator(1), 0);
  std::get<Evidence>(*tx.ordered).validator = validator(9);
  EXPECT_EQ(world.outcome_of(tx), Outcome::uncertified);
  for (int i = 0; i < 3; ++i) world.next_epoch();
  EXPECT_EQ(ordered(world.evidence(validator(1), 0)), Reject::too_old);
  EXPECT_EQ(ordered(world.evidence(validator(1), 1)), std::nullopt);
  EXPECT_EQ(ordered(world.misconduct(validator(1), 0)), Reject::too_old);
  EXPECT_EQ(ordered(world.misconduct(validator(9), 1)), Reject::unknown_validator);
  EXPECT_EQ(ordered(world.misconduct(validator(0), 1)), Reject::tombstoned);
  EXPECT_EQ(ordered(world.misconduct(validator(1), 1)), std::nullopt);
  // Without anybody to ask, none holds.
  const auto alone = execute(world.state, world.archive, std::vector{testing::certified(world.evidence(validator(1), 1)), testing::certified(world.unjailing(validator(1)))},
                             world.state.time_ms, testing::test_certificate_holds, world.authority);
  for (const BlockEntry& entry : alone->block.entries) EXPECT_EQ(entry.outcome, Outcome::uncertified);
}

// D-2.
TEST(StakeContent, RulesEachAlone) {
  const auto after = [](const std::function<void(GenesisContent&, StakeParams&)>& change) -> std::optional<ContentReject> {
    GenesisContent c = testing::stake_content();
    change(c, c.params.stake);
    const auto status = check_content(c);
    return status.ok() ? std::nullopt : std::optional(status.error());
  };
  const auto bad = ContentReject::bad_stake;
  EXPECT_EQ(after([](auto&, auto&) {}), std::nullopt);
  EXPECT_EQ(after([](auto&, auto& p) { p.max_validators = 513; }), bad);
  EXPECT_EQ(after([](auto&, auto& p) { p.max_validators = 0; }), bad);
  EXPECT_EQ(after([](auto&, auto& p) { p.min_self_bond = 0; }), bad);
  EXPECT_EQ(after([](auto&, auto& p) { p.min_bond = 0; }), bad);
  EXPECT_EQ(after([](auto&, auto& p) { p.evidence_epochs = 0; }), bad);
  EXPECT_EQ(after([](auto&, auto& p) { p.evidence_epochs = 3; }), bad);
  EXPECT_EQ(after([](auto&, auto& p) { p.unbonding_epochs = kMaxUnbondingEpochs + 1; }), bad);
  EXPECT_EQ(after([](auto&, auto& p) { p.slash = 0; }), bad);
  EXPECT_EQ(after([](auto&, auto& p) { p.slash = kWhole + 1; }), bad);
  EXPECT_EQ(after([](auto&, auto& p) { p.absence_epochs = 0; }), bad);
  EXPECT_EQ(after([](auto&, auto& p) { p.jail_epochs = 0; }), bad);
  EXPECT_EQ(after([](auto&, auto& p) { p.issuance = kMaxStaked + 1; }), bad);
  EXPECT_EQ(after([](auto&, auto& p) { p.operators.clear(); }), bad);
  EXPECT_EQ(after([](auto&, auto& p) { p.operators[0] = crypto::JubjubAffine::identity(); }), bad);
  EXPECT_EQ(after([](auto& c, auto&) { c.assets[0].issuer = crypto::jubjub_generator(); }), bad);
  EXPECT_EQ(after([](auto& c, auto&) { c.assets[0].issued = kMaxStaked + 1; }), bad);
  EXPECT_EQ(after([](auto&, auto& p) { p.operators.resize(513, p.operators[0]); }), ContentReject::too_large);
}

// Genesis: the seats are those the network id covers, with enough at stake, and a token each.
TEST(StakeContent, FirstCommittee) {
  const auto begins = [](const std::function<void(GenesisContent&)>& change, const std::function<void(Bytes&)>& proofs = [](Bytes&) {}) {
    GenesisContent c = testing::stake_content();
    change(c);
    State state;
    state.network = std::make_shared<const Network>(c);
    state.supply.resize(c.assets.size());
    state.supply[0].minted = c.assets[0].issued;
    Bytes committee = testing::first_committee(c);
    proofs(committee);
    return begin_stake(committee, state);
  };
  const auto nothing = [](GenesisContent&) {};
  constexpr size_t kFirst = 32 + 8 + 4;
  EXPECT_TRUE(begins(nothing));
  EXPECT_FALSE(begins(nothing, [](Bytes& b) { b[0] ^= 1; }));                        // of another network
  EXPECT_FALSE(begins(nothing, [](Bytes& b) { b[39] = 1; }));                        // of another epoch
  EXPECT_FALSE(begins(nothing, [](Bytes& b) { ++b[kFirst + 39]; }));                 // a stake the id does not cover
  EXPECT_FALSE(begins(nothing, [](Bytes& b) { ++b[kFirst + 50]; }));                 // a key
  EXPECT_FALSE(begins(nothing, [](Bytes& b) { ++b[kFirst]; }));                      // an id
  EXPECT_FALSE(begins([](GenesisContent& c) { c.params.stake.operators.pop_back(); }));
  EXPECT_FALSE(begins([](GenesisContent& c) { c.params.stake.max_validators = 3; }));
  EXPECT_FALSE(begins([](GenesisContent& c) { c.params.stake.min_self_bond = 10'001; }));
  EXPECT_FALSE(begins([](GenesisContent& c) { c.assets[0].issued = kMaxStaked - 49'999; }));
  EXPECT_FALSE(begins([](GenesisContent& c) { std::fill_n(c.committee.begin() + 4 + 136, 32, uint8_t{0}); }));   // one id twice
}

}  // namespace
}  // namespace sotto::ledger
