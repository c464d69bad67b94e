#include "net/client.hpp"

#include <future>
#include <map>
#include <set>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include "net/incoming.hpp"
#include "net/outgoing.hpp"
#include "net/stream.hpp"

namespace sotto::net {

namespace asio = boost::asio;
namespace beast = boost::beast;
using tcp = asio::ip::tcp;
using boost::system::error_code;

class Client::Connection {
 public:
  Connection(asio::io_context& io, size_t max_header_bytes) : stream(io), incoming(max_header_bytes) {}
  Stream stream;
  Incoming incoming;
};

// All of it lives on the io thread.
struct Client::Core {
  Core(const ClientLimits& l, const TlsIdentity* identity, std::vector<Endpoint> relays)
      : limits(l), via(std::move(relays)), tls(client_context(identity)) {}
  const ClientLimits limits;
  const std::vector<Endpoint> via;
  asio::ssl::context tls;
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  std::map<Endpoint, std::vector<std::unique_ptr<Connection>>> idle;
  std::set<std::shared_ptr<Call>> calls;
  bool stopping = false;
  std::thread thread;
};

// One request on its way: take or open a connection, write, read, give the connection back.
class Client::Call : public std::enable_shared_from_this<Call> {
 public:
  Call(Core& core, Endpoint to, Request request, uint32_t timeout_ms, Callback done, uint64_t group)
      : core_(core), group_(group), to_(std::move(to)), body_(std::move(request.body)),
        most_(std::min(request.max_response_bytes, core.limits.max_response_bytes)), done_(std::move(done)),
        deadline_(std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms)) {
    CHECK(request.method == Method::post || body_.empty());
    head_ = request_head(request.method == Method::post ? "POST" : "GET", request.target, to_, request.token, body_.size());
    join_small(head_, body_);
  }

  void start() {
    auto& kept = core_.idle[to_];
    if (!kept.empty()) {
      connection_ = std::move(kept.back());
      kept.pop_back();
      reused_ = true;
      return send();
    }
    connect();
  }

  uint64_t group() const { return group_; }

  void fail(const std::string& why) {
    if (!done_) return;
    if (connection_) connection_->stream.tcp().close();
    end(Failure{Error{to_string(to_) + ": " + why}});
  }

 private:
  void connect() {
    reused_ = false;
    hop_ = 0;
    error_code e;
    const auto address = asio::ip::make_address(hop().address, e);
    if (e) return fail(e.message());
    connection_ = std::make_unique<Connection>(core_.io, core_.limits.max_header_bytes);
    connection_->stream.tcp().expires_at(deadline_);
    connection_->stream.tcp().async_connect(tcp::endpoint(address, hop().port), [self = shared_from_this()](error_code error) {
      if (error) return self->fail(error.message());
      error_code ignored;
      self->connection_->stream.tcp().socket().set_option(tcp::no_delay(true), ignored);
      if (!self->hop().key) return self->send();
      self->handshake();
    });
  }

  // Nothing is said to a peer that has not proven the key it was asked for by.
  void handshake() {
    connection_->stream.handshake(core_.tls, asio::ssl::stream_base::client, [self = shared_from_this()](error_code error) {
      if (!self->done_) return;
      if (error) return self->fail("TLS: " + error.message());
      if (self->connection_->stream.peer() != self->hop().key) return self->fail("TLS: the peer has another key");
      if (self->hop_ == self->core_.via.size()) return self->send();
      self->go_on();
    });
  }

  // Through the relay that has been reached to the next place, and TLS with that within the TLS there is.
  void go_on() {
    ++hop_;
    if (!hop().key) return fail("relays carry TLS only, and it has no key");
    onward_ = request_head("CONNECT", to_string(hop()), hop(), "", 0);
    asio::async_write(connection_->stream, asio::buffer(onward_), [self = shared_from_this()](error_code e, size_t) {
      if (!self->done_) return;
      if (e) return self->fail("relay: " + e.message());
      self->connection_->incoming.head(self->connection_->stream, [self](error_code error, std::string_view text) {
        if (!self->done_) return;
        const auto head = self->believed(error, text);
        if (!head.ok()) return self->fail("relay: " + head.error().what);
        if (head->status != 200) return self->fail("relay: refused, " + std::to_string(head->status));
        if (!self->connection_->incoming.rest().empty()) return self->fail("relay: says more than it was asked");
        self->handshake();
      });
    });
  }
  const Endpoint& hop() const { return hop_ < core_.via.size() ? core_.via[hop_] : to_; }

  void send() {
    connection_->stream.tcp().expires_at(deadline_);
    send_message(connection_->stream, head_, body_, [self = shared_from_this()](error_code e) {
      if (e) return self->broken(e);
      if (!self->done_) return;
      self->connection_->incoming.head(self->connection_->stream, [self](error_code error, std::string_view text) {
        if (!self->done_) return;
        if (error && error != asio::error::message_size) return self->broken(error);
        self->on_head(error, text);
      });
    });
  }

  // A kept connection may have been closed by the server while it lay idle: once, on a fresh one.
  void broken(error_code e) {
    if (!done_) return;
    const bool stale = reused_ && connection_->incoming.rest().empty() && e != beast::error::timeout;
    if (!stale) return fail(e.message());
    connect();
  }

  static Result<ResponseHead, Error> believed(error_code e, std::string_view text) {
    if (e == asio::error::message_size) return Failure{Error{name(ResponseReject::header_too_large)}};
    if (e) return Failure{Error{e.message()}};
    const auto head = parse_response(text);
    if (!head.ok()) return Failure{Error{name(head.error())}};
    return *head;
  }

  void on_head(error_code e, std::string_view text) {
    const auto head = believed(e, text);
    if (!head.ok()) return fail(head.error().what);
    if (head->length > most_) return fail(name(ResponseReject::body_too_large));
    response_ = {head->status, {}, std::string(head->content_type)};
    keep_ = head->keep_alive;
    connection_->incoming.body(connection_->stream, head->length, response_.body, [self = shared_from_this()](error_code error) {
      if (!self->done_) return;
      if (error) return self->fail(error.message());
      self->on_response();
    });
  }

  // Whoever says more than it was asked is not listened to again.
  void on_response() {
    auto& kept = core_.idle[to_];
    if (keep_ && connection_->incoming.rest().empty() && kept.size() < core_.limits.max_idle_per_endpoint) {
      connection_->stream.tcp().expires_never();
      kept.push_back(std::move(connection_));
    }
    end(std::move(response_));
  }

  void end(Result<Response, Error> result) {
    const auto self = shared_from_this();
    core_.calls.erase(self);
    std::exchange(done_, nullptr)(std::move(result));
  }

  Core& core_;
  const uint64_t group_;
  Endpoint to_;
  std::string head_, onward_;                  // being sent: the request's; to a relay
  Bytes body_;
  const size_t most_;                          // bytes of the response's body
  Callback done_;
  std::chrono::steady_clock::time_point deadline_;
  std::unique_ptr<Connection> connection_;
  size_t hop_ = 0;                             // of the relays; then the endpoint itself
  Response response_;                          // being read
  bool keep_ = false;
  bool reused_ = false;
};

Client::Client(const ClientLimits& limits, const std::optional<TlsIdentity>& identity, std::vector<Endpoint> via)
    : core_(std::make_shared<Core>(limits, identity ? &*identity : nullptr, std::move(via))) {
  for (const auto& relay : core_->via) CHECK(relay.key.has_value());
  core_->thread = std::thread([raw = core_.get()] { raw->io.run(); });
}

Client::~Client() {
  asio::post(core_->io, [raw = core_.get()] {
    raw->stopping = true;
    while (!raw->calls.empty()) {
      const auto call = *raw->calls.begin();
      call->fail("client stopped");
    }
    raw->idle.clear();
    raw->work.reset();
    raw->io.stop();
  });
  core_->thread.join();
}

void Client::give_up(uint64_t group) {
  asio::post(core_->io, [raw = core_.get(), group] {
    std::vector<std::shared_ptr<Call>> theirs;
    for (const auto& call : raw->calls)
      if (call->group() == group) theirs.push_back(call);
    for (const auto& call : theirs) call->fail("given up");
  });
}

void Client::call(const Endpoint& to, Request request, uint32_t timeout_ms, Callback done, uint64_t group) {
  asio::post(core_->io,
             [raw = core_.get(), to, request = std::move(request), timeout_ms, done = std::move(done), group]() mutable {
               if (raw->stopping) return done(Failure{Error{to_string(to) + ": client stopped"}});
               if (raw->calls.size() >= raw->limits.max_in_flight)
                 return done(Failure{Error{to_string(to) + ": too many calls in flight"}});
               const auto call = std::make_shared<Call>(*raw, to, std::move(request), timeout_ms, std::move(done), group);
               raw->calls.insert(call);
               call->start();
             });
}

Result<Response, Error> Client::call_and_wait(const Endpoint& to, Request request, uint32_t timeout_ms) {
  // Shared: set_value may still be returning when the waiting thread has gone on.
  const auto promise = std::make_shared<std::promise<Result<Response, Error>>>();
  auto future = promise->get_future();
  call(to, std::move(request), timeout_ms,
       [promise](Result<Response, Error> result) { promise->set_value(std::move(result)); });
  return future.get();
}

}  // namespace sotto::net
