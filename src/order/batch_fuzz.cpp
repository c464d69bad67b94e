// Whatever decodes as a batch encodes to the same bytes.
#include "order/ordering.hpp"

using namespace sotto;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteView bytes(data, size);
  const auto batch = order::decode_batch(bytes);
  if (!batch.ok()) return 0;
  const Bytes again = order::encode(*batch);
  CHECK(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
  return 0;
}
