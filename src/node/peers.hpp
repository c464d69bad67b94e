// A validator among the other validators: mutual TLS with keys that the network file pins. Calls to members of the committee, and what
// only they may ask of us.
#pragma once
#include <functional>
#include <map>
#include <memory>

#include "net/client.hpp"
#include "net/server.hpp"
#include "node/log.hpp"

namespace sotto::node {

inline constexpr std::string_view kPeerPath = "/v1/peer/";         // what lies below is for members alone

struct PeerLimits {
  size_t connections = 16;              // to one member; a call has one to itself until it is answered
  size_t waiting = 4096;                // calls to one member that wait for a connection; further ones fail at once
  // A member that failed a call (unreachable, no answer in time) is left alone for so long, doubling until it answers again.
  uint32_t backoff_least_ms = 50, backoff_most_ms = 5'000;
};

enum class PeerReject : uint8_t {
  unknown_path,        // 404: nobody serves it
  not_a_member,        // 403: no key was proven, or one that is no member's
};
const char* name(PeerReject r);

class Peers {
 public:
  // Runs once, on a thread of the client's or, if nothing was sent, on the caller's; must not block.
  using Callback = net::Client::Callback;
  // Runs on the server's thread: must not block. The member's index is the committee's.
  using Handler = std::function<void(uint16_t member, net::Request, net::Reply)>;

  explicit Peers(const net::TlsIdentity& identity, const PeerLimits& limits = {}, Log* log = nullptr);
  ~Peers();                             // stops
  Peers(const Peers&) = delete;

  // Who the members are, in committee order, ourselves included, each with its key. From any thread; calls under way go on.
  void become(const std::vector<net::Endpoint>& members);
  size_t size() const;
  // Whose key that is.
  std::optional<uint16_t> member(const std::optional<net::TlsKey>& key) const;

  // Connections are kept; a call on one that the other side closed meanwhile is repeated once, so requests are idempotent. Fails
  // at once while the member is left alone, while too many wait, for an index out of range, and after stop(). `timeout_ms` counts
  // from the moment it is sent. From any thread.
  void send(uint16_t to, net::Request request, uint32_t timeout_ms, Callback done);

  // `path` begins with kPeerPath. Before the server runs.
  void serve(const std::string& path, Handler handler);
  // What the server does with requests below kPeerPath.
  void handle(net::Request request, net::Reply reply) const;

  void stop();                          // what is under way or waits fails; safe to call twice, not from a callback

 private:
  struct Core;
  std::map<std::string, Handler> handlers_;
  std::shared_ptr<Core> core_;
};

}  // namespace sotto::node
