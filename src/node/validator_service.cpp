#include "node/validator_service.hpp"

#include <algorithm>

#include "ledger/circuit_verifier.hpp"
#include "node/dev_genesis.hpp"
#include "node/key_files.hpp"
#include "node/snapshots.hpp"

namespace sotto::node {

namespace fs = std::filesystem;
using Trouble = ValidatorService::Trouble;
using Failed = ValidatorService::Failed;

const char* name(Failed f) {
  switch (f) {
    case Failed::bad_config: return "bad_config";
    case Failed::in_use: return "in_use";
    case Failed::damaged: return "damaged";
    case Failed::port_taken: return "port_taken";
    case Failed::world: return "world";
  }
  return "?";
}

namespace {

constexpr auto kFullPause = std::chrono::milliseconds(20);
constexpr size_t kMaxProposalsAtOnce = 256;

Failure<Trouble> bad(const std::string& what) { return Failure{Trouble{Failed::bad_config, what}}; }
Failure<Trouble> world(const std::string& what) { return Failure{Trouble{Failed::world, what}}; }

constexpr const char* kBadAddress = "an address of the configuration does not parse: ADDRESS:PORT, in numbers or localhost";

fs::path config_path(const fs::path& dir) { return dir / "sottod.toml"; }

Result<ValidatorConfig, Error> read_config(const fs::path& dir) {
  TRY(text, read_file(config_path(dir), kMaxConfigBytes));
  return parse_config({reinterpret_cast<const char*>(text.data()), text.size()});
}

// Everything of the files that does not change while it runs.
struct Files {
  ValidatorConfig config;
  NetworkFile network;
  ledger::Genesis genesis;
  std::vector<NetworkMember> members;          // those of genesis's committee in its order, then the others
  std::vector<uint64_t> stakes;                // of the committee
  net::Endpoint api, p2p, rpc;
  std::optional<net::Endpoint> operator_listen;
  LogLevel log_level = LogLevel::info;
};

Result<Files, Trouble> load(const fs::path& dir) {
  Files files;
  auto config = read_config(dir);
  if (!config.ok()) return bad(config.error().what);
  files.config = std::move(config).value();
  const auto network_bytes = read_file(dir / files.config.network_file, kMaxNetworkFileBytes);
  if (!network_bytes.ok()) return bad(network_bytes.error().what);
  auto network = parse_network_file(*network_bytes);
  if (!network.ok()) return bad(network.error().what);
  files.network = std::move(network).value();
  const auto genesis_bytes = read_file(dir / files.config.genesis, ledger::kMaxGenesisBytes);
  if (!genesis_bytes.ok()) return bad(genesis_bytes.error().what);
  auto genesis = ledger::decode_genesis(*genesis_bytes);
  if (!genesis.ok()) return bad(std::string("genesis: ") + name(genesis.error()));
  files.genesis = std::move(genesis).value();
  if (ledger::genesis_hash(files.genesis) != files.network.genesis) return bad("the network file is of another genesis");
  const auto committee = genesis_committee(files.genesis);
  if (!committee.ok()) return bad(committee.error().what);
  auto members = in_committee_order(files.network, *committee);
  if (!members.ok()) return bad(members.error().what);
  files.members = std::move(members).value();
  for (const auto& v : committee->validators()) files.stakes.push_back(v.stake);
  const auto api = parse_endpoint(files.config.api_listen), p2p = parse_endpoint(files.config.engine_p2p), rpc = parse_endpoint(files.config.engine_rpc);
  if (!api || !p2p || !rpc) return bad(kBadAddress);
  files.api = *api;
  files.p2p = *p2p;
  files.rpc = *rpc;
  const auto level = parse_log_level(files.config.log_level);
  if (!level) return bad("log.level is debug, info, warn or error");
  files.log_level = *level;
  if (!files.config.operator_listen.empty()) {
    files.operator_listen = parse_endpoint(files.config.operator_listen);
    if (!files.operator_listen) return bad("operator.listen does not parse: ADDRESS:PORT, in numbers or localhost");
  }
  return files;
}

comet::ChainSpec chain_of(const Files& files, const ledger::NetworkId& network) {
  comet::ChainSpec chain;
  chain.chain_id = comet::chain_id_of(network.value);
  chain.genesis_time_ms = files.network.genesis_time_ms;
  chain.genesis = files.network.genesis;
  chain.max_block_bytes = files.genesis.content.params.max_block_bytes;
  for (size_t i = 0; i < files.stakes.size(); ++i)
    chain.validators.push_back({files.members[i].name, files.members[i].consensus_key, files.stakes[i]});
  return chain;
}

comet::NodeSpec node_of(const Files& files, const NetworkMember& self) {
  const auto u32 = [](uint64_t v) { return static_cast<uint32_t>(v); };   // parse_config has limited them
  const auto& c = files.config;
  comet::NodeSpec node;
  node.moniker = self.name;
  node.p2p = files.p2p;
  node.rpc = files.rpc;
  for (const auto& m : files.members)
    if (m.vote_key != self.vote_key) node.peers.push_back({m.engine_node, m.engine_at});
  node.timeout_propose_ms = u32(c.engine_timeout_propose_ms);
  node.timeout_vote_ms = u32(c.engine_timeout_vote_ms);
  node.timeout_step_ms = u32(c.engine_timeout_step_ms);
  node.timeout_commit_ms = u32(c.engine_timeout_commit_ms);
  node.gossip_sleep_ms = u32(c.engine_gossip_sleep_ms);
  node.flush_ms = u32(c.engine_flush_ms);
  node.empty_block_interval_ms = u32(c.engine_empty_block_interval_ms);
  node.log_level = c.engine_log_level;
  return node;
}

DiskLimits disk_limits(const ValidatorConfig& config) { return {config.disk_low_mb << 20, config.disk_reserve_mb << 20}; }

// Opening a store writes: better said before than by a database in the middle of it.
Status<Trouble> enough_room(const Files& files, const fs::path& dir) {
  const fs::path folders[] = {dir, dir / files.config.store, dir / files.config.engine_home};
  const auto free = free_bytes(folders);
  const uint64_t reserve = disk_limits(files.config).reserve_bytes;
  if (!free || *free >= reserve) return Ok{};
  return world("disk full: " + std::to_string(*free >> 20) + " MiB free, less than the reserve of " + std::to_string(reserve >> 20) +
               " MiB (disk.reserve_mb); make room and start it again");
}

// What makes this validator this one.
struct Own {
  FileLock lock;
  crypto::BlsSecretKey key;
  net::TlsIdentity tls;
  const NetworkMember* self;                   // in files.members
  ledger::NetworkId network;
  fs::path home, socket, binary;
};

Result<Own, Trouble> own(const fs::path& dir, const Files& files, Entropy& entropy) {
  auto lock = FileLock::try_lock(dir / "lock");
  if (!lock.ok()) return world(lock.error().what);
  if (!*lock) return Failure{Trouble{Failed::in_use, dir.string() + " is in use by another process"}};
  const auto key = read_vote_key(dir / files.config.vote_key);
  if (!key.ok()) return bad(key.error().what);
  const auto self = std::ranges::find(files.members, key->public_key(), &NetworkMember::vote_key);
  if (self == files.members.end()) return bad("the vote key is not in the network file");
  const auto tls = read_tls_key(dir / files.config.api_tls_key);
  if (!tls.ok()) return bad(tls.error().what);
  if (tls->key() != self->api.key) return bad("the TLS key is not that of the network file");
  const fs::path home = fs::absolute(dir / files.config.engine_home);
  const auto engine_keys = comet::make_home(home, entropy);
  if (!engine_keys.ok()) return bad(engine_keys.error().what);
  if (engine_keys->consensus != self->consensus_key || comet::address_of(engine_keys->node) != self->engine_node)
    return bad("the engine's keys are not those of the network file");
  fs::path binary = files.config.engine_binary;
  if (binary.empty()) {
    const auto found = comet::find_binary();
    if (!found) return world("CometBFT is not installed: ./setup installs it, or engine.binary names it");
    binary = *found;
  }
  return Own{std::move(**lock), *key, *tls, &*self, ledger::network_id(files.genesis.content), home, fs::absolute(dir / files.config.engine_socket), binary};
}

Trouble of(const NodeTrouble& t) {
  switch (t.failed) {
    case NodeFailed::damaged: return {Failed::damaged, t.what};
    case NodeFailed::wrong_genesis: return {Failed::bad_config, t.what};
    case NodeFailed::port_taken: return {Failed::port_taken, t.what};
    case NodeFailed::world: return {Failed::world, t.what};
  }
  return {Failed::world, t.what};
}

}  // namespace

Result<NetworkMember, Error> init_validator(const fs::path& dir, const ValidatorConfig& fresh, Entropy& entropy) {
  TRY_OK(make_directories(dir));
  std::error_code e;
  if (!fs::exists(config_path(dir), e)) TRY_OK(write_file(config_path(dir), view(to_toml(fresh))));
  TRY(config, read_config(dir));
  const fs::path vote = dir / config.vote_key, tls = dir / config.api_tls_key;
  TRY(key, vote_key(vote, entropy));
  TRY(identity, tls_key(tls, entropy));
  TRY(engine, comet::make_home(dir / config.engine_home, entropy));

  auto api = parse_endpoint(config.api_public.empty() ? config.api_listen : config.api_public);
  const auto p2p = parse_endpoint(config.engine_public.empty() ? config.engine_p2p : config.engine_public);
  if (!api || !p2p) return Failure{Error{kBadAddress}};
  api->key = identity.key();
  const NetworkMember card{config.name, key.public_key(), engine.consensus, comet::address_of(engine.node), *p2p, *api};
  const std::string text = to_json(card);
  TRY_OK(parse_card(view(text)));              // a name nobody would take
  TRY_OK(write_file(dir / "card.json", view(text)));
  return card;
}

Result<Possession, Error> prove_possession(const fs::path& dir, const ledger::Genesis& draft) {
  TRY(config, read_config(dir));
  TRY(key, read_vote_key(dir / config.vote_key));
  return prove_possession(draft, key);
}

Result<std::unique_ptr<ValidatorService>, Trouble> ValidatorService::open(const fs::path& dir,
                                                                          std::shared_ptr<const circuit::ProofSystem> system,
                                                                          Entropy& entropy, ThreadPool& pool, Log::Sink sink) {
  TRY(files, load(dir));
  TRY(ours, own(dir, files, entropy));
  std::unique_ptr<ValidatorService> service(new ValidatorService);
  service->log_ = std::make_unique<Log>(files.log_level, std::move(sink), service->clock_, entropy);
  service->lock_.emplace(std::move(ours.lock));
  service->network_ = ours.network;
  if (const auto room = enough_room(files, dir); !room.ok()) return Failure{room.error()};
  const auto chain = chain_of(files, ours.network);
  if (const auto written = comet::write_home(ours.home, chain, node_of(files, *ours.self), ours.socket); !written.ok()) return bad(written.error().what);

  ValidatorOptions node;
  node.store = dir / files.config.store;
  std::error_code e;
  const auto signed_blocks = comet::has_signed(ours.home);
  if (!signed_blocks.ok()) return bad(signed_blocks.error().what);
  node.create = !fs::exists(node.store, e) && !*signed_blocks;
  node.id = settle::ValidatorId{ours.self->consensus_key};
  node.listen = files.api;
  node.identity = ours.tls;
  node.log = service->log_.get();
  node.operator_listen = files.operator_listen;
  node.server.source.connections = files.config.api_source_connections;
  node.server.source.requests_per_s = static_cast<uint32_t>(files.config.api_source_requests_per_s);
  node.server.source.burst = static_cast<uint32_t>(files.config.api_source_burst);
  node.snapshot_interval = files.config.engine_snapshot_interval;
  node.server.max_body_bytes = kMaxRequestBytes;
  node.server.max_connections = files.config.api_max_connections;
  node.server.max_in_flight = files.config.api_max_in_flight;
  node.server.idle_ms = static_cast<uint32_t>(files.config.api_idle_ms);
  node.server.request_ms = static_cast<uint32_t>(files.config.api_request_ms);
  auto opened = ValidatorNode::open(node, files.genesis, ours.key, std::move(system), entropy, pool);
  if (!opened.ok()) return Failure{of(opened.error())};
  service->node_ = std::move(opened).value();

  comet::EngineOptions engine;
  engine.binary = ours.binary;
  engine.home = ours.home;
  engine.socket = ours.socket;
  engine.rpc = files.rpc;
  engine.gather_ms = static_cast<uint32_t>(files.config.engine_gather_ms);
  engine.pending.max_queue = files.config.engine_max_pending;
  const auto& params = files.genesis.content.params;
  auto started = comet::CometEngine::start(engine, {chain.chain_id, chain.genesis, params.max_block_entries, params.max_block_bytes}, *service->node_,
                                           [n = service->node_.get()](auto entries) { return n->admits(entries); },
                                           &service->node_->snapshots());
  if (!started.ok()) return world(started.error().what);
  service->engine_ = std::move(started).value();
  // Certificates are judged once more on the way into the engine; not on the validator's state thread.
  service->proposals_ = std::make_unique<BatchWorker<ledger::CertifiedTransaction>>(
      kMaxProposalsAtOnce,
      [e = service->engine_.get()](auto batch) {
        for (auto& certified : batch)
          while (e->submit(certified) == order::Submission::full) std::this_thread::sleep_for(kFullPause);
      },
      std::nullopt, "proposals");
  std::vector<net::Endpoint> everybody;
  std::map<settle::ValidatorId, net::Endpoint> others;
  for (const auto& m : files.members) {
    if (everybody.size() < files.stakes.size()) everybody.push_back(m.api);
    else others[{m.consensus_key}] = m.api;
  }
  service->node_->announce(std::move(everybody), others);
  const auto listening =
      service->node_->start([p = service->proposals_.get()](ledger::CertifiedTransaction certified) { p->post(std::move(certified)); });
  if (!listening.ok()) return Failure{of(listening.error())};
  WatchOptions watch;
  watch.rpc = files.rpc;
  watch.alone = files.stakes.size() == 1;
  watch.progress.stuck_ms = static_cast<uint32_t>(files.config.engine_stuck_ms);
  watch.disk = disk_limits(files.config);
  watch.folders = {node.store, ours.home};
  service->watch_ = std::make_unique<Watch>(watch, *service->node_, *service->engine_, service->clock_, *service->log_);
  service->log_->say(LogLevel::info, "started", {{"network", ours.network.hex()}, {"name", ours.self->name}});
  return service;
}

Result<uint64_t, Trouble> ValidatorService::restore(const fs::path& dir, const RestoreTrust& trust,
                                                    const std::shared_ptr<const circuit::ProofSystem>& system, Entropy& entropy, ThreadPool& pool) {
  TRY(files, load(dir));
  TRY(ours, own(dir, files, entropy));
  const fs::path store = dir / files.config.store;
  std::error_code e;
  if (fs::exists(store, e)) return Failure{Trouble{Failed::damaged, store.string() + " is there: only a validator without a store takes one over"}};
  ledger::CircuitVerifier proofs(system, entropy, pool);
  ledger::FullAuthority authority(proofs, entropy);
  const auto genesis = ledger::execute_genesis(files.genesis, authority);
  if (!genesis.ok()) return bad("genesis: " + ledger::describe(genesis.error()));
  for (const char* part : {"blockstore.db", "state.db", "evidence.db", "tx_index.db", "cs.wal"}) fs::remove_all(ours.home / "data" / part, e);
  auto node = node_of(files, *ours.self);
  node.sync = trust;
  if (const auto written = comet::write_home(ours.home, chain_of(files, ours.network), node, ours.socket); !written.ok()) return bad(written.error().what);
  SnapshotIntake intake(store, {ours.network, {ours.self->consensus_key}}, *genesis);
  comet::JoinOptions options;
  options.binary = ours.binary;
  options.home = ours.home;
  options.socket = ours.socket;
  const auto joined = comet::join(options, intake);
  if (joined.ok()) return *joined;
  // A store without an engine that stands beside it is of no use: the next attempt begins anew.
  fs::remove_all(store, e);
  return world(joined.error().what + (intake.refusal().empty() ? "" : "; the last snapshot was refused: " + intake.refusal()));
}

std::optional<std::string> ValidatorService::trouble() const {
  if (const auto why = node_->trouble()) return why;
  if (watch_)
    if (const auto why = watch_->trouble()) return why;
  const auto failures = engine_->failures();
  if (!failures.empty()) return "ordering engine: " + failures.front().what;
  return std::nullopt;
}

void ValidatorService::look() {
  if (const auto starts = engine_->restarts(); starts != std::exchange(engine_starts_seen_, starts))
    log_->say(LogLevel::warn, "engine_restarted", {{"restarts", uint64_t{starts}}});
}

// Whoever still hands work on goes first.
void ValidatorService::stop() {
  watch_.reset();
  if (node_) node_->close_server();
  if (engine_) engine_->stop();
  if (proposals_) proposals_->stop();
  if (node_) node_->stop();
}

ValidatorService::~ValidatorService() { stop(); }

}  // namespace sotto::node
