// Whatever decodes as evidence encodes to the same bytes, and convicting or not never fails.
#include "settle/evidence.hpp"
#include "settle/settle_for_test.hpp"

using namespace sotto;
using namespace sotto::settle;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const TestCommittee committee({1, 1, 1, 1});
  const ByteView bytes(data, size);
  const auto evidence = decode_evidence(bytes);
  if (!evidence.ok()) return 0;
  const Bytes again = encode(*evidence);
  CHECK(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
  const TestLedger ledger;
  (void)convicts(*evidence, *committee.committee, ledger);
  return 0;
}
