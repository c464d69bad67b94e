#include "apps/spending.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "apps/assets.hpp"
#include "apps/moment.hpp"

namespace sotto::apps {

using nlohmann::ordered_json;

namespace {

std::string counted(size_t n, const char* one, const char* many) { return fmt::format("{} {}", n, n == 1 ? one : many); }

ordered_json amount_json(const ledger::Network& network, const note::AssetOpening& asset, note::Amount amount) {
  return {{"amount", number(network, asset, amount)}, {"asset", symbol(network, asset)}};
}

// What merges did before it ended, as a sentence; "" if there were none.
std::string merged(const node::Merges& merges) {
  if (merges.done == 0) return "";
  return fmt::format("; {} of {} merges of small notes to yourself are final and paid their fees", merges.done, merges.planned);
}

std::string said_of(const wallet::Shortfall& s, const ledger::Network& network) {
  const std::string there = show_amount(network, s.asset, s.there);
  if (s.dust) return there + " is there, in notes so small that gathering them costs more than they hold";
  std::string needed = show_amount(network, s.asset, s.needed) + " is needed";
  if (s.merges > 0) needed += fmt::format(" with the fees of {}", counted(s.merges, "merge of small notes", "merges of small notes"));
  return needed + ", " + there + " is there";
}

CommandFailure wallet_said_no(const std::string& reject, const std::string& what, const std::optional<wallet::Shortfall>& shortfall,
                              const ledger::Network& network) {
  constexpr const char* kNotMoved = "; money not moved";
  if (reject == "insufficient_funds" || reject == "insufficient_fee") {
    std::string text = reject == "insufficient_funds" ? "not enough money" : "not enough of the fee asset";
    if (shortfall) text += ": " + said_of(*shortfall, network);
    return {ExitCode::not_enough, text + kNotMoved, reject};
  }
  if (reject == "funds_arriving")
    return {ExitCode::not_enough, std::string("enough money, but it has not all arrived yet; try again in a moment") + kNotMoved, reject};
  if (reject == "funds_held")
    return {ExitCode::not_enough, std::string("the money is held by a payment that is not known to be final: `sotto wallet resume` ends it") + kNotMoved, reject};
  if (reject == "timed_out") return {ExitCode::timed_out, what + kNotMoved, reject};
  if (reject == "wrong_network") return {ExitCode::wrong_network, what + kNotMoved, reject};
  if (reject == "unreachable") return {ExitCode::unreachable, what + kNotMoved, reject};
  if (reject == "fee_not_allowed" || reject == "fee_asset_not_allowed") {
    std::string fees, assets;
    for (const auto& asset : network.assets()) {
      const auto& allowed = network.params().fee_assets;
      if (std::ranges::find(allowed, asset.opening.id) == allowed.end()) continue;
      assets += (assets.empty() ? "" : ", ") + asset.symbol;
      if (!fees.empty()) continue;
      for (const uint64_t fee : network.params().fees)
        fees += (fees.empty() ? "" : ", ") + note::format_amount(note::Amount(fee), asset.decimals);
    }
    return {ExitCode::usage, "this network takes a fee of " + fees + " in " + assets + kNotMoved, reject};
  }
  return {ExitCode::failed, what + kNotMoved, reject};
}

}  // namespace

CommandFailure failure_of_plan(const wallet::Refusal& refusal, const ledger::Network& network) {
  return wallet_said_no(wallet::name(refusal.reject), refusal.detail.empty() ? wallet::name(refusal.reject) : refusal.detail, refusal.shortfall, network);
}

CommandFailure failure_of(const node::PayFailure& f, const ledger::Network& network) {
  using Kind = node::PayFailure::Kind;
  const std::string txid = f.txid ? f.txid->hex() : "";
  switch (f.kind) {
    case Kind::wallet: return wallet_said_no(f.reject, f.what, f.shortfall, network);
    case Kind::merging:
      return {ExitCode::merging,
              "not paid: small notes were being merged first, and that has not ended (" + f.what + ")" + merged(f.merges) +
                  (f.txid ? "; one more may still become final" : "") + ". The payment itself was never made; run the same command again",
              f.reject, txid};
    case Kind::refused: return {ExitCode::failed, "refused: " + f.what + merged(f.merges) + "; money not moved", f.reject};
    case Kind::pending:
      return {ExitCode::pending,
              "sent, but not known to be final (" + f.what + "): the money may still move; `sotto wallet resume` sends the same payment again",
              f.reject, txid};
  }
  return {ExitCode::failed, f.what, f.reject};
}

std::vector<std::string> cost_lines(const ledger::Network& network, const wallet::SpendPlan& plan) {
  const auto& fee_asset = plan.spend.fee_asset;
  std::vector<std::string> out = {fmt::format("  fee  {}", show_amount(network, fee_asset, plan.plan.fee))};
  if (plan.plan.merges == 0) return out;
  out.push_back(fmt::format("  and  {} for {} first: the money lies in many small notes", show_amount(network, fee_asset, plan.plan.merge_fees),
                            counted(plan.plan.merges, "merge", "merges")));
  out.push_back(fmt::format("  all fees  {}", show_amount(network, fee_asset, plan.plan.fees())));
  return out;
}

ordered_json cost_json(const ledger::Network& network, const wallet::SpendPlan& plan) {
  const auto& fee_asset = plan.spend.fee_asset;
  return {{"fee", amount_json(network, fee_asset, plan.plan.fee)},
          {"merge_fees", amount_json(network, fee_asset, plan.plan.merge_fees)},
          {"total_fees", amount_json(network, fee_asset, plan.plan.fees())}};
}

ordered_json merges_json(const ledger::Network& network, const note::AssetOpening& fee_asset, const node::Merges& merges) {
  ordered_json list = ordered_json::array();
  for (const auto& txid : merges.txids) list.push_back({{"txid", txid.hex()}});
  return {{"merges", merges.done}, {"merge_txids", list}, {"merge_fees", amount_json(network, fee_asset, merges.fees)}};
}

std::string describe(const WalletSession& session, const wallet::PaymentEntry& payment) {
  const auto& network = session.network();
  const auto kind = payment.kind();
  if (kind == wallet::PaymentKind::merge) return fmt::format("merge of {} to yourself", counted(payment.spends.size(), "note", "notes"));
  if (kind == wallet::PaymentKind::split) return "split of a note to yourself";
  if (kind != wallet::PaymentKind::payment) return wallet::name(kind);
  for (const auto& o : payment.outputs)
    if (!o.change) return fmt::format("payment of {} to {}", show_amount(network, o.asset, o.value), short_address(session.address_text(o.to)));
  return wallet::name(kind);
}

std::string why_void(const wallet::Lost& lost) {
  if (lost.to)
    return fmt::format("final by its certificate, but block {} shows its money spent by {}: it will never arrive. The wallet keeps both as evidence",
                       lost.height, lost.to->hex());
  return fmt::format("its certificate is worth nothing any more (block {}), and no block has it: it will not arrive unless the payer sends it again", lost.height);
}

std::vector<std::string> open_lines(const WalletSession& session) {
  std::vector<std::string> out;
  for (const auto* payment : session.wallet().open_payments()) {
    const auto& history = session.wallet().state().history;
    const auto line = history.find(payment->txid);
    const std::string since = line == history.end() || line->second.known_ms == 0 ? "" : ", since " + local_time(line->second.known_ms);
    out.push_back(fmt::format("  open: {}{}: not known to be final; `sotto wallet resume` sends it again", describe(session, *payment), since));
  }
  for (const auto& [txid, line] : session.wallet().state().history)
    if (session.wallet().state().is_void(txid)) out.push_back(fmt::format("  void: {}: {}", txid.hex(), why_void(*line.lost)));
  return out;
}

ordered_json void_json(const WalletSession& session) {
  ordered_json list = ordered_json::array();
  for (const auto& [txid, line] : session.state().history) {
    if (!session.state().is_void(txid)) continue;
    list.push_back({{"txid", txid.hex()}, {"height", line.lost->height}});
    if (line.lost->to) list.back()["spent_by"] = line.lost->to->hex();
  }
  return list;
}

ordered_json open_json(const WalletSession& session) {
  ordered_json list = ordered_json::array();
  for (const auto* payment : session.wallet().open_payments()) {
    ordered_json j = {{"txid", payment->txid.hex()}, {"kind", wallet::name(payment->kind())}, {"state", wallet::name(payment->state)}};
    for (const auto& o : payment->outputs) {
      if (o.change) continue;
      j["amount"] = number(session.network(), o.asset, o.value);
      j["asset"] = symbol(session.network(), o.asset);
      j["address"] = session.address_text(o.to);
    }
    const auto& history = session.wallet().state().history;
    if (const auto line = history.find(payment->txid); line != history.end() && line->second.known_ms > 0) j["since"] = rfc3339(line->second.known_ms);
    list.push_back(std::move(j));
  }
  return list;
}

}  // namespace sotto::apps
