// Records of the lock store: what decodes encodes to the same bytes.
#include "settle/durable.hpp"

using namespace sotto;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteView bytes(data, size);
  if (const auto lock = settle::Lock::decode(bytes); lock.ok()) {
    const Bytes again = lock->encode();
    CHECK(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
    CHECK(!lock->transaction.notes.empty() || lock->transaction.one_owner);
  }
  if (const auto certified = settle::Certified::decode(bytes); certified.ok()) {
    const Bytes again = certified->encode();
    CHECK(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
  }
  return 0;
}
