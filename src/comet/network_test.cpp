// Four real CometBFT processes, each with its application in this process, on loopback addresses of their own. Skipped with
// a word where CometBFT is not installed (./setup --without-cometbft), failed in continuous integration.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <ranges>

#include "base/files.hpp"
#include "comet/engine.hpp"
#include "comet/replica_for_test.hpp"
#include "crypto/random.hpp"
#include "net/client.hpp"

namespace sotto::comet {
namespace {

using namespace testing;
namespace fs = std::filesystem;
using order::Submission;
using Steady = std::chrono::steady_clock;

bool eventually(const std::function<bool()>& holds, uint32_t seconds = 60) {
  const auto until = Steady::now() + std::chrono::seconds(seconds);
  while (!holds()) {
    if (Steady::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}
double ms_since(Steady::time_point t) { return std::chrono::duration<double, std::milli>(Steady::now() - t).count(); }

constexpr size_t kNodes = 4;

class RealNetwork : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto found = find_binary();
    if (!found) {
      if (std::getenv("CI")) FAIL() << "CometBFT is not installed";
      GTEST_SKIP() << "CometBFT is not installed: ./setup installs it";
    }
    binary = *found;
    char folder[] = "/tmp/sotto_net_XXXXXX";
    ASSERT_TRUE(::mkdtemp(folder));
    dir = folder;
    // Others may run this test on the same machine: the port is this process's.
    const auto port = static_cast<uint16_t>(20'000 + ::getpid() % 20'000);
    crypto::SystemEntropy entropy;
    std::vector<HomeKeys> keys;
    for (size_t i = 0; i < kNodes; ++i) {
      auto made = make_home(home(i), entropy);
      ASSERT_TRUE(made.ok()) << made.error().what;
      keys.push_back(*made);
    }
    World world(1);
    rules = rules_of(world);
    chain = {rules.chain_id, 1'700'000'000'000, rules.genesis, static_cast<uint32_t>(rules.max_block_bytes), {}};
    for (size_t i = 0; i < kNodes; ++i) {
      chain.validators.push_back({"v" + std::to_string(i), keys[i].consensus, 1'000});
      specs.push_back({});
      specs[i].moniker = "v" + std::to_string(i);
      specs[i].log_level = "info";            // shown if something fails
      const std::string address = "127.0.0." + std::to_string(11 + i);
      specs[i].p2p = {address, port};
      specs[i].rpc = {address, static_cast<uint16_t>(port + 1)};
    }
    for (size_t i = 0; i < kNodes; ++i) {
      for (size_t j = 0; j < kNodes; ++j)
        if (i != j) specs[i].peers.push_back({address_of(keys[j].node), specs[j].p2p});
      const auto written = write_home(home(i), chain, specs[i], socket(i));
      ASSERT_TRUE(written.ok()) << written.error().what;
      replicas.push_back(std::make_unique<WorldReplica>());
      engines.push_back(nullptr);
    }
  }
  void TearDown() override {
    for (auto& engine : engines) engine.reset();
    if (HasFailure())
      for (size_t i = 0; i < kNodes; ++i) {
        const auto log = read_file(home(i) / "comet.log", size_t{1} << 28);
        if (!log.ok()) continue;
        const size_t shown = std::min<size_t>(log->size(), 4'000);
        std::fprintf(stderr, "--- v%zu\n%.*s\n", i, static_cast<int>(shown), reinterpret_cast<const char*>(log->data() + log->size() - shown));
      }
    if (!dir.empty()) fs::remove_all(dir);
  }
  fs::path home(size_t i) const { return dir / ("v" + std::to_string(i)); }
  fs::path socket(size_t i) const { return home(i) / "abci.sock"; }
  void start(size_t i) {
    EngineOptions options;
    options.binary = binary;
    options.home = home(i);
    options.socket = socket(i);
    options.rpc = specs[i].rpc;
    auto engine = CometEngine::start(options, rules, *replicas[i], test_admission);
    ASSERT_TRUE(engine.ok()) << engine.error().what;
    engines[i] = std::move(engine).value();
  }
  void start_all() {
    for (size_t i = 0; i < kNodes; ++i) start(i);
    for (size_t i = 0; i < kNodes; ++i) ASSERT_TRUE(engines[i]->wait_for(1, 60'000)) << i;
  }
  // To all validators, as settlement hands certificates round.
  void pay(size_t payments = 1) {
    for (size_t n = 0; n < payments; ++n) {
      const auto tx = certified(payer.payment());
      for (auto& engine : engines)
        if (engine) { EXPECT_EQ(engine->submit(tx), Submission::queued); }
      ++paid;
    }
  }
  bool all_executed() {
    return std::ranges::all_of(std::views::iota(size_t{0}, kNodes), [&](size_t i) { return !engines[i] || replicas[i]->executed == paid; });
  }
  void expect_agreement() {
    uint64_t highest = 0;
    for (const auto& r : replicas) highest = std::max(highest, r->height());
    ASSERT_TRUE(eventually([&] { return std::ranges::all_of(replicas, [&](const auto& r) { return r->height() == highest; }); }));
    for (size_t i = 0; i < kNodes; ++i) {
      EXPECT_EQ(replicas[i]->point().last_block, replicas[0]->point().last_block) << i;
      EXPECT_EQ(replicas[i]->point().time_ms, replicas[0]->point().time_ms) << i;
      EXPECT_EQ(replicas[i]->entries, paid) << i;
      EXPECT_EQ(replicas[i]->executed, paid) << i;
      if (engines[i]) { EXPECT_TRUE(engines[i]->failures().empty()) << engines[i]->failures()[0].what; }
    }
  }

  fs::path binary, dir;
  LedgerRules rules;
  ChainSpec chain;
  std::vector<NodeSpec> specs;
  std::vector<std::unique_ptr<WorldReplica>> replicas;
  std::vector<std::unique_ptr<CometEngine>> engines;
  World payer{1};                       // makes the payments; its own ledger stays at genesis
  size_t paid = 0;
};

TEST_F(RealNetwork, OrdersAgreesRestsAndSurvives) {
  ASSERT_NO_FATAL_FAILURE(start_all());
  // Rest: after the first blocks nothing moves until somebody pays.
  uint64_t at = 0;
  ASSERT_TRUE(eventually([&] {
    at = engines[0]->engine_height();
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    return engines[0]->engine_height() == at;
  }));
  EXPECT_LE(at, 3u);

  // One payment after the other, each from rest.
  std::vector<double> times;
  for (int n = 0; n < 10; ++n) {
    const auto begin = Steady::now();
    pay();
    ASSERT_TRUE(eventually([&] { return all_executed(); }));
    times.push_back(ms_since(begin));
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  std::ranges::sort(times);
  std::printf("[ figures  ] submitted to executed at all four, from rest: median %.0f ms, slowest %.0f ms\n", times[5], times.back());
  expect_agreement();

  // As fast as blocks come.
  const uint64_t before = engines[0]->engine_height();
  const auto begin = Steady::now();
  while (engines[0]->engine_height() < before + 20 && ms_since(begin) < 15'000) {
    pay();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  const auto blocks = static_cast<double>(engines[0]->engine_height() - before);
  std::printf("[ figures  ] block time under load: %.0f ms, %zu payments in %.0f blocks\n", ms_since(begin) / blocks, paid - 10, blocks);
  ASSERT_TRUE(eventually([&] { return all_executed(); }));
  expect_agreement();
  EXPECT_GE(blocks, 10);

  // Held by one validator alone: its turn comes.
  const auto lone = certified(payer.payment());
  EXPECT_EQ(engines[2]->submit(lone), Submission::queued);
  ++paid;
  ASSERT_TRUE(eventually([&] { return all_executed(); }));

  // One CometBFT dies: three go on, the fourth is started again and catches up.
  const pid_t pid = engines[1]->pid();
  ASSERT_GT(pid, 0);
  ASSERT_EQ(::kill(pid, SIGKILL), 0);
  pay(5);
  ASSERT_TRUE(eventually([&] { return all_executed(); }));
  EXPECT_EQ(engines[1]->restarts(), 1u);
  expect_agreement();

  // One validator dies whole, with all its ledger had: it replays from genesis.
  ASSERT_EQ(::kill(engines[3]->pid(), SIGKILL), 0);
  engines[3].reset();
  replicas[3] = std::make_unique<WorldReplica>();
  pay(5);
  ASSERT_TRUE(eventually([&] { return all_executed(); }));
  start(3);
  ASSERT_TRUE(eventually([&] { return all_executed(); }));
  expect_agreement();

  // One whose disk fails at a commit stops for good; what it had computed is not kept, and it goes on from what it had.
  const uint64_t kept = replicas[0]->point().engine_height;
  replicas[0]->fail_keep = true;
  const auto last = certified(payer.payment());
  for (auto& engine : engines) engine->submit(last);
  ++paid;
  ASSERT_TRUE(eventually([&] { return !engines[0]->failures().empty(); }));
  EXPECT_EQ(engines[0]->failures()[0].what, "the disk is full");
  EXPECT_EQ(engines[0]->submit(certified(payer.payment())), Submission::stopped);
  engines[0].reset();
  EXPECT_EQ(replicas[0]->point().engine_height, kept);
  replicas[0]->fail_keep = false;
  start(0);
  ASSERT_TRUE(eventually([&] { return all_executed(); }));
  expect_agreement();

  // Everybody stops and starts.
  for (auto& engine : engines) engine.reset();
  ASSERT_NO_FATAL_FAILURE(start_all());
  pay(3);
  ASSERT_TRUE(eventually([&] { return all_executed(); }));
  expect_agreement();
}

// L-69: who may vote on blocks is who the ledger says, from the second engine block after the one that said so.
TEST_F(RealNetwork, FollowsTheCommittee) {
  const auto member = [&](size_t i, uint64_t stake) { return order::Member{chain.validators[i].key, stake}; };
  const std::vector<order::Member> all{member(0, 1'000), member(1, 1'000), member(2, 1'000), member(3, 1'000)};
  const std::vector<order::Member> three{member(0, 1'000), member(1, 1'000), member(2, 1'000)};
  const std::vector<order::Member> others{member(1, 1'000), member(2, 1'500), member(3, 2'000)};
  for (auto& replica : replicas) replica->handovers = {{2, {all, three}}, {4, {three, others}}};
  ASSERT_NO_FATAL_FAILURE(start_all());
  // Address and power, as CometBFT itself says.
  net::Client client;
  const auto validators = [&](size_t node) {
    std::map<std::string, std::string> powers;
    net::Request request;
    request.target = "/validators";
    const auto response = client.call_and_wait(specs[node].rpc, request, 5'000);
    if (!response.ok()) return powers;
    const auto json = nlohmann::json::parse(response->body, nullptr, false);
    for (const auto& v : json.value("result", nlohmann::json::object()).value("validators", nlohmann::json::array()))
      powers[v.value("address", "")] = v.value("voting_power", "");
    return powers;
  };
  const auto expected = [&](const std::vector<order::Member>& members) {
    std::map<std::string, std::string> powers;
    for (const auto& m : members) {
      std::string address = address_of(m.key);
      for (char& c : address) c = static_cast<char>(std::toupper(c));
      powers[address] = std::to_string(m.stake);
    }
    return powers;
  };
  const auto pays = [&](size_t payments) {
    for (size_t n = 0; n < payments; ++n) {
      pay();
      if (!eventually([&] { return all_executed(); })) return false;
    }
    return true;
  };
  ASSERT_TRUE(pays(1));
  EXPECT_EQ(validators(0), expected(all));
  ASSERT_TRUE(pays(2));
  ASSERT_TRUE(eventually([&] { return validators(0) == expected(three); }));
  // The one that left follows all the same, and so it does after a restart.
  engines[3].reset();
  ASSERT_TRUE(pays(1));
  start(3);
  ASSERT_TRUE(pays(1));
  ASSERT_TRUE(eventually([&] { return validators(3) == expected(others); }));
  // Without the one that is out now they still agree: it has no say.
  engines[0].reset();
  ASSERT_TRUE(pays(3));
  start(0);
  ASSERT_TRUE(eventually([&] { return all_executed(); }));
  expect_agreement();
  // Who begins from nothing comes through both changes again.
  engines[2].reset();
  replicas[2] = std::make_unique<WorldReplica>();
  replicas[2]->handovers = replicas[0]->handovers;
  start(2);
  ASSERT_TRUE(eventually([&] { return all_executed(); }));
  expect_agreement();
}

}  // namespace
}  // namespace sotto::comet
