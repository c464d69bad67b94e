#include "ledger/history.hpp"

#include <gtest/gtest.h>

#include "ledger/test_support.hpp"

namespace sotto::ledger {
namespace {

using testing::World;

struct HistoryTest : ::testing::Test {
  World world;
  HistoryTest() {
    for (int i = 0; i < 3; ++i) {
      const auto spent = world.payment();
      world.step({spent, world.payment(), spent});
    }
    world.step({});
  }
  History begin() { return History(world.network, world.genesis_block.header); }
  // Of the chain with block `at` changed; what follows is linked anew.
  HistoryReject with(size_t at, const std::function<void(Block&)>& change) {
    auto history = begin();
    for (size_t i = 0; i < world.blocks.size(); ++i) {
      Block block = world.blocks[i];
      if (i == at) change(block);
      const auto next = history.next(block);
      if (!next.ok()) return next.error();
    }
    const auto end = history.finish(world.state, world.state.last_block);
    return end.ok() ? HistoryReject::malformed : end.error();
  }
};

TEST_F(HistoryTest, ReadsOffWhatExecutionDid) {  // L-81
  auto history = begin();
  MemoryArchive archive;
  for (const Block& block : world.blocks) {
    const auto changes = history.next(block);
    ASSERT_TRUE(changes.ok());
    EXPECT_EQ(changes->root.has_value(), !block.entries.empty());
    archive.commit(*changes);
  }
  EXPECT_EQ(history.height(), 4u);
  ASSERT_TRUE(history.finish(world.state, world.state.last_block).ok());
  EXPECT_EQ(archive.spends(), 18u);             // two payments of three notes a block; the repeated one adds nothing
  for (const Block& block : world.blocks) {
    for (const auto& entry : block.entries)
      for (const auto& nf : nullifiers(entry.certified.transaction)) EXPECT_EQ(archive.spend_of(nf), world.archive.spend_of(nf));
    EXPECT_TRUE(archive.known_root(block.header.note_root));
  }
}

TEST_F(HistoryTest, EachRejectAlone) {  // L-81
  EXPECT_EQ(with(1, [](Block& b) { b.header.network.value[0] ^= 1; }), HistoryReject::wrong_network);
  EXPECT_EQ(with(1, [](Block& b) { ++b.header.height; }), HistoryReject::wrong_height);
  EXPECT_EQ(with(1, [](Block& b) { b.header.previous.value[0] ^= 1; }), HistoryReject::wrong_previous);
  EXPECT_EQ(with(1, [](Block& b) { b.header.chain[0] ^= 1; }), HistoryReject::wrong_chain);
  EXPECT_EQ(with(1, [](Block& b) { b.header.time_ms = 0; }), HistoryReject::time_reversed);
  EXPECT_EQ(with(1, [](Block& b) { b.entries.pop_back(); }), HistoryReject::wrong_entries);
  EXPECT_EQ(with(1, [](Block& b) { b.entries[0].outcome = Outcome::spent; }), HistoryReject::wrong_entries);
  // A header changed and everything after it linked anew: the end is another.
  EXPECT_EQ(with(3, [](Block& b) { ++b.header.notes; }), HistoryReject::wrong_end);
  EXPECT_EQ(with(2, [](Block& b) { ++b.header.notes; }), HistoryReject::wrong_previous);
}

TEST_F(HistoryTest, TheStateMustBeTheLastBlocks) {  // L-81
  auto history = begin();
  for (const Block& block : world.blocks) ASSERT_TRUE(history.next(block).ok());
  const auto refuses = [&](const std::function<void(State&)>& change) {
    State state = world.state;
    change(state);
    const auto end = history.finish(state, world.state.last_block);
    return !end.ok() && end.error() == HistoryReject::wrong_state;
  };
  EXPECT_FALSE(refuses([](State&) {}));
  EXPECT_TRUE(refuses([](State& s) { ++s.height; }));
  EXPECT_TRUE(refuses([](State& s) { ++s.epoch; }));
  EXPECT_TRUE(refuses([](State& s) { ++s.time_ms; }));
  EXPECT_TRUE(refuses([](State& s) { s.last_block.value[0] ^= 1; }));
  EXPECT_TRUE(refuses([](State& s) { ++s.supply[0].minted; }));
  EXPECT_TRUE(refuses([](State& s) { ++s.spent; }));
  BlockHash other = world.state.last_block;
  other.value[5] ^= 1;
  EXPECT_EQ(history.finish(world.state, other).error(), HistoryReject::wrong_end);
}

}  // namespace
}  // namespace sotto::ledger
