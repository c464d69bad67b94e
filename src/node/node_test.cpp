// Whole networks in this process: four validators with their own stores, real proofs, HTTP on loopback.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "base/source_dir_for_test.hpp"
#include "crypto/bip39.hpp"
#include "ledger/audit.hpp"
#include "ledger/circuit_verifier.hpp"
#include "node/batch_worker.hpp"
#include "node/certificate_check.hpp"
#include "node/devnet_for_test.hpp"
#include "node/faucet.hpp"
#include "settle/committee_word.hpp"

namespace sotto::node {
namespace {

namespace fs = std::filesystem;

TEST(Node, PaysRestartsAndLosesNothing) {
  const TemporaryDirectory dir;
  World& w = world();
  auto devnet = open_devnet(dir.path() / "net");
  ASSERT_TRUE(devnet);
  EXPECT_TRUE(devnet->created());
  Person alice = make_person(*devnet, dir.path() / "alice", seed_of(1));
  Person bob = make_person(*devnet, dir.path() / "bob", seed_of(2));
  ASSERT_TRUE(devnet->fund(alice.wallet->address(), kEur, note::Amount(100'00), {}, kTimeoutMs).ok());
  ASSERT_TRUE(devnet->fund(alice.wallet->address(), kSot, note::Amount(5'000), {}, kTimeoutMs).ok());
  ASSERT_TRUE(alice.follow([&] { return alice.spendable(kEur) == 100'00 && alice.spendable(kSot) == 5'000; }));

  std::vector<SettleStep> steps;
  const auto paid =
      alice.driver->pay(eur(bob, 30'00, 1000), Deadline::in(kTimeoutMs), [&](const SettleStep& s) { steps.push_back(s); });
  ASSERT_TRUE(paid.ok()) << paid.error().what;
  EXPECT_GT(paid->prove_ms, 0);
  ASSERT_NE(paid->settled, nullptr);
  EXPECT_GE(paid->settled_ms, paid->settled->timings.settled_ms);
  EXPECT_TRUE(settle::verify(paid->settled->settlement, *alice.network->committee()).ok());
  const auto count = [&](SettleStep::Kind kind) { return std::ranges::count(steps, kind, &SettleStep::kind); };
  EXPECT_GE(count(SettleStep::Kind::vote), 3);
  EXPECT_EQ(count(SettleStep::Kind::lock_certificate), 1);
  EXPECT_GE(count(SettleStep::Kind::acknowledgement), 3);
  EXPECT_EQ(steps.back().kind, SettleStep::Kind::settled);

  // Bob believes nobody: transaction and certificate are enough.
  ledger::CircuitVerifier verifier(w.system, w.entropy, w.pool);
  ledger::FullAuthority authority(verifier, w.entropy);
  const auto received =
      bob.wallet->receive(*paid->transaction, paid->settled->settlement, *bob.network->committee(), authority);
  ASSERT_TRUE(received.ok()) << wallet::name(received.error().reject);
  EXPECT_EQ(bob.total(kEur), 30'00u);
  ASSERT_TRUE(bob.follow([&] { return bob.spendable(kEur) == 30'00; }));
  ASSERT_TRUE(alice.follow([&] { return alice.spendable(kEur) == 70'00; }));
  EXPECT_EQ(alice.spendable(kSot), 4'000u);
  const uint64_t height = devnet->validator(0).height();
  wait_height(*devnet, height);
  expect_same_state(*devnet);
  const auto before = devnet->validator(2).state_hash();
  const auto status = alice.network->status(paid->txid);
  for (const auto& s : status) {
    ASSERT_TRUE(s);
    EXPECT_EQ(s->state, TransactionState::executed);
    EXPECT_GT(s->height, 0u);
  }

  devnet.reset();
  EXPECT_FALSE(bob.driver->sync().ok());                       // nobody there
  devnet = open_devnet(dir.path() / "net");
  ASSERT_TRUE(devnet);
  EXPECT_FALSE(devnet->created());
  for (size_t i = 0; i < devnet->size(); ++i) EXPECT_EQ(devnet->validator(i).state_hash(), before);
  alice.connect(*devnet);
  bob.connect(*devnet);
  const auto again = bob.driver->pay(eur(alice, 10'00), Deadline::in(kTimeoutMs));
  ASSERT_TRUE(again.ok()) << again.error().what;
  ASSERT_TRUE(alice.follow([&] { return alice.spendable(kEur) == 80'00; }));

  // The same words on another machine find all of it.
  Person restored = make_person(*devnet, dir.path() / "restored", seed_of(1), true);
  ASSERT_TRUE(restored.driver->sync().ok());
  EXPECT_EQ(restored.spendable(kEur), 80'00u);
  EXPECT_EQ(restored.wallet->history().size(), alice.wallet->history().size());
}

TEST(Node, ADoubleSpendIsRefusedByNameOfTheRival) {
  const TemporaryDirectory dir;
  auto devnet = open_devnet(dir.path() / "net");
  ASSERT_TRUE(devnet);
  Person alice = make_person(*devnet, dir.path() / "alice", seed_of(1));
  Person device = make_person(*devnet, dir.path() / "device", seed_of(1));
  Person bob = make_person(*devnet, dir.path() / "bob", seed_of(2));
  ASSERT_TRUE(devnet->fund(alice.wallet->address(), kEur, note::Amount(50'00), {}, kTimeoutMs).ok());
  for (Person* p : {&alice, &device}) ASSERT_TRUE(p->follow([&] { return p->spendable(kEur) == 50'00; }));
  const auto rival = device.driver->prepare(eur(bob, 2'00), Deadline::in(kTimeoutMs));
  const auto honest = alice.driver->prepare(eur(bob, 1'00), Deadline::in(kTimeoutMs));
  ASSERT_TRUE(rival.ok() && honest.ok());
  ASSERT_TRUE(alice.driver->settle(*honest, Deadline::in(kTimeoutMs)).ok());

  // At once: the lock is there, or its block already is. Later: surely spent. The refusal names the first one each
  // time.
  const auto candidate = settle::decode_candidate(*rival->bytes);
  ASSERT_TRUE(candidate.ok());
  const auto refused = device.network->payer().settle(*candidate, Deadline::in(kTimeoutMs));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().why, NotSettled::refused);
  ASSERT_TRUE(refused.error().refusal);
  // A lock could still be released; a spent note stays spent.
  EXPECT_TRUE(refused.error().may_still_move || refused.error().refusal->reason == "spent");
  EXPECT_EQ(refused.error().refusal->rival_id, honest->txid);
  if (refused.error().refusal->reason == "locked_by_rival") {
    EXPECT_EQ(refused.error().refusal->rival, *honest->bytes);
  }
  ASSERT_TRUE(alice.follow([&] { return alice.spendable(kEur) == 49'00; }));
  wait_height(*devnet, alice.wallet->next_block() - 1);
  const auto later = device.driver->settle(*rival, Deadline::in(kTimeoutMs));
  ASSERT_FALSE(later.ok());
  EXPECT_EQ(later.error().kind, PayFailure::Kind::refused);
  const auto holders = device.network->lock_of(candidate->candidate.notes.front().nf);
  for (const auto& h : holders) {
    ASSERT_TRUE(h);
    EXPECT_EQ(h->spent_by, honest->txid);
  }
}

TEST(Node, OfTwoRivalsAtOnceAtMostOneSettles) {
  const TemporaryDirectory dir;
  auto devnet = open_devnet(dir.path() / "net");
  ASSERT_TRUE(devnet);
  Person alice = make_person(*devnet, dir.path() / "alice", seed_of(1));
  Person device = make_person(*devnet, dir.path() / "device", seed_of(1));
  Person bob = make_person(*devnet, dir.path() / "bob", seed_of(2));
  ASSERT_TRUE(devnet->fund(alice.wallet->address(), kEur, note::Amount(50'00), {}, kTimeoutMs).ok());
  for (Person* p : {&alice, &device}) ASSERT_TRUE(p->follow([&] { return p->spendable(kEur) == 50'00; }));
  const auto a = alice.driver->prepare(eur(bob, 1'00), Deadline::in(kTimeoutMs)),
             b = device.driver->prepare(eur(bob, 2'00), Deadline::in(kTimeoutMs));
  ASSERT_TRUE(a.ok() && b.ok());
  std::atomic<int> settled{0};
  std::thread other([&] { settled += device.driver->settle(*b, Deadline::in(kTimeoutMs)).ok(); });
  settled += alice.driver->settle(*a, Deadline::in(kTimeoutMs)).ok();
  other.join();
  EXPECT_LE(settled, 1);
  if (settled == 1) {
    EXPECT_TRUE(bob.follow([&] { return bob.spendable(kEur) > 0; }));
  }
  expect_same_state(*devnet);
}

TEST(Node, OneValidatorDownIsEnoughLeftTwoAreNot) {
  const TemporaryDirectory dir;
  auto devnet = open_devnet(dir.path() / "net");
  ASSERT_TRUE(devnet);
  Person alice = make_person(*devnet, dir.path() / "alice", seed_of(1));
  Person bob = make_person(*devnet, dir.path() / "bob", seed_of(2));
  ASSERT_TRUE(devnet->fund(alice.wallet->address(), kEur, note::Amount(50'00), {}, kTimeoutMs).ok());
  ASSERT_TRUE(alice.follow([&] { return alice.spendable(kEur) == 50'00; }));
  devnet->validator(3).close_server();
  ASSERT_TRUE(alice.driver->pay(eur(bob, 10'00), Deadline::in(kTimeoutMs)).ok());
  ASSERT_TRUE(alice.follow([&] { return alice.spendable(kEur) == 40'00; }));

  devnet->validator(1).close_server();
  const auto stuck = alice.driver->pay(eur(bob, 5'00), Deadline::in(3000));
  ASSERT_FALSE(stuck.ok());
  EXPECT_EQ(stuck.error().kind, PayFailure::Kind::pending);
  EXPECT_EQ(stuck.error().reject, "unreachable");
  EXPECT_EQ(alice.wallet->to_resend().size(), 1u);
  devnet.reset();

  // All back: the very same payment goes through.
  devnet = open_devnet(dir.path() / "net");
  ASSERT_TRUE(devnet);
  alice.connect(*devnet);
  bob.connect(*devnet);
  const auto resumed = alice.driver->resume(Deadline::in(kTimeoutMs));
  ASSERT_EQ(resumed.size(), 1u);
  ASSERT_TRUE(resumed[0].ok()) << resumed[0].error().what;
  EXPECT_EQ(resumed[0]->txid, stuck.error().txid);
  ASSERT_TRUE(bob.follow([&] { return bob.spendable(kEur) == 15'00; }));
}

TEST(Node, WhatHasALockIsTakenUpByARestoredWallet) {
  const TemporaryDirectory dir;
  World& w = world();
  auto devnet = open_devnet(dir.path() / "net");
  ASSERT_TRUE(devnet);
  Person alice = make_person(*devnet, dir.path() / "alice", seed_of(1));
  Person bob = make_person(*devnet, dir.path() / "bob", seed_of(2));
  ASSERT_TRUE(devnet->fund(alice.wallet->address(), kEur, note::Amount(50'00), {}, kTimeoutMs).ok());
  ASSERT_TRUE(alice.follow([&] { return alice.spendable(kEur) == 50'00; }));
  // Alice's machine dies after two validators have locked.
  const auto outgoing = alice.driver->prepare(eur(bob, 5'00), Deadline::in(kTimeoutMs));
  ASSERT_TRUE(outgoing.ok());
  net::Client client;
  for (size_t i : {0u, 1u}) {
    const auto vote = client.call_and_wait(devnet->endpoints()[i],
                                           {net::Method::post, kTransactionsPath, *outgoing->bytes, "", 0}, kTimeoutMs);
    ASSERT_TRUE(vote.ok());
    ASSERT_EQ(vote->status, 200);
  }
  Person restored = make_person(*devnet, dir.path() / "restored", seed_of(1), true);
  ASSERT_TRUE(restored.driver->sync().ok());
  ledger::CircuitVerifier verifier(w.system, w.entropy, w.pool);
  ledger::FullAuthority authority(verifier, w.entropy);
  const auto adopted = restored.driver->adopt_locks(authority);
  ASSERT_TRUE(adopted.ok());
  EXPECT_EQ(*adopted, 1u);
  const auto resumed = restored.driver->resume(Deadline::in(kTimeoutMs));
  ASSERT_EQ(resumed.size(), 1u);
  ASSERT_TRUE(resumed[0].ok()) << resumed[0].error().what;
  EXPECT_EQ(resumed[0]->txid, outgoing->txid);
  ASSERT_TRUE(bob.follow([&] { return bob.spendable(kEur) == 5'00; }));
}

TEST(Node, AnotherNetworksTransactionsAndWalletsAreRefused) {
  const TemporaryDirectory dir;
  World& w = world();
  auto here = open_devnet(dir.path() / "here");
  auto there = open_devnet(dir.path() / "there");
  ASSERT_TRUE(here && there);
  EXPECT_NE(here->id(), there->id());
  Person alice = make_person(*here, dir.path() / "alice", seed_of(1));
  ASSERT_TRUE(here->fund(alice.wallet->address(), kEur, note::Amount(50'00), {}, kTimeoutMs).ok());
  ASSERT_TRUE(alice.follow([&] { return alice.spendable(kEur) == 50'00; }));
  const auto outgoing = alice.driver->prepare(eur(alice, 1'00), Deadline::in(kTimeoutMs));
  ASSERT_TRUE(outgoing.ok());
  net::Client client;
  const auto answer = client.call_and_wait(there->endpoints()[0],
                                           {net::Method::post, kTransactionsPath, *outgoing->bytes, "", 0}, kTimeoutMs);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 409);
  const auto refusal = RefusalMessage::decode(answer->body);
  ASSERT_TRUE(refusal.ok());
  EXPECT_EQ(refusal->reason, "wrong_network");
  const auto connected = NetworkClient::connect(there->endpoints()[0], here->id(), w.entropy, 5000);
  ASSERT_FALSE(connected.ok());
  EXPECT_EQ(connected.error().failed, NetworkClient::Failed::wrong_network);

  // Validators of another network where ours used to be: that they refuse says nothing about our money, whose notes stay held.
  const auto misled = NetworkClient::known({ledger::encode(here->genesis()), there->endpoints(), 0}, w.entropy, 1000);
  ASSERT_TRUE(misled.ok());
  const auto settled = (*misled)->settle(settle::decode_candidate(*outgoing->bytes).value(), Deadline::in(1000));
  ASSERT_FALSE(settled.ok());
  EXPECT_TRUE(settled.error().may_still_move);
  // Nor is another network's checkpoint one of ours.
  const auto theirs = NetworkClient::connect(there->endpoints()[0], std::nullopt, w.entropy, 5000);
  ASSERT_TRUE(theirs.ok());
  const auto begun = (*misled)->begin_from((*theirs)->checkpoint());
  ASSERT_FALSE(begun.ok());
  EXPECT_EQ(begun.error().failed, NetworkClient::Failed::wrong_network);
}

TEST(Node, AnObserverVerifiesEverythingFromGenesis) {
  const TemporaryDirectory dir;
  World& w = world();
  auto devnet = open_devnet(dir.path() / "net");
  ASSERT_TRUE(devnet);
  Person alice = make_person(*devnet, dir.path() / "alice", seed_of(1));
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(devnet->fund(alice.wallet->address(), kEur, note::Amount(1'00), {}, kTimeoutMs).ok());
  ASSERT_TRUE(alice.follow([&] { return alice.spendable(kEur) == 3'00; }));
  const uint64_t height = alice.wallet->next_block() - 1;
  wait_height(*devnet, height);
  const auto blocks = alice.network->blocks(1, 0);
  ASSERT_TRUE(blocks.ok());
  ledger::CircuitVerifier verifier(w.system, w.entropy, w.pool);
  ledger::FullAuthority authority(verifier, w.entropy);
  const auto audit_with = [&](const std::vector<ledger::Block>& list) {
    ledger::MemoryArchive archive;
    return ledger::audit(devnet->genesis(), [&](uint64_t h) -> std::optional<Bytes> {
      if (h > list.size()) return std::nullopt;
      return ledger::encode(list[h - 1]);
    }, archive, certificate_check(alice.network->committee()), authority, {}, settle::committee_word(alice.network->committee()));
  };
  const auto good = audit_with(*blocks);
  ASSERT_TRUE(good.ok()) << describe(good.error());
  EXPECT_EQ(std::make_optional(std::pair(good->state.height, ledger::app_hash(good->state))), devnet->validator(0).state_hash());
  for (size_t i = 0; i < kDevAssets.size(); ++i) EXPECT_EQ(good->state.supply[i].shielded(), kDevAssets[i].issued);
  // One byte of one certificate changed: found.
  auto bad = *blocks;
  bad[0].entries[0].certified.certificate.back() ^= 1;
  EXPECT_FALSE(audit_with(bad).ok());
}

TEST(Node, RequestsThatMakeNoSense) {
  const TemporaryDirectory dir;
  auto devnet = open_devnet(dir.path() / "net");
  ASSERT_TRUE(devnet);
  net::Client client;
  const auto ask = [&](net::Method method, const std::string& target, Bytes body = {}) {
    const auto r = client.call_and_wait(devnet->endpoints()[0], {method, target, std::move(body), "", 0}, 5000);
    EXPECT_TRUE(r.ok());
    return std::pair<int, std::string>(r->status, std::string(r->body.begin(), r->body.end()));
  };
  using P = std::pair<int, std::string>;
  EXPECT_EQ(ask(net::Method::post, kTransactionsPath, Bytes(10)), P(400, "bad_version"));
  EXPECT_EQ(ask(net::Method::post, kTransactionsPath, Bytes(kMaxRequestBytes + 1)), P(413, "body_too_large"));
  EXPECT_EQ(ask(net::Method::post, kTransactionsPath, Bytes(ledger::kMaxTransactionBytes + 1)), P(400, "too_large"));
  EXPECT_EQ(ask(net::Method::post, kCertificatesPath, Bytes(3)), P(400, "truncated"));
  EXPECT_EQ(ask(net::Method::post, "/v1/nothing"), P(404, "unknown_path"));
  EXPECT_EQ(ask(net::Method::get, "/"), P(404, "unknown_path"));
  EXPECT_EQ(ask(net::Method::get, "/v1/blocks?from=-1"), P(400, "bad_number"));
  EXPECT_EQ(ask(net::Method::get, "/v1/hash?height=x"), P(400, "bad_number"));
  EXPECT_EQ(ask(net::Method::get, "/v1/hash?height=99"), P(404, "no_such_block"));
  EXPECT_EQ(ask(net::Method::get, "/v1/status?txid=12"), P(400, "bad_txid"));
  EXPECT_EQ(ask(net::Method::get, "/v1/lock?nf=" + std::string(64, 'f')), P(400, "bad_nullifier"));
  EXPECT_EQ(ask(net::Method::get, "/v1/health").first, 200);
  const auto unknown = ask(net::Method::get, "/v1/status?txid=" + std::string(64, '0'));
  EXPECT_EQ(StatusMessage::decode(view(unknown.second))->state, TransactionState::unknown);
  // A wait for a block that does not come ends by itself.
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(BlocksMessage::decode(view(ask(net::Method::get, "/v1/blocks?from=5&wait_ms=300").second))->blocks.size(),
            0u);
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(300));
}

// What is on disk is whole or refused.
TEST(Node, DamageIsRefused) {
  const TemporaryDirectory dir;
  World& w = world();
  const fs::path net = dir.path() / "net";
  {
    auto devnet = open_devnet(net);
    ASSERT_TRUE(devnet);
    Person alice = make_person(*devnet, dir.path() / "alice", seed_of(1));
    ASSERT_TRUE(devnet->fund(alice.wallet->address(), kEur, note::Amount(1'00), {}, kTimeoutMs).ok());
    ASSERT_TRUE(alice.follow([&] { return alice.spendable(kEur) == 1'00; }));
    // Twice at once: no.
    const auto twice = Devnet::open({net, 0, 4, "sotto-test"}, w.system, w.entropy, w.clock, w.pool, {});
    ASSERT_FALSE(twice.ok());
    EXPECT_EQ(twice.error().failed, Devnet::Failed::in_use);
  }
  const auto failed_after = [&](const std::function<void(const fs::path&)>& harm) {
    const fs::path copy = dir.path() / "copy";
    fs::remove_all(copy);
    fs::copy(net, copy, fs::copy_options::recursive);
    harm(copy);
    const auto opened = Devnet::open({copy, 0, 4, "sotto-test"}, w.system, w.entropy, w.clock, w.pool, {});
    EXPECT_FALSE(opened.ok());
    return opened.ok() ? std::optional<Devnet::Failed>() : std::optional(opened.error().failed);
  };
  const auto flip = [](const fs::path& file) {
    std::fstream f(file, std::ios::in | std::ios::out | std::ios::binary);
    ASSERT_TRUE(f);
    const auto middle = static_cast<std::streamoff>(fs::file_size(file) / 2);
    f.seekg(middle);
    const char c = static_cast<char>(f.get());
    f.seekp(middle);
    f.put(static_cast<char>(c ^ 1));
  };
  using F = Devnet::Failed;
  EXPECT_EQ(failed_after([](const fs::path& d) { fs::remove_all(d / "validator-2" / "store"); }), F::damaged);
  EXPECT_EQ(failed_after([&](const fs::path& d) { flip(d / "ordering.log"); }), F::damaged);
  EXPECT_EQ(failed_after([](const fs::path& d) { fs::remove(d / "ordering.log"); }), F::damaged);
  EXPECT_EQ(failed_after([&](const fs::path& d) { flip(d / "genesis"); }), F::damaged);
  EXPECT_EQ(failed_after([](const fs::path& d) { fs::resize_file(d / "genesis", 100); }), F::damaged);
  EXPECT_EQ(failed_after([&](const fs::path& d) { flip(d / "validator-0" / "key"); }), F::damaged);
  EXPECT_EQ(failed_after([](const fs::path& d) { fs::remove(d / "validator-3" / "key"); }), F::damaged);
  // SQLite's file has room nobody uses: many bytes of its middle half.
  EXPECT_EQ(failed_after([&](const fs::path& d) {
              std::fstream f(d / "faucet" / "wallet", std::ios::in | std::ios::out | std::ios::binary);
              const auto size = static_cast<std::streamoff>(fs::file_size(d / "faucet" / "wallet"));
              for (std::streamoff at = size / 4; at < size * 3 / 4; at += 64) {
                f.seekg(at);
                const char c = static_cast<char>(f.get());
                f.seekp(at);
                f.put(static_cast<char>(c ^ 1));
              }
            }), F::damaged);
}

TEST(Node, MessagesRefuseWhatTheyCannotProduce) {
  const RefusalMessage refusal{"locked_by_rival", "", Bytes{1, 2}, ledger::TxId{}};
  const auto decoded = RefusalMessage::decode(refusal.encode());
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->reason, refusal.reason);
  EXPECT_EQ(decoded->rival, refusal.rival);
  EXPECT_EQ(decoded->rival_id, refusal.rival_id);
  EXPECT_EQ(RefusalMessage::decode(RefusalMessage{"\x1b[31m", "", std::nullopt, std::nullopt}.encode()).error(),
            DecodeError::non_canonical);
  EXPECT_EQ(
      RefusalMessage::decode(RefusalMessage{std::string(65, 'a'), "", std::nullopt, std::nullopt}.encode()).error(),
      DecodeError::too_large);
  Bytes longer = refusal.encode();
  longer.push_back(0);
  EXPECT_EQ(RefusalMessage::decode(longer).error(), DecodeError::trailing_bytes);
  EXPECT_EQ(StatusMessage::decode(Bytes{9, 0, 0, 0, 0, 0, 0, 0, 0}).error(), DecodeError::bad_version);
  EXPECT_FALSE(PaymentDocument::decode(view("SOTTOPAY")).ok());
  EXPECT_EQ(PaymentDocument::decode(view("SOMETHING ELSE")).error(), DecodeError::bad_version);
  EXPECT_EQ(ReceiptDocument::decode(view("SOTTOPAY\x01")).error(), DecodeError::bad_version);
  const NetworkInfo info{Bytes{1}, {{"127.0.0.1", 7600}, {"10.0.0.1", 7601, net::TlsKey{9}}}, 5};
  const auto info2 = NetworkInfo::decode(info.encode());
  ASSERT_TRUE(info2.ok());
  EXPECT_EQ(info2->validators, info.validators);
}

// The fuzzers start from these: each is what its first byte says (api_fuzz.cpp).
TEST(Node, SeedsOfTheFuzzTargetDecode) {
  const auto good = [](uint8_t kind, ByteView b) {
    switch (kind) {
      case 0: return RefusalMessage::decode(b).ok();
      case 1: return CertificateMessage::decode(b).ok();
      case 2: return NetworkInfo::decode(b).ok();
      case 3: return BlocksMessage::decode(b).ok();
      case 4: return TreeMessage::decode(b).ok();
      case 5: return StatusMessage::decode(b).ok();
      case 6: return LockMessage::decode(b).ok();
      case 7: return PaymentDocument::decode(b).ok();
      case 8: return ReceiptDocument::decode(b).ok();
      default:
        return !net::parse_target(std::string_view(reinterpret_cast<const char*>(b.data()), b.size())).query.empty();
    }
  };
  size_t seeds = 0;
  for (const auto& file : fs::directory_iterator(source_dir() + "/tests/corpus/api")) {
    const auto bytes = read_file(file.path(), 1 << 20);
    ASSERT_TRUE(bytes.ok() && !bytes->empty());
    EXPECT_TRUE(good((*bytes)[0], ByteView(*bytes).subspan(1))) << file.path();
    ++seeds;
  }
  EXPECT_GE(seeds, 10u);
}

}  // namespace
}  // namespace sotto::node
