#include <csignal>

#include <fmt/format.h>

#include "apps/json.hpp"
#include "apps/control.hpp"
#include "apps/environment.hpp"
#include "apps/proof_system.hpp"
#include "apps/interruption.hpp"
#include "apps/stop_signals.hpp"
#include "apps/wallet_commands.hpp"
#include "crypto/random.hpp"
#include "node/devnet.hpp"
#include "node/world.hpp"
#include "net/client.hpp"

namespace sotto::apps {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

namespace {

constexpr uint32_t kThereTimeoutMs = 5000;

Result<fs::path, CommandFailure> devnet_dir(const std::string& given) {
  if (!given.empty()) return fs::absolute(given);
  const auto base = home();
  if (!base.ok()) return Failure{CommandFailure{ExitCode::failed, base.error().what, ""}};
  return *base / "devnet";
}

ExitCode code_of(node::Devnet::Failed failed) {
  switch (failed) {
    case node::Devnet::Failed::in_use: return ExitCode::wallet_in_use;
    case node::Devnet::Failed::damaged: return ExitCode::damaged;
    case node::Devnet::Failed::port_taken:
    case node::Devnet::Failed::world: return ExitCode::failed;
  }
  return ExitCode::failed;
}

void introduce(Console& console, const node::Devnet& devnet, const fs::path& dir, bool default_dir) {
  const std::string dir_option = default_dir ? "" : " --dir " + dir.string();
  const std::string network = net::to_string(devnet.endpoints().front());
  console.line("");
  console.line(fmt::format("Network {}, kept in {}", devnet.id().hex().substr(0, 16), dir.string()));
  for (size_t i = 0; i < devnet.endpoints().size(); ++i)
    console.line(fmt::format("  validator {}   http://{}/v1/health", i + 1, net::to_string(devnet.endpoints()[i])));
  console.line("");
  console.line("In another terminal:");
  console.line(fmt::format("  sotto wallet create --network {}", network));
  console.line("  sotto wallet address");
  console.line(fmt::format("  sotto devnet fund ADDRESS 100.00 EUR{}", dir_option));
  console.line("  sotto wallet receive --wait");
  console.line("  sotto wallet pay ADDRESS 12.50 EUR");
  console.line("");
  console.line("Ctrl-C stops it; nothing is lost, `sotto devnet up` goes on from here.");
}

}  // namespace

int devnet_up(Console& console, const DevnetUpOptions& options) {
  const sigset_t stop_signals = hold_stop_signals();

  const auto dir = devnet_dir(options.dir);
  if (!dir.ok()) return console.failure(dir.error());
  if (options.port > 65535 - 3)
    return console.failure({ExitCode::usage, "the port must leave room for the validators after it", ""});
  crypto::SystemEntropy entropy;
  const node::SystemClock clock;
  ThreadPool pool(core_count());

  const auto system = load_system(console, pool);
  if (!system.ok()) return console.failure(system.error());
  Stopwatch watch;
  console.begin("Starting the network");
  auto devnet = node::Devnet::open({*dir, options.port, 4, "sotto-dev"}, *system, entropy, clock, pool,
                                   [&](const std::string& what) { console.update("Starting the network: " + what); });
  console.update(devnet.ok() && (*devnet)->created() ? "Made and started a new network" : "Starting the network");
  console.end(devnet.ok(), watch.ms());
  if (!devnet.ok())
    return console.failure({code_of(devnet.error().failed), devnet.error().what, node::name(devnet.error().failed)});
  auto control = ControlServer::start(
      *dir, (*devnet)->genesis().content,
      [d = devnet->get()](const auto& to, const auto& opening, note::Amount amount) { return d->fund(to, opening, amount, {}, kFundTimeoutMs); },
      entropy);
  if (!control.ok()) return console.failure({ExitCode::failed, control.error().what, ""});

  introduce(console, **devnet, *dir, options.dir.empty());
  ordered_json validators = ordered_json::array();
  for (const auto& e : (*devnet)->endpoints()) validators.push_back(net::to_string(e));
  console.document(ordered_json{
      {"ok", true},
      {"network", (*devnet)->id().hex()},
      {"dir", dir->string()},
      {"created", (*devnet)->created()},
      {"validators",
       validators}}.dump(-1, ' ', false, kReplaceBadUtf8));

  int received = 0;
  sigwait(&stop_signals, &received);
  watch = Stopwatch();
  console.begin("Stopping");
  control->reset();
  (*devnet)->stop();
  console.end(true, watch.ms(), "everything is on disk");
  return static_cast<int>(ExitCode::ok);
}

int devnet_fund(Console& console, const std::string& dir_option, const std::string& address, const std::string& amount,
                const std::string& asset) {
  const auto dir = devnet_dir(dir_option);
  if (!dir.ok()) return console.failure(dir.error());
  const auto control = find_control(*dir);
  if (!control.ok()) return console.failure(control.error());
  console.begin(fmt::format("The faucet pays {} {}", amount, asset));
  const Stopwatch watch;
  // Whether anybody is there is asked before the order to pay, and apart from it: an order is given once, on a connection of
  // its own, and without an answer nobody knows whether it was carried out.
  const auto call = [&](net::Method method, Bytes body, uint32_t timeout_ms) {
    return net::Client().call_and_wait(control->endpoint, {method, kFundPath, std::move(body), control->token, 0}, timeout_ms);
  };
  if (const auto there = call(net::Method::get, {}, kThereTimeoutMs); !there.ok())
    return console.failure({ExitCode::unreachable, "the devnet does not answer: " + there.error().what, ""});
  console.money_may_move();
  answer_signals(console, [](int) {
    return Interrupted{static_cast<int>(ExitCode::pending), name(ExitCode::pending),
                       "interrupted: the devnet goes on with what it was asked for; the payee's wallet shows whether it has paid", ""};
  });
  const auto response = call(net::Method::post, FundRequest{address, amount, asset}.encode(), kFundTimeoutMs + 5000);
  const auto unknown = [&](const std::string& why) {
    return console.failure({ExitCode::pending, "asked for, but the devnet has not said whether it paid (" + why + "): the payee's wallet shows it if it did", "no_answer"});
  };
  if (!response.ok()) return unknown(response.error().what);
  const auto j = ordered_json::parse(response->body.begin(), response->body.end(), nullptr, false);
  if (!j.is_object() || !j.contains("ok")) return unknown("its answer makes no sense");
  if (j["ok"] != true) {
    const auto code =
        std::ranges::find(kExitCodes, j.value("error", ""), [](const ExitCodeRow& r) { return std::string(r.name); });
    const bool untried = code != kExitCodes.end() && code->code != ExitCode::failed && code->code != ExitCode::pending;
    if (untried) console.moves_money();                     // nothing has
    return console.failure({code == kExitCodes.end() ? ExitCode::failed : code->code, j.value("message", "failed"),
                            j.value("reject", ""), j.value("txid", "")});
  }
  console.end(true, watch.ms(),
              fmt::format("private proof ready {} · final {} later", show_ms(j.value("prove_ms", 0.0)),
                          show_ms(j.value("settled_ms", 0.0))));
  console.line(fmt::format("     txid {}", j.value("txid", "")));
  console.document(j.dump(-1, ' ', false, kReplaceBadUtf8));
  return static_cast<int>(ExitCode::ok);
}

}  // namespace sotto::apps
