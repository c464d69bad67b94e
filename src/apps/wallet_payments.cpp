// Paying, receiving, receipts.
#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "apps/json.hpp"
#include "apps/assets.hpp"
#include "apps/consent.hpp"
#include "apps/spending.hpp"
#include "apps/wallet_commands.hpp"
#include "apps/wallet_session.hpp"
#include "ledger/circuit_verifier.hpp"
#include "note/memo.hpp"
#include "base/files.hpp"

namespace sotto::apps {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

namespace {

constexpr uint32_t kWaitMs = 10'000;         // one request for blocks

// What the person decides on, amount first.
struct Review {
  ledger::Asset asset, fee_asset;
  wallet::Wanted amount;           // none: everything
  note::Amount fee;
  note::Address to;
};
constexpr const char* kEverything = "all";
Result<Review, CommandFailure> review(const ledger::Network& network, const PayOptions& pay) {
  TRY(asset, find_asset(network, pay.asset));
  wallet::Wanted amount;
  if (pay.amount != kEverything) {
    TRY(typed, parse_amount(pay.amount, asset));
    amount = typed;
  }
  TRY(to, parse_address(network, pay.address));
  if (const auto memo = note::check_memo(view(pay.memo)); !memo.ok())
    return Failure{CommandFailure{ExitCode::usage, memo.error().detail, note::name(memo.error().reject)}};
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

// The place of a payment's file, taken before anything is proven.
Result<NewFile, CommandFailure> take_place(const std::string& file) {
  std::error_code e;
  if (fs::exists(fs::symlink_status(file, e))) return Failure{CommandFailure{ExitCode::already_exists, file + " exists already", ""}};
  if (!fs::is_directory(fs::absolute(file).parent_path(), e))
    return Failure{CommandFailure{ExitCode::no_such_file, "no directory for " + file, ""}};
  auto place = NewFile::take(file, node::kMaxPaymentFileBytes);
  if (!place.ok()) return Failure{CommandFailure{ExitCode::failed, place.error().what, "cannot_write"}};
  return std::move(place).value();
}

// Of a final payment. The error says why there is no file.
Status<Error> write_payment(NewFile& place, const ledger::NetworkId& network, const node::Paid& paid) {
  if (!paid.settled) return Failure{Error{"a block has the payment, and nobody has a certificate for it: the payee finds it in that block"}};
  return place.put(node::PaymentDocument{network, *paid.transaction, paid.settled->settlement}.encode());
}

// Final at the validators, and the wallet's file did not take that.
CommandFailure unnoted(const node::Paid& paid) {
  return {ExitCode::not_written, "the payment is final, but the wallet could not store that: " + paid.unnoted + "; it learns of it from the next block",
          "store_failed", paid.txid.hex()};
}

ordered_json paid_json(const node::Paid& paid) {
  ordered_json j = {{"txid", paid.txid.hex()}, {"state", "final"}, {"prove_ms", paid.prove_ms}};
  if (paid.settled) j["lock_certificate_ms"] = paid.settled->timings.lock_certificate_ms;
  j["settled_ms"] = paid.settled_ms;
  if (!paid.unnoted.empty()) j["wallet_error"] = unnoted(paid).message;
  return j;
}

ordered_json incoming_json(const WalletSession& session, const ledger::Network& network, const wallet::Incoming& in) {
  return {{"amount", number(network, in.asset, in.value)},
          {"asset", symbol(network, in.asset)},
          {"memo", note::visible(in.memo, true)},
          {"address", session.address_text(in.address)},
          {"txid", in.output.txid.hex()},
          {"credited", in.credited},
          {"conditional", in.conditional},
          {"void", in.lost}};
}

void show_incoming(Console& console, const ledger::Network& network, const wallet::Incoming& in) {
  const std::string memo = in.memo.empty() ? "" : fmt::format("  \"{}\"", note::visible(in.memo, false));
  console.line(fmt::format("  {} {}{}",
                           in.lost        ? "void, it will never arrive:"
                           : in.conditional ? "under a condition, not yours yet:"
                           : in.credited  ? "received"
                                          : "known already:",
                           show_amount(network, in.asset, in.value), memo));
}

}  // namespace

int wallet_pay(Console& console, const WalletOptions& options, const PayOptions& pay) {
  if (const auto asked = can_agree(pay.yes); !asked.ok()) return console.failure(asked.error());
  std::optional<NewFile> out;
  if (!pay.out.empty()) {
    auto place = take_place(pay.out);
    if (!place.ok()) return console.failure(place.error());
    out.emplace(std::move(place).value());
  }
  const auto session = WalletSession::open(options);
  if (!session.ok()) return console.failure(session.error());
  const auto& network = (*session)->network();
  const auto r = review(network, pay);
  if (!r.ok()) return console.failure(r.error());
  (*session)->until(node::Deadline::in(pay.timeout_s * 1000ull));
  if (const auto driven = (*session)->drive(Need::prover); !driven.ok()) return console.failure(driven.error());
  if (const auto synced = (*session)->sync(console); !synced.ok()) return console.failure(synced.error());

  const auto plan = (*session)->wallet().plan({r->asset.opening, r->amount, r->fee_asset.opening, r->fee});
  if (!plan.ok()) return console.failure(failure_of_plan(plan.error(), network));
  const note::Amount amount = *plan->spend.amount;
  std::vector<std::string> shown = {"", fmt::format("  {}{}", show_amount(network, r->asset.opening, amount), r->amount ? "" : "   (all that can be spent now)"),
                                    fmt::format("  to   {}", (*session)->address_text(r->to))};
  std::ranges::copy(cost_lines(network, *plan), std::back_inserter(shown));
  if (plan->waits) shown.push_back("  part of the money is still arriving: this waits for the next block");
  std::ranges::copy(open_lines(**session), std::back_inserter(shown));
  const auto* like = (*session)->wallet().unfinished_like(r->to, r->asset.opening, amount);
  std::string question = "Pay?";
  if (like != nullptr) {
    const std::string what = like->is_open() ? "is under way, not known to be final" : "is final already, and this wallet never told you";
    if (!pay.again && (pay.yes || !can_agree(false).ok()))
      return console.failure({ExitCode::payment_open, "the same payment " + what + ": `sotto wallet resume` ends it, `--again` pays once more",
                              "payment_open", like->txid.hex()});
    shown.push_back("  The same payment " + what + " (" + like->txid.hex().substr(0, 16) + "…; `sotto wallet resume`).");
    if (!pay.again) question = "Pay the same AGAIN?";
  }
  shown.push_back("");
  const auto asked = std::chrono::steady_clock::now();
  if (const auto yes = agree(console, pay.yes, shown, question); !yes.ok()) return console.failure(yes.error());
  (*session)->until((*session)->deadline().later_by(std::chrono::steady_clock::now() - asked));   // a person may think

  console.money_may_move();
  const node::Deadline deadline = (*session)->deadline();
  console.begin(plan->plan.merges > 0 ? "Merging small notes" : "Making the private proof");
  const Stopwatch watch;
  node::Merges merges;
  const wallet::PayRequest request{r->to, r->asset.opening, amount, Bytes(pay.memo.begin(), pay.memo.end()), r->fee_asset.opening, r->fee};
  const auto outgoing = (*session)->driver().prepare(request, *plan, deadline, &merges, [&](const node::Merges& so_far) {
    console.update(fmt::format("Merging small notes: {} of {}", so_far.done, so_far.planned));
  });
  if (outgoing.ok()) console.update("Private proof ready");
  console.end(outgoing.ok(), watch.ms(), merges.done > 0 ? fmt::format("after merging small notes {} times", merges.done) : "");
  if (!outgoing.ok()) return console.failure(failure_of(outgoing.error(), network));
  (*session)->driver().use(pay.mode);
  auto paid = settle_shown(console, **session, [&](const auto& step, const auto& notice) {
    return (*session)->driver().finish(request, *outgoing, deadline, step, notice);
  });
  if (!paid.ok()) return console.failure(failure_of(paid.error(), network));
  paid->merges = merges;

  const std::string sent = fmt::format("{} to {}", show_amount(network, r->asset.opening, amount),
                                       short_address((*session)->address_text(r->to)));
  console.happened("paid, and final: " + sent + ", txid " + paid->txid.hex());
  console.line("");
  console.line("Sent " + sent);
  console.line("  txid " + paid->txid.hex());
  std::optional<CommandFailure> no_file;
  if (out) {
    const auto written = write_payment(*out, network.id(), *paid);
    if (written.ok()) console.line("  for the payee: " + pay.out);
    else no_file = CommandFailure{ExitCode::not_written, "the payment is final, but its file was not written: " + written.error().what +
                                      (paid->settled ? "; `sotto wallet payment-file " + paid->txid.hex() + " --out FILE` writes it" : ""), ""};
  }
  ordered_json j = {
      {"ok", true},
      {"amount", number(network, r->asset.opening, amount)},
      {"asset", r->asset.symbol},
      {"address", (*session)->address_text(r->to)},
      {"fee", {{"amount", number(network, r->fee_asset.opening, r->fee)}, {"asset", r->fee_asset.symbol}}}};
  j.update(merges_json(network, r->fee_asset.opening, merges));
  j.update(paid_json(*paid));
  if (out && !no_file) j["out"] = pay.out;
  if (no_file) j["out_error"] = no_file->message;
  console.document(j.dump(-1, ' ', false, kReplaceBadUtf8));
  if (console.written()) (void)(*session)->wallet().told(paid->txid);
  int code = no_file ? console.warning(*no_file) : static_cast<int>(ExitCode::ok);
  if (!paid->unnoted.empty()) code = console.warning(unnoted(*paid));
  return code;
}

int wallet_payment_file(Console& console, const WalletOptions& options, const std::string& txid, const std::string& out) {
  const auto id = from_hex(txid);
  if (!id || id->size() != 32) return console.failure({ExitCode::usage, "\"" + txid + "\" is not a txid: 64 hex digits", "not_a_txid"});
  auto place = take_place(out);
  if (!place.ok()) return console.failure(place.error());
  const auto session = WalletSession::look(options);
  if (!session.ok()) return console.failure(session.error());
  wallet::TxId key;
  std::ranges::copy(*id, key.value.begin());
  const auto* payment = (*session)->wallet().payment(key);
  if (payment == nullptr)
    return console.failure({ExitCode::no_such_file, "this wallet file made no such payment; after a restore it does not hold those made before", "unknown_payment"});
  if (payment->state != wallet::PaymentState::settled && payment->state != wallet::PaymentState::executed)
    return console.failure({payment->holds_notes() ? ExitCode::pending : ExitCode::failed,
                            "the payment is " + std::string(wallet::name(payment->state)) + ", not final", "not_final", txid});
  const auto certificate = settle::SettlementCertificate::decode(payment->certificate);
  if (!certificate.ok())
    return console.failure({ExitCode::failed, "a block has the payment, and this wallet has no certificate for it: the payee finds it in that block", "no_certificate"});
  const node::PaymentDocument document{(*session)->network().id(), *payment->bytes, *certificate};
  if (const auto written = place->put(document.encode()); !written.ok()) return console.failure({ExitCode::failed, written.error().what, "cannot_write"});
  console.line("  for the payee: " + out);
  console.document(ordered_json{{"ok", true}, {"txid", txid}, {"out", out}}.dump(-1, ' ', false, kReplaceBadUtf8));
  return static_cast<int>(ExitCode::ok);
}

int wallet_resume(Console& console, const WalletOptions& options, uint32_t timeout_s) {
  const auto session = WalletSession::open(options);
  if (!session.ok()) return console.failure(session.error());
  const auto& network = (*session)->network();
  (*session)->until(node::Deadline::in(timeout_s * 1000ull));
  if (const auto driven = (*session)->drive(Need::prover); !driven.ok()) return console.failure(driven.error());
  if (const auto synced = (*session)->sync(console); !synced.ok()) return console.failure(synced.error());

  auto& wallet = (*session)->wallet();
  ordered_json list = ordered_json::array();
  std::optional<CommandFailure> worst;
  int code = static_cast<int>(ExitCode::ok);
  std::vector<wallet::TxId> told;
  // Final without anybody having been told: a command was stopped in between.
  for (const auto& entry : wallet.history()) {
    const auto* made = wallet.payment(entry.txid);
    if (made == nullptr || made->is_open() || !made->untold || made->state == wallet::PaymentState::refused) continue;
    console.line(fmt::format("{}: final already", describe(**session, *made)));
    list.push_back({{"txid", made->txid.hex()}, {"kind", wallet::name(made->kind())}, {"state", "final"}});
    told.push_back(made->txid);
  }
  const auto pending = (*session)->driver().unfinished();
  for (const auto& outgoing : pending) {
    const auto* made = wallet.payment(outgoing.txid);
    (*session)->sends(*made);
    const std::string what = describe(**session, *made), kind = wallet::name(made->kind());
    console.line(what + ", txid " + outgoing.txid.hex());
    const auto paid = settle_shown(console, **session, [&](const auto& step, const auto& notice) {
      return (*session)->driver().resume(outgoing, (*session)->deadline(), step, notice);
    });
    ordered_json j = {{"txid", outgoing.txid.hex()}, {"kind", kind}};
    if (paid.ok()) {
      j.update(paid_json(*paid));
      console.happened("final: txid " + paid->txid.hex());
      if (!paid->unnoted.empty()) code = console.warning(unnoted(*paid));
      told.push_back(outgoing.txid);
    } else {
      worst = failure_of(paid.error(), network);
      j.update({{"state", paid.error().kind == node::PayFailure::Kind::refused ? "refused" : "pending"}, {"reject", paid.error().reject}});
    }
    list.push_back(std::move(j));
  }
  if (list.empty()) console.line("Nothing is under way.");
  if (worst && !console.json()) return console.failure(*worst);
  console.document(ordered_json{{"ok", !worst}, {"payments", list}}.dump(-1, ' ', false, kReplaceBadUtf8));
  if (console.written())
    for (const auto& txid : told) (void)wallet.told(txid);
  return worst ? static_cast<int>(worst->code) : code;
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
    if (in.lost) {
      console.line("  " + why_void(*session.state().history.at(in.output.txid).lost));
      continue;
    }
    const auto receipt = session.wallet().sign_receipt(in.output, session.entropy());
    if (!receipt.ok()) return console.failure(apps::failure_of(receipt.error()));
    receipts.receipts.push_back(*receipt);
  }
  if (receipts.receipts.empty())
    return console.failure({ExitCode::failed, "the payment is void: " + why_void(*session.state().history.at(received->front().output.txid).lost),
                            wallet::name(wallet::Reject::payment_void), received->front().output.txid.hex()});
  const std::string file = receive.receipt.empty() ? receive.file + ".receipt" : receive.receipt;
  ordered_json answer{{"ok", true}, {"received", list}};
  std::optional<CommandFailure> no_receipt;
  if (const auto written = write_file(file, receipts.encode()); written.ok()) {
    console.line("  receipt for the payer: " + file);
    answer["receipt"] = file;
  } else {
    no_receipt = CommandFailure{ExitCode::not_written, "received, but the receipt was not written: " + written.error().what +
                                                           "; the same command with --receipt FILE signs it again", ""};
    answer["receipt_error"] = no_receipt->message;
  }
  answer["verify_ms"] = verify_ms;
  console.document(answer.dump(-1, ' ', false, kReplaceBadUtf8));
  return no_receipt ? console.warning(*no_receipt) : static_cast<int>(ExitCode::ok);
}

int receive_blocks(Console& console, WalletSession& session, const ReceiveOptions& receive) {
  const auto& network = session.network();
  if (receive.timeout_s > 0) session.until(node::Deadline::in(receive.timeout_s * 1000ull));
  if (const auto driven = session.drive(Need::blocks); !driven.ok()) return console.failure(driven.error());
  auto synced = session.sync(console);
  if (!synced.ok()) return console.failure(synced.error());
  auto received = synced->received;
  const Stopwatch watch;
  if (receive.wait && received.empty()) console.begin("Waiting for a payment");
  while (receive.wait && received.empty()) {
    if (session.deadline().over()) return console.failure({ExitCode::timed_out, "nothing arrived", ""});
    const auto more = session.driver().sync(session.deadline().at_most(kWaitMs));
    if (!more.ok() && more.error().network == node::NetworkClient::Failed::timed_out) continue;
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
  for (const auto& line : open_lines(session)) console.line(line);
  console.document(
      ordered_json{{"ok", true}, {"height", session.wallet().state().height()}, {"received", list}, {"open", open_json(session)}, {"void", void_json(session)}}.dump(-1, ' ', false, kReplaceBadUtf8));
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
  const auto session = file.empty() ? WalletSession::look(options) : WalletSession::open(options);
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
    for (const auto& receipt : document->receipts)
      if (receipt.network != network.id().value)
        return console.failure({ExitCode::wrong_network, "a receipt of another network; nothing was kept", "wrong_network"});
    for (const auto& receipt : document->receipts) {
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
