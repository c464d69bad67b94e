// Making wallets and looking into them. Paying and receiving: wallet_payments.cpp.
#include "apps/json.hpp"
#include "apps/wallet_commands.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "apps/assets.hpp"
#include "apps/moment.hpp"
#include "apps/secret_input.hpp"
#include "apps/spending.hpp"
#include "apps/wallet_session.hpp"
#include "base/files.hpp"
#include "crypto/bip39.hpp"
#include "ledger/circuit_verifier.hpp"
#include "note/memo.hpp"

namespace sotto::apps {

using nlohmann::ordered_json;

namespace {

void say_if_on_trust(Console& console, const WalletSession& session) {
  if (session.taken_on_trust())
    console.line(fmt::format("Network {}, on the word of whoever answered; with --network FILE it is the one that file names",
                             session.network().id().hex().substr(0, 16)));
}

std::string text_of(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

// What is wrong with the words, without repeating them: numbers, and for a word that is none the nearest one.
std::string said(const crypto::Bip39Failure& f) {
  switch (f.reject) {
    case crypto::Bip39Reject::wrong_word_count: return fmt::format("these are {} words, and it takes {}", f.words, crypto::kBip39Words);
    case crypto::Bip39Reject::bad_checksum:
      return "all 24 are words of the list, but they do not belong together: one is another word of the list, or two are swapped";
    default: break;
  }
  std::string text;
  for (const auto& u : f.unknown)
    text += fmt::format("{}word {}{}", text.empty() ? "not in the list of words: " : ", ", u.number, u.nearest.empty() ? "" : fmt::format(" (perhaps \"{}\")", u.nearest));
  return text.empty() ? "the words are no UTF-8 text" : text;
}

// Why what is shown is not fresh: a line for people, a name for programs.
struct Stale {
  std::string line, name;
};
// Best effort: what is known is shown without the network, and without a disk to write news to. Other troubles are failures.
Result<std::optional<Stale>, CommandFailure> try_sync(Console& console, WalletSession& session) {
  const auto trouble = [&]() -> std::optional<CommandFailure> {
    if (session.read_only()) return CommandFailure{ExitCode::failed, "", "read_only"};
    if (const auto driven = session.drive(Need::blocks); !driven.ok()) return driven.error();
    if (const auto synced = session.sync(console); !synced.ok()) return synced.error();
    return std::nullopt;
  }();
  if (!trouble) return std::optional<Stale>();
  if (trouble->code == ExitCode::unreachable) return std::optional(Stale{"the network is not reachable now", trouble->reject});
  if (session.lacks_the_last())
    return std::optional(Stale{"the wallet file cannot be written, and what was changed last in it is not shown: it waits for a disk that can", "read_only_earlier"});
  if (trouble->reject == "read_only" || trouble->reject == wallet::name(wallet::Reject::store_failed))
    return std::optional(Stale{"the wallet file cannot be written, and news must be kept before they are shown", trouble->reject});
  return Failure{*trouble};
}

std::string as_of(const WalletSession& session, const std::optional<Stale>& stale) {
  return fmt::format("  as of block {}{}", session.state().height(), stale ? "; " + stale->line : "");
}

// The head of a document about what is known.
ordered_json known_json(const WalletSession& session, const std::optional<Stale>& stale) {
  ordered_json j{{"ok", true}, {"height", session.state().height()}, {"fresh", !stale}};
  if (stale) j["not_fresh"] = stale->name;
  return j;
}

ordered_json item_json(const WalletSession& session, const ledger::Network& network, const wallet::HistoryItem& item) {
  return {{"amount", number(network, item.asset, item.value)}, {"asset", symbol(network, item.asset)},
          {"address", session.address_text(item.address)}, {"memo", note::visible(item.memo, true)}};
}

// Oldest first.
std::vector<const wallet::PaymentEntry*> attempts_before(const wallet::Wallet& wallet, const wallet::TxId& txid) {
  std::vector<const wallet::PaymentEntry*> out;
  for (bool further = true; further;) {
    further = false;
    for (const auto& [id, line] : wallet.state().history) {
      const auto* made = wallet.payment(id);
      if (made == nullptr || line.retried_by != (out.empty() ? txid : out.front()->txid) || out.size() == 64) continue;
      out.insert(out.begin(), made);
      further = true;
      break;
    }
  }
  return out;
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
  if (console.written()) return static_cast<int>(ExitCode::ok);
  return console.warning({ExitCode::not_written, "made the wallet " + (*session)->file() +
                                                     ", but its 24 words were not shown; `sotto wallet words` shows them", ""});
}

namespace {

constexpr const char* kWordsPlace = "the words are shown on a terminal, or written to the descriptor that --words-to-fd N names (3 or above); "
                                    "never into a pipe, a file or a document";

// The words as text: what the wallet kept, if its keys come from it.
Result<SecretBytes, CommandFailure> words_of(const WalletSession& session) {
  const auto& kept = session.state().words;
  if (!kept)
    return Failure{CommandFailure{ExitCode::failed, "this wallet was made by an earlier version, which did not keep the words: only those written down "
                                  "then exist; without them, make a new wallet and pay everything to it", "no_words_kept"}};
  const auto seed = crypto::bip39_seed(*kept, "");
  CHECK(seed.ok());
  if (!equal_constant_time(seed->expose(), session.state().seed.expose()))
    return Failure{CommandFailure{ExitCode::damaged, "the words in this wallet do not give its keys", "damaged"}};
  return crypto::bip39_encode(*kept);
}

}  // namespace

int wallet_words(Console& console, const WalletOptions& options, int to_fd) {
  const bool good_place = to_fd < 0 ? console.terminal() : to_fd > STDERR_FILENO && fcntl(to_fd, F_GETFD) >= 0;
  if (!good_place) return console.failure({ExitCode::usage, kWordsPlace, "no_place_for_words"});
  const auto session = WalletSession::look(options);
  if (!session.ok()) return console.failure(session.error());
  auto words = words_of(**session);
  if (!words.ok()) return console.failure(words.error());
  if (to_fd < 0) {
    show_words(console, std::string_view(reinterpret_cast<const char*>(words->expose().data()), words->expose().size()));
  } else if (!write_all(to_fd, words->expose()) || !write_all(to_fd, view("\n"))) {
    return console.failure({ExitCode::not_written, fmt::format("the words could not be written to descriptor {}: {}", to_fd, std::strerror(errno)), ""});
  }
  console.document(ordered_json{{"ok", true}, {"wallet", (*session)->file()}}.dump(-1, ' ', false, kReplaceBadUtf8));
  return static_cast<int>(ExitCode::ok);
}

int wallet_restore(Console& console, const WalletOptions& options, int words_fd) {
  const auto typed = ask_words("the 24 words", words_fd);
  if (!typed.ok()) return console.failure(typed.error());
  const auto secret = crypto::bip39_decode(
      std::string_view(reinterpret_cast<const char*>(typed->expose().data()), typed->expose().size()));
  if (!secret.ok()) return console.failure({ExitCode::usage, said(secret.error()), crypto::name(secret.error().reject)});
  auto session = WalletSession::create(options, *secret, false);
  if (!session.ok()) return console.failure(session.error());
  say_if_on_trust(console, **session);
  // The file is there from here on: what fails now is gone on with, not begun again.
  const auto half_way = [&](CommandFailure f) {
    f.message += fmt::format("; {} is restored up to block {}, and `sotto wallet balance` goes on from there", (*session)->file(),
                             (*session)->state().height());
    return console.failure(f);
  };
  if (const auto driven = (*session)->drive(Need::verifier); !driven.ok()) return half_way(driven.error());
  const auto synced = (*session)->sync(console);
  if (!synced.ok()) return half_way(synced.error());
  ledger::CircuitVerifier verifier((*session)->system(), (*session)->entropy(), (*session)->pool());
  ledger::FullAuthority authority(verifier, (*session)->entropy());
  const auto adopted = (*session)->driver().adopt_locks(authority);
  if (!adopted.ok()) return half_way(failure_of(adopted.error()));

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
  const auto session = fresh ? WalletSession::open(options) : WalletSession::look(options);
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
  const auto session = WalletSession::look(options);
  if (!session.ok()) return console.failure(session.error());
  const auto stale = try_sync(console, **session);
  if (!stale.ok()) return console.failure(stale.error());
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
  for (const auto& line : open_lines(**session)) console.line(line);
  console.line(as_of(**session, *stale));
  ordered_json document = known_json(**session, *stale);
  document["balances"] = list;
  document["open"] = open_json(**session);
  document["void"] = void_json(**session);
  console.document(document.dump(-1, ' ', false, kReplaceBadUtf8));
  return static_cast<int>(ExitCode::ok);
}

int wallet_fees(Console& console, const WalletOptions& options) {
  const auto session = WalletSession::look(options);
  if (!session.ok()) return console.failure(session.error());
  const auto& network = (*session)->network();
  ordered_json assets = ordered_json::array();
  for (const auto id : network.params().fee_assets) {
    const note::AssetOpening asset{id, 0};
    std::string line;
    ordered_json fees = ordered_json::array();
    for (const uint64_t fee : network.params().fees) {
      const std::string text = number(network, asset, note::Amount(fee));
      line += (line.empty() ? "" : ", ") + text;
      fees.push_back(text);
    }
    console.line("  " + symbol(network, asset) + "  " + line);
    assets.push_back({{"asset", symbol(network, asset)}, {"fees", std::move(fees)}});
  }
  console.line("  a transfer takes one of these; merges of small notes take the same, each");
  console.document(ordered_json{{"ok", true}, {"fee_assets", assets}}.dump(-1, ' ', false, kReplaceBadUtf8));
  return static_cast<int>(ExitCode::ok);
}

int wallet_history(Console& console, const WalletOptions& options) {
  const auto session = WalletSession::look(options);
  if (!session.ok()) return console.failure(session.error());
  const auto stale = try_sync(console, **session);
  if (!stale.ok()) return console.failure(stale.error());
  const auto& wallet = (*session)->wallet();
  const auto& network = (*session)->network();
  ordered_json list = ordered_json::array();
  for (const auto& entry : wallet.history()) {
    const auto* payment = wallet.payment(entry.txid);
    // What was paid again after another device took its notes is one payment: the last attempt, with those before it.
    if (entry.retried_by && wallet.payment(*entry.retried_by) != nullptr && payment != nullptr && payment->state == wallet::PaymentState::refused) continue;
    const std::string state = wallet.state().is_void(entry.txid) ? "void" : payment != nullptr ? wallet::name(payment->state) : entry.height ? "executed" : "settled";
    const std::string place = entry.height ? fmt::format("block {}", *entry.height) : "";
    ordered_json j = {{"txid", entry.txid.hex()},
                      {"kind", payment != nullptr ? wallet::name(payment->kind()) : "payment"},
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
                               note::visible(item.memo, false)));
    };
    for (const auto& item : entry.sent) {
      show("sent", item);
      j["sent"].push_back(item_json(**session, network, item));
    }
    for (const auto& item : entry.received) {
      show("received", item);
      j["received"].push_back(item_json(**session, network, item));
    }
    if (payment != nullptr && payment->kind() != wallet::PaymentKind::payment)
      console.line(fmt::format("  {:<22} {:<9} fee {:>14} {:<5} {:<24} {:<9} {}", when, wallet::name(payment->kind()),
                               number(network, entry.fee_asset, entry.fee), symbol(network, entry.fee_asset), describe(**session, *payment), state, place));
    if (payment != nullptr)
      j["fee"] = {{"amount", number(network, entry.fee_asset, entry.fee)}, {"asset", symbol(network, entry.fee_asset)}};
    for (auto attempts = attempts_before(wallet, entry.txid); const auto* earlier : attempts)
      j["attempts"].push_back({{"txid", earlier->txid.hex()}, {"state", wallet::name(earlier->state)}, {"reason", earlier->reason},
                               {"replaced_by", wallet.state().history.at(earlier->txid).retried_by->hex()}});
    if (entry.lost) {
      j["lost"] = {{"height", entry.lost->height}};
      if (entry.lost->to) j["lost"]["spent_by"] = entry.lost->to->hex();
    }
    if (state == "void") console.line("            " + why_void(*entry.lost));
    else if (payment != nullptr && !payment->reason.empty()) {
      j["reason"] = payment->reason;
      console.line("            " + payment->reason);
    }
    list.push_back(std::move(j));
  }
  if (list.empty()) console.line("  nothing yet");
  for (const auto& line : open_lines(**session)) console.line(line);
  if (*stale) console.line(as_of(**session, *stale));
  ordered_json document = known_json(**session, *stale);
  document["payments"] = list;
  document["open"] = open_json(**session);
  console.document(document.dump(-1, ' ', false, kReplaceBadUtf8));
  return static_cast<int>(ExitCode::ok);
}

}  // namespace sotto::apps
