// The two messages everything here exchanges: HTTP/1.1 requests and responses with binary bodies.
#pragma once
#include <optional>
#include <string>

#include "net/tls.hpp"

namespace sotto::net {

enum class Method : uint8_t { get, post };

struct Request {
  Method method = Method::get;
  std::string target = "/";    // path and query, e.g. "/v1/blocks?from=7"
  Bytes body;                  // empty for get
  std::string token;           // sent and received as "Authorization: Bearer <token>"; empty = absent
  uint64_t connection = 0;     // set by the server: which connection it came on
  uint64_t source = 0;         // set by the server: whose it is, for limits that are fair: the peer's IPv4 address or IPv6 /64
  std::optional<TlsKey> peer;  // set by the server: the key the peer has proven, if it showed one
  size_t max_response_bytes = SIZE_MAX;        // on the client: of the answer's body, if that is less than the client's own limit
};

inline constexpr const char* kBinary = "application/octet-stream";
inline constexpr const char* kJson = "application/json";
inline constexpr const char* kText = "text/plain";

struct Response {
  uint16_t status = 200;
  Bytes body;
  std::string content_type = kBinary;
  // On the server, for the request's source (net/sources.hpp): what it pays beyond the request, in requests; and was it rubbish, as
  // every 400 is?
  uint32_t charge = 0;
  bool rubbish = false;
  bool payment_held = false;   // it was a payment, and its proof or certificate held: the connection earns a purse of its own
};

// A numeric address and a port; no names are resolved. With a key it is spoken to by TLS, and nobody else is believed.
struct Endpoint {
  std::string address = "127.0.0.1";
  uint16_t port = 0;
  std::optional<TlsKey> key = std::nullopt;
  auto operator<=>(const Endpoint&) const = default;
};
std::string to_string(const Endpoint& e);

// A target taken apart: the path, and the query's values by name ("a=1&b=2"; no percent-decoding: our values are
// numbers and hex). Parts without '=' have the empty value.
struct Target {
  std::string path;
  std::vector<std::pair<std::string, std::string>> query;
  // The decimal u64 under `key`, `otherwise` if the key is absent, nullopt if it is not a number.
  std::optional<uint64_t> number(std::string_view key, uint64_t otherwise) const;
};
Target parse_target(std::string_view target);
// Decimal, digits only, no leading '+', no overflow.
std::optional<uint64_t> parse_u64(std::string_view text);

}  // namespace sotto::net
