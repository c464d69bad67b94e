#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

#include "simd/cpu.hpp"
#include "simd/fp_avx2.hpp"
#include "simd/fp_limbs.hpp"
#include "simd/fr_lanes.hpp"
#include "simd/pairs.hpp"

namespace sotto::simd {
namespace {

constexpr std::array<uint64_t, 6> kP = {0xb9feffffffffaaab, 0x1eabfffeb153ffff, 0x6730d2a0f6b0f624,
                                        0x64774b84f38512bf, 0x4b1ba7b6434bacd7, 0x1a0111ea397fe69a};

bool equal(const blst_fp& a, const blst_fp& b) { return std::memcmp(a.l, b.l, sizeof a.l) == 0; }
bool below_p(const blst_fp& v) {
  for (size_t i = 6; i-- > 0;)
    if (v.l[i] != kP[i]) return v.l[i] < kP[i];
  return false;
}

// Raw Montgomery limbs: random, or with 48-bit limbs at the edges.
class Elements {
 public:
  explicit Elements(uint64_t seed) : engine_(seed) {}
  blst_fp next() {
    for (;;) {
      blst_fp v;
      const bool edge = engine_() % 3 == 0;
      uint64_t words[7] = {};
      for (int j = 0; j < 8; ++j) {
        const uint64_t pick = engine_() % 6, top = (uint64_t{1} << 48) - 1;
        const uint64_t limb = !edge ? engine_() & top
                              : pick == 0 ? 0 : pick == 1 ? 1 : pick == 2 ? top : pick == 3 ? top - 1 : pick == 4 ? uint64_t{1} << 47 : engine_() & top;
        const int bit = 48 * j;
        words[bit / 64] |= limb << (bit % 64);
        if (bit % 64 > 16) words[bit / 64 + 1] |= limb >> (64 - bit % 64);
      }
      std::copy_n(words, 6, v.l);
      v.l[5] &= (uint64_t{1} << 61) - 1;
      if (engine_() % 50 == 0) v = blst_fp{};
      if (engine_() % 50 == 0) {
        std::copy_n(kP.begin(), 6, v.l);
        v.l[0] -= 1 + engine_() % 2;
      }
      if (below_p(v)) return v;
    }
  }
  uint64_t word() { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

struct alignas(32) Buffer {
  double limb[8][4];
  FpLanes* lanes() { return reinterpret_cast<FpLanes*>(limb); }
  void set(size_t lane, const blst_fp& v) {
    double limbs[8];
    fp_to_limbs(v, limbs);
    for (size_t j = 0; j < 8; ++j) limb[j][lane] = limbs[j];
  }
  // Signed limbs with |value| up to `times` p.
  void add_multiple_of_p(size_t lane, double times) {
    blst_fp p;
    std::copy(kP.begin(), kP.end(), p.l);
    double limbs[8];
    fp_to_limbs(p, limbs);
    for (size_t j = 0; j < 8; ++j) limb[j][lane] += times * limbs[j];
  }
  blst_fp get(size_t lane) const {
    double limbs[8];
    for (size_t j = 0; j < 8; ++j) limbs[j] = limb[j][lane];
    return fp_from_limbs(limbs);
  }
  double largest_limb() const {
    double out = 0;
    for (size_t j = 0; j < 7; ++j)
      for (double v : limb[j]) out = std::max(out, std::abs(v));
    return out;
  }
};

TEST(FpLimbs, round_trip_and_every_representative) {
  Elements elements(1);
  for (int i = 0; i < 20000; ++i) {
    const blst_fp v = elements.next();
    Buffer b{};
    for (size_t lane = 0; lane < 4; ++lane) b.set(lane, v);
    for (size_t lane = 0; lane < 4; ++lane) b.add_multiple_of_p(lane, std::array<double, 4>{0, 1, -3, 6}[lane]);
    for (size_t lane = 0; lane < 4; ++lane) ASSERT_TRUE(equal(b.get(lane), v)) << i << " " << lane;
  }
}

TEST(FpAvx2, product_equals_blst_on_random_and_edge_operands) {
  if (!runs_here(Kernel::avx2)) GTEST_SKIP() << "no AVX2 here";
  Elements elements(2);
  const int rounds = std::getenv("SOTTO_LONG") ? 25'000'000 : 60'000;
  for (int round = 0; round < rounds; ++round) {
    Buffer a, b, out;
    std::array<blst_fp, 4> x, y;
    for (size_t lane = 0; lane < 4; ++lane) {
      a.set(lane, x[lane] = elements.next());
      b.set(lane, y[lane] = elements.next());
      if (round % 2) {
        a.add_multiple_of_p(lane, static_cast<double>(elements.word() % 4) - 3);
        b.add_multiple_of_p(lane, static_cast<double>(elements.word() % 3) - 2);
      }
    }
    fp_mul(out.lanes(), a.lanes(), b.lanes());
    // Bounds of fp_avx2.hpp: an output is an operand again, also squared in place.
    ASSERT_LE(out.largest_limb(), 0x1p47 + 0x1p10);
    for (size_t lane = 0; lane < 4; ++lane) {
      blst_fp expected;
      blst_fp_mul(&expected, &x[lane], &y[lane]);
      ASSERT_TRUE(equal(out.get(lane), expected)) << round << " lane " << lane;
    }
    fp_mul(out.lanes(), out.lanes(), out.lanes());
    for (size_t lane = 0; lane < 4; ++lane) {
      blst_fp expected;
      blst_fp_mul(&expected, &x[lane], &y[lane]);
      blst_fp_sqr(&expected, &expected);
      ASSERT_TRUE(equal(out.get(lane), expected)) << round << " lane " << lane;
    }
  }
}

std::vector<blst_p1_affine> points(size_t count) {
  std::vector<blst_p1_affine> out;
  blst_p1 p = *blst_p1_generator();
  for (size_t i = 0; i < count; ++i) {
    blst_p1_affine a;
    blst_p1_to_affine(&a, &p);
    out.push_back(a);
    blst_p1_double(&p, &p);
    blst_p1_add_or_double_affine(&p, &p, &out[i / 2]);
  }
  return out;
}

template <class Kernel>
void sums_equal_blst() {
  const auto all = points(1500);
  Kernel kernel;
  for (const size_t count : {1u, 2u, 3u, 4u, 5u, 63u, 511u, 512u}) {
    std::vector<typename Kernel::Point> in, out(count);
    for (const auto& p : all) in.push_back(Kernel::pack(p));
    std::vector<Pair<typename Kernel::Point>> pairs;
    for (size_t i = 0; i < count; ++i) pairs.push_back({&out[i], &in[i], &in[600 + i], i % 3 == 1, i % 5 == 2});
    ASSERT_TRUE(kernel.add(pairs.data(), count));
    for (size_t i = 0; i < count; ++i) {
      blst_p1 a, sum;
      blst_p1_affine b = all[600 + i], expected;
      blst_p1_from_affine(&a, &all[i]);
      blst_p1_cneg(&a, i % 3 == 1);
      blst_fp_cneg(&b.y, &b.y, i % 5 == 2);
      blst_p1_add_or_double_affine(&sum, &a, &b);
      blst_p1_to_affine(&expected, &sum);
      const auto got = Kernel::unpack(out[i]);
      ASSERT_TRUE(blst_p1_affine_is_equal(&got, &expected)) << count << " " << i;
    }
  }
}

template <class Kernel>
void chains_stay_within_bounds() {
  // Sums of sums, in place: what was written is read again many times over.
  const auto all = points(64);
  Kernel kernel;
  std::vector<typename Kernel::Point> at;
  std::vector<blst_p1> expected(32);
  for (const auto& p : all) at.push_back(Kernel::pack(p));
  for (size_t i = 0; i < 32; ++i) blst_p1_from_affine(&expected[i], &all[i]);
  for (size_t step = 0; step < 200; ++step) {
    std::vector<Pair<typename Kernel::Point>> pairs;
    for (size_t i = 0; i < 32; ++i) {
      const bool minus = (step + i) % 7 == 3;
      pairs.push_back({&at[i], &at[i], &at[32 + (i + step) % 32], minus, false});
      blst_p1_cneg(&expected[i], minus);
      blst_p1_add_or_double_affine(&expected[i], &expected[i], &all[32 + (i + step) % 32]);
    }
    ASSERT_TRUE(kernel.add(pairs.data(), pairs.size()));
  }
  for (size_t i = 0; i < 32; ++i) {
    const auto got = Kernel::unpack(at[i]);
    ASSERT_TRUE(blst_p1_is_equal(&expected[i], [&] { static blst_p1 p; blst_p1_from_affine(&p, &got); return &p; }()));
  }
}

template <class Kernel>
void exceptional_pairs_are_refused_and_nothing_is_written() {
  const auto all = points(20);
  Kernel kernel;
  for (const bool opposite : {false, true}) {
    std::vector<typename Kernel::Point> in, out(6, Kernel::pack(all[19]));
    for (const auto& p : all) in.push_back(Kernel::pack(p));
    in[3] = in[13];
    std::vector<Pair<typename Kernel::Point>> pairs;
    for (size_t i = 0; i < 6; ++i) pairs.push_back({&out[i], &in[i], &in[10 + i], i == 3 && opposite, false});
    EXPECT_FALSE(kernel.add(pairs.data(), pairs.size()));
    for (const auto& p : out) {
      const auto plain = Kernel::unpack(p);
      EXPECT_TRUE(blst_p1_affine_is_equal(&plain, &all[19]));
    }
    pairs.erase(pairs.begin() + 3);
    EXPECT_TRUE(kernel.add(pairs.data(), pairs.size()));
  }
}

TEST(BlstPairs, sums_equal_blst) { sums_equal_blst<BlstPairs>(); }
TEST(BlstPairs, chains_stay_within_bounds) { chains_stay_within_bounds<BlstPairs>(); }
TEST(BlstPairs, exceptional_pairs_are_refused) { exceptional_pairs_are_refused_and_nothing_is_written<BlstPairs>(); }

class Avx2 : public testing::Test {
  void SetUp() override {
    if (!runs_here(Kernel::avx2)) GTEST_SKIP() << "no AVX2 here";
  }
};
TEST_F(Avx2, sums_equal_blst) { sums_equal_blst<Avx2Pairs>(); }
TEST_F(Avx2, chains_stay_within_bounds) { chains_stay_within_bounds<Avx2Pairs>(); }
TEST_F(Avx2, exceptional_pairs_are_refused) { exceptional_pairs_are_refused_and_nothing_is_written<Avx2Pairs>(); }

class Ifma512 : public testing::Test {
  void SetUp() override {
    if (!runs_here(Kernel::ifma)) GTEST_SKIP() << "no AVX-512 IFMA here";
  }
};
TEST_F(Ifma512, sums_equal_blst) { sums_equal_blst<IfmaPairs>(); }
TEST_F(Ifma512, chains_stay_within_bounds) { chains_stay_within_bounds<IfmaPairs>(); }
TEST_F(Ifma512, exceptional_pairs_are_refused) { exceptional_pairs_are_refused_and_nothing_is_written<IfmaPairs>(); }

TEST(Ifma512Emulated, sums_equal_blst) { sums_equal_blst<EmulatedIfmaPairs>(); }
TEST(Ifma512Emulated, chains_stay_within_bounds) { chains_stay_within_bounds<EmulatedIfmaPairs>(); }
TEST(Ifma512Emulated, exceptional_pairs_are_refused) { exceptional_pairs_are_refused_and_nothing_is_written<EmulatedIfmaPairs>(); }

// Canonical Montgomery limbs of Fr, often at the edges.
blst_fr random_fr(std::mt19937_64& engine) {
  blst_scalar scalar;
  for (auto& b : scalar.b) b = static_cast<uint8_t>(engine());
  scalar.b[31] &= 0x3f;
  if (engine() % 5 == 0)
    for (size_t i = engine() % 32; i < 32; ++i) scalar.b[i] = 0;
  blst_fr out;
  blst_fr_from_scalar(&out, &scalar);
  if (engine() % 20 == 0) out = blst_fr{};
  if (engine() % 20 == 0) out = blst_fr{{0xffffffff00000000, 0x53bda402fffe5bfe, 0x3339d80809a1d805, 0x73eda753299d7d48}};
  if (engine() % 20 == 0) out = blst_fr{{1, 0, 0, 0}};
  return out;
}
using FourFr = std::array<blst_fr, 4>;
FourFr random_four(std::mt19937_64& engine) { return {random_fr(engine), random_fr(engine), random_fr(engine), random_fr(engine)}; }
void expect_equal(const FrLanes& got, const FourFr& expected, int round) {
  FourFr plain;
  fr_unpack(plain.data(), got);
  for (size_t lane = 0; lane < 4; ++lane)
    ASSERT_EQ(0, std::memcmp(plain[lane].l, expected[lane].l, sizeof plain[lane].l)) << round << " lane " << lane;
}

TEST_F(Avx2, fr_operations_equal_blst) {
  std::mt19937_64 engine(3);
  const int rounds = std::getenv("SOTTO_LONG") ? 25'000'000 : 40'000;
  for (int round = 0; round < rounds; ++round) {
    const FourFr x = random_four(engine), y = random_four(engine), w = random_four(engine);
    FourFr sum, difference, product, up, down;
    for (size_t i = 0; i < 4; ++i) {
      blst_fr_add(&sum[i], &x[i], &y[i]);
      blst_fr_sub(&difference[i], &x[i], &y[i]);
      blst_fr_mul(&product[i], &sum[i], &difference[i]);
      blst_fr_mul(&up[i], &w[i], &y[i]);
      blst_fr_sub(&down[i], &x[i], &up[i]);
      blst_fr_add(&up[i], &x[i], &up[i]);
    }
    FrLanes a = fr_pack(x.data()), b = fr_pack(y.data()), s, d, p;
    expect_equal(a, x, round);
    fr_add(s, a, b);
    expect_equal(s, sum, round);
    fr_sub(d, a, b);
    expect_equal(d, difference, round);
    fr_mul(p, s, d);
    expect_equal(p, product, round);
    fr_butterfly(a, b, fr_pack(w.data()));
    expect_equal(a, up, round);
    expect_equal(b, down, round);
  }
}

TEST_F(Avx2, fr_sums_at_the_bound_of_the_limbs) {
  // Eight values added up, times four added up: 32, at limbs all near their largest.
  std::mt19937_64 engine(4);
  for (int round = 0; round < 4000; ++round) {
    const FourFr x = random_four(engine), y = random_four(engine);
    const bool minus = round % 2;
    FrLanes a{}, b{};
    FourFr left{}, right{}, expected;
    const FrLanes px = fr_pack(x.data()), py = fr_pack(y.data());
    for (int i = 0; i < 8; ++i) minus ? fr_sub(a, a, px) : fr_add(a, a, px);
    for (int i = 0; i < 4; ++i) fr_add(b, b, py);
    for (size_t lane = 0; lane < 4; ++lane) {
      for (int i = 0; i < 8; ++i) minus ? blst_fr_sub(&left[lane], &left[lane], &x[lane]) : blst_fr_add(&left[lane], &left[lane], &x[lane]);
      for (int i = 0; i < 4; ++i) blst_fr_add(&right[lane], &right[lane], &y[lane]);
      blst_fr_mul(&expected[lane], &left[lane], &right[lane]);
    }
    FrLanes p;
    fr_mul(p, a, b);
    expect_equal(p, expected, round);
  }
}

TEST_F(Avx2, fr_dot_of_every_length) {
  std::mt19937_64 engine(5);
  for (int round = 0; round < 200; ++round) {
    const size_t count = static_cast<size_t>(round) % (kMaxDot + 1);
    std::vector<FrLanes> a(kMaxDot), b(kMaxDot);
    std::vector<uint8_t> index(kMaxDot);
    FourFr expected{};
    std::vector<FourFr> x(kMaxDot), y(kMaxDot);
    for (size_t i = 0; i < kMaxDot; ++i) {
      a[i] = fr_pack((x[i] = random_four(engine)).data());
      b[i] = fr_pack((y[i] = random_four(engine)).data());
      index[i] = static_cast<uint8_t>(engine() % kMaxDot);
    }
    for (size_t i = 0; i < count; ++i) {
      for (size_t lane = 0; lane < 4; ++lane) {
        blst_fr p;
        blst_fr_mul(&p, &x[i][lane], &y[index[i]][lane]);
        blst_fr_add(&expected[lane], &expected[lane], &p);
      }
    }
    FrLanes out;
    fr_dot(out, a.data(), b.data(), index.data(), count);
    expect_equal(out, expected, round);
  }
}

TEST_F(Avx2, fr_settled_sums_are_operands_again) {
  std::mt19937_64 engine(7);
  for (int round = 0; round < 2000; ++round) {
    const FourFr x = random_four(engine);
    const FrLanes packed = fr_pack(x.data());
    FrLanes sum{};
    FourFr expected{};
    for (int i = 0; i < 32; ++i) {
      round % 2 ? fr_sub(sum, sum, packed) : fr_add(sum, sum, packed);
      for (size_t lane = 0; lane < 4; ++lane) round % 2 ? blst_fr_sub(&expected[lane], &expected[lane], &x[lane]) : blst_fr_add(&expected[lane], &expected[lane], &x[lane]);
    }
    fr_settle(sum);
    for (size_t j = 0; j < 5; ++j)
      for (const double limb : sum.l[j]) ASSERT_LE(std::abs(limb), 0x1p47 + 0x1p10);
    expect_equal(sum, expected, round);
  }
}

TEST_F(Avx2, fr_lanes_move) {
  std::mt19937_64 engine(6);
  std::array<FourFr, 4> x;
  std::array<FrLanes, 4> a;
  for (size_t i = 0; i < 4; ++i) a[i] = fr_pack((x[i] = random_four(engine)).data());
  FrLanes next;
  fr_next(next, a[0], a[1]);
  expect_equal(next, {x[0][1], x[0][2], x[0][3], x[1][0]}, 0);
  fr_transpose(a.data());
  for (size_t i = 0; i < 4; ++i) expect_equal(a[i], {x[0][i], x[1][i], x[2][i], x[3][i]}, 0);
}

TEST(Kernels, have_names_and_the_best_one_runs) {
  EXPECT_TRUE(runs_here(best_kernel()));
  EXPECT_STREQ(name(Kernel::portable), "portable");
  EXPECT_STREQ(name(Kernel::avx2), "avx2");
  EXPECT_STREQ(name(Kernel::ifma), "ifma");
  EXPECT_STREQ(name(Kernel::ifma_emulated), "ifma_emulated");
  EXPECT_TRUE(runs_here(Kernel::ifma_emulated));
  EXPECT_NE(best_kernel(), Kernel::ifma_emulated);
  if (runs_here(Kernel::ifma)) {
    EXPECT_EQ(best_kernel(), Kernel::ifma);
  }
}

}  // namespace
}  // namespace sotto::simd
