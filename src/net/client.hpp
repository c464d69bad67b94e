// HTTP/1.1 client: keep-alive connections to any number of endpoints, many calls at once, one thread.
#pragma once
#include <atomic>
#include <functional>
#include <memory>

#include "base/result.hpp"
#include "net/http.hpp"

namespace sotto::net {

struct ClientLimits {
  size_t max_response_bytes = 4 * 1024 * 1024;
  size_t max_header_bytes = 8 * 1024;
  size_t max_in_flight = 256;           // further calls fail at once
  size_t max_idle_per_endpoint = 8;     // connections kept open between calls
};

class Client {
 public:
  using Callback = std::function<void(Result<Response, Error>)>;

  // `identity` is shown to whoever asks for it over TLS; wallets have none. Every connection goes through the relays `via`, in this
  // order, each with its key (net/relay.hpp); then only endpoints with keys are spoken to.
  explicit Client(const ClientLimits& limits = {}, const std::optional<TlsIdentity>& identity = std::nullopt,
                  std::vector<Endpoint> via = {});
  ~Client();                                   // calls still under way fail with "client stopped"
  Client(const Client&) = delete;

  // From any thread. `done` runs exactly once on the client's thread and must not block. A call on a kept connection
  // that the server had closed meanwhile is repeated once on a fresh one; requests are idempotent or sent on a client
  // of their own.
  // `group`: 0, or from new_group().
  void call(const Endpoint& to, Request request, uint32_t timeout_ms, Callback done, uint64_t group = 0);
  // Calls that nobody waits for any more: those of the group still under way fail at once, and their connections close.
  uint64_t new_group() { return ++groups_; }
  void give_up(uint64_t group);
  // The same, waiting for the answer. Not from a callback.
  Result<Response, Error> call_and_wait(const Endpoint& to, Request request, uint32_t timeout_ms);

 private:
  struct Core;
  class Call;
  class Connection;
  std::shared_ptr<Core> core_;
  std::atomic<uint64_t> groups_{0};
};

}  // namespace sotto::net
