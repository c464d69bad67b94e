// The real LedgerView: the ledger's state and archive as settlement sees them.
#pragma once
#include "ledger/check.hpp"
#include "settle/validator.hpp"

namespace sotto::settle {

// Borrows both; they may change between steps, never during one.
class StateView final : public LedgerView {
 public:
  StateView(const ledger::State& state, const ledger::Archive& archive) : state_(state), archive_(archive) {}
  const char* check_cheap(const ledger::Transaction& transaction, const TxId& txid) const override;
  std::optional<TxId> spent_by(const Nullifier& nf) const override;
  uint32_t generation(const Nullifier& nf) const override { return state_.generation(nf); }
  bool frozen(const Nullifier& nf) const override { return state_.recoveries.contains(nf); }
  bool open(uint64_t epoch) const override { return epoch == state_.epoch && !state_.closing; }

 private:
  const ledger::State& state_;
  const ledger::Archive& archive_;
};

}  // namespace sotto::settle
