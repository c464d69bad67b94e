#include "node/wallet_driver.hpp"

#include <algorithm>

#include "node/deadline.hpp"

namespace sotto::node {

using Clock = std::chrono::steady_clock;

namespace {

constexpr uint32_t kHeldWaitMs = 3000;  // for a payment nobody is sending on: perhaps a block has it
constexpr int kMaxReplans = 4;         // after merges that were refused: another device paid with the same notes

}  // namespace

PayFailure wallet_failure(const wallet::Refusal& r) {
  const std::string reject = wallet::name(r.reject);
  return {.kind = PayFailure::Kind::wallet, .reject = reject, .what = r.detail.empty() ? reject : reject + ": " + r.detail, .shortfall = r.shortfall};
}
PayFailure wallet_failure(const WalletDriver::Trouble& t) { return {.kind = PayFailure::Kind::wallet, .reject = t.reject, .what = t.what}; }

Result<Synced, WalletDriver::Trouble> WalletDriver::sync(uint32_t wait_ms, const SyncProgress& progress) {
  Synced out;
  out.from = out.to = wallet_.next_block();
  for (;;) {
    auto blocks = network_.blocks(wallet_.next_block(), wait_ms);
    if (!blocks.ok()) return Failure{Trouble{blocks.error().failed, name(blocks.error().failed), blocks.error().what}};
    if (blocks->empty()) {
      if (!std::exchange(asked_overdue_, true))
        for (const auto& id : ask_about_overdue()) out.lost.push_back(id);
      return out;
    }
    wait_ms = 0;
    std::vector<wallet::ScannedBlock> scanned;
    for (const auto& block : *blocks) scanned.push_back(wallet::scanned(block));
    auto effects = wallet_.apply_blocks(scanned, pool_);
    if (!effects.ok())
      return Failure{Trouble{std::nullopt, wallet::name(effects.error().reject),
                             wallet::name(effects.error().reject) + std::string(": ") + effects.error().detail}};
    out.lost.insert(out.lost.end(), effects->lost.begin(), effects->lost.end());
    out.received.insert(out.received.end(), effects->received.begin(), effects->received.end());
    out.to = wallet_.next_block();
    if (progress) progress(out.to - 1);
  }
}

Result<Paid, PayFailure> WalletDriver::settle(const wallet::Outgoing& outgoing, const Deadline& deadline,
                                              const Payer::Watch& watch) {
  const auto candidate = settle::decode_candidate(*outgoing.bytes);
  if (!candidate.ok())
    return Failure{
        PayFailure{PayFailure::Kind::wallet, "damaged", "the stored payment does not decode", outgoing.txid}};
  const bool proven_here = proven_ == outgoing.txid;
  const auto start = proven_here ? prover_.finished() : Clock::now();
  const auto paid = [&](std::shared_ptr<const Settled> settled, Clock::time_point at) {
    return Paid{outgoing.txid, outgoing.bytes, std::move(settled), proven_here ? prover_.prove_ms() : 0,
                std::chrono::duration<double, std::milli>(at - start).count(), {}};
  };
  auto settled = network_.settle(*candidate, deadline, watch);
  const auto settled_at = Clock::now();
  if (!settled.ok()) {
    const SettleFailure& f = settled.error();
    const std::string reject =
        f.refusal ? (f.refusal->rule.empty() ? f.refusal->reason : f.refusal->rule) : name(f.why);
    std::string what = f.refusal ? f.refusal->text() : f.detail;
    if (f.refusal && f.refusal->rival_id) what += " (" + f.refusal->rival_id->hex() + ")";
    // Perhaps it is in a block already: the wallet learns of it from there, now or with the next sync.
    if (f.may_still_move && f.refusal) (void)sync();
    if (const auto* entry = wallet_.payment(outgoing.txid); entry != nullptr && entry->state == wallet::PaymentState::executed)
      return paid(nullptr, Clock::now());
    std::shared_ptr<const Bytes> rival;
    if (f.refusal && f.refusal->rival) rival = std::make_shared<const Bytes>(*f.refusal->rival);
    if (f.may_still_move) return Failure{PayFailure{PayFailure::Kind::pending, reject, what, outgoing.txid, std::move(rival)}};
    if (const auto noted = wallet_.refused(outgoing.txid, what); !noted.ok())
      return Failure{wallet_failure(noted.error())};
    return Failure{PayFailure{PayFailure::Kind::refused, reject, what, outgoing.txid}};
  }
  const auto noted = wallet_.settled(outgoing.txid, settled->settlement, *network_.committee());
  if (!noted.ok() && noted.error().reject != wallet::Reject::store_failed) {
    PayFailure f = wallet_failure(noted.error());
    f.kind = PayFailure::Kind::pending;
    f.txid = outgoing.txid;
    return Failure{std::move(f)};
  }
  Paid out = paid(std::make_shared<const Settled>(std::move(settled).value()), settled_at);
  if (!noted.ok()) out.unnoted = noted.error().detail;
  return out;
}

Result<Merges, PayFailure> WalletDriver::gather(const wallet::SpendPlan& agreed, const Deadline& deadline, const Progress& progress) {
  const auto limit = network_.within(deadline);
  Merges made{0, agreed.plan.merges, {}, {}};
  const auto failed = [&](PayFailure f) {
    f.merges = made;
    if (made.done > 0) f.kind = PayFailure::Kind::merging;
    return Failure{std::move(f)};
  };
  std::optional<Deadline> held;
  for (int refused = 0;;) {
    const auto plan = wallet_.plan(agreed.spend);
    if (!plan.ok()) return failed(wallet_failure(plan.error()));
    const auto price = made.fees.plus(plan->plan.fees());
    if (!price || *price > agreed.plan.fees())
      return failed({.kind = PayFailure::Kind::wallet, .reject = "costs_changed", .what = "it would cost more fees now than it was agreed to"});
    if (!plan->waits && plan->plan.first.empty()) return made;
    std::vector<wallet::TxId> round;
    for (size_t i = 0; i < plan->plan.first.size(); ++i) {
      if (deadline.over()) return failed({.kind = PayFailure::Kind::wallet, .reject = "timed_out", .what = "the time given is over"});
      const auto merge = wallet_.merge(*plan, i, prover_, entropy_);
      if (!merge.ok() && merge.error().reject == wallet::Reject::plan_outdated) break;
      if (!merge.ok()) return failed(wallet_failure(merge.error()));
      const auto settled = resume(*merge, deadline);
      if (!settled.ok() && settled.error().kind == PayFailure::Kind::refused && ++refused <= kMaxReplans) break;
      if (!settled.ok()) {
        PayFailure f = settled.error();
        f.merges = made;
        f.kind = PayFailure::Kind::merging;
        return Failure{std::move(f)};
      }
      ++made.done;
      made.fees = *made.fees.plus(plan->plan.fee);
      made.txids.push_back(merge->txid);
      round.push_back(merge->txid);
      if (progress) progress(made);
    }
    // The round's notes can be spent once its block is there; or what is on its way is waited for.
    if (plan->held && !held) held = deadline.within(kHeldWaitMs);
    const Deadline& wait = plan->held ? *held : deadline;
    const auto there = [&] { return std::ranges::all_of(round, [&](const wallet::TxId& id) { return ended(id); }); };
    do {
      if (wait.over())
        return failed({.kind = PayFailure::Kind::wallet, .reject = !round.empty() ? "timed_out" : plan->held ? "funds_held" : "funds_arriving",
                       .what = round.empty() ? "the money has not all arrived" : "the time given is over"});
      const auto synced = sync(wait.at_most(kBlockWaitMs));
      if (!synced.ok()) return failed(wallet_failure(synced.error()));
    } while (!there());
  }
}

Result<wallet::Outgoing, PayFailure> WalletDriver::prepare(const wallet::PayRequest& request, const wallet::SpendPlan& agreed,
                                                           const Deadline& deadline, Merges* merges, const Progress& progress) {
  auto made = gather(agreed, deadline, progress);
  if (merges != nullptr) *merges = made.ok() ? *made : made.error().merges;
  if (!made.ok()) return Failure{made.error()};
  auto outgoing = wallet_.pay(request, prover_, entropy_);
  if (!outgoing.ok()) {
    PayFailure f = wallet_failure(outgoing.error());
    f.merges = std::move(made).value();
    if (f.merges.done > 0) f.kind = PayFailure::Kind::merging;
    return Failure{std::move(f)};
  }
  proven_ = outgoing->txid;
  return std::move(outgoing).value();
}

Result<wallet::Outgoing, PayFailure> WalletDriver::prepare(const wallet::PayRequest& request, const Deadline& deadline) {
  const auto plan = wallet_.plan({request.asset, request.amount, request.fee_asset, request.fee});
  if (!plan.ok()) return Failure{wallet_failure(plan.error())};
  return prepare(request, *plan, deadline);
}

Result<Paid, PayFailure> WalletDriver::pay(const wallet::PayRequest& request, const Deadline& deadline,
                                           const Payer::Watch& watch, const Notice& notice) {
  const auto plan = wallet_.plan({request.asset, request.amount, request.fee_asset, request.fee});
  if (!plan.ok()) return Failure{wallet_failure(plan.error())};
  Merges merges;
  TRY(outgoing, prepare(request, *plan, deadline, &merges));
  TRY(paid, finish(request, std::move(outgoing), deadline, watch, notice));
  paid.merges = std::move(merges);
  return paid;
}

std::vector<wallet::Outgoing> WalletDriver::unfinished() const {
  std::vector<wallet::Outgoing> out;
  for (const wallet::HistoryEntry* entry : wallet_.state().oldest_first()) {
    const auto* made = wallet_.payment(entry->txid);
    if (made != nullptr && (made->state == wallet::PaymentState::pending || made->state == wallet::PaymentState::expired))
      out.push_back({made->txid, made->bytes});
  }
  return out;
}

Result<Paid, PayFailure> WalletDriver::resume(const wallet::Outgoing& outgoing, const Deadline& deadline, const Payer::Watch& watch,
                                              const Notice& notice) {
  if (deadline.over())
    return Failure{PayFailure{.kind = PayFailure::Kind::pending, .reject = "not_tried", .what = "there was no time left to send it", .txid = outgoing.txid}};
  const auto limit = network_.within(deadline);
  auto settled = settle(outgoing, deadline, watch);
  if (settled.ok()) return settled;
  return contest(outgoing, std::move(settled.error()), deadline, watch, notice);
}

std::vector<Result<Paid, PayFailure>> WalletDriver::resume(const Deadline& deadline, const Payer::Watch& watch, const Notice& notice) {
  std::vector<Result<Paid, PayFailure>> out;
  for (const auto& outgoing : unfinished()) out.push_back(resume(outgoing, deadline, watch, notice));
  return out;
}

Result<size_t, WalletDriver::Trouble> WalletDriver::adopt_locks(ledger::Authority& authority) {
  std::vector<ledger::Nullifier> ours;
  for (const auto& [cm, note] : wallet_.state().notes)
    if (note.position && !note.spent_by && !wallet_.state().held.contains(cm)) ours.push_back({note.nf});
  size_t adopted = 0;
  for (const auto& nf : ours) {
    for (const auto& answer : network_.lock_of(nf)) {
      if (!answer || !answer->transaction) continue;
      const auto taken = wallet_.adopt(*answer->transaction, authority);
      if (taken.ok()) ++adopted;
      if (taken.ok()) break;
      // A validator's claim that does not hold is not a reason to stop; the wallet's own trouble is.
      if (taken.error().reject == wallet::Reject::store_failed)
        return Failure{Trouble{std::nullopt, wallet::name(taken.error().reject), taken.error().detail}};
    }
  }
  return adopted;
}

}  // namespace sotto::node
