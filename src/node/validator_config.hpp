// A validator's configuration: one TOML file. Every setting has a default and a line of explanation, which to_toml() writes;
// what a file leaves out has its default, what it has and nobody knows is refused.
#pragma once
#include <filesystem>

#include "base/result.hpp"
#include "net/http.hpp"

namespace sotto::node {

struct ValidatorConfig {
  // [network]
  std::string network_file = "network.json";
  std::string genesis = "genesis";
  // [validator]
  std::string name = "validator";
  std::string vote_key = "keys/vote.key";
  std::string store = "store";
  // [api]
  std::string api_listen = "127.0.0.1:7600";
  std::string api_public;
  std::string api_tls_key = "keys/tls.key";
  uint64_t api_max_connections = 256;
  uint64_t api_max_in_flight = 1024;
  uint64_t api_idle_ms = 60'000;
  uint64_t api_request_ms = 10'000;
  uint64_t api_source_connections = 64;
  uint64_t api_source_requests_per_s = 500;
  uint64_t api_source_burst = 1'000;
  // [operator]
  std::string operator_listen = "127.0.0.1:7603";
  // [log]
  std::string log_level = "info";
  // [engine]
  std::string engine_binary;
  std::string engine_home = "engine";
  std::string engine_socket = "engine/abci.sock";
  std::string engine_p2p = "127.0.0.1:26656";
  std::string engine_public;
  std::string engine_rpc = "127.0.0.1:26657";
  std::string engine_log_level = "error";
  uint64_t engine_gather_ms = 5;
  uint64_t engine_timeout_propose_ms = 500;
  uint64_t engine_timeout_vote_ms = 200;
  uint64_t engine_timeout_step_ms = 100;
  uint64_t engine_timeout_commit_ms = 0;
  uint64_t engine_gossip_sleep_ms = 2;
  uint64_t engine_flush_ms = 1;
  uint64_t engine_empty_block_interval_ms = 0;
  uint64_t engine_max_pending = 16 * 1024;
  uint64_t engine_snapshot_interval = 1'000;
  uint64_t engine_stuck_ms = 30'000;
  // [disk]
  uint64_t disk_low_mb = 1'024;
  uint64_t disk_reserve_mb = 128;

  friend bool operator==(const ValidatorConfig&, const ValidatorConfig&) = default;
};

inline constexpr size_t kMaxConfigBytes = 64 * 1024;

std::string to_toml(const ValidatorConfig& config);
Result<ValidatorConfig, Error> parse_config(std::string_view toml);

}  // namespace sotto::node
