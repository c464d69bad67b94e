// Wallets that pay each other through a network: real proofs, real stores, one process. It is told what to do line by line on standard
// input and answers in JSON, one document a line: {"addresses": [...]} once it stands; then
//
//   sync                          takes in blocks until every wallet has money to spend
//   run {"payments": 100, "wallets": 4, "mode": "gather", "timeout_ms": 20000}
//        the wallets pay each other until so many payments are final; what is not final in time is sent again, as wallets do.
//        {"progress": n} now and then; at the end what was measured, in ms
//   check                         does everything hold? see check() below
//
// bench/network/run.py and tests/network_test.py drive it.
#include <atomic>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <mutex>
#include <set>
#include <thread>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "bench/measure.hpp"
#include "crypto/bip39.hpp"
#include "crypto/random.hpp"
#include "ledger/circuit_verifier.hpp"
#include "node/dev_genesis.hpp"
#include "node/network_file.hpp"
#include "node/wallet_driver.hpp"
#include "store/wallet_store.hpp"

namespace sotto::bench {
namespace {

using nlohmann::ordered_json;

constexpr uint32_t kConnectMs = 10'000;
constexpr uint32_t kSyncWaitMs = 500;
constexpr size_t kProgressEvery = 10;
constexpr note::AssetOpening kEur{3, 0};
constexpr note::Amount kPayment(1);            // the smallest unit

std::mutex say_mutex;
void say(const ordered_json& j) {
  const std::lock_guard lock(say_mutex);
  std::cout << j.dump() << std::endl;
}
[[noreturn]] void die(const std::string& what) {
  say({{"ok", false}, {"error", what}});
  std::exit(1);
}

struct World {
  crypto::SystemEntropy entropy;
  ThreadPool pool{std::max(1u, std::thread::hardware_concurrency())};
  std::shared_ptr<const circuit::ProofSystem> system;
  std::filesystem::path dir;
  node::NetworkFile network;
};

struct Person {
  std::unique_ptr<store::WalletStore> file;
  std::unique_ptr<node::NetworkClient> network;
  std::unique_ptr<wallet::Wallet> wallet;
  std::unique_ptr<node::WalletDriver> driver;
  std::mutex mutex;                            // a payee takes a payment in while its own thread pays
};

std::unique_ptr<Person> make_person(World& world, size_t i) {
  auto p = std::make_unique<Person>();
  const auto seed = crypto::bip39_seed(crypto::Bip39Entropy(world.entropy.bytes<32>()), "");
  auto file = store::WalletStore::create((world.dir / (std::to_string(i) + ".wallet")).string(), view("a test"), crypto::kArgon2idInteractive,
                                         world.entropy);
  auto network = node::NetworkClient::connect(world.network, world.entropy, kConnectMs);
  if (!seed.ok() || !file.ok() || !network.ok()) die("a wallet cannot be made" + (network.ok() ? "" : ": " + network.error().what));
  p->file = std::move(file).value();
  p->network = std::move(network).value();
  const auto tree = p->network->tree();
  if (!tree.ok()) die(tree.error().what);
  auto wallet = wallet::Wallet::create(*p->file, p->network->network(), *seed, 0, wallet::Birth{tree->height, tree->tree});
  if (!wallet.ok()) die(wallet::name(wallet.error().reject));
  p->wallet = std::make_unique<wallet::Wallet>(std::move(wallet).value());
  p->driver = std::make_unique<node::WalletDriver>(*p->wallet, *p->network, world.system, world.entropy, world.pool);
  return p;
}

// Everything that was ever final, over all runs.
struct Book {
  std::mutex mutex;
  std::set<ledger::TxId> settled;
  std::map<Hash32, ledger::TxId> spends;       // of the settled ones
  std::vector<std::string> conflicts;
};

struct Measured {
  std::mutex mutex;
  Samples prove, sent, settled, received;      // received: `settled`, then the payee's own check and synced store
  std::map<std::string, size_t> not_at_once;   // why payments had to be sent again
  std::vector<double> gaps;                    // between one payment's end and the next, of all wallets together
  double last = 0;
};

ordered_json summary(const Samples& s) {
  if (s.size() == 0) return nullptr;
  return {{"p50", s.quantile(0.5)}, {"p90", s.quantile(0.9)}, {"p99", s.quantile(0.99)}, {"max", s.quantile(1)}};
}
ordered_json curve(const Samples& s) {
  ordered_json out = ordered_json::array();
  for (int percent = 1; s.size() > 0 && percent <= 100; ++percent) out.push_back(s.quantile(percent / 100.0));
  return out;
}

class Load {
 public:
  Load(World& world, size_t wallets) : world_(world) {
    for (size_t i = 0; i < wallets; ++i) people_.push_back(make_person(world, i));
    validators_ = people_.front()->network->committee()->size();
    ordered_json addresses = ordered_json::array();
    for (const auto& p : people_) addresses.push_back(note::to_text(p->wallet->address(), p->wallet->network().content().kind));
    say({{"ok", true}, {"addresses", addresses}});
  }

  void sync() {
    for (const auto& p : people_)
      while (p->wallet->balance(kEur).spendable.units() == 0)
        if (const auto synced = p->driver->sync(kSyncWaitMs); !synced.ok()) die(synced.error().what);
    say({{"ok", true}});
  }

  void run(const ordered_json& how) {
    const size_t payments = how.value("payments", size_t{10}), wallets = std::min(how.value("wallets", people_.size()), people_.size());
    const auto mode = node::parse_settle_mode(how.value("mode", "gather"));
    if (!mode) return say({{"ok", false}, {"error", "mode"}});
    const uint32_t timeout_ms = how.value("timeout_ms", 20'000u);
    Measured measured;
    std::atomic<size_t> begun{0}, done{0};
    const double start = wall_ms(), cpu_start = cpu_ms();
    measured.last = start;
    std::vector<std::thread> threads;
    for (size_t i = 0; i < wallets; ++i)
      threads.emplace_back([&, i] {
        people_[i]->network->payer().use(*mode);
        while (begun++ < payments) {
          pay(i, timeout_ms, measured);
          if (const size_t n = ++done; n % kProgressEvery == 0) say({{"progress", n}});
        }
      });
    for (auto& t : threads) t.join();
    const double seconds = (wall_ms() - start) / 1e3;
    ordered_json why = ordered_json::object();
    for (const auto& [reason, count] : measured.not_at_once) why[reason] = count;
    say({{"ok", true},
         {"mode", node::name(*mode)},
         {"payments", payments},
         {"wallets", wallets},
         {"seconds", seconds},
         {"per_second", static_cast<double>(payments) / seconds},
         {"cpu_ms_per_payment", (cpu_ms() - cpu_start) / static_cast<double>(payments)},
         {"longest_gap_ms", measured.gaps.empty() ? 0.0 : *std::ranges::max_element(measured.gaps)},
         {"prove_ms", summary(measured.prove)},
         {"sent_to_final_ms", summary(measured.sent)},
         {"proof_to_final_ms", summary(measured.settled)},
         {"proof_to_received_ms", summary(measured.received)},
         {"proof_to_final_curve", curve(measured.settled)},
         {"proof_to_received_curve", curve(measured.received)},
         {"sent_again", why}});
  }

  // Nobody says otherwise, and as many say so as there were at the start: who joined later has no address in our network file.
  bool executed_everywhere(const std::vector<std::optional<node::StatusMessage>>& answers) const {
    const auto says = [](const auto& answer) { return answer && answer->state == node::TransactionState::executed; };
    const auto otherwise = [&](const auto& answer) { return answer && !says(answer); };
    return std::ranges::none_of(answers, otherwise) && std::ranges::count_if(answers, says) >= static_cast<std::ptrdiff_t>(validators_);
  }

  // Once blocks have come in: every settled payment is executed at every validator, no two of them spend the same note, no wallet waits
  // for anything, and nobody's money is more or less than what was paid in ("total", in units, for the driver to compare).
  void check() {
    std::vector<std::string> wrong = book_.conflicts;
    for (const auto& p : people_) {
      const double until = wall_ms() + 60'000;
      const auto waits = [&] { return !p->driver->unfinished().empty() || p->wallet->balance(kEur).arriving.units() != 0; };
      do {
        if (const auto synced = p->driver->sync(kSyncWaitMs); !synced.ok()) wrong.push_back(synced.error().what);
        for (const auto& again : p->driver->resume(node::Deadline::in(kConnectMs)))
          if (!again.ok() && again.error().kind == node::PayFailure::Kind::refused) wrong.push_back("refused at last: " + again.error().what);
      } while (waits() && wall_ms() < until);
      if (waits()) wrong.push_back("a wallet still waits");
    }
    uint64_t total = 0;
    for (const auto& p : people_) total += p->wallet->balance(kEur).total().units();
    size_t missing = 0;
    for (const auto& txid : book_.settled)
      missing += !executed_everywhere(people_.front()->network->status(txid));
    if (missing > 0) wrong.push_back(std::to_string(missing) + " settled payments are not executed somewhere");
    say({{"ok", wrong.empty()}, {"wrong", wrong}, {"settled", book_.settled.size()}, {"total", total}});
  }

 private:
  void pay(size_t i, uint32_t timeout_ms, Measured& measured) {
    Person& from = *people_[i];
    Person& to = *people_[(i + 1) % people_.size()];
    const auto address = to.wallet->address();
    for (;;) {
      Result<node::Paid, node::PayFailure> paid = Failure{node::PayFailure{}};
      {
        const std::lock_guard lock(from.mutex);
        static_cast<void>(from.driver->sync());
        const auto waiting = from.driver->unfinished();
        paid = waiting.empty() ? from.driver->pay({address, kEur, kPayment, {}, kEur, note::Amount(0)}, node::Deadline::in(timeout_ms))
                               : from.driver->settle(waiting.front(), node::Deadline::in(timeout_ms));
      }
      if (!paid.ok()) {
        {
          const std::lock_guard lock(measured.mutex);
          ++measured.not_at_once[paid.error().reject + (paid.error().what.empty() ? "" : ": " + paid.error().what).substr(0, 80)];
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        continue;
      }
      note_settled(*paid);
      if (!paid->settled) return;              // a block was faster; its times say nothing
      const double begin = wall_ms();
      ledger::CircuitVerifier proofs(world_.system, world_.entropy, world_.pool);
      ledger::FullAuthority authority(proofs, world_.entropy);
      bool received = false;
      {
        const std::lock_guard lock(to.mutex);
        const uint64_t epoch = paid->settled->settlement.subject.epoch;
        if (epoch > to.network->committee()->epoch()) static_cast<void>(to.network->follow());
        const auto committee = to.network->committee_of(epoch);
        received = committee != nullptr && to.wallet->receive(*paid->transaction, paid->settled->settlement, *committee, authority).ok();
      }
      const double now = wall_ms();
      const std::lock_guard lock(measured.mutex);
      measured.gaps.push_back(now - std::exchange(measured.last, now));
      if (!received) ++measured.not_at_once["the payee refused it"];
      if (paid->prove_ms == 0) return;         // of an earlier attempt: its times say nothing
      measured.prove.add(paid->prove_ms);
      measured.sent.add(paid->settled->timings.settled_ms);
      measured.settled.add(paid->settled_ms);
      measured.received.add(paid->settled_ms + now - begin);
      return;
    }
  }

  void note_settled(const node::Paid& paid) {
    const auto tx = ledger::decode_transaction(*paid.transaction);
    CHECK(tx.ok());
    const std::lock_guard lock(book_.mutex);
    book_.settled.insert(paid.txid);
    for (const auto& nf : ledger::nullifiers(*tx))
      if (const auto [at, fresh] = book_.spends.emplace(nf.bytes(), paid.txid); !fresh && at->second != paid.txid)
        book_.conflicts.push_back("two settled payments spend one note: " + paid.txid.hex() + " " + at->second.hex());
  }

  World& world_;
  std::vector<std::unique_ptr<Person>> people_;
  size_t validators_ = 0;              // at the start
  Book book_;
};

}  // namespace
}  // namespace sotto::bench

int main(int argc, char** argv) {
  using namespace sotto;
  using namespace sotto::bench;
  std::string network, dir, data_dir = std::string(SOTTO_SOURCE_DIR) + "/data";
  size_t wallets = 4;
  CLI::App app{"Wallets that pay each other through a network, told what to do on standard input.", "sotto_load"};
  app.add_option("--network", network, "the network file")->required();
  app.add_option("--dir", dir, "an empty folder for the wallets")->required();
  app.add_option("--wallets", wallets, "how many")->check(CLI::Range(2, 64))->capture_default_str();
  app.add_option("--data", data_dir, "where the reference string is");
  CLI11_PARSE(app, argc, argv);
  std::signal(SIGPIPE, SIG_IGN);

  World world;
  const auto text = read_file(network, node::kMaxNetworkFileBytes);
  if (!text.ok()) die(text.error().what);
  auto file = node::parse_network_file(*text);
  if (!file.ok()) die(file.error().what);
  world.network = std::move(file).value();
  world.dir = dir;
  std::error_code e;
  std::filesystem::create_directories(world.dir, e);
  auto system = circuit::load_proof_system(data_dir + "/srs.bin", true, world.pool, nullptr);
  if (!system.ok()) die(system.error().what);
  world.system = std::move(system).value();
  Load load(world, wallets);
  for (std::string line; std::getline(std::cin, line);) {
    if (line == "sync") load.sync();
    else if (line == "check") load.check();
    else if (line.starts_with("run ")) load.run(nlohmann::ordered_json::parse(line.substr(4)));
    else die("no such command: " + line);
  }
}
