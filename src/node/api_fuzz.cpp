// Bodies of the HTTP API, payment and receipt files, request targets: what decodes encodes to the same bytes. The first
// byte chooses which.
#include <algorithm>

#include "node/api.hpp"
#include "node/documents.hpp"

using namespace sotto;
using namespace sotto::node;

template <class Message>
static void check(ByteView bytes) {
  const auto message = Message::decode(bytes);
  if (!message.ok()) return;
  const Bytes again = message->encode();
  CHECK(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
}

static void check_target(ByteView bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto target = net::parse_target(text);
  CHECK(text.starts_with(target.path));
  for (const auto& [key, value] : target.query) {
    const auto number = target.number(key, 0);
    CHECK(!number || std::to_string(*number).size() <= 20);
    const auto hash = parse_hash(value);
    CHECK(hash.has_value() == (value.size() == 64 && from_hex(value).has_value()));
  }
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const ByteView bytes(data + 1, size - 1);
  switch (data[0]) {
    case 0: check<RefusalMessage>(bytes); break;
    case 1: check<CertificateMessage>(bytes); break;
    case 2: check<NetworkInfo>(bytes); break;
    case 3: check<BlocksMessage>(bytes); break;
    case 4: check<TreeMessage>(bytes); break;
    case 5: check<StatusMessage>(bytes); break;
    case 6: check<LockMessage>(bytes); break;
    case 7: check<PaymentDocument>(bytes); break;
    case 8: check<ReceiptDocument>(bytes); break;
    default: check_target(bytes); break;
  }
  return 0;
}
