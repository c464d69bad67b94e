#include "apps/wallet_session.hpp"

#include <algorithm>
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
constexpr size_t kMaxRelays = 3;
constexpr size_t kMaxRelaysBytes = 1024;
constexpr const char* kRelaysNeedKeys = "relays carry TLS only, and this network has no keys: it is a devnet";

Failure<CommandFailure> fail(ExitCode code, const std::string& message, const std::string& reject = "") {
  return Failure{CommandFailure{code, message, reject}};
}

constexpr const char* kWordsRestore =
    "the 24 words restore the money, its history and addresses: move the wallet file away and run `sotto wallet restore`";

CommandFailure failure_of(const store::WalletFileError& e, const std::string& file) {
  using R = store::WalletFileReject;
  const std::string reject = store::name(e.reject);
  switch (e.reject) {
    case R::not_found:
      return {ExitCode::no_such_file, "no wallet at " + file + " (make one: sotto wallet create; with the 24 words: sotto wallet restore)", reject};
    case R::already_exists: return {ExitCode::already_exists, file + " exists already; nothing was changed", reject};
    case R::wallet_in_use: return {ExitCode::wallet_in_use, file + " is in use by another process", reject};
    case R::wrong_passphrase: return {ExitCode::wrong_passphrase, "wrong passphrase", reject};
    case R::old_format:
      return {ExitCode::damaged, file + " is a wallet of an older version, on a network this version does not understand; open it with that version", reject};
    case R::bad_passphrase: return {ExitCode::usage, "the passphrase is not UTF-8 text; nothing was made", reject};
    case R::unknown_format:
      return {ExitCode::damaged, file + " cannot be used: a later version of this program wrote it; that version opens it", reject};
    case R::not_a_wallet:
    case R::damaged:
      return {ExitCode::damaged, file + " cannot be used: " + reject + (e.detail.empty() ? "" : " (" + e.detail + ")") + "; " + kWordsRestore,
              reject};
    case R::no_memory: return {ExitCode::failed, file + " cannot be opened: the memory that its passphrase takes cannot be had", reject};
    case R::io: return {ExitCode::failed, file + " cannot be read and written: " + e.detail, reject};
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
std::string checkpoint_path(const std::string& file) { return file + ".checkpoint"; }
std::string relays_path(const std::string& file) { return file + ".relays"; }

bool loopback(const net::Endpoint& at) { return at.address.starts_with("127.") || at.address == "::1"; }

// What --network says: a network file, or a devnet's ADDRESS:PORT on this machine, where nobody listens on the way.
Result<Asked, CommandFailure> parse_network(const std::string& text) {
  if (text.empty()) return Asked{};
  if (const auto endpoint = node::parse_endpoint(text)) {
    if (!loopback(*endpoint))
      return fail(ExitCode::usage, text + " is another machine: that needs its network file (--network FILE), which holds the keys of its validators");
    return Asked{*endpoint};
  }
  const auto bytes = read_file(text, node::kMaxNetworkFileBytes);
  if (!bytes.ok())
    return fail(ExitCode::usage, "--network takes a network file or a devnet's ADDRESS:PORT; " + bytes.error().what);
  auto file = node::parse_network_file(*bytes);
  if (!file.ok()) return fail(ExitCode::usage, text + ": " + file.error().what);
  return Asked{std::move(file).value()};
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
    case R::wrong_network: return {ExitCode::wrong_network, r.detail.empty() ? "the wallet belongs to another network" : r.detail, reject};
    case R::damaged: return {ExitCode::damaged, "the wallet cannot be used: " + what + "; " + kWordsRestore, reject};
    case R::no_account:
      return {ExitCode::damaged, "the wallet's making did not finish, and nothing was ever paid to it: remove the file and make it again", reject};
    default: return {ExitCode::failed, what, reject};
  }
}

CommandFailure failure_of(const node::NetworkClient::Trouble& trouble) {
  const std::string reject = node::name(trouble.failed);
  switch (trouble.failed) {
    case node::NetworkClient::Failed::unreachable:
      return {ExitCode::unreachable, "cannot reach the network: " + trouble.what, reject};
    case node::NetworkClient::Failed::timed_out: return {ExitCode::timed_out, trouble.what, reject};
    case node::NetworkClient::Failed::wrong_network: return {ExitCode::wrong_network, trouble.what, reject};
    default: return {ExitCode::failed, trouble.what, reject};
  }
}

CommandFailure failure_of(const node::WalletDriver::Trouble& trouble) {
  if (trouble.network) return failure_of(node::NetworkClient::Trouble{*trouble.network, trouble.what});
  return {ExitCode::failed, trouble.what, trouble.reject};
}

// A wallet goes through the same relays until told otherwise: forgetting them once would show where it is.
Status<CommandFailure> WalletSession::choose_relays(const std::string& asked) {
  std::string text = asked;
  std::error_code e;
  if (asked.empty()) {
    if (!fs::exists(relays_path(file_), e)) return Ok{};
    const auto bytes = read_file(relays_path(file_), kMaxRelaysBytes);
    if (!bytes.ok()) return fail(ExitCode::failed, bytes.error().what);
    text.assign(bytes->begin(), bytes->end());
  } else if (asked == "none") {
    fs::remove(relays_path(file_), e);
    return Ok{};
  }
  for (size_t at = 0; at <= text.size();) {
    const size_t comma = std::min(text.find(',', at), text.size());
    const auto relay = node::parse_relay(std::string_view(text).substr(at, comma - at));
    if (!relay || relays_.size() == kMaxRelays) return fail(ExitCode::usage, "--relay takes one to three KEY@ADDRESS:PORT, not \"" + text + "\"");
    relays_.push_back(*relay);
    at = comma + 1;
  }
  if (asked.empty()) return Ok{};
  if (const auto made = make_directories(fs::path(file_).parent_path()); !made.ok()) return fail(ExitCode::failed, made.error().what);
  if (const auto kept = write_file(relays_path(file_), view(text)); !kept.ok()) return fail(ExitCode::failed, kept.error().what);
  return Ok{};
}

Status<CommandFailure> WalletSession::know(node::NetworkInfo info) {
  auto genesis = ledger::decode_genesis(info.genesis);
  if (!genesis.ok() || !ledger::check_content(genesis->content).ok())
    return fail(ExitCode::damaged, network_path(file_) + " does not describe a network; that of any wallet of this network will do");
  auto committee = node::genesis_committee(*genesis);
  if (!committee.ok()) return fail(ExitCode::damaged, network_path(file_) + ": " + committee.error().what);
  info_ = std::move(info);
  network_ = std::make_shared<const ledger::Network>(genesis->content);
  committee_ = std::make_shared<const settle::Committee>(std::move(committee).value());
  return Ok{};
}

Result<std::unique_ptr<WalletSession>, CommandFailure> WalletSession::open(const WalletOptions& options) { return open(options, false); }
Result<std::unique_ptr<WalletSession>, CommandFailure> WalletSession::look(const WalletOptions& options) { return open(options, true); }

Result<std::unique_ptr<WalletSession>, CommandFailure> WalletSession::open(const WalletOptions& options, bool only_look) {
  std::unique_ptr<WalletSession> s(new WalletSession);
  TRY(file, wallet_path(options.file));
  s->file_ = file;
  TRY(asked, parse_network(options.network));
  s->asked_ = std::move(asked);
  TRY_OK(s->choose_relays(options.relays));
  std::error_code e;
  if (!fs::exists(file, e))
    return Failure{failure_of(store::WalletFileError{store::WalletFileReject::not_found, ""}, file)};
  TRY(passphrase, ask_secret("passphrase of " + file, options.passphrase_fd, false));
  auto store = store::WalletStore::open(file, passphrase.expose(), s->entropy_);
  if (!store.ok() && store.error().reject == store::WalletFileReject::io && only_look)
    store = store::WalletStore::open_as_it_stands(file, passphrase.expose(), s->entropy_);
  if (!store.ok()) return Failure{failure_of(store.error(), file)};
  s->store_ = std::move(store).value();
  s->rows_ = std::make_unique<Interruption>(*s->store_);

  const auto bytes = read_file(network_path(file), node::kMaxResponseBytes);
  auto info = bytes.ok() ? node::NetworkInfo::decode(*bytes)
                         : Result<node::NetworkInfo, DecodeError>(Failure{DecodeError::truncated});
  if (!info.ok())
    return fail(ExitCode::damaged, network_path(file) + " is missing or damaged; that of any wallet of this network will do, and " + kWordsRestore);
  TRY_OK(s->know(std::move(info).value()));
  s->given_checkpoint_ = options.checkpoint;
  TRY(checkpoint, s->known_checkpoint());
  if (checkpoint && checkpoint->committee.network() != s->network_->id())
    return fail(ExitCode::wrong_network, "the checkpoint is another network's", "wrong_network");
  if (checkpoint) s->committee_ = std::make_shared<const settle::Committee>(checkpoint->committee);
  auto wallet = wallet::Wallet::open(*s->rows_, s->network_);
  if (!wallet.ok()) return Failure{apps::failure_of(wallet.error())};
  s->wallet_ = std::make_unique<wallet::Wallet>(std::move(wallet).value());
  s->wallet_->tell_time(s->clock_);
  return s;
}

Result<std::unique_ptr<WalletSession>, CommandFailure> WalletSession::create(const WalletOptions& options,
                                                                             const crypto::Bip39Entropy& words, bool from_now) {
  const auto seed = crypto::bip39_seed(words, "");
  CHECK(seed.ok());
  std::unique_ptr<WalletSession> s(new WalletSession);
  TRY(file, wallet_path(options.file));
  s->file_ = file;
  TRY(asked, parse_network(options.network));
  s->asked_ = std::move(asked);
  if (std::holds_alternative<std::monostate>(s->asked_)) s->asked_ = net::Endpoint{"127.0.0.1", kDefaultPort};
  std::error_code e;
  if (fs::exists(file, e))
    return Failure{failure_of(store::WalletFileError{store::WalletFileReject::already_exists, ""}, file)};
  TRY_OK(s->choose_relays(options.relays.empty() ? "none" : options.relays));
  const auto* const pinned = std::get_if<node::NetworkFile>(&s->asked_);
  if (pinned == nullptr && !s->relays_.empty()) return fail(ExitCode::usage, kRelaysNeedKeys);
  auto client = pinned != nullptr
                    ? node::NetworkClient::connect(*pinned, s->entropy_, kConnectTimeoutMs, s->relays_)
                    : node::NetworkClient::connect(std::get<net::Endpoint>(s->asked_), std::nullopt, s->entropy_, kConnectTimeoutMs);
  if (!client.ok()) return Failure{apps::failure_of(client.error())};
  s->client_ = std::move(client).value();
  s->given_checkpoint_ = options.checkpoint;
  TRY_OK(s->know(s->client_->info()));
  TRY_OK(s->follow());
  s->taken_on_trust_ = pinned == nullptr;
  std::optional<wallet::Birth> birth;
  if (from_now) {
    const auto tree = s->client_->tree();
    if (!tree.ok()) return Failure{apps::failure_of(tree.error())};
    birth = wallet::Birth{tree->height, tree->tree};
  }

  TRY(passphrase, ask_secret("a passphrase for " + file, options.passphrase_fd, true));
  const fs::path directory = fs::path(file).parent_path();
  if (const auto made = make_directories(directory); !made.ok()) return fail(ExitCode::failed, made.error().what);
  if (const auto written = write_file(network_path(file), s->info_.encode()); !written.ok())
    return fail(ExitCode::failed, written.error().what);
  TRY_OK(s->keep_checkpoint());
  auto store = store::WalletStore::create(file, passphrase.expose(), crypto::kArgon2idInteractive, s->entropy_);
  if (!store.ok()) return Failure{failure_of(store.error(), file)};
  s->store_ = std::move(store).value();
  s->rows_ = std::make_unique<Interruption>(*s->store_);
  auto wallet = wallet::Wallet::create(*s->rows_, s->network_, *seed, 0, birth, words);
  if (!wallet.ok()) return Failure{apps::failure_of(wallet.error())};
  s->wallet_ = std::make_unique<wallet::Wallet>(std::move(wallet).value());
  s->wallet_->tell_time(s->clock_);
  return s;
}

// Where to ask this time. A network with keys is known already: nobody needs to be asked who its validators are.
Result<std::unique_ptr<node::NetworkClient>, node::NetworkClient::Trouble> WalletSession::reach() {
  using Client = node::NetworkClient;
  if (const auto* file = std::get_if<node::NetworkFile>(&asked_)) {
    const auto genesis = ledger::decode_genesis(info_.genesis);
    CHECK(genesis.ok());                       // know() has looked
    if (ledger::genesis_hash(*genesis) != file->genesis)
      return Failure{Client::Trouble{Client::Failed::wrong_network, "the wallet belongs to another network than the network file"}};
    const auto first = node::genesis_committee(*genesis);
    CHECK(first.ok());
    const auto members = node::in_committee_order(*file, *first);
    if (!members.ok()) return Failure{Client::Trouble{Client::Failed::nonsense, members.error().what}};
    auto info = info_;
    info.validators.clear();
    info.ids.clear();
    for (const auto& m : *members) {
      info.validators.push_back(m.api);
      info.ids.push_back({m.consensus_key});
    }
    return Client::known(info, entropy_, kConnectTimeoutMs, relays_);
  }
  std::vector<net::Endpoint> places = info_.validators;
  if (const auto* endpoint = std::get_if<net::Endpoint>(&asked_)) places = {*endpoint};
  else if (std::ranges::all_of(places, [](const auto& at) { return at.key.has_value(); }))
    return Client::known(info_, entropy_, kConnectTimeoutMs, relays_);
  if (!relays_.empty()) return Failure{Client::Trouble{Client::Failed::unreachable, kRelaysNeedKeys}};
  Client::Trouble trouble{Client::Failed::unreachable, "no validator is known; use --network"};
  for (const auto& place : places) {
    if (deadline_.over()) return Failure{Client::Trouble{Client::Failed::timed_out, "the time given is over"}};
    auto client = Client::connect(place, network_->id(), entropy_, deadline_.at_most(kConnectTimeoutMs));
    if (client.ok()) return client;
    trouble = client.error();
  }
  return Failure{std::move(trouble)};
}

void WalletSession::until(const node::Deadline& deadline) {
  deadline_ = deadline;
  limit_.reset();
  if (client_) limit_.emplace(*client_, deadline);
}

Status<CommandFailure> WalletSession::connect() {
  if (client_) return Ok{};
  auto client = reach();
  if (!client.ok()) return Failure{apps::failure_of(client.error())};
  client_ = std::move(client).value();
  limit_.emplace(*client_, deadline_);
  TRY_OK(follow());
  if (auto now = client_->info(); now.validators != info_.validators || now.ids != info_.ids) {
    // They moved: remembered for next time.
    info_ = std::move(now);
    if (const auto written = write_file(network_path(file_), info_.encode()); !written.ok()) not_kept_ = written.error().what;
  }
  // What is not remembered is asked for again next time; whether money can move is for the wallet's own file to say.
  if (const auto kept = keep_checkpoint(); !kept.ok()) not_kept_ = kept.error().message;
  return Ok{};
}

Result<std::optional<settle::Checkpoint>, CommandFailure> WalletSession::known_checkpoint() const {
  const std::string& from = given_checkpoint_.empty() ? checkpoint_path(file_) : given_checkpoint_;
  std::error_code e;
  if (given_checkpoint_.empty() && !fs::exists(from, e)) return std::optional<settle::Checkpoint>();
  const auto bytes = read_file(from, settle::kMaxCheckpointBytes);
  if (!bytes.ok()) return fail(ExitCode::failed, bytes.error().what);
  auto checkpoint = settle::Checkpoint::decode(*bytes);
  if (!checkpoint.ok())
    return fail(ExitCode::damaged, from + " is no checkpoint; take that of another wallet (--checkpoint FILE), or remove it: no money is in it");
  return std::optional(std::move(checkpoint).value());
}

// From the checkpoint it has, if it has one, to the committee in office.
Status<CommandFailure> WalletSession::follow() {
  TRY(checkpoint, known_checkpoint());
  if (checkpoint)
    if (const auto begun = client_->begin_from(*checkpoint); !begun.ok()) return Failure{apps::failure_of(begun.error())};
  if (const auto moved = client_->follow(); !moved.ok()) return Failure{apps::failure_of(moved.error())};
  committee_ = client_->committee();
  return Ok{};
}

Status<CommandFailure> WalletSession::keep_checkpoint() {
  if (const auto written = write_file(checkpoint_path(file_), client_->checkpoint().encode()); !written.ok())
    return fail(ExitCode::failed, written.error().what);
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
  rows_->answer(console);
  if (!not_kept_.empty())
    (void)console.warning({ExitCode::not_written, "what the network said could not be remembered: " + std::exchange(not_kept_, ""), ""});
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
