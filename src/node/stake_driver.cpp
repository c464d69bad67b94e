#include "node/stake_driver.hpp"

#include <algorithm>
#include <thread>

namespace sotto::node {

using Clock = std::chrono::steady_clock;

namespace {

constexpr uint32_t kBlockWaitMs = 2000;
constexpr size_t kMaxMerges = 64;

uint32_t left_ms(Clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return left > 0 ? static_cast<uint32_t>(left) : 0;
}

PayFailure wallet_failure(const wallet::Refusal& r) {
  const std::string reject = wallet::name(r.reject);
  return {PayFailure::Kind::wallet, reject, r.detail.empty() ? reject : reject + ": " + r.detail, std::nullopt};
}

}  // namespace

wallet::AssetOpening asset_of(const ledger::OpenClaim& open, const ledger::Network& network) {
  return open.tokens ? wallet::AssetOpening{ledger::token_of(open.validator), 0} : network.assets()[0].opening;
}

Result<Paid, PayFailure> StakeDriver::carry_out(const Order& order, uint32_t timeout_ms) {
  using wallet::Reject;
  const auto deadline = Clock::now() + std::chrono::milliseconds(timeout_ms);
  const auto follow = [&]() -> Status<PayFailure> {
    const auto synced = driver_.sync(std::min(left_ms(deadline), kBlockWaitMs));
    if (!synced.ok()) return Failure{PayFailure{PayFailure::Kind::wallet, synced.error().reject, synced.error().what, std::nullopt}};
    return Ok{};
  };
  size_t merges = 0;
  for (;;) {
    auto made = order.make(prover_, entropy_);
    if (made.ok()) {
      TRY(paid, driver_.settle(*made, left_ms(deadline)));
      paid.merges = merges;
      paid.prove_ms = prover_.prove_ms();
      while (wallet_.payment(made->txid)->state != wallet::PaymentState::executed) {
        if (left_ms(deadline) == 0) return Failure{PayFailure{PayFailure::Kind::pending, "not_in_a_block", "not in a block yet", made->txid}};
        if (const auto done = follow(); !done.ok()) return Failure{PayFailure{PayFailure::Kind::pending, done.error().reject, done.error().what, made->txid}};
      }
      return paid;
    }
    const Reject reject = made.error().reject;
    if ((reject == Reject::needs_merge || reject == Reject::needs_fee_merge) && merges < kMaxMerges) {
      const auto& asset = reject == Reject::needs_merge ? order.asset : order.fee_asset;
      const auto merged = wallet_.merge(asset, order.fee_asset, order.fee, prover_, entropy_);
      if (!merged.ok()) return Failure{wallet_failure(merged.error())};
      if (auto settled = driver_.settle(*merged, left_ms(deadline)); !settled.ok()) return settled;
      ++merges;
    } else if (reject != Reject::funds_arriving || left_ms(deadline) == 0) {
      return Failure{wallet_failure(made.error())};
    }
    TRY_OK(follow());
  }
}

Status<NetworkClient::Trouble> StakeDriver::order(const Bytes& transaction, const std::function<bool(const StakeMessage&)>& done, uint32_t timeout_ms) {
  const auto deadline = Clock::now() + std::chrono::milliseconds(timeout_ms);
  NetworkClient::Trouble last{NetworkClient::Failed::unreachable, "not in a block yet"};
  while (left_ms(deadline) > 0) {
    bool taken = false;
    for (const auto& answer : network_.ask_all({net::Method::post, kOrderedPath, transaction, ""}, left_ms(deadline))) {
      taken |= answer.ok() && answer->status == 200;
      if (!answer.ok() || answer->status != 409) continue;
      if (const auto refusal = RefusalMessage::decode(answer->body); refusal.ok()) last = {NetworkClient::Failed::nonsense, refusal->text()};
    }
    const auto looked = Clock::now();
    do {
      const auto table = network_.stake();
      if (table.ok() && done(*table)) return Ok{};
      if (!taken) return Failure{last};
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    } while (left_ms(deadline) > 0 && Clock::now() < looked + std::chrono::milliseconds(kBlockWaitMs));
  }
  return Failure{last};
}

Result<std::vector<StakeDriver::Taken>, PayFailure> StakeDriver::collect(const StakeMessage& table, const wallet::AssetOpening& fee_asset,
                                                                         note::Amount fee, uint32_t timeout_ms) {
  const auto deadline = Clock::now() + std::chrono::milliseconds(timeout_ms);
  std::vector<Taken> taken;
  const auto entries = wallet_.state().stakes;              // it changes while we go
  for (const auto& [id, entry] : entries) {
    const auto open = table.stake.claims.find(id);
    if (!wallet_.claimable(entry) || open == table.stake.claims.end() || open->second.mature > table.epoch) continue;
    const Taken one{entry, asset_of(open->second, *network_.network()), note::Amount(open->second.amount)};
    const wallet::ClaimRequest request{id, one.asset, one.amount, 0, fee_asset, fee};
    const auto done = carry_out({one.asset, fee_asset, fee, [&](wallet::Prover& prover, Entropy& entropy) { return wallet_.claim(request, prover, entropy); }},
                                left_ms(deadline));
    if (!done.ok()) return Failure{done.error()};
    taken.push_back(one);
  }
  return taken;
}

}  // namespace sotto::node
