// Paying, receiving, receipts.
#include <cstdio>
#include <filesystem>
#include <unistd.h>

#include <fmt/format.h>

#include "apps/json.hpp"
#include "apps/assets.hpp"
#include "apps/wallet_commands.hpp"
#include "apps/wallet_session.hpp"
#include "ledger/circuit_verifier.hpp"
#include "base/files.hpp"

namespace sotto::apps {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

namespace {

constexpr uint32_t kWaitMs = 10'000;         // one request for blocks
constexpr const char* kNotMoved = "; money not moved";

}  // namespace

CommandFailure failure_of(const node::PayFailure& f) {
  using Kind = node::PayFailure::Kind;
  switch (f.kind) {
    case Kind::wallet: {
      const bool money =
          f.reject == "insufficient_funds" || f.reject == "funds_arriving" || f.reject == "insufficient_fee";
      static const std::map<std::string, std::string> kSaid = {
          {"insufficient_funds", "not enough money"},
          {"insufficient_fee", "not enough of the fee asset for the fee"},
          {"funds_arriving", "enough money, but it has not all arrived yet; try again in a moment"}};
      const auto said = kSaid.find(f.reject);
      return {money ? ExitCode::not_enough : ExitCode::failed,
              (said == kSaid.end() ? f.what : said->second) + kNotMoved, f.reject};
    }
    case Kind::refused: return {ExitCode::failed, "refused: " + f.what + kNotMoved, f.reject};
    case Kind::pending:
      return {ExitCode::pending,
              "sent, but not known to be final (" + f.what +
                  "): the money may still move; `sotto wallet resume` sends the same payment again",
              f.reject};
  }
  return {ExitCode::failed, f.what, f.reject};
}

namespace {

// What the person decides on, amount first.
struct Review {
  ledger::Asset asset, fee_asset;
  note::Amount amount, fee;
  note::Address to;
};
Result<Review, CommandFailure> review(const ledger::Network& network, const PayOptions& pay) {
  TRY(asset, find_asset(network, pay.asset));
  TRY(amount, parse_amount(pay.amount, asset));
  TRY(to, parse_address(pay.address));
  const auto by_id = network.find(note::AssetOpening{network.params().fee_assets.front(), 0});
  CHECK(by_id);
  ledger::Asset fee_asset = network.assets()[*by_id];
  if (!pay.fee_asset.empty()) {
    TRY(chosen, find_asset(network, pay.fee_asset));
    fee_asset = chosen;
  }
  note::Amount fee(network.params().fees.front());
  if (!pay.fee.empty()) {
    const auto typed = note::parse_amount(pay.fee, fee_asset.decimals);
    if (!typed.ok())
      return Failure{CommandFailure{ExitCode::usage, "\"" + pay.fee + "\" is not an amount of " + fee_asset.symbol,
                                    note::name(typed.error())}};
    fee = *typed;
  }
  return Review{std::move(asset), std::move(fee_asset), amount, fee, to};
}

bool agreed(Console& console, const PayOptions& pay) {
  if (pay.yes || !console.terminal() || isatty(STDIN_FILENO) != 1) return true;
  std::fputs("Pay? [y/N] ", stdout);
  std::fflush(stdout);
  const int c = std::getchar();
  return c == 'y' || c == 'Y';
}

// The honest steps of a settlement, as they happen.
struct SettleDisplay {
  Console& console;
  size_t validators;
  double lock_ms = 0;
  size_t votes = 0, acknowledgements = 0;
  void operator()(const node::SettleStep& s) {
    using Kind = node::SettleStep::Kind;
    if (s.kind == Kind::vote) console.update(fmt::format("Confirmed by {} of {}", votes = s.count, validators));
    if (s.kind == Kind::lock_certificate) lock_ms = s.at_ms;
    if (s.kind == Kind::acknowledgement)
      console.update(fmt::format("Made final by {} of {}", acknowledgements = s.count, validators));
  }
};

// `send` brings a payment to its end, telling what it is given to tell.
using Send = std::function<Result<node::Paid, node::PayFailure>(const node::Payer::Watch&, const node::WalletDriver::Notice&)>;
Result<node::Paid, node::PayFailure> settle_shown(Console& console, WalletSession& session, const Send& send) {
  SettleDisplay display{console, session.committee().size()};
  const Stopwatch watch;
  console.begin("Sending to the validators");
  auto paid = send(std::ref(display), [&console](const std::string& what) {
    console.update(what);
    console.end(true, 0);
    console.begin("Sending to the validators");
  });
  if (!paid.ok()) {
    console.end(false, watch.ms(), paid.error().what);
    return paid;
  }
  if (!paid->settled) {
    console.update("Final");
    console.end(true, paid->settled_ms, "a block has it");
    return paid;
  }
  console.update(fmt::format("Confirmed by {} of {}", display.votes, display.validators));
  console.end(true, display.lock_ms);
  console.begin("Final");
  console.end(true, paid->settled->timings.settled_ms,
              fmt::format("settlement certificate of {} of {}", display.acknowledgements, display.validators));
  return paid;
}

Status<CommandFailure> write_payment(const std::string& file, const ledger::NetworkId& network, const Bytes& transaction,
                                     const settle::SettlementCertificate& settlement) {
  const node::PaymentDocument document{network, transaction, settlement};
  const auto written = write_file(file, document.encode());
  if (!written.ok())
    return Failure{CommandFailure{ExitCode::failed,
                                  "the payment is final, but its file could not be written: " + written.error().what +
                                      " (the payee finds it in the next block)",
                                  ""}};
  return Ok{};
}

ordered_json paid_json(const node::Paid& paid) {
  ordered_json j = {{"txid", paid.txid.hex()}, {"state", "final"}, {"prove_ms", paid.prove_ms}};
  if (paid.settled) j["lock_certificate_ms"] = paid.settled->timings.lock_certificate_ms;
  j.update({{"settled_ms", paid.settled_ms}, {"merges", paid.merges}});
  return j;
}

ordered_json incoming_json(const WalletSession& session, const ledger::Network& network, const wallet::Incoming& in) {
  return {{"amount", number(network, in.asset, in.value)},
          {"asset", symbol(network, in.asset)},
          {"memo", printable(in.memo)},
          {"address", session.address_text(in.address)},
          {"txid", in.output.txid.hex()},
          {"credited", in.credited},
          {"conditional", in.conditional}};
}

void show_incoming(Console& console, const ledger::Network& network, const wallet::Incoming& in) {
  const std::string memo = in.memo.empty() ? "" : fmt::format("  \"{}\"", printable(in.memo));
  console.line(fmt::format("  {} {}{}",
                           in.conditional ? "under a condition, not yours yet:"
                           : in.credited  ? "received"
                                          : "known already:",
                           show_amount(network, in.asset, in.value), memo));
}

}  // namespace

int wallet_pay(Console& console, const WalletOptions& options, const PayOptions& pay) {
  std::error_code e;
  if (!pay.out.empty() && fs::exists(pay.out, e))
    return console.failure({ExitCode::already_exists, pay.out + " exists already" + kNotMoved, ""});
  if (!pay.out.empty() && !fs::is_directory(fs::absolute(pay.out).parent_path(), e))
    return console.failure({ExitCode::no_such_file, "no directory for " + pay.out + kNotMoved, ""});
  const auto session = WalletSession::open(options);
  if (!session.ok()) return console.failure(session.error());
  const auto& network = (*session)->network();
  const auto r = review(network, pay);
  if (!r.ok()) return console.failure(r.error());
  const auto not_moved = [](CommandFailure f) {
    f.message += kNotMoved;
    return f;
  };
  if (const auto driven = (*session)->drive(Need::prover); !driven.ok())
    return console.failure(not_moved(driven.error()));
  if (const auto synced = (*session)->sync(console); !synced.ok()) return console.failure(not_moved(synced.error()));

  console.line("");
  console.line(fmt::format("  {}", show_amount(network, r->asset.opening, r->amount)));
  console.line(fmt::format("  to   {}", (*session)->address_text(r->to)));
  console.line(fmt::format("  fee  {}", show_amount(network, r->fee_asset.opening, r->fee)));
  console.line("");
  if (!agreed(console, pay)) return console.failure({ExitCode::failed, std::string("not paid") + kNotMoved, ""});

  console.begin("Making the private proof");
  const Stopwatch watch;
  size_t merges = 0;
  const wallet::PayRequest request{
      r->to, r->asset.opening, r->amount, Bytes(pay.memo.begin(), pay.memo.end()), r->fee_asset.opening, r->fee};
  const auto outgoing = (*session)->driver().prepare(request, pay.timeout_s * 1000, &merges);
  console.update("Private proof ready");
  console.end(outgoing.ok(), watch.ms(), merges > 0 ? fmt::format("after merging small notes {} times", merges) : "");
  if (!outgoing.ok()) return console.failure(failure_of(outgoing.error()));
  (*session)->driver().use(pay.mode);
  auto paid = settle_shown(console, **session, [&](const auto& step, const auto& notice) {
    return (*session)->driver().finish(request, *outgoing, pay.timeout_s * 1000, step, notice);
  });
  if (!paid.ok()) return console.failure(failure_of(paid.error()));
  paid->merges = merges;

  console.line("");
  console.line(fmt::format("Sent {} to {}", show_amount(network, r->asset.opening, r->amount),
                           short_address((*session)->address_text(r->to))));
  console.line("  txid " + paid->txid.hex());
  if (!pay.out.empty() && !paid->settled) console.line("  no file for the payee, who finds it in the block that has it");
  if (!pay.out.empty() && paid->settled) {
    if (const auto written = write_payment(pay.out, network.id(), *paid->transaction, paid->settled->settlement); !written.ok())
      return console.failure(written.error());
    console.line("  for the payee: " + pay.out);
  }
  ordered_json j = {
      {"ok", true},
      {"amount", number(network, r->asset.opening, r->amount)},
      {"asset", r->asset.symbol},
      {"address", (*session)->address_text(r->to)},
      {"fee", {{"amount", number(network, r->fee_asset.opening, r->fee)}, {"asset", r->fee_asset.symbol}}}};
  j.update(paid_json(*paid));
  if (!pay.out.empty() && paid->settled) j["out"] = pay.out;
  console.document(j.dump(-1, ' ', false, kReplaceBadUtf8));
  return static_cast<int>(ExitCode::ok);
}

int wallet_resume(Console& console, const WalletOptions& options, uint32_t timeout_s) {
  const auto session = WalletSession::open(options);
  if (!session.ok()) return console.failure(session.error());
  if (const auto driven = (*session)->drive(Need::prover); !driven.ok()) return console.failure(driven.error());
  if (const auto synced = (*session)->sync(console); !synced.ok()) return console.failure(synced.error());

  ordered_json list = ordered_json::array();
  std::optional<CommandFailure> worst;
  const auto pending = (*session)->driver().unfinished();
  for (const auto& outgoing : pending) {
    console.line("payment " + outgoing.txid.hex());
    const auto paid = settle_shown(console, **session, [&](const auto& step, const auto& notice) {
      return (*session)->driver().resume(outgoing, timeout_s * 1000, step, notice);
    });
    if (paid.ok()) {
      list.push_back(paid_json(*paid));
    } else {
      worst = failure_of(paid.error());
      list.push_back({{"txid", outgoing.txid.hex()},
                      {"state", paid.error().kind == node::PayFailure::Kind::refused ? "refused" : "pending"},
                      {"reject", paid.error().reject}});
    }
  }
  if (pending.empty()) console.line("Nothing is under way.");
  if (worst && !console.json()) return console.failure(*worst);
  console.document(ordered_json{{"ok", !worst}, {"payments", list}}.dump(-1, ' ', false, kReplaceBadUtf8));
  return static_cast<int>(worst ? worst->code : ExitCode::ok);
}

namespace {

int receive_file(Console& console, WalletSession& session, const ReceiveOptions& receive) {
  const auto& network = session.network();
  const auto bytes = read_file(receive.file, node::kMaxPaymentFileBytes);
  if (!bytes.ok()) return console.failure({ExitCode::no_such_file, bytes.error().what, ""});
  const auto document = node::PaymentDocument::decode(*bytes);
  if (!document.ok())
    return console.failure(
        {ExitCode::damaged, receive.file + " is not a payment: " + name(document.error()), name(document.error())});
  if (document->network != network.id())
    return console.failure({ExitCode::wrong_network, "a payment on another network", "wrong_network"});
  if (const auto loaded = session.load(Need::verifier); !loaded.ok()) return console.failure(loaded.error());
  ledger::CircuitVerifier verifier(session.system(), session.entropy(), session.pool());
  ledger::FullAuthority authority(verifier, session.entropy());

  console.begin("Verifying proof, certificate and note on this machine");
  const Stopwatch watch;
  const auto received =
      session.wallet().receive(document->transaction, document->certificate, session.committee(), authority);
  const double verify_ms = watch.ms();
  console.end(received.ok(), verify_ms, received.ok() ? "final" : "");
  if (!received.ok()) {
    auto failure = apps::failure_of(received.error());
    failure.message = "not accepted: " + failure.message;
    return console.failure(failure);
  }
  node::ReceiptDocument receipts;
  ordered_json list = ordered_json::array();
  for (const auto& in : *received) {
    show_incoming(console, network, in);
    list.push_back(incoming_json(session, network, in));
    const auto receipt = session.wallet().sign_receipt(in.output, session.entropy());
    if (!receipt.ok()) return console.failure(apps::failure_of(receipt.error()));
    receipts.receipts.push_back(*receipt);
  }
  const std::string file = receive.receipt.empty() ? receive.file + ".receipt" : receive.receipt;
  if (const auto written = write_file(file, receipts.encode()); !written.ok())
    return console.failure(
        {ExitCode::failed, "credited, but the receipt could not be written: " + written.error().what, ""});
  console.line("  receipt for the payer: " + file);
  console.document(ordered_json{{"ok", true}, {"received", list}, {"receipt", file}, {"verify_ms", verify_ms}}.dump(-1, ' ', false, kReplaceBadUtf8));
  return static_cast<int>(ExitCode::ok);
}

int receive_blocks(Console& console, WalletSession& session, const ReceiveOptions& receive) {
  const auto& network = session.network();
  if (const auto driven = session.drive(Need::blocks); !driven.ok()) return console.failure(driven.error());
  auto synced = session.sync(console);
  if (!synced.ok()) return console.failure(synced.error());
  auto received = synced->received;
  const Stopwatch watch;
  if (receive.wait && received.empty()) console.begin("Waiting for a payment");
  while (receive.wait && received.empty()) {
    double wait = kWaitMs;
    if (receive.timeout_s > 0) wait = std::min(wait, receive.timeout_s * 1000.0 - watch.ms());
    if (wait <= 0) return console.failure({ExitCode::timed_out, "nothing arrived", ""});
    const auto more = session.driver().sync(static_cast<uint32_t>(wait));
    if (!more.ok()) return console.failure(apps::failure_of(more.error()));
    received = more->received;
    if (!received.empty()) console.end(true, watch.ms());
  }
  ordered_json list = ordered_json::array();
  for (const auto& in : received) {
    show_incoming(console, network, in);
    list.push_back(incoming_json(session, network, in));
  }
  if (received.empty()) console.line("  nothing new");
  console.document(
      ordered_json{{"ok", true}, {"height", session.wallet().state().height()}, {"received", list}}.dump(-1, ' ', false, kReplaceBadUtf8));
  return static_cast<int>(ExitCode::ok);
}

ordered_json receipt_json(const WalletSession& session, const ledger::Network& network, const note::Receipt& r) {
  return {{"txid", to_hex(r.txid)},
          {"transfer", r.transfer},
          {"output", r.slot},
          {"amount", number(network, r.asset, r.value)},
          {"asset", symbol(network, r.asset)},
          {"address", session.address_text(r.address)}};
}

}  // namespace

int wallet_receive(Console& console, const WalletOptions& options, const ReceiveOptions& receive) {
  if (!receive.file.empty() && receive.wait)
    return console.failure({ExitCode::usage, "either a payment file or --wait", ""});
  std::error_code e;
  if (!receive.file.empty() && !fs::exists(receive.file, e))
    return console.failure({ExitCode::no_such_file, "no file " + receive.file, ""});
  const auto session = WalletSession::open(options);
  if (!session.ok()) return console.failure(session.error());
  return receive.file.empty() ? receive_blocks(console, **session, receive) : receive_file(console, **session, receive);
}

int wallet_receipt(Console& console, const WalletOptions& options, const std::string& file) {
  const auto session = WalletSession::open(options);
  if (!session.ok()) return console.failure(session.error());
  auto& wallet = (*session)->wallet();
  const auto& network = (*session)->network();
  ordered_json list = ordered_json::array();
  const auto show = [&](const note::Receipt& r, const std::string& what) {
    console.line(fmt::format("  {} received {} in {}…  {}", short_address((*session)->address_text(r.address)),
                             show_amount(network, r.asset, r.value), to_hex(r.txid).substr(0, 16), what));
    list.push_back(receipt_json(**session, network, r));
  };
  if (file.empty()) {
    for (const auto& [output, receipt] : wallet.state().receipts) show(receipt, "");
    if (list.empty()) console.line("  no receipts yet");
  } else {
    const auto bytes = read_file(file, node::kMaxReceiptFileBytes);
    if (!bytes.ok()) return console.failure({ExitCode::no_such_file, bytes.error().what, ""});
    const auto document = node::ReceiptDocument::decode(*bytes);
    if (!document.ok())
      return console.failure(
          {ExitCode::damaged, file + " is not a receipt: " + name(document.error()), name(document.error())});
    for (const auto& receipt : document->receipts) {
      if (receipt.network != network.id().value)
        return console.failure({ExitCode::wrong_network, "a receipt of another network", "wrong_network"});
      const auto accepted = wallet.accept_receipt(receipt);
      if (!accepted.ok()) {
        auto failure = apps::failure_of(accepted.error());
        failure.message = "the receipt does not hold: " + failure.message;
        return console.failure(failure);
      }
      show(receipt, "good, kept");
    }
  }
  console.document(ordered_json{{"ok", true}, {"receipts", list}}.dump(-1, ' ', false, kReplaceBadUtf8));
  return static_cast<int>(ExitCode::ok);
}

}  // namespace sotto::apps
