#include "poly/commit.hpp"

#include <gtest/gtest.h>

#include "crypto/hash.hpp"

namespace sotto::poly {
namespace {

using crypto::Fr;
using crypto::G1;

Fr random(uint32_t seed) {
  Writer w;
  w.u32(seed);
  return Fr::reduce512(crypto::blake2b_512("commit_test", {w.bytes()}));
}

std::vector<crypto::G1Affine> bases(size_t n) {
  std::vector<G1> out;
  for (uint32_t i = 0; i < n; ++i) out.push_back(G1::generator() * random(1000 + i));
  return crypto::to_affine(out);
}

class Commit : public testing::TestWithParam<simd::Kernel> {
  void SetUp() override {
    if (!simd::runs_here(GetParam())) GTEST_SKIP() << "not on this machine";
  }
};
INSTANTIATE_TEST_SUITE_P(kernels, Commit, testing::Values(simd::Kernel::portable, simd::Kernel::avx2, simd::Kernel::ifma, simd::Kernel::ifma_emulated),
                         [](const auto& param) { return std::string(simd::name(param.param)); });

TEST_P(Commit, equals_blst_on_random_sparse_small_and_extreme_scalars) {
  ThreadPool pool(2);
  const auto points = bases(64);
  const CommitTable table(points, pool, GetParam());
  const Fr edges[] = {Fr::zero(), Fr::one(), -Fr::one(), Fr::from_u64(1023), Fr::from_u64(1024), Fr::from_u64(1025),
                      Fr::from_u64(2047), Fr::from_u64(2048), Fr::from_u64(2049), Fr::from_u64(4096), Fr::from_u64(UINT64_MAX), -Fr::from_u64(1024), Fr::from_u64(2).inverse()};
  for (uint32_t round = 0; round < 40; ++round) {
    std::vector<Fr> scalars(1 + round * 7 % 64);
    for (uint32_t i = 0; i < scalars.size(); ++i) {
      const uint32_t kind = (round + i) % 4;
      scalars[i] = kind == 0 ? random(round * 100 + i) : kind == 1 ? edges[(i + round) % std::size(edges)] : kind == 2 ? Fr::from_u64(i) : Fr::zero();
    }
    const size_t first = 64 - scalars.size();
    EXPECT_EQ(table.commit_vartime(scalars, first), crypto::msm_vartime(std::span(points).subspan(first), scalars)) << round;
  }
}

TEST_P(Commit, survives_equal_and_opposite_points) {
  ThreadPool pool(1);
  auto points = bases(4);
  points[1] = points[0];
  points[2] = (-G1(points[0])).affine();
  const CommitTable table(points, pool, GetParam());
  for (uint32_t seed = 0; seed < 20; ++seed) {
    const Fr a = random(seed);
    for (const auto& scalars : {std::vector<Fr>{a, a, a, a}, {a, -a, a, -a}, {a, Fr::zero(), a, Fr::one()}, {Fr::one(), Fr::one(), Fr::one(), Fr::one()}})
      EXPECT_EQ(table.commit_vartime(scalars), crypto::msm_vartime(points, scalars));
  }
}

TEST_P(Commit, threads_do_not_change_the_result) {
  ThreadPool one(1), three(3);
  const auto points = bases(32);
  const CommitTable table(points, one, GetParam());
  std::vector<std::vector<Fr>> polys(5);
  std::vector<std::span<const Fr>> spans;
  for (uint32_t k = 0; k < 5; ++k) {
    for (uint32_t i = 0; i < 20 + k; ++i) polys[k].push_back(random(k * 50 + i));
    spans.emplace_back(polys[k]);
  }
  EXPECT_EQ(commit_all(table, spans, one), commit_all(table, spans, three));
}

TEST_P(Commit, a_table_is_its_bytes) {
  ThreadPool pool(1);
  const auto points = bases(8);
  const CommitTable table(points, pool, GetParam());
  ASSERT_EQ(table.bytes().size(), CommitTable::table_bytes(GetParam(), 8));
  const auto alignment = std::align_val_t(CommitTable::kAlignment);
  const std::shared_ptr<void> copy(::operator new(table.bytes().size(), alignment), [&](void* p) { ::operator delete(p, alignment); });
  std::copy(table.bytes().begin(), table.bytes().end(), static_cast<uint8_t*>(copy.get()));
  const CommitTable again(GetParam(), 8, copy);
  const std::vector<Fr> scalars(8, random(5));
  EXPECT_EQ(again.commit_vartime(scalars), table.commit_vartime(scalars));
}

TEST_P(Commit, many_equal_digits_fill_one_bucket) {
  ThreadPool pool(1);
  const auto points = bases(40);
  const CommitTable table(points, pool, GetParam());
  Fr same;   // digits 1 everywhere
  for (size_t w = 0; w < 21; ++w) same = same * Fr::from_u64(4096) + Fr::one();
  const std::vector<Fr> scalars(40, same);
  EXPECT_EQ(table.commit_vartime(scalars), crypto::msm_vartime(points, scalars));
}

}  // namespace
}  // namespace sotto::poly
