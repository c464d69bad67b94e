#include "apps/wallet_session.hpp"

#include <filesystem>

#include <fmt/format.h>

#include "apps/environment.hpp"
#include "apps/secret_input.hpp"
#include "node/dev_genesis.hpp"
#include "node/network_file.hpp"
#include "base/files.hpp"

namespace sotto::apps {

namespace fs = std::filesystem;

namespace {

constexpr uint32_t kConnectTimeoutMs = 5000;

Failure<CommandFailure> fail(ExitCode code, const std::string& message, const std::string& reject = "") {
  return Failure{CommandFailure{code, message, reject}};
}

CommandFailure failure_of(const store::WalletFileError& e, const std::string& file) {
  using R = store::WalletFileReject;
  const std::string reject = store::name(e.reject);
  switch (e.reject) {
    case R::not_found:
      return {ExitCode::no_such_file, "no wallet at " + file + " (make one: sotto wallet create)", reject};
    case R::already_exists: return {ExitCode::already_exists, file + " exists already; nothing was changed", reject};
    case R::wallet_in_use: return {ExitCode::wallet_in_use, file + " is in use by another process", reject};
    case R::wrong_passphrase: return {ExitCode::wrong_passphrase, "wrong passphrase", reject};
    case R::not_a_wallet:
    case R::unknown_format:
    case R::damaged:
      return {ExitCode::damaged, file + " cannot be used: " + reject + (e.detail.empty() ? "" : " (" + e.detail + ")"),
              reject};
    case R::no_memory:
    case R::io: return {ExitCode::failed, file + ": " + reject + " " + e.detail, reject};
  }
  return {ExitCode::failed, reject, reject};
}

Result<std::string, CommandFailure> wallet_path(const std::string& given) {
  if (!given.empty()) return fs::absolute(given).string();
  const auto base = home();
  if (!base.ok()) return fail(ExitCode::failed, base.error().what);
  return (*base / "wallet").string();
}

std::string network_path(const std::string& file) { return file + ".network"; }

Result<std::optional<net::Endpoint>, CommandFailure> parse_endpoint(const std::string& text) {
  if (text.empty()) return std::optional<net::Endpoint>();
  const auto at = node::parse_endpoint(text);
  if (!at) return fail(ExitCode::usage, "--network takes ADDRESS:PORT, not \"" + text + "\"");
  return at;
}

}  // namespace

CommandFailure failure_of(const wallet::Refusal& r) {
  using R = wallet::Reject;
  const std::string reject = wallet::name(r.reject);
  const std::string what = r.detail.empty() ? reject : reject + ": " + r.detail;
  switch (r.reject) {
    case R::insufficient_funds: return {ExitCode::not_enough, "not enough money", reject};
    case R::funds_arriving:
      return {ExitCode::not_enough, "enough money, but some of it is still arriving; try again in a moment", reject};
    case R::insufficient_fee: return {ExitCode::not_enough, "not enough of the fee asset for the fee", reject};
    case R::wrong_network: return {ExitCode::wrong_network, "the wallet belongs to another network", reject};
    case R::damaged:
    case R::no_account: return {ExitCode::damaged, "the wallet cannot be used: " + what, reject};
    default: return {ExitCode::failed, what, reject};
  }
}

CommandFailure failure_of(const node::NetworkClient::Trouble& trouble) {
  const std::string reject = node::name(trouble.failed);
  switch (trouble.failed) {
    case node::NetworkClient::Failed::unreachable:
      return {ExitCode::unreachable, "cannot reach the network: " + trouble.what, reject};
    case node::NetworkClient::Failed::wrong_network: return {ExitCode::wrong_network, trouble.what, reject};
    default: return {ExitCode::failed, trouble.what, reject};
  }
}

CommandFailure failure_of(const node::WalletDriver::Trouble& trouble) {
  if (trouble.network) return failure_of(node::NetworkClient::Trouble{*trouble.network, trouble.what});
  return {ExitCode::failed, trouble.what, trouble.reject};
}

Status<CommandFailure> WalletSession::know(node::NetworkInfo info) {
  auto genesis = ledger::decode_genesis(info.genesis);
  if (!genesis.ok() || !ledger::check_content(genesis->content).ok())
    return fail(ExitCode::damaged, network_path(file_) + " does not describe a network");
  auto committee = node::genesis_committee(*genesis);
  if (!committee.ok()) return fail(ExitCode::damaged, network_path(file_) + ": " + committee.error().what);
  info_ = std::move(info);
  network_ = std::make_shared<const ledger::Network>(genesis->content);
  committee_ = std::make_shared<const settle::Committee>(std::move(committee).value());
  return Ok{};
}

Result<std::unique_ptr<WalletSession>, CommandFailure> WalletSession::open(const WalletOptions& options) {
  std::unique_ptr<WalletSession> s(new WalletSession);
  TRY(file, wallet_path(options.file));
  s->file_ = file;
  TRY(asked, parse_endpoint(options.network));
  s->asked_ = asked;
  std::error_code e;
  if (!fs::exists(file, e))
    return Failure{failure_of(store::WalletFileError{store::WalletFileReject::not_found, ""}, file)};
  TRY(passphrase, ask_secret("passphrase of " + file, options.passphrase_fd, false));
  auto store = store::WalletStore::open(file, passphrase.expose(), s->entropy_);
  if (!store.ok()) return Failure{failure_of(store.error(), file)};
  s->store_ = std::move(store).value();

  const auto bytes = read_file(network_path(file), node::kMaxResponseBytes);
  auto info = bytes.ok() ? node::NetworkInfo::decode(*bytes)
                         : Result<node::NetworkInfo, DecodeError>(Failure{DecodeError::truncated});
  if (!info.ok())
    return fail(ExitCode::damaged,
                network_path(file) + " is missing or damaged; restore it from any wallet of this network");
  TRY_OK(s->know(std::move(info).value()));
  auto wallet = wallet::Wallet::open(*s->store_, s->network_, node::kDevKind);
  if (!wallet.ok()) return Failure{apps::failure_of(wallet.error())};
  s->wallet_ = std::make_unique<wallet::Wallet>(std::move(wallet).value());
  return s;
}

Result<std::unique_ptr<WalletSession>, CommandFailure> WalletSession::create(const WalletOptions& options,
                                                                             const note::Seed& seed, bool from_now) {
  std::unique_ptr<WalletSession> s(new WalletSession);
  TRY(file, wallet_path(options.file));
  s->file_ = file;
  TRY(asked, parse_endpoint(options.network));
  s->asked_ = asked.value_or(net::Endpoint{"127.0.0.1", kDefaultPort});
  std::error_code e;
  if (fs::exists(file, e))
    return Failure{failure_of(store::WalletFileError{store::WalletFileReject::already_exists, ""}, file)};
  auto client = node::NetworkClient::connect(*s->asked_, std::nullopt, s->entropy_, kConnectTimeoutMs);
  if (!client.ok()) return Failure{apps::failure_of(client.error())};
  s->client_ = std::move(client).value();
  std::optional<wallet::Birth> birth;
  if (from_now) {
    const auto tree = s->client_->tree();
    if (!tree.ok()) return Failure{apps::failure_of(tree.error())};
    birth = wallet::Birth{tree->height, tree->tree};
  }
  TRY_OK(s->know({ledger::encode(s->client_->genesis()), s->client_->validators(), 0}));

  TRY(passphrase, ask_secret("a passphrase for " + file, options.passphrase_fd, true));
  const fs::path directory = fs::path(file).parent_path();
  if (const auto made = make_directories(directory); !made.ok()) return fail(ExitCode::failed, made.error().what);
  if (const auto written = write_file(network_path(file), s->info_.encode()); !written.ok())
    return fail(ExitCode::failed, written.error().what);
  auto store = store::WalletStore::create(file, passphrase.expose(), crypto::kArgon2idInteractive, s->entropy_);
  if (!store.ok()) return Failure{failure_of(store.error(), file)};
  s->store_ = std::move(store).value();
  auto wallet = wallet::Wallet::create(*s->store_, s->network_, node::kDevKind, seed, 0, birth);
  if (!wallet.ok()) return Failure{apps::failure_of(wallet.error())};
  s->wallet_ = std::make_unique<wallet::Wallet>(std::move(wallet).value());
  return s;
}

Status<CommandFailure> WalletSession::connect() {
  if (client_) return Ok{};
  std::vector<net::Endpoint> places;
  if (asked_) {
    places.push_back(*asked_);
  } else {
    places = info_.validators;
  }
  CommandFailure failure{ExitCode::unreachable, "no validator is known; use --network", ""};
  for (const auto& place : places) {
    auto client = node::NetworkClient::connect(place, network_->id(), entropy_, kConnectTimeoutMs);
    if (client.ok()) {
      client_ = std::move(client).value();
      break;
    }
    failure = apps::failure_of(client.error());
  }
  if (!client_) return Failure{failure};
  if (client_->validators() != info_.validators) {
    // They moved: remembered for next time.
    info_.validators = client_->validators();
    if (const auto written = write_file(network_path(file_), info_.encode()); !written.ok())
      return fail(ExitCode::failed, written.error().what);
  }
  return Ok{};
}

Status<CommandFailure> WalletSession::load(Need need) {
  if (need == Need::blocks) return Ok{};
  TRY(system, load_system(pool_, need == Need::prover));
  system_ = std::move(system);
  return Ok{};
}

Status<CommandFailure> WalletSession::drive(Need need) {
  TRY_OK(connect());
  TRY_OK(load(need));
  driver_ = std::make_unique<node::WalletDriver>(*wallet_, *client_, system_, entropy_, pool_);
  return Ok{};
}

Result<node::Synced, CommandFailure> WalletSession::sync(Console& console) {
  console.begin("Following the ledger");
  const Stopwatch watch;
  const auto synced =
      driver_->sync(0, [&](uint64_t height) { console.update(fmt::format("Following the ledger: block {}", height)); });
  console.update("Following the ledger");
  if (!synced.ok()) {
    console.end(false, watch.ms());
    return Failure{apps::failure_of(synced.error())};
  }
  console.end(true, watch.ms(), fmt::format("{} new blocks", synced->to - synced->from));
  return *synced;
}

}  // namespace sotto::apps
