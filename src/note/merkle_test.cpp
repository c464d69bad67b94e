#include "note/merkle.hpp"

#include <gtest/gtest.h>

#include "note/note_for_test.hpp"

namespace sotto::note {
namespace {

// The tree as its definition says: every node of every level.
template <size_t Depth>
Fr naive_root(std::vector<Fr> level) {
  level.resize(size_t{1} << (2 * Depth));
  for (size_t l = 0; l < Depth; ++l) {
    std::vector<Fr> up(level.size() / 4);
    for (size_t i = 0; i < up.size(); ++i) up[i] = crypto::node(level[4 * i], level[4 * i + 1], level[4 * i + 2], level[4 * i + 3]);
    level = up;
  }
  return level[0];
}

TEST(NoteTree, EmptyRootsFollowNode) {
  EXPECT_TRUE(empty_root(0).is_zero());
  for (size_t l = 0; l < kTreeDepth; ++l) {
    EXPECT_EQ(empty_root(l + 1), crypto::node(empty_root(l), empty_root(l), empty_root(l), empty_root(l)));
  }
  EXPECT_EQ(NoteTreeFrontier().root(), empty_root(kTreeDepth));
}

TEST(NoteTree, EverySizeAgreesWithTheNaiveTreeUntilFull) {
  SeededEntropy random(1);
  Frontier<2> tree;
  std::vector<Fr> leaves;
  EXPECT_EQ(tree.root(), naive_root<2>(leaves));
  while (tree.room() > 0) {
    leaves.push_back(random.field());
    ASSERT_TRUE(tree.append(leaves.back()));
    ASSERT_EQ(tree.root(), naive_root<2>(leaves)) << leaves.size();
    Writer out;
    tree.write(out);
    Reader in(out.bytes());
    const auto back = Frontier<2>::read(in);
    ASSERT_TRUE(back.ok() && in.finish().ok());
    EXPECT_EQ(*back, tree);
  }
  EXPECT_EQ(tree.size(), 16u);
  const Frontier<2> full = tree;
  EXPECT_FALSE(tree.append(Fr::one()));
  EXPECT_EQ(tree, full);
}

TEST(NoteTree, ABatchOnAnyNumberOfThreadsIsLeafByLeaf) {
  SeededEntropy random(5);
  ThreadPool pool(3);
  NoteTreeFrontier single, batch, pooled;
  NoteWitnessTree wallet, pooled_wallet;
  for (const size_t count : {1u, 3u, 255u, 256u, 257u, 700u}) {
    std::vector<Fr> leaves(count);
    for (Fr& leaf : leaves) {
      leaf = random.field();
      ASSERT_TRUE(single.append(leaf));
    }
    const std::vector<size_t> mark{0};
    ASSERT_TRUE(batch.append(leaves));
    ASSERT_TRUE(pooled.append(leaves, &pool));
    ASSERT_TRUE(wallet.append(leaves, mark));
    ASSERT_TRUE(pooled_wallet.append(leaves, mark, &pool));
    EXPECT_EQ(batch, single);
    EXPECT_EQ(pooled, single);
    EXPECT_EQ(pooled_wallet.frontier(), single);
    EXPECT_EQ(pooled_wallet.mark_record(single.size() - count), wallet.mark_record(single.size() - count));
    EXPECT_EQ(pooled_wallet.path(0)->children, wallet.path(0)->children);
  }
}

TEST(NoteTree, ABatchThatDoesNotFitChangesNothing) {
  Frontier<2> tree;
  ASSERT_TRUE(tree.append(std::vector<Fr>(14, Fr::one())));
  const Frontier<2> before = tree;
  EXPECT_FALSE(tree.append(std::vector<Fr>(3, Fr::one())));
  EXPECT_EQ(tree, before);
  EXPECT_TRUE(tree.append(std::vector<Fr>(2, Fr::one())));
  EXPECT_EQ(tree.room(), 0u);

  WitnessTree<2> witnesses;
  const std::vector<Fr> ones(14, Fr::one());
  const std::array<size_t, 1> mark{3};
  ASSERT_TRUE(witnesses.append(ones, mark));
  EXPECT_FALSE(witnesses.append(std::vector<Fr>(3, Fr::one()), mark));
  EXPECT_EQ(witnesses.size(), 14u);
  EXPECT_EQ(witnesses.marks(), 1u);
}

TEST(NoteTree, BatchesAndSinglesAgree) {
  SeededEntropy random(2);
  for (int round = 0; round < 20; ++round) {
    Frontier<4> singles, batches;
    while (batches.room() > 0) {
      std::vector<Fr> batch(std::min<uint64_t>(random.below(40), batches.room()));
      for (Fr& leaf : batch) leaf = random.field();
      for (const Fr& leaf : batch) ASSERT_TRUE(singles.append(leaf));
      ASSERT_TRUE(batches.append(batch));
      ASSERT_EQ(singles, batches);
      if (random.below(20) == 0) break;
    }
    ASSERT_EQ(singles.root(), batches.root());
  }
}

TEST(NoteTree, DecodingRefusesWhatNoTreeWrites) {
  const auto read = [](const Bytes& bytes) {
    Reader in(bytes);
    return Frontier<2>::read(in);
  };
  Writer over;
  over.u64(17);
  EXPECT_EQ(read(over.bytes()).error(), DecodeError::too_large);
  Writer shortened;
  shortened.u64(3);
  Fr::one().write(shortened);
  EXPECT_EQ(read(shortened.bytes()).error(), DecodeError::truncated);
  Writer wide;
  wide.u64(1);
  wide.raw(Bytes(32, 0xff));
  EXPECT_EQ(read(wide.bytes()).error(), DecodeError::non_canonical);
}

// Random appends, marks, forgets and restarts: every path leads from its leaf to the root, and has the naive siblings.
template <size_t Depth>
void witness_run(uint64_t seed, size_t batches) {
  SeededEntropy random(seed);
  WitnessTree<Depth> tree;
  std::vector<Fr> leaves;
  std::map<uint64_t, Bytes> rows;   // what a wallet stores, updated only as append() says
  std::map<uint64_t, Fr> marked;
  for (size_t b = 0; b < batches && tree.frontier().room() > 0; ++b) {
    std::vector<Fr> batch(std::min<uint64_t>(random.below(b % 5 == 0 ? 50 : 6), tree.frontier().room()));
    std::vector<size_t> marks;
    for (size_t i = 0; i < batch.size(); ++i) {
      batch[i] = random.field();
      if (random.below(4) == 0) marks.push_back(i);
    }
    for (const size_t i : marks) marked[tree.size() + i] = batch[i];
    const auto changed = tree.append(batch, marks);
    ASSERT_TRUE(changed);
    leaves.insert(leaves.end(), batch.begin(), batch.end());
    for (const uint64_t position : *changed) rows[position] = tree.mark_record(position);
    if (!marked.empty() && random.below(3) == 0) {
      const uint64_t position = std::next(marked.begin(), static_cast<ptrdiff_t>(random.below(marked.size())))->first;
      tree.forget(position);
      marked.erase(position);
      rows.erase(position);
    }
    if (random.below(4) == 0) {  // restart from what was stored
      Writer out;
      tree.frontier().write(out);
      Reader in(out.bytes());
      WitnessTree<Depth> again(*Frontier<Depth>::read(in));
      for (const auto& [position, row] : rows) ASSERT_TRUE(again.restore_mark(position, row).ok());
      tree = again;
    }
    const Fr root = tree.root();
    if (Depth <= 4) {
      ASSERT_EQ(root, naive_root<Depth>(leaves));
    }
    ASSERT_EQ(tree.marks(), marked.size());
    for (const auto& [position, leaf] : marked) {
      const auto path = tree.path(position);
      ASSERT_TRUE(path);
      uint64_t at = 0;
      for (size_t l = Depth; l-- > 0;) at = at * 4 + path->position[l];
      ASSERT_EQ(at, position);
      ASSERT_EQ(path->children[0][path->position[0]], leaf);
      ASSERT_EQ(root_of(leaf, *path), root);
      // The path is one: each level's node is the child named on the next.
      for (size_t l = 0; l + 1 < Depth; ++l) {
        ASSERT_EQ(path->children[l + 1][path->position[l + 1]],
                  crypto::node(path->children[l][0], path->children[l][1], path->children[l][2], path->children[l][3]));
      }
    }
  }
}

TEST(WitnessTree, FollowsTheNaiveTree) {
  for (uint64_t seed = 0; seed < 10; ++seed) witness_run<2>(seed, 10);
  for (uint64_t seed = 0; seed < 3; ++seed) witness_run<4>(seed, 40);
}

TEST(WitnessTree, AtTheNetworksDepth) { witness_run<kTreeDepth>(9, 12); }

TEST(WitnessTree, StartsFromAFrontierAlone) {
  // A wallet that starts at now does not know any leaf before.
  SeededEntropy random(5);
  std::vector<Fr> leaves(37);
  for (Fr& leaf : leaves) leaf = random.field();
  Frontier<4> past;
  ASSERT_TRUE(past.append(leaves));
  WitnessTree<4> tree(past);
  const std::array<size_t, 2> marks{0, 4};
  std::vector<Fr> batch(9);
  for (Fr& leaf : batch) leaf = random.field();
  ASSERT_TRUE(tree.append(batch, marks));
  leaves.insert(leaves.end(), batch.begin(), batch.end());
  EXPECT_EQ(tree.root(), naive_root<4>(leaves));
  EXPECT_EQ(root_of(batch[0], *tree.path(37)), tree.root());
  EXPECT_EQ(root_of(batch[4], *tree.path(41)), tree.root());
  EXPECT_FALSE(tree.path(38));
}

TEST(WitnessTree, RecordsOfTheWrongShapeAreRefused) {
  WitnessTree<2> tree;
  const std::array<size_t, 1> mark{1};
  ASSERT_TRUE(tree.append(std::vector<Fr>(6, Fr::one()), mark));
  const Bytes record = tree.mark_record(1);
  WitnessTree<2> again(tree.frontier());
  EXPECT_EQ(again.restore_mark(6, record).error(), DecodeError::too_large);  // not a leaf yet
  EXPECT_EQ(again.restore_mark(5, record).error(), DecodeError::trailing_bytes);
  EXPECT_EQ(again.restore_mark(1, ByteView(record).first(record.size() - 1)).error(), DecodeError::truncated);
  Bytes wide = record;
  std::fill(wide.begin(), wide.begin() + 32, uint8_t{0xff});
  EXPECT_EQ(again.restore_mark(1, wide).error(), DecodeError::non_canonical);
  EXPECT_EQ(again.marks(), 0u);
  EXPECT_TRUE(again.restore_mark(1, record).ok());
}

TEST(NoteTree, APathProvesOneLeafOnly) {
  WitnessTree<4> tree;
  SeededEntropy random(6);
  std::vector<Fr> leaves(30);
  for (Fr& leaf : leaves) leaf = random.field();
  const std::array<size_t, 1> mark{17};
  ASSERT_TRUE(tree.append(leaves, mark));
  const auto path = *tree.path(17);
  EXPECT_NE(root_of(leaves[18], path), tree.root());
  for (size_t l = 0; l < 4; ++l) {
    for (size_t j = 0; j < 4; ++j) {
      auto bent = path;
      bent.children[l][j] += Fr::one();
      // The child on the path is recomputed, so changing it changes nothing; any other does.
      EXPECT_EQ(root_of(leaves[17], bent) == tree.root(), j == path.position[l]);
    }
    auto bent = path;
    bent.position[l] = static_cast<uint8_t>((bent.position[l] + 1) & 3);
    EXPECT_NE(root_of(leaves[17], bent), tree.root());
  }
}

}  // namespace
}  // namespace sotto::note
