#include "comet/abci_server.hpp"

#include <sys/stat.h>

#include <atomic>
#include <thread>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "comet/framing.hpp"

namespace sotto::comet {

namespace asio = boost::asio;
using local = asio::local::stream_protocol;
using boost::system::error_code;

constexpr size_t kReadBytes = 64 * 1024;
constexpr size_t kMaxSocketPath = 107;           // sockaddr_un less its final zero

struct AbciServer::Core {
  Core(const AbciLimits& l, Application& a, std::function<void(const Error&)> b) : limits(l), application(a), broken(std::move(b)) {}

  asio::awaitable<void> accept() {
    for (;;) {
      error_code e;
      local::socket socket = co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, e));
      if (e) co_return;
      if (connections >= limits.max_connections) continue;   // closes it
      ++connections;
      auto strand = asio::make_strand(io);
      asio::co_spawn(strand, serve(std::move(socket)), asio::detached);
    }
  }

  asio::awaitable<void> serve(local::socket socket) {
    co_await exchange(socket);
    --connections;
  }

  asio::awaitable<void> exchange(local::socket& socket) {
    FrameReader frames(limits.max_request_bytes);
    Bytes received(kReadBytes);
    for (;;) {
      error_code e;
      const size_t n = co_await socket.async_read_some(asio::buffer(received), asio::redirect_error(asio::use_awaitable, e));
      if (e) co_return;
      frames.push(ByteView(received).first(n));
      for (;;) {
        const auto request = frames.next();
        if (!request.ok()) {
          broken(Error{std::string("ABCI connection: ") + name(request.error())});
          co_return;
        }
        if (!*request) break;
        const Answer answered = answer(application, **request);
        if (answered.broken) broken(*answered.broken);
        const Bytes reply = framed(answered.response);
        co_await asio::async_write(socket, asio::buffer(reply), asio::redirect_error(asio::use_awaitable, e));
        if (e || answered.broken) co_return;
      }
    }
  }

  const AbciLimits limits;
  Application& application;
  const std::function<void(const Error&)> broken;
  std::filesystem::path path;
  asio::io_context io;
  local::acceptor acceptor{io};
  std::atomic<size_t> connections{0};
  std::vector<std::thread> threads;
};

AbciServer::AbciServer(std::unique_ptr<Core> core) : core_(std::move(core)) {}
AbciServer::~AbciServer() { stop(); }

Result<std::unique_ptr<AbciServer>, Error> AbciServer::start(const std::filesystem::path& path, const AbciLimits& limits,
                                                             Application& application, std::function<void(const Error&)> broken) {
  if (path.string().size() > kMaxSocketPath)
    return Failure{Error{path.string() + ": too long for a socket (" + std::to_string(kMaxSocketPath) + " bytes at most)"}};
  auto core = std::make_unique<Core>(limits, application, std::move(broken));
  core->path = path;
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  error_code e;
  core->acceptor.open(local(), e);
  if (!e) core->acceptor.bind(local::endpoint(path.string()), e);
  if (!e && ::chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0) e = error_code(errno, boost::system::system_category());
  if (!e) core->acceptor.listen(asio::socket_base::max_listen_connections, e);
  if (e) return Failure{Error{path.string() + ": " + e.message()}};
  asio::co_spawn(core->io, core->accept(), asio::detached);
  // A call may take its thread for as long as a block takes: one for each connection, one more to accept.
  for (size_t i = 0; i < core->limits.max_connections + 1; ++i) core->threads.emplace_back([io = &core->io] { io->run(); });
  return std::unique_ptr<AbciServer>(new AbciServer(std::move(core)));
}

void AbciServer::stop() {
  if (core_->threads.empty()) return;
  core_->io.stop();
  for (auto& thread : core_->threads) thread.join();
  core_->threads.clear();
  std::error_code ignored;
  std::filesystem::remove(core_->path, ignored);
}

}  // namespace sotto::comet
