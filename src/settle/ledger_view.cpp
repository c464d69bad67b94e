#include "settle/ledger_view.hpp"

namespace sotto::settle {

const char* StateView::check_cheap(const ledger::Transaction& transaction, const TxId& txid) const {
  const auto stateless = ledger::check_stateless(transaction, *state_.network, state_.height);
  if (!stateless) return ledger::name(stateless.error());
  const auto stateful = ledger::check_stateful(transaction, txid, state_, archive_, ledger::For::vote);
  if (!stateful) return ledger::name(stateful.error());
  return nullptr;
}

std::optional<TxId> StateView::spent_by(const Nullifier& nf) const {
  const auto spend = archive_.spend_of(nf);
  if (!spend) return std::nullopt;
  return spend->txid;
}

}  // namespace sotto::settle
