#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>

#include "base/source_dir_for_test.hpp"
#include "ledger/test_support.hpp"
#include "order/embedded.hpp"

namespace sotto::order {
namespace {

using ledger::testing::certified;
using ledger::testing::World;

class Folder {
 public:
  Folder() {
    char name[] = "/tmp/sotto_order_XXXXXX";
    CHECK(::mkdtemp(name));
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

class FixedClock final : public Clock {
 public:
  uint64_t now_ms() const override { return now; }
  uint64_t monotonic_us() const override { return 0; }
  std::atomic<uint64_t> now{1'000'000};
};

bool admit(const ledger::CertifiedTransaction& c) {
  return ledger::testing::test_certificate_holds(c.transaction, ledger::txid(c.transaction), c.certificate, {});
}

bool eventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 2'000 && !holds(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return holds();
}

LedgerConsumer consumer_of(World& world) {
  return {world.state, world.archive, ledger::testing::test_certificate_holds, world.authority, ledger::testing::test_committee()};
}

class Order : public ::testing::Test {
 protected:
  std::unique_ptr<FileLog> open_log() {
    auto log = FileLog::open(folder.path / "log", world.network->id());
    CHECK(log.ok());
    return std::move(log).value();
  }
  EmbeddedOptions options() {
    EmbeddedOptions o = options_for(world.network->params());
    o.gather_ms = 1;
    return o;
  }
  std::unique_ptr<EmbeddedEngine> start(Log& log, std::vector<Consumer*> consumers) {
    auto engine = EmbeddedEngine::start(options(), log, clock, std::move(consumers), admit);
    CHECK(engine.ok());
    return std::move(engine).value();
  }
  Folder folder;
  FixedClock clock;
  World world{1};       // makes the transactions; its own state stays at genesis
  const std::array<uint8_t, 3> garbage{1, 2, 3};
};

TEST_F(Order, EveryConsumerGetsTheSameBlocks) {
  World a(1), b(1);
  LedgerConsumer first = consumer_of(a), second = consumer_of(b);
  std::vector<ledger::BlockHash> hashes;
  std::atomic<size_t> entries = 0;
  first.on_block = [&](const ledger::Block& block, const auto&) {
    hashes.push_back(ledger::block_hash(block.header));
    entries += block.entries.size();
  };
  auto log = open_log();
  auto engine = start(*log, {&first, &second});
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(engine->submit(certified(world.payment())), Submission::queued);
    if (i % 3 == 0) { EXPECT_TRUE(engine->wait_for(engine->height() + 1, 10'000)); }
  }
  ASSERT_TRUE(eventually([&] { return entries == 10; }));
  engine->stop();
  EXPECT_EQ(engine->submit(certified(world.payment())), Submission::stopped);
  EXPECT_TRUE(engine->failures().empty());
  EXPECT_EQ(a.state.spent, 36u);
  EXPECT_EQ(a.state.last_block, b.state.last_block);
  EXPECT_EQ(a.state.time_ms, clock.now);
  EXPECT_EQ(hashes.size(), a.state.height);
  EXPECT_EQ(hashes.back(), a.state.last_block);
}

TEST_F(Order, SubmittingAgainChangesNothing) {
  World a(1);
  LedgerConsumer consumer = consumer_of(a);
  auto log = open_log();
  auto engine = start(*log, {&consumer});
  const auto tx = certified(world.payment());
  EXPECT_EQ(engine->submit(tx), Submission::queued);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(engine->submit(tx), Submission::known);
  ASSERT_TRUE(engine->wait_for(1, 10'000));
  EXPECT_EQ(engine->submit(tx), Submission::known);
  engine->stop();
  EXPECT_EQ(a.state.height, 1u);
  // Another run remembers nothing, and the ledger answers for it.
  auto again = start(*log, {&consumer});
  EXPECT_EQ(again->submit(tx), Submission::queued);
  ASSERT_TRUE(again->wait_for(2, 10'000));
  again->stop();
  EXPECT_EQ(a.state.spent, 6u + 3);
}

TEST_F(Order, BadCertificatesAreRefusedAndKeepNobodyOut) {
  World a(1);
  LedgerConsumer consumer = consumer_of(a);
  auto log = open_log();
  auto engine = start(*log, {&consumer});
  const auto tx = world.payment();
  EXPECT_EQ(engine->submit({tx, Bytes(32)}), Submission::refused);
  EXPECT_EQ(engine->submit({tx, Bytes(ledger::kMaxCertificateBytes + 1)}), Submission::refused);
  EXPECT_EQ(engine->submit(certified(tx)), Submission::queued);
  EXPECT_TRUE(engine->wait_for(1, 10'000));
}

TEST_F(Order, QueueAndBlocksHaveLimits) {
  World a(1);
  LedgerConsumer consumer = consumer_of(a);
  auto log = open_log();
  EmbeddedOptions o = options();
  o.gather_ms = 60'000;               // until max_entries are there
  o.max_entries = 4;
  o.max_queue = 3;
  {
    auto engine = std::move(EmbeddedEngine::start(o, *log, clock, {&consumer}, admit)).value();
    for (int i = 0; i < 3; ++i) EXPECT_EQ(engine->submit(certified(world.payment())), Submission::queued);
    EXPECT_EQ(engine->submit(certified(world.payment())), Submission::full);
  }
  EXPECT_EQ(log->height(), 0u);
  std::atomic<size_t> entries = 0;
  consumer.on_block = [&](const ledger::Block& block, const auto&) { entries += block.entries.size(); };
  o.max_queue = 100;
  o.gather_ms = 50;
  auto engine = std::move(EmbeddedEngine::start(o, *log, clock, {&consumer}, admit)).value();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(engine->submit(certified(world.payment())), Submission::queued);
  EXPECT_TRUE(eventually([&] { return entries == 10; }));
  engine->stop();
  EXPECT_GE(log->height(), 3u);
  for (uint64_t h = 1; h <= log->height(); ++h) EXPECT_LE(log->read(h)->entries.size(), 4u);
  EXPECT_EQ(a.state.spent, 6u + 30);
}

TEST_F(Order, RestartLosesNothing) {
  World kept(1);
  ledger::BlockHash last;
  {
    LedgerConsumer consumer = consumer_of(kept);
    auto log = open_log();
    auto engine = start(*log, {&consumer});
    for (int i = 0; i < 4; ++i) {
      engine->submit(certified(world.payment()));
      ASSERT_TRUE(engine->wait_for(static_cast<uint64_t>(i) + 1, 10'000));
    }
    engine->stop();
    last = kept.state.last_block;
  }
  // One consumer kept its state, one starts from genesis: both stand at the same block when start() returns.
  World fresh(1);
  LedgerConsumer old_one = consumer_of(kept), new_one = consumer_of(fresh);
  auto log = open_log();
  EXPECT_EQ(log->height(), 4u);
  clock.now = 5;                      // a clock set back does not turn time back
  auto engine = start(*log, {&old_one, &new_one});
  EXPECT_EQ(fresh.state.last_block, last);
  engine->submit(certified(world.payment()));
  ASSERT_TRUE(engine->wait_for(5, 10'000));
  engine->stop();
  EXPECT_EQ(fresh.state.last_block, kept.state.last_block);
  EXPECT_EQ(fresh.state.height, 5u);
  EXPECT_EQ(fresh.state.time_ms, 1'000'000u);
}

TEST_F(Order, AConsumerAheadOfTheLogIsRefused) {
  World ahead(1);
  ahead.step({});
  LedgerConsumer consumer = consumer_of(ahead);
  auto log = open_log();
  EXPECT_FALSE(EmbeddedEngine::start(options(), *log, clock, {&consumer}, admit).ok());
}

TEST_F(Order, AFailingConsumerIsLeftBehind) {
  struct Failing final : Consumer {
    uint64_t height() const override { return 0; }
    Status<Error> execute(const Batch&) override { return Failure{Error{"disk full"}}; }
  } failing;
  World a(1);
  LedgerConsumer good = consumer_of(a);
  auto log = open_log();
  auto engine = start(*log, {&failing, &good});
  engine->submit(certified(world.payment()));
  ASSERT_TRUE(engine->wait_for(1, 10'000));
  engine->submit(certified(world.payment()));
  ASSERT_TRUE(engine->wait_for(2, 10'000));
  EXPECT_EQ(a.state.height, 2u);
  ASSERT_EQ(engine->failures().size(), 1u);
  EXPECT_EQ(engine->failures()[0].what, "disk full");
}

TEST_F(Order, NothingIsExecutedThatIsNotOnDisk) {
  struct BrokenLog final : Log {
    uint64_t height() const override { return 0; }
    Status<Error> append(const Batch&) override { return Failure{Error{"no space"}}; }
    Result<Batch, Error> read(uint64_t) const override { return Failure{Error{"no space"}}; }
  } log;
  World a(1);
  LedgerConsumer consumer = consumer_of(a);
  auto engine = start(log, {&consumer});
  engine->submit(certified(world.payment()));
  EXPECT_FALSE(engine->wait_for(1, 10'000));
  EXPECT_EQ(a.state.height, 0u);
  EXPECT_EQ(engine->submit(certified(world.payment())), Submission::stopped);
  ASSERT_EQ(engine->failures().size(), 1u);
}

TEST_F(Order, EmptyBlocksWhenAsked) {
  World a(1);
  LedgerConsumer consumer = consumer_of(a);
  auto log = open_log();
  EmbeddedOptions o = options();
  o.empty_block_ms = 1;
  auto engine = std::move(EmbeddedEngine::start(o, *log, clock, {&consumer}, admit)).value();
  EXPECT_TRUE(engine->wait_for(3, 10'000));
}

class LogFile : public Order {
 protected:
  // A log of two batches and its bytes.
  Bytes two_batches() {
    auto log = open_log();
    CHECK(log->append({1, 10, {certified(world.payment())}}).ok());
    CHECK(log->append({2, 20, {certified(world.payment()), certified(world.payment())}}).ok());
    log.reset();
    return bytes();
  }
  Bytes bytes() {
    std::ifstream in(folder.path / "log", std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  Result<std::unique_ptr<FileLog>, Error> with(ByteView content) {
    std::ofstream(folder.path / "log", std::ios::binary).write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
    return FileLog::open(folder.path / "log", world.network->id());
  }
};

TEST_F(LogFile, ReadsBackWhatWasAppended) {
  const Bytes content = two_batches();
  auto log = open_log();
  ASSERT_EQ(log->height(), 2u);
  EXPECT_EQ(log->read(1)->time_ms, 10u);
  EXPECT_EQ(log->read(2)->entries.size(), 2u);
  EXPECT_EQ(encode(*decode_batch(encode(*log->read(2)))), encode(*log->read(2)));
  EXPECT_EQ(bytes(), content);
}

TEST_F(LogFile, AnUnfinishedAppendIsDroppedAndReplaced) {
  const Bytes content = two_batches();
  const size_t one = [&] {
    auto log = open_log();
    return content.size() - encode(*log->read(2)).size() - 36;
  }();
  for (size_t n = one; n < content.size(); n += 97) {
    auto log = with(ByteView(content).first(n));
    ASSERT_TRUE(log.ok()) << n;
    ASSERT_EQ((*log)->height(), 1u);
    ASSERT_TRUE((*log)->append({2, 30, {}}).ok());
    ASSERT_EQ(open_log()->height(), 2u);
    ASSERT_EQ(open_log()->read(2)->time_ms, 30u);
  }
  for (size_t n = 0; n < 41; ++n) ASSERT_EQ((*with(ByteView(content).first(n)))->height(), 0u) << n;
}

TEST_F(LogFile, DamageIsRefused) {
  const Bytes content = two_batches();
  for (size_t n = 0; n < content.size(); n += 53) {
    Bytes bad = content;
    bad[n] ^= 0x01;
    auto log = with(bad);
    // A length that now reaches beyond the end looks like an unfinished append; everything else is refused.
    if (log.ok()) { EXPECT_LT((*log)->height(), 2u) << n; }
    else { EXPECT_FALSE(log.error().what.empty()); }
  }
  Bytes bad = content;
  bad[41 + 36 + 20] ^= 1;  // inside the first record
  EXPECT_FALSE(with(bad).ok());
  bad = content;
  bad.insert(bad.end(), garbage.begin(), garbage.end());
  EXPECT_EQ((*with(bad))->height(), 2u);
  EXPECT_FALSE(FileLog::open(folder.path / "log", ledger::NetworkId{}).ok());
}

TEST_F(LogFile, BatchesMustFollowEachOther) {
  {
    auto log = open_log();
    CHECK(log->append({1, 10, {}}).ok());
    CHECK(log->append({2, 9, {}}).ok());  // the engine never does this
  }
  EXPECT_FALSE(FileLog::open(folder.path / "log", world.network->id()).ok());
}

// The seed of fuzz target `batch`; SOTTO_WRITE_CORPUS=1 writes it anew after a change of format.
TEST_F(LogFile, CorpusIsOfTodaysFormat) {
  const auto path = std::filesystem::path(source_dir()) / "tests" / "corpus" / "batch" / "payment";
  if (std::getenv("SOTTO_WRITE_CORPUS")) {
    const Bytes seed = encode(Batch{1, 2, {certified(world.payment())}});
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(seed.data()), static_cast<std::streamsize>(seed.size()));
  }
  std::ifstream in(path, std::ios::binary);
  const Bytes stored{std::istreambuf_iterator<char>(in), {}};
  EXPECT_TRUE(decode_batch(stored).ok());
}

TEST_F(LogFile, BatchDecoderRefuses) {
  Bytes batch = encode(Batch{1, 2, {certified(world.payment())}});
  batch[0] = 7;
  EXPECT_EQ(decode_batch(batch).error(), DecodeError::bad_version);
  batch[0] = kBatchVersion;
  batch.push_back(0);
  EXPECT_EQ(decode_batch(batch).error(), DecodeError::trailing_bytes);
  EXPECT_EQ(decode_batch(Bytes(kMaxBatchBytes + 1)).error(), DecodeError::too_large);
}

}  // namespace
}  // namespace sotto::order
