#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

#include "simd/cpu.hpp"
#include "simd/fp_ifma.hpp"

namespace sotto::simd {
namespace {

using Limbs = std::array<uint64_t, 8>;
constexpr uint64_t kTop = (uint64_t{1} << 52) - 1;
constexpr Limbs kP = {0xeffffffffaaab, 0xfeb153ffffb9f, 0x6b0f6241eabff, 0x12bf6730d2a0f,
                      0x764774b84f385, 0x1ba7b6434bacd, 0x1ea397fe69a4b, 0x1a011};

struct alignas(64) Words {
  IfmaWords w;
  void set(size_t lane, const Limbs& limbs) {
    for (size_t j = 0; j < 8; ++j) w[8 * j + lane] = limbs[j];
  }
  Limbs get(size_t lane) const {
    Limbs out;
    for (size_t j = 0; j < 8; ++j) out[j] = w[8 * j + lane];
    return out;
  }
};

// times p + little, |little| small.
Limbs near_multiple(uint64_t times, int64_t little) {
  Limbs out;
  int64_t carry = little;
  for (size_t j = 0; j < 8; ++j) {
    const int64_t limb = static_cast<int64_t>(times * kP[j]) + carry;
    out[j] = static_cast<uint64_t>(limb) & kTop;
    carry = limb >> 52;
  }
  return out;
}

// Settled limbs of values below `times` p, not canonical: random, with limbs at the edges, next to multiples of p.
class Operands {
 public:
  explicit Operands(uint64_t seed) : engine_(seed) {}
  uint64_t word() { return engine_(); }
  Limbs next(uint64_t times) {
    const uint64_t kind = engine_() % 8;
    if (kind == 0) return near_multiple(engine_() % times, static_cast<int64_t>(engine_() % 3));
    if (kind == 1) return near_multiple(1 + engine_() % times, -1 - static_cast<int64_t>(engine_() % 2));
    Limbs out;
    for (uint64_t& limb : out) {
      const uint64_t pick = engine_() % 6;
      const uint64_t edges[] = {0, 1, kTop, kTop - 1, uint64_t{1} << 51, engine_() & kTop};
      limb = kind < 5 ? engine_() & kTop : edges[pick];
    }
    out[7] = kind < 5 || out[7] >= times * kP[7] ? engine_() % (times * kP[7]) : out[7];
    return out;
  }

 private:
  std::mt19937_64 engine_;
};

// The number itself as an element of blst's field, by Horner's rule: nothing of what is tested takes part.
blst_fp number(uint64_t word) {
  const uint64_t limbs[6] = {word};
  blst_fp out;
  blst_fp_from_uint64(&out, limbs);
  return out;
}
blst_fp element(const Limbs& limbs) {
  static const blst_fp radix = number(uint64_t{1} << 52);
  blst_fp out = number(limbs[7]);
  for (size_t j = 7; j-- > 0;) {
    const blst_fp limb = number(limbs[j]);
    blst_fp_mul(&out, &out, &radix);
    blst_fp_add(&out, &out, &limb);
  }
  return out;
}
bool equal(const blst_fp& a, const blst_fp& b) { return std::memcmp(a.l, b.l, sizeof a.l) == 0; }

// At most hundredths / 100 of p, as the top limb tells it; all limbs settled.
bool settled_below(const Limbs& limbs, uint64_t hundredths) {
  for (const uint64_t limb : limbs)
    if (limb > kTop) return false;
  return limbs[7] <= kP[7] * hundredths / 100 + 1;
}

blst_fp two_to_416() {
  blst_fp out = number(1);
  for (int i = 0; i < 416; ++i) blst_fp_add(&out, &out, &out);
  return out;
}

struct Variant {
  Kernel kernel;
  const IfmaCode* code;
};
class Ifma : public testing::TestWithParam<Variant> {
 protected:
  void SetUp() override {
    if (!runs_here(GetParam().kernel)) GTEST_SKIP() << "no AVX-512 IFMA here";
  }
  const IfmaCode& code = *GetParam().code;
};
INSTANTIATE_TEST_SUITE_P(of, Ifma,
                         testing::Values(Variant{Kernel::ifma, &kIfmaReal},
                                         Variant{Kernel::ifma_emulated, &kIfmaEmulated}),
                         [](const auto& param) { return std::string(name(param.param.kernel)); });

TEST_P(Ifma, products_and_squares_equal_blst_within_their_bounds) {
  Operands operands(11);
  const blst_fp factor = two_to_416();
  const int rounds = std::getenv("SOTTO_LONG") ? 6'250'000 : 20'000;   // 16 cases a round
  for (int round = 0; round < rounds; ++round) {
    Words a, b, out, squared;
    for (size_t lane = 0; lane < 8; ++lane) {
      a.set(lane, operands.next(8));
      b.set(lane, operands.next(8));
    }
    code.multiply(out.w, a.w, b.w);
    code.square(squared.w, a.w);
    for (size_t lane = 0; lane < 8; ++lane) {
      const blst_fp x = element(a.get(lane)), y = element(b.get(lane));
      blst_fp expected, got = element(out.get(lane));
      ASSERT_TRUE(settled_below(out.get(lane), 126)) << round;
      ASSERT_TRUE(settled_below(squared.get(lane), 126)) << round;
      blst_fp_mul(&expected, &x, &y);
      blst_fp_mul(&got, &got, &factor);
      ASSERT_TRUE(equal(got, expected)) << round << " lane " << lane;
      blst_fp_sqr(&expected, &x);
      got = element(squared.get(lane));
      blst_fp_mul(&got, &got, &factor);
      ASSERT_TRUE(equal(got, expected)) << round << " lane " << lane;
    }
    code.multiply(a.w, a.w, b.w);                      // in place
    ASSERT_EQ(std::memcmp(a.w, out.w, sizeof a.w), 0);
  }
}

TEST_P(Ifma, largest_operands_of_all_stay_within_the_bounds) {
  // Every limb at its largest: more than any value of the kernel's, so that no column can be fuller.
  Words a, out;
  Limbs largest;
  largest.fill(kTop);
  largest[7] = (uint64_t{1} << 20) - 1;
  for (size_t lane = 0; lane < 8; ++lane) a.set(lane, largest);
  const blst_fp factor = two_to_416(), x = element(a.get(0));
  blst_fp expected;
  blst_fp_sqr(&expected, &x);
  for (const bool square : {false, true}) {
    if (square) code.square(out.w, a.w);
    else code.multiply(out.w, a.w, a.w);
    blst_fp got = element(out.get(3));
    blst_fp_mul(&got, &got, &factor);
    EXPECT_TRUE(equal(got, expected));
    EXPECT_TRUE(settled_below(out.get(3), 126));
  }
}

TEST_P(Ifma, reduction_keeps_the_value_and_its_bound) {
  Operands operands(12);
  for (int round = 0; round < 20'000; ++round) {
    Words a, out;
    for (size_t lane = 0; lane < 8; ++lane) a.set(lane, operands.next(7));
    code.reduce(out.w, a.w);
    for (size_t lane = 0; lane < 8; ++lane) {
      ASSERT_TRUE(settled_below(out.get(lane), 101)) << round;
      ASSERT_TRUE(equal(element(out.get(lane)), element(a.get(lane)))) << round;
    }
  }
}

TEST(IfmaOperations, are_what_the_instruction_set_says) {
  alignas(64) IfmaWords in{};
  alignas(64) uint64_t out[8 * kIfmaOperations];
  const uint64_t above = uint64_t{0xabc} << 52;        // what madd52 does not read
  in[0] = 5;
  in[8] = kTop | above;
  in[16] = kTop | above;
  in[1] = static_cast<uint64_t>(-1);
  in[9] = 2;
  in[17] = uint64_t{1} << 51;
  in[24] = 2;                                          // negates lane 1
  for (uint64_t i = 0; i < 8; ++i) in[32 + i] = 100 + i;
  in[40] = 77;
  kIfmaEmulated.every_operation(out, in);
  const auto result = [&](size_t operation, size_t lane) { return out[8 * operation + lane]; };
  EXPECT_EQ(result(0, 1), 1u);                         // sum modulo 2^64
  EXPECT_EQ(result(1, 1), static_cast<uint64_t>(-3));
  EXPECT_EQ(result(2, 0), 5u + 1u);                    // (2^52 - 1)^2 = (2^52 - 2) 2^52 + 1
  EXPECT_EQ(result(3, 0), 5u + kTop - 1);
  EXPECT_EQ(result(2, 1), static_cast<uint64_t>(-1));  // 2 * 2^51 = 1 * 2^52 + 0
  EXPECT_EQ(result(3, 1), 0u);
  EXPECT_EQ(result(4, 0), 0u);
  EXPECT_EQ(result(4, 1), static_cast<uint64_t>(-1));  // the shift is arithmetic
  EXPECT_EQ(result(5, 1), kTop);
  EXPECT_EQ(result(6, 0), 5u);
  EXPECT_EQ(result(6, 1), 1u);
  EXPECT_EQ(result(7, 0), 105u);
  EXPECT_EQ(result(7, 1), 107u);
  for (size_t lane = 0; lane < 8; ++lane) {
    EXPECT_EQ(result(8, lane), 77u);
    for (size_t row = 0; row < 8; ++row) EXPECT_EQ(result(10 + row, lane), in[8 * lane + row]);
  }
}

TEST(IfmaOperations, instructions_equal_the_emulation) {
  if (!runs_here(Kernel::ifma)) GTEST_SKIP() << "no AVX-512 IFMA here";
  std::mt19937_64 engine(13);
  for (int round = 0; round < 200'000; ++round) {
    alignas(64) IfmaWords in;
    alignas(64) uint64_t real[8 * kIfmaOperations], emulated[8 * kIfmaOperations];
    for (uint64_t& word : in) {
      const uint64_t edges[] = {0, 1, kTop, ~uint64_t{0}, uint64_t{1} << 63, engine(), engine(), engine()};
      word = edges[engine() % 8];
    }
    kIfmaReal.every_operation(real, in);
    kIfmaEmulated.every_operation(emulated, in);
    for (size_t i = 0; i < std::size(real); ++i)
      ASSERT_EQ(real[i], emulated[i]) << "operation " << i / 8 << " lane " << i % 8;
  }
}

TEST(IfmaPoint, round_trip_of_every_representative_and_negation) {
  Operands operands(14);
  const blst_p1_affine infinity{};
  EXPECT_TRUE(blst_p1_affine_is_inf(&infinity));
  const IfmaPoint packed = IfmaPairs::pack(infinity), zero{};
  EXPECT_EQ(std::memcmp(&packed, &zero, sizeof zero), 0);
  for (int round = 0; round < 20'000; ++round) {
    IfmaPoint p{};
    const Limbs x = operands.next(2), y = round < 2 ? near_multiple(static_cast<uint64_t>(round), 0) : operands.next(2);
    std::copy(x.begin(), x.end(), p.x);
    std::copy(y.begin(), y.end(), p.y);
    blst_p1_affine plain = IfmaPairs::unpack(p);
    const IfmaPoint again = IfmaPairs::pack(plain);
    Limbs back;
    std::copy(again.x, again.x + 8, back.begin());
    ASSERT_TRUE(equal(element(back), element(x))) << round;
    ASSERT_TRUE(settled_below(back, 100));
    IfmaPairs::negate(p);
    blst_fp_cneg(&plain.y, &plain.y, true);
    const blst_p1_affine negated = IfmaPairs::unpack(p);
    ASSERT_TRUE(equal(negated.x, plain.x));
    ASSERT_TRUE(equal(negated.y, plain.y));
  }
}

}  // namespace
}  // namespace sotto::simd
