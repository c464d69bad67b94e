// What a wallet does with stake: operations the ledger takes, and what is found again from the seed alone.
#include <gtest/gtest.h>

#include "crypto/ed25519.hpp"
#include "wallet/stake.hpp"
#include "wallet/wallet_for_test.hpp"

namespace sotto::wallet {
namespace {

const ledger::ValidatorId kHouse{Hash32{7, 7}};
const AssetOpening kToken{ledger::token_of(kHouse), 0};

ledger::GenesisContent staked_content() {
  ledger::GenesisContent content = test_content();
  ledger::StakeParams& p = content.params.stake;
  p.max_validators = 4;
  p.min_self_bond = 100;
  p.min_bond = 10;
  p.unbonding_epochs = 3;
  p.evidence_epochs = 2;
  p.slash = 500;
  p.absence_epochs = p.jail_epochs = 2;
  p.operators = {crypto::jubjub_generator()};
  return content;
}

struct Staker : ::testing::Test {
  World world{5, staked_content()};
  MemoryRows rows, other_rows;
  Wallet alice = world.wallet(rows, 1), bob = world.wallet(other_rows, 2);
  Staker() {
    world.block({world.issue(alice.address(), kNative, 1'000)});
    sync();
  }
  void sync() {
    world.sync(alice);
    world.sync(bob);
  }
  BondRequest request(uint64_t amount, bool self = false) const { return {kHouse, Amount(amount), self, kNative, kFee}; }
  // Executes it as the ledger would: form, signatures and proofs.
  ledger::Transaction executed(const Outgoing& out) {
    const ledger::Transaction tx = world.decode(out);
    const ledger::Transaction* one = &tx;
    EXPECT_TRUE(world.authority.verify(*world.network, {&one, 1})[0].ok());
    world.block({tx});
    sync();
    return tx;
  }
  ledger::ClaimId bonded(uint64_t amount) {
    const auto out = alice.bond(request(amount), world.prover, world.entropy);
    CHECK(out.ok());
    executed(*out);
    return ledger::claim_of(out->txid, 0);
  }
  ClaimRequest claim(const ledger::ClaimId& id, const AssetOpening& asset, uint64_t amount) const { return {id, asset, Amount(amount), 0, kNative, kFee}; }
};

TEST_F(Staker, BondsClaimsUnbonds) {
  const ledger::ClaimId id = bonded(300);
  EXPECT_EQ(alice.balance(kNative).total(), Amount(690));       // and the fee of 10
  ASSERT_TRUE(alice.state().stakes.contains(id));
  const StakeEntry& entry = alice.state().stakes.at(id);
  EXPECT_EQ(entry.kind, StakeKind::bond);
  EXPECT_EQ(entry.amount, 300u);
  EXPECT_EQ(entry.validator, kHouse);
  EXPECT_TRUE(alice.claimable(entry));
  EXPECT_TRUE(bob.state().stakes.empty());

  const auto claimed = alice.claim(claim(id, kToken, 295), world.prover, world.entropy);   // the rate is the ledger's business
  ASSERT_TRUE(claimed.ok());
  EXPECT_FALSE(alice.claimable(alice.state().stakes.at(id)));
  EXPECT_EQ(alice.claim(claim(id, kToken, 295), world.prover, world.entropy).error().reject, Reject::nothing_to_claim);
  const auto tx = executed(*claimed);
  EXPECT_EQ(ledger::nullifiers(tx).back(), ledger::spent_by_claim(id));
  EXPECT_EQ(alice.balance(kToken).spendable, Amount(295));
  EXPECT_EQ(alice.balance(kNative).total(), Amount(680));
  EXPECT_EQ(alice.state().stakes.at(id).claimed_by, claimed->txid);
  EXPECT_EQ(alice.state().stakes.at(id).received, 295u);

  const auto out = alice.unbond(request(200), world.prover, world.entropy);
  ASSERT_TRUE(out.ok());
  executed(*out);
  EXPECT_EQ(alice.balance(kToken).total(), Amount(95));
  const ledger::ClaimId back = ledger::claim_of(out->txid, 0);
  EXPECT_EQ(alice.state().stakes.at(back).kind, StakeKind::unbond);
  // A claim of native pays its fee itself.
  const auto home = alice.claim(claim(back, kNative, 203), world.prover, world.entropy);
  ASSERT_TRUE(home.ok());
  for (const auto& input : world.decode(*home).transfers[0].inputs) EXPECT_FALSE(alice.state().by_nullifier.contains(input.nf.bytes()));
  executed(*home);
  EXPECT_EQ(alice.balance(kNative).total(), Amount(680 - 10 + 193));
}

TEST_F(Staker, TokensArePaidLikeAnything) {
  const ledger::ClaimId id = bonded(300);
  executed(*alice.claim(claim(id, kToken, 300), world.prover, world.entropy));
  const auto paid = alice.pay(world.request(bob.address(), kToken, 120), world.prover, world.entropy);
  ASSERT_TRUE(paid.ok());
  const auto tx = executed(*paid);
  EXPECT_TRUE(tx.transfers[0].asset_pub.is_zero());
  EXPECT_EQ(bob.balance(kToken).spendable, Amount(120));
}

TEST_F(Staker, EverythingIsFoundAgainFromTheSeed) {
  const ledger::ClaimId taken = bonded(300), open = bonded(50);
  executed(*alice.claim(claim(taken, kToken, 300), world.prover, world.entropy));
  MemoryRows fresh;
  Wallet restored = world.wallet(fresh, 1);
  world.sync(restored);
  ASSERT_EQ(restored.state().stakes.size(), 2u);
  EXPECT_FALSE(restored.claimable(restored.state().stakes.at(taken)));
  EXPECT_TRUE(restored.claimable(restored.state().stakes.at(open)));
  EXPECT_EQ(restored.state().stakes.at(taken).received, 300u);
  const auto claimed = restored.claim(claim(open, kToken, 50), world.prover, world.entropy);
  ASSERT_TRUE(claimed.ok());
  const Wallet reopened = world.reopened(fresh);
  EXPECT_EQ(reopened.state().stakes.at(open).claimed_by, claimed->txid);
  EXPECT_EQ(reopened.state().stakes.at(open).basis, restored.state().stakes.at(open).basis);
}

TEST_F(Staker, ARefusedClaimCanBeMadeAgain) {
  const ledger::ClaimId id = bonded(300);
  const auto wrong = alice.claim(claim(id, kToken, 999), world.prover, world.entropy);
  ASSERT_TRUE(wrong.ok());
  ASSERT_TRUE(alice.refused(wrong->txid, "wrong_claim").ok());
  EXPECT_TRUE(alice.claim(claim(id, kToken, 300), world.prover, world.entropy).ok());
}

TEST_F(Staker, OperatorsOfTheirValidators) {
  const auto key = crypto::BlsSecretKey::random(world.entropy);
  ledger::Register op;
  op.vote_key = key.public_key().encode();
  const auto engine = crypto::ed25519_random(world.entropy);
  op.validator.value = engine.public_key;
  op.endpoint = "here";
  op.amount = 200;
  op.possession = crypto::bls_prove_possession(key, ledger::possession_context(world.network->id(), op.validator)).encode();
  op.operator_key = alice.operator_key(op.vote_key);
  op.engine_signature = crypto::ed25519_sign(engine, ledger::registration_message(world.network->id(), op));
  const auto out = alice.register_validator(op, kNative, kFee, world.prover, world.entropy);
  ASSERT_TRUE(out.ok());
  const auto made = std::get<ledger::Register>(executed(*out).operations[0]);
  EXPECT_EQ(made.operator_key, alice.claim_point(operator_basis(op.vote_key)));
  EXPECT_EQ(alice.state().stakes.at(ledger::claim_of(out->txid, 0)).kind, StakeKind::registration);

  const ledger::ValidatorId id = made.validator;
  const ledger::Transaction leaving = alice.withdrawal(id, op.vote_key, 4, 0, Amount(60), world.entropy);
  const auto& withdraw = std::get<ledger::Withdraw>(*leaving.ordered);
  EXPECT_TRUE(crypto::redjubjub_verify(made.operator_key, ledger::claim_message(ledger::txid(leaving)), withdraw.signature).ok());
  EXPECT_FALSE(crypto::redjubjub_verify(bob.claim_point(operator_basis(op.vote_key)), ledger::claim_message(ledger::txid(leaving)), withdraw.signature).ok());
  world.block({});
  for (Wallet* wallet : {&alice, &bob}) {
    auto block = world.scanned_block(world.height());
    block.withdrawals = {&leaving};
    ASSERT_TRUE(wallet->apply_blocks({&block, 1}, world.pool).ok());
  }
  EXPECT_EQ(alice.state().stakes.at(ledger::claim_of(ledger::txid(leaving), 0)).kind, StakeKind::withdrawal);
  EXPECT_TRUE(bob.state().stakes.empty());
}

TEST_F(Staker, Refusals) {
  const auto rejected = [](const auto& result) { return result.ok() ? std::nullopt : std::optional(result.error().reject); };
  EXPECT_EQ(rejected(alice.bond(request(9), world.prover, world.entropy)), Reject::below_minimum);
  EXPECT_EQ(rejected(alice.bond(request(5'000), world.prover, world.entropy)), Reject::insufficient_funds);
  EXPECT_EQ(rejected(alice.unbond(request(1), world.prover, world.entropy)), Reject::insufficient_funds);
  EXPECT_EQ(rejected(alice.claim(claim({}, kToken, 1), world.prover, world.entropy)), Reject::nothing_to_claim);
  ledger::Register small;
  small.amount = 99;
  EXPECT_EQ(rejected(alice.register_validator(small, kNative, kFee, world.prover, world.entropy)), Reject::below_minimum);
  Scene without;
  EXPECT_EQ(rejected(without.alice.bond(request(50), without.world.prover, without.world.entropy)), Reject::no_stake);
}

}  // namespace
}  // namespace sotto::wallet
