#include "node/validator_node.hpp"

#include "node/dev_genesis.hpp"
#include "node/priority.hpp"
#include "node/validator_core.hpp"

namespace sotto::node {

namespace {

NodeTrouble of(const store::StoreTrouble& trouble) {
  const bool world = trouble.reject == store::StoreReject::io || trouble.reject == store::StoreReject::held;
  return {world ? NodeFailed::world : NodeFailed::damaged,
          std::string("store: ") + store::name(trouble.reject) + ": " + trouble.what};
}

}  // namespace

void ValidatorNode::Core::begin() {
  worker = std::make_unique<BatchWorker<std::function<void()>>>(
      kMaxStateBatch, [this](auto tasks) { run(std::move(tasks)); }, kTick, "state");
  verifier = std::make_unique<BatchWorker<settle::Verify>>(kMaxProofBatch,
                                                           [this](auto batch) { verify_batch(std::move(batch)); },
                                                           std::nullopt, "proofs", give_way);
  certifier = std::make_unique<BatchWorker<settle::CheckCertificate>>(
      kMaxCertificateBatch, [this](auto batch) { check_certificates(std::move(batch)); }, std::nullopt, "certificates");
  writer = std::make_unique<BatchWorker<settle::Persist>>(kMaxWriteBatch,
                                                          [this](auto batch) { write_batch(std::move(batch)); },
                                                          std::nullopt, "write-sign");
  recoverer = std::make_unique<BatchWorker<AskedRecovery>>(
      kMaxRecoveryBatch, [this](auto batch) { check_recoveries(std::move(batch)); }, std::nullopt, "recoveries", give_way);
  looker = std::make_unique<BatchWorker<std::function<void()>>>(
      1, [](auto tasks) { for (const auto& task : tasks) task(); }, std::nullopt, "look-ups", give_way);
  history = std::thread([this] {
    const auto checked = store->check_history([this] { return ending.load(); });
    if (checked.ok()) return;
    fail("store: " + checked.error().what);
    on_state([this] { stop_answering(); });
  });
}

void ValidatorNode::Core::end() {
  if (server) server->stop();
  if (peers) peers->stop();
  if (exchange) exchange->stop();
  if (operator_server) operator_server->stop();
  ending = true;
  if (history.joinable()) history.join();
  looker->stop();
  verifier->stop();
  certifier->stop();
  recoverer->stop();
  writer->stop();
  worker->stop();
  epochs.reset();                              // its client's last answers go to a worker that takes no more
}

Result<std::unique_ptr<ValidatorNode>, NodeTrouble> ValidatorNode::open(
    const ValidatorOptions& options, const ledger::Genesis& genesis, const crypto::BlsSecretKey& key,
    std::shared_ptr<const circuit::ProofSystem> system, Entropy& entropy, ThreadPool& pool) {
  const auto wrong = [](const std::string& what) { return Failure{NodeTrouble{NodeFailed::wrong_genesis, what}}; };
  auto first = genesis_committee(genesis);
  if (!first.ok()) return wrong(first.error().what);
  const auto committee = std::make_shared<const settle::Committee>(std::move(first).value());
  const auto network = committee->network();
  std::optional<settle::ValidatorId> id = options.id;
  for (const auto& v : committee->validators())
    if (v.key == key.public_key()) id = v.id;
  if (!id) return wrong("the key is not in genesis's committee, and nothing else says who this is");

  const store::StoreIdentity identity{network, *id};
  if (options.create) {
    ledger::CircuitVerifier proofs(system, entropy, pool);
    ledger::FullAuthority authority(proofs, entropy);
    const auto execution = ledger::execute_genesis(genesis, authority);
    if (!execution.ok()) return wrong("genesis: " + ledger::describe(execution.error()));
    const auto made = store::ValidatorStore::create(options.store, identity, *execution, 0, options.files);
    if (!made.ok()) return Failure{of(made.error())};
  }
  auto opened =
      store::ValidatorStore::open(options.store, identity, std::make_shared<const ledger::Network>(genesis.content), options.files);
  if (!opened.ok()) return Failure{of(opened.error())};
  const auto first_bytes = opened->store->block(0);
  const auto first_block = first_bytes.ok() && *first_bytes
                               ? ledger::decode_block(**first_bytes)
                               : Result<ledger::Block, DecodeError>(Failure{DecodeError::truncated});
  if (!first_block.ok() || first_block->header.previous.value != ledger::genesis_hash(genesis))
    return wrong("the store began with another genesis");

  auto now = settle::committee_of(opened->state, committee);
  if (now == nullptr) return Failure{NodeTrouble{NodeFailed::damaged, "the state's committee is none"}};
  auto core = std::make_unique<Core>(options, committee, std::move(now), std::move(opened->store), std::move(opened->state), key,
                                     opened->votes_from_epoch, std::move(system), entropy, pool);
  core->genesis_bytes = ledger::encode(genesis);
  if (options.identity) {
    core->peers = std::make_unique<Peers>(*options.identity, PeerLimits{}, options.log);
    core->serve_exchange();
  }
  core->head = core->state.height;
  core->point_moves(opened->engine_height);
  core->shelf.note(opened->engine_height, core->state);      // before there is a block here, somebody may have lost its store
  core->take_seat(std::move(opened->restored));
  core->store->drop(core->machine->stale());
  core->begin();
  return std::unique_ptr<ValidatorNode>(new ValidatorNode(std::move(core)));
}

Status<NodeTrouble> ValidatorNode::start(Propose propose) {
  auto limits = core_->options.server;
  if (core_->peers) limits.favoured = [peers = core_->peers.get()](const net::TlsKey& key) { return peers->member(key).has_value(); };
  auto server = net::Server::start(core_->options.listen, limits,
                                   [core = core_.get()](net::Request request, net::Reply reply) {
                                     core->handle(std::move(request), std::move(reply));
                                   },
                                   core_->options.identity);
  if (!server.ok()) return Failure{NodeTrouble{NodeFailed::port_taken, server.error().what}};
  core_->server = std::move(server).value();
  core_->endpoint = core_->server->endpoint();
  if (core_->options.operator_listen) {
    auto own = net::Server::start(*core_->options.operator_listen, {}, [core = core_.get()](net::Request request, net::Reply reply) {
      core->handle_operator(std::move(request), std::move(reply));
    });
    if (!own.ok()) return Failure{NodeTrouble{NodeFailed::port_taken, own.error().what}};
    core_->operator_server = std::move(own).value();
    core_->operator_endpoint = core_->operator_server->endpoint();
  }
  core_->note(LogLevel::info, "listening", {{"api", to_string(core_->endpoint)}, {"tls", core_->endpoint.key.has_value()}, {"height", core_->head.load()}});
  core_->on_state([core = core_.get(), propose = std::move(propose)]() mutable {
    core->propose = std::move(propose);
    core->epochs.emplace(core->options.identity);
    core->epochs->committee = core->first;
    for (const auto& certified : core->machine->unexecuted()) core->offer(*certified);
    core->offer_ordered();
  });
  return Ok{};
}

std::optional<std::string> ValidatorNode::trouble() const {
  const std::lock_guard lock(core_->trouble_mutex);
  return core_->trouble.empty() ? std::nullopt : std::optional(core_->trouble);
}

void ValidatorNode::close_server() {
  if (core_->server) core_->server->stop();
}
void ValidatorNode::stop() { core_->end(); }

ValidatorNode::ValidatorNode(std::unique_ptr<Core> core) : core_(std::move(core)) {}
ValidatorNode::~ValidatorNode() { stop(); }
const net::Endpoint& ValidatorNode::endpoint() const { return core_->endpoint; }
const net::Endpoint& ValidatorNode::operator_endpoint() const { return core_->operator_endpoint; }
std::optional<uint16_t> ValidatorNode::index() const {
  const auto seat = core_->seat();
  return seat->taken() ? std::optional(seat->index) : std::nullopt;
}
void ValidatorNode::surroundings(const Surroundings& around) {
  core_->on_state([core = core_.get(), around] { core->around = around; });
}
uint64_t ValidatorNode::engine_height_of_others() { return core_->engine_height_of_others(); }
Peers* ValidatorNode::peers() { return core_->peers.get(); }
uint64_t ValidatorNode::height() const { return core_->head; }
Result<std::optional<Bytes>, Error> ValidatorNode::block(uint64_t height) const { return core_->store->block(height); }

void ValidatorNode::announce(std::vector<net::Endpoint> validators, const std::map<settle::ValidatorId, net::Endpoint>& others) {
  CHECK(validators.size() == core_->first->size());
  const std::lock_guard lock(core_->announce_mutex);
  core_->directory = others;
  for (size_t i = 0; i < validators.size(); ++i) core_->directory[(*core_->first)[i].id] = validators[i];
  core_->peers_are_the_committee();
}

Status<Error> ValidatorNode::execute(const order::Batch& batch) {
  TRY(hash, compute(batch));
  static_cast<void>(hash);
  return keep(0);
}

order::Replica::Point ValidatorNode::point() const {
  const std::lock_guard lock(core_->point_mutex);
  return core_->point;
}

Result<ledger::BlockHash, Error> ValidatorNode::compute(const order::Batch& batch) {
  PreparedBatch prepared(batch.entries, *core_->network(), core_->store->archive(), core_->seat()->certificates, core_->authority);
  return core_->ask<Result<ledger::BlockHash, Error>>([core = core_.get(), &batch, &prepared] { return core->compute(batch, prepared); },
                                           Failure{Error{"the validator has stopped"}});
}

Result<std::vector<ledger::CertifiedTransaction>, Error> ValidatorNode::entries_against(std::span<const order::Accusation> accusations, size_t limit) {
  using Entries = Result<std::vector<ledger::CertifiedTransaction>, Error>;
  return core_->ask<Entries>([core = core_.get(), accusations, limit] { return core->entries_against(accusations, limit); },
                             Failure{Error{"the validator has stopped"}});
}

std::optional<order::Handover> ValidatorNode::handover() const {
  return core_->ask<std::optional<order::Handover>>([core = core_.get()] { return core->handover(); }, std::nullopt);
}

Status<Error> ValidatorNode::keep(uint64_t engine_height) {
  return core_->ask<Status<Error>>([core = core_.get(), engine_height] { return core->keep(engine_height); },
                                   Failure{Error{"the validator has stopped"}});
}

void ValidatorNode::forget() {
  core_->ask<bool>([core = core_.get()] { return core->computed.reset(), true; }, false);
}

comet::SnapshotSource& ValidatorNode::snapshots() { return core_->shelf; }

std::vector<bool> ValidatorNode::admits(std::span<const ledger::CertifiedTransaction* const> entries) {
  return core_->seat()->admission.admits(entries);
}

std::optional<std::pair<uint64_t, Hash32>> ValidatorNode::state_hash() const {
  using Answer = std::optional<std::pair<uint64_t, Hash32>>;
  return core_->ask<Answer>(
      [core = core_.get()] { return Answer(std::in_place, core->state.height, ledger::app_hash(core->state)); }, std::nullopt);
}

}  // namespace sotto::node
