#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "abci.pb.h"
#include "base/files.hpp"
#include "comet/abci_server.hpp"
#include "comet/framing.hpp"
#include "comet/proposal.hpp"
#include "comet/replica_for_test.hpp"

namespace sotto::comet {
namespace {

using namespace testing;
namespace fs = std::filesystem;
using order::Submission;

Bytes bytes(const abci::Request& request) {
  const std::string s = request.SerializeAsString();
  return Bytes(s.begin(), s.end());
}

TEST(Framing, LengthsAndMessages) {
  for (const size_t n : {0u, 1u, 127u, 128u, 300u, 16'383u, 16'384u, 100'000u}) {
    FrameReader reader(100'000);
    const Bytes message(n, 7);
    const Bytes stream = framed(message);
    // However it arrives, and whatever follows.
    reader.push(ByteView(stream).first(stream.size() / 2));
    if (n > 0) { ASSERT_FALSE((*reader.next()).has_value()) << n; }
    reader.push(ByteView(stream).subspan(stream.size() / 2));
    reader.push(framed(Bytes{1, 2}));
    const auto first = reader.next();
    ASSERT_TRUE(first.ok() && first->has_value()) << n;
    EXPECT_EQ((*first)->size(), n);
    const auto second = reader.next();
    ASSERT_TRUE(second.ok() && second->has_value());
    EXPECT_EQ((*second)->size(), 2u);
    EXPECT_FALSE(reader.next()->has_value());
  }
  // CometBFT's own example: Request{flush} is 02 12 00.
  abci::Request flush;
  flush.mutable_flush();
  EXPECT_EQ(to_hex(framed(bytes(flush))), "021200");
}

TEST(Framing, RefusesBadLengths) {
  const auto refused = [](Bytes stream) {
    FrameReader reader(1'000);
    reader.push(stream);
    const auto next = reader.next();
    CHECK(!next.ok());
    return next.error();
  };
  EXPECT_EQ(refused({0x80, 0x00}), FrameReject::bad_length);                    // zero, the long way
  EXPECT_EQ(refused({0xff, 0xff, 0xff, 0xff, 0xff, 0x01}), FrameReject::bad_length);
  EXPECT_EQ(refused({0xff, 0xff, 0xff, 0xff, 0x1f}), FrameReject::bad_length);  // above 2^32
  EXPECT_EQ(refused({0xe9, 0x07}), FrameReject::too_large);                     // 1,001
}

TEST(ProposalBytes, RoundTripAndRefusals) {
  World world(1);
  std::vector<Bytes> encoded;
  std::vector<ByteView> views;
  for (int i = 0; i < 3; ++i) encoded.push_back(ledger::encode(certified(world.payment())));
  for (const auto& e : encoded) views.push_back(e);
  const Bytes good = encode_entries(views);
  EXPECT_EQ(good.size(), entries_overhead() + 12 + encoded[0].size() + encoded[1].size() + encoded[2].size());
  const auto back = decode_entries(good, 3);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(ledger::encode((*back)[2]), encoded[2]);
  EXPECT_EQ(decode_entries(good, 2).error(), DecodeError::too_large);
  EXPECT_EQ(decode_entries(Bytes{1, 0, 0, 0, 0}, 2).error(), DecodeError::truncated);
  EXPECT_EQ(decode_entries(Bytes(kMaxProposalBytes + 1), 2).error(), DecodeError::too_large);
  Bytes bad = good;
  bad[0] = 2;
  EXPECT_EQ(decode_entries(bad, 3).error(), DecodeError::bad_version);
  bad = good;
  bad.push_back(0);
  EXPECT_EQ(decode_entries(bad, 3).error(), DecodeError::trailing_bytes);
  views[2] = views[0];
  EXPECT_EQ(decode_entries(encode_entries(views), 3).error(), DecodeError::out_of_order);

  EXPECT_EQ(decode_wake(encode_wake(7)), 7u);
  EXPECT_FALSE(decode_wake(Bytes{2, 0, 0}));
  EXPECT_FALSE(decode_wake(good));
  Bytes longer = encode_wake(7);
  longer.push_back(0);
  EXPECT_FALSE(decode_wake(longer));
}

TEST(PendingQueue, LimitsMemoryAndChoice) {
  World world(1);
  Pending pending({3, 2});
  std::vector<ledger::CertifiedTransaction> txs;
  std::vector<ledger::FullId> ids;
  for (int i = 0; i < 5; ++i) {
    txs.push_back(certified(world.payment()));
    ids.push_back(ledger::full_id(txs.back().transaction));
  }
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(pending.add(ids[i], txs[i]), Submission::queued);
  EXPECT_EQ(pending.refuses(ids[0]), Submission::known);
  EXPECT_EQ(pending.add(ids[0], txs[0]), Submission::known);
  EXPECT_EQ(pending.refuses(ids[3]), Submission::full);
  EXPECT_EQ(pending.add(ids[3], txs[3]), Submission::full);
  const size_t one = ledger::encode(txs[0]).size() + 4;
  const size_t plenty = 1'000'000;
  EXPECT_EQ(pending.choose(10, plenty, plenty).size(), 3u);
  EXPECT_EQ(pending.choose(2, plenty, plenty).size(), 2u);
  EXPECT_EQ(pending.choose(10, 2 * one, plenty).size(), 2u);
  EXPECT_EQ(pending.choose(10, 2 * one - 1, plenty).size(), 1u);
  EXPECT_EQ(pending.choose(10, plenty, ledger::encoded_header_size() + 2 * ledger::encoded_size(txs[0])).size(), 2u);
  EXPECT_EQ(pending.choose(10, plenty, ledger::encoded_header_size() + 2 * ledger::encoded_size(txs[0]) - 1).size(), 1u);
  pending.ordered(std::span(ids).subspan(1, 1));
  EXPECT_EQ(pending.refuses(ids[1]), Submission::known);
  EXPECT_EQ(pending.size(), 2u);
  EXPECT_EQ(pending.choose(10, plenty, plenty)[1]->id, ids[2]);
  pending.drop(ids[0]);
  EXPECT_FALSE(pending.refuses(ids[0]));
  pending.ordered(std::span(ids).subspan(3, 2));        // remembers two
  EXPECT_FALSE(pending.refuses(ids[1]));
  EXPECT_EQ(pending.refuses(ids[4]), Submission::known);
}

class App : public ::testing::Test {
 protected:
  Proposal block(int64_t height, std::vector<ByteView> transactions, uint64_t time_ms = 1'000) { return {height, time_ms, std::move(transactions)}; }
  Bytes proposal_of(std::vector<ledger::CertifiedTransaction> entries) {
    std::vector<Bytes> encoded;
    std::vector<ByteView> views;
    for (const auto& e : entries) encoded.push_back(ledger::encode(e));
    for (const auto& e : encoded) views.push_back(e);
    return encode_entries(views);
  }
  ChainStart start() {
    const std::string state = app_state_of(rules.genesis);
    return {rules.chain_id, Bytes(state.begin(), state.end()), 1};
  }
  ledger::CertifiedTransaction add() {
    auto tx = certified(payer.payment());
    EXPECT_EQ(pending.add(order::entry_id(tx), tx), Submission::queued);
    return tx;
  }

  WorldReplica replica;
  World payer{1};
  LedgerRules rules = rules_of(payer);
  Pending pending{PendingLimits{}};
  std::vector<std::pair<uint64_t, bool>> heard;
  LedgerApplication app{rules, replica, pending, test_admission, [this](uint64_t h, bool c) { heard.push_back({h, c}); }};
};

TEST_F(App, BeginsOnlyFromItsOwnGenesis) {
  EXPECT_EQ(*app.init_chain(start()), replica.point().last_block.value);
  auto wrong = start();
  wrong.chain_id += "x";
  EXPECT_FALSE(app.init_chain(wrong).ok());
  wrong = start();
  wrong.app_state = {'{', '}'};
  EXPECT_FALSE(app.init_chain(wrong).ok());
  wrong = start();
  wrong.initial_height = 5;
  EXPECT_FALSE(app.init_chain(wrong).ok());
  ASSERT_TRUE(app.finalize_block(block(1, {})).ok());
  ASSERT_TRUE(app.commit().ok());
  EXPECT_FALSE(app.init_chain(start()).ok());
}

TEST_F(App, ProposesWhatWaitsAndKeepsWhatWasDecided) {
  const Hash32 genesis = replica.point().last_block.value;
  add();
  add();
  auto proposed = app.prepare_proposal(1, 1'000'000);
  ASSERT_TRUE(proposed.ok());
  ASSERT_EQ(proposed->size(), 1u);
  // Any number of times, without effect.
  EXPECT_EQ(*app.prepare_proposal(1, 1'000'000), *proposed);
  const ByteView tx = proposed->front();
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(*app.process_proposal(block(1, {tx})));
  EXPECT_EQ(pending.size(), 2u);
  const auto hash = app.finalize_block(block(1, {tx}));
  ASSERT_TRUE(hash.ok());
  EXPECT_NE(*hash, genesis);
  // Computed is not kept.
  EXPECT_EQ(app.info().height, 0);
  EXPECT_EQ(app.info().app_hash, genesis);
  EXPECT_EQ(*app.finalize_block(block(1, {tx})), *hash);
  EXPECT_EQ(replica.computed_times, 2u);
  ASSERT_TRUE(app.commit().ok());
  EXPECT_EQ(app.info().height, 1);
  EXPECT_EQ(app.info().app_hash, *hash);
  EXPECT_EQ(replica.height(), 1u);
  EXPECT_EQ(pending.size(), 0u);
  EXPECT_FALSE(app.commit().ok());
  // An empty block moves the engine's height and nothing else.
  EXPECT_TRUE(app.prepare_proposal(2, 1'000'000)->empty());
  EXPECT_EQ(*app.finalize_block(block(2, {}, 5'000)), *hash);
  ASSERT_TRUE(app.commit().ok());
  EXPECT_EQ(app.info().height, 2);
  EXPECT_EQ(replica.height(), 1u);
  EXPECT_EQ(replica.world.state.time_ms, 1'000u);
  EXPECT_EQ(heard, (std::vector<std::pair<uint64_t, bool>>{{1, true}, {2, false}}));
}

TEST_F(App, ABlockForgottenLeavesNothing) {
  add();
  const Bytes tx = app.prepare_proposal(1, 1'000'000)->front();
  const Hash32 genesis = replica.point().last_block.value;
  ASSERT_NE(*app.finalize_block(block(1, {tx})), genesis);
  EXPECT_EQ(*app.finalize_block(block(1, {})), genesis);     // a replay decided otherwise
  ASSERT_TRUE(app.commit().ok());
  EXPECT_EQ(replica.height(), 0u);
  EXPECT_EQ(pending.size(), 1u);
}

// L-69
TEST_F(App, TellsTheEngineWhoVotesOnBlocks) {
  const auto member = [](uint8_t i, uint64_t stake) { return order::Member{{i}, stake}; };
  const order::Handover handover{{member(1, 10), member(2, 10), member(3, 10)}, {member(1, 10), member(3, 20), member(4, 5)}};
  const std::vector<ValidatorUpdate> expected{{{3}, 20}, {{4}, 5}, {{2}, 0}};
  EXPECT_EQ(updates_of(handover), expected);
  EXPECT_TRUE(updates_of({handover.to, handover.to}).empty());
  // Powers are those of the whole committee: one great stake makes the others' powers smaller.
  const order::Handover great{{member(1, 1 << 20)}, {member(1, 1 << 20), member(2, UINT64_MAX)}};
  const auto updates = updates_of(great);
  ASSERT_EQ(updates.size(), 2u);
  EXPECT_EQ(updates[0].power, (1 << 20) >> 5);
  // Of the block that was finalized, and no other.
  replica.handovers = {{1, handover}};
  EXPECT_TRUE(app.validator_updates().empty());
  ASSERT_TRUE(app.finalize_block(block(1, {})).ok());
  EXPECT_TRUE(app.validator_updates().empty());
  add();
  const Bytes tx = app.prepare_proposal(1, 1'000'000)->front();
  for (int again = 0; again < 2; ++again) {
    ASSERT_TRUE(app.finalize_block(block(1, {tx})).ok());
    EXPECT_EQ(app.validator_updates(), expected);
  }
  ASSERT_TRUE(app.commit().ok());
  ASSERT_TRUE(app.finalize_block(block(2, {})).ok());
  EXPECT_TRUE(app.validator_updates().empty());
}

TEST_F(App, HeightsFollowEachOther) {
  EXPECT_FALSE(app.finalize_block(block(2, {})).ok());
  ASSERT_TRUE(app.finalize_block(block(1, {})).ok());
  ASSERT_TRUE(app.commit().ok());
  EXPECT_FALSE(app.finalize_block(block(1, {})).ok());
}

TEST_F(App, TimeNeverTurnsBack) {
  add();
  const Bytes first = app.prepare_proposal(1, 1'000'000)->front();
  ASSERT_TRUE(app.finalize_block(block(1, {first}, 9'000)).ok());
  ASSERT_TRUE(app.commit().ok());
  add();
  const Bytes second = app.prepare_proposal(2, 1'000'000)->front();
  ASSERT_TRUE(app.finalize_block(block(2, {second}, 8'000)).ok());
  ASSERT_TRUE(app.commit().ok());
  EXPECT_EQ(replica.world.state.time_ms, 9'000u);
}

TEST_F(App, ProposalsFitTheirRoom) {
  for (int i = 0; i < 3; ++i) add();
  const size_t all = app.prepare_proposal(1, 1'000'000)->front().size();
  EXPECT_EQ(app.prepare_proposal(1, all + 16)->front().size(), all);
  const auto fewer = app.prepare_proposal(1, all + 15);
  EXPECT_EQ(decode_entries(fewer->front(), 64)->size(), 2u);
  EXPECT_TRUE(app.prepare_proposal(1, 100)->empty());
  EXPECT_TRUE(app.prepare_proposal(1, 0)->empty());
}

TEST_F(App, WhatIsNoLongerAdmittedIsDroppedFromProposals) {
  auto stale = certified(payer.payment());
  stale.certificate[0] ^= 1;
  EXPECT_EQ(pending.add(order::entry_id(stale), stale), Submission::queued);
  add();
  const auto proposed = app.prepare_proposal(1, 1'000'000);
  EXPECT_EQ(decode_entries(proposed->front(), 64)->size(), 1u);
  EXPECT_EQ(pending.size(), 1u);
}

TEST_F(App, ProposalsAreRefused) {
  const auto tx = certified(payer.payment());
  const Bytes good = proposal_of({tx});
  EXPECT_TRUE(*app.process_proposal(block(1, {good})));
  EXPECT_TRUE(*app.process_proposal(block(1, {})));
  EXPECT_FALSE(*app.process_proposal(block(1, {good, good})));            // two transactions
  EXPECT_FALSE(*app.process_proposal(block(1, {encode_wake(1)})));        // a wake-up
  EXPECT_FALSE(*app.process_proposal(block(1, {ByteView(good).first(good.size() - 1)})));
  auto forged = tx;
  forged.certificate[3] ^= 1;
  EXPECT_FALSE(*app.process_proposal(block(1, {proposal_of({forged})}))); // no certificate
  // More than a block of the ledger holds, in bytes.
  LedgerRules small = rules;
  small.max_block_bytes = ledger::kMaxTransactionBytes;
  LedgerApplication narrow(small, replica, pending, test_admission, [](uint64_t, bool) {});
  std::vector<ledger::CertifiedTransaction> many;
  for (size_t n = 0; n <= small.max_block_bytes / ledger::encoded_size(tx); ++n) many.push_back(certified(payer.payment()));
  const Bytes large = proposal_of(many);
  EXPECT_FALSE(*narrow.process_proposal(block(1, {large})));
  EXPECT_TRUE(*app.process_proposal(block(1, {large})));
  // ... and in entries.
  small = rules;
  small.max_entries = 1;
  LedgerApplication few(small, replica, pending, test_admission, [](uint64_t, bool) {});
  EXPECT_FALSE(*few.process_proposal(block(1, {proposal_of({tx, certified(payer.payment())})})));
  // Decided all the same, it is an empty block.
  EXPECT_EQ(*app.finalize_block(block(1, {good, good})), replica.point().last_block.value);
}

// D-34: what the engine says against a validator stands first in the block; nobody can propose it.
TEST_F(App, TheEnginesWordIsAnEntryOfItsOwn) {
  ledger::Transaction word;
  word.network = replica.world.network->id();
  word.ordered = ledger::Misconduct{0, {}};
  const auto tx = certified(payer.payment());
  const Bytes forged = proposal_of({tx, {word, {}}}), good = proposal_of({tx});
  EXPECT_FALSE(*app.process_proposal(block(1, {forged})));
  EXPECT_EQ(*app.finalize_block(block(1, {forged})), replica.point().last_block.value);
  ASSERT_TRUE(app.commit().ok());

  LedgerRules wide = rules;
  wide.max_entries = 320;
  wide.max_block_bytes = 16 << 20;
  LedgerApplication judge(wide, replica, pending, test_admission, [](uint64_t, bool) {});
  Proposal said = block(2, {good});
  for (uint8_t i = 0; i < 20; ++i) said.misbehaviour.push_back({Misbehaviour::duplicate_vote, {i}, 1, 5});
  ASSERT_TRUE(judge.finalize_block(said).ok());
  ASSERT_TRUE(judge.commit().ok());
  EXPECT_EQ(replica.entries, kAccusationEntries + 1);
  EXPECT_EQ(replica.executed, 1u);
  // Without a payment it makes a block as well.
  said = block(3, {});
  said.misbehaviour = {{Misbehaviour::light_client_attack, {9}, 1, 5}};
  ASSERT_TRUE(judge.finalize_block(said).ok());
  ASSERT_TRUE(judge.commit().ok());
  EXPECT_EQ(replica.entries, kAccusationEntries + 2);
  // The room kept for it is no proposal's.
  std::vector<ledger::CertifiedTransaction> many;
  while (many.size() < wide.max_entries - kAccusationEntries) many.push_back(certified(payer.payment()));
  EXPECT_TRUE(*judge.process_proposal(block(4, {proposal_of(many)})));
  many.push_back(certified(payer.payment()));
  EXPECT_FALSE(*judge.process_proposal(block(4, {proposal_of(many)})));
}

TEST_F(App, UncertifiedEntriesAreJudgedByExecution) {
  auto forged = certified(payer.payment());
  forged.certificate[3] ^= 1;
  const Bytes bad = proposal_of({forged});
  ASSERT_TRUE(app.finalize_block(block(1, {bad})).ok());
  ASSERT_TRUE(app.commit().ok());
  EXPECT_EQ(replica.entries, 1u);
  EXPECT_EQ(replica.executed, 0u);
}

TEST_F(App, WakeUpsAreForTheNextBlocksOnly) {
  EXPECT_FALSE(app.check_transaction(encode_wake(0)));
  EXPECT_TRUE(app.check_transaction(encode_wake(1)));
  EXPECT_TRUE(app.check_transaction(encode_wake(3)));
  EXPECT_FALSE(app.check_transaction(encode_wake(4)));
  EXPECT_FALSE(app.check_transaction(proposal_of({certified(payer.payment())})));
  ASSERT_TRUE(app.finalize_block(block(1, {})).ok());
  ASSERT_TRUE(app.commit().ok());
  EXPECT_FALSE(app.check_transaction(encode_wake(1)));
}

TEST_F(App, AFailedDiskIsAnError) {
  replica.fail_keep = true;
  ASSERT_TRUE(app.finalize_block(block(1, {})).ok());
  const auto committed = app.commit();
  ASSERT_FALSE(committed.ok());
  EXPECT_EQ(committed.error().what, "the disk is full");
}

// Every kind of request has the kind of answer CometBFT expects; what is no request ends the connection.
TEST_F(App, MessagesAreAnsweredInKind) {
  using Req = abci::Request;
  using Res = abci::Response;
  const auto kind = [&](const Req& request) {
    const Answer answered = answer(app, bytes(request));
    Res response;
    CHECK(response.ParseFromArray(answered.response.data(), static_cast<int>(answered.response.size())));
    EXPECT_EQ(answered.broken.has_value(), response.value_case() == Res::kException);
    return response;
  };
  Req r;
  r.mutable_echo()->set_message("hello");
  EXPECT_EQ(kind(r).echo().message(), "hello");
  r.mutable_flush();
  EXPECT_TRUE(kind(r).has_flush());
  r.mutable_info();
  EXPECT_EQ(kind(r).info().last_block_height(), 0);
  EXPECT_EQ(kind(r).info().last_block_app_hash().size(), 32u);
  r.mutable_init_chain()->set_chain_id(rules.chain_id);
  r.mutable_init_chain()->set_app_state_bytes(app_state_of(rules.genesis));
  r.mutable_init_chain()->set_initial_height(1);
  EXPECT_EQ(kind(r).init_chain().app_hash().size(), 32u);
  r.mutable_query()->set_path("/x");
  EXPECT_EQ(kind(r).query().code(), 1u);
  const Bytes wake = encode_wake(1);
  r.mutable_check_tx()->set_tx(std::string(wake.begin(), wake.end()));
  EXPECT_EQ(kind(r).check_tx().code(), 0u);
  r.mutable_check_tx()->set_tx("spam");
  EXPECT_EQ(kind(r).check_tx().code(), 1u);
  add();
  r.mutable_prepare_proposal()->set_height(1);
  r.mutable_prepare_proposal()->set_max_tx_bytes(1'000'000);
  const std::string tx = kind(r).prepare_proposal().txs(0);
  r.mutable_process_proposal()->set_height(1);
  r.mutable_process_proposal()->add_txs(tx);
  EXPECT_EQ(kind(r).process_proposal().verdict(), 1u);
  r.mutable_process_proposal()->add_txs(tx);
  EXPECT_EQ(kind(r).process_proposal().verdict(), 2u);
  for (size_t i = 0; i < kMaxEngineTransactions; ++i) r.mutable_process_proposal()->add_txs("");
  EXPECT_EQ(kind(r).process_proposal().verdict(), 2u);
  r.mutable_finalize_block()->set_height(1);
  r.mutable_finalize_block()->add_txs(tx);
  r.mutable_finalize_block()->mutable_time()->set_seconds(12);
  r.mutable_finalize_block()->mutable_time()->set_nanos(345'678'901);
  const order::Member out{{1}, 1}, in{{7}, 3};
  replica.handovers = {{1, {{out}, {in}}}};
  const auto finalized = kind(r).finalize_block();
  ASSERT_EQ(finalized.validator_updates_size(), 2);
  EXPECT_EQ(finalized.validator_updates(0).pub_key().ed25519(), std::string("\x07") + std::string(31, '\0'));
  EXPECT_EQ(finalized.validator_updates(0).power(), 3);
  EXPECT_EQ(finalized.validator_updates(1).power(), 0);
  EXPECT_EQ(finalized.app_hash().size(), 32u);
  EXPECT_EQ(finalized.tx_results_size(), 1);
  r.mutable_commit();
  EXPECT_TRUE(kind(r).has_commit());
  EXPECT_EQ(replica.world.state.time_ms, 12'345u);
  r.mutable_list_snapshots();
  EXPECT_TRUE(kind(r).has_list_snapshots());
  r.mutable_load_snapshot_chunk();
  EXPECT_TRUE(kind(r).has_load_snapshot_chunk());
  r.mutable_offer_snapshot()->set_app_hash(std::string(32, 'h'));
  EXPECT_TRUE(kind(r).has_offer_snapshot());
  r.mutable_apply_snapshot_chunk();
  EXPECT_TRUE(kind(r).has_apply_snapshot_chunk());
  r.mutable_extend_vote();
  EXPECT_TRUE(kind(r).has_extend_vote());
  r.mutable_verify_vote_extension();
  EXPECT_EQ(kind(r).verify_vote_extension().verdict(), 1u);
  r.mutable_verify_vote_extension()->set_vote_extension("x");
  EXPECT_EQ(kind(r).verify_vote_extension().verdict(), 2u);
  r.mutable_insert_tx();
  EXPECT_EQ(kind(r).insert_tx().code(), 1u);
  r.mutable_reap_txs();
  EXPECT_TRUE(kind(r).has_reap_txs());

  EXPECT_TRUE(kind(Req()).has_exception());
  EXPECT_TRUE(answer(app, view("no protobuf")).broken);
  r.mutable_commit();
  EXPECT_TRUE(kind(r).has_exception());                                 // without a block
  r.mutable_prepare_proposal()->set_height(0);
  EXPECT_TRUE(kind(r).has_exception());
  r.mutable_finalize_block()->set_height(0);
  EXPECT_TRUE(kind(r).has_exception());
  r.mutable_finalize_block()->set_height(2);
  r.mutable_finalize_block()->mutable_time()->set_seconds(-1);
  EXPECT_TRUE(kind(r).has_exception());
  r.mutable_finalize_block()->mutable_time()->set_seconds(1);
  r.mutable_finalize_block()->mutable_time()->set_nanos(1'000'000'000);
  EXPECT_TRUE(kind(r).has_exception());
  r.mutable_finalize_block()->mutable_time()->set_nanos(1);
  r.mutable_finalize_block()->add_misbehaviour()->mutable_validator()->set_address("short");
  EXPECT_TRUE(kind(r).has_exception());
  r.mutable_finalize_block()->set_height(2);
  r.mutable_finalize_block()->add_misbehaviour()->mutable_validator()->set_address(std::string(20, 'a'));
  r.mutable_finalize_block()->mutable_misbehaviour(0)->mutable_time()->set_seconds(-1);
  EXPECT_TRUE(kind(r).has_exception());
  r.mutable_offer_snapshot()->set_app_hash("short");
  EXPECT_TRUE(kind(r).has_exception());
}

// --- the socket ---

class Socket : public App {
 protected:
  void serve(AbciLimits limits = {}) {
    auto started = AbciServer::start(folder.path / "abci.sock", limits, app, [this](const Error& why) {
      const std::lock_guard lock(mutex);
      broken.push_back(why.what);
    });
    CHECK(started.ok());
    server = std::move(started).value();
  }
  int dial() {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    const std::string path = (folder.path / "abci.sock").string();
    path.copy(to.sun_path, sizeof to.sun_path - 1);
    CHECK(::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
    const timeval patience{10, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return fd;
  }
  // What comes back, `n` bytes of it; less if the other end closes.
  Bytes exchange(int fd, ByteView send, size_t n) {
    CHECK(write_all(fd, send));
    Bytes out(n);
    size_t got = 0;
    while (got < n) {
      const ssize_t r = ::read(fd, out.data() + got, n - got);
      if (r <= 0) break;
      got += static_cast<size_t>(r);
    }
    out.resize(got);
    return out;
  }
  Folder folder;
  std::mutex mutex;
  std::vector<std::string> broken;
  std::unique_ptr<AbciServer> server;
};

TEST_F(Socket, AnswersInOrderOnEveryConnection) {
  serve();
  abci::Request echo, flush;
  flush.mutable_flush();
  for (int connection = 0; connection < 4; ++connection) {
    const int fd = dial();
    Bytes send, expected;
    for (int i = 0; i < 50; ++i) {
      echo.mutable_echo()->set_message(std::string(static_cast<size_t>(i) * 100, 'x'));
      abci::Response back;
      back.mutable_echo()->set_message(echo.echo().message());
      const std::string s = back.SerializeAsString();
      for (const Bytes& part : {framed(bytes(echo)), framed(bytes(flush))}) send.insert(send.end(), part.begin(), part.end());
      for (const Bytes& part : {framed(view(s)), Bytes{2, 0x1a, 0}}) expected.insert(expected.end(), part.begin(), part.end());
    }
    EXPECT_EQ(exchange(fd, send, expected.size()), expected);
    ::close(fd);
  }
  struct stat about {};
  ASSERT_EQ(::stat((folder.path / "abci.sock").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
  server->stop();
  EXPECT_FALSE(fs::exists(folder.path / "abci.sock"));
  EXPECT_TRUE(broken.empty());
}

TEST_F(Socket, GivesUpOnWhatIsNotAbci) {
  serve({1'000, 8});
  const auto fails_with = [&](ByteView send, const std::string& why) {
    {
      const std::lock_guard lock(mutex);
      broken.clear();
    }
    const int fd = dial();
    exchange(fd, send, 10'000);
    ::close(fd);
    const std::lock_guard lock(mutex);
    ASSERT_EQ(broken.size(), 1u);
    EXPECT_NE(broken[0].find(why), std::string::npos) << broken[0];
  };
  fails_with(Bytes{0xe9, 0x07}, "too_large");
  fails_with(Bytes{0x80, 0x00}, "bad_length");
  fails_with(Bytes{1, 7}, "not a request");
  abci::Request commit;
  commit.mutable_commit();
  fails_with(framed(bytes(commit)), "a commit without a block");
  // Others are served all the same.
  const int fd = dial();
  EXPECT_EQ(exchange(fd, Bytes{2, 0x12, 0}, 3), (Bytes{2, 0x1a, 0}));
  ::close(fd);
}

TEST_F(Socket, ConnectionsHaveALimit) {
  serve({1'000, 2});
  const int first = dial(), second = dial();
  EXPECT_EQ(exchange(first, Bytes{2, 0x12, 0}, 3).size(), 3u);
  EXPECT_EQ(exchange(second, Bytes{2, 0x12, 0}, 3).size(), 3u);
  const int third = dial();
  Bytes nothing(1);
  EXPECT_LE(::read(third, nothing.data(), 1), 0);
  ::close(third);
  ::close(first);
  ::close(second);
  const std::string longest(108 - folder.path.string().size(), 'x');
  EXPECT_FALSE(AbciServer::start(folder.path / longest, {}, app, [](const Error&) {}).ok());
  EXPECT_FALSE(AbciServer::start(folder.path / "no" / "folder", {}, app, [](const Error&) {}).ok());
}

}  // namespace
}  // namespace sotto::comet
