#include "net/server.hpp"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>
#include <tuple>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/gate.hpp"
#include "net/incoming.hpp"
#include "net/listen.hpp"
#include "net/outgoing.hpp"
#include "net/stream.hpp"

namespace sotto::net {

namespace asio = boost::asio;
namespace beast = boost::beast;
using tcp = asio::ip::tcp;
using boost::system::error_code;

constexpr size_t kManySilent = 8;                // of one source at once: more than people behind one address shake hands with
constexpr double kGreed = 4;                     // connections' price of one that is refused, to who has a place while most are taken
constexpr uint32_t kHurry = 5;                   // to this part of its time, when half the places are taken, a handshake is kept
constexpr auto kGate = std::chrono::milliseconds(250);
constexpr auto kLate = std::chrono::seconds(1);  // a timer that fires later says that we were away ourselves

namespace {
// Of our own refusals only these are somebody else's doing.
bool is_offence(HttpReject r) { return r != HttpReject::too_many_in_flight && r != HttpReject::too_many_requests; }
}  // namespace

// Everything lives on the io thread except `connections`, which others read.
struct Server::Core : std::enable_shared_from_this<Core> {
  Core(const ServerLimits& l, Handler h) : limits(l), handler(std::move(h)), sources(l.source) {}

  void accept();
  void close_all();
  bool make_room(uint64_t newcomer);
  bool crowded() const { return 2 * (sessions.size() - favoured_sessions) >= limits.max_connections; }
  void mind_the_gate();

  const ServerLimits limits;
  const Handler handler;
  asio::io_context io{1};
  tcp::acceptor acceptor{io};
  asio::steady_timer gate_timer{io};
  std::vector<uint64_t> turned_away;
  Endpoint endpoint;
  std::optional<asio::ssl::context> tls;
  std::set<std::shared_ptr<Session>> sessions;
  std::map<TlsKey, size_t> favoured;   // their connections
  Sources sources;
  size_t favoured_sessions = 0;
  size_t in_flight = 0;                // of everybody else
  uint64_t accepted = 0;
  std::atomic<size_t> connections{0};
  std::thread thread;
  std::atomic<bool> stopped{false};
};

// One connection: read a request, hand it over, wait for the reply, write it, again.
class Server::Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Core& core, tcp::socket socket, uint64_t number, uint64_t source)
      : core_(core), number_(number), source_(source), stream_(std::move(socket)), incoming_(core.limits.max_header_bytes),
        purse_(core.sources.purse(std::chrono::steady_clock::now())) {}

  void start() {
    error_code ignored;
    stream_.tcp().socket().set_option(tcp::no_delay(true), ignored);
    if (!core_.tls) return await_request();
    hurried_ = core_.crowded();
    allow(hurried_ ? core_.limits.request_ms / kHurry : core_.limits.request_ms);
    stream_.handshake(*core_.tls, asio::ssl::stream_base::server, [self = shared_from_this()](error_code e) {
      self->timed_out(e);
      self->hurried_ = false;
      // We have computed for it, or were kept waiting for nothing; giving way is not the peer's doing.
      if (e.category() == asio::error::get_ssl_category()) self->offend(kRubbish);
      else if (e && e != asio::error::operation_aborted && e != beast::error::timeout) self->offend(kSilence);
      if (e || !self->core_.sessions.contains(self)) return self->finish();    // or it has given way meanwhile
      self->peer_ = self->stream_.peer();
      if (!self->recognise()) return self->finish();
      self->await_request();
    });
  }
  uint64_t number() const { return number_; }
  uint64_t source() const { return source_; }
  bool favoured() const { return favoured_; }
  bool busy() const { return busy_; }
  bool earned() const { return purse_.earned; }

  bool silent() const { return requests_ == 0; }

  // For somebody who is served instead.
  void give_way(bool blamed) {
    if (blamed) offend(kSilence);
    finish();
  }

  void finish() {
    close();
    if (core_.sessions.erase(shared_from_this()) == 0) return;
    core_.connections = core_.sessions.size();
    if (!favoured_) return core_.sources.disconnect(source_);
    --core_.favoured_sessions;
    const auto own = core_.favoured.find(*peer_);
    if (--own->second == 0) core_.favoured.erase(own);
  }

  void close() {
    error_code ignored;
    stream_.tcp().socket().shutdown(tcp::socket::shutdown_both, ignored);
    stream_.tcp().close();
  }

 private:
  void offend(double weight) {
    const auto now = std::chrono::steady_clock::now();
    if (weight >= kRubbish) core_.sources.spoil(purse_, now);
    if (!favoured_) core_.sources.offend(source_, weight, now);
  }

  void allow(uint32_t ms) {
    until_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
    stream_.tcp().expires_at(until_);
  }
  void timed_out(error_code e) {
    if (e == beast::error::timeout && std::chrono::steady_clock::now() < until_ + kLate) offend(hurried_ ? kRubbish : kSilence);
  }

  // A favoured peer leaves the strangers' limits. False: it has as many connections as it may.
  bool recognise() {
    if (!peer_ || !core_.limits.favoured || !core_.limits.favoured(*peer_)) return true;
    size_t& connections = core_.favoured[*peer_];
    if (connections >= core_.limits.favoured_connections) return false;
    ++connections;
    ++core_.favoured_sessions;
    core_.sources.disconnect(source_);
    favoured_ = true;
    return true;
  }

  // The first byte of a request may take idle_ms; from then on the whole of it has request_ms, however slowly it drips.
  void await_request() {
    allow(core_.limits.idle_ms);
    incoming_.wait(stream_, [self = shared_from_this()](error_code e) {
      if (self->requests_ == 0) self->timed_out(e);
      if (e) return self->finish();
      self->read_head();
    });
  }

  void read_head() {
    allow(core_.limits.request_ms);
    incoming_.head(stream_, [self = shared_from_this()](error_code e, std::string_view head) {
      if (e == asio::error::message_size) return self->refuse(HttpReject::header_too_large);
      self->timed_out(e);
      if (e) return self->finish();
      self->on_head(head);
    });
  }

  void on_head(std::string_view text) {
    const auto head = parse_request(text);
    if (!head.ok()) return refuse(head.error());
    const bool post = head->verb == RequestHead::Verb::post;
    if (!post && head->verb != RequestHead::Verb::get) return refuse(HttpReject::method_not_allowed);
    if (head->length > core_.limits.max_body_bytes) return refuse(HttpReject::body_too_large);
    if (!favoured_ && !core_.sources.request(source_, purse_, std::chrono::steady_clock::now())) return refuse(HttpReject::too_many_requests);
    keep_alive_ = ++requests_ < core_.limits.max_requests && head->keep_alive;
    request_ = {post ? Method::post : Method::get, std::string(head->target), {}, std::string(head->token), number_, source_, peer_};
    incoming_.body(stream_, head->length, request_.body, [self = shared_from_this()](error_code e) {
      self->timed_out(e);
      if (e) return self->finish();
      if (!self->favoured_ && self->core_.in_flight >= self->core_.limits.max_in_flight) return self->refuse(HttpReject::too_many_in_flight);
      self->hand_over(std::move(self->request_));
    });
  }

  void hand_over(Request request) {
    stream_.tcp().expires_never();
    busy_ = true;
    if (!favoured_) ++core_.in_flight;
    core_.handler(std::move(request), [core = core_.weak_from_this(), session = weak_from_this(), counted = !favoured_, source = source_,
                                       used = std::make_shared<std::atomic<bool>>(false)](Response response) {
      CHECK(!used->exchange(true));
      const auto alive = core.lock();
      if (!alive || alive->stopped) return;
      asio::post(alive->io, [raw = alive.get(), session, counted, source, response = std::move(response)]() mutable {
        const auto self = session.lock();
        if (counted) {
          --raw->in_flight;
          const auto now = std::chrono::steady_clock::now();
          const bool rubbish = response.rubbish || response.status == status_of(HttpReject::malformed);
          if (rubbish) raw->sources.offend(source, kRubbish, now);
          if (response.charge > 0) raw->sources.charge(source, response.charge, now);
          if (self && rubbish) raw->sources.spoil(self->purse_, now);
          else if (self && response.payment_held) raw->sources.earn(self->purse_, now);
        }
        if (self) self->respond(std::move(response));
      });
    });
  }

  void refuse(HttpReject reject) {
    keep_alive_ = false;
    if (is_offence(reject)) offend(kRubbish);
    const std::string_view text = name(reject);
    respond({status_of(reject), Bytes(text.begin(), text.end()), kText});
  }

  void respond(Response response) {
    busy_ = false;
    response_ = std::move(response.body);
    head_ = response_head(response.status, response.content_type, response_.size(), keep_alive_);
    join_small(head_, response_);
    stream_.tcp().expires_after(std::chrono::milliseconds(core_.limits.response_ms));
    send_message(stream_, head_, response_, [self = shared_from_this()](error_code e) {
      if (e) return self->finish();
      self->response_ = {};
      if (!self->keep_alive_) return self->close_politely();
      self->await_request();
    });
  }

  // Closing with unread bytes in the socket resets the connection and can take the answer (a 413, say) with it: end our
  // side, then drink up what is still coming, for as long as a response may take.
  void close_politely() {
    error_code ignored;
    stream_.tcp().socket().shutdown(tcp::socket::shutdown_send, ignored);
    drain();
  }

  void drain() {
    incoming_.clear();
    incoming_.wait(stream_, [self = shared_from_this()](error_code e) {
      if (e) return self->finish();
      self->drain();
    });
  }

  Core& core_;
  const uint64_t number_, source_;
  Stream stream_;
  std::optional<TlsKey> peer_;
  Incoming incoming_;
  Request request_;                    // being read
  std::string head_;                   // of the response, with its body, being written
  Bytes response_;
  std::chrono::steady_clock::time_point until_{};
  Sources::Purse purse_;
  uint32_t requests_ = 0;
  bool keep_alive_ = false;
  bool hurried_ = false;               // in its handshake: others wait for its place
  bool favoured_ = false;
  bool busy_ = false;                  // its request is being handled
};

// Nobody keeps others out by having many connections: at the limit, the source that has most gives up the oldest of those that have
// no request with us and earned nothing (else of all), if the newcomer will still have fewer than it.
bool Server::Core::make_room(uint64_t newcomer) {
  if (sessions.size() - favoured_sessions < limits.max_connections) return true;
  const auto [busiest, most] = sources.busiest();
  if (most <= sources.connections(newcomer)) return false;            // the newcomer itself is counted
  std::shared_ptr<Session> victim;
  size_t silent = 0;
  for (const auto& session : sessions) {
    if (session->favoured() || session->source() != busiest) continue;
    silent += session->silent();
    const auto age = [](const Session& s) { return std::tuple(s.busy(), s.earned(), s.number()); };
    if (!victim || age(*session) < age(*victim)) victim = session;
  }
  victim->give_way(victim->silent() && silent > kManySilent);
  return true;
}

// Now and then: what the kernel is to drop has changed.
void Server::Core::mind_the_gate() {
  gate_timer.expires_after(kGate);
  gate_timer.async_wait([this](error_code e) {
    if (e || stopped) return;
    auto unheard = sources.unheard(std::chrono::steady_clock::now(), kMostTurnedAway);
    if (unheard != turned_away && !turn_away(acceptor.native_handle(), unheard)) unheard.clear();
    turned_away = std::move(unheard);
    mind_the_gate();
  });
}

void Server::Core::accept() {
  acceptor.async_accept([this](error_code e, tcp::socket socket) {
    if (stopped || e == asio::error::operation_aborted) return;
    const uint64_t source = e ? 0 : source_of(socket);
    const auto now = std::chrono::steady_clock::now();
    const auto refuse = [&] {
      if (crowded() && sources.connections(source) > 0) sources.charge(source, kGreed * limits.source.connect_tokens, now);
      error_code ignored;
      socket.set_option(asio::socket_base::linger(true, 0), ignored);      // a reset: nothing of it stays with us
      return accept();
    };
    if (!e && !sources.connect(source, now)) return refuse();
    if (!e && limits.silence_s > 0 && came_silent(socket)) {
      sources.offend(source, kSilence, now);
      sources.disconnect(source);
      return refuse();
    }
    if (!e) {
      if (!make_room(source)) {
        sources.disconnect(source);
        return refuse();
      }
      const auto session = std::make_shared<Session>(*this, std::move(socket), ++accepted, source);
      sessions.insert(session);
      connections = sessions.size();
      session->start();
    }
    accept();                          // errors (no descriptors) pass
  });
}

void Server::Core::close_all() {
  error_code ignored;
  acceptor.close(ignored);
  gate_timer.cancel();
  for (const auto& session : sessions) session->close();
  sessions.clear();
  connections = 0;
}

Server::Server(std::shared_ptr<Core> core) : core_(std::move(core)) {}
Server::~Server() { stop(); }
const Endpoint& Server::endpoint() const { return core_->endpoint; }
size_t Server::connections() const { return core_->connections; }

Result<std::unique_ptr<Server>, Error> Server::start(const Endpoint& where, const ServerLimits& limits,
                                                     Handler handler, const std::optional<TlsIdentity>& identity) {
  auto core = std::make_shared<Core>(limits, std::move(handler));
  if (identity) core->tls = server_context(*identity);
  TRY(port, listen_on(core->acceptor, where, limits.silence_s));
  core->endpoint = {where.address, port, identity ? std::optional(identity->key()) : std::nullopt};
  core->accept();
  core->mind_the_gate();
  core->thread = std::thread([raw = core.get()] { raw->io.run(); });
  pthread_setname_np(core->thread.native_handle(), "http");
  return std::unique_ptr<Server>(new Server(std::move(core)));
}

void Server::stop() {
  if (core_->stopped.exchange(true)) return;
  asio::post(core_->io, [raw = core_.get()] { raw->close_all(); raw->io.stop(); });
  core_->thread.join();
}

}  // namespace sotto::net
