#include "node/validator_node.hpp"

#include <future>

#include "node/dev_genesis.hpp"
#include "node/validator_core.hpp"

namespace sotto::node {

namespace {

NodeTrouble of(const store::StoreTrouble& trouble) {
  const bool world = trouble.reject == store::StoreReject::io || trouble.reject == store::StoreReject::held;
  return {world ? NodeFailed::world : NodeFailed::damaged,
          std::string("store: ") + store::name(trouble.reject) + ": " + trouble.what};
}

}  // namespace

<<<<<<< src/node/validator_node.cpp
struct ValidatorNode::Core {
  Core(ValidatorOptions o, std::shared_ptr<const settle::Committee> c, uint16_t i,
       std::unique_ptr<store::ValidatorStore> s, ledger::State st, std::shared_ptr<const circuit::ProofSystem> system,
       Entropy& entropy, ThreadPool& pool)
      : options(std::move(o)),
        committee(std::move(c)),
        index(i),
        store(std::move(s)),
        state(std::move(st)),
        proofs(std::move(system), entropy, pool),
        full(proofs, entropy),
        authority(full),
        certificates(certificate_check(committee)) {}

  // --- the state thread ---
  void run(std::vector<std::function<void()>> tasks) {
    for (const auto& task : tasks) task();
    expire_waits();
  }
  void step(settle::Event event) {
    const settle::StateView view(state, store->archive());
    for (auto& effect : machine->step(view, std::move(event))) std::visit([this](auto& e) { carry_out(e); }, effect);
  }
  void carry_out(settle::Verify& e) { verifier->post(std::move(e)); }
  void carry_out(settle::Persist& e) { writer->post(std::move(e)); }
  void carry_out(settle::ReplyVote& e) { answer(e.request, binary(e.vote.encode())); }
  void carry_out(settle::ReplyAcknowledgement& e) { answer(e.request, binary(e.acknowledgement.encode())); }
  void carry_out(settle::ReplyRefusal& e) { answer(e.request, refusal(e.refusal)); }
  void carry_out(settle::Propose& e) { offer(*e.certified); }
  void carry_out(settle::Drop& e) { store->drop(e); }

  void answer(settle::RequestId request, net::Response response) {
    const auto found = replies.find(request);
    if (found == replies.end()) return;
    const auto reply = std::move(found->second);
    replies.erase(found);
    reply(std::move(response));
  }
  settle::RequestId expect(net::Reply reply) {
    replies.emplace(++last_request, std::move(reply));
    return last_request;
  }
  void offer(const settle::Certified& certified) {
    if (!propose || !certified.transaction) return;      // without a transaction: a block holds it already
    auto tx = ledger::decode_transaction(*certified.transaction->bytes);
    CHECK(tx.ok());                            // verified bytes
    propose({std::move(tx).value(), certified.certificate.encode()});
  }

  Status<Error> execute(const order::Batch& batch) {
    if (batch.height != state.height + 1)
      return Failure{
          Error{"block " + std::to_string(batch.height) + " does not follow " + std::to_string(state.height)}};
    auto execution = ledger::execute(state, store->archive(), batch.entries, batch.time_ms, certificates, authority);
    if (!execution.ok()) return Failure{Error{std::string("block: ") + ledger::name(execution.error())}};
    settle::BlockExecuted event;
    event.height = batch.height;
    for (size_t i = 0; i < execution->details.size(); ++i) {
      if (execution->block.entries[i].outcome != ledger::Outcome::executed) continue;
      event.executed.push_back(execution->details[i].txid);
      for (const auto& nf : ledger::nullifiers(execution->block.entries[i].certified.transaction))
        event.spent.push_back(nf);
    }
    if (const auto done = store->commit_block(*execution); !done.ok()) return Failure{done.error()};
    state = std::move(execution->next);
    head = batch.height;
    step(std::move(event));
    serve_waits();
    return Ok{};
  }

  // --- waiting for blocks ---
  struct Wait {
    uint64_t height = 0;
    Steady::time_point until;
    std::function<void()> then;
  };
  void when_executed(uint64_t height, uint64_t wait_ms, std::function<void()> then) {
    if (state.height >= height || wait_ms == 0 || waits.size() >= kMaxWaitingForBlocks) return then();
    waits.push_back(
        {height, Steady::now() + std::chrono::milliseconds(std::min<uint64_t>(wait_ms, kMaxWaitMs)), std::move(then)});
  }
  void take_waits(const std::function<bool(const Wait&)>& due) {
    std::vector<std::function<void()>> ready;
    std::erase_if(waits, [&](Wait& w) {
      if (!due(w)) return false;
      ready.push_back(std::move(w.then));
      return true;
    });
    for (const auto& then : ready) then();
  }
  void serve_waits() { take_waits([&](const Wait& w) { return w.height <= state.height; }); }
  void expire_waits() {
    if (waits.empty()) return;
    const auto now = Steady::now();
    take_waits([&](const Wait& w) { return w.until <= now; });
  }

  void begin();
  void end();

  // --- other threads ---
  void on_state(std::function<void()> task) { worker->post(std::move(task)); }

  void verify_batch(std::vector<settle::Verify> batch) {
    std::vector<const ledger::Transaction*> transactions;
    std::vector<ByteView> hints;
    for (const auto& v : batch) {
      transactions.push_back(v.transaction.get());
      hints.push_back(v.hints ? ByteView(*v.hints) : ByteView());
    }
    const auto verdicts = authority.verify_hinted(*network(), transactions, hints);
    std::vector<settle::VerificationDone> done;
    for (size_t i = 0; i < batch.size(); ++i)
      done.push_back({batch[i].token, verdicts[i].ok() ? nullptr : ledger::name(verdicts[i].error())});
    on_state([this, done = std::move(done)] { for (const auto& d : done) step(d); });
  }

  void write_batch(std::vector<settle::Persist> batch) {
    auto persisted = store->persist(std::move(batch));
    // A disk that cannot keep locks ends this validator: without an answer nobody counts on it.
    if (!persisted.ok()) return fail(persisted.error().what);
    const auto shared = std::make_shared<std::vector<settle::Persisted>>(std::move(persisted).value());
    on_state([this, shared] { for (auto& p : *shared) step(std::move(p)); });
  }
  void fail(const std::string& what) {
    const std::lock_guard lock(trouble_mutex);
    if (trouble.empty()) trouble = what;
  }

  // Set once at start: settle and ledger read it from any thread.
  const std::shared_ptr<const ledger::Network>& network() const { return network_; }

  // --- HTTP (server's thread) ---
  void handle(net::Request request, net::Reply reply);
  void submit_transaction(net::Request& request, const net::Target& target, net::Reply reply);
  void submit_certificate(net::Request& request, net::Reply reply);
  void blocks(const net::Target& target, net::Reply reply);
  void hash(const net::Target& target, net::Reply reply);
  void status(const net::Target& target, net::Reply reply);
  void lock_of(const net::Target& target, net::Reply reply);
  void health(net::Reply reply);

  const ValidatorOptions options;
  const std::shared_ptr<const settle::Committee> committee;
  const uint16_t index;
  const std::unique_ptr<store::ValidatorStore> store;
  ledger::State state;                         // state thread only, once started
  std::shared_ptr<const ledger::Network> network_ = state.network;
  ledger::CircuitVerifier proofs;
  ledger::FullAuthority full;
  RememberingAuthority authority;
  const ledger::CertificateCheck certificates;
  std::optional<settle::ValidatorMachine> machine;
  std::unordered_map<settle::RequestId, net::Reply> replies;
  settle::RequestId last_request = 0;
  std::vector<Wait> waits;
  Propose propose;
  Bytes genesis_bytes;
  std::mutex announce_mutex;
  std::vector<net::Endpoint> validators;
  std::atomic<uint64_t> head{0};
  std::mutex trouble_mutex;
  std::string trouble;
  std::unique_ptr<BatchWorker<std::function<void()>>> worker;
  std::unique_ptr<BatchWorker<settle::Verify>> verifier;
  std::unique_ptr<BatchWorker<settle::Persist>> writer;
  std::unique_ptr<net::Server> server;
  net::Endpoint endpoint;
};

void ValidatorNode::Core::handle(net::Request request, net::Reply reply) {
  const net::Target target = net::parse_target(request.target);
  const bool post = request.method == net::Method::post;
  if (target.path == kTransactionsPath && post) return submit_transaction(request, target, std::move(reply));
  if (target.path == kCertificatesPath && post) return submit_certificate(request, std::move(reply));
  if (post) return reply(text(404, "unknown_path"));
  if (target.path == kBlocksPath) return blocks(target, std::move(reply));
  if (target.path == kHashPath) return hash(target, std::move(reply));
  if (target.path == kStatusPath) return status(target, std::move(reply));
  if (target.path == kLockPath) return lock_of(target, std::move(reply));
  if (target.path == kHealthPath) return health(std::move(reply));
  if (target.path == kNetworkPath) {
    const std::lock_guard lock(announce_mutex);
    return reply(binary(NetworkInfo{genesis_bytes, validators, head}.encode()));
  }
  if (target.path == kTreePath)
    return on_state(
        [this, reply = std::move(reply)] { reply(binary(TreeMessage{state.height, state.tree}.encode())); });
  reply(text(404, "unknown_path"));
}

void ValidatorNode::Core::submit_transaction(net::Request& request, const net::Target& target, net::Reply reply) {
  const auto body = split_hints(target, request.body);
  if (!body) return reply(text(400, "bad_hints"));
  auto candidate = settle::decode_candidate(body->transaction);
  if (!candidate.ok()) return reply(text(400, name(candidate.error())));
  if (!body->hints.empty()) candidate->hints = std::make_shared<const Bytes>(body->hints.begin(), body->hints.end());
  on_state([this, source = request.connection, reply = std::move(reply), tx = std::move(candidate).value()]() mutable {
    const auto number = expect(std::move(reply));
    step(settle::SubmitTransaction{number, source, std::move(tx)});
  });
}

void ValidatorNode::Core::submit_certificate(net::Request& request, net::Reply reply) {
  auto message = CertificateMessage::decode(request.body);
  if (!message.ok()) return reply(text(400, name(message.error())));
  std::optional<settle::DecodedCandidate> candidate;
  if (message->transaction) {
    auto decoded = settle::decode_candidate(*message->transaction);
    if (!decoded.ok()) return reply(text(400, name(decoded.error())));
    candidate = std::move(decoded).value();
  }
  on_state([this, source = request.connection, reply = std::move(reply), certificate = std::move(message->certificate),
            tx = std::move(candidate)]() mutable {
    const auto number = expect(std::move(reply));
    step(settle::SubmitCertificate{number, source, std::move(certificate), std::move(tx)});
  });
}

void ValidatorNode::Core::blocks(const net::Target& target, net::Reply reply) {
  const auto from = target.number("from", 0), wait = target.number("wait_ms", 0);
  if (!from || !wait) return reply(text(400, "bad_number"));
  on_state([this, from = *from, wait = *wait, reply = std::move(reply)]() mutable {
    when_executed(from, wait, [this, from, reply = std::move(reply)] {
      BlocksMessage message;
      message.head = state.height;
      size_t bytes = 0;
      for (uint64_t h = from; h <= state.height && message.blocks.size() < kMaxBlocksPage && bytes <= kBlocksPageBytes;
           ++h) {
        auto block = store->block(h);
        if (!block.ok() || !*block) return reply(text(500, "block_missing"));
        bytes += (**block).size();
        message.blocks.push_back(std::move(**block));
      }
      reply(binary(message.encode()));
    });
  });
}

void ValidatorNode::Core::hash(const net::Target& target, net::Reply reply) {
  const auto height = target.number("height", UINT64_MAX), wait = target.number("wait_ms", 0);
  if (!height || !wait) return reply(text(400, "bad_number"));
  on_state([this, height = *height, wait = *wait, reply = std::move(reply)]() mutable {
    when_executed(height, wait, [this, height, reply = std::move(reply)] {
      if (height > state.height) return reply(text(404, "no_such_block"));
      const auto bytes = store->block(height);
      if (!bytes.ok() || !*bytes) return reply(text(500, "block_missing"));
      const auto header = ledger::decode_header_of(**bytes);
      if (!header.ok()) return reply(text(500, "block_damaged"));
      const auto hash = ledger::block_hash(*header).value;
      reply(binary(Bytes(hash.begin(), hash.end())));
    });
  });
}

namespace {
std::optional<Hash32> hash_parameter(const net::Target& target, std::string_view key) {
  for (const auto& [name, value] : target.query)
    if (name == key) return parse_hash(value);
  return std::nullopt;
}
}  // namespace

void ValidatorNode::Core::status(const net::Target& target, net::Reply reply) {
  const auto id = hash_parameter(target, "txid");
  if (!id) return reply(text(400, "bad_txid"));
  on_state([this, id = ledger::TxId{*id}, reply = std::move(reply)] {
    StatusMessage message;
    const auto height = store->executed_at(id);
    if (height) {
      message = {TransactionState::executed, *height};
    } else if (machine->holds_certificate(id)) {
      message.state = TransactionState::certified;
    } else if (machine->holds_lock(id)) {
      message.state = TransactionState::locked;
    }
    reply(binary(message.encode()));
  });
}

void ValidatorNode::Core::lock_of(const net::Target& target, net::Reply reply) {
  const auto bytes = hash_parameter(target, "nf");
  if (!bytes) return reply(text(400, "bad_nullifier"));
  const auto nf = crypto::Fr::decode(*bytes);
  if (!nf.ok()) return reply(text(400, "bad_nullifier"));
  on_state([this, nf = ledger::Nullifier{*nf}, reply = std::move(reply)] {
    LockMessage message;
    if (const auto spend = store->archive().spend_of(nf)) message.spent_by = spend->txid;
    if (const auto holder = machine->holder_of(nf)) message.transaction = *holder->bytes;
    reply(binary(message.encode()));
  });
}

void ValidatorNode::Core::health(net::Reply reply) {
  on_state([this, reply = std::move(reply)] {
    const auto usage = machine->usage();
    std::string what;
    {
      const std::lock_guard lock(trouble_mutex);
      what = trouble;
    }
    const nlohmann::ordered_json j = {{"ok", what.empty()},
                                      {"trouble", what},
                                      {"network", network_->id().hex()},
                                      {"validator", index},
                                      {"height", state.height},
                                      {"epoch", state.epoch},
                                      {"notes", state.tree.size()},
                                      {"spent", state.spent},
                                      {"app_hash", to_hex(ledger::app_hash(state))},
                                      {"locked", usage.locked},
                                      {"certified", usage.certified},
                                      {"in_flight", usage.in_flight}};
    const std::string body = j.dump();
    reply({static_cast<uint16_t>(what.empty() ? 200 : 503), Bytes(body.begin(), body.end()), net::kJson});
  });
}

=======
>>>>>>> /tmp/new.18251
void ValidatorNode::Core::begin() {
  worker = std::make_unique<BatchWorker<std::function<void()>>>(
      kMaxStateBatch, [this](auto tasks) { run(std::move(tasks)); }, kTick, "state");
  verifier = std::make_unique<BatchWorker<settle::Verify>>(kMaxProofBatch,
                                                           [this](auto batch) { verify_batch(std::move(batch)); },
                                                           std::nullopt, "proofs");
  certifier = std::make_unique<BatchWorker<settle::CheckCertificate>>(
      kMaxCertificateBatch, [this](auto batch) { check_certificates(std::move(batch)); }, std::nullopt, "certificates");
  writer = std::make_unique<BatchWorker<settle::Persist>>(kMaxWriteBatch,
                                                          [this](auto batch) { write_batch(std::move(batch)); },
                                                          std::nullopt, "write-sign");
  history = std::thread([this] {
    const auto checked = store->check_history([this] { return ending.load(); });
    if (checked.ok()) return;
    fail("store: " + checked.error().what);
    on_state([this] { stop_answering(); });
  });
}

void ValidatorNode::Core::end() {
  if (server) server->stop();
  ending = true;
  if (history.joinable()) history.join();
  verifier->stop();
  certifier->stop();
  writer->stop();
  worker->stop();
}

Result<std::unique_ptr<ValidatorNode>, NodeTrouble> ValidatorNode::open(
    const ValidatorOptions& options, const ledger::Genesis& genesis, const crypto::BlsSecretKey& key,
    std::shared_ptr<const circuit::ProofSystem> system, Entropy& entropy, ThreadPool& pool) {
  const auto wrong = [](const std::string& what) { return Failure{NodeTrouble{NodeFailed::wrong_genesis, what}}; };
  auto first = genesis_committee(genesis);
  if (!first.ok()) return wrong(first.error().what);
  const auto committee = std::make_shared<const settle::Committee>(std::move(first).value());
  const auto network = committee->network();
  std::optional<uint16_t> index;
  for (size_t i = 0; i < committee->size(); ++i)
    if ((*committee)[i].key == key.public_key()) index = static_cast<uint16_t>(i);
  if (!index) return wrong("the key is not in genesis's committee");

  const store::StoreIdentity identity{network, (*committee)[*index].id};
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

  auto core = std::make_unique<Core>(options, committee, *index, std::move(opened->store), std::move(opened->state),
                                     settle::Signer(network, *index, key), std::move(system), entropy, pool);
  core->genesis_bytes = ledger::encode(genesis);
  core->head = core->state.height;
  core->machine.emplace(committee, core->signer, options.limits, opened->votes_from_epoch,
                        std::move(opened->restored), settle::StateView(core->state, core->store->archive()));
  core->store->drop(core->machine->stale());
  core->begin();
  return std::unique_ptr<ValidatorNode>(new ValidatorNode(std::move(core)));
}

Status<NodeTrouble> ValidatorNode::start(Propose propose) {
  auto server = net::Server::start(core_->options.listen, core_->options.server,
                                   [core = core_.get()](net::Request request, net::Reply reply) {
                                     core->handle(std::move(request), std::move(reply));
                                   });
  if (!server.ok()) return Failure{NodeTrouble{NodeFailed::port_taken, server.error().what}};
  core_->server = std::move(server).value();
  core_->endpoint = core_->server->endpoint();
  core_->on_state([core = core_.get(), propose = std::move(propose)]() mutable {
    core->propose = std::move(propose);
    for (const auto& certified : core->machine->unexecuted()) core->offer(*certified);
  });
  return Ok{};
}

void ValidatorNode::close_server() {
  if (core_->server) core_->server->stop();
}
void ValidatorNode::stop() { core_->end(); }

ValidatorNode::ValidatorNode(std::unique_ptr<Core> core) : core_(std::move(core)) {}
ValidatorNode::~ValidatorNode() { stop(); }
const net::Endpoint& ValidatorNode::endpoint() const { return core_->endpoint; }
uint16_t ValidatorNode::index() const { return core_->index; }
uint64_t ValidatorNode::height() const { return core_->head; }
Result<std::optional<Bytes>, Error> ValidatorNode::block(uint64_t height) const { return core_->store->block(height); }

void ValidatorNode::announce(std::vector<net::Endpoint> validators) {
  const std::lock_guard lock(core_->announce_mutex);
  core_->validators = std::move(validators);
}

Status<Error> ValidatorNode::execute(const order::Batch& batch) {
  const auto promise = std::make_shared<std::promise<Status<Error>>>();
  auto done = promise->get_future();
  PreparedBatch prepared(batch.entries, *core_->network(), core_->store->archive(), core_->certificates, core_->authority);
  core_->on_state([this, &batch, &prepared, promise] { promise->set_value(core_->execute(batch, prepared)); });
  return done.get();
}

std::pair<uint64_t, Hash32> ValidatorNode::state_hash() const {
  const auto promise = std::make_shared<std::promise<std::pair<uint64_t, Hash32>>>();
  auto done = promise->get_future();
  core_->on_state([this, promise] { promise->set_value({core_->state.height, ledger::app_hash(core_->state)}); });
  return done.get();
}

}  // namespace sotto::node
