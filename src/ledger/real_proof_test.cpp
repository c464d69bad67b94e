// The ledger with the real proof system: genesis by proven transfers, a payment out of them, an audit, and what must
// fail does so for the right reason.
#include <gtest/gtest.h>

#include "base/source_dir_for_test.hpp"
#include "ledger/audit.hpp"
#include "ledger/circuit_verifier.hpp"
#include "ledger/test_support.hpp"
#include "note/merkle.hpp"

namespace sotto::ledger {
namespace {

using circuit::kSlots;
using crypto::Tag;

struct Owner {
  testing::Key key;
  Fr nk, account, d;
  explicit Owner(testing::TestEntropy& entropy) : key(testing::make_key(entropy)), nk(entropy.field()), d(Fr::from_u64(entropy.below(1000))) {
    account = crypto::hash(Tag::account, key.point.u, key.point.v, nk);
  }
  Fr owner() const { return crypto::hash(Tag::owner, account, d, Fr::zero()); }
};

class RealProofs : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    pool = std::make_unique<ThreadPool>(2);
    auto loaded = circuit::load_proof_system(source_dir() + "/data/srs.bin", true, *pool);
    ASSERT_TRUE(loaded.ok()) << loaded.error().what;
    system = std::move(loaded).value();
  }
  static void TearDownTestSuite() {
    system.reset();
    pool.reset();
  }

  circuit::TransferWitness blank(const Owner& from, uint64_t asset) {
    circuit::TransferWitness w;
    w.ak = from.key.point;
    w.nk = from.nk;
    w.alpha = crypto::JubjubScalar::random(entropy);
    w.asset_id = Fr::from_u64(asset);
    w.fee_asset = note::asset_of({1, 0});
    for (auto& in : w.inputs) {
      in = {};
      in.diversifier = from.d;
      in.rho = entropy.field();
      in.rcm = entropy.field();
      // A dummy is nowhere in the tree, but its path must hang together: alone, leftmost.
      Fr node = note::commitment({note::asset_of({&in == &w.inputs[2] ? 1 : asset, 0}), note::Amount(), from.owner(), in.rho, in.rcm});
      for (auto& level : in.path.children) {
        level = {node, Fr::zero(), Fr::zero(), Fr::zero()};
        node = crypto::node(level[0], level[1], level[2], level[3]);
      }
      in.path.position.fill(0);
    }
    for (auto& out : w.outputs) out = {0, from.owner(), entropy.field()};
    for (auto& out : w.outputs_b) out = {0, from.owner(), entropy.field()};
    return w;
  }

  Transaction prove(const NetworkId& network, const circuit::TransferWitness& w, const Owner& from, const Anchor& anchor,
                    uint64_t expiry) {
    auto x = circuit::public_of(w);
    for (Fr& root : x.root) root = anchor.value;
    EXPECT_STREQ(circuit::name(circuit::holds(x, w)), circuit::name(circuit::Unsatisfied::none));
    Transaction tx;
    tx.network = network;
    tx.expiry = expiry;
    Transfer t;
    for (size_t i = 0; i < kSlots; ++i) {
      t.inputs[i] = {anchor, {x.nf[i]}, 0};
      t.outputs[i].cm = {x.cm[i]};
    }
    t.v_in = x.v_in;
    t.v_out = x.v_out;
    t.asset_pub = x.asset_pub;
    t.fee_asset = x.fee_asset;
    t.fee = x.fee;
    t.rk = x.rk;
    t.proof = circuit::prove_transfer(*system, network.value, x, w, entropy, *pool);
    tx.transfers = {t};
    const auto secret = crypto::randomize(from.key.secret, w.alpha);
    tx.transfers[0].signature = crypto::redjubjub_sign(secret, t.rk, txid(tx).value, entropy);
    return tx;
  }

  static inline std::unique_ptr<ThreadPool> pool;
  static inline std::shared_ptr<const circuit::ProofSystem> system;
  testing::TestEntropy entropy{4242};
};

TEST_F(RealProofs, FromGenesisToAPaymentToTheAudit) {
  const Owner alice(entropy), bob(entropy);
  CircuitVerifier verifier(system, entropy, *pool);
  FullAuthority authority(verifier, entropy);

  Genesis genesis;
  genesis.content = testing::test_content();
  const NetworkId network = network_id(genesis.content);
  std::array<circuit::TransferWitness, 2> issue;
  for (size_t a = 0; a < 2; ++a) {
    issue[a] = blank(alice, genesis.content.assets[a].opening.id);
    issue[a].v_in = genesis.content.assets[a].issued;
    issue[a].outputs[0].value = issue[a].v_in;
    genesis.transactions.push_back(prove(network, issue[a], alice, genesis_anchor(), 0));
  }
  auto start = execute_genesis(genesis, authority);
  ASSERT_TRUE(start.ok()) << describe(start.error());
  State state;
  MemoryArchive archive;
  commit(std::move(start).value(), state, archive);

  // Alice pays Bob 1,200 of her 5,000 USDx and a fee of 1 out of her native note.
  note::NoteWitnessTree tree;
  std::vector<Fr> leaves;
  for (const auto& tx : genesis.transactions)
    for (const Commitment& cm : appended_commitments(tx)) leaves.push_back(cm.value);
  const std::array<size_t, 2> mine = {0, 3};
  ASSERT_TRUE(tree.append(leaves, mine));
  ASSERT_EQ(tree.root(), state.newest_root().value);
  circuit::TransferWitness w = blank(alice, 2);
  const auto spend = [&](circuit::InputWitness& in, size_t asset, uint64_t position) {
    in.value = issue[asset].outputs[0].value;
    in.rho = genesis.transactions[asset].transfers[0].inputs[0].nf.value;
    in.rcm = issue[asset].outputs[0].rcm;
    const auto path = tree.path(position);
    in.path.children = path->children;
    in.path.position = path->position;
  };
  spend(w.inputs[0], 1, 3);
  spend(w.inputs[2], 0, 0);
  w.outputs[0] = {1'200, bob.owner(), entropy.field()};
  w.outputs[1].value = 3'800;
  w.fee = 1;
  w.outputs[2].value = 999'999;
  const Transaction payment = prove(network, w, alice, state.newest_root(), 10);
  const auto checked = check_for_vote(encode(payment), state, archive, authority);
  ASSERT_TRUE(checked.ok()) << name(checked.error());

  // Each lie alone.
  const auto verdict = [&](Transaction tx, const Owner& signer) -> std::optional<Reject> {
    tx.transfers[0].signature = crypto::redjubjub_sign(crypto::randomize(signer.key.secret, w.alpha), tx.transfers[0].rk,
                                                       txid(tx).value, entropy);
    const auto r = check_for_vote(encode(tx), state, archive, authority);
    return r.ok() ? std::nullopt : std::optional(r.error());
  };
  EXPECT_EQ(verdict(payment, alice), std::nullopt);
  EXPECT_EQ(verdict(payment, bob), Reject::bad_signature);
  Transaction lie = payment;
  lie.transfers[0].proof[600] ^= 1;
  EXPECT_EQ(verdict(lie, alice), Reject::bad_proof);
  lie = payment;
  lie.transfers[0].fee = 0;
  EXPECT_EQ(verdict(lie, alice), Reject::bad_proof);
  lie = payment;
  lie.transfers[0].outputs[0].cm.value += Fr::one();
  EXPECT_EQ(verdict(lie, alice), Reject::bad_proof);
  lie = payment;
  lie.transfers[0].v_in = 1;
  lie.transfers[0].asset_pub = note::asset_of({2, 0});
  EXPECT_EQ(verdict(lie, alice), Reject::unauthorised_v_in);

  const std::vector<CertifiedTransaction> entries = {testing::certified(payment), testing::certified(payment)};
  auto executed = execute(state, archive, entries, 7, testing::test_certificate_holds, authority);
  ASSERT_TRUE(executed.ok());
  EXPECT_EQ(executed->block.entries[0].outcome, Outcome::executed);
  EXPECT_EQ(executed->block.entries[1].outcome, Outcome::repeated);
  const Block block = executed->block;
  commit(std::move(executed).value(), state, archive);

  const auto observe = [&](const Genesis& from, const Block& only) {
    MemoryArchive empty;
    return audit(from, [&](uint64_t h) { return h == 1 ? std::optional(encode(only)) : std::nullopt; }, empty,
                 testing::test_certificate_holds, authority, nullptr, {});
  };
  const auto report = observe(genesis, block);
  ASSERT_TRUE(report.ok()) << describe(report.error());
  EXPECT_EQ(report->proofs, 3u);
  EXPECT_EQ(report->state.last_block, state.last_block);
  EXPECT_EQ(to_decimal(report->state.supply[0].shielded()), "999999");
  EXPECT_EQ(to_decimal(report->state.supply[1].shielded()), "5000");
  Genesis inflated = genesis;
  ++inflated.content.assets[1].issued;
  EXPECT_FALSE(observe(inflated, block).ok());
  Genesis tampered = genesis;
  tampered.transactions[1].transfers[0].proof[9] ^= 1;
  EXPECT_EQ(describe(observe(tampered, block).error()), "genesis: bad_transaction: bad_proof at 1");
}

}  // namespace
}  // namespace sotto::ledger
