// Whatever decodes as a transaction, with or without its certificate, encodes to the same bytes.
#include "ledger/block.hpp"

using namespace sotto;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteView bytes(data, size);
  const auto tx = ledger::decode_transaction(bytes);
  if (tx.ok()) {
    const Bytes again = ledger::encode(*tx);
    CHECK(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
    CHECK(ledger::full_id(*tx) == ledger::full_id(bytes));
    CHECK(ledger::nullifiers(*tx).size() == ledger::generations(*tx).size());
    (void)ledger::txid(*tx);
    for (const auto& t : tx->transfers) (void)ledger::statement_of(t);
  }
  const auto certified = ledger::decode_certified(bytes);
  if (certified.ok()) {
    const Bytes again = ledger::encode(*certified);
    CHECK(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
  }
  return 0;
}
