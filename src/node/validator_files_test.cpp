// The files a validator of a real network starts from: configuration, network file, keys.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "crypto/random.hpp"
#include "node/validator_service.hpp"
#include "settle/settle_for_test.hpp"
#include "store/store_for_test.hpp"

namespace sotto::node {
namespace {

namespace fs = std::filesystem;

TEST(ValidatorConfig, WritesEveryDefaultAndReadsItBack) {
  const ValidatorConfig defaults;
  const std::string text = to_toml(defaults);
  EXPECT_EQ(*parse_config(text), defaults);
  EXPECT_EQ(*parse_config(""), defaults);
  ValidatorConfig other;
  other.api_listen = "127.0.0.9:1";
  other.operator_listen = "";
  other.api_source_burst = 7;
  other.engine_timeout_propose_ms = 777;
  EXPECT_EQ(*parse_config(to_toml(other)), other);
  EXPECT_EQ(parse_config("[engine]\ntimeout_propose_ms = 777\n")->engine_timeout_propose_ms, 777u);
}

TEST(ValidatorConfig, RefusesWhatItDoesNotKnow) {
  const auto refused = [](const std::string& text, const std::string& why) {
    const auto parsed = parse_config(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_NE(parsed.error().what.find(why), std::string::npos) << parsed.error().what;
  };
  refused("[engine\n", "line 1");
  refused("listen = \"1.2.3.4:5\"\n", "no section");
  refused("[apo]\n", "no section");
  refused("[api]\nport = 5\n", "api.port");
  refused("[api]\nlisten = 5\n", "must be a text");
  refused("[api]\nlisten = \"a\\\"b\"\n", "must be a text");
  refused("[api]\nmax_connections = 0\n", "from 1 to");
  refused("[api]\nmax_connections = -1\n", "from 1 to");
  refused("[api]\nmax_connections = 1000001\n", "from 1 to");
  refused("[api]\nmax_connections = \"5\"\n", "from 1 to");
  refused("[api]\nmax_connections = 5.0\n", "from 1 to");
  refused(std::string(kMaxConfigBytes + 1, '#'), "too long");
}

TEST(Endpoint, NumericAddressAndPort) {
  EXPECT_EQ(parse_endpoint("127.0.0.1:7"), (net::Endpoint{"127.0.0.1", 7}));
  EXPECT_EQ(parse_endpoint("[::1]:65535"), (net::Endpoint{"::1", 65535}));
  EXPECT_EQ(parse_endpoint("localhost:7600"), (net::Endpoint{"127.0.0.1", 7600}));   // without asking anybody
  EXPECT_EQ(parse_relay(std::string(64, 'a') + "@localhost:7")->address, "127.0.0.1");
  for (const char* bad : {"", "localhost", "localhost:0", "localhost.:7", "localhost.example:7", "[localhost]:7", "Localhost:7", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", ":7", "::1:7", "host:7", "1.2.3.4:+7", "1.2.3.4:7 ", "1.2.3.4\":7"})
    EXPECT_FALSE(parse_endpoint(bad)) << bad;
}

TEST(Endpoint, RelaysHaveKeys) {
  const std::string key(64, 'a');
  const auto relay = parse_relay(key + "@192.0.2.1:7");
  ASSERT_TRUE(relay);
  EXPECT_EQ(to_string(*relay), "192.0.2.1:7");
  EXPECT_EQ(to_hex(*relay->key), key);
  for (const std::string& bad : std::vector<std::string>{"192.0.2.1:7", "@192.0.2.1:7", key.substr(1) + "@192.0.2.1:7", key + "@host:7", key + "@"})
    EXPECT_FALSE(parse_relay(bad)) << bad;
}

struct NetworkFileTest : ::testing::Test {
  crypto::SystemEntropy entropy;
  std::vector<crypto::BlsSecretKey> keys;
  NetworkFile file{{1, 2, 3}, 1'700'000'000'000, {}};

  NetworkFileTest() {
    for (int i = 0; i < 3; ++i) {
      keys.push_back(crypto::BlsSecretKey::random(entropy));
      file.members.push_back({"v" + std::to_string(i), keys.back().public_key(), entropy.bytes<32>(), std::string(39, 'a') + std::to_string(i),
                              {"127.0.0.1", 5}, {"::1", 6, entropy.bytes<32>()}});
    }
  }
  bool with(const std::function<void(nlohmann::json&)>& change) {
    auto json = nlohmann::json::parse(to_json(file));
    change(json);
    return parse_network_file(view(json.dump())).ok();
  }
};

TEST_F(NetworkFileTest, ReadsBackWhatItWrote) {
  const std::string text = to_json(file);
  const auto back = parse_network_file(view(text));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(to_json(*back), text);
}

TEST_F(NetworkFileTest, RefusesEverythingElse) {
  EXPECT_TRUE(with([](auto&) {}));
  EXPECT_FALSE(with([](auto& j) { j["version"] = 1; }));
  EXPECT_FALSE(with([](auto& j) { j["more"] = 1; }));
  EXPECT_FALSE(with([](auto& j) { j["genesis"] = "00"; }));
  EXPECT_FALSE(with([](auto& j) { j["genesis_time_ms"] = -1; }));
  EXPECT_FALSE(with([](auto& j) { j["validators"] = 5; }));
  EXPECT_FALSE(with([](auto& j) { j["validators"][1] = 5; }));
  EXPECT_FALSE(with([](auto& j) { j["validators"][1]["more"] = "x"; }));
  EXPECT_FALSE(with([](auto& j) { j["validators"][1]["name"] = ""; }));
  EXPECT_FALSE(with([](auto& j) { j["validators"][1]["name"] = "a\"b"; }));
  EXPECT_FALSE(with([](auto& j) { j["validators"][1]["vote_key"] = std::string(192, '0'); }));
  EXPECT_FALSE(with([](auto& j) { j["validators"][1]["consensus_key"] = "zz"; }));
  EXPECT_FALSE(with([](auto& j) { j["validators"][1]["engine_node"] = "aa"; }));
  EXPECT_FALSE(with([](auto& j) { j["validators"][1]["engine"] = "nowhere"; }));
  EXPECT_FALSE(with([](auto& j) { j["validators"][1]["api"] = 7; }));
  EXPECT_FALSE(with([](auto& j) { j["validators"][1]["api_key"] = "00"; }));
  EXPECT_FALSE(with([](auto& j) { j["validators"][1].erase("api_key"); }));
  EXPECT_FALSE(with([](auto& j) { j["validators"][1]["api_key"] = j["validators"][0]["api_key"]; }));
  EXPECT_FALSE(with([](auto& j) {
    const auto one = j["validators"][0];
    for (size_t i = 0; i < settle::kMaxValidators; ++i) j["validators"].push_back(one);
  }));
  EXPECT_FALSE(parse_network_file(view("no json")).ok());
  EXPECT_FALSE(parse_network_file(Bytes(kMaxNetworkFileBytes + 1, ' ')).ok());
}

TEST_F(NetworkFileTest, CommitteeOrderIsGenesiss) {
  // The first two of the file's three are in it.
  std::vector<settle::Validator> validators;
  for (size_t i = 0; i < 2; ++i) validators.push_back(settle::make_validator({}, {file.members[i].consensus_key}, 1, keys[i]));
  std::ranges::sort(validators, {}, &settle::Validator::id);
  const auto committee = settle::Committee::create({}, 0, validators).value();
  const auto ordered = in_committee_order(file, committee);
  ASSERT_TRUE(ordered.ok());
  ASSERT_EQ(ordered->size(), 3u);
  for (size_t i = 0; i < 2; ++i) EXPECT_EQ((*ordered)[i].vote_key, committee[i].key);
  EXPECT_EQ((*ordered)[2].vote_key, file.members[2].vote_key);
  const auto refused = [&](auto change) {
    auto other = file;
    change(other.members);
    return !in_committee_order(other, committee).ok();
  };
  EXPECT_FALSE(refused([](auto&) {}));
  EXPECT_TRUE(refused([&](auto& m) { m[1].vote_key = crypto::BlsSecretKey::random(entropy).public_key(); }));
  EXPECT_TRUE(refused([](auto& m) { m.erase(m.begin()); }));
  EXPECT_TRUE(refused([](auto& m) { m[0].consensus_key[0] ^= 1; }));
  EXPECT_TRUE(refused([](auto& m) { m[2].consensus_key = m[0].consensus_key; }));
  EXPECT_TRUE(refused([](auto& m) { m.push_back(m[2]); m[3].consensus_key[0] ^= 1; }));
}

TEST(ValidatorKeys, AreMadeOnceAndKeptFromOthers) {
  store::testing::TemporaryDirectory temporary;
  crypto::SystemEntropy entropy;
  const fs::path dir = temporary.path() / "v";
  const auto made = init_validator(dir, {}, entropy);
  ASSERT_TRUE(made.ok()) << made.error().what;
  const auto again = init_validator(dir, {}, entropy);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(to_json(*made), to_json(*again));
  EXPECT_EQ(to_json(*parse_card(*read_file(dir / "card.json", 4096))), to_json(*made));
  for (const char* file : {"vote.key", "tls.key"}) {
    const fs::path key = dir / "keys" / file;
    struct stat about {};
    ASSERT_EQ(::stat(key.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777, 0600u);
    const Bytes before = *read_file(key, 32);
    ASSERT_EQ(::chmod(key.c_str(), 0640), 0);
    EXPECT_FALSE(init_validator(dir, {}, entropy).ok());
    ASSERT_EQ(::chmod(key.c_str(), 0600), 0);
    ASSERT_TRUE(write_file(key, Bytes(31, 1)).ok());
    EXPECT_FALSE(init_validator(dir, {}, entropy).ok());
    ASSERT_TRUE(write_file(key, before).ok());
  }
  // The configuration that is there says where others reach it.
  ASSERT_TRUE(write_file(dir / "sottod.toml", view("[validator]\nname = \"v\"\n[api]\npublic = \"192.0.2.1:5\"\n")).ok());
  EXPECT_EQ(to_string(init_validator(dir, {}, entropy)->api), "192.0.2.1:5");
  ASSERT_TRUE(write_file(dir / "sottod.toml", view("[api]\npublic = \"nowhere\"\n")).ok());
  EXPECT_FALSE(init_validator(dir, {}, entropy).ok());
  ASSERT_TRUE(write_file(dir / "sottod.toml", view("[validator]\nname = \"\"\n")).ok());
  EXPECT_FALSE(init_validator(dir, {}, entropy).ok());
  ASSERT_TRUE(write_file(dir / "sottod.toml", view("")).ok());
  ASSERT_TRUE(write_file(dir / "keys" / "vote.key", Bytes(32, 0)).ok());
  EXPECT_FALSE(init_validator(dir, {}, entropy).ok());
}

}  // namespace
}  // namespace sotto::node
