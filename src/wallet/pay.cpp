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

Wallet::Spending Wallet::spendable(const AssetOpening& asset, Arriving arriving) const {
  Spending out;
  const auto add = [&](const NoteEntry* entry, Amount value) {
    out.candidates.push_back({out.entries.size(), value});
    out.entries.push_back(entry);
  };
  for (const auto& [cm, entry] : state_.notes) {
    if (entry.opened.payment.asset != asset || entry.spent_by || state_.held.contains(cm)) continue;
    if (entry.position || arriving != Arriving::none) add(&entry, entry.opened.payment.value);
  }
  if (arriving != Arriving::open) return out;
  for (const auto& [txid, payment] : state_.payments) {
    if (!payment.is_open()) continue;
    for (const PaymentOutput& o : payment.outputs)
      if (o.own && o.asset == asset) add(nullptr, o.value);
  }
  return out;
}

Wallet::Chosen Wallet::chosen(const Selection& selection, const Spending& notes, const Spending& fee_notes) {
  Chosen out{selection, {}};
  for (size_t i = 0; i < circuit::kSlots; ++i)
    if (selection.inputs[i]) out.notes[i] = (i < 2 ? notes : fee_notes).entries[selection.inputs[i]->handle]->cm.encode();
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

Result<Wallet::Chosen, Refusal> Wallet::choose(const AssetOpening& asset, Amount amount, const AssetOpening& fee_asset, Amount fee) const {
  const Spending notes = spendable(asset);
  const Spending fee_notes = spendable(fee_asset);
  const auto selection = asset == fee_asset ? select_fee_asset(notes.candidates, amount, fee) : select(notes.candidates, amount, fee_notes.candidates, fee);
  if (!selection.ok()) return Failure{refusal_of(selection.error(), asset, amount, fee_asset, fee)};
  return chosen(*selection, notes, fee_notes);
}

Result<Wallet::Chosen, Refusal> Wallet::choose_fee(const AssetOpening& fee_asset, Amount fee) const {
  const Spending notes = spendable(fee_asset);
  const auto selection = select_fee(notes.candidates, fee);
  if (!selection.ok()) return Failure{refusal_of(selection.error(), fee_asset, Amount(), fee_asset, fee)};
  return chosen(*selection, notes, notes);
}

Result<SpendPlan, Refusal> Wallet::plan(const SpendRequest& spend) const {
  TRY_OK(check_assets(spend.asset, spend.fee_asset, spend.fee));
  const auto attempt = [&](const Spending& notes, const Spending& fee_notes) {
    if (spend.amount && spend.amount->is_zero()) return plan_fee(fee_notes.candidates, spend.fee);
    if (spend.asset == spend.fee_asset) return plan_fee_asset(notes.candidates, spend.amount, spend.fee);
    return wallet::plan(notes.candidates, spend.amount, fee_notes.candidates, spend.fee);
  };
  const Spending notes = spendable(spend.asset), fee_notes = spendable(spend.fee_asset);
  const auto now = attempt(notes, fee_notes);
  SpendPlan out{spend, {}, false, false, {}};
  // "Everything" is what is there. Else with the change of final payments, which the next block brings; or, if there is no other
  // way, with that of open ones.
  auto later = now;
  if (spend.amount && (!now.ok() || now->merges > 0)) later = attempt(spendable(spend.asset, Arriving::final), spendable(spend.fee_asset, Arriving::final));
  out.held = !now.ok() && !later.ok();
  if (out.held) later = attempt(spendable(spend.asset, Arriving::open), spendable(spend.fee_asset, Arriving::open));
  if (!now.ok() && !later.ok()) {
    const PlanRefusal& no = later.error();
    Refusal refusal = refusal_of(no.reject, spend.asset, Amount(UINT64_MAX), spend.fee_asset, Amount(UINT64_MAX));
    refusal.shortfall = Shortfall{no.of_fee_asset ? spend.fee_asset : spend.asset, no.needed, no.there, no.merges, no.dust};
    return Failure{std::move(refusal)};
  }
  if (now.ok() && (!later.ok() || now->merges <= later->merges)) {
    out.plan = *now;
    for (const PlannedMerge& merge : out.plan.first)
      out.notes.push_back(chosen(merge.selection, merge.of_fee_asset ? fee_notes : notes, fee_notes).notes);
  } else {
    out.plan = *later;
    out.plan.first.clear();                  // of notes that are not there yet
    out.waits = true;
  }
  out.spend.amount = out.plan.amount;
  return out;
}

Result<Outgoing, Refusal> Wallet::send(const Chosen& chosen, const AssetOpening& asset,
                                       const std::optional<OutputPlan>& payment, const AssetOpening& fee_asset, Amount fee,
                                       Prover& prover, Entropy& entropy, const Passage& passage) {
  const Selection& selection = chosen.selection;
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
    if (!chosen.notes[i]) continue;
    const NoteEntry& entry = state_.notes.at(*chosen.notes[i]);
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
  record.untold = true;
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

Result<Outgoing, Refusal> Wallet::merge(const SpendPlan& plan, size_t index, Prover& prover, Entropy& entropy) {
  const PlannedMerge& merge = plan.plan.first.at(index);
  for (const auto& cm : plan.notes.at(index)) {
    const auto note = cm ? state_.notes.find(*cm) : state_.notes.end();
    if (cm && (note == state_.notes.end() || !note->second.position || note->second.spent_by || state_.held.contains(*cm)))
      return Failure{Refusal{Reject::plan_outdated, {}}};
  }
  return send({merge.selection, plan.notes[index]}, merge.of_fee_asset ? plan.spend.fee_asset : plan.spend.asset, std::nullopt,
              plan.spend.fee_asset, plan.spend.fee, prover, entropy);
}

Result<Outgoing, Refusal> Wallet::split(const AssetOpening& asset, const AssetOpening& fee_asset, Amount fee,
                                        Prover& prover, Entropy& entropy) {
  TRY_OK(check_assets(asset, fee_asset, fee));
  const Spending notes = spendable(asset), fee_notes = spendable(fee_asset);
  const auto selection = asset == fee_asset ? select_split_fee_asset(notes.candidates, fee) : select_split(notes.candidates, fee_notes.candidates, fee);
  if (!selection) return Failure{Refusal{Reject::nothing_to_split, {}}};
  return send(chosen(*selection, notes, fee_notes), asset, std::nullopt, fee_asset, fee, prover, entropy);
}

std::vector<const PaymentEntry*> Wallet::open_payments() const {
  std::vector<const PaymentEntry*> out;
  for (const HistoryEntry* entry : state_.oldest_first()) {
    const PaymentEntry* made = payment(entry->txid);
    if (made != nullptr && made->is_open()) out.push_back(made);
  }
  return out;
}

const PaymentEntry* Wallet::unfinished_like(const note::Address& to, const AssetOpening& asset, Amount amount) const {
  for (const HistoryEntry* entry : state_.oldest_first()) {
    const PaymentEntry* made = payment(entry->txid);
    const bool final = made != nullptr && (made->state == PaymentState::settled || made->state == PaymentState::executed);
    if (made == nullptr || !(made->is_open() || (final && made->untold))) continue;
    const auto same = [&](const PaymentOutput& o) { return !o.change && o.to == to && o.asset == asset && o.value == amount; };
    if (std::ranges::any_of(made->outputs, same)) return made;
  }
  return nullptr;
}

Status<Refusal> Wallet::told(const TxId& txid) {
  const PaymentEntry* made = payment(txid);
  if (made == nullptr || !made->untold) return Ok{};
  State next = state_;
  PaymentEntry& entry = next.payments.at(txid);
  entry.untold = false;
  const Changes changes{{row_of(entry)}, {}};
  return commit(std::move(next), changes);
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
