#include "bench/validator/load.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <string>

namespace sotto::bench {
namespace {

using Steady = std::chrono::steady_clock;

struct Connection {
  int fd = -1;
  size_t payment = 0;
  bool certifying = false;     // the second request is under way
  bool busy = false;
  ByteView unsent;
  std::string received;
};

// The body of a complete 200 response; empty view while incomplete.
struct Parsed {
  bool complete = false, good = false;
  ByteView body;
};
Parsed parse(const std::string& text) {
  const size_t end = text.find("\r\n\r\n");
  if (end == std::string::npos) return {};
  size_t length = 0;
  const size_t field = text.find("Content-Length: ");
  if (field != std::string::npos && field < end) length = std::strtoul(text.c_str() + field + 16, nullptr, 10);
  if (text.size() < end + 4 + length) return {};
  return {true, text.starts_with("HTTP/1.1 200"), view(text).subspan(end + 4, length)};
}

int connect_from(size_t source, uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  sockaddr_in from{}, to{};
  from.sin_family = to.sin_family = AF_INET;
  from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + static_cast<uint32_t>(source));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(port);
  const int on = 1;
  if (bind(fd, reinterpret_cast<sockaddr*>(&from), sizeof from) != 0 ||
      connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0 ||
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

class Offering {
 public:
  Offering(const std::vector<Script>& payments, const LoadOptions& options) : payments_(payments), options_(options) {}
  ~Offering() {
    for (const Connection& c : connections_) close(c.fd);
    if (poll_ >= 0) close(poll_);
  }

  Status<Error> open() {
    poll_ = epoll_create1(EPOLL_CLOEXEC);
    for (size_t i = 0; i < options_.connections; ++i) {
      const int fd = connect_from(i % options_.sources, options_.port);
      if (fd < 0) return Failure{Error{std::string("connecting to the validator: ") + std::strerror(errno)}};
      connections_.push_back({fd, 0, false, false, {}, {}});
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u64 = i;
      epoll_ctl(poll_, EPOLL_CTL_ADD, fd, &event);
      idle_.push_back(i);
    }
    return Ok{};
  }

  Result<LoadResult, Error> run() {
    started_ = Steady::now();
    while (done_ < payments_.size()) {
      start_due();
      epoll_event events[64];
      const int count = epoll_wait(poll_, events, 64, wait_ms());
      for (int i = 0; i < count; ++i) TRY_OK(on_readable(connections_[events[i].data.u64]));
      if (elapsed_ms() > options_.limit_s * 1e3) return Failure{Error{"the validator did not answer in time"}};
    }
    result_.seconds = elapsed_ms() / 1e3;
    return std::move(result_);
  }

 private:
  double elapsed_ms() const { return std::chrono::duration<double, std::milli>(Steady::now() - started_).count(); }
  double due_ms(size_t payment) const { return options_.per_second > 0 ? 1e3 * static_cast<double>(payment) / options_.per_second : 0; }

  int wait_ms() const {
    if (next_ >= payments_.size() || idle_.empty()) return 1000;
    return static_cast<int>(std::max(0.0, std::ceil(due_ms(next_) - elapsed_ms())));
  }
  void start_due() {
    const double now = elapsed_ms();
    while (next_ < payments_.size() && !idle_.empty() && due_ms(next_) <= now) {
      Connection& c = connections_[idle_.back()];
      idle_.pop_back();
      c.payment = next_++;
      if (options_.per_second <= 0) started_ms_.push_back(now);
      c.certifying = false;
      send(c, payments_[c.payment].lock_request);
    }
  }
  // Requests are a few kilobytes: they fit the socket's buffer, of which this side uses one at a time.
  void send(Connection& c, ByteView bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(c.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return;                    // the read side will see it closed
      bytes = bytes.subspan(static_cast<size_t>(n));
    }
  }
  Status<Error> on_readable(Connection& c) {
    char buffer[4096];
    const ssize_t n = recv(c.fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return Ok{};
    if (n <= 0) return Failure{Error{"the validator closed a connection"}};
    c.received.append(buffer, static_cast<size_t>(n));
    const Parsed answer = parse(c.received);
    if (!answer.complete) return Ok{};
    const Script& script = payments_[c.payment];
    const Bytes& expected = c.certifying ? script.acknowledgement : script.vote;
    if (!answer.good || !std::ranges::equal(answer.body, expected))
      return Failure{Error{"payment " + std::to_string(c.payment) + (c.certifying ? ", certificate: " : ": ") + c.received.substr(0, 400)}};
    c.received.clear();
    const double since = elapsed_ms() - (options_.per_second > 0 ? due_ms(c.payment) : started_ms_[c.payment]);
    if (!c.certifying) {
      result_.vote_ms.push_back(since);
      if (options_.only_votes) return finished(c);
      c.certifying = true;
      send(c, script.certificate_request);
      return Ok{};
    }
    result_.settled_ms.push_back(since);
    return finished(c);
  }
  Status<Error> finished(Connection& c) {
    ++done_;
    idle_.push_back(static_cast<size_t>(&c - connections_.data()));
    return Ok{};
  }

  const std::vector<Script>& payments_;
  const LoadOptions options_;
  int poll_ = -1;
  std::vector<Connection> connections_;
  std::vector<size_t> idle_;
  std::vector<double> started_ms_;
  size_t next_ = 0, done_ = 0;
  Steady::time_point started_;
  LoadResult result_;
};

}  // namespace

Result<LoadResult, Error> offer(const std::vector<Script>& payments, const LoadOptions& options) {
  Offering offering(payments, options);
  TRY_OK(offering.open());
  return offering.run();
}

}  // namespace sotto::bench
