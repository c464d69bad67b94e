// One validator by itself: what it does when its disk fails, and what it does not check twice.
#include <gtest/gtest.h>

#include "base/source_dir_for_test.hpp"
#include "crypto/random.hpp"
#include "ledger/test_support.hpp"
#include "net/client.hpp"
#include "node/payer.hpp"
#include "node/dev_genesis.hpp"
#include "node/payment_for_test.hpp"
#include "node/prepared.hpp"
#include "node/validator_node.hpp"
#include "settle/settle_for_test.hpp"
#include "store/store_for_test.hpp"

namespace sotto::node {
namespace {

constexpr uint32_t kTimeoutMs = 30'000;

// A validator of a real genesis on a file system that can fail, and payments for it.
struct Alone {
  crypto::SystemEntropy entropy;
  ThreadPool pool{2};
  std::shared_ptr<const circuit::ProofSystem> system =
      circuit::load_proof_system(source_dir() + "/data/srs.bin", true, pool).value();
  std::vector<crypto::BlsSecretKey> keys;
  ledger::Genesis genesis;
  store::testing::TemporaryDirectory temporary;
  std::shared_ptr<store::testing::ForgetfulFiles> files = std::make_shared<store::testing::ForgetfulFiles>();
  std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(files);
  std::unique_ptr<ValidatorNode> node;
  net::Client client;

  explicit Alone(const std::optional<net::TlsIdentity>& identity = std::nullopt) {
    for (int i = 0; i < 4; ++i) keys.push_back(crypto::BlsSecretKey::random(entropy));
    genesis = make_dev_genesis("alone", keys, note::Seed(entropy.bytes<64>()), system, entropy, pool, {});
    ValidatorOptions options;
    options.store = temporary.path() / "store";
    options.create = true;
    options.files = env.get();
    options.identity = identity;
    options.operator_listen.emplace();
    auto opened = ValidatorNode::open(options, genesis, keys[0], system, entropy, pool);
    CHECK(opened.ok());
    node = std::move(opened).value();
    CHECK(node->start({}).ok());
  }
  Bytes payment() { return dummy_payment(genesis, note::Seed(entropy.bytes<64>()), 100, system, entropy, pool); }
  net::Response post(const Bytes& body) {
    auto response = client.call_and_wait(node->endpoint(), {net::Method::post, kTransactionsPath, body}, kTimeoutMs);
    CHECK(response.ok());
    return std::move(response).value();
  }
};
std::string text_of(const net::Response& response) { return {response.body.begin(), response.body.end()}; }

TEST(Validator, stops_by_name_when_its_disk_fails) {  // S-33
  Alone alone;
  const Bytes first = alone.payment(), second = alone.payment();
  EXPECT_EQ(alone.post(first).status, 200);
  alone.files->fail_next_log_sync();
  // Who waits for the write is answered, and everybody after: nobody is left to a timeout, and no vote comes any more.
  const auto waiting = alone.post(second);
  EXPECT_EQ(waiting.status, 503);
  EXPECT_EQ(text_of(waiting), "store_failed");
  EXPECT_EQ(text_of(alone.post(first)), "store_failed");
  const auto health = alone.client.call_and_wait(alone.node->endpoint(), {net::Method::get, kHealthPath}, kTimeoutMs);
  ASSERT_TRUE(health.ok());
  EXPECT_EQ(health->status, 503);
  EXPECT_FALSE(alone.node->execute({1, 1, {}}).ok());
}

TEST(Validator, takes_no_new_locks_while_its_disk_has_little_room) {  // S-40, disk_low
  Alone alone;
  const Bytes first = alone.payment(), second = alone.payment();
  const auto ready = [&] {
    const auto response = alone.client.call_and_wait(alone.node->operator_endpoint(), {net::Method::get, "/ready"}, kTimeoutMs);
    CHECK(response.ok());
    return text_of(*response);
  };
  EXPECT_EQ(alone.post(first).status, 200);
  alone.node->surroundings({.obstacle = "disk_low", .disk_low = true, .disk_free_bytes = 77});
  const auto refused = alone.post(second);
  EXPECT_EQ(refused.status, 409);
  const auto why = RefusalMessage::decode(refused.body);
  ASSERT_TRUE(why.ok());
  EXPECT_EQ(why->reason, "disk_low");
  EXPECT_TRUE(is_retryable(*why));
  EXPECT_EQ(ready(), "disk_low");
  // What was promised is said again, and blocks go on.
  EXPECT_EQ(alone.post(first).status, 200);
  EXPECT_TRUE(alone.node->execute({1, 1, {}}).ok());
  alone.node->surroundings({});
  EXPECT_EQ(ready(), "ready");
  EXPECT_EQ(alone.post(second).status, 200);
}

TEST(Validator, is_not_ready_while_its_engine_stands_still) {
  Alone alone;
  alone.node->surroundings({.obstacle = "engine_stuck", .engine_stalled_ms = 31'000, .engine_restarts = 2});
  const auto ask = [&](const char* path) {
    const auto response = alone.client.call_and_wait(alone.node->operator_endpoint(), {net::Method::get, path}, kTimeoutMs);
    CHECK(response.ok());
    return *response;
  };
  EXPECT_EQ(ask("/ready").status, 503);
  EXPECT_EQ(text_of(ask("/ready")), "engine_stuck");
  const std::string page = text_of(ask("/metrics"));
  EXPECT_NE(page.find("sotto_engine_stalled_seconds 31"), std::string::npos);
  EXPECT_NE(page.find("sotto_engine_restarts 2"), std::string::npos);
  EXPECT_EQ(alone.post(alone.payment()).status, 200);        // it votes all the same
}

TEST(Validator, computes_before_it_keeps) {  // L-64
  Alone alone;
  const auto genesis = alone.node->point();
  EXPECT_EQ(genesis.engine_height, 0u);
  ASSERT_TRUE(alone.node->compute({1, 10, {}}).ok());
  EXPECT_EQ(alone.node->height(), 0u);
  // Forgotten, it is no block: the engine's height alone moves.
  alone.node->forget();
  ASSERT_TRUE(alone.node->keep(3).ok());
  EXPECT_EQ(alone.node->point().engine_height, 3u);
  EXPECT_EQ(alone.node->point().last_block, genesis.last_block);
  EXPECT_EQ(alone.node->height(), 0u);
  const auto hash = alone.node->compute({1, 10, {}});
  ASSERT_TRUE(hash.ok());
  ASSERT_TRUE(alone.node->keep(4).ok());
  EXPECT_EQ(alone.node->point().engine_height, 4u);
  EXPECT_EQ(alone.node->point().height, 1u);
  EXPECT_EQ(alone.node->point().time_ms, 10u);
  EXPECT_EQ(alone.node->point().last_block, *hash);
  EXPECT_FALSE(alone.node->compute({5, 10, {}}).ok());
  alone.files->fail_next_log_sync();
  ASSERT_TRUE(alone.node->compute({2, 10, {}}).ok());
  EXPECT_FALSE(alone.node->keep(5).ok());
  EXPECT_EQ(alone.node->point().engine_height, 4u);
  EXPECT_FALSE(alone.node->keep(5).ok());
  EXPECT_FALSE(alone.node->compute({2, 10, {}}).ok());
}

// Counts what it is asked.
class Counting final : public ledger::Authority {
 public:
  explicit Counting(ledger::Authority& authority) : authority_(authority) {}
  std::vector<Status<ledger::Reject>> verify(const ledger::Network& network,
                                             std::span<const ledger::Transaction* const> transactions) override {
    asked += transactions.size();
    return authority_.verify(network, transactions);
  }
  size_t asked = 0;

 private:
  ledger::Authority& authority_;
};

struct PreparedTest : ::testing::Test {
  ledger::testing::World world;
  settle::SeededEntropy entropy{3};
  std::vector<crypto::BlsSecretKey> keys;
  std::shared_ptr<const settle::Committee> committee;
  Counting authority{world.authority};

  PreparedTest() {
    std::vector<settle::Validator> validators;
    for (size_t i = 0; i < 4; ++i) {
      keys.push_back(crypto::BlsSecretKey::random(entropy));
      validators.push_back(settle::make_validator(world.network->id(), settle::test_id(i), 1, keys[i]));
    }
    committee = std::make_shared<const settle::Committee>(
        settle::Committee::create(world.network->id(), 0, std::move(validators)).value());
  }
  settle::LockCertificate certificate(const ledger::Transaction& tx) {
    settle::VoteCollector votes(committee, {0, ledger::generations(tx), ledger::txid(tx)});
    for (uint16_t i = 0; i < 3; ++i)
      CHECK(votes.add({i, crypto::bls_sign(keys[i], settle::digest(settle::Phase::vote, world.network->id(), votes.subject()))}).ok());
    return *votes.certificate();
  }
};

TEST_F(PreparedTest, a_block_finds_everything_checked) {
  CheckedCertificates checked(committee, entropy);
  const auto good = world.payment(), forged = world.payment();
  auto bad = world.payment();
  bad.transfers[0].proof[0] ^= 1;
  world.sign(bad);
  const std::vector<ledger::CertifiedTransaction> entries = {{good, certificate(good).encode()},
                                                             {bad, certificate(bad).encode()},
                                                             {forged, certificate(good).encode()}};
  PreparedBatch prepared(entries, *world.network, world.archive, checked, authority);
  EXPECT_EQ(authority.asked, 2u);                          // the uncertified one costs no proof
  const auto execution = ledger::execute(world.state, world.archive, entries, 1, prepared.certificates(), prepared, {});
  ASSERT_TRUE(execution.ok());
  EXPECT_EQ(authority.asked, 2u);
  EXPECT_EQ(execution->block.entries[0].outcome, ledger::Outcome::executed);
  EXPECT_EQ(execution->block.entries[1].outcome, ledger::Outcome::invalid);
  EXPECT_EQ(execution->block.entries[2].outcome, ledger::Outcome::uncertified);
  // What it was not made for is checked all the same.
  const auto other = world.payment();
  const std::vector<ledger::CertifiedTransaction> more = {{other, certificate(other).encode()}};
  const auto next = ledger::execute(world.state, world.archive, more, 1, prepared.certificates(), prepared, {});
  ASSERT_TRUE(next.ok());
  EXPECT_EQ(authority.asked, 3u);
  EXPECT_EQ(next->block.entries[0].outcome, ledger::Outcome::executed);
}

TEST_F(PreparedTest, a_remembered_certificate_is_good_for_its_own_transaction_only) {
  CheckedCertificates checked(committee, entropy);
  const auto tx = world.payment(), other = world.payment();
  const auto certificate_of_tx = certificate(tx);
  const settle::LockCertificate* asked = &certificate_of_tx;
  ASSERT_TRUE(checked.check(std::span(&asked, 1))[0].ok());
  const Bytes bytes = certificate_of_tx.encode();
  EXPECT_TRUE(checked.check(tx, ledger::txid(tx), bytes));
  EXPECT_FALSE(checked.check(other, ledger::txid(other), bytes));
  EXPECT_FALSE(checked.check(tx, ledger::txid(tx), Bytes()));
  for (const size_t at : {size_t{0}, bytes.size() / 2, bytes.size() - 1}) {
    Bytes twisted = bytes;
    twisted[at] ^= 1;
    EXPECT_FALSE(checked.check(tx, ledger::txid(tx), twisted)) << at;
  }
  // A hash of another subject is not taken for this one's.
  settle::Subject stale = certificate_of_tx.subject;
  ++stale.generations[0];
  CheckedCertificates fresh(committee, entropy);
  fresh.remember_hash(stale.txid, stale, crypto::BlsHashed(settle::digest(settle::Phase::vote, world.network->id(), stale)));
  EXPECT_TRUE(fresh.check(std::span(&asked, 1))[0].ok());
}

TEST(Validator, questions_after_a_stop_are_answered) {
  Alone alone;
  ASSERT_TRUE(alone.node->state_hash().has_value());
  alone.node->stop();
  EXPECT_FALSE(alone.node->state_hash().has_value());
  const auto executed = alone.node->execute({1, 1, {}});
  ASSERT_FALSE(executed.ok());
  EXPECT_EQ(executed.error().what, "the validator has stopped");
}

TEST(Validator, speaks_tls_with_its_key) {
  const auto identity = net::TlsIdentity::from_seed(Secret(ByteArray<32>{7}));
  Alone alone(identity);
  ASSERT_EQ(alone.node->endpoint().key, identity.key());
  EXPECT_EQ(alone.post(alone.payment()).status, 200);
  net::Endpoint plain = alone.node->endpoint();
  plain.key.reset();
  EXPECT_FALSE(alone.client.call_and_wait(plain, {net::Method::get, kHealthPath}, kTimeoutMs).ok());
}

TEST(Validator, tells_its_operator) {
  Alone alone;
  const auto ask = [&](const char* path) {
    auto response = alone.client.call_and_wait(alone.node->operator_endpoint(), {net::Method::get, path}, kTimeoutMs);
    EXPECT_TRUE(response.ok());
    return std::move(response).value();
  };
  EXPECT_EQ(ask("/ready").status, 200);
  EXPECT_EQ(ask("/health").status, 200);
  EXPECT_EQ(ask("/v1/network").status, 404);
  EXPECT_EQ(alone.post(alone.payment()).status, 200);
  Bytes bad = alone.payment();
  bad[bad.size() - 1] = static_cast<uint8_t>(bad[bad.size() - 1] ^ 1);
  EXPECT_NE(alone.post(bad).status, 200);
  const std::string page = text_of(ask("/metrics"));
  for (const char* line : {"sotto_votes_total 1\n", "sotto_proofs_total{verdict=\"good\"} 1\n", "sotto_vote_seconds_count 1\n",
                           "sotto_locked 1\n", "sotto_failed 0\n", "sotto_write_group_items_count 1\n"})
    EXPECT_NE(page.find(line), std::string::npos) << line << page;
  alone.files->fail_next_log_sync();
  EXPECT_EQ(alone.post(alone.payment()).status, 503);
  EXPECT_EQ(ask("/ready").status, 503);
  EXPECT_NE(text_of(ask("/metrics")).find("sotto_failed 1\n"), std::string::npos);
  // Not by the door that strangers use.
  const auto outside = alone.client.call_and_wait(alone.node->endpoint(), {net::Method::get, "/metrics"}, kTimeoutMs);
  EXPECT_EQ(outside->status, 404);
}

}  // namespace
}  // namespace sotto::node
