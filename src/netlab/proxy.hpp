// A userspace TCP proxy between places on one machine: each route listens where somebody's peer pretends to be and carries bytes both
// ways as the links say (links.hpp). One thread. Opening a connection takes a round trip, as TCP's own would; what is under way
// when a link is cut waits, and so does a connection being opened; closing is passed on in order.
#pragma once
#include <memory>

#include "net/http.hpp"
#include "netlab/links.hpp"
#include "netlab/namespace.hpp"

namespace sotto::netlab {

struct Route {
  std::string from, to;                // names of the links both directions use; empty: none, everything passes at once
  net::Endpoint listen, target;        // numeric; port 0 to listen on any free one
  std::shared_ptr<const Namespace> listen_in = nullptr, target_in = nullptr;     // where they are; null: where this process is
};

inline constexpr size_t kMaxRoutes = 16 * 1024;
inline constexpr size_t kMaxProxied = 512;                     // connections of one route; further ones are closed at once
inline constexpr size_t kMaxUnderWay = 1024 * 1024;            // bytes in one direction of a connection; beyond, the sender waits

class Proxy {
 public:
  // `seed` makes jitter and loss repeatable as far as the order of arrivals is.
  static Result<std::unique_ptr<Proxy>, Error> start(const std::vector<Route>& routes, Links links, uint64_t seed);
  ~Proxy();                                                    // closes everything
  Proxy(const Proxy&) = delete;

  // From any thread; holds for what arrives from then on, and cut or not at once for what waits.
  void set(Links links);
  // Where route i listens.
  const net::Endpoint& listening(size_t i) const;

  struct Usage {
    uint64_t connections = 0, refused = 0, bytes = 0;          // since the start; bytes in both directions
  };
  Usage usage() const;

 private:
  struct Core;
  class Connection;
  explicit Proxy(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace sotto::netlab
