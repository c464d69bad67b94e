#include <gtest/gtest.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "base/files.hpp"
#include "comet/base64.hpp"
#include "comet/process.hpp"
#include "comet/replica_for_test.hpp"

namespace sotto::comet {
namespace {

using testing::Folder;
namespace fs = std::filesystem;

TEST(Base64, OnlyOneWay) {
  EXPECT_EQ(base64(view("")), "");
  EXPECT_EQ(base64(view("f")), "Zg==");
  EXPECT_EQ(base64(view("fo")), "Zm8=");
  EXPECT_EQ(base64(view("foobar")), "Zm9vYmFy");
  for (const char* text : {"", "Zg==", "Zm8=", "Zm9vYmFy"}) EXPECT_EQ(base64(*base64_decode(text)), text);
  for (const char* text : {"Z", "Zg", "Zg=", "Zh==", "Zg==\n", "Zm9v!mFy", "===="}) EXPECT_FALSE(base64_decode(text)) << text;
}

// --- the child ---

TEST(Child, RunsEndsAndIsEnded) {
  Folder folder;
  const fs::path log = folder.path / "log";
  auto quick = ChildProcess::start({"/bin/sh", "-c", "echo out; echo err >&2; exit 3"}, log);
  ASSERT_TRUE(quick.ok());
  std::optional<std::string> end;
  while (!(end = quick->ended())) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  EXPECT_EQ(*end, "exit code 3");
  const auto said = read_file(log, 100);
  EXPECT_EQ(std::string(said->begin(), said->end()), "out\nerr\n");
  auto polite = ChildProcess::start({"/bin/sleep", "100"}, log);
  ASSERT_TRUE(polite.ok());
  EXPECT_FALSE(polite->ended());
  polite->stop(5'000);
  EXPECT_EQ(polite->pid(), -1);
  auto deaf = ChildProcess::start({"/bin/sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done"}, log);
  ASSERT_TRUE(deaf.ok());
  while (read_file(log, 100)->size() < 14) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  deaf->stop(50);
  EXPECT_EQ(deaf->pid(), -1);
  EXPECT_FALSE(ChildProcess::start({"/no/such/program"}, log).ok());
  EXPECT_FALSE(ChildProcess::start({"/bin/true"}, folder.path / "no" / "log").ok());
}

// --- the folder ---

class Home : public ::testing::Test {
 protected:
  Folder folder;
  ledger::testing::TestEntropy entropy{5};
  const fs::path home = folder.path / "home";
  const fs::path consensus = home / "config" / "priv_validator_key.json";
};

TEST_F(Home, KeysAreMadeOnce) {
  const auto made = make_home(home, entropy);
  ASSERT_TRUE(made.ok());
  const auto again = make_home(home, entropy);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(made->consensus, again->consensus);
  EXPECT_EQ(made->node, again->node);
  EXPECT_NE(made->node, made->consensus);
  struct stat about {};
  ASSERT_EQ(::stat(consensus.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
  EXPECT_FALSE(*has_signed(home));
  const fs::path state = home / "data" / "priv_validator_state.json";
  const Bytes fresh = *read_file(state, 4096);
  ASSERT_TRUE(write_file(state, view(R"({"height": "7", "round": 0, "step": 3})")).ok());
  EXPECT_TRUE(*has_signed(home));
  ASSERT_TRUE(write_file(state, view("{}")).ok());
  EXPECT_FALSE(has_signed(home).ok());
  ASSERT_TRUE(write_file(state, fresh).ok());
  // Without its key, what it signed cannot be told.
  fs::remove(consensus);
  EXPECT_FALSE(make_home(home, entropy).ok());
}

TEST_F(Home, BadKeysAreRefused) {
  ASSERT_TRUE(make_home(home, entropy).ok());
  const Bytes good = *read_file(consensus, 4096);
  const auto with = [&](const std::function<void(nlohmann::json&)>& change) {
    auto json = nlohmann::json::parse(good);
    change(json);
    CHECK(write_file(consensus, view(json.dump())).ok());
    return make_home(home, entropy).ok();
  };
  EXPECT_TRUE(with([](auto&) {}));
  EXPECT_FALSE(with([](auto& j) { j["priv_key"]["type"] = "tendermint/PrivKeySecp256k1"; }));
  EXPECT_FALSE(with([](auto& j) { j["priv_key"]["value"] = "AAAA"; }));
  EXPECT_FALSE(with([](auto& j) { j["priv_key"]["value"] = 7; }));
  EXPECT_FALSE(with([](auto& j) { j["priv_key"]["value"] = base64(Bytes(64, 1)); }));  // halves of two keys
  EXPECT_FALSE(with([](auto& j) { j.erase("priv_key"); }));
  ASSERT_TRUE(write_file(consensus, view("no json")).ok());
  EXPECT_FALSE(make_home(home, entropy).ok());
  ASSERT_TRUE(write_file(consensus, good).ok());
  ASSERT_EQ(::chmod(consensus.c_str(), 0640), 0);
  EXPECT_FALSE(make_home(home, entropy).ok());
}

TEST_F(Home, AGenesisIsOneNetworks) {
  ASSERT_TRUE(make_home(home, entropy).ok());
  ChainSpec chain{"sotto-x", 1'700'000'000'123, {}, 1'000'000, {{"a", {1}, 5}, {"b", {2}, 7}}};
  ASSERT_TRUE(write_home(home, chain, {}, home / "s").ok());
  ASSERT_TRUE(write_home(home, chain, {}, home / "s").ok());
  const auto json = nlohmann::json::parse(genesis_json(chain));
  EXPECT_EQ(json["genesis_time"], "2023-11-14T22:13:20.123Z");
  EXPECT_EQ(json["validators"][1]["power"], "7");
  chain.chain_id += "y";
  EXPECT_FALSE(write_home(home, chain, {}, home / "s").ok());
}

TEST(Powers, FitCometBft) {
  const auto powers = [](std::vector<uint64_t> stakes) {
    std::vector<EngineValidator> v;
    for (const uint64_t s : stakes) v.push_back({"", {}, s});
    return powers_of(v);
  };
  EXPECT_EQ(powers({1, 2, 3}), (std::vector<int64_t>{1, 2, 3}));
  const auto large = powers({UINT64_MAX, UINT64_MAX, 1, UINT64_MAX / 2});
  EXPECT_EQ(large[0], large[1]);
  EXPECT_EQ(large[2], 1);
  EXPECT_NEAR(static_cast<double>(large[3]) / static_cast<double>(large[0]), 0.5, 1e-9);
  int64_t total = 0;
  for (const int64_t p : large) total += p;
  EXPECT_LT(total, int64_t{1} << 60);
}

}  // namespace
}  // namespace sotto::comet
