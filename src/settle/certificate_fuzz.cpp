// Whatever decodes as a certificate, of either phase, encodes to the same bytes; checking it never stops the process.
#include "settle/settle_for_test.hpp"

using namespace sotto;
using namespace sotto::settle;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const TestCommittee committee({1, 1, 1, 1});
  const ByteView bytes(data, size);
  const auto certificate = LockCertificate::decode(bytes);
  CHECK(SettlementCertificate::decode(bytes).ok() == certificate.ok());
  if (!certificate.ok()) return 0;
  const Bytes again = certificate->encode();
  CHECK(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
  (void)verify(*certificate, *committee.committee);
  return 0;
}
