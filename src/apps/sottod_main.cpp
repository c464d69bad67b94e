// `sottod`: one validator of a real network (docs/cli.md).
#include <sys/resource.h>

#include <csignal>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/environment.hpp"
#include "apps/json.hpp"
#include "apps/proof_system.hpp"
#include "apps/stop_signals.hpp"
#include "crypto/random.hpp"
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
  const ordered_json keys{{"ok", true},
                          {"dir", dir},
                          {"vote_key", to_hex(made->vote.encode())},
                          {"api_key", to_hex(made->tls)},
                          {"consensus_key", to_hex(made->engine.consensus)},
                          {"engine_node", comet::address_of(made->engine.node)}};
  console.line(fmt::format("Keys and configuration are in {}; what others need of them:", dir));
  for (const char* key : {"vote_key", "api_key", "consensus_key", "engine_node"}) console.line(fmt::format("  {:<14} {}", key, keys[key].get<std::string>()));
  console.document(keys.dump(-1, ' ', false, kReplaceBadUtf8));
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
  std::signal(SIGPIPE, SIG_IGN);         // a closed pipe is an error of the write, not the end
  bool json = false;
  std::string dir;
  CLI::App app{"Sotto: one validator, its ledger and its ordering engine.", "sottod"};
  app.require_subcommand(1);
  app.fallthrough();
  app.add_flag("--json", json, "one JSON document on stdout and nothing else");
  auto* init_command = app.add_subcommand("init", "makes keys and a configuration with every default written out");
  auto* run_command = app.add_subcommand("run", "runs until SIGTERM or SIGINT");
  auto* version_command = app.add_subcommand("version", "what this is");
  auto* restore_command = app.add_subcommand("restore", "a ledger for a validator without a store, taken over from others and checked");
  std::vector<std::string> rpc;
  node::RestoreTrust trust;
  restore_command->add_option("--rpc", rpc, "ADDRESS:PORT of the CometBFT of others, two or more")->required()->delimiter(',');
  restore_command->add_option("--trust-height", trust.trust_height, "a height of the engine")->required();
  restore_command->add_option("--trust-hash", trust.trust_hash, "the hash of its block, from somebody you trust")->required();
  for (auto* command : {init_command, run_command, restore_command}) command->add_option("--dir", dir, "the validator's folder")->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    return Console(json).failure({ExitCode::usage, std::string(error.what()) + "\nsee `sottod --help`", ""});
  }
  Console console(json);
  if (version_command->parsed()) {
    console.line(std::string("sottod ") + SOTTO_VERSION);
    console.document(ordered_json{{"ok", true}, {"version", SOTTO_VERSION}}.dump());
    return 0;
  }
  if (restore_command->parsed()) return restore(console, dir, rpc, trust);
  return init_command->parsed() ? init(console, dir) : run(console, dir);
}
