// One validator by itself, asked to have notes recovered: what it refuses by name, what it proposes and reports, and again
// after a restart (docs/spec/settlement.md S-73, S-101).
#include <gtest/gtest.h>

#include "base/source_dir_for_test.hpp"
#include "crypto/random.hpp"
#include "net/client.hpp"
#include "node/dev_genesis.hpp"
#include "node/validator_node.hpp"
#include "settle/committee_word.hpp"
#include "store/store_for_test.hpp"
#include "wallet/circuit_prover.hpp"
#include "wallet/wallet_for_test.hpp"

namespace sotto::node {
namespace {

constexpr uint32_t kTimeoutMs = 30'000;

struct OrderedApi : ::testing::Test {
  crypto::SystemEntropy entropy;
  ThreadPool pool{2};
  std::shared_ptr<const circuit::ProofSystem> system =
      circuit::load_proof_system(source_dir() + "/data/srs.bin", true, pool).value();
  wallet::CircuitProver prover{system, entropy, pool};
  const note::Seed seed{entropy.bytes<64>()};
  std::vector<crypto::BlsSecretKey> keys;
  ledger::Genesis genesis;
  store::testing::TemporaryDirectory temporary;
  wallet::MemoryRows rows;
  std::optional<wallet::Wallet> owner;
  std::mutex mutex;
  std::vector<ledger::CertifiedTransaction> proposed;
  std::unique_ptr<ValidatorNode> node;
  net::Client client;

  OrderedApi() {
    for (int i = 0; i < 4; ++i) keys.push_back(crypto::BlsSecretKey::random(entropy));
    genesis = make_dev_genesis("ordered", keys, seed, system, entropy, pool, {});
    auto made = wallet::Wallet::create(rows, std::make_shared<const ledger::Network>(genesis.content), seed, 0, std::nullopt);
    CHECK(made.ok());
    owner = std::move(made).value();
    open(true);
    const auto first = node->block(0);
    const auto block = ledger::decode_block(**first);
    const wallet::ScannedBlock seen[] = {wallet::scanned(*block)};
    CHECK(owner->apply_blocks(seen, pool).ok());
  }
  void open(bool create) {
    node.reset();
    proposed.clear();
    ValidatorOptions options;
    options.store = temporary.path() / "store";
    options.create = create;
    options.server.source.burst = 1'000'000;              // a bad proof is charged for
    auto opened = ValidatorNode::open(options, genesis, keys[0], system, entropy, pool);
    CHECK(opened.ok());
    node = std::move(opened).value();
    CHECK(node->start([this](ledger::CertifiedTransaction tx) {
      const std::lock_guard lock(mutex);
      proposed.push_back(std::move(tx));
    }).ok());
  }
  ledger::Nullifier note() const { return {owner->state().notes.begin()->second.nf}; }
  Bytes recovery(uint64_t epoch = 0) { return owner->recovery(note(), epoch, prover, entropy).value(); }
  net::Response post(Bytes body) {
    auto response = client.call_and_wait(node->endpoint(), {net::Method::post, kOrderedPath, std::move(body)}, kTimeoutMs);
    CHECK(response.ok());
    return std::move(response).value();
  }
  std::string refusal(Bytes body) {
    const auto response = post(std::move(body));
    if (response.status == 409) return RefusalMessage::decode(response.body).value().text();
    return std::to_string(response.status) + " " + std::string(response.body.begin(), response.body.end());
  }
  // All that was proposed since the last time, once the state thread has come that far.
  std::vector<ledger::CertifiedTransaction> take() {
    (void)node->state_hash();
    const std::lock_guard lock(mutex);
    return std::exchange(proposed, {});
  }
  std::vector<bool> admits(const std::vector<ledger::CertifiedTransaction>& entries) {
    std::vector<const ledger::CertifiedTransaction*> asked;
    for (const auto& e : entries) asked.push_back(&e);
    return node->admits(asked);
  }
  void execute(std::vector<ledger::CertifiedTransaction> entries) {
    ASSERT_TRUE(node->execute({node->height() + 1, 10, std::move(entries)}).ok());
  }
  ledger::CertifiedTransaction report_of(size_t validator) const {
    struct Store : settle::DurableStore {
      static auto frozen(std::vector<settle::Freeze> freezes) { return restored(std::move(freezes)); }
    };
    const auto committee = genesis_committee(genesis);
    const auto index = [&] {
      for (uint16_t i = 0; i < 4; ++i)
        if ((*committee)[i].key == keys[validator].public_key()) return i;
      return uint16_t{0};
    }();
    ledger::Transaction tx;
    tx.network = ledger::network_id(genesis.content);
    tx.ordered = settle::Signer(tx.network, index, keys[validator]).report(Store::frozen({{0, settle::NoteKey{note(), 0}}})[0]);
    return {tx, {}};
  }
};

TEST_F(OrderedApi, RefusesByName) {
  const Bytes good = recovery();
  EXPECT_EQ(refusal({1, 2, 3}).substr(0, 3), "400");
  EXPECT_EQ(refusal(ledger::encode(report_of(1).transaction)), "400 not_for_the_public");
  auto tx = ledger::decode_transaction(good).value();
  tx.transfers[0].v_out = 2;
  EXPECT_EQ(refusal(ledger::encode(tx)), "ledger_rule: unauthorised_v_out");
  EXPECT_EQ(refusal(recovery(1)), "ordered_rule: wrong_epoch");
  tx = ledger::decode_transaction(good).value();
  tx.transfers[0].proof[0] ^= 1;
  EXPECT_EQ(refusal(ledger::encode(tx)), "bad_proof_or_signature");
  EXPECT_TRUE(take().empty());
  // Whose proof was bad has left its place.
  EXPECT_EQ(refusal(good), "200 ");
  EXPECT_EQ(refusal(recovery()), "200 ");                  // of the same note: asked for already
  const auto out = take();
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(ledger::encode(out[0].transaction), good);
  EXPECT_EQ(admits(out), std::vector{true});
}

TEST_F(OrderedApi, ProposesAndReportsUntilItIsDecided) {
  const Bytes good = recovery();
  ASSERT_EQ(refusal(good), "200 ");
  auto out = take();
  ASSERT_EQ(out.size(), 1u);
  // A block without it: proposed again. With it: frozen, and reported.
  execute({});
  EXPECT_EQ(take().size(), 1u);
  execute(out);
  EXPECT_EQ(refusal(recovery()), "ordered_rule: repeated");
  const auto own = take();
  ASSERT_EQ(own.size(), 1u);
  EXPECT_EQ(admits(own), std::vector{true});
  const auto* report = std::get_if<ledger::Report>(&*own[0].transaction.ordered);
  ASSERT_NE(report, nullptr);
  EXPECT_EQ(report->note, (ledger::Report::Note{note(), 0}));
  // After a restart it says the same; once the ledger has it, no more.
  open(false);
  const auto again = take();
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].transaction.ordered, own[0].transaction.ordered);
  execute(again);
  EXPECT_TRUE(take().empty());
  const auto lock = [&] {
    auto answer = client.call_and_wait(node->endpoint(), {net::Method::get, std::string(kLockPath) + "?nf=" + note().hex()}, kTimeoutMs);
    return LockMessage::decode(answer->body).value();
  };
  EXPECT_TRUE(lock().frozen);
  EXPECT_EQ(lock().generation, 0u);
  execute({report_of(1), report_of(2)});
  EXPECT_FALSE(lock().frozen);
  EXPECT_EQ(lock().generation, 1u);
  EXPECT_EQ(refusal(good), "ordered_rule: outdated_generation");
  ASSERT_TRUE(owner->raise_generation(note(), 1).ok());
  EXPECT_EQ(refusal(recovery()), "200 ");
}

}  // namespace
}  // namespace sotto::node
