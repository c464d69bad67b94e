// Where a wallet keeps what it must not lose, as an interface: rows of plain bytes, changed all together or not at all.
// store::WalletStore is the real one (sealed rows in SQLite); the wallet never sees a file.
#pragma once
#include "base/codec.hpp"

namespace sotto::wallet {

// A number never changes its meaning.
enum class Table : uint8_t {
  account = 1,    // one row: seed, network, account index
  sync = 2,       // one row: height, note tree frontier, counters
  notes = 3,      // by commitment
  witnesses = 4,  // by tree position: what the tree must remember for an unspent note
  payments = 5,   // by txid: everything this wallet sent, byte for byte
  history = 6,    // by txid
  receipts = 7,   // by txid, transfer and slot: what payees signed for us
  stakes = 8,     // by claim id: what this account bonded, unbonded and claimed
  delivered = 9,  // by txid: payments to us that came with their certificate and are in no block yet
};
inline constexpr std::array kTables = {Table::account, Table::sync, Table::notes, Table::witnesses,
                                       Table::payments, Table::history, Table::receipts, Table::stakes, Table::delivered};
const char* name(Table table);

struct RowKey {
  Table table{};
  Bytes id;
  friend auto operator<=>(const RowKey&, const RowKey&) = default;
};
struct Row {
  RowKey key;
  Bytes value;
  friend bool operator==(const Row&, const Row&) = default;
};
struct Changes {
  std::vector<Row> put;         // inserts or replaces
  std::vector<RowKey> erase;    // absent rows are fine
  bool empty() const { return put.empty() && erase.empty(); }
};

class RowStore {
 public:
  virtual ~RowStore() = default;
  // When it returns Ok the changes are all on disk and survive any crash; on an Error none of them is.
  virtual Status<Error> commit(const Changes& changes) = 0;
  // Everything, in no particular order.
  virtual Result<std::vector<Row>, Error> load() = 0;
};

}  // namespace sotto::wallet
