// Paying: which notes, the transaction, and the order in which it becomes durable and visible.
#include <algorithm>

#include "note/memo.hpp"
#include "wallet/wallet.hpp"

namespace sotto::wallet {

namespace {

Reject reject_of(note::MemoReject reject) {
  switch (reject) {
    case note::MemoReject::memo_too_long: return Reject::memo_too_long;
    case note::MemoReject::memo_not_utf8: return Reject::memo_not_utf8;
    case note::MemoReject::memo_hidden_mark: return Reject::memo_hidden_mark;
  }
  return Reject::memo_not_utf8;
}

}  // namespace

// Our notes of one asset as candidates: handle = index into entries.
struct Wallet::Spending {
  std::vector<const NoteEntry*> entries;
  std::vector<Candidate> candidates;
};

Wallet::Spending Wallet::spendable(const AssetOpening& asset) const {
  Spending out;
  for (const auto& [cm, entry] : state_.notes) {
    if (entry.opened.payment.asset != asset || !entry.position || entry.spent_by || state_.held.contains(cm)) continue;
    out.candidates.push_back({out.entries.size(), entry.opened.payment.value});
    out.entries.push_back(&entry);
  }
  return out;
}

Status<Refusal> Wallet::check_assets(const AssetOpening& asset, const AssetOpening& fee_asset, Amount fee) const {
  if (asset.policy != 0) return Failure{Refusal{Reject::regulated_asset, {}}};
  const bool token = asset.id >= ledger::kTokenRange && network_->has_stake();
  if (!token && !network_->find(asset)) return Failure{Refusal{Reject::unknown_asset, {}}};
  if (!network_->fee_allowed(fee.units())) return Failure{Refusal{Reject::fee_not_allowed, {}}};
  if (fee_asset.policy != 0 || !network_->find_fee_asset(note::asset_of(fee_asset))) {
    return Failure{Refusal{Reject::fee_asset_not_allowed, {}}};
  }
  return Ok{};
}

Refusal Wallet::refusal_of(SelectReject reject, const AssetOpening& asset, Amount amount, const AssetOpening& fee_asset, Amount fee) const {
  switch (reject) {
    case SelectReject::zero_amount: return {Reject::zero_amount, {}};
    case SelectReject::too_large: return {Reject::too_large, {}};
    case SelectReject::needs_merge: return {Reject::needs_merge, {}};
    case SelectReject::needs_fee_merge: return {Reject::needs_fee_merge, {}};
    case SelectReject::insufficient_funds: {
      const Amount need = asset == fee_asset ? amount.plus(fee).value_or(Amount(UINT64_MAX)) : amount;
      return {balance(asset).total() >= need ? Reject::funds_arriving : Reject::insufficient_funds, {}};
    }
    case SelectReject::insufficient_fee:
      return {balance(fee_asset).total() >= fee ? Reject::funds_arriving : Reject::insufficient_fee, {}};
  }
  return {Reject::insufficient_funds, {}};
}

Result<Selection, Refusal> Wallet::choose(const AssetOpening& asset, Amount amount, const AssetOpening& fee_asset, Amount fee) const {
  const Spending notes = spendable(asset);
  const Spending fee_notes = spendable(fee_asset);
  auto selection = asset == fee_asset ? select_fee_asset(notes.candidates, amount, fee) : select(notes.candidates, amount, fee_notes.candidates, fee);
  if (!selection.ok()) return Failure{refusal_of(selection.error(), asset, amount, fee_asset, fee)};
  return std::move(selection).value();
}

Result<Selection, Refusal> Wallet::choose_fee(const AssetOpening& fee_asset, Amount fee) const {
  auto selection = select_fee(spendable(fee_asset).candidates, fee);
  if (!selection.ok()) return Failure{refusal_of(selection.error(), fee_asset, Amount(), fee_asset, fee)};
  return std::move(selection).value();
}

Result<Outgoing, Refusal> Wallet::send(const Selection& selection, const AssetOpening& asset,
                                       const std::optional<OutputPlan>& payment, const AssetOpening& fee_asset, Amount fee,
                                       Prover& prover, Entropy& entropy, const Passage& passage) {
  const Spending notes = spendable(asset);
  const Spending fee_notes = spendable(fee_asset);
  TransferPlan plan;
  plan.asset = asset;
  plan.fee_asset = fee_asset;
  plan.fee = fee;
  plan.carry = selection.carry;
  plan.v_in = passage.v_in;
  plan.v_out = passage.v_out;
  plan.anchor = state_.tree.root();
  PaymentEntry record;
  for (size_t i = 0; i < circuit::kSlots; ++i) {
    if (!selection.inputs[i]) continue;
    const NoteEntry& entry = *(i < 2 ? notes : fee_notes).entries[selection.inputs[i]->handle];
    const auto path = state_.tree.path(*entry.position);
    CHECK(path);  // every unspent note with a position is marked
    plan.inputs[i] = InputPlan{entry.opened.payment.value, entry.opened.diversifier, entry.opened.rho,
                               note::rcm_of(entry.opened.s, entry.opened.rho), entry.generation, *path};
    record.spends.push_back(entry.cm.encode());
  }
  const note::Address change = address(kChangeIndex);
  for (size_t j = 0; j < circuit::kSlots; ++j) {
    const bool leaves = j == 0 && !passage.v_out.is_zero();
    if (selection.outputs[j].is_zero() || leaves) continue;
    const bool paid = j == 0 && payment;
    plan.outputs[j] = paid ? *payment : OutputPlan{change, selection.outputs[j], {}, std::nullopt};
    const OutputPlan& o = *plan.outputs[j];
    const bool own = keys().incoming.owner(o.to.diversifier) == o.to.owner;
    record.outputs.push_back({0, static_cast<uint8_t>(j), o.to, j < 2 ? asset : fee_asset, o.value, o.memo, own, !paid});
  }

  const auto built = build_transfer(keys(), plan, entropy);
  // The wallet's own notes and paths: if they do not satisfy the statement, its rows are wrong.
  if (!built.ok()) return Failure{Refusal{Reject::damaged, name(built.error())}};
  record.expiry = state_.height() + network_->params().expiry_window;
  std::vector<ledger::Operation> operations;
  if (passage.make) operations.push_back(passage.make(built->transfer.inputs[0].nf.bytes()));
  ledger::Transaction tx = assemble(network_->id(), record.expiry, {&*built, 1}, std::move(operations));
  if (passage.sign) passage.sign(tx);
  if (const auto done = authorise(tx, {&*built, 1}, keys_.ask(), prover, entropy); !done.ok()) {
    return Failure{Refusal{Reject::bad_own_proof, name(done.error())}};
  }

  record.txid = ledger::txid(tx);
  record.bytes = std::make_shared<const Bytes>(ledger::encode(tx));
  record.made_at = state_.height();
  record.fee_asset = fee_asset;
  record.fee = fee;
  HistoryEntry entry;
  entry.txid = record.txid;
  entry.order = state_.next_order;
  entry.known_ms = now_ms();
  entry.fee_asset = fee_asset;
  entry.fee = fee;
  for (const PaymentOutput& o : record.outputs) {
    if (!o.change) entry.sent.push_back({o.transfer, o.slot, o.to, o.asset, o.value, o.memo});
  }
  State next = state_;
  next.next_order += 1;
  next.payments.emplace(record.txid, record);
  next.history.emplace(entry.txid, entry);
  next.index();
  Changes changes{{row_of(record), row_of(entry)}, {}};
  for (const ledger::Operation& op : tx.operations)
    if (const auto* claim = std::get_if<ledger::Claim>(&op)) {
      StakeEntry& stake = next.stakes.at(claim->claim);
      stake.claimed_by = record.txid;
      stake.received = claim->amount;
      changes.put.push_back(row_of(stake));
    }
  const Outgoing out{record.txid, record.bytes};
  TRY_OK(commit(std::move(next), changes));
  return out;
}

Result<Outgoing, Refusal> Wallet::pay(const PayRequest& request, Prover& prover, Entropy& entropy) {
  if (const auto& of = request.to.network; of != keys().incoming.network)
    return Failure{Refusal{Reject::wrong_network, "the address is of network " + of.hex() + ", this wallet of " + keys().incoming.network.hex()}};
  TRY_OK(check_assets(request.asset, request.fee_asset, request.fee));
  if (const auto memo = note::check_memo(request.memo); !memo.ok()) return Failure{Refusal{reject_of(memo.error().reject), memo.error().detail}};
  TRY(selection, choose(request.asset, request.amount, request.fee_asset, request.fee));
  return send(selection, request.asset, OutputPlan{request.to, request.amount, request.memo, std::nullopt},
              request.fee_asset, request.fee, prover, entropy);
}

Result<Outgoing, Refusal> Wallet::merge(const AssetOpening& asset, const AssetOpening& fee_asset, Amount fee,
                                        Prover& prover, Entropy& entropy) {
  TRY_OK(check_assets(asset, fee_asset, fee));
  const auto selection = asset == fee_asset
                             ? select_merge_fee_asset(spendable(asset).candidates, fee)
                             : select_merge(spendable(asset).candidates, spendable(fee_asset).candidates, fee);
  if (!selection) return Failure{Refusal{Reject::nothing_to_merge, {}}};
  return send(*selection, asset, std::nullopt, fee_asset, fee, prover, entropy);
}

Result<Outgoing, Refusal> Wallet::split(const AssetOpening& asset, const AssetOpening& fee_asset, Amount fee,
                                        Prover& prover, Entropy& entropy) {
  TRY_OK(check_assets(asset, fee_asset, fee));
  const auto selection = asset == fee_asset
                             ? select_split_fee_asset(spendable(asset).candidates, fee)
                             : select_split(spendable(asset).candidates, spendable(fee_asset).candidates, fee);
  if (!selection) return Failure{Refusal{Reject::nothing_to_split, {}}};
  return send(*selection, asset, std::nullopt, fee_asset, fee, prover, entropy);
}

std::vector<Outgoing> Wallet::to_resend() const {
  std::vector<Outgoing> out;
  for (const HistoryEntry* entry : state_.oldest_first()) {
    const PaymentEntry* made = payment(entry->txid);
    if (made != nullptr && made->state == PaymentState::pending) out.push_back({made->txid, made->bytes});
  }
  return out;
}

}  // namespace sotto::wallet
