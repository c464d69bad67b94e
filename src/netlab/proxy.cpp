#include "netlab/proxy.hpp"

#include <pthread.h>

#include <atomic>
#include <deque>
#include <random>
#include <set>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

namespace sotto::netlab {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using boost::system::error_code;

constexpr size_t kReadBytes = 16 * 1024;

// Everything lives on the io thread except the counters.
struct Proxy::Core {
  struct Listening {
    Route route;
    std::unique_ptr<tcp::acceptor> acceptor;
    net::Endpoint at;
    std::set<std::shared_ptr<Connection>> connections;
  };
  double random() { return std::uniform_real_distribution<double>(0, 1)(generator); }
  void accept(Listening& l);
  void wake();

  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  Links links;
  std::mt19937_64 generator;
  std::deque<Listening> listening;             // stays where it is: connections point into it
  std::atomic<uint64_t> opened{0}, refused{0}, bytes{0};
  std::thread thread;
};

class Proxy::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Proxy::Core& core, Proxy::Core::Listening& owner, tcp::socket client)
      : core_(core), owner_(owner), there_(core.io, owner.route.from, owner.route.to), back_(core.io, owner.route.to, owner.route.from),
        client_(std::move(client)), server_(core.io) {}

  void start() {
    opens_ = std::chrono::steady_clock::now();
    for (const Way* way : {&there_, &back_}) opens_ += delay(link(*way));
    open();
  }
  // The links have changed.
  void wake() {
    if (!open_) return open();
    leave(there_);
    leave(back_);
  }
  void close() {
    closed_ = true;
    error_code ignored;
    client_.close(ignored);
    server_.close(ignored);
    for (Way* way : {&there_, &back_}) way->timer.cancel();
    owner_.connections.erase(shared_from_this());
  }

 private:
  // One direction: what was read and has not left yet.
  struct Way {
    Way(asio::io_context& io, std::string from_, std::string to_) : from(std::move(from_)), to(std::move(to_)), timer(io) {}
    struct Piece {
      Time leaves;
      Bytes bytes;                             // empty: the sender has closed its side
    };
    const std::string from, to;
    asio::steady_timer timer;
    Departures departures;
    std::deque<Piece> pieces;
    Bytes buffer = Bytes(kReadBytes);
    size_t under_way = 0;
    bool reading = false, writing = false, ended = false, done = false;
  };

  LinkSettings link(const Way& way) const { return way.from.empty() ? LinkSettings() : core_.links.between(way.from, way.to); }
  static Time::duration delay(const LinkSettings& link) {
    return std::chrono::duration_cast<Time::duration>(std::chrono::duration<double, std::milli>(link.delay_ms));
  }
  tcp::socket& source(Way& way) { return &way == &there_ ? client_ : server_; }
  tcp::socket& sink(Way& way) { return &way == &there_ ? server_ : client_; }

  // A connection stands a round trip after it was asked for, and not across a cut.
  void open() {
    if (closed_ || opening_ || link(there_).cut || link(back_).cut) return;
    opening_ = true;
    there_.timer.expires_at(opens_);
    there_.timer.async_wait([self = shared_from_this()](error_code) {
      if (self->closed_) return;
      self->opening_ = false;
      if (self->link(self->there_).cut || self->link(self->back_).cut) return;   // wake() comes back to it
      self->opening_ = true;
      const auto& route = self->owner_.route;
      const tcp::endpoint to(asio::ip::make_address(route.target.address), route.target.port);
      error_code opened;
      run_in(route.target_in, [&] { self->server_.open(to.protocol(), opened); });
      if (opened) return self->close();
      self->server_.async_connect(to, [self](error_code e) {
        if (self->closed_) return;
        if (e) return self->close();
        error_code ignored;
        for (auto* socket : {&self->client_, &self->server_}) socket->set_option(tcp::no_delay(true), ignored);
        self->open_ = true;
        self->read(self->there_);
        self->read(self->back_);
      });
    });
  }

  void read(Way& way) {
    if (closed_ || way.reading || way.ended || way.under_way >= kMaxUnderWay) return;
    way.reading = true;
    source(way).async_read_some(asio::buffer(way.buffer), [self = shared_from_this(), &way](error_code e, size_t n) {
      way.reading = false;
      if (self->closed_) return;
      if (e && e != asio::error::eof) return self->close();
      way.ended = e == asio::error::eof;
      const auto at = std::chrono::steady_clock::now();
      way.pieces.push_back({way.departures.next(at, n, self->link(way), [&] { return self->core_.random(); }),
                            Bytes(way.buffer.begin(), way.buffer.begin() + static_cast<std::ptrdiff_t>(n))});
      way.under_way += n;
      self->core_.bytes += n;
      self->leave(way);
      self->read(way);
    });
  }

  void leave(Way& way) {
    if (closed_ || way.writing || way.pieces.empty() || link(way).cut) return;
    const auto& first = way.pieces.front();
    if (first.leaves > std::chrono::steady_clock::now()) {
      way.timer.expires_at(first.leaves);      // cancels an earlier wait for the same piece
      way.timer.async_wait([self = shared_from_this(), &way](error_code e) {
        if (!e) self->leave(way);
      });
      return;
    }
    if (first.bytes.empty()) {
      error_code ignored;
      sink(way).shutdown(tcp::socket::shutdown_send, ignored);
      way.pieces.clear();
      way.done = true;
      if (there_.done && back_.done) close();
      return;
    }
    way.writing = true;
    asio::async_write(sink(way), asio::buffer(first.bytes), [self = shared_from_this(), &way](error_code e, size_t n) {
      way.writing = false;
      if (self->closed_) return;
      if (e) return self->close();
      way.under_way -= n;
      way.pieces.pop_front();
      self->leave(way);
      self->read(way);
    });
  }

  Proxy::Core& core_;
  Proxy::Core::Listening& owner_;
  Way there_, back_;
  tcp::socket client_, server_;
  Time opens_{};
  bool opening_ = false, open_ = false, closed_ = false;
};

void Proxy::Core::accept(Listening& l) {
  l.acceptor->async_accept([this, &l](error_code e, tcp::socket socket) {
    if (e == asio::error::operation_aborted) return;
    if (!e && l.connections.size() >= kMaxProxied) {
      ++refused;                               // closed as `socket` goes
    } else if (!e) {
      ++opened;
      const auto connection = std::make_shared<Connection>(*this, l, std::move(socket));
      l.connections.insert(connection);
      connection->start();
    }
    accept(l);
  });
}

void Proxy::Core::wake() {
  for (auto& l : listening)
    for (const auto& connection : std::set(l.connections)) connection->wake();
}

Result<std::unique_ptr<Proxy>, Error> Proxy::start(const std::vector<Route>& routes, Links links, uint64_t seed) {
  if (routes.size() > kMaxRoutes) return Failure{Error{"more routes than a proxy takes"}};
  auto core = std::make_unique<Core>();
  core->links = std::move(links);
  core->generator.seed(seed);
  for (const auto& route : routes) {
    error_code e, of_target;
    const auto address = asio::ip::make_address(route.listen.address, e);
    asio::ip::make_address(route.target.address, of_target);
    if (e || of_target) return Failure{Error{net::to_string(route.listen) + " or " + net::to_string(route.target) + " is not numeric"}};
    auto acceptor = std::make_unique<tcp::acceptor>(core->io);
    const tcp::endpoint at(address, route.listen.port);
    run_in(route.listen_in, [&] { acceptor->open(at.protocol(), e); });
    if (!e) acceptor->set_option(tcp::acceptor::reuse_address(true), e);
    if (!e) acceptor->bind(at, e);
    if (!e) acceptor->listen(tcp::acceptor::max_listen_connections, e);
    if (e) return Failure{Error{net::to_string(route.listen) + ": " + e.message()}};
    const net::Endpoint bound{route.listen.address, acceptor->local_endpoint().port()};
    core->listening.push_back({route, std::move(acceptor), bound, {}});
  }
  for (auto& l : core->listening) core->accept(l);
  core->thread = std::thread([raw = core.get()] { raw->io.run(); });
  pthread_setname_np(core->thread.native_handle(), "proxy");
  return std::unique_ptr<Proxy>(new Proxy(std::move(core)));
}

Proxy::Proxy(std::unique_ptr<Core> core) : core_(std::move(core)) {}

Proxy::~Proxy() {
  asio::post(core_->io, [raw = core_.get()] {
    for (auto& l : raw->listening) {
      error_code ignored;
      l.acceptor->close(ignored);
      for (const auto& connection : std::set(l.connections)) connection->close();
    }
    raw->work.reset();
  });
  core_->thread.join();
}

void Proxy::set(Links links) {
  asio::post(core_->io, [raw = core_.get(), links = std::move(links)]() mutable {
    raw->links = std::move(links);
    raw->wake();
  });
}

const net::Endpoint& Proxy::listening(size_t i) const { return core_->listening.at(i).at; }
Proxy::Usage Proxy::usage() const { return {core_->opened, core_->refused, core_->bytes}; }

}  // namespace sotto::netlab
