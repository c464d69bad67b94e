// Messages on an ABCI socket: the length as an unsigned varint (7 bits a byte, the lowest first), then the bytes.
#pragma once
#include "base/bytes.hpp"
#include "base/result.hpp"

namespace sotto::comet {

Bytes framed(ByteView message);

enum class FrameReject : uint8_t {
  bad_length,            // not the shortest varint of a u32
  too_large,             // above the limit
};
const char* name(FrameReject reject);

// Cuts a stream into messages. Holds what was received and not yet taken, never more.
class FrameReader {
 public:
  explicit FrameReader(size_t max_message) : max_message_(max_message) {}
  void push(ByteView received) { buffer_.insert(buffer_.end(), received.begin(), received.end()); }
  // The next whole message, valid until the next call of anything here; nullopt: more bytes are needed. After a rejection
  // the stream is of no more use.
  Result<std::optional<ByteView>, FrameReject> next();

 private:
  const size_t max_message_;
  Bytes buffer_;
  size_t taken_ = 0;
};

}  // namespace sotto::comet
