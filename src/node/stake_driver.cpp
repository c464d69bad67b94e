#include "node/stake_driver.hpp"

#include <algorithm>
#include <thread>

namespace sotto::node {

wallet::AssetOpening asset_of(const ledger::OpenClaim& open, const ledger::Network& network) {
  return open.tokens ? wallet::AssetOpening{ledger::token_of(open.validator), 0} : network.assets()[0].opening;
}

Result<Paid, PayFailure> StakeDriver::carry_out(const Order& order, const Deadline& deadline) {
  const auto limit = network_.within(deadline);
  Merges merges;
  if (order.spend) {
    const auto plan = wallet_.plan(*order.spend);
    if (!plan.ok()) return Failure{wallet_failure(plan.error())};
    TRY(gathered, driver_.gather(*plan, deadline));
    merges = std::move(gathered);
  }
  const auto made = order.make(prover_, entropy_);
  if (!made.ok()) {
    PayFailure f = wallet_failure(made.error());
    f.merges = merges;
    if (merges.done > 0) f.kind = PayFailure::Kind::merging;
    return Failure{std::move(f)};
  }
  TRY(paid, driver_.settle(*made, deadline));
  paid.merges = std::move(merges);
  paid.prove_ms = prover_.prove_ms();
  const auto pending = [&](const std::string& reject, const std::string& what) {
    return Failure{PayFailure{.kind = PayFailure::Kind::pending, .reject = reject, .what = what, .txid = made->txid}};
  };
  while (wallet_.payment(made->txid)->state != wallet::PaymentState::executed) {
    if (deadline.over()) return pending("not_in_a_block", "not in a block yet");
    const auto synced = driver_.sync(deadline.at_most(kBlockWaitMs));
    if (!synced.ok()) return pending(synced.error().reject, synced.error().what);
  }
  return paid;
}

Status<NetworkClient::Trouble> StakeDriver::order(const Bytes& transaction, const std::function<bool(const StakeMessage&)>& done, const Deadline& deadline) {
  const auto limit = network_.within(deadline);
  NetworkClient::Trouble last{NetworkClient::Failed::unreachable, "not in a block yet"};
  while (!deadline.over()) {
    bool taken = false;
    for (const auto& answer : network_.ask_all({net::Method::post, kOrderedPath, transaction, ""}, deadline.left_ms())) {
      taken |= answer.ok() && answer->status == 200;
      if (!answer.ok() || answer->status != 409) continue;
      if (const auto refusal = RefusalMessage::decode(answer->body); refusal.ok()) last = {NetworkClient::Failed::nonsense, refusal->text()};
    }
    const auto look = deadline.within(kBlockWaitMs);
    do {
      const auto table = network_.stake();
      if (table.ok() && done(*table)) return Ok{};
      if (!taken) return Failure{last};
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    } while (!look.over());
  }
  return Failure{last};
}

Result<std::vector<StakeDriver::Taken>, PayFailure> StakeDriver::collect(const StakeMessage& table, const wallet::AssetOpening& fee_asset,
                                                                         note::Amount fee, const Deadline& deadline) {
  std::vector<Taken> taken;
  const auto entries = wallet_.state().stakes;              // it changes while we go
  for (const auto& [id, entry] : entries) {
    const auto open = table.stake.claims.find(id);
    if (!wallet_.claimable(entry) || open == table.stake.claims.end() || open->second.mature > table.epoch) continue;
    const Taken one{entry, asset_of(open->second, *network_.network()), note::Amount(open->second.amount)};
    const wallet::ClaimRequest request{id, one.asset, one.amount, 0, fee_asset, fee};
    // Like the wallet: the fee comes out of what is claimed if it can.
    std::optional<wallet::SpendRequest> spend;
    if (one.asset != fee_asset || one.amount <= fee) spend = wallet::SpendRequest{one.asset, note::Amount(0), fee_asset, fee};
    const auto done = carry_out({spend, [&](wallet::Prover& prover, Entropy& entropy) { return wallet_.claim(request, prover, entropy); }},
                                deadline);
    if (!done.ok()) return Failure{done.error()};
    taken.push_back(one);
  }
  return taken;
}

}  // namespace sotto::node
