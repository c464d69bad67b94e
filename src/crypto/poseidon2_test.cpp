#include "crypto/poseidon2.hpp"

#include <gtest/gtest.h>

#include <set>

namespace sotto::crypto {
namespace {

template <size_t T>
void expect_known_answer(const std::array<const char*, T>& expected) {
  std::array<Fr, T> s;
  for (size_t i = 0; i < T; ++i) s[i] = Fr::from_u64(i);
  poseidon2_permute<T>(s);
  for (size_t i = 0; i < T; ++i) EXPECT_EQ(s[i].hex(), expected[i]) << "t=" << T << " word " << i;
}

// The permutation as the paper writes it, by matrices: a second opinion on the addition chains.
template <size_t T>
std::array<Fr, T> by_matrices(std::array<Fr, T> s) {
  const auto& p = poseidon2_params<T>();
  const auto multiply = [&](auto entry) {
    std::array<Fr, T> out;
    for (size_t i = 0; i < T; ++i)
      for (size_t j = 0; j < T; ++j) out[i] += entry(i, j) * s[j];
    s = out;
  };
  const auto external = [](size_t i, size_t j) {
    if constexpr (T == 4) return Fr::from_u64(kPoseidon2M4[i][j]);
    return Fr::from_u64(i == j ? 2 : 1);
  };
  const auto internal = [&](size_t i, size_t j) { return i == j ? p.diag_minus_one[i] + Fr::one() : Fr::one(); };
  multiply(external);
  for (size_t r = 0; r < 8 + 56; ++r) {
    const bool full = r < 4 || r >= 60;
    for (size_t i = 0; i < (full ? T : 1); ++i) {
      const Fr c = !full ? p.partial[r - 4] : p.full[r < 4 ? r : r - 56][i];
      s[i] = (s[i] + c).pow_vartime(5);
    }
    if (full) multiply(external); else multiply(internal);
  }
  return s;
}

}  // namespace

// HorizenLabs/poseidon2 @055bde3f, input (0, 1, ..., t-1).
TEST(Poseidon2, known_answers) {
  expect_known_answer<2>({"73c46dd530e248a87b61d19e67fa1b4ed30fc3d09f16531fe189fb945a15ce4e",
                          "1f0e305ee21c9366d5793b80251405032a3fee32b9dd0b5f4578262891b043b4"});
  expect_known_answer<3>({"1b152349b1950b6a8ca75ee4407b6e26ca5cca5650534e56ef3fd45761fbf5f0",
                          "4c5793c87d51bdc2c08a32108437dc0000bd0275868f09ebc5f36919af5b3891",
                          "1fc8ed171e67902ca49863159fe5ba6325318843d13976143b8125f08b50dc6b"});
  expect_known_answer<4>({"28ff6c4edf9768c08ae26290487e93449cc8bc155fc2fad92a344adceb3ada6d",
                          "0e56f2b6fad25075aa93560185b70e2b180ed7e269159c507c288b6747a0db2d",
                          "6d8196f28da6006bb89b3df94600acdc03d0ba7c2b0f3f4409a54c1db6bf30d0",
                          "07cfb49540ee456cce38b8a7d1a930a57ffc6660737f6589ef184c5e15334e36"});
}

TEST(Poseidon2, many_nodes_are_single_nodes) {
  Fr x = Fr::from_u64(11);
  for (size_t count = 0; count <= 19; ++count) {
    std::vector<Fr> children(4 * count), out(count);
    for (Fr& c : children) c = x = x.pow5() + Fr::one();
    if (count > 2) std::fill_n(children.begin(), 4, Fr::zero());
    if (count > 3) std::fill_n(children.begin() + 4, 4, -Fr::one());
    nodes(children, out);
    for (size_t i = 0; i < count; ++i)
      EXPECT_EQ(out[i], node(children[4 * i], children[4 * i + 1], children[4 * i + 2], children[4 * i + 3]));
  }
}

TEST(Poseidon2, equals_matrix_form) {
  Fr x = Fr::from_u64(7);
  for (int i = 0; i < 50; ++i) {
    std::array<Fr, 4> s;
    for (Fr& word : s) word = x = x.pow5() + Fr::one();
    if (i == 0) s = {};
    if (i == 1) s.fill(-Fr::one());
    auto t = s;
    poseidon2_permute<4>(t);
    EXPECT_EQ(t, by_matrices<4>(s));
    std::array<Fr, 2> a = {s[0], s[1]};
    auto b = a;
    poseidon2_permute<2>(b);
    EXPECT_EQ(b, by_matrices<2>(a));
    std::array<Fr, 3> c = {s[0], s[1], s[2]};
    auto d = c;
    poseidon2_permute<3>(d);
    EXPECT_EQ(d, by_matrices<3>(c));
  }
}

TEST(Poseidon2, node_feeds_forward_and_tags_separate) {
  const Fr a = Fr::from_u64(1), b = Fr::from_u64(2), c = Fr::from_u64(3), d = Fr::from_u64(4);
  std::array<Fr, 4> s = {a, b, c, d};
  poseidon2_permute<4>(s);
  EXPECT_EQ(node(a, b, c, d), s[0] + a);
  std::set<std::string> seen;
  for (Tag tag : {Tag::account, Tag::owner, Tag::note, Tag::value, Tag::nullifier, Tag::asset, Tag::rcm, Tag::invoice,
                  Tag::paid}) {
    EXPECT_EQ(hash(tag, a, b, c), node(a, b, c, Fr::from_u64(static_cast<uint64_t>(tag))));
    EXPECT_TRUE(seen.insert(hash(tag, a, b, c).hex()).second);
  }
  EXPECT_EQ(seen.size(), 9u);
}

}  // namespace sotto::crypto
