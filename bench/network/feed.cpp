// sotto_feed: hands a corpus (bench/validator/corpus.hpp) with its lock certificates to a network's validators, each payment to one of them,
// as wallets do that have gathered the votes themselves; the network orders and executes them. One JSON document on stdout.
#include <CLI/CLI.hpp>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "bench/validator/corpus.hpp"
#include "net/client.hpp"
#include "node/api.hpp"
#include "node/network_file.hpp"

namespace {

using namespace sotto;
using Clock = std::chrono::steady_clock;
constexpr size_t kUnderWay = 192;
constexpr uint32_t kTimeoutMs = 60'000;

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

class Feed {
 public:
  Feed(std::vector<bench::CorpusPayment> payments, std::vector<net::Endpoint> to) : payments_(std::move(payments)), to_(std::move(to)) {}

  // Seconds. A payment that a validator has no room for is offered again; any other refusal ends the program.
  double run() {
    const auto started = Clock::now();
    for (size_t i = 0; i < payments_.size(); ++i) {
      std::unique_lock lock(mutex_);
      room_.wait(lock, [&] { return under_way_ < kUnderWay; });
      ++under_way_;
      lock.unlock();
      offer(i);
      if ((i + 1) % 1000 == 0)
        std::fprintf(stderr, "fed %zu of %zu, %.0f s\n", i + 1, payments_.size(), std::chrono::duration<double>(Clock::now() - started).count());
    }
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return under_way_ == 0; });
    return std::chrono::duration<double>(Clock::now() - started).count();
  }
  size_t again() const { return again_; }

 private:
  void offer(size_t i) {
    const auto certificate = settle::LockCertificate::decode(payments_[i].certificate);
    CHECK(certificate.ok());
    const node::CertificateMessage message{*certificate, payments_[i].transaction};
    client_.call(to_[i % to_.size()], {net::Method::post, node::kCertificatesPath, message.encode(), ""}, kTimeoutMs,
                 [this, i](const Result<net::Response, Error>& answer) { answered(i, answer); });
  }

  void answered(size_t i, const Result<net::Response, Error>& answer) {
    if (!answer.ok()) die("payment " + std::to_string(i) + ": " + answer.error().what);
    if (answer->status != 200) {
      const auto refusal = node::RefusalMessage::decode(answer->body);
      if (answer->status != 503 && !(refusal.ok() && (refusal->reason == "busy" || refusal->reason == "source_busy")))
        die("payment " + std::to_string(i) + ": status " + std::to_string(answer->status) + (refusal.ok() ? " " + refusal->text() : ""));
      ++again_;
      return offer(i);
    }
    const std::lock_guard lock(mutex_);
    --under_way_;
    room_.notify_one();
  }

  const std::vector<bench::CorpusPayment> payments_;
  const std::vector<net::Endpoint> to_;
  std::mutex mutex_;
  std::condition_variable room_;
  size_t under_way_ = 0;
  std::atomic<size_t> again_ = 0;
  net::Client client_{{.max_in_flight = 2 * kUnderWay, .max_idle_per_endpoint = kUnderWay}};  // last: its callbacks use the others
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Feeds a network with payments that have been made before"};
  std::string corpus, network;
  size_t count = 0, validators = 1;
  app.add_option("--corpus", corpus, "their folder")->required();
  app.add_option("--network", network, "network file")->required();
  app.add_option("--count", count, "so many of them")->required();
  app.add_option("--validators", validators, "to the first so many of the file, in turn");
  CLI11_PARSE(app, argc, argv);
  auto payments = bench::read_payments(corpus, count);
  if (!payments.ok()) die(payments.error().what);
  const auto bytes = read_file(network, node::kMaxNetworkFileBytes);
  if (!bytes.ok()) die(bytes.error().what);
  const auto file = node::parse_network_file(*bytes);
  if (!file.ok()) die(file.error().what);
  if (validators == 0 || validators > file->members.size()) die("the network has not so many validators");
  std::vector<net::Endpoint> to;
  for (size_t i = 0; i < validators; ++i) to.push_back(file->members[i].api);
  const size_t fed = payments->size();
  Feed feed(std::move(payments).value(), std::move(to));
  const double seconds = feed.run();
  std::printf("%s\n", nlohmann::ordered_json{{"payments", fed}, {"seconds", seconds}, {"offered_again", feed.again()}}.dump().c_str());
  return 0;
}
