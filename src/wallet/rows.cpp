#include "wallet/rows.hpp"

namespace sotto::wallet {

const char* name(Table table) {
  switch (table) {
    case Table::account: return "account";
    case Table::sync: return "sync";
    case Table::notes: return "notes";
    case Table::witnesses: return "witnesses";
    case Table::payments: return "payments";
    case Table::history: return "history";
    case Table::receipts: return "receipts";
    case Table::stakes: return "stakes";
    case Table::delivered: return "delivered";
  }
  return "unknown";
}

}  // namespace sotto::wallet
