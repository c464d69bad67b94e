// HTTP/1.1 keep-alive server. One thread does all reading and writing; what a request means is decided by the handler,
// which answers from any thread, at once or later. Everything a stranger can send or withhold has a limit.
#pragma once
#include <functional>
#include <memory>

#include "base/result.hpp"
#include "net/head.hpp"
#include "net/sources.hpp"

namespace sotto::net {

struct ServerLimits {
  size_t max_header_bytes = 8 * 1024;
  size_t max_body_bytes = 256 * 1024;
  size_t max_connections = 256;        // then the source with most gives one up for a newcomer that has fewer, or the newcomer goes
  size_t max_in_flight = 1024;         // requests being handled; further ones get 503
  uint32_t silence_s = 15;             // a connection nothing was said on stays with the kernel meanwhile (net/listen.hpp)
  uint32_t idle_ms = 60'000;           // between requests on an open connection
  uint32_t request_ms = 10'000;        // from a request's first byte to its last, and for TLS's handshake
  uint32_t response_ms = 10'000;       // for the peer to take the response
  uint32_t max_requests = 1'000'000;   // on one connection, then it is closed
  SourceLimits source;                 // further connections are closed at once, further requests get 429
  // Whose key is proven and named here is under no limit of connections, in flight and of its source, except this one.
  std::function<bool(const TlsKey&)> favoured;
  size_t favoured_connections = 64;    // of one key
};

// Called once per request, from any thread, also after the server has gone (then without effect).
using Reply = std::function<void(Response)>;
// Runs on the server's thread: must not block. An exception from it is a bug and ends the process.
using Handler = std::function<void(Request, Reply)>;

class Server {
 public:
  // Listens on `where` (port 0: any free one; see endpoint()), with TLS if it has an identity. Error: the port is taken, the
  // address is not ours.
  static Result<std::unique_ptr<Server>, Error> start(const Endpoint& where, const ServerLimits& limits, Handler handler,
                                                      const std::optional<TlsIdentity>& identity = std::nullopt);
  ~Server();                                            // stops
  Server(const Server&) = delete;
  const Endpoint& endpoint() const;                     // with the identity's key
  // Open connections right now, for health pages and tests.
  size_t connections() const;
  // Closes everything; no handler runs after this returns. Safe to call twice; not from a handler.
  void stop();

 private:
  struct Core;
  class Session;
  explicit Server(std::shared_ptr<Core> core);
  std::shared_ptr<Core> core_;
};

}  // namespace sotto::net
