#include "net/client.hpp"

#include <future>
#include <map>
#include <set>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/vector_body.hpp>
#include <boost/beast/http/write.hpp>

#include "net/stream.hpp"

namespace sotto::net {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
using Body = http::vector_body<uint8_t>;
using boost::system::error_code;

class Client::Connection {
 public:
  explicit Connection(asio::io_context& io) : stream(io) {}
  Stream stream;
  beast::flat_buffer buffer;
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
      : core_(core), group_(group), to_(std::move(to)), token_(std::move(request.token)), done_(std::move(done)),
        deadline_(std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms)) {
    message_.version(11);
    message_.method(request.method == Method::get ? http::verb::get : http::verb::post);
    message_.target(request.target);
    message_.set(http::field::host, to_string(to_));
    if (!token_.empty()) message_.set(http::field::authorization, "Bearer " + token_);
    message_.body() = std::move(request.body);
    if (request.method == Method::post) message_.set(http::field::content_type, kBinary);
    message_.keep_alive(true);
    message_.prepare_payload();
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
    connection_ = std::make_unique<Connection>(core_.io);
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
    onward_ = {http::verb::connect, to_string(hop()), 11};
    onward_.set(http::field::host, to_string(hop()));
    answer_.emplace();
    answer_->header_limit(static_cast<uint32_t>(core_.limits.max_header_bytes));
    http::async_write(connection_->stream, onward_, [self = shared_from_this()](error_code e, size_t) {
      if (e) return self->fail("relay: " + e.message());
      http::async_read_header(self->connection_->stream, self->connection_->buffer, *self->answer_, [self](error_code error, size_t) {
        if (!self->done_) return;
        if (error) return self->fail("relay: " + error.message());
        if (self->answer_->get().result() != http::status::ok) return self->fail("relay: refused, " + std::to_string(self->answer_->get().result_int()));
        self->connection_->buffer.clear();
        self->handshake();
      });
    });
  }
  const Endpoint& hop() const { return hop_ < core_.via.size() ? core_.via[hop_] : to_; }

  void send() {
    connection_->stream.tcp().expires_at(deadline_);
    parser_.emplace();
    parser_->body_limit(core_.limits.max_response_bytes);
    parser_->header_limit(static_cast<uint32_t>(core_.limits.max_header_bytes));
    http::async_write(connection_->stream, message_, [self = shared_from_this()](error_code e, size_t) {
      if (e) return self->broken(e);
      http::async_read(self->connection_->stream, self->connection_->buffer, *self->parser_,
                       [self](error_code error, size_t) { self->on_response(error); });
    });
  }

  // A kept connection may have been closed by the server while it lay idle: once, on a fresh one.
  void broken(error_code e) {
    if (!done_) return;
    const bool stale = reused_ && !parser_->got_some() && e != beast::error::timeout;
    if (!stale) return fail(e.message());
    connect();
  }

  void on_response(error_code e) {
    if (!done_) return;
    if (e) return broken(e);
    auto message = parser_->release();
    Response response{static_cast<uint16_t>(message.result_int()), std::move(message.body()),
                      std::string(message[http::field::content_type])};
    auto& kept = core_.idle[to_];
    if (message.keep_alive() && kept.size() < core_.limits.max_idle_per_endpoint) {
      connection_->stream.tcp().expires_never();
      kept.push_back(std::move(connection_));
    }
    end(std::move(response));
  }

  void end(Result<Response, Error> result) {
    const auto self = shared_from_this();
    core_.calls.erase(self);
    std::exchange(done_, nullptr)(std::move(result));
  }

  struct Parser : http::response_parser<Body> {
    bool got_some() const { return this->is_header_done(); }
  };
  Core& core_;
  const uint64_t group_;
  Endpoint to_;
  std::string token_;
  Callback done_;
  std::chrono::steady_clock::time_point deadline_;
  http::request<Body> message_;
  std::optional<Parser> parser_;
  std::unique_ptr<Connection> connection_;
  size_t hop_ = 0;                             // of the relays; then the endpoint itself
  http::request<http::empty_body> onward_;
  std::optional<http::response_parser<http::empty_body>> answer_;
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
