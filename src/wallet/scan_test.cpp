#include "wallet/wallet.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/source_dir_for_test.hpp"
#include "wallet/wallet_for_test.hpp"

namespace sotto::wallet {
namespace {

TEST(Wallet, CreditedOnceHoweverItArrives) {
  // Direct twice, block, direct again, reopened, in both orders.
  for (const bool block_first : {false, true}) {
    Scene s;
    const Outgoing out = s.pay(s.alice, s.bob, kUsd, 200);
    const ledger::Transaction tx = s.world.decode(out);
    const auto certificate = s.world.certificate(tx);
    const auto deliver = [&](bool news) {
      const auto got = s.bob.receive(*out.bytes, certificate, *s.world.committee, s.world.authority);
      ASSERT_TRUE(got.ok());
      ASSERT_EQ(got->size(), 1u);
      EXPECT_EQ((*got)[0].credited, news);
    };
    s.world.block({tx});
    if (block_first) s.world.sync(s.bob);
    deliver(!block_first);
    deliver(false);
    if (!block_first) s.world.sync(s.bob);
    deliver(false);
    s.bob = s.world.reopened(s.bob_rows);
    deliver(false);
    EXPECT_EQ(s.bob.balance(kUsd).total(), Amount(200));
    EXPECT_EQ(s.bob.balance(kUsd).spendable, Amount(200));
    ASSERT_EQ(s.bob.history().size(), 1u);
    EXPECT_EQ(s.bob.history()[0].received.size(), 1u);
    EXPECT_EQ(s.bob.history()[0].height, 1u);
  }
}

TEST(Wallet, TakesNothingUnverified) {
  Scene s;
  const Outgoing out = s.pay(s.alice, s.bob, kUsd, 200);
  const ledger::Transaction tx = s.world.decode(out);
  const auto certificate = s.world.certificate(tx);
  const auto rows = s.bob_rows.rows;
  const auto reject = [&](const Bytes& bytes, const settle::SettlementCertificate& c) {
    const auto got = s.bob.receive(bytes, c, *s.world.committee, s.world.authority);
    CHECK(!got.ok());
    return got.error();
  };
  EXPECT_EQ(reject({}, certificate).detail, "malformed");
  EXPECT_EQ(reject(Bytes(200'000), certificate).detail, "oversized");
  ledger::Transaction bent = tx;
  bent.transfers[0].proof[0] ^= 1;
  EXPECT_EQ(reject(ledger::encode(bent), certificate).detail, "bad_proof");
  bent = tx;
  bent.transfers[0].signature.S[0] ^= 1;
  EXPECT_EQ(reject(ledger::encode(bent), certificate).detail, "bad_signature");
  bent = tx;
  bent.network.value[0] ^= 1;
  EXPECT_EQ(reject(ledger::encode(bent), certificate).reject, Reject::wrong_network);
  EXPECT_EQ(s.alice.adopt(ledger::encode(bent), s.world.authority).error().reject, Reject::wrong_network);   // a lock's answer
  bent = tx;
  bent.transfers[0].outputs[0].note_ciphertext[5] ^= 1;  // under the txid, so under the signature
  EXPECT_EQ(reject(ledger::encode(bent), certificate).reject, Reject::bad_transaction);

  EXPECT_EQ(reject(*out.bytes, s.world.certificate(tx, 2)).detail, "below_quorum");
  auto other = certificate;
  other.subject.txid.value[0] ^= 1;
  EXPECT_EQ(reject(*out.bytes, other).reject, Reject::wrong_certificate);
  other = certificate;
  other.subject.generations[0] += 1;
  EXPECT_EQ(reject(*out.bytes, other).reject, Reject::wrong_certificate);
  other = certificate;
  other.bitmap[0] = 0x70;
  EXPECT_EQ(reject(*out.bytes, other).reject, Reject::bad_certificate);
  EXPECT_EQ(s.bob_rows.rows, rows);
  EXPECT_EQ(s.bob.balance(kUsd).total(), Amount(0));

  // The payer's own wallet looks at certificates no less closely.
  EXPECT_EQ(s.alice.settled(out.txid, s.world.certificate(tx, 2), *s.world.committee).error().reject, Reject::bad_certificate);
  EXPECT_EQ(s.alice.settled(out.txid, other, *s.world.committee).error().reject, Reject::bad_certificate);
  EXPECT_EQ(s.alice.settled({}, certificate, *s.world.committee).error().reject, Reject::unknown_payment);
  EXPECT_EQ(s.alice.payment(out.txid)->state, PaymentState::pending);

  // A stranger's payment, all valid: nothing for us.
  MemoryRows carol_rows;
  Wallet carol = s.world.wallet(carol_rows, 3);
  s.world.sync(carol);
  EXPECT_EQ(carol.receive(*out.bytes, certificate, *s.world.committee, s.world.authority).error().reject, Reject::nothing_for_us);
}

TEST(Wallet, ACiphertextThatDoesNotMatchItsCommitmentIsNobodys) {
  // The payer proves one thing and encrypts another (its own machine, so signature and proof are good).
  Scene s;
  const note::AccountKeys mallory = note::AccountKeys::derive(World::seed_of(66), s.world.network->id().value, 0);
  TransferPlan plan;
  plan.asset = kUsd;
  plan.fee_asset = kNative;
  plan.v_in = Amount(5);
  plan.outputs[0] = OutputPlan{s.bob.address(), Amount(5), {}, std::nullopt};
  plan.anchor = s.world.tree.root();
  auto built = *build_transfer(mallory.view(), plan, s.world.entropy);
  const auto& nf = built.transfer.inputs[0].nf.value;
  const auto lie = note::seal_output(s.bob.address(), {kUsd, Amount(5'000'000), {}}, nf, mallory.view().ovk, s.world.entropy);
  built.transfer.outputs[0].epk = lie.ciphertext.epk;
  built.transfer.outputs[0].note_ciphertext = lie.ciphertext.note;
  s.world.block({assemble(s.world.network->id(), 0, {&built, 1})});
  EXPECT_TRUE(s.world.sync(s.bob).received.empty());
  EXPECT_EQ(s.bob.balance(kUsd).total(), Amount(0));
}

TEST(Wallet, NotesOfRegulatedAssetsAreNotCredited) {
  Scene s;
  const note::AccountKeys mallory = note::AccountKeys::derive(World::seed_of(66), s.world.network->id().value, 0);
  TransferPlan plan;
  plan.asset = {2, 1};
  plan.fee_asset = kNative;
  EXPECT_EQ(build_transfer(mallory.view(), plan, s.world.entropy).error(), BuildReject::unsatisfied);
}

TEST(Wallet, BlocksComeInOrderAndTrueOrNotAtAll) {
  Scene s;
  const Outgoing out = s.pay(s.alice, s.bob, kUsd, 200);
  s.world.block({s.world.decode(out)});
  s.world.block({});
  const auto rows = s.bob_rows.rows;
  const auto reject = [&](std::vector<ScannedBlock> blocks) { return s.bob.apply_blocks(blocks, s.world.pool).error().reject; };
  EXPECT_EQ(reject({s.world.scanned_block(2)}), Reject::wrong_height);
  EXPECT_EQ(reject({s.world.scanned_block(0)}), Reject::wrong_height);
  ScannedBlock lying = s.world.scanned_block(1);
  lying.root += Fr::one();
  EXPECT_EQ(reject({lying}), Reject::wrong_root);
  lying = s.world.scanned_block(1);
  lying.transactions.clear();                       // a server that hides our note
  EXPECT_EQ(reject({lying}), Reject::wrong_root);
  ScannedBlock bad_second = s.world.scanned_block(2);
  bad_second.root += Fr::one();
  EXPECT_EQ(reject({s.world.scanned_block(1), bad_second}), Reject::wrong_root);   // and the first is not applied either
  EXPECT_EQ(s.bob_rows.rows, rows);
  EXPECT_EQ(s.bob.next_block(), 1u);
  s.sync();
  EXPECT_EQ(s.bob.balance(kUsd).spendable, Amount(200));
}

TEST(Wallet, RestoresFromTheSeedAlone) {
  Scene s;
  const auto fresh = s.alice.new_address();
  ASSERT_TRUE(fresh.ok());
  EXPECT_EQ(*fresh, s.alice.address(1));
  PayRequest r = s.world.request(s.bob.address(), kUsd, 200);
  r.memo = Bytes{'r', 'e', 'n', 't'};
  const auto rent = s.alice.pay(r, s.world.prover, s.world.entropy);
  ASSERT_TRUE(rent.ok());
  s.world.block({s.world.decode(*rent), s.world.issue(*fresh, kEur, 77), s.world.issue(s.bob.address(), kNative, 100)});
  s.sync();
  const Outgoing back = s.pay(s.bob, s.alice, kUsd, 20);
  s.world.block({s.world.decode(back)});
  s.sync();

  MemoryRows rows;
  Wallet restored = s.world.wallet(rows, 1);
  s.world.sync(restored);
  for (const AssetOpening& asset : {kNative, kUsd, kEur}) {
    EXPECT_EQ(restored.balance(asset).spendable, s.alice.balance(asset).spendable);
    EXPECT_EQ(restored.balance(asset).arriving, s.alice.balance(asset).arriving);
  }
  // The same story: what came, what went, to whom, what for.
  const auto a = s.alice.history(), b = restored.history();
  ASSERT_EQ(a.size(), b.size());
  for (const HistoryEntry& line : a) {
    const HistoryEntry& same = restored.state().history.at(line.txid);
    EXPECT_EQ(same.height, line.height);
    EXPECT_EQ(same.fee, line.fee);
    ASSERT_EQ(same.sent.size(), line.sent.size());
    ASSERT_EQ(same.received.size(), line.received.size());
    for (size_t i = 0; i < line.sent.size(); ++i) {
      EXPECT_EQ(same.sent[i].address, line.sent[i].address);
      EXPECT_EQ(same.sent[i].value, line.sent[i].value);
      EXPECT_EQ(same.sent[i].memo, line.sent[i].memo);
    }
  }
  // Addresses already given out are not given out again, and the money can be spent.
  EXPECT_EQ(*restored.new_address(), restored.address(2));
  EXPECT_TRUE(s.world.anchors_known(s.world.decode(s.pay(restored, s.bob, kUsd, 300))));
  // In one batch or block by block: the same.
  MemoryRows slow_rows;
  Wallet slow = s.world.wallet(slow_rows, 1);
  for (uint64_t at = 0; at < s.world.blocks.size(); ++at) {
    const ScannedBlock block = s.world.scanned_block(at);
    ASSERT_TRUE(slow.apply_blocks({&block, 1}, s.world.pool).ok());
    slow = s.world.reopened(slow_rows);
  }
  EXPECT_EQ(slow.balance(kUsd).spendable, s.alice.balance(kUsd).spendable);
  EXPECT_EQ(slow.state().tree.root(), s.world.tree.root());
}

TEST(Wallet, StartsAtNow) {
  Scene s;
  MemoryRows rows;
  auto made = Wallet::create(rows, s.world.network, World::seed_of(9), 0, Birth{s.world.height(), s.world.tree});
  ASSERT_TRUE(made.ok());
  Wallet carol = std::move(*made);
  EXPECT_EQ(carol.next_block(), 1u);
  s.world.block({s.world.issue(carol.address(), kNative, 60)});
  s.world.sync(carol);
  EXPECT_EQ(carol.balance(kNative).spendable, Amount(60));
  s.sync();
  EXPECT_TRUE(s.world.anchors_known(s.world.decode(s.pay(carol, s.bob, kNative, 50))));
}

TEST(Wallet, AdoptsWhatAnotherDeviceLeftLocked) {
  Scene s;
  MemoryRows second_rows;
  Wallet second = s.world.wallet(second_rows, 1);
  s.world.sync(second);
  const Outgoing lost = s.pay(second, s.bob, kUsd, 200);   // sent by a device that is gone; validators hold its bytes
  ASSERT_TRUE(s.alice.adopt(*lost.bytes, s.world.authority).ok());
  ASSERT_TRUE(s.alice.adopt(*lost.bytes, s.world.authority).ok());
  ASSERT_EQ(s.alice.to_resend().size(), 1u);
  EXPECT_EQ(*s.alice.to_resend()[0].bytes, *lost.bytes);
  EXPECT_EQ(s.alice.payment(lost.txid)->fee, kFee);
  EXPECT_EQ(s.alice.balance(kUsd).arriving, Amount(300));
  s.alice = s.world.reopened(s.alice_rows);
  s.world.block({s.world.decode(lost)});
  EXPECT_EQ(s.world.sync(s.alice).executed, std::vector<TxId>{lost.txid});
  EXPECT_EQ(s.alice.balance(kUsd).spendable, Amount(300));

  const Outgoing mine = s.pay(s.alice, s.bob, kUsd, 10);
  s.world.sync(second);
  const Outgoing rival = s.pay(second, s.bob, kUsd, 20);
  EXPECT_EQ(s.alice.adopt(*rival.bytes, s.world.authority).error().reject, Reject::conflicts_with_payment);
  EXPECT_EQ(s.bob.adopt(*mine.bytes, s.world.authority).error().reject, Reject::not_ours);
  Bytes broken = *rival.bytes;
  broken.pop_back();
  EXPECT_EQ(s.alice.adopt(broken, s.world.authority).error().reject, Reject::bad_transaction);
}

TEST(Wallet, Receipts) {
  Scene s;
  const Outgoing out = s.pay(s.alice, s.bob, kUsd, 200);
  const ledger::Transaction tx = s.world.decode(out);
  const auto got = s.bob.receive(*out.bytes, s.world.certificate(tx), *s.world.committee, s.world.authority);
  ASSERT_TRUE(got.ok());
  const auto receipt = s.bob.sign_receipt((*got)[0].output, s.world.entropy);
  ASSERT_TRUE(receipt.ok());
  ASSERT_TRUE(s.alice.accept_receipt(*receipt).ok());
  s.alice = s.world.reopened(s.alice_rows);
  ASSERT_EQ(s.alice.state().receipts.size(), 1u);
  EXPECT_EQ(note::encode(s.alice.state().receipts.begin()->second), note::encode(*receipt));

  EXPECT_EQ(s.bob.sign_receipt({out.txid, 0, 1}, s.world.entropy).error().reject, Reject::unknown_output);
  note::Receipt bent = *receipt;
  bent.value = Amount(201);
  EXPECT_EQ(s.alice.accept_receipt(bent).error().reject, Reject::bad_receipt);
  // Well signed by Bob, but not about what Alice sent.
  const auto& opened = s.bob.state().notes.begin()->second.opened;
  const auto sign = [&](const note::OpenedOutput& o, const Hash32& network, const Hash32& txid, uint16_t transfer, uint8_t slot) {
    return note::sign_receipt(s.bob.keys().incoming, o, network, txid, transfer, slot, s.world.entropy);
  };
  const Hash32& network = s.world.network->id().value;
  EXPECT_EQ(s.alice.accept_receipt(sign(opened, network, Hash32{}, 0, 0)).error().reject, Reject::unknown_payment);
  EXPECT_EQ(s.alice.accept_receipt(sign(opened, Hash32{}, out.txid.value, 0, 0)).error().reject, Reject::wrong_network);
  EXPECT_EQ(s.alice.accept_receipt(sign(opened, network, out.txid.value, 1, 0)).error().reject, Reject::unknown_output);
  note::OpenedOutput other = opened;
  other.s += Fr::one();
  EXPECT_EQ(s.alice.accept_receipt(sign(other, network, out.txid.value, 0, 0)).error().reject, Reject::receipt_mismatch);
}

TEST(Wallet, OpenAndCreateRejects) {
  World world;
  MemoryRows rows;
  EXPECT_EQ(Wallet::open(rows, world.network).error().reject, Reject::no_account);
  world.wallet(rows, 1);
  EXPECT_EQ(Wallet::create(rows, world.network, World::seed_of(1), 0, std::nullopt).error().reject, Reject::already_exists);
  ledger::GenesisContent content = test_content();
  content.salt[0] = 1;
  EXPECT_EQ(Wallet::open(rows, std::make_shared<const ledger::Network>(content)).error().reject, Reject::wrong_network);
  rows.fail_next = true;
  EXPECT_EQ(Wallet::open(rows, world.network).error().reject, Reject::store_failed);
}

TEST(Wallet, RowsOfAnotherNetworkAreDamage) {
  Scene s;
  const Outgoing out = s.pay(s.alice, s.bob, kUsd, 200);
  const auto good = s.alice_rows.rows;
  const auto opened = [&](const Row& row) {
    s.alice_rows.rows = good;
    s.alice_rows.rows[row.key] = row.value;
    return Wallet::open(s.alice_rows, s.world.network);
  };
  note::Receipt receipt;
  receipt.txid = out.txid.value;
  receipt.network = s.world.network->id().value;
  EXPECT_TRUE(opened(receipt_row({out.txid, 0, 0}, receipt)).ok());
  receipt.network[9] ^= 1;
  EXPECT_EQ(opened(receipt_row({out.txid, 0, 0}, receipt)).error().reject, Reject::damaged);
}

// Rows leave the network out: it is the account's again when they are read.
TEST(Wallet, AddressesInRowsAreOfTheAccountsNetwork) {
  Scene s;
  const Outgoing out = s.pay(s.alice, s.bob, kUsd, 200);
  const Wallet again = s.world.reopened(s.alice_rows);
  EXPECT_EQ(again.payment(out.txid)->outputs[0].to, s.bob.address());
  EXPECT_EQ(again.state().history.at(out.txid).sent[0].address, s.bob.address());
  EXPECT_EQ(again.history()[0].received[0].address, s.alice.address());
}

TEST(Wallet, DamagedRowsAreNamed) {
  Scene s;
  s.pay(s.alice, s.bob, kUsd, 200);
  const auto good = s.alice_rows.rows;
  const auto damaged = [&](auto change, const std::string& table) {
    s.alice_rows.rows = good;
    change(s.alice_rows.rows);
    const auto opened = Wallet::open(s.alice_rows, s.world.network);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().reject, Reject::damaged);
    EXPECT_NE(opened.error().detail.find(table), std::string::npos) << opened.error().detail;
  };
  for (const auto& [key, value] : good) {
    if (key.table == Table::receipts) continue;
    const std::string table = name(key.table);
    damaged([&](auto& rows) { rows[key].pop_back(); }, table);
    damaged([&](auto& rows) { rows[key].push_back(0); }, table);
    if (key.table != Table::witnesses) damaged([&](auto& rows) { rows[key][0] = 9; }, table);  // version
  }
  damaged([](auto& rows) { rows.erase(account_key()); }, "account");
  damaged([](auto& rows) { rows.erase(sync_key()); }, "sync");
  damaged([](auto& rows) { std::erase_if(rows, [](const auto& r) { return r.first.table == Table::witnesses; }); }, "witnesses");
  damaged([](auto& rows) { std::erase_if(rows, [](const auto& r) { return r.first.table == Table::history; }); }, "history");
  damaged([](auto& rows) {                                      // a row under another's name
    auto note = std::find_if(rows.begin(), rows.end(), [](const auto& r) { return r.first.table == Table::notes; });
    RowKey key = note->first;
    key.id[0] ^= 1;
    rows[key] = note->second;
  }, "notes");
}

TEST(Wallet, OutputsUnderAContractAreNoMoneyYet) {
  Scene s;
  ledger::Transaction tx = s.world.issue(s.bob.address(), kUsd, 90);
  ledger::Transaction second = s.world.issue(s.bob.address(), kUsd, 7);
  tx.transfers[0].contract = ledger::Contract{};
  s.world.block({tx, second});
  const BlockEffects effects = s.world.sync(s.bob);   // the tree agrees: they are not leaves
  ASSERT_EQ(effects.received.size(), 1u);
  EXPECT_EQ(effects.received[0].value, Amount(7));
  EXPECT_EQ(s.bob.balance(kUsd).total(), Amount(7));
}

TEST(Wallet, AFullTreeIsACleanRefusal) {
  Scene s;
  Writer almost;   // a tree with room for two more notes
  almost.u64(note::NoteTreeFrontier::kCapacity - 2);
  for (size_t node = 0; node < 2 + 3 * (note::kTreeDepth - 1); ++node) Fr::one().write(almost);
  Reader in(almost.bytes());
  const auto frontier = note::NoteTreeFrontier::read(in);
  ASSERT_TRUE(frontier.ok() && in.finish().ok());
  MemoryRows rows;
  auto made = Wallet::create(rows, s.world.network, World::seed_of(9), 0, Birth{s.world.height(), *frontier});
  ASSERT_TRUE(made.ok());
  s.world.block({s.world.issue(made->address(), kNative, 60)});
  const ScannedBlock block = s.world.scanned_block(1);
  EXPECT_EQ(made->apply_blocks({&block, 1}, s.world.pool).error().reject, Reject::tree_full);
  EXPECT_EQ(made->balance(kNative).total(), Amount(0));
}

TEST(Wallet, ScannedTakesTheExecutedEntriesOfABlock) {
  Scene s;
  ledger::Block block;
  block.header.height = 7;
  block.header.note_root = {Fr::from_u64(5)};
  block.entries.resize(3);
  block.entries[1].outcome = ledger::Outcome::spent;
  const ScannedBlock scan = scanned(block);
  EXPECT_EQ(scan.height, 7u);
  EXPECT_EQ(scan.root, Fr::from_u64(5));
  EXPECT_EQ(scan.transactions, (std::vector<const ledger::Transaction*>{&block.entries[0].certified.transaction, &block.entries[2].certified.transaction}));
}

// The seeds of rows_fuzz.cpp: a wallet with a row in every table but receipts. "wallet" is of row version 1, as the first
// wallets wrote it, "wallet-2" of history version 2, and both stay; the other is of today.
std::vector<Row> stored_rows(const std::string& name) {
  std::ifstream file(std::filesystem::path(source_dir()) / "tests" / "corpus" / "rows" / name, std::ios::binary);
  EXPECT_TRUE(file);
  const Bytes stored{std::istreambuf_iterator<char>(file), {}};
  Reader in(stored);
  std::vector<Row> rows;
  while (in.left() > 0) {
    const auto table = in.u8();
    const auto id = in.sized(4096);
    const auto value = in.sized(1 << 20);
    EXPECT_TRUE(id.ok() && value.ok());
    rows.push_back({{static_cast<Table>(*table), Bytes(id->begin(), id->end())}, Bytes(value->begin(), value->end())});
  }
  return rows;
}

TEST(Corpus, RowsOfEarlierVersionsOpen) {
  const auto state = state_from_rows(stored_rows("wallet"));
  ASSERT_TRUE(state.ok());
  EXPECT_FALSE(state->words);
  ASSERT_EQ(state->oldest_first().size(), 3u);
  for (const HistoryEntry* entry : state->oldest_first()) EXPECT_EQ(entry->block_ms + entry->known_ms, 0u);
  const auto second = state_from_rows(stored_rows("wallet-2"));
  ASSERT_TRUE(second.ok());
  for (const HistoryEntry* entry : second->oldest_first()) EXPECT_TRUE(!entry->lost && !entry->retried_by);
  EXPECT_EQ(state->next_order, state->oldest_first().back()->order + 1);
}

TEST(Corpus, SeedIsOfTodaysFormat) {
  Scene s;
  SetClock clock;
  clock.ms = 5;
  s.alice.tell_time(clock);
  const Outgoing first = s.pay(s.alice, s.bob, kUsd, 200);
  ASSERT_TRUE(s.alice.refused(first.txid, "locked").ok());
  ASSERT_TRUE(s.alice.retried(first.txid, s.pay(s.alice, s.bob, kUsd, 200).txid).ok());
  s.world.block({s.world.issue(s.bob.address(), kNative, 100)});
  s.sync();
  const Outgoing back = s.pay(s.bob, s.alice, kNative, 50);
  ASSERT_TRUE(s.alice.receive(*back.bytes, s.world.certificate(s.world.decode(back)), *s.world.committee, s.world.authority).ok());
  ASSERT_TRUE(s.alice.lost(back.txid, first.txid, 1).ok());
  Writer out;
  for (const auto& [key, value] : s.alice_rows.rows) {
    out.u8(static_cast<uint8_t>(key.table));
    out.sized(key.id);
    out.sized(value);
  }
  const auto path = std::filesystem::path(source_dir()) / "tests" / "corpus" / "rows" / "wallet-3";
  if (std::getenv("SOTTO_WRITE_CORPUS")) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(out.bytes().data()), static_cast<std::streamsize>(out.bytes().size()));
  }
  const auto rows = stored_rows("wallet-3");
  const auto state = state_from_rows(rows);
  ASSERT_TRUE(state.ok());
  EXPECT_EQ(state->delivered.size(), 1u);
  const auto lines = state->oldest_first();
  EXPECT_EQ(std::count_if(lines.begin(), lines.end(), [](const HistoryEntry* e) { return e->lost || e->retried_by; }), 2);
  EXPECT_TRUE(state.ok() && std::count(rows.begin(), rows.end(), account_row(*state)) == 1 &&
              std::count(rows.begin(), rows.end(), sync_row(*state)) == 1) << "run once with SOTTO_WRITE_CORPUS=1 if the format changed on purpose";
}

}  // namespace
}  // namespace sotto::wallet
