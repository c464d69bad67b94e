// The server against strangers (limits, malformed and slow requests) and the client against a server that goes away.
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "net/client.hpp"
#include "net/raw_socket_for_test.hpp"
#include "net/server.hpp"

namespace sotto::net {
namespace {

using testing::RawSocket;

Bytes bytes_of(std::string_view s) { return {s.begin(), s.end()}; }
std::string text_of(const Bytes& b) { return {b.begin(), b.end()}; }

// Answers with method, target and body, from another thread when asked to.
void echo(Request request, Reply reply) {
  Response response{200, bytes_of(request.target + "|" + request.token + "|"), kText};
  response.body.insert(response.body.end(), request.body.begin(), request.body.end());
  reply(std::move(response));
}

std::unique_ptr<Server> serve(const ServerLimits& limits = {}, Handler handler = echo,
                              const std::optional<TlsIdentity>& identity = std::nullopt) {
  auto server = Server::start({"127.0.0.1", 0}, limits, std::move(handler), identity);
  EXPECT_TRUE(server.ok());
  return std::move(server).value();
}

TEST(Net, BinaryRoundTripOnOneKeptConnection) {
  const auto server = serve();
  Client client;
  Bytes body(100'000);
  for (size_t i = 0; i < body.size(); ++i) body[i] = static_cast<uint8_t>(i * 7);
  for (int i = 0; i < 20; ++i) {
    const auto response = client.call_and_wait(server->endpoint(), {Method::post, "/x?a=1", body, "t0ken"}, 5000);
    ASSERT_TRUE(response.ok()) << response.error().what;
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->content_type, kText);
    Bytes expected = bytes_of("/x?a=1|t0ken|");
    expected.insert(expected.end(), body.begin(), body.end());
    EXPECT_EQ(response->body, expected);
  }
  EXPECT_EQ(server->connections(), 1u);
}

TEST(Net, ManyCallsAtOnceFromManyThreads) {
  const auto server = serve();
  Client client;
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const std::string what = std::to_string(t) + "/" + std::to_string(i);
        const auto response = client.call_and_wait(server->endpoint(), {Method::post, "/", bytes_of(what), ""}, 10'000);
        if (response.ok() && text_of(response->body) == "/||" + what) ++good;
      }
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(good, 400);
}

TEST(Net, RepliesFromAnotherThreadAndAfterTheServerIsGone) {
  std::mutex mutex;
  std::condition_variable arrived;
  std::vector<Reply> kept;
  auto server = serve({}, [&](Request, Reply reply) {
    const std::lock_guard lock(mutex);
    kept.push_back(std::move(reply));
    arrived.notify_all();
  });
  Client client;
  std::thread answer([&] {
    std::unique_lock lock(mutex);
    arrived.wait(lock, [&] { return kept.size() == 1; });
    kept[0]({201, bytes_of("late"), kText});
  });
  const auto response = client.call_and_wait(server->endpoint(), {Method::get, "/", {}, ""}, 5000);
  answer.join();
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(text_of(response->body), "late");

  std::atomic<bool> failed{false};
  client.call(server->endpoint(), {Method::get, "/", {}, ""}, 5000, [&](Result<Response, Error> r) {
    failed = !r.ok();
    failed.notify_all();
  });
  {
    std::unique_lock lock(mutex);
    arrived.wait(lock, [&] { return kept.size() == 2; });
  }
  server->stop();
  server.reset();
  kept[1]({200, {}, kText});           // without effect
  failed.wait(false);
  EXPECT_TRUE(failed);
}

// Every answer the server gives by itself, each alone.
std::string answer_to(const Server& server, std::string_view text) {
  RawSocket socket(server.endpoint().port);
  EXPECT_TRUE(socket.connected());
  EXPECT_TRUE(socket.send_text(text));
  return socket.read_until_closed(5000);
}
bool refused_as(const std::string& answer, HttpReject reject) {
  return answer.starts_with("HTTP/1.1 " + std::to_string(status_of(reject)) + " ") &&
         answer.ends_with(std::string("\r\n\r\n") + name(reject));
}

TEST(Net, OversizeHeaderBodyAndTargetAreRefused) {
  ServerLimits limits;
  limits.max_header_bytes = 4096;
  limits.max_body_bytes = 1000;
  const auto server = serve(limits);
  EXPECT_TRUE(refused_as(answer_to(*server, "GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(5000, 'a') + "\r\n\r\n"),
                         HttpReject::header_too_large));
  EXPECT_TRUE(
      refused_as(answer_to(*server, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n"), HttpReject::body_too_large));
  EXPECT_TRUE(refused_as(answer_to(*server, "GET /" + std::string(1024, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n"),
                         HttpReject::target_too_long));
  // The answer arrives although the peer goes on sending.
  EXPECT_TRUE(
      refused_as(answer_to(*server, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + std::string(1'000'000, 'd')),
                 HttpReject::body_too_large));
  // At the limits: fine.
  EXPECT_TRUE(answer_to(*server, "GET /" + std::string(1023, 'a') + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                  .starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(answer_to(*server,
                        "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'c'))
                  .starts_with("HTTP/1.1 200"));
}

TEST(Net, SlowAndSilentClientsAreCutOff) {
  ServerLimits limits;
  limits.silence_s = 0;
  limits.idle_ms = 300;
  limits.request_ms = 300;
  const auto server = serve(limits);
  RawSocket silent(server->endpoint().port);
  RawSocket dripping(server->endpoint().port);
  ASSERT_TRUE(silent.connected() && dripping.connected());
  const auto start = std::chrono::steady_clock::now();
  std::thread drip([&] {               // a byte now and then does not extend the request's time
    const std::string text = "GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(1000, 'a');
    for (const char c : text) {
      if (!dripping.send_text({&c, 1})) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      if (std::chrono::steady_clock::now() - start > std::chrono::seconds(3)) break;
    }
  });
  EXPECT_EQ(silent.read_until_closed(3000), "");
  EXPECT_EQ(dripping.read_until_closed(3000), "");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
  drip.join();
}

TEST(Net, ConnectionsOverTheLimitAreClosed) {
  ServerLimits limits;
  limits.silence_s = 0;
  limits.max_connections = 2;
  const auto server = serve(limits);
  RawSocket a(server->endpoint().port), b(server->endpoint().port);
  while (server->connections() < 2) std::this_thread::yield();
  RawSocket c(server->endpoint().port);
  c.send_text("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(c.read_until_closed(3000), "");
  a.send_text("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(a.read_until_closed(3000).starts_with("HTTP/1.1 200"));
}

TEST(Net, RequestsInFlightOverTheLimitAreRefused) {
  ServerLimits limits;
  limits.max_in_flight = 1;
  std::mutex mutex;
  std::vector<Reply> kept;
  std::atomic<int> count{0};
  const auto server = serve(limits, [&](Request, Reply reply) {
    const std::lock_guard lock(mutex);
    kept.push_back(std::move(reply));
    ++count;
    count.notify_all();
  });
  RawSocket first(server->endpoint().port);
  first.send_text("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  count.wait(0);
  EXPECT_TRUE(refused_as(answer_to(*server, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"), HttpReject::too_many_in_flight));
  kept[0]({200, {}, kText});
  EXPECT_TRUE(first.read_until_closed(3000).starts_with("HTTP/1.1 200"));
}

TEST(Net, RequestsPerConnectionAreLimited) {
  ServerLimits limits;
  limits.max_requests = 2;
  const auto server = serve(limits);
  const std::string get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string answer = answer_to(*server, get + get + get);
  EXPECT_NE(answer.find("200 OK"), std::string::npos);
  EXPECT_EQ(answer.find("200 OK", answer.find("200 OK", answer.find("200 OK") + 1) + 1), std::string::npos);
}

TEST(Net, AReaderThatStopsReadingIsCutOff) {
  ServerLimits limits;
  limits.response_ms = 300;
  const auto server = serve(limits, [](Request, Reply reply) { reply({200, Bytes(64 << 20), kBinary}); });
  RawSocket socket(server->endpoint().port);
  socket.send_text("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto start = std::chrono::steady_clock::now();
  while (server->connections() == 0) std::this_thread::yield();
  while (server->connections() > 0 && std::chrono::steady_clock::now() - start < std::chrono::seconds(5))
    std::this_thread::yield();
  EXPECT_EQ(server->connections(), 0u);
}

TEST(Net, ClientErrorsAreErrors) {
  Client client;
  uint16_t free_port = 0;
  { free_port = serve()->endpoint().port; }
  EXPECT_FALSE(client.call_and_wait({"127.0.0.1", free_port}, {}, 2000).ok());
  EXPECT_FALSE(client.call_and_wait({"not an address", 1}, {}, 2000).ok());
  const auto silent = serve({}, [](Request, Reply) {});
  const auto start = std::chrono::steady_clock::now();
  const auto timed_out = client.call_and_wait(silent->endpoint(), {Method::get, "/", {}, ""}, 200);
  EXPECT_FALSE(timed_out.ok());
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));

  ClientLimits limits;
  limits.max_response_bytes = 10;
  Client small(limits);
  const auto server = serve();
  EXPECT_TRUE(small.call_and_wait(server->endpoint(), {Method::get, "/12345678", {}, ""}, 2000)
                  .error()
                  .what.find("body_too_large") != std::string::npos);
  limits.max_in_flight = 1;
  Client narrow(limits);
  std::atomic<int> ended{0};
  for (int i = 0; i < 2; ++i)
    narrow.call(silent->endpoint(), {Method::get, "/", {}, ""}, 200, [&](Result<Response, Error> r) {
      EXPECT_FALSE(r.ok());
      ++ended;
      ended.notify_all();
    });
  ended.wait(0);
  EXPECT_EQ(ended, 1);                 // the second at once, the first after its time
  ended.wait(1);
}

TEST(Net, AKeptConnectionTheServerClosedIsReplaced) {
  ServerLimits limits;
  limits.idle_ms = 50;
  const auto server = serve(limits);
  Client client;
  ASSERT_TRUE(client.call_and_wait(server->endpoint(), {Method::get, "/a", {}, ""}, 2000).ok());
  while (server->connections() > 0) std::this_thread::yield();
  EXPECT_TRUE(client.call_and_wait(server->endpoint(), {Method::get, "/b", {}, ""}, 2000).ok());
}

TEST(Net, APortInUseIsAnError) {
  const auto server = serve();
  const auto second = Server::start(server->endpoint(), {}, echo);
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.error().what.find("cannot listen on 127.0.0.1:"), std::string::npos);
}

TEST(Net, Targets) {
  const Target t = parse_target("/v1/blocks?from=12&wait&max=x&big=18446744073709551616");
  EXPECT_EQ(t.path, "/v1/blocks");
  EXPECT_EQ(t.number("from", 0), 12u);
  EXPECT_EQ(t.number("absent", 5), 5u);
  EXPECT_EQ(t.number("wait", 5), std::nullopt);
  EXPECT_EQ(t.number("max", 5), std::nullopt);
  EXPECT_EQ(t.number("big", 5), std::nullopt);
  EXPECT_EQ(parse_u64("18446744073709551615"), UINT64_MAX);
  for (const char* bad : {"", "+1", "-1", " 1", "1 ", "0x1"}) EXPECT_EQ(parse_u64(bad), std::nullopt) << bad;
}

TEST(Net, ASourceIsAnAddressHoweverManyConnections) {
  const auto server = serve({}, [](Request request, Reply reply) {
    reply({200, bytes_of(std::to_string(request.source) + " " + std::to_string(request.connection)), kText});
  });
  const auto ask = [&](uint32_t address) {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in from{}, to{};
    from.sin_family = to.sin_family = AF_INET;
    from.sin_addr.s_addr = htonl(address);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(server->endpoint().port);
    EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&from), sizeof from), 0);
    EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    const std::string_view text = "GET / HTTP/1.1\r\nHost: v\r\nConnection: close\r\n\r\n";
    EXPECT_EQ(::send(fd, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
    std::string out;
    char chunk[512];
    for (ssize_t n; (n = recv(fd, chunk, sizeof chunk, 0)) > 0;) out.append(chunk, static_cast<size_t>(n));
    close(fd);
    return out.substr(out.rfind('\n') + 1);
  };
  const std::string first = ask(0x7f000001), again = ask(0x7f000001), other = ask(0x7f000002);
  EXPECT_NE(first, again);                               // two connections
  const auto source = [](const std::string& answer) { return answer.substr(0, answer.find(' ')); };
  EXPECT_EQ(source(first), std::to_string(0x7f000001));
  EXPECT_EQ(source(first), source(again));
  EXPECT_EQ(source(other), std::to_string(0x7f000002));
}

TlsIdentity identity(uint8_t i) {
  ByteArray<32> seed{};
  seed.fill(i);
  return TlsIdentity::from_seed(Secret(seed));
}

// Says who asked.
void who(Request request, Reply reply) { reply({200, bytes_of(request.peer ? to_hex(*request.peer) : "nobody"), kText}); }

TEST(Tls, a_key_is_the_same_every_time) {
  // RFC 8032, 7.1, test 1: private key and public key.
  ByteArray<32> seed;
  const auto bytes = from_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
  std::copy(bytes->begin(), bytes->end(), seed.begin());
  EXPECT_EQ(to_hex(TlsIdentity::from_seed(Secret(seed)).key()), "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
}

TEST(Tls, both_sides_know_whom_they_talk_to) {
  const auto server = serve({}, who, identity(1));
  ASSERT_EQ(server->endpoint().key, identity(1).key());
  Client wallet, validator({}, identity(2));
  for (int i = 0; i < 3; ++i) {                            // the second call runs on the kept connection
    const auto anonymous = wallet.call_and_wait(server->endpoint(), {Method::get, "/"}, 5000);
    ASSERT_TRUE(anonymous.ok()) << anonymous.error().what;
    EXPECT_EQ(text_of(anonymous->body), "nobody");
    const auto known = validator.call_and_wait(server->endpoint(), {Method::get, "/"}, 5000);
    ASSERT_TRUE(known.ok()) << known.error().what;
    EXPECT_EQ(text_of(known->body), to_hex(identity(2).key()));
  }
  EXPECT_EQ(server->connections(), 2u);
}

TEST(Tls, large_bodies_pass) {
  const auto server = serve({}, echo, identity(1));
  Client client;
  Bytes body(200'000, 7);
  const auto response = client.call_and_wait(server->endpoint(), {Method::post, "/", body}, 5000);
  ASSERT_TRUE(response.ok()) << response.error().what;
  EXPECT_EQ(response->body.size(), body.size() + 3);
}

TEST(Tls, another_key_is_not_believed) {
  std::atomic<int> asked{0};
  const auto server = serve({}, [&](Request, Reply reply) { ++asked; reply({}); }, identity(1));
  Client client;
  Endpoint to = server->endpoint();
  to.key = identity(3).key();
  const auto response = client.call_and_wait(to, {Method::post, "/", bytes_of("secret")}, 5000);
  ASSERT_FALSE(response.ok());
  EXPECT_NE(response.error().what.find("another key"), std::string::npos);
  EXPECT_EQ(asked, 0);
}

TEST(Tls, plain_and_encrypted_do_not_mix) {
  const auto encrypted = serve({}, who, identity(1)), plain = serve({}, who);
  Client client;
  Endpoint to = encrypted->endpoint();
  to.key.reset();
  EXPECT_FALSE(client.call_and_wait(to, {Method::get, "/"}, 5000).ok());
  to = plain->endpoint();
  to.key = identity(1).key();
  EXPECT_FALSE(client.call_and_wait(to, {Method::get, "/"}, 5000).ok());
}

// What another TLS client says of the handshake.
std::string say_client(uint16_t port, const std::string& arguments) {
  const std::string command =
      "timeout 5 openssl s_client -connect 127.0.0.1:" + std::to_string(port) + " " + arguments + " </dev/null 2>&1";
  std::string out;
  FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return out;
  char chunk[4096];
  while (const size_t n = fread(chunk, 1, sizeof chunk, pipe)) out.append(chunk, n);
  pclose(pipe);
  return out;
}

TEST(Tls, nothing_older_than_1_3) {
  const auto server = serve({}, who, identity(1));
  const auto newest = say_client(server->endpoint().port, "-tls1_3"), older = say_client(server->endpoint().port, "-tls1_2");
  EXPECT_NE(newest.find("New, TLSv1.3, Cipher is TLS_"), std::string::npos) << newest;
  EXPECT_NE(older.find("New, (NONE), Cipher is (NONE)"), std::string::npos) << older;
}

TEST(Tls, silent_handshakes_are_cut_off) {
  ServerLimits limits;
  limits.silence_s = 0;
  limits.request_ms = 200;
  const auto server = serve(limits, who, identity(1));
  RawSocket silent(server->endpoint().port);
  ASSERT_TRUE(silent.connected());
  EXPECT_EQ(silent.read_until_closed(3000), "");
  RawSocket noise(server->endpoint().port);
  ASSERT_TRUE(noise.send_text("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_EQ(noise.read_until_closed(3000).find("200"), std::string::npos);
}

TEST(Net, a_source_has_so_many_connections_and_requests) {
  ServerLimits limits;
  limits.silence_s = 0;
  limits.source = {.connections = 2, .requests_per_s = 1, .burst = 3, .connect_tokens = 0, .remembered = 16, .reserve = 0, .purse = 0};
  const auto server = serve(limits);
  RawSocket first(server->endpoint().port), second(server->endpoint().port);
  const std::string get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  ASSERT_TRUE(first.send_text(get));
  EXPECT_NE(first.read_until_closed(300).find("200 OK"), std::string::npos);
  RawSocket third(server->endpoint().port);
  EXPECT_EQ(third.read_until_closed(3000), "");
  ASSERT_TRUE(first.send_text(get + get + get + get));
  const auto answers = first.read_until_closed(3000);
  EXPECT_NE(answers.find("429"), std::string::npos);
  EXPECT_NE(answers.find("too_many_requests"), std::string::npos);
}

}  // namespace
}  // namespace sotto::net
