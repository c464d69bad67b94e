#include "comet/framing.hpp"

namespace sotto::comet {

namespace {
constexpr size_t kMaxLengthBytes = 5;    // of a u32
}

const char* name(FrameReject reject) {
  switch (reject) {
    case FrameReject::bad_length: return "bad_length";
    case FrameReject::too_large: return "too_large";
  }
  return "?";
}

Bytes framed(ByteView message) {
  CHECK(message.size() <= UINT32_MAX);
  Bytes out;
  out.reserve(message.size() + kMaxLengthBytes);
  for (size_t n = message.size();; n >>= 7) {
    if (n < 0x80) {
      out.push_back(static_cast<uint8_t>(n));
      break;
    }
    out.push_back(static_cast<uint8_t>(n | 0x80));
  }
  out.insert(out.end(), message.begin(), message.end());
  return out;
}

Result<std::optional<ByteView>, FrameReject> FrameReader::next() {
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(std::exchange(taken_, 0)));
  uint64_t length = 0;
  for (size_t i = 0;; ++i) {
    if (i == kMaxLengthBytes) return Failure{FrameReject::bad_length};
    if (i == buffer_.size()) return std::optional<ByteView>();
    length |= uint64_t{buffer_[i] & 0x7fu} << (7 * i);
    if (buffer_[i] & 0x80) continue;
    if ((i > 0 && buffer_[i] == 0) || length > UINT32_MAX) return Failure{FrameReject::bad_length};
    if (length > max_message_) return Failure{FrameReject::too_large};
    if (buffer_.size() - i - 1 < length) return std::optional<ByteView>();
    taken_ = i + 1 + static_cast<size_t>(length);
    return std::optional(ByteView(buffer_).subspan(i + 1, static_cast<size_t>(length)));
  }
}

}  // namespace sotto::comet
