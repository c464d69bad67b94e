// The tree over block hashes (L-43).
#include <gtest/gtest.h>

#include <map>

#include "crypto/hash.hpp"
#include "ledger/chain_tree.hpp"

namespace sotto::ledger {
namespace {

BlockHash block(uint64_t n) {
  Writer out;
  out.u64(n);
  return {crypto::sha256(out.bytes())};
}

struct Chain : ::testing::Test {
  ChainTree tree;
  std::map<std::pair<uint8_t, uint64_t>, Hash32> nodes;
  void grow(uint64_t to) {
    while (tree.size() < to)
      for (const ChainNode& n : tree.append(block(tree.size()))) EXPECT_TRUE(nodes.emplace(std::pair(n.level, n.index), n.hash).second);
  }
  std::optional<ChainProof> proof(uint64_t index, uint64_t size) {
    return prove(index, size, [&](uint8_t level, uint64_t i) -> std::optional<Hash32> {
      const auto found = nodes.find({level, i});
      return found == nodes.end() ? std::nullopt : std::optional(found->second);
    });
  }
};

TEST_F(Chain, EveryBlockOfEveryLengthIsShown) {
  std::vector<Hash32> roots;
  for (uint64_t size = 0; size <= 40; ++size) {
    grow(size);
    EXPECT_EQ(tree.size(), size);
    for (const Hash32& earlier : roots) EXPECT_NE(earlier, tree.root());
    roots.push_back(tree.root());
  }
  for (uint64_t size = 1; size <= 40; ++size)             // also from nodes that came later
    for (uint64_t index = 0; index < size; ++index) {
      const auto shown = proof(index, size);
      ASSERT_TRUE(shown);
      EXPECT_EQ(root_of(*shown, block(index)), roots[size]);
      EXPECT_NE(root_of(*shown, block(index + 1)), roots[size]);
    }
  EXPECT_FALSE(proof(5, 5));
  EXPECT_FALSE(proof(3, 64));                             // nodes that are not there
}

TEST_F(Chain, AProofIsBoundToItsNumbers) {
  grow(23);
  const auto good = *proof(6, 23);
  const auto leads = [&](auto change) {
    ChainProof bad = good;
    change(bad);
    return root_of(bad, block(6));
  };
  EXPECT_FALSE(leads([](ChainProof& p) { p.index = 23; }));
  EXPECT_FALSE(leads([](ChainProof& p) { p.path.pop_back(); }));
  EXPECT_FALSE(leads([](ChainProof& p) { p.others.pop_back(); }));
  EXPECT_NE(leads([](ChainProof& p) { p.index = 7; }), tree.root());
  EXPECT_NE(leads([](ChainProof& p) { p.size = 27; }), tree.root());
  for (size_t i = 0; i < good.path.size(); ++i) EXPECT_NE(leads([&](ChainProof& p) { p.path[i][0] ^= 1; }), tree.root());
  for (size_t i = 0; i < good.others.size(); ++i) EXPECT_NE(leads([&](ChainProof& p) { p.others[i][0] ^= 1; }), tree.root());
}

TEST_F(Chain, RoundTrips) {
  grow(23);
  Writer out;
  tree.write(out);
  proof(6, 23)->write(out);
  const Bytes bytes = out.bytes();
  Reader in(bytes);
  const auto back = ChainTree::read(in);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(*back, tree);
  const auto shown = ChainProof::read(in);
  ASSERT_TRUE(shown.ok() && in.finish().ok());
  EXPECT_EQ(root_of(*shown, block(6)), tree.root());
  for (size_t n = 0; n < bytes.size(); ++n) {
    Reader cut(ByteView(bytes).first(n));
    EXPECT_FALSE(ChainTree::read(cut).ok() && ChainProof::read(cut).ok());
  }
}

}  // namespace
}  // namespace sotto::ledger
