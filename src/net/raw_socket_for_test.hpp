#pragma once
#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

namespace sotto::net::testing {

// A plain socket that says exactly what a test wants said.
class RawSocket {
 public:
  // From 127.0.0.`from`, within so many milliseconds.
  explicit RawSocket(uint16_t port, uint8_t from = 1, int connect_ms = 5'000) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in own{}, to{};
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl((INADDR_LOOPBACK & ~0xffU) | from);
    if (from != 1 && bind(fd_, reinterpret_cast<sockaddr*>(&own), sizeof own) != 0) return;
    const timeval patience{connect_ms / 1000, connect_ms % 1000 * 1000};
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  ~RawSocket() { close(fd_); }
  RawSocket(const RawSocket&) = delete;
  bool connected() const { return connected_; }
  int descriptor() const { return fd_; }
  bool send_text(std::string_view text) {
    return ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }
  // What comes first; empty: the peer closed, or nothing came in that time.
  std::string read_some(int timeout_ms) {
    char chunk[4096];
    pollfd p{fd_, POLLIN, 0};
    if (poll(&p, 1, timeout_ms) <= 0) return {};
    const ssize_t n = recv(fd_, chunk, sizeof chunk, 0);
    return {chunk, static_cast<size_t>(n > 0 ? n : 0)};
  }
  // Everything until the peer closes, a full response is there, or `timeout_ms` passed.
  std::string read_until_closed(int timeout_ms) {
    std::string out;
    char chunk[4096];
    for (;;) {
      pollfd p{fd_, POLLIN, 0};
      if (poll(&p, 1, timeout_ms) <= 0) return out + "<open>";
      const ssize_t n = recv(fd_, chunk, sizeof chunk, 0);
      if (n <= 0) return out;
      out.append(chunk, static_cast<size_t>(n));
    }
  }

 private:
  int fd_;
  bool connected_ = false;
};

}  // namespace sotto::net::testing
