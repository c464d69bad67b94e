#include "node/wallet_driver.hpp"

#include <algorithm>

#include "node/deadline.hpp"

namespace sotto::node {

using Clock = std::chrono::steady_clock;

namespace {

constexpr size_t kMaxMerges = 64;      // for one payment

PayFailure wallet_failure(const wallet::Refusal& r) {
  const std::string reject = wallet::name(r.reject);
  return {PayFailure::Kind::wallet, reject, r.detail.empty() ? reject : reject + ": " + r.detail, std::nullopt};
}

}  // namespace

Result<Synced, WalletDriver::Trouble> WalletDriver::sync(uint32_t wait_ms, const SyncProgress& progress) {
  Synced out;
  out.from = out.to = wallet_.next_block();
  for (;;) {
    auto blocks = network_.blocks(wallet_.next_block(), wait_ms);
    if (!blocks.ok()) return Failure{Trouble{blocks.error().failed, name(blocks.error().failed), blocks.error().what}};
    if (blocks->empty()) return out;
    wait_ms = 0;
    std::vector<wallet::ScannedBlock> scanned;
    for (const auto& block : *blocks) scanned.push_back(wallet::scanned(block));
    auto effects = wallet_.apply_blocks(scanned, pool_);
    if (!effects.ok())
      return Failure{Trouble{std::nullopt, wallet::name(effects.error().reject),
                             wallet::name(effects.error().reject) + std::string(": ") + effects.error().detail}};
    out.received.insert(out.received.end(), effects->received.begin(), effects->received.end());
    out.to = wallet_.next_block();
    if (progress) progress(out.to - 1);
  }
}

Result<Paid, PayFailure> WalletDriver::settle(const wallet::Outgoing& outgoing, uint32_t timeout_ms,
                                              const Payer::Watch& watch) {
  const auto candidate = settle::decode_candidate(*outgoing.bytes);
  if (!candidate.ok())
    return Failure{
        PayFailure{PayFailure::Kind::wallet, "damaged", "the stored payment does not decode", outgoing.txid}};
  const bool proven_here = proven_ == outgoing.txid;
  const auto start = proven_here ? prover_.finished() : Clock::now();
  const auto paid = [&](std::shared_ptr<const Settled> settled, Clock::time_point at) {
    return Paid{outgoing.txid, outgoing.bytes, std::move(settled), proven_here ? prover_.prove_ms() : 0,
                std::chrono::duration<double, std::milli>(at - start).count(), 0};
  };
  auto settled = network_.settle(*candidate, timeout_ms, watch);
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

// Until the wallet has stored a payment: money on its way is waited for, money in too many notes is merged.
Result<wallet::Outgoing, PayFailure> WalletDriver::prepare(const wallet::PayRequest& request, uint32_t timeout_ms,
                                                           size_t* merges) {
  const auto deadline = Clock::now() + std::chrono::milliseconds(timeout_ms);
  size_t merged_so_far = 0;
  for (;;) {
    auto outgoing = wallet_.pay(request, prover_, entropy_);
    if (merges != nullptr) *merges = merged_so_far;
    if (outgoing.ok()) {
      proven_ = outgoing->txid;
      return std::move(outgoing).value();
    }
    const auto reject = outgoing.error().reject;
    const bool merge = (reject == wallet::Reject::needs_merge || reject == wallet::Reject::needs_fee_merge) &&
                       merged_so_far < kMaxMerges;
    if (merge) {
      const auto& asset = reject == wallet::Reject::needs_merge ? request.asset : request.fee_asset;
      auto merged = wallet_.merge(asset, request.fee_asset, request.fee, prover_, entropy_);
      if (!merged.ok()) return Failure{wallet_failure(merged.error())};
      auto settled = settle(*merged, left_ms(deadline));
      if (!settled.ok()) return Failure{settled.error()};
      ++merged_so_far;
    } else if (reject != wallet::Reject::funds_arriving || left_ms(deadline) == 0) {
      return Failure{wallet_failure(outgoing.error())};
    }
    const auto synced = sync(std::min(left_ms(deadline), kBlockWaitMs));
    if (!synced.ok())
      return Failure{PayFailure{PayFailure::Kind::wallet, synced.error().reject, synced.error().what, std::nullopt}};
  }
}

Result<Paid, PayFailure> WalletDriver::pay(const wallet::PayRequest& request, uint32_t timeout_ms,
                                           const Payer::Watch& watch, const Notice& notice) {
  const auto deadline = Clock::now() + std::chrono::milliseconds(timeout_ms);
  size_t merges = 0;
  TRY(outgoing, prepare(request, timeout_ms, &merges));
  TRY(paid, finish(request, std::move(outgoing), left_ms(deadline), watch, notice));
  paid.merges += merges;
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

Result<Paid, PayFailure> WalletDriver::resume(const wallet::Outgoing& outgoing, uint32_t timeout_ms, const Payer::Watch& watch,
                                              const Notice& notice) {
  const auto deadline = Clock::now() + std::chrono::milliseconds(timeout_ms);
  auto settled = settle(outgoing, timeout_ms, watch);
  if (settled.ok()) return settled;
  return contest(outgoing, std::move(settled.error()), deadline, watch, notice);
}

std::vector<Result<Paid, PayFailure>> WalletDriver::resume(uint32_t timeout_ms, const Payer::Watch& watch, const Notice& notice) {
  std::vector<Result<Paid, PayFailure>> out;
  for (const auto& outgoing : unfinished()) out.push_back(resume(outgoing, timeout_ms, watch, notice));
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
