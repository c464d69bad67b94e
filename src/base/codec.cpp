#include "base/codec.hpp"

namespace sotto {

const char* name(DecodeError e) {
  switch (e) {
    case DecodeError::truncated: return "truncated";
    case DecodeError::trailing_bytes: return "trailing_bytes";
    case DecodeError::too_large: return "too_large";
    case DecodeError::bad_version: return "bad_version";
    case DecodeError::not_boolean: return "not_boolean";
    case DecodeError::non_canonical: return "non_canonical";
    case DecodeError::not_on_curve: return "not_on_curve";
    case DecodeError::not_in_subgroup: return "not_in_subgroup";
    case DecodeError::point_at_infinity: return "point_at_infinity";
    case DecodeError::out_of_order: return "out_of_order";
  }
  return "unknown";
}

Result<bool, DecodeError> Reader::boolean() {
  TRY(v, u8());
  if (v > 1) return Failure{DecodeError::not_boolean};
  return v == 1;
}

Result<ByteView, DecodeError> Reader::raw(size_t n) {
  if (left() < n) return Failure{DecodeError::truncated};
  const ByteView out = bytes_.subspan(at_, n);
  at_ += n;
  return out;
}

Result<ByteView, DecodeError> Reader::sized(size_t limit) {
  TRY(n, u32());
  if (n > limit) return Failure{DecodeError::too_large};
  return raw(n);
}

Result<size_t, DecodeError> Reader::count(size_t limit, size_t min_item_bytes) {
  CHECK(min_item_bytes > 0);
  TRY(n, u32());
  if (n > limit) return Failure{DecodeError::too_large};
  if (n > left() / min_item_bytes) return Failure{DecodeError::truncated};
  return size_t{n};
}

Status<DecodeError> Reader::finish() const {
  if (left() != 0) return Failure{DecodeError::trailing_bytes};
  return Ok{};
}

}  // namespace sotto
