// Canonical codec: one value, one byte string. Integers are fixed-width big-endian, lists carry a u32 count,
// byte strings a u32 length, options one byte 0/1. Decoders refuse everything an encoder cannot produce.
#pragma once
#include <concepts>
#include <cstring>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace sotto {

enum class DecodeError : uint8_t {
  truncated,        // fewer bytes than the format needs
  trailing_bytes,   // more bytes than the format allows
  too_large,        // a count or length above the named limit
  bad_version,      // unknown version or type byte
  not_boolean,      // an option or flag other than 0/1
  non_canonical,    // a field element or scalar not below its modulus, or a second encoding of a value
  not_on_curve,
  not_in_subgroup,
  point_at_infinity,
  out_of_order,     // a set that must be strictly increasing is not
};
const char* name(DecodeError e);

class Writer {
 public:
  template <std::unsigned_integral T>
  void integer(T value) {
    for (size_t i = sizeof(T); i-- > 0;) bytes_.push_back(static_cast<uint8_t>(value >> (8 * i)));
  }
  void u8(uint8_t v) { integer(v); }
  void u16(uint16_t v) { integer(v); }
  void u32(uint32_t v) { integer(v); }
  void u64(uint64_t v) { integer(v); }
  void raw(ByteView v) { bytes_.insert(bytes_.end(), v.begin(), v.end()); }
  void sized(ByteView v) { CHECK(v.size() <= UINT32_MAX); u32(static_cast<uint32_t>(v.size())); raw(v); }
  void count(size_t n) { CHECK(n <= UINT32_MAX); u32(static_cast<uint32_t>(n)); }
  const Bytes& bytes() const& { return bytes_; }
  Bytes bytes() && { return std::move(bytes_); }

 private:
  Bytes bytes_;
};

// Reads never allocate more than what is left to read.
class Reader {
 public:
  explicit Reader(ByteView bytes) : bytes_(bytes) {}
  size_t left() const { return bytes_.size() - at_; }
  size_t position() const { return at_; }

  template <std::unsigned_integral T>
  Result<T, DecodeError> integer() {
    if (left() < sizeof(T)) return Failure{DecodeError::truncated};
    T v = 0;
    for (size_t i = 0; i < sizeof(T); ++i) v = static_cast<T>((v << 8) | bytes_[at_++]);
    return v;
  }
  Result<uint8_t, DecodeError> u8() {
    if (left() < 1) return Failure{DecodeError::truncated};
    return bytes_[at_++];
  }
  Result<uint16_t, DecodeError> u16() { return integer<uint16_t>(); }
  Result<uint32_t, DecodeError> u32() { return integer<uint32_t>(); }
  Result<uint64_t, DecodeError> u64() { return integer<uint64_t>(); }
  Result<bool, DecodeError> boolean();
  Result<ByteView, DecodeError> raw(size_t n);
  // u32 length, at most `limit`, then the bytes.
  Result<ByteView, DecodeError> sized(size_t limit);
  // u32 count, at most `limit` and at most left() / min_item_bytes.
  Result<size_t, DecodeError> count(size_t limit, size_t min_item_bytes);
  template <size_t N>
  Result<ByteArray<N>, DecodeError> array() {
    if (left() < N) return Failure{DecodeError::truncated};
    ByteArray<N> out;
    std::memcpy(out.data(), bytes_.data() + at_, N);
    at_ += N;
    return out;
  }
  // Every decoder ends with this: nothing may follow.
  Status<DecodeError> finish() const;

 private:
  ByteView bytes_;
  size_t at_ = 0;
};

}  // namespace sotto
