#include "node/testnet.hpp"

#include "node/testnet_links.hpp"

namespace sotto::node {

namespace fs = std::filesystem;

namespace {

fs::path validator_dir(const fs::path& dir, size_t i) { return dir / ("validator-" + std::to_string(i + 1)); }

ValidatorConfig config_of(const TestnetOptions& options, size_t i) {
  const std::string address = "127.0.0." + std::to_string(options.first_address + i) + ":";
  ValidatorConfig config;
  config.name = "validator-" + std::to_string(i + 1);
  config.network_file = options.links ? "network.json" : "../network.json";
  config.genesis = "../genesis";
  config.api_listen = address + std::to_string(options.port);
  config.engine_p2p = address + std::to_string(options.port + 1);
  config.engine_rpc = address + std::to_string(rpc_port(options.port));
  // They share one machine's disk, and write little.
  config.disk_low_mb = 64;
  config.disk_reserve_mb = 16;
  config.operator_listen = address + std::to_string(operator_port(options.port));
  return config;
}

Result<Testnet, Error> load(const fs::path& dir) {
  TRY(network_bytes, read_file(dir / "network.json", kMaxNetworkFileBytes));
  TRY(network, parse_network_file(network_bytes));
  TRY(genesis_bytes, read_file(dir / "genesis", ledger::kMaxGenesisBytes));
  auto genesis = ledger::decode_genesis(genesis_bytes);
  if (!genesis.ok()) return Failure{Error{(dir / "genesis").string() + ": " + name(genesis.error())}};
  TRY(seed_bytes, read_file(dir / "faucet" / "seed", 64));
  if (seed_bytes.size() != 64) return Failure{Error{(dir / "faucet" / "seed").string() + " is not a seed"}};
  ByteArray<64> seed;
  std::copy(seed_bytes.begin(), seed_bytes.end(), seed.begin());
  wipe(seed_bytes.data(), seed_bytes.size());
  Testnet net{std::move(genesis).value(), std::move(network), {}, note::Seed(seed), false};
  std::error_code e;
  net.proxied = fs::exists(dir / kLinksFile, e);
  for (size_t i = 0; i < net.network.members.size(); ++i) net.validators.push_back(validator_dir(dir, i));
  return net;
}

}  // namespace

Result<Testnet, Error> open_testnet(const TestnetOptions& options, uint64_t now_ms, std::shared_ptr<const circuit::ProofSystem> system,
                                    Entropy& entropy, ThreadPool& pool, const GenesisProgress& progress) {
  std::error_code e;
  if (fs::exists(options.dir / "network.json", e)) return load(options.dir);
  if (options.validators < 1 || options.validators > kMaxTestnet || options.first_address + options.validators > 255 || options.port > 65532 ||
      options.port == 0)
    return Failure{Error{"a testnet has 1 to 64 validators on addresses up to 127.0.0.254, and ports up to 65535"}};
  TRY_OK(make_directories(options.dir / "faucet"));
  Testnet net{{}, {}, {}, note::Seed(entropy.bytes<64>()), true};
  TRY_OK(write_file(options.dir / "faucet" / "seed", net.faucet.expose()));
  // As if each validator had an operator and a machine of its own (node/ceremony.hpp).
  for (size_t i = 0; i < options.validators; ++i) {
    const fs::path dir = validator_dir(options.dir, i);
    fs::remove(dir / "sottod.toml", e);                // of an attempt with other options
    TRY(card, init_validator(dir, config_of(options, i), entropy));
    net.network.members.push_back(std::move(card));
    net.validators.push_back(dir);
  }
  TRY(seats, seats_of(net.network.members));
  DevChoices choices;
  choices.tune = [&](ledger::Params& p) {
    p.epoch_blocks = options.epoch_blocks;
    p.epoch_ms = options.epoch_ms;
  };
  const auto draft = draft_dev_genesis(options.name, seats, net.faucet, std::move(system), entropy, pool, progress, choices);
  std::vector<Possession> possessions;
  for (const auto& dir : net.validators) {
    TRY(possession, prove_possession(dir, draft));
    possessions.push_back(possession);
  }
  TRY(genesis, seal(draft, possessions));
  net.genesis = std::move(genesis);
  net.network.genesis = ledger::genesis_hash(net.genesis);
  net.network.genesis_time_ms = now_ms;
  TRY_OK(write_file(options.dir / "genesis", ledger::encode(net.genesis)));
  fs::remove(options.dir / kLinksFile, e);
  if (options.links) {
    TRY_OK(write_file(options.dir / kLinksFile, view(netlab::to_json(*options.links))));
    for (size_t i = 0; i < net.validators.size(); ++i)
      TRY_OK(write_file(net.validators[i] / "network.json", view(to_json(as_seen_by(net.network, i)))));
    TRY_OK(write_file(options.dir / kWalletsFile, view(to_json(as_wallets_see(net.network)))));
    net.proxied = true;
  }
  TRY_OK(write_file(options.dir / "network.json", view(to_json(net.network))));
  return net;
}

}  // namespace sotto::node
