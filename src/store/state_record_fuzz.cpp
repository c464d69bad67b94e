// The ledger's state as stored: what decodes encodes to the same bytes.
#include "store/state_codec.hpp"

using namespace sotto;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteView bytes(data, size);
  const auto state = store::decode_state(bytes, nullptr);
  if (!state.ok()) return 0;
  const Bytes again = store::encode_state(*state);
  CHECK(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
  return 0;
}
