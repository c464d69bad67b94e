// Whatever is accepted as a committee encodes to the same bytes and can reach a quorum.
#include "settle/committee.hpp"

using namespace sotto;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteView bytes(data, size);
  const auto committee = settle::Committee::decode(bytes);
  if (!committee.ok()) return 0;
  const Bytes again = committee->encode();
  CHECK(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
  CHECK(committee->is_quorum(committee->total()) && !committee->is_quorum(0));
  return 0;
}
