#include "comet/home.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/stat.h>

#include <ctime>
#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "comet/application.hpp"
#include "comet/base64.hpp"
#include "crypto/hash.hpp"

namespace sotto::comet {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

constexpr size_t kMaxKeyFileBytes = 4096;
constexpr uint64_t kBlockSlack = 1024 * 1024;    // a block's header, commit and evidence beside the ledger's bytes
constexpr uint64_t kMaxEvidenceBytes = 256 * 1024;
constexpr const char* kSecretType = "tendermint/PrivKeyEd25519";
constexpr const char* kPublicType = "tendermint/PubKeyEd25519";

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

// RFC 3339 in UTC.
std::string time_text(uint64_t ms) {
  const auto seconds = static_cast<std::time_t>(ms / 1000);
  std::tm utc{};
  CHECK(::gmtime_r(&seconds, &utc));
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour,
                     utc.tm_min, utc.tm_sec, ms % 1000);
}

Json typed(const char* type, ByteView bytes) { return {{"type", type}, {"value", base64(bytes)}}; }

Status<Error> write_json(const fs::path& file, const Json& json) {
  std::string content = json.dump(2) + "\n";
  const auto done = write_file(file, view(content));
  wipe(content.data(), content.size());
  return done;
}

// The secret's public half, from a file nobody else may read.
Result<crypto::Ed25519Key, Error> read_key(const fs::path& file) {
  const auto refuse = [&](const std::string& why) { return Failure{Error{file.string() + ": " + why}}; };
  struct stat about {};
  if (::stat(file.c_str(), &about) != 0) return refuse("cannot be read");
  if ((about.st_mode & (S_IRWXG | S_IRWXO)) != 0) return refuse("may be read by others; make it mode 0600");
  TRY(content, read_file(file, kMaxKeyFileBytes));
  const auto json = Json::parse(content, nullptr, false);
  wipe(content.data(), content.size());
  if (!json.is_object() || !json.contains("priv_key") || !json["priv_key"].is_object() ||
      json["priv_key"].value("type", "") != kSecretType || !json["priv_key"]["value"].is_string())
    return refuse("is not an Ed25519 key of CometBFT");
  auto secret = base64_decode(json["priv_key"]["value"].get<std::string>());
  if (!secret || secret->size() != 64) return refuse("is not an Ed25519 key of CometBFT");
  Secret<ByteArray<32>> seed;
  std::copy_n(secret->begin(), 32, seed.expose_mutable().begin());
  auto key = crypto::ed25519_from_seed(seed);
  const bool whole = equal_constant_time(*secret, key.secret.expose());
  wipe(secret->data(), secret->size());
  if (!whole) return refuse("its two halves do not belong together");
  return key;
}

}  // namespace

std::string address_of(const ConsensusKey& key) { return to_hex(crypto::sha256(key)).substr(0, 40); }

std::string chain_id_of(const ByteArray<32>& network) { return "sotto-" + to_hex(network).substr(0, 32); }

std::vector<int64_t> powers_of(std::span<const EngineValidator> validators) {
  __extension__ using Sum = unsigned __int128;
  constexpr Sum kMost = Sum{1} << 60;
  for (unsigned shift = 0;; ++shift) {
    Sum total = 0;
    std::vector<int64_t> powers;
    for (const auto& v : validators) {
      const uint64_t power = std::max<uint64_t>(1, v.stake >> shift);
      total += power;
      powers.push_back(static_cast<int64_t>(std::min<uint64_t>(power, INT64_MAX)));
    }
    if (total < kMost) return powers;
  }
}

std::string genesis_json(const ChainSpec& chain) {
  const auto powers = powers_of(chain.validators);
  Json validators = Json::array();
  for (size_t i = 0; i < chain.validators.size(); ++i) {
    const auto& v = chain.validators[i];
    validators.push_back({{"address", upper(address_of(v.key))},
                          {"pub_key", typed(kPublicType, v.key)},
                          {"power", std::to_string(powers[i])},
                          {"name", v.name}});
  }
  // Evidence counts for two days, however fast the blocks come: one each ten milliseconds at most.
  const Json params = {
      {"block", {{"max_bytes", std::to_string(chain.max_block_bytes + kBlockSlack)}, {"max_gas", "-1"}}},
      {"evidence", {{"max_age_num_blocks", "17280000"}, {"max_age_duration", "172800000000000"}, {"max_bytes", std::to_string(kMaxEvidenceBytes)}}},
      {"validator", {{"pub_key_types", {"ed25519"}}}},
      {"version", {{"app", "1"}}},
      {"abci", {{"vote_extensions_enable_height", "0"}}}};
  const Json genesis = {{"genesis_time", time_text(chain.genesis_time_ms)},
                        {"chain_id", chain.chain_id},
                        {"initial_height", "1"},
                        {"consensus_params", params},
                        {"validators", validators},
                        {"app_hash", ""},
                        {"app_state", Json::parse(app_state_of(chain.genesis))}};
  return genesis.dump(2) + "\n";
}

std::string config_toml(const NodeSpec& node, const fs::path& socket) {
  std::string peers, ids;
  for (const Peer& peer : node.peers) {
    peers += (peers.empty() ? "" : ",") + peer.node + "@" + net::to_string(peer.at);
    ids += (ids.empty() ? "" : ",") + peer.node;
  }
  const auto ms = [](uint32_t n) { return fmt::format("\"{}ms\"", n); };
  std::string out = "# Written by Sotto at every start: changes here are lost.\n";
  const auto line = [&out](std::string_view key, const std::string& value) { out += fmt::format("{} = {}\n", key, value); };
  const auto quoted = [](const std::string& text) { return "\"" + text + "\""; };
  line("proxy_app", quoted("unix://" + socket.string()));
  line("moniker", quoted(node.moniker));
  line("abci", quoted("socket"));
  line("log_level", quoted(node.log_level));
  line("log_format", quoted("json"));
  out += "\n[rpc]\n";
  line("laddr", quoted("tcp://" + net::to_string(node.rpc)));
  line("max_open_connections", "64");
  line("max_body_bytes", "65536");
  out += "\n[p2p]\n";
  line("laddr", quoted("tcp://" + net::to_string(node.p2p)));
  line("persistent_peers", quoted(peers));
  line("unconditional_peer_ids", quoted(ids));           // strangers cannot take their places
  line("persistent_peers_max_dial_period", quoted("2s"));
  line("addr_book_strict", "false");
  line("allow_duplicate_ip", "true");
  line("pex", "false");
  line("flush_throttle_timeout", ms(node.flush_ms));
  line("max_packet_msg_payload_size", "10240");
  line("send_rate", "104857600");
  line("recv_rate", "104857600");
  // Wake-ups are all the mempool holds: nine bytes, a few heights.
  out += "\n[mempool]\n";
  line("type", quoted("flood"));
  line("recheck", "true");
  line("broadcast", "true");
  line("size", "16");
  line("max_tx_bytes", "16");
  line("max_txs_bytes", "256");
  line("cache_size", "64");
  out += "\n[consensus]\n";
  line("timeout_propose", ms(node.timeout_propose_ms));
  line("timeout_propose_delta", ms(node.timeout_step_ms));
  line("timeout_prevote", ms(node.timeout_vote_ms));
  line("timeout_prevote_delta", ms(node.timeout_step_ms));
  line("timeout_precommit", ms(node.timeout_vote_ms));
  line("timeout_precommit_delta", ms(node.timeout_step_ms));
  line("timeout_commit", ms(node.timeout_commit_ms));
  line("skip_timeout_commit", "true");
  line("create_empty_blocks", "false");
  line("create_empty_blocks_interval", ms(node.empty_block_interval_ms));
  line("peer_gossip_sleep_duration", ms(node.gossip_sleep_ms));
  line("peer_query_maj23_sleep_duration", ms(250));
  out += "\n[storage]\n";
  line("discard_abci_responses", "true");
  if (node.sync) {
    std::string servers;
    for (const auto& at : node.sync->rpc) servers += (servers.empty() ? "http://" : ",http://") + net::to_string(at);
    out += "\n[statesync]\n";
    line("enable", "true");
    line("rpc_servers", quoted(servers));
    line("trust_height", std::to_string(node.sync->trust_height));
    line("trust_hash", quoted(node.sync->trust_hash));
    line("trust_period", fmt::format("\"{}h\"", node.sync->trust_hours));
    line("discovery_time", quoted("5s"));                // CometBFT's least
  }
  out += "\n[tx_index]\n";
  line("indexer", quoted("null"));
  return out;
}

Result<HomeKeys, Error> make_home(const fs::path& home, Entropy& entropy) {
  TRY_OK(make_directories(home / "config"));
  TRY_OK(make_directories(home / "data"));
  const fs::path consensus = home / "config" / "priv_validator_key.json", node = home / "config" / "node_key.json";
  const fs::path signing = home / "data" / "priv_validator_state.json";
  std::error_code e;
  if (!fs::exists(consensus, e)) {
    // What it has signed cannot be known without the state that belongs to it.
    if (fs::exists(signing, e)) return Failure{Error{consensus.string() + " is missing, and it has signed blocks"}};
    const auto key = crypto::ed25519_random(entropy);
    TRY_OK(write_json(signing, {{"height", "0"}, {"round", 0}, {"step", 0}}));
    TRY_OK(write_json(consensus, {{"address", upper(address_of(key.public_key))},
                                  {"pub_key", typed(kPublicType, key.public_key)},
                                  {"priv_key", typed(kSecretType, key.secret.expose())}}));
  }
  if (!fs::exists(node, e)) {
    const auto key = crypto::ed25519_random(entropy);
    TRY_OK(write_json(node, {{"priv_key", typed(kSecretType, key.secret.expose())}}));
  }
  HomeKeys keys;
  TRY(consensus_key, read_key(consensus));
  keys.consensus = consensus_key.public_key;
  TRY(node_key, read_key(node));
  keys.node = node_key.public_key;
  return keys;
}

Result<crypto::Ed25519Key, Error> consensus_key_of(const fs::path& home) { return read_key(home / "config" / "priv_validator_key.json"); }

Result<bool, Error> has_signed(const fs::path& home) {
  const fs::path file = home / "data" / "priv_validator_state.json";
  TRY(content, read_file(file, kMaxKeyFileBytes));
  const auto json = Json::parse(content, nullptr, false);
  if (!json.is_object() || !json.contains("height") || !json["height"].is_string()) return Failure{Error{file.string() + " is not CometBFT's signing state"}};
  return json["height"] != "0";
}

Status<Error> write_home(const fs::path& home, const ChainSpec& chain, const NodeSpec& node, const fs::path& socket) {
  const std::string genesis = genesis_json(chain);
  const fs::path file = home / "config" / "genesis.json";
  std::error_code e;
  if (fs::exists(file, e)) {
    TRY(there, read_file(file, 16 * 1024 * 1024));
    if (!std::ranges::equal(there, view(genesis))) return Failure{Error{file.string() + " is of another network"}};
  } else {
    TRY_OK(write_file(file, view(genesis)));
  }
  return write_file(home / "config" / "config.toml", view(config_toml(node, socket)));
}

}  // namespace sotto::comet
