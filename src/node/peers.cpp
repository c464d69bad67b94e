#include "node/peers.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <mutex>

#include "settle/committee.hpp"

namespace sotto::node {

namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr const char* kAlone = ": failed a moment ago, left alone";

net::ClientLimits client_limits(const PeerLimits& limits) {
  net::ClientLimits out;
  out.max_in_flight = limits.connections * settle::kMaxValidators;
  out.max_idle_per_endpoint = limits.connections;
  return out;
}

struct Waiting {
  net::Request request;
  uint32_t timeout_ms;
  Peers::Callback done;
};

// One member; under Core's mutex.
struct Peer {
  net::Endpoint at;
  size_t under_way = 0;
  std::deque<Waiting> waiting;
  uint32_t backoff_ms = 0;
  Steady::time_point rests_until{};
};

}  // namespace

const char* name(PeerReject r) {
  switch (r) {
    case PeerReject::unknown_path: return "unknown_path";
    case PeerReject::not_a_member: return "not_a_member";
  }
  return "?";
}

struct Peers::Core : std::enable_shared_from_this<Core> {
  Core(const net::TlsIdentity& identity, const PeerLimits& l, Log* lg) : limits(l), log(lg), client(std::in_place, client_limits(l), identity) {}

  // Under the mutex, so that stop() does not take the client away meanwhile; it only hands over.
  void start(const std::shared_ptr<Peer>& peer, Waiting call) {
    ++peer->under_way;
    client->call(peer->at, std::move(call.request), call.timeout_ms,
                 [self = shared_from_this(), peer, done = std::move(call.done)](Result<net::Response, Error> result) {
                   self->ended(peer, result.ok() ? nullptr : &result.error());
                   done(std::move(result));
                 });
  }

  void note(LogLevel level, const char* event, const Peer& peer, const std::string& why) const {
    if (log != nullptr) log->say(level, event, {{"peer", to_string(peer.at)}, {"why", why}});
  }

  // What waits goes on, or fails with the member it waits for.
  void ended(const std::shared_ptr<Peer>& peer, const Error* failure) {
    std::deque<Waiting> given_up;
    {
      const std::lock_guard lock(mutex);
      --peer->under_way;
      if (failure == nullptr) {
        if (peer->backoff_ms > 0) note(LogLevel::info, "peer_back", *peer, "");
        peer->backoff_ms = 0;
      } else {
        if (peer->backoff_ms == 0 && !stopped) note(LogLevel::warn, "peer_away", *peer, failure->what);
        peer->backoff_ms = std::clamp(peer->backoff_ms * 2, limits.backoff_least_ms, limits.backoff_most_ms);
        peer->rests_until = Steady::now() + milliseconds(peer->backoff_ms);
        given_up.swap(peer->waiting);
      }
      if (!stopped && !peer->waiting.empty()) {
        start(peer, std::move(peer->waiting.front()));
        peer->waiting.pop_front();
      }
    }
    for (auto& call : given_up) call.done(Failure{Error{to_string(peer->at) + kAlone}});
  }

  const PeerLimits limits;
  Log* const log;
  mutable std::mutex mutex;
  std::vector<std::shared_ptr<Peer>> peers;    // in committee order
  std::map<net::TlsKey, uint16_t> by_key;
  bool stopped = false;
  std::optional<net::Client> client;
};

Peers::Peers(const net::TlsIdentity& identity, const PeerLimits& limits, Log* log) : core_(std::make_shared<Core>(identity, limits, log)) {}
Peers::~Peers() { stop(); }

void Peers::become(const std::vector<net::Endpoint>& members) {
  const std::lock_guard lock(core_->mutex);
  const auto before = std::exchange(core_->peers, {});
  core_->by_key.clear();
  for (const auto& at : members) {
    CHECK(at.key.has_value());
    const auto known = std::ranges::find(before, at, [](const auto& peer) { return peer->at; });
    core_->by_key.emplace(*at.key, static_cast<uint16_t>(core_->peers.size()));
    core_->peers.push_back(known == before.end() ? std::make_shared<Peer>(at) : *known);
  }
}

size_t Peers::size() const {
  const std::lock_guard lock(core_->mutex);
  return core_->peers.size();
}

std::optional<uint16_t> Peers::member(const std::optional<net::TlsKey>& key) const {
  if (!key) return std::nullopt;
  const std::lock_guard lock(core_->mutex);
  const auto found = core_->by_key.find(*key);
  return found == core_->by_key.end() ? std::nullopt : std::optional(found->second);
}

void Peers::send(uint16_t to, net::Request request, uint32_t timeout_ms, Callback done) {
  std::string refused;
  std::shared_ptr<Peer> peer;
  Waiting call{std::move(request), timeout_ms, std::move(done)};
  {
    const std::lock_guard lock(core_->mutex);
    if (to < core_->peers.size()) peer = core_->peers[to];
    if (core_->stopped) refused = "stopped";
    else if (!peer) refused = "no such member";
    else if (peer->backoff_ms > 0 && Steady::now() < peer->rests_until) refused = to_string(peer->at) + kAlone;
    else if (peer->under_way < core_->limits.connections) return core_->start(peer, std::move(call));
    else if (peer->waiting.size() < core_->limits.waiting) return peer->waiting.push_back(std::move(call));
    else refused = to_string(peer->at) + ": too many calls wait";
  }
  call.done(Failure{Error{refused}});
}

void Peers::serve(const std::string& path, Handler handler) {
  CHECK(path.starts_with(kPeerPath) && handlers_.emplace(path, std::move(handler)).second);
}

void Peers::handle(net::Request request, net::Reply reply) const {
  const auto refuse = [&](uint16_t status, PeerReject why) {
    const std::string_view text = name(why);
    reply({status, Bytes(text.begin(), text.end()), net::kText});
  };
  const auto from = member(request.peer);
  if (!from) return refuse(403, PeerReject::not_a_member);
  const auto handler = handlers_.find(net::parse_target(request.target).path);
  if (handler == handlers_.end()) return refuse(404, PeerReject::unknown_path);
  handler->second(*from, std::move(request), std::move(reply));
}

void Peers::stop() {
  std::vector<Waiting> given_up;
  {
    const std::lock_guard lock(core_->mutex);
    if (core_->stopped) return;
    core_->stopped = true;
    for (const auto& peer : core_->peers) {
      std::ranges::move(peer->waiting, std::back_inserter(given_up));
      peer->waiting.clear();
    }
  }
  for (auto& call : given_up) call.done(Failure{Error{"stopped"}});
  core_->client.reset();                       // calls under way fail
}

}  // namespace sotto::node
