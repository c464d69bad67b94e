// Making wallets and looking into them. Paying and receiving: wallet_payments.cpp.
#include "apps/json.hpp"
#include "apps/wallet_commands.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "apps/assets.hpp"
#include "apps/moment.hpp"
#include "apps/secret_input.hpp"
#include "apps/wallet_session.hpp"
#include "crypto/bip39.hpp"
#include "ledger/circuit_verifier.hpp"

namespace sotto::apps {

using nlohmann::ordered_json;

namespace {

void say_if_on_trust(Console& console, const WalletSession& session) {
  if (session.taken_on_trust())
    console.line(fmt::format("Network {}, on the word of whoever answered; with --network FILE it is the one that file names",
                             session.network().id().hex().substr(0, 16)));
}

std::string text_of(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

// Best effort: what is known is shown in any case, and how fresh it is.
std::optional<CommandFailure> try_sync(Console& console, WalletSession& session) {
  if (const auto driven = session.drive(Need::blocks); !driven.ok()) return driven.error();
  if (const auto synced = session.sync(console); !synced.ok()) return synced.error();
  return std::nullopt;
}

ordered_json item_json(const WalletSession& session, const ledger::Network& network, const wallet::HistoryItem& item) {
  return {{"amount", number(network, item.asset, item.value)}, {"asset", symbol(network, item.asset)},
          {"address", session.address_text(item.address)}, {"memo", printable(item.memo)}};
}

}  // namespace

void show_words(Console& console, std::string_view words) {
  console.line("");
  console.line("These 24 words are the wallet. Write them down, in order, on paper; whoever has them has the money:");
  console.line("");
  std::string row;
  for (size_t i = 0; i < crypto::kBip39Words; ++i) {
    const size_t space = words.find(' ');
    row += fmt::format("  {:>2} {:<10}", i + 1, words.substr(0, space));
    words = space == std::string_view::npos ? std::string_view{} : words.substr(space + 1);
    if (i % 4 == 3) {
      console.line(row);
      row.clear();
    }
  }
  console.line("");
}

int wallet_create(Console& console, const WalletOptions& options) {
  crypto::SystemEntropy entropy;
  const crypto::Bip39Entropy secret(entropy.bytes<32>());
  auto session = WalletSession::create(options, secret, true);
  if (!session.ok()) return console.failure(session.error());
  say_if_on_trust(console, **session);
  const auto words = crypto::bip39_encode(secret);
  const std::string address = (*session)->address_text((*session)->wallet().address());
  console.line("Made the wallet " + (*session)->file());
  show_words(console, std::string_view(reinterpret_cast<const char*>(words.expose().data()), words.expose().size()));
  console.line("Its address:");
  console.line("  " + address);
  console.document(ordered_json{{"ok", true},
                                {"wallet", (*session)->file()},
                                {"network", (*session)->network().id().hex()},
                                {"network_on_trust", (*session)->taken_on_trust()},
                                {"address", address},
                                {"words", text_of(words.expose())}}
                       .dump(-1, ' ', false, kReplaceBadUtf8));
  return static_cast<int>(ExitCode::ok);
}

int wallet_restore(Console& console, const WalletOptions& options, int words_fd) {
  const auto typed = ask_secret("the 24 words", words_fd, false);
  if (!typed.ok()) return console.failure(typed.error());
  const auto secret = crypto::bip39_decode(
      std::string_view(reinterpret_cast<const char*>(typed->expose().data()), typed->expose().size()));
  if (!secret.ok())
    return console.failure({ExitCode::usage, std::string("these are not the 24 words: ") + crypto::name(secret.error()),
                            crypto::name(secret.error())});
  auto session = WalletSession::create(options, *secret, false);
  if (!session.ok()) return console.failure(session.error());
  say_if_on_trust(console, **session);
  if (const auto driven = (*session)->drive(Need::verifier); !driven.ok()) return console.failure(driven.error());
  const auto synced = (*session)->sync(console);
  if (!synced.ok()) return console.failure(synced.error());
  ledger::CircuitVerifier verifier((*session)->system(), (*session)->entropy(), (*session)->pool());
  ledger::FullAuthority authority(verifier, (*session)->entropy());
  const auto adopted = (*session)->driver().adopt_locks(authority);
  if (!adopted.ok()) return console.failure(failure_of(adopted.error()));

  auto& wallet = (*session)->wallet();
  console.line(fmt::format("Restored {} from {} blocks: {} payments in its history", (*session)->file(), synced->to,
                           wallet.history().size()));
  for (const auto& [asset, balance] : wallet.balances())
    console.line("  " + show_amount((*session)->network(), asset, balance.total()));
  if (*adopted > 0)
    console.line(fmt::format("{} payments were under way; `sotto wallet resume` finishes them", *adopted));
  ordered_json balances = ordered_json::array();
  for (const auto& [asset, balance] : wallet.balances())
    balances.push_back({{"asset", symbol((*session)->network(), asset)},
                        {"spendable", number((*session)->network(), asset, balance.spendable)},
                        {"arriving", number((*session)->network(), asset, balance.arriving)}});
  console.document(ordered_json{
      {"ok", true},
      {"wallet", (*session)->file()},
      {"network", (*session)->network().id().hex()},
      {"network_on_trust", (*session)->taken_on_trust()},
      {"address", (*session)->address_text(wallet.address())},
      {"blocks", synced->to},
      {"payments", wallet.history().size()},
      {"under_way", *adopted},
      {"balances",
       balances}}.dump(-1, ' ', false, kReplaceBadUtf8));
  return static_cast<int>(ExitCode::ok);
}

int wallet_address(Console& console, const WalletOptions& options, bool fresh) {
  const auto session = WalletSession::open(options);
  if (!session.ok()) return console.failure(session.error());
  auto address = (*session)->wallet().address();
  if (fresh) {
    const auto made = (*session)->wallet().new_address();
    if (!made.ok()) return console.failure(failure_of(made.error()));
    address = *made;
  }
  const std::string text = (*session)->address_text(address);
  console.line(text);
  console.document(ordered_json{{"ok", true}, {"address", text}}.dump(-1, ' ', false, kReplaceBadUtf8));
  return static_cast<int>(ExitCode::ok);
}

int wallet_balance(Console& console, const WalletOptions& options) {
  const auto session = WalletSession::open(options);
  if (!session.ok()) return console.failure(session.error());
  const auto trouble = try_sync(console, **session);
  if (trouble && trouble->code != ExitCode::unreachable) return console.failure(*trouble);
  const auto& wallet = (*session)->wallet();
  const auto& network = (*session)->network();
  const auto balances = wallet.balances();
  ordered_json list = ordered_json::array();
  for (const auto& [asset, b] : balances) {
    console.line(fmt::format(
        "  {:>18} {}{}", number(network, asset, b.total()), symbol(network, asset),
        b.arriving.is_zero() ? "" : fmt::format("   ({} of it arriving)", number(network, asset, b.arriving))));
    list.push_back({{"asset", symbol(network, asset)},
                    {"total", number(network, asset, b.total())},
                    {"spendable", number(network, asset, b.spendable)},
                    {"arriving", number(network, asset, b.arriving)}});
  }
  if (balances.empty()) console.line("  nothing yet");
  console.line(
      fmt::format("  as of block {}{}", wallet.state().height(), trouble ? "; the network is not reachable now" : ""));
  console.document(
      ordered_json{{"ok", true}, {"height", wallet.state().height()}, {"fresh", !trouble}, {"balances", list}}.dump(-1, ' ', false, kReplaceBadUtf8));
  return static_cast<int>(ExitCode::ok);
}

int wallet_history(Console& console, const WalletOptions& options) {
  const auto session = WalletSession::open(options);
  if (!session.ok()) return console.failure(session.error());
  const auto trouble = try_sync(console, **session);
  if (trouble && trouble->code != ExitCode::unreachable) return console.failure(*trouble);
  const auto& wallet = (*session)->wallet();
  const auto& network = (*session)->network();
  ordered_json list = ordered_json::array();
  for (const auto& entry : wallet.history()) {
    const auto* payment = wallet.payment(entry.txid);
    const std::string state = payment != nullptr ? wallet::name(payment->state) : entry.height ? "executed" : "settled";
    const std::string place = entry.height ? fmt::format("block {}", *entry.height) : "";
    ordered_json j = {{"txid", entry.txid.hex()},
                      {"state", state},
                      {"sent", ordered_json::array()},
                      {"received", ordered_json::array()}};
    if (entry.height) j["height"] = *entry.height;
    if (entry.known_ms > 0) j["time"] = rfc3339(entry.known_ms);
    if (entry.block_ms > 0) j["block_time"] = rfc3339(entry.block_ms);
    const std::string when = local_time(entry.known_ms > 0 ? entry.known_ms : entry.block_ms);
    const auto show = [&](const char* direction, const wallet::HistoryItem& item) {
      console.line(fmt::format("  {:<22} {:<9} {:>18} {:<5} {:<24} {:<9} {:<10} {}", when, direction,
                               number(network, item.asset, item.value), symbol(network, item.asset),
                               short_address((*session)->address_text(item.address)), state, place,
                               printable(item.memo)));
    };
    for (const auto& item : entry.sent) {
      show("sent", item);
      j["sent"].push_back(item_json(**session, network, item));
    }
    for (const auto& item : entry.received) {
      show("received", item);
      j["received"].push_back(item_json(**session, network, item));
    }
    if (payment != nullptr)
      j["fee"] = {{"amount", number(network, entry.fee_asset, entry.fee)}, {"asset", symbol(network, entry.fee_asset)}};
    if (payment != nullptr && !payment->reason.empty()) {
      j["reason"] = payment->reason;
      console.line("            " + payment->reason);
    }
    list.push_back(std::move(j));
  }
  if (list.empty()) console.line("  nothing yet");
  console.document(
      ordered_json{{"ok", true}, {"height", wallet.state().height()}, {"fresh", !trouble}, {"payments", list}}.dump(-1, ' ', false, kReplaceBadUtf8));
  return static_cast<int>(ExitCode::ok);
}

}  // namespace sotto::apps
