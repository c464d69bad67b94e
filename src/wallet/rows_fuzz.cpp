// Rows as a wallet reads them from its store. Input: a list of (table u8 | id (sized) | value (sized)). Rows are sealed on
// disk, so this is about robustness, not about an attacker: whatever opens must write the same rows again.
#include "wallet/state.hpp"

using namespace sotto;
using namespace sotto::wallet;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Reader in(ByteView(data, size));
  std::vector<Row> rows;
  while (in.left() > 0 && rows.size() < 64) {
    const auto table = in.u8();
    const auto id = in.sized(4096);
    if (!id.ok()) return 0;
    const auto value = in.sized(1 << 20);
    if (!value.ok()) return 0;
    rows.push_back({{static_cast<Table>(*table), Bytes(id->begin(), id->end())}, Bytes(value->begin(), value->end())});
  }
  const auto state = state_from_rows(rows);
  if (!state.ok()) return 0;
  const auto written = [&](const Row& row) {
    for (const Row& r : rows) {
      if (r.key == row.key && r.value == row.value) return true;
    }
    return false;
  };
  CHECK(written(account_row(*state)) && written(sync_row(*state)));
  for (const auto& [cm, note] : state->notes) CHECK(written(row_of(note)));
  for (const auto& [id, payment] : state->payments) CHECK(written(row_of(payment)));
  for (const auto& [id, entry] : state->history) CHECK(written(row_of(entry)));
  for (const auto& [id, stake] : state->stakes) CHECK(written(row_of(stake)));
  for (const auto& [ref, receipt] : state->receipts) CHECK(written(receipt_row(ref, receipt)));
  return 0;
}
