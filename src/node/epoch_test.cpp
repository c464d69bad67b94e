// Epochs that end while people pay: validators of a real genesis behind the embedded engine, the committee another one each time.
#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <thread>

#include "base/source_dir_for_test.hpp"
#include "crypto/random.hpp"
#include "ledger/audit.hpp"
#include "ledger/circuit_verifier.hpp"
#include "ledger/inclusion.hpp"
#include "net/client.hpp"
#include "node/certificate_check.hpp"
#include "node/dev_genesis.hpp"
#include "node/payer.hpp"
#include "node/payment_for_test.hpp"
#include "node/validator_node.hpp"
#include "node/world.hpp"
#include "order/embedded.hpp"
#include "settle/committee_word.hpp"
#include "settle/follow.hpp"
#include "store/store_for_test.hpp"

namespace sotto::node {
namespace {

using Steady = std::chrono::steady_clock;
constexpr size_t kEverybody = 6;
constexpr uint32_t kTimeoutMs = 5'000;

// Everybody but one, and who that is goes round.
Bytes without_one(const ledger::State& state, const settle::Committee& everybody) {
  std::vector<settle::Validator> next;
  for (size_t i = 0; i < everybody.size(); ++i)
    if (i != state.epoch % everybody.size()) next.push_back(everybody[i]);
  return settle::Committee::create(everybody.network(), state.epoch + 1, std::move(next)).value().encode();
}

struct Net {
  crypto::SystemEntropy entropy;
  SystemClock clock;
  ThreadPool pool{2};
  std::shared_ptr<const circuit::ProofSystem> system =
      circuit::load_proof_system(source_dir() + "/data/srs.bin", true, pool).value();
  std::vector<crypto::BlsSecretKey> keys;
  ledger::Genesis genesis;
  std::shared_ptr<const settle::Committee> first;
  std::function<Bytes(const ledger::State&)> successor;
  store::testing::TemporaryDirectory temporary;
  std::unique_ptr<order::FileLog> log;
  std::unique_ptr<order::EmbeddedEngine> engine;
  std::vector<std::unique_ptr<ValidatorNode>> nodes;      // in the order of the first committee
  std::vector<net::Endpoint> endpoints;
  net::Client client;
  std::optional<settle::Follower> follower;

  explicit Net(uint64_t epoch_blocks) {
    for (size_t i = 0; i < kEverybody; ++i) keys.push_back(crypto::BlsSecretKey::random(entropy));
    DevChoices choices;
    choices.tune = [&](ledger::Params& p) { p.epoch_blocks = epoch_blocks; };
    genesis = make_dev_genesis("epochs", keys, note::Seed(entropy.bytes<64>()), system, entropy, pool, {}, choices);
    first = std::make_shared<const settle::Committee>(genesis_committee(genesis).value());
    successor = [everybody = first](const ledger::State& state) { return without_one(state, *everybody); };
    follower.emplace(settle::Checkpoint{*first, 0, {}, 0}, 0);
    start(true);
  }
  ~Net() { stop(); }

  void start(bool create) {
    for (const auto& validator : first->validators()) {
      ValidatorOptions options;
      options.store = temporary.path() / validator.id.hex();
      options.create = create;
      options.successor = successor;
      const auto key = std::ranges::find(keys, validator.key, &crypto::BlsSecretKey::public_key);
      auto opened = ValidatorNode::open(options, genesis, *key, system, entropy, pool);
      ASSERT_TRUE(opened.ok()) << opened.error().what;
      nodes.push_back(std::move(opened).value());
    }
    log = order::FileLog::open(temporary.path() / "log", ledger::network_id(genesis.content)).value();
    std::vector<order::Consumer*> consumers;
    for (const auto& node : nodes) consumers.push_back(node.get());
    auto started = order::EmbeddedEngine::start(order::options_for(genesis.content.params), *log, clock, consumers,
                                                [n = nodes[0].get()](const ledger::CertifiedTransaction& entry) -> bool {
                                                  const auto* const one = &entry;
                                                  return n->admits({&one, 1})[0];
                                                });
    ASSERT_TRUE(started.ok()) << started.error().what;
    engine = std::move(started).value();
    for (const auto& node : nodes) {
      ASSERT_TRUE(node->start([e = engine.get()](ledger::CertifiedTransaction entry) { e->submit(std::move(entry)); }).ok());
      endpoints.push_back(node->endpoint());
    }
    for (const auto& node : nodes) node->announce(endpoints);
  }
  void stop() {
    for (const auto& node : nodes) node->close_server();
    if (engine) engine->stop();
    for (const auto& node : nodes) node->stop();
    engine.reset();
    nodes.clear();
    endpoints.clear();
    log.reset();
  }

  Bytes payment() { return dummy_payment(genesis, note::Seed(entropy.bytes<64>()), 500, system, entropy, pool); }
  net::Response get(size_t node, const std::string& target) {
    auto response = client.call_and_wait(endpoints[node], {net::Method::get, target, {}}, kTimeoutMs);
    CHECK(response.ok());
    return std::move(response).value();
  }
  // As far as the certificates of one validator lead.
  void follow(size_t node) {
    const auto message = TransitionsMessage::decode(get(node, std::string(kTransitionsPath) + "?from=" + std::to_string(follower->epoch())).body);
    ASSERT_TRUE(message.ok());
    for (const auto& certificate : message->certificates) ASSERT_TRUE(follower->follow(certificate, 0).ok());
  }
  // Settled under whatever committee is in office, or executed before its last acknowledgement could be given: then its place in
  // the chain is the proof.
  bool pay(const Bytes& bytes) {
    const auto candidate = settle::decode_candidate(bytes).value();
    const auto until = Steady::now() + std::chrono::seconds(20);
    while (Steady::now() < until) {
      std::vector<net::Endpoint> committee;
      for (const auto& v : follower->committee()->validators()) committee.push_back(endpoints[*first->index_of(v.id)]);
      Payer payer(client, follower->committee(), committee, entropy);
      if (payer.settle(candidate, Deadline::in(kTimeoutMs)).ok() || executed(0, candidate.candidate.txid)) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      follow(0);
    }
    return false;
  }
  bool executed(size_t node, const ledger::TxId& id) {
    return StatusMessage::decode(get(node, std::string(kStatusPath) + "?txid=" + id.hex()).body)->state == TransactionState::executed;
  }
  bool eventually(const std::function<bool()>& holds) {
    const auto until = Steady::now() + std::chrono::seconds(20);
    while (!holds()) {
      if (Steady::now() > until) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
  }
  bool agree() {
    const auto one = nodes[0]->state_hash();
    return std::ranges::all_of(nodes, [&](const auto& node) { return node->state_hash() == one; });
  }
};

TEST(Epochs, TenEndUnderLoadWithAnotherCommitteeEachTime) {
  Net net(2);
  ASSERT_FALSE(::testing::Test::HasFailure());
  std::vector<ledger::TxId> paid;
  double longest_ms = 0;
  bool restarted = false;
  while (net.follower->epoch() < 10 && paid.size() < 120) {
    const Bytes bytes = net.payment();
    const auto sent = Steady::now();
    ASSERT_TRUE(net.pay(bytes)) << "epoch " << net.follower->epoch();
    longest_ms = std::max(longest_ms, std::chrono::duration<double, std::milli>(Steady::now() - sent).count());
    paid.push_back(settle::decode_candidate(bytes)->candidate.txid);
    net.follow(paid.size() % kEverybody);
    if (!restarted && net.follower->epoch() == 5) {
      restarted = true;
      net.stop();
      net.start(false);
      ASSERT_FALSE(::testing::Test::HasFailure());
    }
  }
  EXPECT_GE(net.follower->epoch(), 10u);
  EXPECT_TRUE(restarted);
  std::printf("epochs: %zu payments, %llu ends, the slowest payment took %.0f ms\n", paid.size(),
              static_cast<unsigned long long>(net.follower->epoch()), longest_ms);
  // Nothing that was settled is missing anywhere, and in closed epochs it can be shown to somebody without blocks.
  size_t shown = 0;
  for (const auto& id : paid) {
    for (size_t node = 0; node < kEverybody; ++node) EXPECT_TRUE(net.eventually([&] { return net.executed(node, id); }));
    const auto end = net.follower->end_of(net.follower->epoch() - 1);
    const auto response = net.get(shown % kEverybody, std::string(kInclusionPath) + "?txid=" + id.hex() + "&head=" + std::to_string(end->height));
    if (response.status == 404) continue;                 // in the epoch that goes on
    const auto inclusion = ledger::Inclusion::decode(response.body);
    ASSERT_TRUE(inclusion.ok());
    EXPECT_TRUE(ledger::verify(*inclusion, id, end->block).ok());
    ++shown;
  }
  EXPECT_GT(shown, paid.size() / 2);
  ASSERT_TRUE(net.eventually([&] { return net.agree(); }));

  // A full node that believes nobody comes to the same, over all epochs.
  ledger::CircuitVerifier verifier(net.system, net.entropy, net.pool);
  ledger::FullAuthority authority(verifier, net.entropy);
  ledger::MemoryArchive archive;
  auto word = settle::committee_word(net.first);
  word.next = net.successor;
  const auto audited = ledger::audit(
      net.genesis, [&](uint64_t h) { return net.nodes[0]->block(h).value(); }, archive, certificate_check(net.first), authority, {}, word);
  ASSERT_TRUE(audited.ok()) << ledger::describe(audited.error());
  const auto head = ledger::decode_header_of(*net.nodes[1]->block(audited->state.height).value());
  ASSERT_TRUE(head.ok());
  EXPECT_EQ(ledger::app_hash(audited->state), head->app_hash);
  EXPECT_GE(audited->state.epoch, net.follower->epoch());
}

// One validator, alone in its committee, on a disk that forgets what was not synced: the end of an epoch, step by step.
struct OneAlone {
  crypto::SystemEntropy entropy;
  ThreadPool pool{2};
  std::shared_ptr<const circuit::ProofSystem> system =
      circuit::load_proof_system(source_dir() + "/data/srs.bin", true, pool).value();
  crypto::BlsSecretKey key = crypto::BlsSecretKey::random(entropy);
  ledger::Genesis genesis;
  std::shared_ptr<const settle::Committee> committee;
  net::Client client;

  std::optional<store::testing::TemporaryDirectory> temporary;
  std::shared_ptr<store::testing::ForgetfulFiles> files;
  std::unique_ptr<rocksdb::Env> env;
  std::unique_ptr<ValidatorNode> node;
  std::mutex mutex;
  std::vector<ledger::CertifiedTransaction> offered;

  OneAlone() {
    DevChoices choices;
    choices.tune = [](ledger::Params& p) { p.epoch_blocks = 1; };
    genesis = make_dev_genesis("one", {&key, 1}, note::Seed(entropy.bytes<64>()), system, entropy, pool, {}, choices);
    committee = std::make_shared<const settle::Committee>(genesis_committee(genesis).value());
  }
  void begin() {
    node.reset();
    temporary.emplace();
    files = std::make_shared<store::testing::ForgetfulFiles>();
    env = rocksdb::NewCompositeEnv(files);
    open(true);
  }
  void open(bool create) {
    ValidatorOptions options;
    options.store = temporary->path() / "store";
    options.create = create;
    options.files = env.get();
    auto opened = ValidatorNode::open(options, genesis, key, system, entropy, pool);
    ASSERT_TRUE(opened.ok()) << opened.error().what;
    node = std::move(opened).value();
    {
      const std::lock_guard lock(mutex);
      offered.clear();
    }
    ASSERT_TRUE(node->start([this](ledger::CertifiedTransaction entry) {
                      const std::lock_guard lock(mutex);
                      offered.push_back(std::move(entry));
                    }).ok());
    node->announce({node->endpoint()});
  }
  void crash(uint64_t keep) {
    files->crash();
    node.reset();
    files->restore(keep);
    open(false);
  }
  // The first thing it offers for ordering that is meant.
  ledger::CertifiedTransaction offer(const std::function<bool(const ledger::Transaction&)>& meant) {
    const auto until = Steady::now() + std::chrono::seconds(10);
    for (;;) {
      {
        const std::lock_guard lock(mutex);
        for (const auto& entry : offered)
          if (meant(entry.transaction)) return entry;
      }
      CHECK(Steady::now() < until);
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
  template <class Operation>
  ledger::CertifiedTransaction offer_of() {
    return offer([](const ledger::Transaction& tx) { return tx.ordered && std::holds_alternative<Operation>(*tx.ordered); });
  }
  net::Response post(const char* path, const Bytes& body) {
    auto response = client.call_and_wait(node->endpoint(), {net::Method::post, path, body}, kTimeoutMs);
    CHECK(response.ok());
    return std::move(response).value();
  }
  std::string refusal(const net::Response& response) {
    EXPECT_EQ(response.status, 409);
    const auto message = RefusalMessage::decode(response.body);
    return message.ok() ? message->reason : "?";
  }
};

TEST(Epochs, ACrashAtAnyMomentComesToTheSame) {
  OneAlone one;
  const auto payment = [&](uint8_t seed) {
    return dummy_payment(one.genesis, note::Seed(ByteArray<64>{seed}), 500, one.system, one.entropy, one.pool);
  };
  const Bytes locked = payment(1), paid = payment(2), late = payment(3);
  const auto subject = [](const Bytes& bytes, uint64_t epoch) { return settle::subject_of(epoch, settle::decode_candidate(bytes)->candidate); };
  const auto next = settle::Committee::create(one.committee->network(), 1, one.committee->validators()).value();
  std::optional<std::pair<uint64_t, Hash32>> expected;
  // 0 to 5: before which step it crashes; 6: never; 7: the write that ends the epoch fails.
  for (int moment = 0; moment <= 7; ++moment) {
    SCOPED_TRACE(moment);
    ASSERT_NO_FATAL_FAILURE(one.begin());
    int step = 0;
    const auto crash_here = [&] {
      if (step++ == moment) one.crash(moment % 2 == 0 ? 0 : 100);
    };
    const Bytes vote = one.post(kTransactionsPath, locked).body;
    crash_here();
    EXPECT_EQ(one.post(kTransactionsPath, locked).body, vote);          // S-42
    settle::VoteCollector votes(one.committee, subject(paid, 0));
    ASSERT_TRUE(votes.add(settle::Vote::decode(one.post(kTransactionsPath, paid).body).value()).ok());
    const CertificateMessage certificate{*votes.certificate(), paid};
    ASSERT_EQ(one.post(kCertificatesPath, certificate.encode()).status, 200);
    crash_here();
    const auto certified = one.offer([&](const ledger::Transaction& tx) { return !tx.ordered; });
    ASSERT_TRUE(one.node->execute({1, 1'000, {certified}}).ok());
    crash_here();
    EXPECT_EQ(one.post(kTransactionsPath, locked).body, vote);          // due is not closed
    ASSERT_TRUE(one.node->execute({2, 2'000, {one.offer_of<ledger::CloseEpoch>()}}).ok());
    crash_here();
    EXPECT_EQ(one.refusal(one.post(kTransactionsPath, late)), "epoch_ended");
    const auto report = one.offer_of<ledger::Report>();
    if (moment == 7) {
      one.files->fail_next_log_sync();
      EXPECT_FALSE(one.node->execute({3, 3'000, {report}}).ok());
      EXPECT_EQ(one.post(kTransactionsPath, locked).status, 503);
      one.crash(0);
      EXPECT_EQ(one.refusal(one.post(kTransactionsPath, late)), "epoch_ended");
    }
    ASSERT_TRUE(one.node->execute({3, 3'000, {report}}).ok());
    crash_here();
    // The next epoch: the old certificate is history, and the payment that was locked and not paid is voted for anew.
    EXPECT_EQ(one.refusal(one.post(kCertificatesPath, certificate.encode())), "epoch_ended");
    const auto anew = settle::Vote::decode(one.post(kTransactionsPath, locked).body);
    ASSERT_TRUE(anew.ok());
    EXPECT_TRUE(settle::verify(*anew, subject(locked, 1), next).ok());
    crash_here();
    EXPECT_EQ(one.post(kTransactionsPath, locked).body, anew->encode());
    const auto now = one.node->state_hash();
    if (!expected) expected = now;
    EXPECT_EQ(now, expected);
    // Its transition is certified, by itself.
    settle::Follower follower({*one.committee, 0, {}, 0}, 0);
    const auto until = Steady::now() + std::chrono::seconds(10);
    while (follower.epoch() == 0 && Steady::now() < until) {
      const auto response = one.client.call_and_wait(one.node->endpoint(), {net::Method::get, std::string(kTransitionsPath) + "?from=0", {}}, kTimeoutMs);
      const auto message = TransitionsMessage::decode(response->body);
      for (const auto& made : message->certificates) EXPECT_TRUE(follower.follow(made, 0).ok());
    }
    EXPECT_EQ(follower.epoch(), 1u);
    EXPECT_EQ(follower.committee()->hash(), next.hash());
  }
}

}  // namespace
}  // namespace sotto::node
