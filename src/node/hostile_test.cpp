// What wallets make of validators that lie, forget or refuse: scripted servers in the place of all four of them.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>

#include "net/server.hpp"
#include "node/devnet.hpp"
#include "node/network_client.hpp"
#include "node/wallet_driver.hpp"
#include "settle/settle_for_test.hpp"

namespace sotto::node {
namespace {

constexpr size_t kValidators = 4;
constexpr uint32_t kTimeoutMs = 3000;

class Rows final : public wallet::RowStore {
 public:
  std::map<wallet::RowKey, Bytes> rows;
  bool full = false;
  Status<Error> commit(const wallet::Changes& changes) override {
    if (full) return Failure{Error{"disk full"}};
    for (const auto& key : changes.erase) rows.erase(key);
    for (const auto& row : changes.put) rows[row.key] = row.value;
    return Ok{};
  }
  Result<std::vector<wallet::Row>, Error> load() override {
    std::vector<wallet::Row> all;
    for (const auto& [key, value] : rows) all.push_back({key, value});
    return all;
  }
};

net::Response binary(Bytes body) { return {200, std::move(body), net::kBinary}; }
net::Response refusal(const std::string& reason, const std::string& rule = "") {
  return {409, RefusalMessage{reason, rule, std::nullopt, std::nullopt}.encode(), net::kBinary};
}

// Four endpoints of one mind or several: `answer` says what validator i replies. Set it before anybody asks.
struct Stage {
  settle::SeededEntropy entropy{7};
  std::vector<crypto::BlsSecretKey> keys;
  ledger::Genesis genesis;
  ledger::NetworkId id;
  std::shared_ptr<const settle::Committee> committee;
  std::function<net::Response(size_t validator, const net::Request&)> answer;
  std::set<size_t> hanging;            // these take what is sent and say nothing
  std::vector<std::unique_ptr<net::Server>> servers;
  std::vector<net::Endpoint> endpoints;

  Stage() {
    auto& p = genesis.content.params;
    p.name = "stage";
    p.anchor_window = p.expiry_window = 10;
    p.fees = {0};
    p.fee_assets = {1};
    p.max_block_entries = 16;
    p.max_block_bytes = 1 << 20;
    ledger::Asset asset;
    asset.opening = {1, 0};
    asset.symbol = asset.title = "SOT";
    genesis.content.assets = {asset};
    std::vector<settle::Seat> seats;
    for (size_t i = 0; i < kValidators; ++i) {
      keys.push_back(crypto::BlsSecretKey::random(entropy));
      seats.push_back({settle::test_id(i), 1, keys[i].public_key()});
    }
    genesis.content.committee = settle::seats_encoding(seats);
    id = ledger::network_id(genesis.content);
    std::vector<settle::Validator> validators;
    for (size_t i = 0; i < kValidators; ++i)
      validators.push_back(settle::make_validator(id, settle::test_id(i), 1, keys[i]));
    committee =
        std::make_shared<const settle::Committee>(settle::Committee::create(id, 0, std::move(validators)).value());
    genesis.committee_proofs = committee->encode();
    for (size_t i = 0; i < kValidators; ++i) {
      auto server = net::Server::start({"127.0.0.1", 0}, {}, [this, i](net::Request request, net::Reply reply) {
        if (net::parse_target(request.target).path == kNetworkPath)
          return reply(binary(NetworkInfo{ledger::encode(genesis), endpoints, 0}.encode()));
        if (net::parse_target(request.target).path == kTransitionsPath) return reply(binary(TransitionsMessage{0, 0, {}}.encode()));
        if (!hanging.contains(i)) reply(answer(i, request));
      });
      CHECK(server.ok());
      endpoints.push_back((*server)->endpoint());
      servers.push_back(std::move(server).value());
    }
  }
  ~Stage() {
    for (const auto& server : servers) server->stop();
  }

  ledger::Transaction transaction() const {
    settle::TransactionPlan plan;
    plan.notes = {1, 2, 3};
    plan.network = id;
    return settle::build(plan);
  }
  settle::Subject subject(const ledger::Transaction& tx) const {
    return {0, ledger::generations(tx), ledger::txid(tx)};
  }
  template <settle::Phase P>
  settle::Share<P> share(size_t i, const settle::Subject& about) const {
    return {static_cast<uint16_t>(i), crypto::bls_sign(keys[i], settle::digest(P, id, about))};
  }
  settle::LockCertificate certificate(const ledger::Transaction& tx) const {
    settle::VoteCollector votes(committee, subject(tx));
    for (size_t i = 0; i < 3; ++i) CHECK(votes.add(share<settle::Phase::vote>(i, subject(tx))).ok());
    return *votes.certificate();
  }
  ledger::Block block(uint64_t height, const ledger::Transaction& tx, Bytes certificate) const {
    ledger::Block out;
    out.entries.push_back({{tx, std::move(certificate)}, ledger::Outcome::executed});
    out.header.network = id;
    out.header.height = height;
    out.header.entries = ledger::entries_hash(out.entries);
    return out;
  }
  // Everybody tells the same story: this block and no other.
  void serve(const ledger::Block& block) {
    answer = [block](size_t, const net::Request& request) {
      if (net::parse_target(request.target).path == kHashPath) {
        const auto hash = ledger::block_hash(block.header).value;
        return binary(Bytes(hash.begin(), hash.end()));
      }
      return binary(BlocksMessage{block.header.height, {ledger::encode(block)}}.encode());
    };
  }
  std::unique_ptr<NetworkClient> connect() {
    auto client = NetworkClient::connect(endpoints[0], id, entropy, kTimeoutMs);
    CHECK(client.ok());
    return std::move(client).value();
  }
};

settle::DecodedCandidate candidate(const ledger::Transaction& tx) {
  return settle::decode_candidate(ledger::encode(tx)).value();
}

// A quorum says no; does the money certainly stay?
bool may_still_move(Stage& stage, const std::string& reason, const std::string& rule = "") {
  stage.answer = [=](size_t, const net::Request&) { return refusal(reason, rule); };
  const auto client = stage.connect();
  const auto settled = client->payer().settle(candidate(stage.transaction()), Deadline::in(kTimeoutMs));
  CHECK(!settled.ok());
  return settled.error().may_still_move;
}

TEST(Hostile, OnlyRefusalsForGoodFreeTheNotes) {
  Stage stage;
  EXPECT_FALSE(may_still_move(stage, "ledger_rule", "expired"));
  EXPECT_FALSE(may_still_move(stage, "spent"));
  // Executed is paid: freeing the notes here means paying twice.
  EXPECT_TRUE(may_still_move(stage, "already_executed"));
  // These validators may vote for the same bytes yet.
  EXPECT_TRUE(may_still_move(stage, "abstaining"));
  EXPECT_TRUE(may_still_move(stage, "future_generation"));
  // A rival's lock is released if another of the rival's notes is recovered.
  EXPECT_TRUE(may_still_move(stage, "locked_by_rival"));
  EXPECT_FALSE(may_still_move(stage, "outdated_generation"));
}

// At the end of an epoch, or when two devices race, the money's owner is told at once what all but one say.
TEST(Hostile, WhoHangsKeepsNobodyFromTheNextCommittee) {
  Stage stage;
  stage.hanging = {3};
  std::atomic<size_t> asked{0};
  // "Later" at first, as while an epoch closes: that is not what is told in the end.
  stage.answer = [&](size_t, const net::Request&) { return refusal(asked++ < 3 ? "frozen" : "epoch_ended"); };
  const auto client = stage.connect();
  const auto start = std::chrono::steady_clock::now();
  const auto settled = client->payer().settle(candidate(stage.transaction()), Deadline::in(kTimeoutMs));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(kTimeoutMs / 2));
  ASSERT_FALSE(settled.ok());
  ASSERT_TRUE(settled.error().refusal.has_value());
  EXPECT_EQ(settled.error().refusal->reason, "epoch_ended");
  EXPECT_TRUE(settled.error().may_still_move);
}

// The epoch ended while the request was on its way: votes of the next one are none here, whatever their index, and one vote more
// would not help.
TEST(Hostile, WhoHangsDoesNotHideThatTheOthersVoteElsewhere) {
  Stage stage;
  const auto tx = stage.transaction();
  auto elsewhere = stage.subject(tx);
  elsewhere.epoch = 1;
  stage.hanging = {3};
  stage.answer = [&](size_t i, const net::Request&) {
    return binary(stage.share<settle::Phase::vote>(i == 2 ? 1 : i, elsewhere).encode());
  };
  const auto client = stage.connect();
  const auto start = std::chrono::steady_clock::now();
  const auto settled = client->payer().settle(candidate(tx), Deadline::in(kTimeoutMs));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(kTimeoutMs / 2));
  ASSERT_FALSE(settled.ok());
  EXPECT_EQ(settled.error().why, NotSettled::unreachable);
  EXPECT_TRUE(settled.error().may_still_move);
}

// Two vote, for one the epoch is over already, one hangs: the next committee is looked for at once, not when time is up.
TEST(Hostile, WhoHangsIsNotWaitedForWhileAnEpochEnds) {
  Stage stage;
  const auto tx = stage.transaction();
  const auto about = stage.subject(tx);
  stage.hanging = {3};
  for (const bool locked : {false, true}) {
    // With three votes and only then the end: a certificate that too few acknowledge.
    stage.answer = [&, locked](size_t i, const net::Request& request) {
      const bool vote = net::parse_target(request.target).path == kTransactionsPath;
      if (i == 2 && !(locked && vote)) return refusal("epoch_ended");
      return binary(vote ? stage.share<settle::Phase::vote>(i, about).encode() : stage.share<settle::Phase::settle>(i, about).encode());
    };
    const auto client = stage.connect();
    const auto start = std::chrono::steady_clock::now();
    const auto settled = client->payer().settle(candidate(tx), Deadline::in(kTimeoutMs));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(kTimeoutMs / 2));
    ASSERT_FALSE(settled.ok());
    EXPECT_TRUE(settled.error().epoch_ended);
    EXPECT_TRUE(settled.error().may_still_move);
    EXPECT_EQ(settled.error().lock.has_value(), locked);
  }
}

TEST(Hostile, APaymentThatNobodyAnswersSaysSo) {
  Stage stage;
  const auto tx = stage.transaction();
  const auto about = stage.subject(tx);
  stage.hanging = {2, 3};
  stage.answer = [&](size_t i, const net::Request&) { return binary(stage.share<settle::Phase::vote>(i, about).encode()); };
  const auto client = stage.connect();
  const auto settled = client->payer().settle(candidate(tx), Deadline::in(300));
  ASSERT_FALSE(settled.ok());
  EXPECT_EQ(settled.error().why, NotSettled::unreachable);
  EXPECT_TRUE(settled.error().may_still_move);
  EXPECT_NE(settled.error().detail, "");
}

// Some still hold a rival's lock, a quorum has seen the note unlocked since: that is why the money is free.
TEST(Hostile, WhatAQuorumSaysIsTheReason) {
  Stage stage;
  settle::TransactionPlan plan;
  plan.notes = {1, 2, 3};
  plan.network = stage.id;
  plan.salt = 1;
  const Bytes rival = ledger::encode(settle::build(plan));
  std::atomic<size_t> answered{0};
  stage.answer = [&](size_t i, const net::Request&) {
    if (i == 0) {
      ++answered;
      return net::Response{409, RefusalMessage{"locked_by_rival", "", rival, ledger::txid(*ledger::decode_transaction(rival))}.encode(), net::kBinary};
    }
    while (answered == 0) std::this_thread::yield();         // the lone one first
    return refusal("outdated_generation");
  };
  const auto client = stage.connect();
  const auto settled = client->payer().settle(candidate(stage.transaction()), Deadline::in(kTimeoutMs));
  ASSERT_FALSE(settled.ok());
  EXPECT_FALSE(settled.error().may_still_move);
  ASSERT_TRUE(settled.error().refusal.has_value());
  EXPECT_EQ(settled.error().refusal->reason, "outdated_generation");
}

TEST(Hostile, WhoHasForgottenTheTransactionIsSentIt) {
  Stage stage;
  const auto tx = stage.transaction();
  const auto about = stage.subject(tx);
  stage.answer = [&](size_t i, const net::Request& request) {
    if (net::parse_target(request.target).path == kTransactionsPath)
      return binary(stage.share<settle::Phase::vote>(i, about).encode());
    const auto message = CertificateMessage::decode(request.body);
    if (i < 2 && (!message.ok() || !message->transaction)) return refusal("transaction_needed");
    return binary(stage.share<settle::Phase::settle>(i, about).encode());
  };
  const auto client = stage.connect();
  EXPECT_TRUE(client->payer().settle(candidate(tx), Deadline::in(kTimeoutMs)).ok());
}

TEST(Hostile, BlocksNobodyCertifiedAreRefusedThoughAllAgree) {
  Stage stage;
  const auto tx = stage.transaction();
  const auto client = stage.connect();
  const auto good = stage.certificate(tx);
  stage.serve(stage.block(1, tx, good.encode()));
  ASSERT_TRUE(client->blocks(1, 0).ok());

  auto below_quorum = good;
  below_quorum.bitmap = {0xc0};
  auto forged = good;
  forged.signature = stage.share<settle::Phase::vote>(0, stage.subject(tx)).signature;
  settle::TransactionPlan other;
  other.notes = {4, 5, 6};
  other.network = stage.id;
  for (const Bytes& certificate :
       {Bytes{}, below_quorum.encode(), forged.encode(), stage.certificate(settle::build(other)).encode()}) {
    stage.serve(stage.block(1, tx, certificate));
    const auto blocks = client->blocks(1, 0);
    ASSERT_FALSE(blocks.ok());
    EXPECT_EQ(blocks.error().failed, NetworkClient::Failed::nonsense);
  }
}

TEST(Hostile, BlockZeroHoldsWhatGenesisHolds) {
  Stage stage;
  const auto client = stage.connect();
  auto zero = stage.block(0, stage.transaction(), {});
  zero.header.previous.value = ledger::genesis_hash(stage.genesis);
  stage.serve(zero);
  EXPECT_FALSE(client->blocks(0, 0).ok());       // money genesis knows nothing of
  zero.entries.clear();
  zero.header.entries = ledger::entries_hash(zero.entries);
  stage.serve(zero);
  EXPECT_TRUE(client->blocks(0, 0).ok());
  zero.header.previous = {};
  stage.serve(zero);
  EXPECT_FALSE(client->blocks(0, 0).ok());       // of another genesis
}

TEST(Hostile, OneValidatorCannotHideABlock) {
  Stage stage;
  const auto tx = stage.transaction();
  stage.serve(stage.block(1, tx, stage.certificate(tx).encode()));
  const auto all_say = stage.answer;
  size_t liars = 1;
  stage.answer = [&](size_t i, const net::Request& request) {
    if (i < liars && net::parse_target(request.target).path == kBlocksPath)
      return binary(BlocksMessage{0, {}}.encode());
    return all_say(i, request);
  };
  const auto client = stage.connect();
  const auto found = client->blocks(1, 0);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->size(), 1u);
  liars = kValidators;
  const auto client_of_liars = stage.connect();
  const auto none = client_of_liars->blocks(1, 0);
  ASSERT_TRUE(none.ok());
  EXPECT_TRUE(none->empty());
}

// One deadline for a command: a shorter one within it counts, a longer one changes nothing.
TEST(Deadline, InTheMiddleNobodyBeginsAnew) {
  Stage stage;
  const auto client = stage.connect();
  EXPECT_EQ(client->limit().left_ms(), UINT32_MAX);
  const auto top = Deadline::in(60'000);
  {
    const auto command = client->within(top);
    EXPECT_EQ(client->limit().time(), top.time());
    {
      const auto step = client->within(Deadline::in(600'000));
      EXPECT_EQ(client->limit().time(), top.time());
    }
    const auto sooner = Deadline::in(10);
    {
      const auto step = client->within(sooner);
      EXPECT_EQ(client->limit().time(), sooner.time());
    }
    EXPECT_EQ(client->limit().time(), top.time());
  }
  EXPECT_EQ(client->limit().left_ms(), UINT32_MAX);
  EXPECT_EQ(top.within(600'000).time(), top.time());
  EXPECT_EQ(top.later_by(std::chrono::seconds(1)).time(), top.time() + std::chrono::seconds(1));
  EXPECT_LE(top.at_most(5), 5u);
  EXPECT_TRUE(Deadline::in(0).over());
  EXPECT_EQ(Deadline::in(0).at_most(5), 0u);
}

// Everything a wallet asks of validators that all hang. Each call alone has a patience of three seconds.
TEST(Deadline, AllCallsTogetherEndByIt) {
  Stage stage;
  const auto client = stage.connect();
  stage.hanging = {0, 1, 2, 3};
  const auto start = std::chrono::steady_clock::now();
  const auto command = client->within(Deadline::in(300));
  EXPECT_FALSE(client->blocks(1, 10'000).ok());
  EXPECT_FALSE(client->tree().ok());
  EXPECT_FALSE(client->stake().ok());
  (void)client->status({});
  (void)client->lock_of({crypto::Fr::one()});
  (void)client->executed_before({});
  EXPECT_FALSE(client->settle(candidate(stage.transaction()), Deadline::in(kTimeoutMs)).ok());
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(3));
}

// A stored payment whose expiry passed before anybody heard of it.
struct Expired {
  Stage& stage;
  ledger::Transaction tx = stage.transaction();
  Rows rows;
  std::unique_ptr<NetworkClient> client = stage.connect();
  ThreadPool pool{1};
  std::optional<wallet::Wallet> wallet;

  explicit Expired(Stage& s) : stage(s) {
    wallet::State state;
    state.network = stage.id.value;
    state.next_block = 100;
    wallet::PaymentEntry payment;
    payment.txid = ledger::txid(tx);
    payment.bytes = std::make_shared<const Bytes>(ledger::encode(tx));
    payment.state = wallet::PaymentState::expired;
    wallet::HistoryEntry line;
    line.txid = payment.txid;
    CHECK(rows.commit(
                  {{wallet::account_row(state), wallet::sync_row(state), wallet::row_of(payment), wallet::row_of(line)},
                   {}})
              .ok());
    wallet = std::move(wallet::Wallet::open(rows, client->network())).value();
  }
  wallet::PaymentState resume() {
    WalletDriver driver(*wallet, *client, nullptr, stage.entropy, pool);
    auto all = driver.resume(Deadline::in(kTimeoutMs));
    CHECK(all.size() == 1);
    paid = std::move(all.front());
    return wallet->payment(ledger::txid(tx))->state;
  }
  std::optional<Result<Paid, PayFailure>> paid;
};

TEST(Deadline, WhatResumeDoesNotReachWasNotTried) {
  Stage stage;
  std::atomic<int> asked = 0;
  stage.answer = [&](size_t, const net::Request&) {
    ++asked;
    return refusal("busy");
  };
  Expired payment(stage);
  WalletDriver driver(*payment.wallet, *payment.client, nullptr, stage.entropy, payment.pool);
  const auto all = driver.resume(Deadline::in(0));
  ASSERT_EQ(all.size(), 1u);
  ASSERT_FALSE(all[0].ok());
  EXPECT_EQ(all[0].error().kind, PayFailure::Kind::pending);
  EXPECT_EQ(all[0].error().reject, "not_tried");
  EXPECT_EQ(asked, 0);
}

// Of a note: one liar is not believed, more than a third of the stake is.
TEST(Hostile, MoreThanAThirdSayWhoSpentANote) {
  Stage stage;
  size_t say_so = 1;
  const ledger::TxId own{{1}}, rival{{2}};
  stage.answer = [&](size_t i, const net::Request&) {
    LockMessage message;
    message.spent_by = i < say_so ? rival : own;
    message.generation = i < say_so ? 3 : 1;
    return binary(message.encode());
  };
  const auto client = stage.connect();
  auto fate = client->fate_of({crypto::Fr::one()}, own);
  EXPECT_FALSE(fate.spent_by);
  EXPECT_EQ(fate.generation, 1u);
  say_so = 2;
  fate = client->fate_of({crypto::Fr::one()}, own);
  EXPECT_EQ(fate.spent_by, rival);
  EXPECT_EQ(fate.generation, 3u);
}

TEST(Hostile, AnExpiredPaymentIsBroughtToItsEnd) {
  Stage stage;
  stage.answer = [](size_t, const net::Request& request) {
    return request.method == net::Method::post ? refusal("ledger_rule", "expired")
                                               : binary(BlocksMessage{0, {}}.encode());
  };
  Expired refused(stage);
  EXPECT_EQ(refused.resume(), wallet::PaymentState::refused);  // its notes are free again

  Expired executed(stage);
  stage.answer = [](size_t, const net::Request& request) {
    return request.method == net::Method::post ? refusal("already_executed") : binary(BlocksMessage{0, {}}.encode());
  };
  EXPECT_EQ(executed.resume(), wallet::PaymentState::expired);  // the block will tell
  EXPECT_FALSE(executed.paid->ok());

  // The block tells: that is final too, without anybody's acknowledgement.
  Expired told(stage);
  auto block = stage.block(100, told.tx, stage.certificate(told.tx).encode());
  note::NoteTreeFrontier tree;
  for (const auto& cm : ledger::appended_commitments(told.tx)) CHECK(tree.append(std::vector{cm.value}));
  block.header.note_root.value = tree.root();
  stage.serve(block);
  stage.answer = [blocks = stage.answer](size_t i, const net::Request& request) {
    if (request.method == net::Method::post) return refusal("already_executed");
    return request.target.find("from=100") != std::string::npos || request.target.starts_with(kHashPath) ? blocks(i, request) : binary(BlocksMessage{100, {}}.encode());
  };
  EXPECT_EQ(told.resume(), wallet::PaymentState::executed);
  ASSERT_TRUE(told.paid->ok());
  EXPECT_EQ((*told.paid)->settled, nullptr);

  // Votes given in time are given again.
  Expired voted(stage);
  const auto about = stage.subject(voted.tx);
  stage.answer = [&](size_t i, const net::Request& request) {
    const bool vote = net::parse_target(request.target).path == kTransactionsPath;
    return binary(vote ? stage.share<settle::Phase::vote>(i, about).encode()
                       : stage.share<settle::Phase::settle>(i, about).encode());
  };
  EXPECT_EQ(voted.resume(), wallet::PaymentState::settled);
  EXPECT_EQ((*voted.paid)->unnoted, "");

  // Money that has moved is not called failed because the wallet's disk is full.
  Expired full(stage);
  full.rows.full = true;
  const auto of_full = stage.subject(full.tx);
  stage.answer = [&](size_t i, const net::Request& request) {
    const bool vote = net::parse_target(request.target).path == kTransactionsPath;
    return binary(vote ? stage.share<settle::Phase::vote>(i, of_full).encode()
                       : stage.share<settle::Phase::settle>(i, of_full).encode());
  };
  EXPECT_EQ(full.resume(), wallet::PaymentState::expired);
  ASSERT_TRUE(full.paid->ok());
  EXPECT_NE((*full.paid)->settled, nullptr);
  EXPECT_EQ((*full.paid)->unnoted, "disk full");
}

TEST(Hostile, ADevnetThatHasRunIsNotMadeAnewForWantOfItsGenesis) {
  char pattern[] = "/tmp/sotto-hostile-XXXXXX";
  ASSERT_NE(mkdtemp(pattern), nullptr);
  const std::filesystem::path dir = pattern;
  ASSERT_TRUE(make_directories(dir / "validator-0").ok());
  const Bytes key(32, 7);
  ASSERT_TRUE(write_file(dir / "validator-0" / "key", key).ok());
  ASSERT_TRUE(write_file(dir / "ordering.log", key).ok());
  settle::SeededEntropy entropy(1);
  struct Stopped final : Clock {
    uint64_t now_ms() const override { return 0; }
    uint64_t monotonic_us() const override { return 0; }
  } const clock;
  ThreadPool pool(1);
  const auto opened = Devnet::open({dir, 0, 4, "stage"}, nullptr, entropy, clock, pool, {});
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().failed, Devnet::Failed::damaged);
  EXPECT_EQ(*read_file(dir / "validator-0" / "key", 64), key);
  std::filesystem::remove_all(dir);
}

}  // namespace
}  // namespace sotto::node
