// Heads that two programs could read in two ways, over the wire: each is refused by name, and the connection is over.
#include <gtest/gtest.h>

#include "net/raw_socket_for_test.hpp"
#include "net/server.hpp"

namespace sotto::net {
namespace {

using testing::RawSocket;

std::string answer_to(const std::string& text) {
  ServerLimits limits;
  limits.max_body_bytes = 1'000;
  const auto server = Server::start({"127.0.0.1", 0}, limits, [](Request request, Reply reply) { reply({200, std::move(request.body), kText}); }).value();
  RawSocket socket(server->endpoint().port);
  EXPECT_TRUE(socket.send_text(text));
  return socket.read_until_closed(300);
}
// The status and the body of the only answer, and whether the connection is over.
std::string refusal_of(const std::string& text) {
  const std::string answer = answer_to(text);
  const size_t body = answer.find("\r\n\r\n");
  if (!answer.starts_with("HTTP/1.1 ") || body == answer.npos) return "no answer: " + answer;
  return answer.substr(9, 3) + " " + answer.substr(body + 4);
}

const std::string kGet = "GET / HTTP/1.1\r\nHost: x\r\n", kPost = "POST / HTTP/1.1\r\nHost: x\r\n";
const std::string kFour = "Content-Length: 4\r\n";

TEST(Strict, what_is_refused_and_how) {
  const std::pair<std::string, std::string> cases[] = {
      // The first line.
      {"hello there\r\n\r\n", "400 malformed"},
      {"GET /\r\n\r\n", "400 malformed"},                                        // HTTP/0.9
      {"\r\n" + kGet + "\r\n", "400 malformed"},
      {" GET / HTTP/1.1\r\nHost: x\r\n\r\n", "400 malformed"},
      {"GET  / HTTP/1.1\r\nHost: x\r\n\r\n", "400 malformed"},
      {"GET / HTTP/1.1 \r\nHost: x\r\n\r\n", "400 malformed"},
      {"GET\t/\tHTTP/1.1\r\nHost: x\r\n\r\n", "400 malformed"},
      {"GET / http/1.1\r\nHost: x\r\n\r\n", "400 malformed"},
      {"G@T / HTTP/1.1\r\nHost: x\r\n\r\n", "400 malformed"},
      {"GET / HTTP/1.0\r\nHost: x\r\n\r\n", "505 unsupported_version"},
      {"GET / HTTP/2.0\r\nHost: x\r\n\r\n", "505 unsupported_version"},
      {"GET / HTTP/1.10\r\nHost: x\r\n\r\n", "505 unsupported_version"},
      {"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "405 method_not_allowed"},
      {"get / HTTP/1.1\r\nHost: x\r\n\r\n", "405 method_not_allowed"},
      {"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", "405 method_not_allowed"},
      {"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", "405 method_not_allowed"},
      {"TRACE / HTTP/1.1\r\nHost: x\r\n\r\n", "405 method_not_allowed"},
      // The target.
      {"GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n", "400 bad_target"},
      {"GET * HTTP/1.1\r\nHost: x\r\n\r\n", "400 bad_target"},
      {"GET /#a HTTP/1.1\r\nHost: x\r\n\r\n", "400 bad_target"},
      {"GET /%2e HTTP/1.1\r\nHost: x\r\n\r\n", "400 bad_target"},
      {"GET /a\\b HTTP/1.1\r\nHost: x\r\n\r\n", "400 bad_target"},
      {std::string("GET /a\0b HTTP/1.1\r\nHost: x\r\n\r\n", 31), "400 malformed"},
      {"GET /\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n", "400 malformed"},
      // Lines.
      {"GET / HTTP/1.1\nHost: x\n\n", "400 malformed"},
      {kGet + "A: b\n\r\n", "400 malformed"},
      {kGet + "A: b\rC: d\r\n\r\n", "400 malformed"},
      {kGet + "A: b\r\n folded\r\n\r\n", "400 malformed"},
      {kGet + "A : b\r\n\r\n", "400 malformed"},
      {kGet + "A b: c\r\n\r\n", "400 malformed"},
      {kGet + "A\r\n\r\n", "400 malformed"},
      {kGet + ": b\r\n\r\n", "400 malformed"},
      {kGet + "(A): b\r\n\r\n", "400 malformed"},
      {kGet + std::string("A: b\0c\r\n\r\n", 10), "400 malformed"},
      {kGet + "A: \x7f\r\n\r\n", "400 malformed"},
      {kGet + "A: \xe9\r\n\r\n", "400 malformed"},
      {kGet + "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n", "400 malformed"},
      {kGet + "Authorization: Bearer a b\r\n\r\n", "400 malformed"},
      // Host.
      {"GET / HTTP/1.1\r\n\r\n", "400 bad_host"},
      {kGet + "Host: x\r\n\r\n", "400 bad_host"},
      {kGet + "hOST: y\r\n\r\n", "400 bad_host"},
      {"GET / HTTP/1.1\r\nHost:\r\n\r\n", "400 bad_host"},
      {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "400 bad_host"},
      {"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", "400 bad_host"},
      // How long a body is.
      {kPost + "\r\n", "411 length_required"},
      {kPost + kFour + kFour + "\r\nabcd", "400 bad_length"},
      {kPost + kFour + "Content-Length: 5\r\n\r\nabcd", "400 bad_length"},
      {kPost + "Content-Length: +4\r\n\r\nabcd", "400 bad_length"},
      {kPost + "Content-Length: -4\r\n\r\nabcd", "400 bad_length"},
      {kPost + "Content-Length: 0x4\r\n\r\nabcd", "400 bad_length"},
      {kPost + "Content-Length: 4, 4\r\n\r\nabcd", "400 bad_length"},
      {kPost + "Content-Length: \r\n\r\nabcd", "400 bad_length"},
      {kPost + "Content-Length: 18446744073709551616\r\n\r\nabcd", "400 bad_length"},
      {kPost + "Content-Length: 18446744073709551615\r\n\r\nabcd", "413 body_too_large"},
      {kPost + "Content-Length: 1001\r\n\r\n", "413 body_too_large"},
      {kGet + kFour + "\r\nabcd", "400 malformed"},
      {kPost + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "501 transfer_encoding"},
      {kPost + kFour + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "501 transfer_encoding"},
      {kPost + kFour + "Transfer-Encoding: identity\r\n\r\nabcd", "501 transfer_encoding"},
      {kPost + kFour + "Transfer-Encoding: xchunked\r\n\r\nabcd", "501 transfer_encoding"},
      {kGet + "Transfer-Encoding: gzip\r\n\r\n", "501 transfer_encoding"},
      {kGet + "Transfer-Encoding:\r\n\r\n", "501 transfer_encoding"},
      {kPost + kFour + "Expect: 100-continue\r\n\r\n", "417 expectation"},
      // Sizes.
      {"GET /" + std::string(1'024, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n", "414 target_too_long"},
      {kGet + "A: " + std::string(8'200, 'a') + "\r\n\r\n", "431 header_too_large"},
  };
  for (const auto& [text, refusal] : cases) EXPECT_EQ(refusal_of(text), refusal) << text;
}

TEST(Strict, what_is_taken_on_purpose) {
  for (const std::string& text : {
           kGet + "\r\n",
           kGet + "Content-Length: 0\r\n\r\n",
           kGet + "A:\r\nB:c\r\nB: c\r\nA: \t d \t\r\n\r\n",
           kGet + "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n\r\n",         // ignored, as RFC 9110, 7.8 has it
           kGet + "Authorization: Basic YTpi\r\n\r\n",
           std::string("GET /v1/blocks?from=1&a=b;c=(d) HTTP/1.1\r\nhost: [::1]:26657\r\n\r\n"),
           kPost + "Content-Length: 4\r\n\r\nabcd",
           kPost + "content-length:04\r\n\r\nabcd",
           kPost + "Content-Length: 0\r\n\r\n",
       }) {
    const std::string answer = answer_to(text);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200") && answer.ends_with("<open>")) << text << answer;
  }
  const std::string last = answer_to(kGet + "Connection: keep-alive , CLOSE\r\n\r\n" + kGet + "\r\n");
  EXPECT_TRUE(last.starts_with("HTTP/1.1 200") && last.find("HTTP/1.1", 1) == last.npos && !last.ends_with("<open>")) << last;
}

}  // namespace
}  // namespace sotto::net
