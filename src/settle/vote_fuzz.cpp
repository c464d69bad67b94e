// Whatever decodes as a share encodes to the same bytes; a collector takes or refuses it.
#include "settle/settle_for_test.hpp"

using namespace sotto;
using namespace sotto::settle;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const TestCommittee committee({1, 1, 1, 1});
  const ByteView bytes(data, size);
  const auto vote = Vote::decode(bytes);
  if (!vote.ok()) return 0;
  const Bytes again = vote->encode();
  CHECK(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
  VoteCollector collector(committee.committee, {5, {0}, {}});
  (void)collector.add(*vote);
  return 0;
}
