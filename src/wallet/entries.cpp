// What a wallet's entries mean, and what is recomputed from them. Their rows: state.cpp.
#include <algorithm>

#include "wallet/state.hpp"

namespace sotto::wallet {

const char* name(PaymentKind kind) {
  switch (kind) {
    case PaymentKind::payment: return "payment";
    case PaymentKind::merge: return "merge";
    case PaymentKind::split: return "split";
    case PaymentKind::bond: return "bond";
    case PaymentKind::unbond: return "unbond";
    case PaymentKind::registration: return "registration";
    case PaymentKind::claim: return "claim";
  }
  return "unknown";
}

// By what it does, not by a word that somebody wrote down: another device's transactions have a kind too.
PaymentKind PaymentEntry::kind() const {
  if (std::ranges::any_of(outputs, [](const PaymentOutput& o) { return !o.change; })) return PaymentKind::payment;
  const auto tx = ledger::decode_transaction(*bytes);
  if (tx.ok()) {
    for (const ledger::Operation& op : tx->operations) {
      if (std::holds_alternative<ledger::Bond>(op)) return PaymentKind::bond;
      if (std::holds_alternative<ledger::Unbond>(op)) return PaymentKind::unbond;
      if (std::holds_alternative<ledger::Register>(op)) return PaymentKind::registration;
      if (std::holds_alternative<ledger::Claim>(op)) return PaymentKind::claim;
    }
  }
  return spends.size() > 1 && outputs.size() <= spends.size() ? PaymentKind::merge : PaymentKind::split;
}

const char* name(PaymentState state) {
  switch (state) {
    case PaymentState::pending: return "pending";
    case PaymentState::settled: return "settled";
    case PaymentState::executed: return "executed";
    case PaymentState::refused: return "refused";
    case PaymentState::expired: return "expired";
  }
  return "unknown";
}

const char* name(StakeKind kind) {
  switch (kind) {
    case StakeKind::bond: return "bond";
    case StakeKind::self_bond: return "self_bond";
    case StakeKind::unbond: return "unbond";
    case StakeKind::registration: return "registration";
    case StakeKind::withdrawal: return "withdrawal";
  }
  return "unknown";
}

void State::index() {
  by_nullifier.clear();
  held.clear();
  for (const auto& [cm, entry] : notes) by_nullifier[entry.nf.encode()] = cm;
  for (const auto& [txid, payment] : payments) {
    if (!payment.holds_notes()) continue;
    for (const FieldKey& cm : payment.spends) held[cm] = txid;
  }
  awaited.clear();
  for (const auto& [txid, entry] : delivered)
    for (const FieldKey& nf : entry.nullifiers) awaited[nf].insert(txid);
}

bool State::lost(const TxId& txid) const {
  const auto line = history.find(txid);
  return line != history.end() && line->second.lost;
}

bool State::is_void(const TxId& txid) const {
  const auto made = payments.find(txid);
  return lost(txid) && (made == payments.end() || !made->second.certificate.empty());
}

std::vector<const HistoryEntry*> State::oldest_first() const {
  std::vector<const HistoryEntry*> out;
  for (const auto& [txid, entry] : history) out.push_back(&entry);
  const auto height = [this](const HistoryEntry& entry) {
    const auto made = payments.find(entry.txid);
    return made != payments.end() ? made->second.made_at : entry.height.value_or(UINT64_MAX);
  };
  std::ranges::sort(out, {}, [&](const HistoryEntry* e) { return std::tuple(e->order, height(*e), e->txid); });
  return out;
}

}  // namespace sotto::wallet
