// Whatever decodes as a genesis encodes to the same bytes; its content is judged without harm.
#include "ledger/genesis.hpp"

using namespace sotto;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteView bytes(data, size);
  const auto genesis = ledger::decode_genesis(bytes);
  if (!genesis.ok()) return 0;
  const Bytes again = ledger::encode(*genesis);
  CHECK(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
  if (ledger::check_content(genesis->content).ok()) (void)ledger::Network(genesis->content);
  return 0;
}
