// Heads of HTTP/1.1 messages (RFC 9112), a strict subset: whatever two programs could read in two ways is refused by name. Lines end with
// CRLF and hold visible ASCII, blanks and tabs; a body's length is Content-Length, given once; there are no transfer codings, no interim
// responses and no other versions. Ignored on purpose: every field not named here, Upgrade among them.
#pragma once
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "net/http.hpp"

namespace sotto::net {

inline constexpr size_t kMaxTargetBytes = 1024;

// What the server itself answers, without asking the handler. The body is the name.
enum class HttpReject : uint8_t {
  malformed,             // 400: not the grammar of a head; a body on a get; a field twice that counts once
  bad_target,            // 400: not a path and query as they are: absolute, with a fragment, percent-encoded
  bad_host,              // 400: none, several, or what cannot be a host
  bad_length,            // 400: Content-Length twice, or no number
  unsupported_version,   // 505: not HTTP/1.1
  transfer_encoding,     // 501: any, known or not
  length_required,       // 411: a post that does not say how long it is
  expectation,           // 417: Expect; a client that sent it asks again without
  method_not_allowed,    // 405: neither GET nor POST
  header_too_large,      // 431
  body_too_large,        // 413
  target_too_long,       // 414: over kMaxTargetBytes
  too_many_in_flight,    // 503
  too_many_requests,     // 429: from this source, for this second
};
const char* name(HttpReject r);
uint16_t status_of(HttpReject r);

// What a client does not believe of a server.
enum class ResponseReject : uint8_t {
  malformed,
  unsupported_version,
  interim,               // 1xx: nobody asked for it
  transfer_encoding,
  bad_length,            // none, several, no number
  header_too_large,
  body_too_large,
};
const char* name(ResponseReject r);

// Where a head ends, of what has come: behind its empty line, or behind the first byte no head can hold, so that whoever does not speak
// HTTP is told at once; npos: not yet. `seen` bytes have been looked at before.
size_t head_end(std::string_view text, size_t seen);

// Views into the head.
struct RequestHead {
  enum class Verb : uint8_t { get, post, connect, other };
  Verb verb = Verb::other;
  std::string_view target;               // of a connect: ADDRESS:PORT; of `other` and too long ones: anything
  std::string_view token;                // Authorization: Bearer TOKEN
  uint64_t length = 0;                   // of the body
  bool keep_alive = true;
};
Result<RequestHead, HttpReject> parse_request(std::string_view head);

struct ResponseHead {
  uint16_t status = 0;                   // 200 to 599
  std::string_view content_type;
  uint64_t length = 0;
  bool keep_alive = true;
};
Result<ResponseHead, ResponseReject> parse_response(std::string_view head);

// Ours. The token and target are as parse_request() takes them.
std::string request_head(std::string_view verb, std::string_view target, const Endpoint& host, std::string_view token, size_t length);
std::string response_head(uint16_t status, std::string_view content_type, size_t length, bool keep_alive);

}  // namespace sotto::net
