// A relay: carries the bytes of a TLS connection between a client and one of a few places, and cannot read them. It learns who its
// client is and where it goes; with two in a row the first learns who and not where, the second where and not who
// (docs/privacy.md). A client speaks TLS to the relay by its key, asks `CONNECT ADDRESS:PORT`, and after a 200 everything is the other's.
#pragma once
#include <memory>

#include "base/result.hpp"
#include "net/http.hpp"
#include "net/sources.hpp"

namespace sotto::net {

struct RelayLimits {
  size_t tunnels = 512;                        // with those being opened; further ones are closed at once
  SourceLimits source{.connections = 64, .requests_per_s = 50, .burst = 500};
  uint32_t silence_s = 15;                     // a connection nothing was said on stays with the kernel meanwhile (net/listen.hpp)
  uint32_t open_ms = 10'000;                   // from the first byte until the tunnel stands
  uint32_t idle_ms = 60'000;                   // nothing in one direction
  uint64_t bytes = uint64_t{1} << 30;          // through one tunnel, both directions together
  size_t max_header_bytes = 1024;
};

enum class RelayReject : uint8_t {
  malformed,           // 400: not a CONNECT
  not_a_target,        // 403
  unreachable,         // 502
};
const char* name(RelayReject r);
uint16_t status_of(RelayReject r);

class Relay {
 public:
  // Carries to `targets` alone; their keys are the client's business.
  static Result<std::unique_ptr<Relay>, Error> start(const Endpoint& where, const RelayLimits& limits, std::vector<Endpoint> targets,
                                                     const TlsIdentity& identity);
  ~Relay();                                    // stops
  Relay(const Relay&) = delete;
  const Endpoint& endpoint() const;            // with the identity's key
  size_t tunnels() const;
  void stop();                                 // closes everything; safe to call twice

 private:
  struct Core;
  class Tunnel;
  explicit Relay(std::shared_ptr<Core> core);
  std::shared_ptr<Core> core_;
};

}  // namespace sotto::net
