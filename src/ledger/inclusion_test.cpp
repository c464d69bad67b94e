// A transaction shown to somebody who has one block's hash (L-44).
#include <gtest/gtest.h>

#include <map>

#include "ledger/inclusion.hpp"
#include "ledger/test_support.hpp"

namespace sotto::ledger {
namespace {

using testing::World;

class Included : public ::testing::Test {
 protected:
  void SetUp() override {
    paid = world.payment();
    const Transaction rival = world.payment();
    grow(world.genesis_block);
    for (int i = 0; i < 9; ++i) {
      world.step(i == 4 ? std::vector{world.payment(), paid, rival, paid} : std::vector{world.payment()});
      grow(world.blocks.back());
    }
  }
  void grow(const Block& block) {
    for (const ChainNode& n : tree.append(block_hash(block.header))) nodes[{n.level, n.index}] = n.hash;
  }
  const Block& block(uint64_t height) const { return height == 0 ? world.genesis_block : world.blocks[height - 1]; }
  // Of `paid`, which is in block 5.
  Inclusion shown(uint64_t head) {
    auto proof = prove(5, head, [&](uint8_t level, uint64_t i) { return std::optional(nodes.at({level, i})); });
    return *inclusion_of(txid(paid), block(5), block(head).header, std::move(proof));
  }
  Status<InclusionReject> verdict(const Inclusion& inclusion, uint64_t head = 9) { return verify(inclusion, txid(paid), block_hash(block(head).header)); }

  World world;
  Transaction paid;
  ChainTree tree;
  std::map<std::pair<uint8_t, uint64_t>, Hash32> nodes;
};

TEST_F(Included, FromItsOwnBlockOn) {
  for (uint64_t head = 5; head <= 9; ++head) {
    const Inclusion inclusion = shown(head);
    EXPECT_TRUE(verdict(inclusion, head).ok()) << head;
    const Bytes bytes = inclusion.encode();
    EXPECT_LE(bytes.size(), kMaxInclusionBytes);
    const auto back = Inclusion::decode(bytes);
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(back->encode(), bytes);
    EXPECT_TRUE(verdict(*back, head).ok());
  }
  EXPECT_FALSE(inclusion_of(txid(paid), block(4), block(9).header, std::nullopt));
  EXPECT_EQ(Inclusion::decode(Bytes(kMaxInclusionBytes + 1)).error(), DecodeError::too_large);
}

TEST_F(Included, EveryRejectAlone) {
  const auto refused = [&](auto change, InclusionReject reject) {
    Inclusion bad = shown(9);
    change(bad);
    const auto answer = verdict(bad);
    ASSERT_FALSE(answer.ok());
    EXPECT_STREQ(name(answer.error()), name(reject));
  };
  refused([&](Inclusion& i) { i.head = block(8).header; }, InclusionReject::wrong_head);
  refused([&](Inclusion& i) { i.before.reset(); }, InclusionReject::not_before_head);
  refused([&](Inclusion& i) { i.block.time_ms ^= 1; }, InclusionReject::not_before_head);
  refused([&](Inclusion& i) { i.before->index = 4; }, InclusionReject::not_before_head);
  refused([&](Inclusion& i) { i = shown(8); i.head = block(9).header; }, InclusionReject::not_before_head);   // of another length
  refused([&](Inclusion& i) { i.entries.pop_back(); }, InclusionReject::wrong_entries);
  refused([&](Inclusion& i) { i.entries[0].outcome = Outcome::spent; }, InclusionReject::wrong_entries);
  refused([&](Inclusion& i) { i.entry = 2; }, InclusionReject::wrong_transaction);
  refused([&](Inclusion& i) { i.entry = 7; }, InclusionReject::wrong_transaction);
  refused([&](Inclusion& i) { i.entry = 0; i.transaction = encode(block(5).entries[0].certified.transaction); }, InclusionReject::wrong_transaction);
  refused([&](Inclusion& i) { i.entry = 3; }, InclusionReject::not_executed);   // the same bytes again, repeated
  for (uint8_t i = 0; i <= static_cast<uint8_t>(InclusionReject::not_executed); ++i) EXPECT_STRNE(name(static_cast<InclusionReject>(i)), "?");
}

}  // namespace
}  // namespace sotto::ledger
