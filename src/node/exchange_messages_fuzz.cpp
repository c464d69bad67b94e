// What validators and wallets of an exchange send: what decodes encodes to the same bytes. The first byte chooses which.
#include <algorithm>

#include "node/exchange_messages.hpp"

using namespace sotto;
using namespace sotto::node;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const ByteView bytes(data + 1, size - 1);
  Bytes again;
  if (data[0] == 0) {
    const auto messages = decode_exchange(bytes);
    if (!messages.ok()) return 0;
    std::vector<Bytes> each;
    for (const auto& m : *messages) each.push_back(encode(m));
    again = join(each);
  } else {
    const auto answer = decode_exchange_answer(bytes);
    if (!answer.ok()) return 0;
    again = encode(*answer);
  }
  CHECK(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
  return 0;
}
