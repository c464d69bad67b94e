#include "net/head.hpp"

#include <algorithm>
#include <optional>

namespace sotto::net {

namespace {

constexpr std::string_view kEnd = "\r\n", kVersion = "HTTP/1.1", kBearer = "Bearer ";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alphanumeric(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool same(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, lower, lower); }

// Non-empty, of letters, digits and these.
bool consists_of(std::string_view text, std::string_view others) {
  return !text.empty() && std::ranges::all_of(text, [&](char c) { return is_alphanumeric(c) || others.find(c) != others.npos; });
}
bool is_token(std::string_view text) { return consists_of(text, "!#$%&'*+-.^_`|~"); }                    // RFC 9110, 5.6.2
bool is_path(std::string_view text) { return text.starts_with('/') && consists_of(text, "-._~!$&'()*+,;=:@/?"); }
bool is_host(std::string_view text) { return consists_of(text, "-._~:[]"); }
bool is_bearer(std::string_view text) { return consists_of(text, "-._~+/="); }                           // RFC 6750, 2.1

bool can_be_in_a_line(char c) { return c == '\t' || (c >= ' ' && c <= '~'); }

// Cuts the next line off; nullopt: it does not end, or not with CRLF alone.
std::optional<std::string_view> take_line(std::string_view& text) {
  const size_t end = text.find(kEnd);
  if (end == text.npos) return std::nullopt;
  const auto line = text.substr(0, end);
  text.remove_prefix(end + kEnd.size());
  if (!std::ranges::all_of(line, can_be_in_a_line)) return std::nullopt;
  return line;
}

// Up to the next of these, which goes too.
std::string_view take(std::string_view& text, char until) {
  const size_t at = std::min(text.find(until), text.size());
  const auto out = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return out;
}

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  return first == text.npos ? std::string_view() : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// What counts, of the fields.
struct Fields {
  struct Field {
    size_t times = 0;
    std::string_view value;
  };
  Field host, length, coding, expectation, authorization, type;
  bool close = false;
};

// The lines behind the first. nullopt: no grammar.
std::optional<Fields> read_fields(std::string_view rest) {
  Fields out;
  for (;;) {
    const auto line = take_line(rest);
    if (!line) return std::nullopt;
    if (line->empty()) return rest.empty() ? std::optional(out) : std::nullopt;
    const size_t colon = line->find(':');
    if (colon == line->npos || !is_token(line->substr(0, colon))) return std::nullopt;      // continued lines are none, nor is "Host :"
    const auto field = line->substr(0, colon);
    auto value = trimmed(line->substr(colon + 1));
    const auto count = [&](std::string_view called, Fields::Field& into) {
      if (same(field, called)) into = {into.times + 1, value};
    };
    count("Host", out.host);
    count("Content-Length", out.length);
    count("Transfer-Encoding", out.coding);
    count("Expect", out.expectation);
    count("Authorization", out.authorization);
    count("Content-Type", out.type);
    if (same(field, "Connection"))
      while (!value.empty()) out.close |= same(trimmed(take(value, ',')), "close");
  }
}

}  // namespace

const char* name(HttpReject r) {
  switch (r) {
    case HttpReject::malformed: return "malformed";
    case HttpReject::bad_target: return "bad_target";
    case HttpReject::bad_host: return "bad_host";
    case HttpReject::bad_length: return "bad_length";
    case HttpReject::unsupported_version: return "unsupported_version";
    case HttpReject::transfer_encoding: return "transfer_encoding";
    case HttpReject::length_required: return "length_required";
    case HttpReject::expectation: return "expectation";
    case HttpReject::method_not_allowed: return "method_not_allowed";
    case HttpReject::header_too_large: return "header_too_large";
    case HttpReject::body_too_large: return "body_too_large";
    case HttpReject::target_too_long: return "target_too_long";
    case HttpReject::too_many_in_flight: return "too_many_in_flight";
    case HttpReject::too_many_requests: return "too_many_requests";
  }
  return "?";
}

uint16_t status_of(HttpReject r) {
  switch (r) {
    case HttpReject::malformed:
    case HttpReject::bad_target:
    case HttpReject::bad_host:
    case HttpReject::bad_length: return 400;
    case HttpReject::unsupported_version: return 505;
    case HttpReject::transfer_encoding: return 501;
    case HttpReject::length_required: return 411;
    case HttpReject::expectation: return 417;
    case HttpReject::method_not_allowed: return 405;
    case HttpReject::header_too_large: return 431;
    case HttpReject::body_too_large: return 413;
    case HttpReject::target_too_long: return 414;
    case HttpReject::too_many_in_flight: return 503;
    case HttpReject::too_many_requests: return 429;
  }
  return 500;
}

const char* name(ResponseReject r) {
  switch (r) {
    case ResponseReject::malformed: return "malformed";
    case ResponseReject::unsupported_version: return "unsupported_version";
    case ResponseReject::interim: return "interim";
    case ResponseReject::transfer_encoding: return "transfer_encoding";
    case ResponseReject::bad_length: return "bad_length";
    case ResponseReject::header_too_large: return "header_too_large";
    case ResponseReject::body_too_large: return "body_too_large";
  }
  return "?";
}

size_t head_end(std::string_view text, size_t seen) {
  for (size_t i = seen; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') {
      const auto until = text.substr(0, i + 1);
      if (until.ends_with("\r\n\r\n") || !until.ends_with("\r\n")) return i + 1;
    } else if (c != '\r' && !can_be_in_a_line(c)) {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

Result<RequestHead, HttpReject> parse_request(std::string_view head) {
  const auto no = [](HttpReject why) { return Failure{why}; };
  const auto line = take_line(head);
  if (!line) return no(HttpReject::malformed);
  auto words = *line;
  const auto verb = take(words, ' ');
  RequestHead out;
  out.target = take(words, ' ');
  if (!is_token(verb) || out.target.empty() || !words.starts_with("HTTP/") || words.find(' ') != words.npos) return no(HttpReject::malformed);
  if (words != kVersion) return no(HttpReject::unsupported_version);

  const auto fields = read_fields(head);
  if (!fields) return no(HttpReject::malformed);
  using Verb = RequestHead::Verb;
  out.verb = verb == "GET" ? Verb::get : verb == "POST" ? Verb::post : verb == "CONNECT" ? Verb::connect : Verb::other;
  out.keep_alive = !fields->close;
  if (fields->host.times != 1 || !is_host(fields->host.value)) return no(HttpReject::bad_host);
  if (fields->coding.times > 0) return no(HttpReject::transfer_encoding);
  if (fields->expectation.times > 0) return no(HttpReject::expectation);
  if (fields->length.times > 0) {
    const auto length = parse_u64(fields->length.value);
    if (fields->length.times > 1 || !length) return no(HttpReject::bad_length);
    out.length = *length;
  }
  if (out.verb == Verb::other) return out;
  if (out.verb == Verb::post && fields->length.times == 0) return no(HttpReject::length_required);
  if (out.verb != Verb::post && out.length > 0) return no(HttpReject::malformed);
  if (out.target.size() > kMaxTargetBytes) return no(HttpReject::target_too_long);
  if (out.verb == Verb::connect ? !is_host(out.target) : !is_path(out.target)) return no(HttpReject::bad_target);
  if (fields->authorization.times > 1) return no(HttpReject::malformed);
  if (fields->authorization.value.starts_with(kBearer)) {
    out.token = fields->authorization.value.substr(kBearer.size());
    if (!is_bearer(out.token)) return no(HttpReject::malformed);
  }
  return out;
}

Result<ResponseHead, ResponseReject> parse_response(std::string_view head) {
  const auto no = [](ResponseReject why) { return Failure{why}; };
  const auto line = take_line(head);
  if (!line || !line->starts_with("HTTP/")) return no(ResponseReject::malformed);
  auto words = *line;
  if (take(words, ' ') != kVersion) return no(ResponseReject::unsupported_version);
  const auto status = take(words, ' ');
  const auto number = parse_u64(status);
  if (status.size() != 3 || !number || *number < 100 || *number > 599) return no(ResponseReject::malformed);
  if (*number < 200) return no(ResponseReject::interim);
  const auto fields = read_fields(head);
  if (!fields) return no(ResponseReject::malformed);
  if (fields->coding.times > 0) return no(ResponseReject::transfer_encoding);
  const auto length = parse_u64(fields->length.value);
  if (fields->length.times != 1 || !length) return no(ResponseReject::bad_length);
  return ResponseHead{static_cast<uint16_t>(*number), fields->type.value, *length, !fields->close};
}

std::string request_head(std::string_view verb, std::string_view target, const Endpoint& host, std::string_view token, size_t length) {
  CHECK(is_path(target) || is_host(target));
  CHECK(token.empty() || is_bearer(token));
  std::string out;
  out.append(verb).append(" ").append(target).append(" HTTP/1.1\r\nHost: ").append(to_string(host)).append(kEnd);
  if (!token.empty()) out.append("Authorization: Bearer ").append(token).append(kEnd);
  if (verb == "POST")
    out.append("Content-Type: ").append(kBinary).append("\r\nContent-Length: ").append(std::to_string(length)).append(kEnd);
  return out.append(kEnd);
}

std::string response_head(uint16_t status, std::string_view content_type, size_t length, bool keep_alive) {
  std::string out = "HTTP/1.1 " + std::to_string(status) + (status < 300 ? " OK" : " Refused");
  if (!content_type.empty()) out.append("\r\nContent-Type: ").append(content_type);
  out.append("\r\nContent-Length: ").append(std::to_string(length));
  if (!keep_alive) out.append("\r\nConnection: close");
  return out.append("\r\n\r\n");
}

}  // namespace sotto::net
