// `sottod`: one validator of a real network (docs/cli.md).
#include <sys/resource.h>

#include <csignal>
#include <sstream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/environment.hpp"
#include "apps/json.hpp"
#include "apps/proof_system.hpp"
#include "apps/stop_signals.hpp"
#include "crypto/random.hpp"
#include "net/relay.hpp"
#include "node/key_files.hpp"
#include "node/priority.hpp"
#include "node/validator_service.hpp"

namespace {

using namespace sotto;
using namespace sotto::apps;
using nlohmann::ordered_json;

constexpr long kLookNs = 100'000'000;

ExitCode code_of(node::ValidatorService::Failed failed) {
  using F = node::ValidatorService::Failed;
  switch (failed) {
    case F::in_use: return ExitCode::wallet_in_use;
    case F::damaged: return ExitCode::damaged;
    case F::bad_config:
    case F::port_taken:
    case F::world: return ExitCode::failed;
  }
  return ExitCode::failed;
}

int init(Console& console, const std::string& dir) {
  crypto::SystemEntropy entropy;
  const auto made = node::init_validator(dir, {}, entropy);
  if (!made.ok()) return console.failure({ExitCode::failed, made.error().what, ""});
  const std::string card = node::to_json(*made);
  console.line(fmt::format("Keys and configuration are in {}; what others need of them is {}/card.json:", dir, dir));
  console.line(card);
  ordered_json document{{"ok", true}, {"dir", dir}};
  document.update(ordered_json::parse(card));
  console.document(document.dump(-1, ' ', false, kReplaceBadUtf8));
  return 0;
}

int prove(Console& console, const std::string& dir, const std::string& draft_file) {
  const auto failed = [&](const std::string& what) { return console.failure({ExitCode::failed, what, ""}); };
  const auto bytes = read_file(draft_file, ledger::kMaxGenesisBytes);
  if (!bytes.ok()) return failed(bytes.error().what);
  const auto draft = ledger::decode_genesis(*bytes);
  if (!draft.ok()) return failed(draft_file + ": " + name(draft.error()));
  const auto possession = node::prove_possession(dir, *draft);
  if (!possession.ok()) return failed(possession.error().what);
  const auto file = std::filesystem::path(dir) / "possession.json";
  if (const auto written = write_file(file, view(node::to_json(*possession))); !written.ok()) return failed(written.error().what);
  const auto seats = settle::decode_seats(draft->content.committee);
  CHECK(seats.ok());                             // prove_possession has looked
  console.line(fmt::format("Network {} ({}) with {} validators of equal stake, epochs of {} blocks or {} s (0: not for that reason); the proof is {}",
                           possession->network.hex(), draft->content.params.name, seats->size(), draft->content.params.epoch_blocks,
                           draft->content.params.epoch_ms / 1000, file.string()));
  console.document(ordered_json{{"ok", true}, {"network", possession->network.hex()}, {"validators", seats->size()}, {"possession", file.string()}}.dump());
  return 0;
}

int run(Console& console, const std::string& dir) {
  const sigset_t stop_signals = hold_stop_signals();

  crypto::SystemEntropy entropy;
  ThreadPool pool(core_count(), node::give_way);
  const auto system = load_system(pool, false);
  if (!system.ok()) return console.failure(system.error());
  auto service = node::ValidatorService::open(dir, *system, entropy, pool, [](std::string_view line) { std::fwrite(line.data(), 1, line.size(), stderr); });
  if (!service.ok()) return console.failure({code_of(service.error().failed), service.error().what, node::name(service.error().failed)});
  console.line(fmt::format("Validator of network {}, https://{}/v1/health", (*service)->network().hex().substr(0, 16), net::to_string((*service)->api())));
  console.document(ordered_json{{"ok", true}, {"network", (*service)->network().hex()}, {"api", net::to_string((*service)->api())}}.dump());
  const timespec look{0, kLookNs};
  std::optional<std::string> trouble;
  while (sigtimedwait(&stop_signals, nullptr, &look) < 0 && !(trouble = (*service)->trouble())) (*service)->look();
  auto& log = (*service)->log();
  log.say(node::LogLevel::info, "stopping");
  (*service)->stop();
  log.say(node::LogLevel::info, "stopped");
  if (trouble) return console.failure({ExitCode::failed, *trouble, ""});
  console.line("stopped; everything is on disk");
  return 0;
}

Result<std::vector<net::Endpoint>, Error> relay_targets(const std::string& network_file, const std::vector<std::string>& next) {
  std::vector<net::Endpoint> targets;
  if (!network_file.empty()) {
    TRY(bytes, read_file(network_file, node::kMaxNetworkFileBytes));
    TRY(network, node::parse_network_file(bytes));
    for (const auto& member : network.members) targets.push_back(member.api);
  }
  for (const auto& text : next) {
    const auto at = node::parse_endpoint(text);
    if (!at) return Failure{Error{text + " is not ADDRESS:PORT"}};
    targets.push_back(*at);
  }
  if (targets.empty()) return Failure{Error{"a relay needs somewhere to go: --network, --next or both"}};
  return targets;
}

// No log: what a relay knows, who and when, is what it is there not to keep.
int relay(Console& console, const std::string& dir, const std::string& listen, const std::string& network_file, const std::vector<std::string>& next) {
  const sigset_t stop_signals = hold_stop_signals();
  const auto at = node::parse_endpoint(listen);
  if (!at) return console.failure({ExitCode::usage, listen + " is not ADDRESS:PORT", ""});
  const auto targets = relay_targets(network_file, next);
  if (!targets.ok()) return console.failure({ExitCode::usage, targets.error().what, ""});
  crypto::SystemEntropy entropy;
  const auto key = node::tls_key(std::filesystem::path(dir) / "keys" / "tls.key", entropy);
  if (!key.ok()) return console.failure({ExitCode::failed, key.error().what, ""});
  const auto running = net::Relay::start(*at, {}, *targets, *key);
  if (!running.ok()) return console.failure({ExitCode::failed, running.error().what, "port_taken"});
  const std::string name = to_hex(key->key()) + "@" + net::to_string((*running)->endpoint());
  console.line("A relay: " + name);
  console.document(ordered_json{{"ok", true}, {"relay", name}, {"targets", targets->size()}}.dump());
  int signal = 0;
  sigwait(&stop_signals, &signal);
  (*running)->stop();
  return 0;
}

int restore(Console& console, const std::string& dir, const std::vector<std::string>& rpc, node::RestoreTrust trust) {
  for (const auto& text : rpc) {
    const auto at = node::parse_endpoint(text);
    if (!at) return console.failure({ExitCode::usage, text + " is not ADDRESS:PORT", ""});
    trust.rpc.push_back(*at);
  }
  const auto hash = from_hex(trust.trust_hash);
  if (trust.rpc.size() < 2 || !hash || hash->size() != 32) return console.failure({ExitCode::usage, "two RPC addresses and a hash of 64 hex digits are needed", ""});
  crypto::SystemEntropy entropy;
  ThreadPool pool(core_count());
  const auto system = load_system(pool, false);
  if (!system.ok()) return console.failure(system.error());
  const Stopwatch watch;
  console.begin("Taking the ledger over from others");
  const auto height = node::ValidatorService::restore(dir, trust, *system, entropy, pool);
  console.end(height.ok(), watch.ms());
  if (!height.ok()) return console.failure({code_of(height.error().failed), height.error().what, node::name(height.error().failed)});
  console.line(fmt::format("At the engine's height {}; it votes from the next epoch on.", *height));
  console.document(ordered_json{{"ok", true}, {"engine_height", *height}}.dump());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const rlimit no_core{0, 0};            // a crash must not leave keys in a file
  setrlimit(RLIMIT_CORE, &no_core);
  keep_standard_streams();
  bool json = false;
  std::string dir;
  CLI::App app{"Sotto: one validator, its ledger and its ordering engine.", "sottod"};
  app.require_subcommand(1);
  app.fallthrough();
  app.add_flag("--json", json, "one JSON document on stdout and nothing else");
  auto* init_command = app.add_subcommand("init", "makes keys and a configuration with every default written out");
  auto* run_command = app.add_subcommand("run", "runs until SIGTERM or SIGINT");
  auto* version_command = app.add_subcommand("version", "what this is");
  auto* prove_command = app.add_subcommand("prove", "signs a new network's draft: its vote key belongs to the seat there");
  std::string draft;
  prove_command->add_option("--draft", draft, "what `sotto genesis draft` wrote")->required();
  auto* relay_command = app.add_subcommand("relay", "carries wallets' connections to validators, or to the relay that does, unread");
  std::string listen, network_file;
  std::vector<std::string> next;
  relay_command->add_option("--listen", listen, "ADDRESS:PORT")->required();
  relay_command->add_option("--network", network_file, "a network file: to its validators");
  relay_command->add_option("--next", next, "ADDRESS:PORT of other relays: to those")->delimiter(',');
  auto* restore_command = app.add_subcommand("restore", "a ledger for a validator without a store, taken over from others and checked");
  std::vector<std::string> rpc;
  node::RestoreTrust trust;
  restore_command->add_option("--rpc", rpc, "ADDRESS:PORT of the CometBFT of others, two or more")->required()->delimiter(',');
  restore_command->add_option("--trust-height", trust.trust_height, "a height of the engine")->required();
  restore_command->add_option("--trust-hash", trust.trust_hash, "the hash of its block, from somebody you trust")->required();
  for (auto* command : {init_command, prove_command, run_command, relay_command, restore_command}) command->add_option("--dir", dir, "the validator's, or relay's, folder")->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    std::ostringstream out;
    const int code = app.exit(help, out, out);
    Console console(false);
    console.text(out.str());
    return console.close(code);
  } catch (const CLI::ParseError& error) {
    Console console(json);
    return console.close(console.failure({ExitCode::usage, std::string(error.what()) + "\nsee `sottod --help`", ""}));
  }
  Console console(json);
  const auto command = [&]() -> int {
    if (version_command->parsed()) {
      console.line(std::string("sottod ") + SOTTO_VERSION);
      console.document(ordered_json{{"ok", true}, {"version", SOTTO_VERSION}}.dump());
      return 0;
    }
    if (relay_command->parsed()) return relay(console, dir, listen, network_file, next);
    if (prove_command->parsed()) return prove(console, dir, draft);
    if (restore_command->parsed()) return restore(console, dir, rpc, trust);
    return init_command->parsed() ? init(console, dir) : run(console, dir);
  };
  return console.close(command());
}
