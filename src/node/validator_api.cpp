// The validator's HTTP API (api.hpp): decoded on the server's thread, answered from the state thread.
#include <nlohmann/json.hpp>

#include "node/stake_api.hpp"
#include "node/validator_core.hpp"

namespace sotto::node {

namespace {
// Whoever is answered 200 has sent a payment whose proof or certificate held.
net::Reply earning(net::Reply reply) {
  return [reply = std::move(reply)](net::Response response) {
    response.payment_held = response.status == 200;
    reply(std::move(response));
  };
}
}  // namespace

void ValidatorNode::Core::handle(net::Request request, net::Reply reply) {
  const net::Target target = net::parse_target(request.target);
  if (peers && target.path.starts_with(kPeerPath)) return peers->handle(std::move(request), std::move(reply));
  const bool post = request.method == net::Method::post;
  if (post && (target.path == kTransactionsPath || target.path == kCertificatesPath || target.path == kPayPath))
    reply = earning(std::move(reply));
  if (target.path == kTransactionsPath && post) return submit_transaction(request, target, std::move(reply));
  if (target.path == kCertificatesPath && post) return submit_certificate(request, std::move(reply));
  if (target.path == kPayPath && post && peers) return submit_pay(request, target, std::move(reply));
  if (target.path == kOrderedPath && post) return submit_ordered(request, std::move(reply));
  if (post) return reply(text(404, "unknown_path"));
  if (target.path == kBlocksPath) return blocks(target, std::move(reply));
  if (target.path == kHashPath) return hash(target, std::move(reply));
  if (target.path == kStatusPath) return status(target, std::move(reply));
  if (target.path == kLockPath) return lock_of(target, std::move(reply));
  if (target.path == kCloseSharePath || target.path == kTransitionSharePath) return epoch_share(target, std::move(reply));
  if (target.path == kTransitionsPath) return transitions(target, std::move(reply));
  if (target.path == kInclusionPath) return inclusion(target, std::move(reply));
  if (target.path == kHealthPath) return health(std::move(reply));
  if (target.path == kNetworkPath) {
    NetworkInfo info{genesis_bytes, {}, head, {}};
    const std::lock_guard lock(announce_mutex);
    for (const auto& [id, at] : directory) {
      info.validators.push_back(at);
      info.ids.push_back(id);
    }
    return reply(binary(info.encode()));
  }
  if (target.path == kStakePath)
    return on_state([this, reply = std::move(reply)] {
      auto answer = binary(StakeMessage{state.epoch, state.stake}.encode());
      answer.charge = static_cast<uint32_t>(answer.body.size() / kStakeBytesOfARequest);
      reply(std::move(answer));
    });
  if (target.path == kTreePath)
    return on_state(
        [this, reply = std::move(reply)] { reply(binary(TreeMessage{state.height, state.tree}.encode())); });
  reply(text(404, "unknown_path"));
}

std::optional<settle::DecodedCandidate> ValidatorNode::Core::hinted_candidate(const net::Request& request, const net::Target& target,
                                                                              const net::Reply& reply) {
  const auto body = split_hints(target, request.body);
  if (!body) return reply(text(400, "bad_hints")), std::nullopt;
  auto candidate = settle::decode_candidate(body->transaction);
  if (!candidate.ok()) return reply(text(400, name(candidate.error()))), std::nullopt;
  if (!body->hints.empty()) candidate->hints = std::make_shared<const Bytes>(body->hints.begin(), body->hints.end());
  return std::move(candidate).value();
}

void ValidatorNode::Core::submit_transaction(net::Request& request, const net::Target& target, net::Reply reply) {
  auto candidate = hinted_candidate(request, target, reply);
  if (!candidate) return;
  on_state([this, source = request.source, reply = std::move(reply), tx = std::move(*candidate)]() mutable {
    if (const auto number = expect(std::move(reply))) step(settle::SubmitTransaction{*number, source, std::move(tx)});
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
  on_state([this, source = request.source, reply = std::move(reply), certificate = std::move(message->certificate),
            tx = std::move(candidate)]() mutable {
    if (const auto number = expect(std::move(reply)))
      step(settle::SubmitCertificate{*number, source, std::move(certificate), std::move(tx)});
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
    message.generation = state.generation(nf);
    message.frozen = state.recoveries.contains(nf) || state.closing;
    reply(binary(message.encode()));
  });
}

void ValidatorNode::Core::health(net::Reply reply) {
  on_state([this, reply = std::move(reply)] {
    const auto usage = machine->usage();
    const auto here = seat();
    std::string what;
    {
      const std::lock_guard lock(trouble_mutex);
      what = trouble;
    }
    const nlohmann::ordered_json j = {{"ok", what.empty()},
                                      {"trouble", what},
                                      {"network", network_->id().hex()},
                                      {"validator", here->taken() ? nlohmann::ordered_json(here->index) : nlohmann::ordered_json(nullptr)},
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

void ValidatorNode::Core::handle_operator(net::Request request, net::Reply reply) {
  const net::Target target = net::parse_target(request.target);
  if (request.method != net::Method::get) return reply(text(404, "unknown_path"));
  if (target.path == "/metrics") return scrape(std::move(reply));
  if (target.path == "/health") return health(std::move(reply));
  if (target.path == "/ready") return ready(std::move(reply));
  reply(text(404, "unknown_path"));
}

// Would it vote if it were asked now?
void ValidatorNode::Core::ready(net::Reply reply) {
  on_state([this, reply = std::move(reply)] {
    if (failed) return reply(stopped());
    const auto why = machine->silent();
    if (why) return reply(text(503, settle::name(*why)));
    reply(around.obstacle.empty() ? text(200, "ready") : text(503, around.obstacle));
  });
}

void ValidatorNode::Core::scrape(net::Reply reply) {
  on_state([this, reply = std::move(reply)] {
    using Level = Metrics::Level;
    const auto usage = machine->usage();
    const std::pair<Level, double> levels[] = {
        {Level::height, static_cast<double>(state.height)},      {Level::epoch, static_cast<double>(state.epoch)},
        {Level::notes, static_cast<double>(state.tree.size())},  {Level::spent, static_cast<double>(state.spent)},
        {Level::locked, static_cast<double>(usage.locked)},      {Level::certified, static_cast<double>(usage.certified)},
        {Level::in_flight, static_cast<double>(usage.in_flight)}, {Level::connections, static_cast<double>(server->connections())},
        {Level::failed, failed ? 1 : 0},
        {Level::disk_free, static_cast<double>(around.disk_free_bytes)}, {Level::disk_low, around.disk_low ? 1 : 0},
        {Level::engine_stalled, static_cast<double>(around.engine_stalled_ms) / 1'000}, {Level::engine_restarts, around.engine_restarts}};
    for (const auto& [level, value] : levels) metrics.is(level, value);
    const std::string page = metrics.text();
    reply({200, Bytes(page.begin(), page.end()), "text/plain; version=0.0.4"});
  });
}

}  // namespace sotto::node
