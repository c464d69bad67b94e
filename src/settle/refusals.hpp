// What the parts of the state machine share about refusing.
#pragma once
#include <algorithm>

#include "settle/validator.hpp"

namespace sotto::settle {

inline Refusal refuse(SettleReject reason, const char* rule = "") { return {reason, rule, nullptr, std::nullopt}; }

// A generation that is no longer current voids everything that names it.
inline bool outdated(const LedgerView& ledger, const Candidate& transaction) {
  return std::ranges::any_of(transaction.notes, [&](const NoteKey& n) { return n.generation < ledger.generation(n.nf); });
}

inline bool executed(const LedgerView& ledger, const Candidate& transaction) {
  return std::ranges::any_of(transaction.notes, [&](const NoteKey& n) { return ledger.spent_by(n.nf) == transaction.txid; });
}

}  // namespace sotto::settle
