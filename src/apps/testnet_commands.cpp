#include "apps/testnet_commands.hpp"

#include <bit>
#include <csignal>
#include <set>

#include <fmt/format.h>

#include "apps/control.hpp"
#include "apps/environment.hpp"
#include "apps/json.hpp"
#include "apps/proof_system.hpp"
#include "apps/stop_signals.hpp"
#include "apps/wallet_commands.hpp"
#include "comet/process.hpp"
#include "crypto/random.hpp"
#include "net/client.hpp"
#include "node/api.hpp"
#include "node/faucet.hpp"
#include "node/testnet.hpp"
#include "node/testnet_links.hpp"
#include "node/world.hpp"

namespace sotto::apps {

namespace fs = std::filesystem;
using nlohmann::ordered_json;
using Steady = std::chrono::steady_clock;

namespace {

constexpr auto kStartPatience = std::chrono::seconds(60);
constexpr auto kLook = std::chrono::milliseconds(100);
constexpr auto kRestartPause = std::chrono::seconds(1);       // twice as long each time it ended soon after its start, up to the most
constexpr auto kMostPause = std::chrono::seconds(60);
constexpr auto kStayedUp = std::chrono::minutes(1);
constexpr uint32_t kHealthMs = 1'000;
constexpr uint32_t kStopMs = 15'000;

Result<fs::path, CommandFailure> testnet_dir(const std::string& given) {
  if (!given.empty()) return fs::absolute(given);
  const auto base = home();
  if (!base.ok()) return Failure{CommandFailure{ExitCode::failed, base.error().what, ""}};
  return *base / "testnet";
}

CommandFailure failed(const std::string& what) { return {ExitCode::failed, what, ""}; }

struct Opened {
  node::Testnet net;
  fs::path dir;
  std::shared_ptr<const circuit::ProofSystem> system;
};

Result<Opened, CommandFailure> open(Console& console, const TestnetCommand& options, crypto::SystemEntropy& entropy, ThreadPool& pool) {
  TRY(dir, testnet_dir(options.dir));
  const auto system = load_system(console, pool);
  if (!system.ok()) return Failure{system.error()};
  const Stopwatch watch;
  console.begin("Opening the network");
  node::TestnetOptions o;
  o.dir = dir;
  o.validators = options.validators;
  o.port = options.port;
  if (options.links) o.links = netlab::Links({{"*", "*", *options.links}});
  o.epoch_blocks = options.epoch_blocks;
  o.epoch_ms = options.epoch_s * 1000;
  auto net = node::open_testnet(o, node::SystemClock().now_ms(), *system, entropy, pool, [&](size_t done, size_t all) {
    if (done < all) console.update(fmt::format("Making the network: first notes, {} of {}", done + 1, all));
  });
  if (net.ok() && net->created) console.update("Made a new network");
  console.end(net.ok(), watch.ms());
  if (!net.ok()) return Failure{failed(net.error().what)};
  if (options.links && !net->proxied)
    return Failure{CommandFailure{ExitCode::usage, "the network in " + dir.string() + " was made without a proxy between its processes", ""}};
  if (options.links)
    if (const auto written = write_file(dir / node::kLinksFile, view(netlab::to_json(*o.links))); !written.ok())
      return Failure{failed(written.error().what)};
  return Opened{std::move(net).value(), dir, *system};
}

// The network file wallets go by.
fs::path wallets_file(const Opened& o) { return o.dir / (o.net.proxied ? node::kWalletsFile : "network.json"); }

// The proxy between the processes, as DIR/links.json says at the moment.
class FollowedLinks {
 public:
  static Result<FollowedLinks, Error> start(const fs::path& file, const node::NetworkFile& network, const node::Places& places, uint64_t seed) {
    TRY(text, read_file(file, netlab::kMaxLinksBytes));
    TRY(links, netlab::parse_links(text));
    TRY(proxy, netlab::Proxy::start(node::testnet_routes(network, places), std::move(links), seed));
    return FollowedLinks(file, std::move(text), std::move(proxy));
  }
  // A file that says nothing sound changes nothing, and is told of once.
  void look(Console& console) {
    auto text = read_file(file_, netlab::kMaxLinksBytes);
    if (!text.ok() || *text == text_) return;
    text_ = std::move(text).value();
    auto links = netlab::parse_links(text_);
    if (!links.ok()) return console.line(links.error().what);
    proxy_->set(std::move(links).value());
  }

 private:
  FollowedLinks(fs::path file, Bytes text, std::unique_ptr<netlab::Proxy> proxy)
      : file_(std::move(file)), text_(std::move(text)), proxy_(std::move(proxy)) {}
  fs::path file_;
  Bytes text_;
  std::unique_ptr<netlab::Proxy> proxy_;
};

ordered_json describe(const Opened& o) {
  ordered_json validators = ordered_json::array();
  for (const auto& m : o.net.network.members) validators.push_back(net::to_string(m.api));
  return {{"ok", true},
          {"network", ledger::network_id(o.net.genesis.content).hex()},
          {"dir", o.dir.string()},
          {"network_file", wallets_file(o).string()},
          {"created", o.net.created},
          {"validators", validators},
          {"proxied", o.net.proxied}};
}

// Each validator in a network namespace of its own, where we may; otherwise why not.
Result<node::Places, Error> make_places(size_t validators) {
  node::Places places;
  for (size_t i = 0; i < validators; ++i) {
    TRY(place, netlab::Namespace::create());
    places.push_back(std::move(place));
  }
  return places;
}

// A validator's process as `testnet up` sees it.
struct Running {
  fs::path dir;
  std::shared_ptr<const netlab::Namespace> place = nullptr;
  std::optional<comet::ChildProcess> process = std::nullopt;
  Steady::duration pause = kRestartPause;
  Steady::time_point since{};                    // its last start
  Steady::time_point next = Steady::now();       // not started before
};

Status<Error> start(Running& r, const fs::path& program) {
  TRY(child, comet::ChildProcess::start({program.string(), "run", "--dir", r.dir.string()}, r.dir / "sottod.log", r.place ? r.place->descriptor() : -1));
  r.process.emplace(std::move(child));
  return write_file(r.dir / "pid", view(std::to_string(r.process->pid()) + "\n"));
}

// Starts what should run and does not. One that cannot stay up is named and tried again, ever more seldom; the others go on.
void look_after(std::vector<Running>& all, const fs::path& program, Console& console) {
  const auto again = [&](Running& r, const std::string& why) {
    const auto now = Steady::now();
    if (now - r.since > kStayedUp) r.pause = kRestartPause;
    console.line(fmt::format("{} ended ({}); starting it again in {} s, see sottod.log there", r.dir.filename().string(), why,
                             std::chrono::duration_cast<std::chrono::seconds>(r.pause).count()));
    r.next = now + r.pause;
    r.pause = std::min<Steady::duration>(2 * r.pause, kMostPause);
  };
  for (Running& r : all) {
    if (r.process) {
      const auto end = r.process->ended();
      if (!end) continue;
      r.process.reset();
      again(r, *end);
    }
    if (Steady::now() < r.next) continue;
    r.since = Steady::now();
    // One whose pid file cannot be written runs all the same.
    if (const auto started = start(r, program); !started.ok() && !r.process) again(r, started.error().what);
  }
}

bool healthy(net::Client& client, const net::Endpoint& at) {
  const auto response = client.call_and_wait(at, {net::Method::get, node::kHealthPath}, kHealthMs);
  return response.ok() && response->status == 200;
}

}  // namespace

int testnet_init(Console& console, const TestnetCommand& options) {
  crypto::SystemEntropy entropy;
  ThreadPool pool(core_count());
  const auto opened = open(console, options, entropy, pool);
  if (!opened.ok()) return console.failure(opened.error());
  if (!opened->net.created) return console.failure({ExitCode::already_exists, "there is a network in " + opened->dir.string(), ""});
  console.line("");
  for (const auto& dir : opened->net.validators) console.line(fmt::format("  sottod run --dir {}", dir.string()));
  console.line("or all of them: sotto testnet up");
  console.document(describe(*opened).dump(-1, ' ', false, kReplaceBadUtf8));
  return static_cast<int>(ExitCode::ok);
}

int testnet_up(Console& console, const TestnetCommand& options) {
  const sigset_t stop_signals = hold_stop_signals();

  crypto::SystemEntropy entropy;
  ThreadPool pool(core_count());
  const auto opened = open(console, options, entropy, pool);
  if (!opened.ok()) return console.failure(opened.error());
  auto lock = FileLock::try_lock(opened->dir / "lock");
  if (!lock.ok()) return console.failure(failed(lock.error().what));
  if (!*lock) return console.failure({ExitCode::wallet_in_use, opened->dir.string() + " is in use by another process", "in_use"});
  std::error_code e;
  const fs::path program = fs::read_symlink("/proc/self/exe", e).parent_path() / "sottod";
  if (e || !fs::exists(program, e)) return console.failure(failed("sottod is not beside this program"));

  std::optional<FollowedLinks> links;
  node::Places places;
  std::string where = "on loopback addresses";
  if (opened->net.proxied) {
    auto made = make_places(opened->net.validators.size());
    if (made.ok()) places = std::move(made).value();
    where = made.ok() ? "each in a network namespace of its own" : where + " (" + made.error().what + ")";
    std::array<uint8_t, 8> seed = entropy.bytes<8>();
    auto followed = FollowedLinks::start(opened->dir / node::kLinksFile, opened->net.network, places, std::bit_cast<uint64_t>(seed));
    if (!followed.ok()) return console.failure(failed(followed.error().what));
    links.emplace(std::move(followed).value());
  }

  std::vector<Running> all;
  for (size_t i = 0; i < opened->net.validators.size(); ++i)
    all.push_back({.dir = opened->net.validators[i], .place = places.empty() ? nullptr : places[i]});
  const auto stop_signal = [&] {
    const timespec wait{0, std::chrono::nanoseconds(kLook).count()};
    return sigtimedwait(&stop_signals, nullptr, &wait) > 0;
  };

  Stopwatch watch;
  console.begin(fmt::format("Starting {} validators", all.size()));
  net::Client client;
  const auto& members = opened->net.network.members;
  const auto until = Steady::now() + kStartPatience;
  bool stopped = false;
  std::set<size_t> up;
  for (size_t ready = 0; ready < members.size() && !stopped;) {
    look_after(all, program, console);
    if (healthy(client, members[ready].api)) up.insert(ready++);
    else stopped = stop_signal();
    if (Steady::now() <= until) continue;
    for (size_t i = ready; i < members.size(); ++i)
      if (healthy(client, members[i].api)) up.insert(i);
    const std::string who = members[ready].name + " does not answer: see sottod.log in " + all[ready].dir.string();
    if (3 * up.size() <= 2 * members.size()) return console.failure({ExitCode::unreachable, who, ""});
    console.line(who + "; the others go on without it");
    break;
  }
  console.end(!stopped, watch.ms());
  if (!stopped) {
    auto network = node::NetworkClient::connect(opened->net.network, entropy, kFundTimeoutMs);
    if (!network.ok()) return console.failure(failed("the faucet: " + network.error().what));
    auto faucet = node::Faucet::open(opened->dir / "faucet", opened->net.faucet, std::move(network).value(), opened->system, entropy, pool);
    if (!faucet.ok()) return console.failure(failed("the faucet: " + faucet.error().what));
    auto control = ControlServer::start(
        opened->dir, opened->net.genesis.content,
        [f = faucet->get()](const auto& to, const auto& asset, note::Amount amount) { return f->fund(to, asset, amount, {}, kFundTimeoutMs); },
        entropy);
    if (!control.ok()) return console.failure(failed(control.error().what));
    console.line("");
    console.line(fmt::format("Network {}, kept in {}", ledger::network_id(opened->net.genesis.content).hex().substr(0, 16), opened->dir.string()));
    for (const auto& m : members) console.line(fmt::format("  {}   https://{}/v1/health", m.name, net::to_string(m.api)));
    console.line("");
    if (links) console.line(fmt::format("  {}; a TCP proxy of our own stands between all of them, as {} says", where, (opened->dir / node::kLinksFile).string()));
    console.line(fmt::format("  sotto wallet create --network {}", wallets_file(*opened).string()));
    console.line("  sotto testnet fund ADDRESS 100.00 EUR");
    console.line("Ctrl-C stops it; nothing is lost, `sotto testnet up` goes on from here.");
    auto document = describe(*opened);
    document["places"] = where;
    console.document(document.dump(-1, ' ', false, kReplaceBadUtf8));
    while (!stop_signal()) {
      if (links) links->look(console);
      look_after(all, program, console);
    }
  }
  watch = Stopwatch();
  console.begin("Stopping");
  for (Running& r : all)
    if (r.process) ::kill(r.process->pid(), SIGTERM);
  for (Running& r : all)
    if (r.process) r.process->stop(kStopMs);
  console.end(true, watch.ms(), "everything is on disk");
  return static_cast<int>(ExitCode::ok);
}

int testnet_link(Console& console, const std::string& dir_option, const netlab::LinkRule& rule) {
  const auto dir = testnet_dir(dir_option);
  if (!dir.ok()) return console.failure(dir.error());
  const auto text = read_file(*dir / node::kLinksFile, netlab::kMaxLinksBytes);
  if (!text.ok()) return console.failure({ExitCode::no_such_file, "no network with a proxy in " + dir->string(), ""});
  const auto links = netlab::parse_links(*text);
  if (!links.ok()) return console.failure(failed(links.error().what));
  std::vector<netlab::LinkRule> rules;
  if (rule.from != "*" || rule.to != "*") rules = links->rules();
  std::erase_if(rules, [&](const auto& r) { return r.from == rule.from && r.to == rule.to; });
  rules.push_back(rule);
  const std::string changed = netlab::to_json(netlab::Links(std::move(rules)));
  if (const auto checked = netlab::parse_links(view(changed)); !checked.ok()) return console.failure({ExitCode::usage, checked.error().what, ""});
  if (const auto written = write_file(*dir / node::kLinksFile, view(changed)); !written.ok()) return console.failure(failed(written.error().what));
  console.line(changed);
  console.document(ordered_json{{"ok", true}}.dump());
  return static_cast<int>(ExitCode::ok);
}

int testnet_fund(Console& console, const std::string& dir_option, const std::string& address, const std::string& amount,
                 const std::string& asset) {
  const auto dir = testnet_dir(dir_option);
  if (!dir.ok()) return console.failure(dir.error());
  return devnet_fund(console, dir->string(), address, amount, asset);
}

}  // namespace sotto::apps
