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

TEST(Commit, equals_blst_on_random_sparse_small_and_extreme_scalars) {
  ThreadPool pool(2);
  const auto points = bases(64);
  const CommitTable table(points, pool);
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

TEST(Commit, survives_equal_and_opposite_points) {
  ThreadPool pool(1);
  auto points = bases(4);
  points[1] = points[0];
  points[2] = (-G1(points[0])).affine();
  const CommitTable table(points, pool);
  for (uint32_t seed = 0; seed < 20; ++seed) {
    const Fr a = random(seed);
    for (const auto& scalars : {std::vector<Fr>{a, a, a, a}, {a, -a, a, -a}, {a, Fr::zero(), a, Fr::one()}, {Fr::one(), Fr::one(), Fr::one(), Fr::one()}})
      EXPECT_EQ(table.commit_vartime(scalars), crypto::msm_vartime(points, scalars));
  }
}

TEST(Commit, threads_do_not_change_the_result) {
  ThreadPool one(1), three(3);
  const auto points = bases(32);
  const CommitTable table(points, one);
  std::vector<std::vector<Fr>> polys(5);
  std::vector<std::span<const Fr>> spans;
  for (uint32_t k = 0; k < 5; ++k) {
    for (uint32_t i = 0; i < 20 + k; ++i) polys[k].push_back(random(k * 50 + i));
    spans.emplace_back(polys[k]);
  }
  EXPECT_EQ(commit_all(table, spans, one), commit_all(table, spans, three));
}

}  // namespace
}  // namespace sotto::poly
