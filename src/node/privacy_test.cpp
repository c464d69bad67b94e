// What a receiver says to validators: nothing that tells it from everybody else (docs/privacy.md).
#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <regex>
#include <thread>

#include "base/source_dir_for_test.hpp"
#include "crypto/random.hpp"
#include "node/devnet.hpp"
#include "net/client.hpp"
#include "net/server.hpp"
#include "node/world.hpp"
#include "store/store_for_test.hpp"
#include "store/wallet_store.hpp"

namespace sotto::node {
namespace {

constexpr note::AssetOpening kEur{3, 0};
constexpr uint32_t kTimeoutMs = 30'000;

// In front of one validator: passes requests on and writes them down.
class Recorder {
 public:
  explicit Recorder(net::Endpoint behind) : behind_(std::move(behind)) {
    net::ServerLimits limits;
    limits.max_body_bytes = kMaxRequestBytes;
    server_ = net::Server::start({"127.0.0.1", 0}, limits, [this](net::Request request, net::Reply reply) {
      {
        const std::lock_guard lock(mutex_);
        seen_.push_back((request.method == net::Method::get ? "GET " : "POST ") + request.target);
      }
      client_.call(behind_, std::move(request), kTimeoutMs, [reply = std::move(reply)](Result<net::Response, Error> r) {
        reply(r.ok() ? std::move(r).value() : net::Response{500, {}, net::kText});
      });
    }).value();
  }
  ~Recorder() { server_->stop(); }
  const net::Endpoint& at() const { return server_->endpoint(); }
  std::vector<std::string> seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  const net::Endpoint behind_;
  net::Client client_;
  std::mutex mutex_;
  std::vector<std::string> seen_;
  std::unique_ptr<net::Server> server_;
};

struct Watched {
  std::vector<std::unique_ptr<Recorder>> recorders;      // in committee order
  std::unique_ptr<store::WalletStore> store;
  std::unique_ptr<NetworkClient> network;
  std::unique_ptr<wallet::Wallet> wallet;
  std::unique_ptr<WalletDriver> driver;

  Watched(Devnet& devnet, const std::filesystem::path& file, uint8_t seed,
          const std::shared_ptr<const circuit::ProofSystem>& system, Entropy& entropy, ThreadPool& pool) {
    NetworkInfo info{ledger::encode(devnet.genesis()), {}, 0};
    for (const auto& at : devnet.endpoints()) {
      recorders.push_back(std::make_unique<Recorder>(at));
      info.validators.push_back(recorders.back()->at());
    }
    network = NetworkClient::known(info, entropy, kTimeoutMs).value();
    store = store::WalletStore::create(file.string(), view("test"), {1, 8192}, entropy).value();
    const auto tree = network->tree().value();
    ByteArray<64> bytes;
    bytes.fill(seed);
    wallet = std::make_unique<wallet::Wallet>(
        wallet::Wallet::create(*store, network->network(), note::Seed(bytes), 0, wallet::Birth{tree.height, tree.tree}).value());
    driver = std::make_unique<WalletDriver>(*wallet, *network, system, entropy, pool);
  }
  // What each validator was asked, in order.
  std::vector<std::vector<std::string>> asked() const {
    std::vector<std::vector<std::string>> out;
    for (const auto& recorder : recorders) out.push_back(recorder->seen());
    return out;
  }
};

TEST(Privacy, who_receives_asks_what_everybody_asks) {
  crypto::SystemEntropy entropy;
  const SystemClock clock;
  ThreadPool pool{2};
  const auto system = circuit::load_proof_system(source_dir() + "/data/srs.bin", true, pool).value();
  store::testing::TemporaryDirectory dir;
  const auto devnet = Devnet::open({dir.path() / "net", 0, 4, "privacy"}, system, entropy, clock, pool, {}).value();
  Watched bob(*devnet, dir.path() / "bob", 1, system, entropy, pool);
  Watched carol(*devnet, dir.path() / "carol", 2, system, entropy, pool);

  for (uint64_t height = 1; height <= 2; ++height) {
    ASSERT_TRUE(devnet->fund(bob.wallet->address(), kEur, note::Amount(5), {}, kTimeoutMs).ok());
    for (size_t i = 0; i < devnet->size(); ++i)
      while (devnet->validator(i).height() < height) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ASSERT_TRUE(bob.network->follow().ok() && carol.network->follow().ok());      // as a wallet does whenever it comes
  const auto received = bob.driver->sync(), nothing = carol.driver->sync();
  ASSERT_TRUE(received.ok() && nothing.ok());
  EXPECT_EQ(received->received.size(), 2u);
  EXPECT_TRUE(nothing->received.empty());

  EXPECT_EQ(bob.asked(), carol.asked());
  const std::regex about_everybody(R"(GET /v1/(tree|transitions\?from=\d+|blocks\?from=\d+&wait_ms=\d+|hash\?height=\d+&wait_ms=\d+))");
  size_t requests = 0;
  for (const auto& validator : bob.asked())
    for (const auto& request : validator) {
      EXPECT_TRUE(std::regex_match(request, about_everybody)) << request;
      ++requests;
    }
  EXPECT_GT(requests, 4u);
}

}  // namespace
}  // namespace sotto::node
