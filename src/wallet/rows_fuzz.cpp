// Rows as a wallet reads them from its store. Input: a list of (table u8 | id (sized) | value (sized)). Rows are sealed on
// disk, so this is about robustness, not about an attacker: whatever opens must write the same rows again, and rows of
// older versions rows that say the same and stay as they are from then on.
#include <algorithm>

#include "wallet/state.hpp"

using namespace sotto;
using namespace sotto::wallet;

static std::vector<Row> rows_of(const State& state) {
  std::vector<Row> out{account_row(state), sync_row(state)};
  for (const auto& [cm, note] : state.notes) {
    out.push_back(row_of(note));
    if (note.position && !note.spent_by) out.push_back(witness_row(state, *note.position));
  }
  for (const auto& [id, payment] : state.payments) out.push_back(row_of(payment));
  for (const auto& [id, entry] : state.history) out.push_back(row_of(entry));
  for (const auto& [id, stake] : state.stakes) out.push_back(row_of(stake));
  for (const auto& [id, delivered] : state.delivered) out.push_back(row_of(delivered));
  for (const auto& [ref, receipt] : state.receipts) out.push_back(receipt_row(ref, receipt));
  return out;
}

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
  const std::vector<Row> written = rows_of(*state);
  for (const Row& row : written) {
    CHECK(std::ranges::any_of(rows, [&](const Row& read) {
      return read.key == row.key && (read.value == row.value || read.value[0] < row.value[0]);
    }));
  }
  const auto again = state_from_rows(written);
  CHECK(again.ok() && rows_of(*again) == written);
  return 0;
}
