#include "wallet/build.hpp"

#include <gtest/gtest.h>

#include "crypto/redjubjub.hpp"
#include "wallet/wallet_for_test.hpp"

namespace sotto::wallet {
namespace {

// One note of 100 of `asset` in a tree, and a plan that pays 60 of it to Bob.
struct Plan {
  World world{5};
  note::AccountKeys alice = note::AccountKeys::derive(World::seed_of(1), world.network->id().value, 0);
  note::AccountKeys bob = note::AccountKeys::derive(World::seed_of(2), world.network->id().value, 0);
  TransferPlan plan;
  Plan() {
    const note::Address own = alice.view().address(0);
    const Fr rho = Fr::from_u64(7), rcm = Fr::from_u64(8);
    const Fr cm = note::commitment({note::asset_of(kNative), Amount(100), own.owner, rho, rcm});
    note::NoteWitnessTree tree;
    const std::array<size_t, 1> mark{1};
    CHECK(tree.append(std::vector<Fr>{Fr::one(), cm, Fr::one()}, mark));
    plan.asset = plan.fee_asset = kNative;
    plan.inputs[0] = InputPlan{Amount(100), own.diversifier, rho, rcm, 4, *tree.path(1)};
    plan.outputs[0] = OutputPlan{bob.view().address(3), Amount(60), Bytes{'x'}, std::nullopt};
    plan.outputs[1] = OutputPlan{own, Amount(15), {}, std::nullopt};
    plan.outputs[2] = OutputPlan{own, Amount(15), {}, std::nullopt};
    plan.fee = Amount(10);
    plan.carry = Amount(25);
    plan.anchor = tree.root();
  }
  Result<BuiltTransfer, BuildReject> build() { return build_transfer(alice.view(), plan, world.entropy); }
};

TEST(Build, AStatementThatHoldsAndATransferThatSaysTheSame) {
  Plan p;
  const auto built = p.build();
  ASSERT_TRUE(built.ok());
  EXPECT_EQ(circuit::holds(built->statement, built->witness), circuit::Unsatisfied::none);
  EXPECT_EQ(ledger::statement_of(built->transfer).fields(), built->statement.fields());
  EXPECT_EQ(built->transfer.inputs[0].generation, 4u);
  // N-3: every output is sealed under the nullifier of its slot, and all of them open.
  for (size_t j = 0; j < 3; ++j) {
    const auto& o = built->transfer.outputs[j];
    const note::OutputCiphertext c{o.epk, o.note_ciphertext, o.out_ciphertext};
    const auto& keys = j == 0 ? p.bob.view().incoming : p.alice.view().incoming;
    EXPECT_TRUE(note::try_decrypt(keys, built->statement.nf[j], o.cm.value, c));
    EXPECT_TRUE(note::recover_sent(p.alice.view().ovk, built->statement.nf[j], o.cm.value, c));
    for (size_t k = 0; k < 3; ++k) {
      if (k != j) {
        EXPECT_NE(built->statement.nf[j], built->statement.nf[k]);
      }
    }
  }
}

TEST(Build, TwoTransfersOfOnePlanShareNothingButTheNote) {
  Plan p;
  const auto a = p.build(), b = p.build();
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_EQ(a->statement.nf[0], b->statement.nf[0]);
  for (size_t i = 0; i < 3; ++i) EXPECT_NE(a->statement.cm[i], b->statement.cm[i]);
  EXPECT_NE(a->statement.nf[1], b->statement.nf[1]);   // dummies
  EXPECT_FALSE(a->statement.rk == b->statement.rk);
}

TEST(Build, RefusesWhatCannotBeProven) {
  const auto with = [](auto change) {
    Plan p;
    change(p.plan);
    const auto built = p.build();
    CHECK(!built.ok());
    return built.error();
  };
  EXPECT_EQ(with([](TransferPlan& t) { t.outputs[0]->value = Amount(61); }), BuildReject::unsatisfied);
  EXPECT_EQ(with([](TransferPlan& t) { t.outputs[2]->value = Amount(14); }), BuildReject::unsatisfied);
  EXPECT_EQ(with([](TransferPlan& t) { t.fee = Amount(9); }), BuildReject::unsatisfied);
  EXPECT_EQ(with([](TransferPlan& t) { t.v_in = Amount(1); }), BuildReject::unsatisfied);
  EXPECT_EQ(with([](TransferPlan& t) { t.v_out = Amount(1); }), BuildReject::unsatisfied);
  EXPECT_EQ(with([](TransferPlan& t) { t.carry = Amount(24); }), BuildReject::unsatisfied);
  EXPECT_EQ(with([](TransferPlan& t) { t.anchor += Fr::one(); }), BuildReject::unsatisfied);
  EXPECT_EQ(with([](TransferPlan& t) { t.inputs[0]->path.children[3][2] += Fr::one(); }), BuildReject::unsatisfied);
  EXPECT_EQ(with([](TransferPlan& t) { t.asset.policy = 1; }), BuildReject::unsatisfied);
  EXPECT_EQ(with([](TransferPlan& t) { t.fee_asset.policy = 1; }), BuildReject::unsatisfied);
  EXPECT_EQ(with([](TransferPlan& t) { t.fee_asset = kUsd; }), BuildReject::unsatisfied);   // no carry between assets
  EXPECT_EQ(with([](TransferPlan& t) { t.inputs[0]->value = Amount(101); }), BuildReject::wrong_keys);
  EXPECT_EQ(with([](TransferPlan& t) { t.inputs[0]->diversifier[0] ^= 1; }), BuildReject::wrong_keys);
  EXPECT_EQ(with([](TransferPlan& t) { t.inputs[0]->rcm += Fr::one(); }), BuildReject::wrong_keys);
  EXPECT_EQ(with([](TransferPlan& t) { t.asset = kUsd; }), BuildReject::wrong_keys);
  for (size_t slot = 0; slot < circuit::kSlots; ++slot)       // any output, a change output too
    EXPECT_EQ(with([&](TransferPlan& t) {
                if (!t.outputs[slot]) t.outputs[slot] = t.outputs[0];
                t.outputs[slot]->to.network.bytes[7] ^= 1;
              }),
              BuildReject::wrong_network);
  EXPECT_EQ(with([](TransferPlan& t) { t.outputs[0]->to.network = {}; }), BuildReject::wrong_network);
  Plan p;
  EXPECT_EQ(build_transfer(p.bob.view(), p.plan, p.world.entropy).error(), BuildReject::wrong_keys);
}

TEST(Build, SignsOverTheTxidAfterCheckingItsOwnProof) {
  Plan p;
  const auto built = p.build();
  ASSERT_TRUE(built.ok());
  ledger::Transaction tx = assemble(p.world.network->id(), 9, {&*built, 1});
  const ledger::TxId id = ledger::txid(tx);
  ASSERT_TRUE(authorise(tx, {&*built, 1}, p.alice.ask(), p.world.prover, p.world.entropy).ok());
  EXPECT_EQ(ledger::txid(tx), id);
  EXPECT_TRUE(crypto::redjubjub_verify(tx.transfers[0].rk, id.value, tx.transfers[0].signature).ok());
  p.world.prover.faulty = true;
  EXPECT_EQ(authorise(tx, {&*built, 1}, p.alice.ask(), p.world.prover, p.world.entropy).error(), BuildReject::bad_own_proof);
  p.world.prover.faulty = false;   // another account's key: a signature that does not verify never leaves
  EXPECT_EQ(authorise(tx, {&*built, 1}, p.bob.ask(), p.world.prover, p.world.entropy).error(), BuildReject::bad_own_proof);
}

TEST(Build, TwoTransfersUnderOneTxid) {
  Plan p;
  TransferPlan issue;
  issue.asset = kUsd;
  issue.fee_asset = kNative;
  issue.v_in = Amount(5);
  issue.outputs[1] = OutputPlan{p.bob.view().address(0), Amount(5), {}, std::nullopt};
  issue.anchor = p.plan.anchor;
  std::vector<BuiltTransfer> built{*p.build(), *build_transfer(p.alice.view(), issue, p.world.entropy)};
  ledger::Transaction tx = assemble(p.world.network->id(), 9, built);
  ASSERT_TRUE(authorise(tx, built, p.alice.ask(), p.world.prover, p.world.entropy).ok());
  EXPECT_EQ(tx.transfers.size(), 2u);
  for (const auto& t : tx.transfers) EXPECT_TRUE(crypto::redjubjub_verify(t.rk, ledger::txid(tx).value, t.signature).ok());
  EXPECT_EQ(tx.transfers[1].asset_pub, note::asset_of(kUsd));
}

}  // namespace
}  // namespace sotto::wallet
