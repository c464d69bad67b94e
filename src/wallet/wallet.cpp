#include "wallet/wallet.hpp"

#include <algorithm>
#include <set>

namespace sotto::wallet {

namespace {
constexpr uint64_t kOverdueBlocks = 3;   // a settled payment is in the next block, or the one after
}

const char* name(Reject reject) {
  switch (reject) {
    case Reject::already_exists: return "already_exists";
    case Reject::no_account: return "no_account";
    case Reject::wrong_network: return "wrong_network";
    case Reject::damaged: return "damaged";
    case Reject::zero_amount: return "zero_amount";
    case Reject::too_large: return "too_large";
    case Reject::insufficient_funds: return "insufficient_funds";
    case Reject::funds_arriving: return "funds_arriving";
    case Reject::insufficient_fee: return "insufficient_fee";
    case Reject::needs_merge: return "needs_merge";
    case Reject::needs_fee_merge: return "needs_fee_merge";
    case Reject::unknown_asset: return "unknown_asset";
    case Reject::regulated_asset: return "regulated_asset";
    case Reject::fee_not_allowed: return "fee_not_allowed";
    case Reject::fee_asset_not_allowed: return "fee_asset_not_allowed";
    case Reject::memo_too_long: return "memo_too_long";
    case Reject::memo_not_utf8: return "memo_not_utf8";
    case Reject::memo_hidden_mark: return "memo_hidden_mark";
    case Reject::plan_outdated: return "plan_outdated";
    case Reject::nothing_to_split: return "nothing_to_split";
    case Reject::no_stake: return "no_stake";
    case Reject::below_minimum: return "below_minimum";
    case Reject::nothing_to_claim: return "nothing_to_claim";
    case Reject::bad_own_proof: return "bad_own_proof";
    case Reject::unknown_payment: return "unknown_payment";
    case Reject::wrong_certificate: return "wrong_certificate";
    case Reject::bad_certificate: return "bad_certificate";
    case Reject::payment_final: return "payment_final";
    case Reject::not_ours: return "not_ours";
    case Reject::conflicts_with_payment: return "conflicts_with_payment";
    case Reject::nothing_to_unlock: return "nothing_to_unlock";
    case Reject::bad_transaction: return "bad_transaction";
    case Reject::nothing_for_us: return "nothing_for_us";
    case Reject::wrong_height: return "wrong_height";
    case Reject::wrong_root: return "wrong_root";
    case Reject::tree_full: return "tree_full";
    case Reject::unknown_output: return "unknown_output";
    case Reject::bad_receipt: return "bad_receipt";
    case Reject::payment_void: return "payment_void";
    case Reject::receipt_mismatch: return "receipt_mismatch";
    case Reject::store_failed: return "store_failed";
  }
  return "unknown";
}

Wallet::Wallet(RowStore& store, std::shared_ptr<const ledger::Network> network, State state)
    : store_(&store), network_(std::move(network)), state_(std::move(state)),
      keys_(note::AccountKeys::derive(state_.seed, state_.network, state_.account_index)) {}

Result<Wallet, Refusal> Wallet::create(RowStore& store, std::shared_ptr<const ledger::Network> network, const note::Seed& seed,
                                       uint32_t account_index, const std::optional<Birth>& birth,
                                       const std::optional<crypto::Bip39Entropy>& words) {
  const auto rows = store.load();
  if (!rows.ok()) return Failure{Refusal{Reject::store_failed, rows.error().what}};
  if (!rows->empty()) return Failure{Refusal{Reject::already_exists, {}}};
  State state;
  state.network = network->id().value;
  state.seed = seed;
  state.words = words;
  state.account_index = account_index;
  if (birth) {
    state.birth = state.next_block = birth->height + 1;
    state.tree = note::NoteWitnessTree(birth->tree);
  }
  Wallet wallet(store, std::move(network), state);
  TRY_OK(wallet.commit(state, {{account_row(state), sync_row(state)}, {}}));
  return wallet;
}

Result<Wallet, Refusal> Wallet::open(RowStore& store, std::shared_ptr<const ledger::Network> network) {
  const auto rows = store.load();
  if (!rows.ok()) return Failure{Refusal{Reject::store_failed, rows.error().what}};
  if (rows->empty()) return Failure{Refusal{Reject::no_account, {}}};
  auto state = state_from_rows(*rows);
  if (!state.ok()) return Failure{Refusal{Reject::damaged, state.error().what}};
  if (state->network != network->id().value) return Failure{Refusal{Reject::wrong_network, {}}};
  return Wallet(store, std::move(network), std::move(*state));
}

Status<Refusal> Wallet::commit(State next, const Changes& changes) {
  if (const auto done = store_->commit(changes); !done.ok()) return Failure{Refusal{Reject::store_failed, done.error().what}};
  state_ = std::move(next);
  return Ok{};
}

Result<note::Address, Refusal> Wallet::new_address() {
  State next = state_;
  const uint64_t index = next.next_address++;
  CHECK(index < kChangeIndex);
  const Row row = sync_row(next);
  TRY_OK(commit(std::move(next), {{row}, {}}));
  return address(index);
}

Balance Wallet::balance(const AssetOpening& asset) const {
  Balance out;
  out.height = state_.height();
  const auto add = [](Amount& sum, Amount v) { sum = sum.plus(v).value_or(Amount(UINT64_MAX)); };
  for (const auto& [cm, entry] : state_.notes) {
    if (entry.opened.payment.asset != asset || entry.spent_by || state_.held.contains(cm)) continue;
    if (!entry.position && state_.lost(entry.origin.txid)) continue;
    add(entry.position ? out.spendable : out.arriving, entry.opened.payment.value);
  }
  // Own outputs of a payment that is not settled yet: not ours to show as notes, but not gone either.
  for (const auto& [txid, payment] : state_.payments) {
    if (payment.state != PaymentState::pending && payment.state != PaymentState::expired) continue;
    for (const PaymentOutput& o : payment.outputs) {
      if (o.own && o.asset == asset) add(out.arriving, o.value);
    }
  }
  return out;
}

std::vector<std::pair<AssetOpening, Balance>> Wallet::balances() const {
  std::set<AssetOpening> assets;
  for (const auto& [cm, entry] : state_.notes) assets.insert(entry.opened.payment.asset);
  std::vector<std::pair<AssetOpening, Balance>> out;
  for (const AssetOpening& asset : assets) out.emplace_back(asset, balance(asset));
  return out;
}

std::vector<HistoryEntry> Wallet::history() const {
  std::vector<HistoryEntry> out;
  for (const HistoryEntry* entry : state_.oldest_first()) out.push_back(*entry);
  return out;
}

const PaymentEntry* Wallet::payment(const TxId& txid) const {
  const auto found = state_.payments.find(txid);
  return found == state_.payments.end() ? nullptr : &found->second;
}

std::vector<const DeliveredEntry*> Wallet::overdue() const {
  std::vector<const DeliveredEntry*> out;
  for (const auto& [txid, entry] : state_.delivered)
    if (!state_.lost(txid) && state_.height() >= entry.height + kOverdueBlocks) out.push_back(&entry);
  return out;
}

Status<Refusal> Wallet::lost(const TxId& txid, const std::optional<TxId>& to, uint64_t height) {
  if (!state_.delivered.contains(txid)) return Failure{Refusal{Reject::unknown_payment, {}}};
  State next = state_;
  HistoryEntry& line = next.history.at(txid);
  if (line.lost && (line.lost->to || !to)) return Ok{};
  line.lost = Lost{to, height};
  const Changes changes{{row_of(line)}, {}};
  return commit(std::move(next), changes);
}

Status<Refusal> Wallet::retried(const TxId& txid, const TxId& again) {
  if (payment(txid) == nullptr || payment(again) == nullptr) return Failure{Refusal{Reject::unknown_payment, {}}};
  State next = state_;
  HistoryEntry& line = next.history.at(txid);
  line.retried_by = again;
  const Changes changes{{row_of(line)}, {}};
  return commit(std::move(next), changes);
}

Result<note::Receipt, Refusal> Wallet::sign_receipt(const OutputRef& output, Entropy& entropy) const {
  for (const auto& [cm, entry] : state_.notes) {
    if (entry.origin == output) {
      if (!entry.position && state_.lost(output.txid)) return Failure{Refusal{Reject::payment_void, {}}};
      return note::sign_receipt(keys().incoming, entry.opened, state_.network, output.txid.value, output.transfer, output.slot, entropy);
    }
  }
  return Failure{Refusal{Reject::unknown_output, {}}};
}

Status<Refusal> Wallet::accept_receipt(const note::Receipt& receipt) {
  if (const auto good = note::verify_receipt(receipt); !good.ok()) return Failure{Refusal{Reject::bad_receipt, note::name(good.error())}};
  if (receipt.network != state_.network) return Failure{Refusal{Reject::wrong_network, "the receipt is another network's"}};
  const PaymentEntry* payment = this->payment({receipt.txid});
  if (payment == nullptr) return Failure{Refusal{Reject::unknown_payment, {}}};
  const auto tx = ledger::decode_transaction(*payment->bytes);
  if (!tx.ok()) return Failure{Refusal{Reject::damaged, "the stored bytes of a payment"}};
  const auto output = std::find_if(payment->outputs.begin(), payment->outputs.end(), [&](const PaymentOutput& o) {
    return o.transfer == receipt.transfer && o.slot == receipt.slot;
  });
  if (output == payment->outputs.end() || receipt.transfer >= tx->transfers.size()) return Failure{Refusal{Reject::unknown_output, {}}};
  const Fr& cm = tx->transfers[receipt.transfer].outputs[receipt.slot].cm.value;
  if (receipt.address != output->to || receipt.asset != output->asset || receipt.value != output->value || receipt.cm() != cm) {
    return Failure{Refusal{Reject::receipt_mismatch, {}}};
  }
  State next = state_;
  const OutputRef ref{payment->txid, receipt.transfer, receipt.slot};
  next.receipts.insert_or_assign(ref, receipt);
  return commit(std::move(next), {{receipt_row(ref, receipt)}, {}});
}

}  // namespace sotto::wallet
