#include "net/relay.hpp"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include "net/incoming.hpp"
#include "net/listen.hpp"
#include "net/stream.hpp"

namespace sotto::net {

namespace asio = boost::asio;
namespace beast = boost::beast;
using tcp = asio::ip::tcp;
using boost::system::error_code;
using Steady = std::chrono::steady_clock;

constexpr size_t kChunk = 16 * 1024;           // of one direction

const char* name(RelayReject r) {
  switch (r) {
    case RelayReject::malformed: return "malformed";
    case RelayReject::not_a_target: return "not_a_target";
    case RelayReject::unreachable: return "unreachable";
  }
  return "?";
}

uint16_t status_of(RelayReject r) {
  switch (r) {
    case RelayReject::malformed: return 400;
    case RelayReject::not_a_target: return 403;
    case RelayReject::unreachable: return 502;
  }
  return 500;
}

// Everything lives on the io thread except `open`.
struct Relay::Core {
  Core(const RelayLimits& l, std::vector<Endpoint> t, const TlsIdentity& identity)
      : limits(l), targets(std::move(t)), tls(server_context(identity)), sources(l.source) {}
  void accept();

  const RelayLimits limits;
  const std::vector<Endpoint> targets;
  asio::ssl::context tls;
  asio::io_context io{1};
  tcp::acceptor acceptor{io};
  Endpoint endpoint;
  Sources sources;
  std::set<std::shared_ptr<Tunnel>> tunnels;
  std::atomic<size_t> open{0};
  std::atomic<bool> stopped{false};
  std::thread thread;
};

class Relay::Tunnel : public std::enable_shared_from_this<Tunnel> {
 public:
  Tunnel(Core& core, tcp::socket socket, uint64_t source)
      : core_(core), source_(source), client_(std::move(socket)), server_(core.io), left_(core.limits.bytes), incoming_(core.limits.max_header_bytes) {}

  void start() {
    error_code ignored;
    client_.tcp().socket().set_option(tcp::no_delay(true), ignored);
    deadline_ = Steady::now() + std::chrono::milliseconds(core_.limits.open_ms);
    client_.tcp().expires_at(deadline_);
    client_.handshake(core_.tls, asio::ssl::stream_base::server, [self = shared_from_this()](error_code e) {
      if (e && e != asio::error::operation_aborted) self->offend(e.category() == asio::error::get_ssl_category() ? kRubbish : kSilence);
      if (e) return self->finish();
      self->read_request();
    });
  }
  void close() {
    client_.tcp().close();
    server_.close();
  }

 private:
  void read_request() {
    client_.tcp().expires_at(deadline_);
    incoming_.head(client_, [self = shared_from_this()](error_code e, std::string_view head) {
      if (e == asio::error::message_size) return self->refuse(RelayReject::malformed);
      if (e) return self->finish();
      self->connect(head);
    });
  }

  void connect(std::string_view text) {
    const auto head = parse_request(text);
    if (!head.ok() || head->verb != RequestHead::Verb::connect) return refuse(RelayReject::malformed);
    const auto target = std::ranges::find(core_.targets, head->target, [](const Endpoint& at) { return to_string(at); });
    if (target == core_.targets.end()) return refuse(RelayReject::not_a_target);
    error_code e;
    const auto address = asio::ip::make_address(target->address, e);
    if (e) return refuse(RelayReject::unreachable);
    server_.expires_at(deadline_);
    server_.async_connect(tcp::endpoint(address, target->port), [self = shared_from_this()](error_code error) {
      if (error) return self->refuse(RelayReject::unreachable);
      error_code ignored;
      self->server_.socket().set_option(tcp::no_delay(true), ignored);
      self->answer(200, "", [self] { self->carry(); });
    });
  }

  void offend(double weight) { core_.sources.offend(source_, weight, Steady::now()); }

  void refuse(RelayReject why) {
    if (why == RelayReject::malformed) offend(kRubbish);
    answer(status_of(why), name(why), [self = shared_from_this()] { self->finish(); });
  }
  void answer(uint16_t status, const std::string& text, std::function<void()> then) {
    response_ = response_head(status, kText, text.size(), status == 200) + text;
    client_.tcp().expires_at(deadline_);
    asio::async_write(client_, asio::buffer(response_), [self = shared_from_this(), then = std::move(then)](error_code e, size_t) {
      if (e) return self->finish();
      then();
    });
  }

  // What came behind the request goes first, then both directions until one side ends.
  void carry() {
    const size_t early = incoming_.rest().size();
    pass(early);
    if (left_ == 0) return finish();
    stay();
    down();
    if (early == 0) return up();
    asio::async_write(server_, asio::buffer(incoming_.rest()), [self = shared_from_this()](error_code e, size_t) {
      if (e) return self->finish();
      self->up();
    });
  }
  void pass(size_t bytes) { left_ -= std::min<uint64_t>(left_, bytes); }
  void stay() {
    const auto until = Steady::now() + std::chrono::milliseconds(core_.limits.idle_ms);
    client_.tcp().expires_at(until);
    server_.expires_at(until);
  }
  template <class From, class To>
  void copy(From& from, To& to, ByteArray<kChunk>& chunk, void (Tunnel::*again)()) {
    from.async_read_some(asio::buffer(chunk), [self = shared_from_this(), &to, &chunk, again](error_code e, size_t n) {
      if (e) return self->finish();
      self->pass(n);
      if (self->left_ == 0) return self->finish();
      self->stay();
      asio::async_write(to, asio::buffer(chunk, n), [self, again](error_code error, size_t) {
        if (error) return self->finish();
        ((*self).*again)();
      });
    });
  }
  void up() { copy(client_, server_, up_, &Tunnel::up); }
  void down() { copy(server_, client_, down_, &Tunnel::down); }

  void finish() {
    close();
    if (core_.tunnels.erase(shared_from_this()) > 0) core_.sources.disconnect(source_);
    core_.open = core_.tunnels.size();
  }

  Core& core_;
  const uint64_t source_;
  Stream client_;
  beast::tcp_stream server_;
  uint64_t left_;
  Steady::time_point deadline_;
  Incoming incoming_;
  std::string response_;
  ByteArray<kChunk> up_{}, down_{};
};

void Relay::Core::accept() {
  acceptor.async_accept([this](error_code e, tcp::socket socket) {
    if (stopped || e == asio::error::operation_aborted) return;
    const uint64_t source = e ? 0 : source_of(socket);
    if (!e && tunnels.size() < limits.tunnels && sources.connect(source, Steady::now())) {
      const auto tunnel = std::make_shared<Tunnel>(*this, std::move(socket), source);
      tunnels.insert(tunnel);
      open = tunnels.size();
      tunnel->start();
    }
    accept();
  });
}

Relay::Relay(std::shared_ptr<Core> core) : core_(std::move(core)) {}
Relay::~Relay() { stop(); }
const Endpoint& Relay::endpoint() const { return core_->endpoint; }
size_t Relay::tunnels() const { return core_->open; }

Result<std::unique_ptr<Relay>, Error> Relay::start(const Endpoint& where, const RelayLimits& limits, std::vector<Endpoint> targets,
                                                   const TlsIdentity& identity) {
  auto core = std::make_shared<Core>(limits, std::move(targets), identity);
  TRY(port, listen_on(core->acceptor, where, limits.silence_s));
  core->endpoint = {where.address, port, identity.key()};
  core->accept();
  core->thread = std::thread([raw = core.get()] { raw->io.run(); });
  pthread_setname_np(core->thread.native_handle(), "relay");
  return std::unique_ptr<Relay>(new Relay(std::move(core)));
}

void Relay::stop() {
  if (core_->stopped.exchange(true)) return;
  asio::post(core_->io, [raw = core_.get()] {
    error_code ignored;
    raw->acceptor.close(ignored);
    for (const auto& tunnel : raw->tunnels) tunnel->close();
    raw->tunnels.clear();
    raw->io.stop();
  });
  core_->thread.join();
}

}  // namespace sotto::net
