// Heads of requests and responses, as they come from strangers, in one piece or in two.
#include "net/head.hpp"

using namespace sotto::net;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t end = head_end(text, 0);
  const size_t half = size / 2;
  if (const size_t early = head_end(text.substr(0, half), 0); early != text.npos) CHECK(early == end);
  else CHECK(head_end(text, half) == end);

  const auto head = text.substr(0, end);
  const auto request = parse_request(head);
  if (request.ok() && request->verb != RequestHead::Verb::other) {
    CHECK(end != text.npos && head.ends_with("\r\n\r\n") && request->target.size() <= kMaxTargetBytes);
    // What was understood, said in our words, is understood the same.
    const char* const verb = request->verb == RequestHead::Verb::get ? "GET" : request->verb == RequestHead::Verb::post ? "POST" : "CONNECT";
    const std::string ours = request_head(verb, request->target, {}, request->token, request->length);
    const auto again = parse_request(ours);
    CHECK(again.ok() && again->verb == request->verb && again->target == request->target && again->token == request->token &&
          again->length == request->length && head_end(ours, 0) == ours.size());
  }
  const auto response = parse_response(head);
  if (response.ok()) {
    const std::string ours = response_head(response->status, response->content_type, response->length, response->keep_alive);
    const auto again = parse_response(ours);
    CHECK(again.ok() && again->status == response->status && again->content_type == response->content_type &&
          again->length == response->length && again->keep_alive == response->keep_alive);
  }
  return 0;
}
