// Whatever decodes as a block encodes to the same bytes.
#include "ledger/block.hpp"

using namespace sotto;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteView bytes(data, size);
  const auto block = ledger::decode_block(bytes);
  if (!block.ok()) return 0;
  const Bytes again = ledger::encode(*block);
  CHECK(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
  (void)ledger::entries_hash(block->entries);
  return 0;
}
