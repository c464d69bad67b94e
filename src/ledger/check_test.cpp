#include "ledger/check.hpp"

#include <gtest/gtest.h>

#include "ledger/test_support.hpp"

namespace sotto::ledger {
namespace {

using testing::World;

class Check : public ::testing::Test {
 protected:
  // What a validator says to these bytes.
  std::optional<Reject> verdict(const Transaction& tx) { return verdict(encode(tx)); }
  std::optional<Reject> verdict(ByteView bytes) {
    auto checked = check_for_vote(bytes, world.state, world.archive, world.authority);
    if (checked.ok()) return std::nullopt;
    seen().insert(checked.error());
    return checked.error();
  }
  // A valid payment, changed, and proven and signed again: the change alone is to blame.
  std::optional<Reject> after(const std::function<void(Transaction&)>& change) { return verdict(changed(world.payment(), change)); }
  Transaction changed(Transaction tx, const std::function<void(Transaction&)>& change) {
    change(tx);
    world.seal(tx);
    return tx;
  }
  // No rule without a test that triggers it.
  static void TearDownTestSuite() {
    const auto* suite = ::testing::UnitTest::GetInstance()->current_test_suite();
    if (suite->test_to_run_count() < suite->total_test_count()) return;  // a filter is set
    for (size_t i = 0; i < kRejects; ++i) {
      const auto reject = static_cast<Reject>(i);
      EXPECT_STRNE(name(reject), "?");
      EXPECT_TRUE(seen().contains(reject) || testing::of_stake(reject)) << name(reject);   // those: stake_check_test.cpp
    }
  }
  static std::set<Reject>& seen() {
    static std::set<Reject> all;
    return all;
  }
  World world;
};

// L-2, L-70: what takes its effect from the order is never voted on, and has nothing beside it.
TEST_F(Check, OrderedOperations) {
  const auto stateless = [&](const Transaction& tx) -> std::optional<Reject> {
    const auto status = check_stateless(tx, *world.network, std::nullopt);
    if (status.ok()) return std::nullopt;
    seen().insert(status.error());
    return status.error();
  };
  const Transaction recover = world.recovery(world.payment());
  EXPECT_EQ(stateless(recover), std::nullopt);
  EXPECT_EQ(verdict(recover), Reject::ordered_only);
  const Transaction report = world.report(0, std::nullopt);
  EXPECT_EQ(stateless(report), std::nullopt);
  EXPECT_EQ(verdict(report), Reject::ordered_only);

  Transaction tx = recover;
  tx.expiry = 1;
  EXPECT_EQ(stateless(tx), Reject::stray_content);
  tx = recover;
  tx.transfers.clear();
  EXPECT_EQ(stateless(tx), Reject::stray_content);
  tx = recover;
  tx.transfers.push_back(world.transfer());
  EXPECT_EQ(stateless(tx), Reject::stray_content);
  tx = report;
  tx.transfers.push_back(world.transfer());
  EXPECT_EQ(stateless(tx), Reject::stray_content);
  for (Transaction foreign : {recover, report}) {
    foreign.network.value[0] ^= 1;
    EXPECT_EQ(stateless(foreign), Reject::wrong_network);
  }
  const auto with = [&](auto change) {
    Transaction changed = recover;
    change(changed.transfers[0]);
    return stateless(changed);
  };
  // Each slot by itself could be a dummy; both, with one unit more going out than otherwise comes in, are a note in the tree.
  EXPECT_EQ(with([](Transfer& t) { t.inputs[0].nf = {Fr::from_u64(77)}; }), Reject::note_not_shown);
  EXPECT_EQ(with([](Transfer& t) { t.inputs[1].nf = {Fr::from_u64(77)}; }), Reject::note_not_shown);
  EXPECT_EQ(with([](Transfer& t) { t.v_out = 0; }), Reject::unauthorised_v_out);
  EXPECT_EQ(with([](Transfer& t) { t.v_out = 2; }), Reject::unauthorised_v_out);
  EXPECT_EQ(with([](Transfer& t) { t.v_in = 1; }), Reject::unauthorised_v_in);
  EXPECT_EQ(with([](Transfer& t) { t.fee = 1; }), Reject::fee_not_allowed);
  EXPECT_EQ(with([](Transfer& t) { t.asset_pub = Fr(); }), Reject::unknown_asset);
  EXPECT_EQ(with([&](Transfer& t) { t.asset_pub = world.network->asset(3); }), Reject::regulated_asset);
  EXPECT_EQ(with([](Transfer& t) { t.circuit = 9; }), Reject::unknown_circuit);
  EXPECT_EQ(with([](Transfer& t) { t.fee_asset = Fr::one(); }), Reject::fee_asset_not_allowed);
  EXPECT_EQ(with([](Transfer& t) { t.outputs[2].cm = {}; }), Reject::zero_commitment);
  // It is no payment, whoever takes the operation away.
  tx = recover;
  tx.ordered.reset();
  EXPECT_EQ(stateless(tx), Reject::duplicate_nullifier);
}

TEST_F(Check, GoodOnesPass) {
  EXPECT_EQ(verdict(world.payment()), std::nullopt);
  EXPECT_EQ(verdict(world.mint(7)), std::nullopt);
  EXPECT_EQ(verdict(world.burn(7)), std::nullopt);
  EXPECT_EQ(after([&](Transaction& tx) {
    tx.transfers.push_back(world.transfer());
    for (Input& i : tx.transfers[1].inputs) i.anchor = world.state.newest_root();
  }), std::nullopt);
  EXPECT_EQ(after([&](Transaction& tx) { tx.transfers[0].fee_asset = world.network->asset(1); tx.transfers[0].fee = 0; }), std::nullopt);
  const auto checked = check_for_vote(encode(world.payment()), world.state, world.archive, world.authority);
  ASSERT_TRUE(checked.ok());
  EXPECT_EQ(checked->txid, txid(checked->transaction));
  EXPECT_EQ(checked->full_id, full_id(checked->transaction));
}

TEST_F(Check, Form) {
  EXPECT_EQ(verdict(Bytes(kMaxTransactionBytes + 1)), Reject::oversized);
  EXPECT_EQ(verdict(Bytes(100)), Reject::malformed);
}

TEST_F(Check, StatelessRulesEachAlone) {
  const auto at = [](Transaction& tx) -> Transfer& { return tx.transfers[0]; };
  EXPECT_EQ(after([&](Transaction& tx) { tx.network.value[0] ^= 1; }), Reject::wrong_network);
  EXPECT_EQ(after([&](Transaction& tx) { tx.transfers.clear(); }), Reject::no_transfers);
  EXPECT_EQ(after([&](Transaction& tx) { at(tx).circuit = 2; }), Reject::unknown_circuit);
  EXPECT_EQ(after([&](Transaction& tx) { at(tx).fee = 2; }), Reject::fee_not_allowed);
  EXPECT_EQ(after([&](Transaction& tx) { at(tx).fee = UINT64_MAX; }), Reject::fee_not_allowed);
  EXPECT_EQ(after([&](Transaction& tx) { at(tx).fee_asset = world.network->asset(2); }), Reject::fee_asset_not_allowed);
  EXPECT_EQ(after([&](Transaction& tx) { at(tx).fee_asset = Fr::from_u64(1); }), Reject::fee_asset_not_allowed);
  EXPECT_EQ(after([&](Transaction& tx) { at(tx).inputs[2].nf = at(tx).inputs[0].nf; }), Reject::duplicate_nullifier);
  EXPECT_EQ(after([&](Transaction& tx) {
    tx.transfers.push_back(world.transfer());
    tx.transfers[1].inputs[1].nf = tx.transfers[0].inputs[2].nf;
  }), Reject::duplicate_nullifier);
  for (size_t j = 0; j < circuit::kSlots; ++j)
    EXPECT_EQ(after([&](Transaction& tx) { at(tx).outputs[j].cm = {}; }), Reject::zero_commitment);
  EXPECT_EQ(after([&](Transaction& tx) {
    tx.transfers.push_back(world.transfer());
    tx.transfers[1].rk = world.issuer.point;
  }), Reject::several_owners);
  EXPECT_EQ(after([&](Transaction& tx) {
    at(tx).contract.emplace();
    for (Output& o : at(tx).contract->outputs_b) world.fill(o);
  }), Reject::contracts_disabled);
}

TEST_F(Check, ContractNeedsBothBranches) {  // T-7; no genesis may enable contracts yet, the rule is there for the day it may
  Params params = world.network->params();
  params.contracts_enabled = true;
  Transfer t = world.transfer();
  t.contract.emplace();
  for (Output& o : t.contract->outputs_b) world.fill(o);
  EXPECT_TRUE(check_outputs(t, params).ok());
  for (size_t j = 0; j < circuit::kBranchSlots; ++j) {
    Transfer zero = t;
    zero.contract->outputs_b[j].cm = {};
    const auto status = check_outputs(zero, params);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error(), Reject::zero_branch_commitment);
    seen().insert(status.error());
  }
}

TEST_F(Check, Expiry) {  // T-8, both edges
  for (int i = 0; i < 3; ++i) world.step({});
  const uint64_t height = world.state.height, window = world.network->params().expiry_window;
  EXPECT_EQ(after([&](Transaction& tx) { tx.expiry = height; }), std::nullopt);
  EXPECT_EQ(after([&](Transaction& tx) { tx.expiry = height - 1; }), Reject::expired);
  EXPECT_EQ(after([&](Transaction& tx) { tx.expiry = height + window; }), std::nullopt);
  EXPECT_EQ(after([&](Transaction& tx) { tx.expiry = height + window + 1; }), Reject::expiry_too_far);
  EXPECT_EQ(after([&](Transaction& tx) { tx.expiry = UINT64_MAX; }), Reject::expiry_too_far);
}

TEST_F(Check, PublicValueNeedsItsOperation) {  // T-6
  const Fr usd = world.network->asset(1), eur = world.network->asset(2);
  const auto t = [](Transaction& tx) -> Transfer& { return tx.transfers[0]; };
  EXPECT_EQ(after([&](Transaction& tx) { t(tx).asset_pub = usd; }), Reject::stray_asset_pub);
  EXPECT_EQ(after([&](Transaction& tx) { t(tx).v_in = 5; t(tx).asset_pub = usd; }), Reject::unauthorised_v_in);
  EXPECT_EQ(after([&](Transaction& tx) { t(tx).v_out = 5; t(tx).asset_pub = usd; }), Reject::unauthorised_v_out);
  EXPECT_EQ(after([&](Transaction& tx) { t(tx).v_in = 5; t(tx).asset_pub = Fr::from_u64(3); }), Reject::unknown_asset);
  EXPECT_EQ(verdict(changed(world.mint(5), [&](Transaction& tx) { t(tx).v_in = 6; })), Reject::unauthorised_v_in);
  EXPECT_EQ(verdict(changed(world.mint(5), [&](Transaction& tx) { t(tx).asset_pub = eur; })), Reject::unauthorised_v_in);
  EXPECT_EQ(verdict(changed(world.burn(5), [&](Transaction& tx) { t(tx).v_out = 4; })), Reject::unauthorised_v_out);
  EXPECT_EQ(verdict(changed(world.mint(5), [&](Transaction& tx) { t(tx).v_in = 0; t(tx).asset_pub = Fr::zero(); })), Reject::unauthorised_v_in);
  // u64 sums that would wrap to the right value.
  EXPECT_EQ(verdict(changed(world.mint(5), [&](Transaction& tx) {
    tx.operations.push_back(Mint{{2, 0}, UINT64_MAX, {}});
    tx.operations.push_back(Mint{{2, 0}, 1, {}});
  })), Reject::unauthorised_v_in);
  EXPECT_EQ(verdict(changed(world.mint(5), [&](Transaction& tx) { tx.operations.push_back(Mint{{2, 0}, 0, {}}); })), Reject::zero_amount);
  EXPECT_EQ(verdict(world.mint(5, {8, 0})), Reject::unknown_asset);
  EXPECT_EQ(verdict(world.mint(5, {2, 7})), Reject::unknown_asset);   // right id, wrong policy
  EXPECT_EQ(verdict(world.mint(5, {1, 0})), Reject::no_issuer);
  EXPECT_EQ(verdict(world.burn(5, {1, 0})), Reject::no_issuer);
  EXPECT_EQ(verdict(world.mint(5, {9, 7})), Reject::regulated_asset);
}

TEST_F(Check, SpentAndExecuted) {
  const Transaction first = world.payment();
  ASSERT_EQ(world.step({first}), std::vector{Outcome::executed});
  EXPECT_EQ(verdict(first), Reject::already_executed);
  for (size_t i = 0; i < circuit::kSlots; ++i) {
    const Transaction rival = changed(world.payment(), [&](Transaction& tx) { tx.transfers[0].inputs[i].nf = first.transfers[0].inputs[2 - i].nf; });
    EXPECT_EQ(verdict(rival), Reject::spent);
    const auto spend = find_spend(rival, world.archive);
    ASSERT_TRUE(spend);
    EXPECT_EQ(spend->txid, txid(first));
    EXPECT_EQ(spend->height, 1u);
  }
}

TEST_F(Check, Generations) {
  EXPECT_EQ(after([&](Transaction& tx) { tx.transfers[0].inputs[1].generation = 1; }), Reject::outdated_generation);
  Transaction tx = world.payment();
  world.state.generations[tx.transfers[0].inputs[1].nf] = 1;  // as recovery will
  EXPECT_EQ(verdict(tx), Reject::outdated_generation);
  EXPECT_EQ(verdict(changed(tx, [&](Transaction& t) { t.transfers[0].inputs[1].generation = 1; })), std::nullopt);
}

TEST_F(Check, Anchors) {
  const Anchor old = world.state.newest_root();
  EXPECT_EQ(after([&](Transaction& tx) { tx.transfers[0].inputs[2].anchor = {world.entropy.field()}; }), Reject::unknown_anchor);
  EXPECT_EQ(after([&](Transaction& tx) { tx.transfers[0].inputs[0].anchor = genesis_anchor(); }), Reject::unknown_anchor);
  EXPECT_TRUE(retryable(Reject::unknown_anchor));
  EXPECT_FALSE(retryable(Reject::old_anchor));
  const auto using_old = [&] { return after([&](Transaction& tx) { for (Input& i : tx.transfers[0].inputs) i.anchor = old; }); };
  // However many empty blocks pass, the newest root stays usable.
  for (int i = 0; i < 10; ++i) world.step({});
  EXPECT_EQ(using_old(), std::nullopt);
  world.step({world.payment()});               // replaced here
  for (uint64_t i = 1; i < world.network->params().anchor_window; ++i) {
    EXPECT_EQ(using_old(), std::nullopt);
    world.step({});
  }
  EXPECT_EQ(using_old(), std::nullopt);
  world.step({});
  EXPECT_EQ(using_old(), Reject::old_anchor);
  world.step({world.payment()});               // and when it has been dropped from the state
  EXPECT_EQ(using_old(), Reject::old_anchor);
}

TEST_F(Check, Turnstile) {
  EXPECT_EQ(verdict(world.burn(5'000)), std::nullopt);
  EXPECT_EQ(verdict(world.burn(5'001)), Reject::exceeds_supply);
  EXPECT_EQ(verdict(world.burn(1, {3, 0})), Reject::exceeds_supply);
  world.state.supply[1].fees = 4'990;          // the pool is not in notes either
  EXPECT_EQ(verdict(world.burn(10)), std::nullopt);
  EXPECT_EQ(verdict(world.burn(11)), Reject::exceeds_supply);
  EXPECT_EQ(after([&](Transaction& tx) { tx.transfers[0].fee_asset = world.network->asset(1); tx.transfers[0].fee = 10; }), std::nullopt);
  world.state.supply[1].fees = 4'991;
  EXPECT_EQ(after([&](Transaction& tx) { tx.transfers[0].fee_asset = world.network->asset(1); tx.transfers[0].fee = 10; }), Reject::exceeds_supply);
  world.state.supply[1].halted = true;
  EXPECT_EQ(verdict(world.burn(1)), Reject::burns_halted);
  EXPECT_EQ(verdict(world.mint(1)), std::nullopt);   // only burns halt
}

TEST_F(Check, AuthorityAndProof) {
  Transaction tx = world.mint(5);
  Transaction bad = tx;
  bad.transfers[0].signature.S[0] ^= 1;
  EXPECT_EQ(verdict(bad), Reject::bad_signature);
  bad = tx;
  bad.transfers[0].signature = std::get<Mint>(tx.operations[0]).signature;
  EXPECT_EQ(verdict(bad), Reject::bad_signature);
  bad = tx;
  std::get<Mint>(bad.operations[0]).signature.S[0] ^= 1;
  EXPECT_EQ(verdict(bad), Reject::bad_issuer_signature);
  bad = tx;                                         // the owner is not the issuer
  std::get<Mint>(bad.operations[0]).signature =
      crypto::redjubjub_sign(world.owner.secret, world.owner.point, issuer_message(txid(tx)), world.entropy);
  EXPECT_EQ(verdict(bad), Reject::bad_issuer_signature);
  bad = tx;                                         // the issuer's word for another transaction
  std::get<Mint>(bad.operations[0]).signature = std::get<Mint>(world.mint(5).operations[0]).signature;
  EXPECT_EQ(verdict(bad), Reject::bad_issuer_signature);
  bad = tx;
  bad.transfers[0].proof[7] ^= 1;
  EXPECT_EQ(verdict(bad), Reject::bad_proof);
  EXPECT_EQ(txid(bad), txid(tx));
  EXPECT_EQ(verdict(tx), std::nullopt);             // the bad twin was no verdict on the txid
  bad = tx;
  bad.transfers[0].outputs[0].cm.value += Fr::one();
  world.sign(bad);
  EXPECT_EQ(verdict(bad), Reject::bad_proof);
}

// A signature that is none never reaches the batch: it must be refused all the same.
TEST_F(Check, SignaturesThatDoNotDecodeAreRefused) {
  for (const bool of_r : {true, false}) {
    const auto spoil = [&](crypto::RedJubjubSignature& signature) { (of_r ? signature.R : signature.S).fill(0xff); };
    Transaction bad = world.mint(5);
    spoil(bad.transfers[0].signature);
    EXPECT_EQ(verdict(bad), Reject::bad_signature);
    bad = world.mint(5);
    spoil(std::get<Mint>(bad.operations[0]).signature);
    EXPECT_EQ(verdict(bad), Reject::bad_issuer_signature);
  }
}

TEST_F(Check, BadSignaturesCostNoProof) {
  Transaction bad = world.payment();
  bad.transfers[0].signature.S[0] ^= 1;
  world.proofs.verified = 0;
  EXPECT_EQ(verdict(bad), Reject::bad_signature);
  EXPECT_EQ(world.proofs.verified, 0u);
}

TEST_F(Check, BatchVerdictsEqualSingles) {
  std::vector<Transaction> all;
  for (int i = 0; i < 24; ++i) {
    all.push_back(i % 5 == 0 ? world.mint(3) : world.payment());
    Transaction& tx = all.back();
    switch (world.entropy.below(5)) {
      case 0: tx.transfers[0].proof[0] ^= 1; break;
      case 1: tx.transfers[0].signature.R[0] ^= 1; break;
      case 2: tx.transfers[0].signature.S[1] ^= 1; break;
      default: break;
    }
  }
  std::vector<const Transaction*> pointers;
  for (const auto& tx : all) pointers.push_back(&tx);
  const auto batch = world.authority.verify(*world.network, pointers);
  size_t good = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    const auto single = world.authority.verify(*world.network, {&pointers[i], 1})[0];
    ASSERT_EQ(batch[i].ok(), single.ok()) << i;
    if (!single.ok()) { EXPECT_EQ(batch[i].error(), single.error()); }
    good += single.ok();
  }
  EXPECT_GT(good, 0u);
  EXPECT_LT(good, all.size());
}

}  // namespace
}  // namespace sotto::ledger
