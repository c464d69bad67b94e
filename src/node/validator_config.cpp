#include "node/validator_config.hpp"

#include <algorithm>
#include <variant>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

namespace sotto::node {

namespace {

// One line a setting: where it stands, what it is, and for numbers what it may be.
struct Setting {
  const char* section;
  const char* key;
  const char* about;
  std::variant<std::string ValidatorConfig::*, uint64_t ValidatorConfig::*> member;
  uint64_t least = 0, most = 0;
};

using C = ValidatorConfig;
const Setting kSettings[] = {
    {"network", "file", "where all validators are; paths count from this file's folder", &C::network_file},
    {"network", "genesis", "the ledger's genesis, which the network file names by hash", &C::genesis},
    {"validator", "name", "how its card and the network file call it, for people", &C::name},
    {"validator", "vote_key", "BLS key that signs votes and acknowledgements; nobody else may read it", &C::vote_key},
    {"validator", "store", "locks, certificates, ledger. Never restore it from a copy, never run two", &C::store},
    {"api", "listen", "where wallets connect: a numeric address and a port", &C::api_listen},
    {"api", "public", "where others reach that, if it is not the same; empty: the same", &C::api_public},
    {"api", "tls_key", "Ed25519 key by which wallets and other validators know it (TLS 1.3); nobody else may read it", &C::api_tls_key},
    {"api", "max_connections", "open at once; further ones are closed", &C::api_max_connections, 1, 100'000},
    {"api", "max_in_flight", "requests being answered; further ones get 503", &C::api_max_in_flight, 1, 100'000},
    {"api", "idle_ms", "an open connection without a request is closed after this", &C::api_idle_ms, 100, 3'600'000},
    {"api", "request_ms", "from the first byte of a request to its last", &C::api_request_ms, 100, 600'000},
    {"api", "source_connections", "open at once from one IPv4 address or IPv6 /64; further ones are closed", &C::api_source_connections, 1, 100'000},
    {"api", "source_requests_per_s", "from one of those, sustained; more get 429", &C::api_source_requests_per_s, 1, 1'000'000},
    {"api", "source_burst", "from one of those at once, after a quiet while", &C::api_source_burst, 1, 1'000'000},
    {"operator", "listen", "where /metrics, /health and /ready are, for your own network only; empty: nowhere", &C::operator_listen},
    {"log", "level", "of what it says on standard error: debug, info, warn or error", &C::log_level},
    {"engine", "binary", "CometBFT; empty: where ./setup puts it", &C::engine_binary},
    {"engine", "home", "CometBFT's folder: its keys, its blocks, comet.log", &C::engine_home},
    {"engine", "socket", "the socket between CometBFT and us, at most 107 bytes", &C::engine_socket},
    {"engine", "p2p", "where other validators' CometBFT connects", &C::engine_p2p},
    {"engine", "public", "where others reach p2p, if it is not the same; empty: the same", &C::engine_public},
    {"engine", "rpc", "CometBFT's own RPC; nobody but us needs it", &C::engine_rpc},
    {"engine", "log_level", "of CometBFT: error, info or debug", &C::engine_log_level},
    {"engine", "gather_ms", "waited after the first pending payment, for others to share its block", &C::engine_gather_ms, 0, 1'000},
    {"engine", "timeout_propose_ms", "patience with a proposer; only bites when one is down", &C::engine_timeout_propose_ms, 50, 60'000},
    {"engine", "timeout_vote_ms", "patience with votes when a round fails", &C::engine_timeout_vote_ms, 10, 60'000},
    {"engine", "timeout_step_ms", "added to both for every further round", &C::engine_timeout_step_ms, 1, 60'000},
    {"engine", "timeout_commit_ms", "waited after a block for the last votes", &C::engine_timeout_commit_ms, 0, 60'000},
    {"engine", "gossip_sleep_ms", "between looks at what peers lack", &C::engine_gossip_sleep_ms, 1, 1'000},
    {"engine", "flush_ms", "writes to peers wait at most this for more; the same at all validators", &C::engine_flush_ms, 1, 1'000},
    {"engine", "empty_block_interval_ms", "an empty block after so much quiet; 0: never", &C::engine_empty_block_interval_ms, 0, 3'600'000},
    {"engine", "max_pending", "certified payments waiting for a block", &C::engine_max_pending, 1, 1'000'000},
    {"engine", "snapshot_interval", "CometBFT heights between two snapshots for validators that join; 0: none", &C::engine_snapshot_interval, 0, 1'000'000'000},
    {"engine", "stuck_ms", "no block while others make some, or not a word: CometBFT is started again", &C::engine_stuck_ms, 1'000, 3'600'000},
    {"disk", "low_mb", "MiB; with less room nothing new is locked, what was promised goes on; 0: never", &C::disk_low_mb, 0, 1'000'000'000},
    {"disk", "reserve_mb", "MiB; with less room it ends while its files can still be closed; 0: never", &C::disk_reserve_mb, 0, 1'000'000'000},
};

Failure<Error> refuse(const std::string& why) { return Failure{Error{"configuration: " + why}}; }

bool plain(const std::string& text) {
  return text.size() <= 4096 && std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; });
}

}  // namespace

std::string to_toml(const ValidatorConfig& config) {
  std::string out = "# A validator of Sotto. Every setting is here with its default or what was chosen for it.\n";
  std::string section;
  for (const Setting& s : kSettings) {
    if (section != s.section) out += "\n[" + (section = s.section) + "]\n";
    out += std::string("# ") + s.about + "\n" + s.key + " = ";
    if (const auto* text = std::get_if<0>(&s.member)) {
      CHECK(plain(config.**text));
      out += "\"" + config.**text + "\"\n";
    } else {
      out += std::to_string(config.*std::get<1>(s.member)) + "\n";
    }
  }
  return out;
}

Result<ValidatorConfig, Error> parse_config(std::string_view toml) {
  if (toml.size() > kMaxConfigBytes) return refuse("too long");
  const toml::parse_result parsed = toml::parse(toml);
  if (!parsed) return refuse("line " + std::to_string(parsed.error().source().begin.line) + ": " + std::string(parsed.error().description()));
  ValidatorConfig config;
  for (const auto& [section, content] : parsed.table()) {
    const std::string section_name(section.str());
    const bool known = std::ranges::any_of(kSettings, [&](const Setting& s) { return section_name == s.section; });
    if (!known || !content.is_table()) return refuse("there is no section " + section_name);
    for (const auto& [key, value] : *content.as_table()) {
      const std::string name = section_name + "." + std::string(key.str());
      const auto setting = std::ranges::find_if(kSettings, [&](const Setting& s) { return std::string(s.section) + "." + s.key == name; });
      if (setting == std::end(kSettings)) return refuse("nothing is called " + name);
      if (const auto* text = std::get_if<0>(&setting->member)) {
        const auto given = value.value_exact<std::string>();
        if (!given || !plain(*given)) return refuse(name + " must be a text without quotes and backslashes");
        config.**text = *given;
      } else {
        const auto given = value.value_exact<int64_t>();
        if (!given || *given < 0 || static_cast<uint64_t>(*given) < setting->least || static_cast<uint64_t>(*given) > setting->most)
          return refuse(name + " must be a number from " + std::to_string(setting->least) + " to " + std::to_string(setting->most));
        config.*std::get<1>(setting->member) = static_cast<uint64_t>(*given);
      }
    }
  }
  return config;
}

}  // namespace sotto::node
