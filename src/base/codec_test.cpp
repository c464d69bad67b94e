#include "base/codec.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

using namespace sotto;

namespace {

template <class T>
DecodeError error_of(const Result<T, DecodeError>& result) {
  EXPECT_FALSE(result.ok());
  return result.error();
}

}  // namespace

TEST(Codec, IntegersAreBigEndianAndFixedWidth) {
  Writer out;
  out.u8(1);
  out.u16(0x0203);
  out.u32(0x04050607);
  out.u64(0x08090a0b0c0d0e0f);
  EXPECT_EQ(to_hex(out.bytes()), "0102030405060708090a0b0c0d0e0f");
  Reader in(out.bytes());
  EXPECT_EQ(*in.u8(), 1u);
  EXPECT_EQ(*in.u16(), 0x0203u);
  EXPECT_EQ(*in.u32(), 0x04050607u);
  EXPECT_EQ(*in.u64(), 0x08090a0b0c0d0e0fu);
  EXPECT_TRUE(in.finish().ok());
}

TEST(Codec, ShortInputIsTruncatedAndConsumesNothing) {
  const Bytes three = {1, 2, 3};
  Reader in(three);
  EXPECT_EQ(error_of(in.u32()), DecodeError::truncated);
  EXPECT_EQ(error_of(in.u64()), DecodeError::truncated);
  EXPECT_EQ(error_of(in.raw(4)), DecodeError::truncated);
  EXPECT_EQ(error_of(in.array<4>()), DecodeError::truncated);
  EXPECT_EQ(in.position(), 0u);
  EXPECT_EQ(in.left(), 3u);
  Reader empty{ByteView()};
  EXPECT_EQ(error_of(empty.u8()), DecodeError::truncated);
  EXPECT_EQ(error_of(empty.boolean()), DecodeError::truncated);
}

TEST(Codec, TrailingBytesAreRefused) {
  const Bytes one = {0};
  Reader in(one);
  EXPECT_EQ(error_of(in.finish()), DecodeError::trailing_bytes);
  EXPECT_TRUE(in.u8().ok());
  EXPECT_TRUE(in.finish().ok());
}

TEST(Codec, BooleansAreZeroOrOne) {
  for (unsigned v = 0; v < 256; ++v) {
    const Bytes byte = {static_cast<uint8_t>(v)};
    Reader in(byte);
    const auto read = in.boolean();
    if (v <= 1) {
      EXPECT_EQ(*read, v == 1);
    } else {
      EXPECT_EQ(error_of(read), DecodeError::not_boolean);
    }
  }
}

TEST(Codec, SizedHasALimitAndMustBeThere) {
  Writer out;
  out.sized(view("abc"));
  Reader exact(out.bytes());
  const auto read = exact.sized(3);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(to_hex(*read), "616263");
  Reader small(out.bytes());
  EXPECT_EQ(error_of(small.sized(2)), DecodeError::too_large);
  const Bytes cut(out.bytes().begin(), out.bytes().end() - 1);
  Reader short_one(cut);
  EXPECT_EQ(error_of(short_one.sized(3)), DecodeError::truncated);
}

TEST(Codec, CountsAreBoundedByLimitAndByWhatIsLeft) {
  Writer out;
  out.count(2);
  out.raw(Bytes(8, 7));
  Reader fits(out.bytes());
  EXPECT_EQ(*fits.count(2, 4), 2u);
  Reader limited(out.bytes());
  EXPECT_EQ(error_of(limited.count(1, 4)), DecodeError::too_large);
  Reader impossible(out.bytes());
  EXPECT_EQ(error_of(impossible.count(2, 5)), DecodeError::truncated);
  // The largest count cannot overflow the comparison.
  Writer huge;
  huge.u32(UINT32_MAX);
  Reader in(huge.bytes());
  EXPECT_EQ(error_of(in.count(SIZE_MAX, SIZE_MAX)), DecodeError::truncated);
}

TEST(Codec, EveryErrorHasItsOwnName) {
  std::vector<std::string> names;
  for (int e = 0; e <= static_cast<int>(DecodeError::out_of_order); ++e) names.push_back(name(static_cast<DecodeError>(e)));
  for (size_t i = 0; i < names.size(); ++i) {
    EXPECT_NE(names[i], "unknown");
    for (size_t j = 0; j < i; ++j) EXPECT_NE(names[i], names[j]);
  }
}

RC_GTEST_PROP(Codec, WhatIsWrittenIsRead, (uint8_t a, uint16_t b, uint32_t c, uint64_t d, bool e, const Bytes& f)) {
  Writer out;
  out.u64(d);
  out.sized(f);
  out.u8(a);
  out.u8(e ? 1 : 0);
  out.u16(b);
  out.u32(c);
  Reader in(out.bytes());
  RC_ASSERT(*in.u64() == d);
  const auto sized = in.sized(f.size());
  RC_ASSERT(sized.ok());
  RC_ASSERT(std::equal(sized->begin(), sized->end(), f.begin(), f.end()));
  RC_ASSERT(*in.u8() == a);
  RC_ASSERT(*in.boolean() == e);
  RC_ASSERT(*in.u16() == b);
  RC_ASSERT(*in.u32() == c);
  RC_ASSERT(in.finish().ok());
}

TEST(Hex, ReadsBothCasesAndNothingElse) {
  EXPECT_EQ(to_hex(*from_hex("00fFaB")), "00ffab");
  EXPECT_TRUE(from_hex("")->empty());
  for (const char* bad : {"0", "0g", "g0", " 00", "0x", "-1", "00 "}) EXPECT_FALSE(from_hex(bad).has_value()) << bad;
}
