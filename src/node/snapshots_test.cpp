#include "node/snapshots.hpp"

#include <gtest/gtest.h>

#include "store/state_codec.hpp"
#include "store/store_for_test.hpp"

namespace sotto::node {
namespace {

using comet::SnapshotSink;
using Taken = SnapshotSink::Taken;

// A ledger with some blocks, a shelf over it, and a place for a new store.
struct Snapshots : ::testing::Test {
  store::testing::StoreWorld w;
  store::testing::TemporaryDirectory temporary;
  const ledger::Execution genesis = w.genesis();
  const std::filesystem::path dir = temporary.path() / "store";
  SnapshotShelf shelf{[this](uint64_t height) -> std::optional<Bytes> {
                        if (height == missing || height == 0 || height > w.world.blocks.size()) return std::nullopt;
                        return ledger::encode(w.world.blocks[height - 1]);
                      },
                      10};
  uint64_t missing = UINT64_MAX;

  void blocks(int n, int payments) {
    for (int i = 0; i < n; ++i) {
      std::vector<ledger::Transaction> txs;
      for (int p = 0; p < payments; ++p) txs.push_back(w.world.payment());
      w.world.step(txs);
    }
  }
  // All chunks of the newest snapshot, changed on their way.
  Taken transfer(SnapshotIntake& intake, const std::function<void(uint32_t, Bytes&)>& change = {}, Hash32 trusted = {}) {
    const auto offered = shelf.snapshots(1'000'000).back();
    if (trusted == Hash32{}) trusted = w.world.state.last_block.value;
    if (!intake.begin(offered, trusted)) return Taken::refused;
    for (uint32_t i = 0; i < offered.chunks; ++i) {
      Bytes chunk = shelf.chunk(offered.height, offered.format, i);
      if (change) change(i, chunk);
      const auto taken = intake.take(i, chunk);
      if (taken != Taken::more) return taken;
    }
    return Taken::more;
  }
  std::string refusal(const std::function<void(uint32_t, Bytes&)>& change) {
    SnapshotIntake intake(dir, w.identity, genesis);
    EXPECT_EQ(transfer(intake, change), Taken::refused);
    EXPECT_FALSE(std::filesystem::exists(dir));
    return intake.refusal();
  }
};

TEST_F(Snapshots, ANewStoreStandsWhereTheOthersStand) {  // L-80, L-82
  blocks(3, 2);
  shelf.note(17, w.world.state);
  SnapshotIntake intake(dir, w.identity, genesis);
  ASSERT_EQ(transfer(intake), Taken::done) << intake.refusal();
  auto opened = w.open(dir);
  ASSERT_TRUE(opened.ok()) << opened.error().what;
  EXPECT_EQ(opened->engine_height, 17u);
  EXPECT_EQ(opened->state.height, 3u);
  EXPECT_EQ(opened->state.last_block, w.world.state.last_block);
  EXPECT_EQ(opened->votes_from_epoch, 1u);
  for (uint64_t h = 0; h <= 3; ++h) EXPECT_TRUE((*opened->store->block(h)).has_value()) << h;
  for (const auto& block : w.world.blocks)
    for (const auto& entry : block.entries) {
      const auto& tx = entry.certified.transaction;
      EXPECT_EQ(opened->store->executed_at(ledger::txid(tx)), block.header.height);
      for (const auto& nf : ledger::nullifiers(tx)) EXPECT_EQ(opened->store->archive().spend_of(nf), w.world.archive.spend_of(nf));
      EXPECT_TRUE(opened->store->archive().known_root(block.header.note_root));
    }
  EXPECT_TRUE(opened->store->check_history({}).ok());
  // It goes on like any other.
  const auto next = w.world.run({ledger::testing::certified(w.world.payment())});
  EXPECT_TRUE(opened->store->commit_block(*next, 18).ok());
}

TEST_F(Snapshots, LongHistoriesComeInChunks) {
  blocks(40, 64);                       // about 8 MB
  shelf.note(5, w.world.state);
  const auto offered = shelf.snapshots(100).back();
  ASSERT_GE(offered.chunks, 3u);
  SnapshotIntake intake(dir, w.identity, genesis);
  ASSERT_EQ(transfer(intake), Taken::done) << intake.refusal();
  EXPECT_EQ(w.open(dir)->state.last_block, w.world.state.last_block);
}

TEST_F(Snapshots, LargeStatesComeInChunks) {
  blocks(1, 1);
  auto large = w.world.state;
  for (uint64_t i = 0; i < 200'000; ++i) large.generations[{crypto::Fr::from_u64(i)}] = 1;
  shelf.note(5, large);
  const auto offered = shelf.snapshots(100).back();
  ASSERT_EQ(offered.chunks, 3u);
  Bytes joined = shelf.chunk(5, kSnapshotFormat, 1);
  EXPECT_EQ(joined.size(), kSnapshotChunkBytes);
  const Bytes rest = shelf.chunk(5, kSnapshotFormat, 2);
  joined.insert(joined.end(), rest.begin(), rest.end());
  EXPECT_EQ(joined, store::encode_state(large));
  EXPECT_TRUE(shelf.chunk(5, kSnapshotFormat, 3).empty());
  // It is taken together again before it is judged: no block leads to this one.
  SnapshotIntake intake(dir, w.identity, genesis);
  EXPECT_EQ(transfer(intake), Taken::refused);
  EXPECT_EQ(intake.refusal().find("decode"), std::string::npos) << intake.refusal();
  EXPECT_NE(intake.refusal().find("its end"), std::string::npos) << intake.refusal();
}

TEST_F(Snapshots, OnlyWhatCanBeJoinedIsOffered) {
  blocks(1, 1);
  shelf.note(0, w.world.state);         // an engine without heights
  EXPECT_TRUE(shelf.snapshots(100).empty());
  shelf.note(20, w.world.state);
  EXPECT_TRUE(shelf.snapshots(21).empty());
  EXPECT_EQ(shelf.snapshots(22).size(), 1u);
  shelf.note(29, w.world.state);        // too soon after the last
  EXPECT_EQ(shelf.snapshots(100).size(), 1u);
  // While somebody may be taking one over it is kept, within reason; afterwards the newest are.
  auto now = std::chrono::steady_clock::now();
  for (uint64_t h = 30; h < 90; h += 10) shelf.note(h, w.world.state, now);
  EXPECT_EQ(shelf.snapshots(1'000).size(), 7u);
  EXPECT_FALSE(shelf.chunk(20, kSnapshotFormat, 0).empty());
  shelf.note(90, w.world.state, now + kSnapshotTakes + std::chrono::seconds(1));
  const auto offered = shelf.snapshots(1'000);
  ASSERT_EQ(offered.size(), kSnapshotsKept);
  EXPECT_EQ(offered.back().height, 90u);
  EXPECT_TRUE(shelf.chunk(20, kSnapshotFormat, 0).empty());      // forgotten
  EXPECT_TRUE(shelf.chunk(90, kSnapshotFormat + 1, 0).empty());
  EXPECT_TRUE(shelf.chunk(90, kSnapshotFormat, offered.back().chunks).empty());
  for (uint64_t h = 100; h < 100 + 10 * kMostSnapshotsKept; h += 10) shelf.note(h, w.world.state, now + kSnapshotTakes + std::chrono::seconds(1));
  EXPECT_EQ(shelf.snapshots(1'000).size(), kMostSnapshotsKept);
  SnapshotShelf holes([](uint64_t) { return std::nullopt; }, 10);
  holes.note(20, w.world.state);
  EXPECT_TRUE(holes.snapshots(100).empty());
}

TEST_F(Snapshots, LiesAreRefusedAndLeaveNothing) {  // L-81
  blocks(3, 1);
  shelf.note(20, w.world.state);
  const auto at = [](size_t from_end, uint32_t chunk) {
    return [=](uint32_t i, Bytes& bytes) { if (i == chunk) bytes[bytes.size() - from_end] ^= 1; };
  };
  EXPECT_NE(refusal(at(1, 0)).find("block"), std::string::npos);
  EXPECT_NE(refusal(at(1, 1)).find("state"), std::string::npos);
  EXPECT_NE(refusal([](uint32_t i, Bytes& b) { if (i == 0) b.pop_back(); }).find("cut short"), std::string::npos);
  EXPECT_NE(refusal([](uint32_t i, Bytes& b) { if (i == 0) b.clear(); }).find("wrong_end"), std::string::npos);
  EXPECT_NE(refusal([](uint32_t i, Bytes& b) { if (i == 0) b[0] = 0xff; }).find("block too large"), std::string::npos);
  EXPECT_NE(refusal([](uint32_t i, Bytes& b) { if (i == 0) b.resize(kSnapshotChunkBytes + 1); }).find("chunk too large"), std::string::npos);
  // Another end than the trusted one, whole as it may be.
  SnapshotIntake intake(dir, w.identity, genesis);
  Hash32 other = w.world.state.last_block.value;
  other[0] ^= 1;
  EXPECT_EQ(transfer(intake, {}, other), Taken::refused);
  auto offered = shelf.snapshots(100).back();
  EXPECT_TRUE(intake.begin(offered, w.world.state.last_block.value));
  EXPECT_EQ(intake.take(1, {}), Taken::refused);                 // out of order
  EXPECT_EQ(intake.take(0, {}), Taken::refused);                 // nothing is being taken any more
  for (auto change : {+[](comet::Snapshot& s) { s.format = 1; }, +[](comet::Snapshot& s) { s.metadata.clear(); }, +[](comet::Snapshot& s) { s.metadata.assign(4, 0); },
                      +[](comet::Snapshot& s) { s.metadata.assign(4, 0xff); }, +[](comet::Snapshot& s) { s.chunks = 0; }, +[](comet::Snapshot& s) { s.chunks = UINT32_MAX; }}) {
    auto bad = offered;
    change(bad);
    EXPECT_FALSE(intake.begin(bad, w.world.state.last_block.value));
  }
  // Never over a store.
  w.create(dir);
  EXPECT_FALSE(intake.begin(offered, w.world.state.last_block.value));
}

}  // namespace
}  // namespace sotto::node
