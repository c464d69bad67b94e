#include "store/validator_store.hpp"

#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <thread>

#include "base/source_dir_for_test.hpp"
#include "store/state_codec.hpp"
#include "store/validator_records.hpp"
#include "store/store_for_test.hpp"

namespace sotto::store::testing {
namespace {

using settle::test_nullifier;

class Store : public ::testing::Test {
 protected:
  TemporaryDirectory temporary;
  fs::path dir = temporary.path() / "store";
  StoreWorld w;

  ValidatorStore::Opened opened() {
    auto result = w.open(dir);
    if (!result) ADD_FAILURE() << result.error().what;
    return std::move(result).value();
  }
  StoreReject reject_of(Result<ValidatorStore::Opened, StoreTrouble> result) {
    return result ? StoreReject{255} : result.error().reject;
  }
  // What grows for ever is not read at open: the whole check finds it.
  StoreReject history_of() {
    auto o = opened();
    const auto checked = o.store->check_history({});
    return checked ? StoreReject{255} : checked.error().reject;
  }
  // The records themselves, past our own code.
  void with_database(const std::function<void(rocksdb::DB&)>& change) {
    rocksdb::DB* raw = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(rocksdb::Options(), (dir / "db").string(), &raw).ok());
    const std::unique_ptr<rocksdb::DB> db(raw);
    change(*db);
  }
};

TEST_F(Store, keeps_what_it_persisted) {  // S-32
  w.create(dir);
  settle::LockCertificate certificate = settle::TestCommittee({1, 1, 1, 1}).certificate<settle::Phase::vote>(
      {0, 1, 2}, settle::subject_of(5, settle::candidate({{2}}).candidate));
  {
    auto o = opened();
    EXPECT_TRUE(o.restored.locks.empty());
    std::vector<settle::Persist> group{lock_of(1, 1), lock_of(2, 2)};
    group.push_back({3, settle::Certified{certificate, settle::candidate({{2}}).candidate}});
    group.push_back({4, settle::Certified{certificate, std::nullopt}});  // the same txid again: replaces
    auto done = o.store->persist(std::move(group));
    ASSERT_TRUE(done.ok());
    ASSERT_EQ(done->size(), 4u);
    EXPECT_EQ((*done)[0].token(), 1u);
    EXPECT_TRUE((*done)[1].lock().has_value());
    EXPECT_TRUE((*done)[2].certified().has_value());
  }
  {
    auto o = opened();
    ASSERT_EQ(o.restored.locks.size(), 2u);
    ASSERT_EQ(o.restored.certified.size(), 1u);
    EXPECT_FALSE(o.restored.certified[0]->transaction.has_value());
    std::set<settle::TxId> ids{o.restored.locks[0]->transaction.txid, o.restored.locks[1]->transaction.txid};
    EXPECT_TRUE(ids.contains(settle::candidate({{1}}).candidate.txid));
    EXPECT_TRUE(ids.contains(settle::candidate({{2}}).candidate.txid));
    o.store->drop({{settle::candidate({{1}}).candidate.txid}, {certificate.subject.txid}});
    ASSERT_TRUE(o.store->persist({lock_of(5, 9)}).ok());
  }
  auto o = opened();
  EXPECT_EQ(o.restored.locks.size(), 2u);
  EXPECT_TRUE(o.restored.certified.empty());
}

TEST_F(Store, a_group_is_one_write_however_many_ask) {  // S-33
  w.create(dir);
  auto o = opened();
  const auto before = o.store->head();
  std::vector<settle::Persist> group;
  for (uint64_t i = 0; i < 200; ++i) group.push_back(lock_of(i, i));
  ASSERT_TRUE(o.store->persist(std::move(group)).ok());
  EXPECT_EQ(o.store->head().groups, before.groups + 1);
  EXPECT_NE(o.store->head().hash, before.hash);
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (uint64_t i = 0; i < 5; ++i) EXPECT_TRUE(o.store->persist({lock_of(1, 1000 + 10 * t + i)}).ok());
    });
  for (auto& thread : threads) thread.join();
  o = {};
  EXPECT_EQ(opened().restored.locks.size(), 220u);
}

TEST_F(Store, keeps_blocks_and_the_state) {  // S-36
  w.create(dir);
  std::vector<ledger::Transaction> paid;
  for (int i = 0; i < 3; ++i) {
    auto o = opened();
    EXPECT_EQ(o.state.height, static_cast<uint64_t>(i));
    EXPECT_EQ(ledger::app_hash(o.state), ledger::app_hash(w.world.state));
    paid.push_back(w.world.payment());
    auto execution = ledger::execute(o.state, o.store->archive(), std::vector{ledger::testing::certified(paid.back())}, 10, ledger::testing::test_certificate_holds,
                                     w.world.authority);
    ASSERT_TRUE(execution.ok());
    ASSERT_EQ(execution->block.entries[0].outcome, ledger::Outcome::executed);
    const auto& id = execution->details[0].txid;
    EXPECT_FALSE(o.store->executed_at(id).has_value());
    ASSERT_TRUE(o.store->commit_block(*execution).ok());
    EXPECT_EQ(o.store->executed_at(id), execution->block.header.height);
    EXPECT_EQ(o.store->archive().spend_of(paid.back().transfers[0].inputs[1].nf)->txid, id);
    EXPECT_TRUE(o.store->archive().known_root(execution->next.newest_root()));
    EXPECT_FALSE(o.store->archive().known_root({crypto::Fr::from_u64(5)}));
    EXPECT_FALSE(o.store->archive().spend_of(test_nullifier(1)).has_value());
    ledger::commit(std::move(execution).value(), w.world.state, w.world.archive);
  }
  auto o = opened();
  EXPECT_EQ(o.state.height, 3u);
  EXPECT_EQ(o.store->executed_at(ledger::txid(paid[1])), 2u);
  EXPECT_TRUE((*o.store->block(2))->size() > 1000);
  EXPECT_FALSE((*o.store->block(4)).has_value());
  EXPECT_TRUE(o.store->archive().known_root(ledger::genesis_anchor()) == w.world.archive.known_root(ledger::genesis_anchor()));
}

TEST_F(Store, keeps_the_engines_height_with_its_block) {  // S-36, L-64
  w.create(dir);
  EXPECT_EQ(opened().engine_height, 0u);
  const auto execution = w.world.run({});
  {
    auto o = opened();
    ASSERT_TRUE(o.store->commit_block(*execution, 7).ok());
  }
  EXPECT_EQ(opened().engine_height, 7u);
  {
    auto o = opened();
    ASSERT_TRUE(o.store->keep_engine_height(9).ok());
  }
  EXPECT_EQ(opened().engine_height, 9u);
  EXPECT_EQ(opened().state.height, 1u);
  with_database([](rocksdb::DB& db) {
    std::string value;
    db.Get({}, "E", &value);
    value[3] ^= 1;
    db.Put({}, "E", value);
  });
  EXPECT_EQ(reject_of(w.open(dir)), StoreReject::damaged);
}

// S-71: a freeze is as durable as the block that brings it, and so is what becomes of it.
TEST_F(Store, keeps_freezes) {
  w.create(dir);
  const auto payment = w.world.payment();
  const settle::Freeze of_note{0, settle::NoteKey{payment.transfers[0].inputs[0].nf, 0}}, of_epoch{0, std::nullopt};
  const auto step = [&](ValidatorStore::Opened& o, const ledger::Transaction& tx) {
    auto execution = ledger::execute(o.state, o.store->archive(), std::vector{ledger::testing::certified(tx)}, 10,
                                     ledger::testing::test_certificate_holds, w.world.authority, ledger::testing::test_committee());
    ASSERT_EQ(execution->block.entries[0].outcome, ledger::Outcome::took_effect);
    ASSERT_TRUE(o.store->commit_block(*execution).ok());
    EXPECT_FALSE(o.store->executed_at(execution->details[0].txid).has_value());  // no payment
    o.state = std::move(execution->next);
  };
  {
    auto o = opened();
    EXPECT_TRUE(o.restored.freezes.empty() && o.store->freezes().empty());
    step(o, w.world.recovery(payment));
    ASSERT_EQ(o.store->freezes().size(), 1u);
    EXPECT_EQ(*o.store->freezes()[0], of_note);
    step(o, w.world.report(3, ledger::Report::Note{of_note.note->nf, 0}));
  }
  {
    auto o = opened();
    ASSERT_EQ(o.restored.freezes.size(), 1u);
    EXPECT_EQ(*o.restored.freezes[0], of_note);
    EXPECT_EQ(o.state.recoveries.begin()->second.reports.validators, std::vector<uint16_t>{3});
    step(o, w.world.close({1, 2, 3}));
    step(o, w.world.report(0, std::nullopt));
  }
  {
    auto o = opened();
    ASSERT_EQ(o.restored.freezes.size(), 1u);
    EXPECT_EQ(*o.restored.freezes[0], of_epoch);
    EXPECT_EQ(o.state.closing->next, (Bytes{1, 2, 3}));
    step(o, w.world.report(1, std::nullopt));
    step(o, w.world.report(3, std::nullopt));
    EXPECT_TRUE(o.store->freezes().empty());
  }
  auto o = opened();
  EXPECT_TRUE(o.restored.freezes.empty());
  EXPECT_EQ(o.state.epoch, 1u);
  EXPECT_EQ(o.state.committee, (Bytes{1, 2, 3}));
}

TEST_F(Store, keeps_settlement_certificates) {
  w.create(dir);
  const auto c = settle::TestCommittee({1, 1, 1, 1}).certificate<settle::Phase::settle>({0, 1, 2}, {5, {0}, {{9}}});
  {
    auto o = opened();
    EXPECT_FALSE((*o.store->settlement({{9}})).has_value());
    ASSERT_TRUE(o.store->keep(c).ok());
  }
  EXPECT_EQ(**opened().store->settlement({{9}}), c);
}

// S-79: what ended an epoch, and its certificate, are there after any restart; so is the tree over all blocks.
TEST_F(Store, keeps_transitions_and_the_chain) {
  w.create(dir);
  auto& world = w.world;
  const Hash32 circuits = crypto::sha256(view("circuits"));
  const Bytes next{4, 5};
  const std::vector<std::vector<ledger::Transaction>> blocks = {
      {world.payment()}, {world.close(next)}, {world.report(0, std::nullopt), world.report(1, std::nullopt), world.report(3, std::nullopt)}};
  settle::Transition expected;
  std::optional<settle::TransitionCertificate> certificate;
  {
    auto o = opened();
    for (const auto& entries : blocks) {
      std::vector<ledger::CertifiedTransaction> all;
      for (const auto& tx : entries) all.push_back(ledger::testing::certified(tx));
      auto execution = world.run(all);
      EXPECT_FALSE(o.store->transition(0)->has_value());
      ASSERT_TRUE(o.store->commit_block(*execution, 0, circuits).ok());
      world.blocks.push_back(execution->block);
      ledger::commit(std::move(execution).value(), world.state, world.archive);
    }
    expected = {0, 3, world.state.time_ms, world.state.last_block, circuits, next};
    const settle::TestCommittee committee({1, 1, 1, 1}, 0);
    const auto executed = o.store->transition(0);
    ASSERT_TRUE(executed.ok() && *executed);
    std::vector<settle::TransitionShare> shares;
    for (uint16_t i = 0; i < 3; ++i) shares.push_back({i, committee.signer(i).transition(**executed)});
    certificate = settle::make_transition(*committee.committee, expected, shares);
    EXPECT_FALSE(o.store->handover(0)->has_value());
    ASSERT_TRUE(o.store->keep(*certificate).ok());
  }
  auto o = opened();
  EXPECT_EQ(***o.store->transition(0), expected);
  EXPECT_FALSE(o.store->transition(1)->has_value());
  EXPECT_EQ((**o.store->handover(0)).encode(), certificate->encode());
  for (uint64_t height = 0; height < 3; ++height) {
    const auto shown = o.store->shows(height, 3);
    ASSERT_TRUE(shown);
    const auto block = ledger::decode_block(**o.store->block(height));
    EXPECT_EQ(ledger::root_of(*shown, ledger::block_hash(block->header)), world.blocks.back().header.chain);
  }
  EXPECT_FALSE(o.store->shows(2, 8));                    // of blocks to come
}

TEST(StateCodec, refuses_what_it_does_not_write) {
  StoreWorld w;
  w.world.step({w.world.payment()});
  w.world.state.generations[test_nullifier(3)] = 2;
  w.world.state.generations[test_nullifier(4)] = 1;
  const Bytes bytes = encode_state(w.world.state);
  const auto back = decode_state(bytes, w.world.network);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(encode_state(*back), bytes);
  EXPECT_EQ(ledger::app_hash(*back), ledger::app_hash(w.world.state));
  for (size_t length = 0; length < bytes.size(); length += 7) EXPECT_FALSE(decode_state(ByteView(bytes).first(length), w.world.network).ok());
  Bytes odd = bytes;
  odd[0] = 9;
  EXPECT_EQ(decode_state(odd, w.world.network).error(), DecodeError::bad_version);
  odd = bytes;
  const auto tail = odd.end() - 34;                       // no recoveries, began, nothing due, no close, no committee, no stake
  std::swap_ranges(tail - 72, tail - 36, tail - 36);
  EXPECT_EQ(decode_state(odd, w.world.network).error(), DecodeError::out_of_order);

  ledger::State& state = w.world.state;
  state.recoveries[test_nullifier(5)] = {1, 2, {{0, 3}, 4}};
  state.recoveries[test_nullifier(6)];
  state.began = {8, 9};
  state.due = ledger::Due{6, {5}};
  state.closing = ledger::Closing{7, {1, 2}, {{2}, ledger::Wide{1} << 70}};
  state.committee = {3};
  const Bytes full = encode_state(state);
  const auto again = decode_state(full, w.world.network);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(encode_state(*again), full);
  EXPECT_EQ(ledger::app_hash(*again), ledger::app_hash(state));
  for (size_t length = full.size() - 250; length < full.size(); ++length) EXPECT_FALSE(decode_state(ByteView(full).first(length), w.world.network).ok());
  const auto refused = [&](const ledger::Reports& reports) {
    ledger::State bad = state;
    bad.closing->reports = reports;
    EXPECT_EQ(decode_state(encode_state(bad), w.world.network).error(), DecodeError::out_of_order);
  };
  refused({{2, 2}, 0});
  refused({{3, 2}, 0});
  const auto second = full.end() - (1 + 8 + 6 + 4 + 2 + 16) - 5 - 8 - (32 + 4 + 8 + 4 + 16);  // the last recovery's note
  odd = full;
  std::fill_n(odd.begin() + (second - full.begin()), 32, uint8_t{0});
  EXPECT_EQ(decode_state(odd, w.world.network).error(), DecodeError::out_of_order);
}

TEST(StateCodec, its_fuzz_seed_is_of_todays_format) {  // SOTTO_WRITE_CORPUS=1 writes it anew
  StoreWorld w;
  w.world.step({w.world.payment()});
  w.world.state.generations[test_nullifier(3)] = 2;
  w.world.state.recoveries[test_nullifier(5)] = {1, 2, {{0, 3}, 4}};
  w.world.state.closing = ledger::Closing{7, {1, 2}, {{2}, 1}};
  w.world.state.committee = {3};
  const Bytes bytes = encode_state(w.world.state);
  const fs::path path = fs::path(source_dir()) / "tests" / "corpus" / "state_record" / "state";
  if (std::getenv("SOTTO_WRITE_CORPUS")) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  std::ifstream in(path, std::ios::binary);
  ASSERT_TRUE(in) << path;
  const Bytes stored{std::istreambuf_iterator<char>(in), {}};
  EXPECT_TRUE(decode_state(stored, w.world.network).ok());
}

TEST_F(Store, each_reject_of_opening_alone) {  // S-34, S-35
  EXPECT_EQ(reject_of(w.open(dir)), StoreReject::missing);
  fs::create_directories(dir);
  EXPECT_EQ(reject_of(w.open(dir)), StoreReject::foreign);
  EXPECT_EQ(ValidatorStore::create(dir, w.identity, w.genesis()).error().reject, StoreReject::exists);
  fs::remove(dir);
  w.create(dir);
  {
    const auto first = opened();
    EXPECT_EQ(reject_of(w.open(dir)), StoreReject::held);
  }
  StoreWorld other;
  other.identity.validator = settle::test_id(1);
  EXPECT_EQ(reject_of(other.open(dir)), StoreReject::foreign);
  other.identity = {{crypto::sha256(view("another"))}, settle::test_id(0)};
  EXPECT_EQ(reject_of(other.open(dir)), StoreReject::foreign);
  EXPECT_EQ(reject_of(w.open(dir)), StoreReject{255});
}

TEST_F(Store, an_unfinished_creation_is_no_store) {  // S-35
  fs::create_directories(dir.string() + ".new/db");
  std::ofstream(dir.string() + ".new/witness") << "half";
  EXPECT_EQ(reject_of(w.open(dir)), StoreReject::missing);
  w.create(dir);
  EXPECT_EQ(opened().state.height, 0u);
}

TEST_F(Store, the_metadata_are_needed) {  // S-34
  w.create(dir);
  with_database([](rocksdb::DB& db) { db.Delete({}, "M"); });
  EXPECT_EQ(reject_of(w.open(dir)), StoreReject::damaged);
}

TEST_F(Store, a_later_format_is_not_guessed_at) {  // S-34
  w.create(dir);
  with_database([&](rocksdb::DB& db) {
    // A record of format 2, checksummed as ours are.
    Writer who;
    who.raw(view("Sotto.store.v1"));
    who.raw(w.identity.network.value);
    who.raw(w.identity.validator.value);
    Writer covered;
    covered.raw(crypto::sha256(who.bytes()));
    covered.sized(view("M"));
    Writer payload;
    payload.u32(kFormat + 1);
    payload.u64(0);
    covered.raw(payload.bytes());
    const Hash32 check = crypto::sha256(covered.bytes());
    payload.raw(ByteView(check).first(16));
    db.Put({}, "M", rocksdb::Slice(reinterpret_cast<const char*>(payload.bytes().data()), payload.bytes().size()));
  });
  EXPECT_EQ(reject_of(w.open(dir)), StoreReject::unknown_format);
}

TEST_F(Store, records_are_bound_to_their_keys_and_counted) {  // S-34
  w.create(dir);
  ASSERT_TRUE(opened().store->persist({lock_of(1, 1), lock_of(2, 2)}).ok());
  const auto key = [](uint64_t note) {
    const auto id = settle::candidate({{note}}).candidate.txid.value;
    return "L" + std::string(id.begin(), id.end());
  };
  const fs::path kept = temporary.path() / "kept";
  fs::copy(dir, kept, fs::copy_options::recursive);
  const auto again = [&] {
    fs::remove_all(dir);
    fs::copy(kept, dir, fs::copy_options::recursive);
  };
  with_database([&](rocksdb::DB& db) {  // another lock's record
    std::string value;
    ASSERT_TRUE(db.Get({}, key(1), &value).ok());
    ASSERT_TRUE(db.Put({}, key(2), value).ok());
  });
  EXPECT_EQ(reject_of(w.open(dir)), StoreReject::damaged);
  again();
  with_database([&](rocksdb::DB& db) { ASSERT_TRUE(db.Delete({}, key(2)).ok()); });  // one gone
  EXPECT_EQ(reject_of(w.open(dir)), StoreReject::damaged);
  again();
  with_database([&](rocksdb::DB& db) { ASSERT_TRUE(db.Delete({}, "T").ok()); });     // the tally gone
  EXPECT_EQ(reject_of(w.open(dir)), StoreReject::damaged);
  again();
  with_database([&](rocksdb::DB& db) { ASSERT_TRUE(db.Delete({}, "S").ok()); });     // the state gone
  EXPECT_EQ(reject_of(w.open(dir)), StoreReject::damaged);
  again();
  // Where decoding would notice nothing: two nullifiers' records exchanged, one changed.
  const auto nullifiers = [](rocksdb::DB& db) {
    std::vector<std::pair<std::string, std::string>> found;
    const std::unique_ptr<rocksdb::Iterator> at(db.NewIterator({}));
    for (at->Seek("N"); at->Valid() && at->key()[0] == 'N'; at->Next()) found.emplace_back(at->key().ToString(), at->value().ToString());
    return found;
  };
  with_database([&](rocksdb::DB& db) {
    const auto found = nullifiers(db);
    const auto other = std::find_if(found.begin(), found.end(), [&](const auto& r) { return r.second.substr(0, 32) != found[0].second.substr(0, 32); });
    ASSERT_NE(other, found.end());
    ASSERT_TRUE(db.Put({}, found[0].first, other->second).ok());
    ASSERT_TRUE(db.Put({}, other->first, found[0].second).ok());
  });
  EXPECT_EQ(history_of(), StoreReject::damaged);
  again();
  with_database([&](rocksdb::DB& db) {
    auto found = nullifiers(db);
    found[0].second[3] = static_cast<char>(found[0].second[3] ^ 1);
    ASSERT_TRUE(db.Put({}, found[0].first, found[0].second).ok());
  });
  EXPECT_EQ(history_of(), StoreReject::damaged);
  again();
  with_database([&](rocksdb::DB& db) { ASSERT_TRUE(db.Delete({}, nullifiers(db)[0].first).ok()); });  // one gone
  EXPECT_EQ(history_of(), StoreReject::damaged);
  again();
  EXPECT_EQ(history_of(), StoreReject{255});
  again();
  EXPECT_EQ(opened().restored.locks.size(), 2u);
}

TEST_F(Store, lost_synced_writes_are_noticed) {  // S-35
  w.create(dir);
  const fs::path old = temporary.path() / "old";
  fs::copy(dir, old, fs::copy_options::recursive);
  ASSERT_TRUE(opened().store->persist({lock_of(1, 1)}).ok());
  // The database of an earlier moment with the present witness.
  fs::remove_all(dir / "db");
  fs::copy(old / "db", dir / "db", fs::copy_options::recursive);
  EXPECT_EQ(reject_of(w.open(dir)), StoreReject::rolled_back);
  fs::remove(dir / "witness");
  EXPECT_EQ(reject_of(w.open(dir)), StoreReject::damaged);
  std::ofstream(dir / "witness") << std::string(128, 'x');
  EXPECT_EQ(reject_of(w.open(dir)), StoreReject::damaged);
}

TEST_F(Store, a_failed_sync_is_final) {  // S-33: the next sync may succeed and prove nothing
  const auto files = std::make_shared<ForgetfulFiles>();
  const auto env = rocksdb::NewCompositeEnv(files);
  w.create(dir, env.get());
  auto o = std::move(w.open(dir, env.get())).value();
  ASSERT_TRUE(o.store->persist({lock_of(1, 1)}).ok());
  files->fail_next_log_sync();
  EXPECT_FALSE(o.store->persist({lock_of(2, 2)}).ok());
  EXPECT_FALSE(o.store->persist({lock_of(2, 2)}).ok());
  EXPECT_FALSE(o.store->persist({lock_of(3, 3)}).ok());
  EXPECT_FALSE(o.store->commit_block(w.genesis()).ok());
  o = {};
  auto again = w.open(dir, env.get());  // a new process may look what is there
  ASSERT_TRUE(again.ok());
  EXPECT_GE(again->restored.locks.size(), 1u);
}

TEST_F(Store, unsynced_writes_dropped_at_a_crash_cost_no_lock) {  // S-32
  const auto files = std::make_shared<ForgetfulFiles>();
  const auto env = rocksdb::NewCompositeEnv(files);
  w.create(dir, env.get());
  size_t promised = 0;
  std::mt19937_64 random(5);
  uint64_t forgotten = 0;
  for (int crash = 0; crash < 12; ++crash) {
    auto o = w.open(dir, env.get());
    ASSERT_TRUE(o.ok()) << o.error().what;
    ASSERT_EQ(o->restored.locks.size(), promised);
    for (uint64_t i = random() % 5; i-- > 0;) {
      ASSERT_TRUE(o->store->persist({lock_of(1, promised)}).ok());
      ++promised;
    }
    // Something that is not promised is in flight as well, so that there is something to lose.
    const auto c = settle::TestCommittee({1}).certificate<settle::Phase::settle>({0}, {5, {0}, {{9}}});
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(o->store->keep(c).ok());
    files->crash();
    forgotten += files->unsynced();
    o->store.reset();
    files->restore(random() % 100);
  }
  EXPECT_GT(forgotten, 0u);
  EXPECT_GT(promised, 5u);
}

// Whatever happens to a byte: the store opens with every lock, or it does not open.
TEST_F(Store, damage_never_loses_a_lock) {  // S-34
  w.create(dir);
  for (int reopened = 0; reopened < 2; ++reopened) {  // some locks in sorted files, some in the log
    auto o = opened();
    ASSERT_TRUE(o.store->persist({lock_of(1, 10 + static_cast<uint64_t>(reopened))}).ok());
    ASSERT_TRUE(o.store->persist({lock_of(1, 20 + static_cast<uint64_t>(reopened))}).ok());
  }
  const fs::path kept = temporary.path() / "kept";
  fs::copy(dir, kept, fs::copy_options::recursive);
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(kept))
    if (entry.is_regular_file() && entry.path().filename() != "LOG") files.push_back(fs::relative(entry.path(), kept));
  std::sort(files.begin(), files.end());
  std::mt19937_64 random(7);
  size_t refused = 0, harmless = 0;
  const auto judge = [&](const std::string& what) {
    auto result = w.open(dir);
    if (result) {
      EXPECT_EQ(result->restored.locks.size(), 4u) << what;
      ++harmless;
    } else {
      EXPECT_TRUE(result.error().reject == StoreReject::damaged || result.error().reject == StoreReject::rolled_back) << what << ": " << result.error().what;
      ++refused;
    }
  };
  const auto fresh = [&] {
    fs::remove_all(dir);
    fs::copy(kept, dir, fs::copy_options::recursive);
  };
  for (const fs::path& file : files) {
    const uint64_t size = fs::file_size(kept / file);
    for (int i = 0; i < 6 && size > 0; ++i) {
      fresh();
      std::fstream bytes(dir / file, std::ios::in | std::ios::out | std::ios::binary);
      const auto at = static_cast<std::streamoff>(random() % size);
      bytes.seekg(at);
      const int old = bytes.get();
      bytes.seekp(at);
      bytes.put(static_cast<char>(old ^ (1 << random() % 8)));
      bytes.close();
      judge(file.string() + " flipped at " + std::to_string(at));
    }
    for (const uint64_t cut : {size / 2, size > 0 ? size - 1 : 0}) {
      fresh();
      fs::resize_file(dir / file, cut);
      judge(file.string() + " cut to " + std::to_string(cut));
    }
    fresh();
    fs::remove(dir / file);
    judge(file.string() + " removed");
  }
  EXPECT_GT(refused, 20u);
  EXPECT_GT(harmless, 0u);  // e.g. RocksDB's options file is not read
}

TEST(StoreNames, every_reject_has_its_own) {
  std::set<std::string> names;
  for (uint8_t i = 0; i <= static_cast<uint8_t>(StoreReject::io); ++i) names.insert(name(static_cast<StoreReject>(i)));
  EXPECT_EQ(names.size(), static_cast<size_t>(StoreReject::io) + 1);
  EXPECT_FALSE(names.contains("?"));
}

}  // namespace
}  // namespace sotto::store::testing
