// What tests of a whole network in one process share: a devnet in a directory of its own, people with wallets on it.
#pragma once
#include <gtest/gtest.h>

#include <thread>

#include "base/source_dir_for_test.hpp"
#include "crypto/random.hpp"
#include "node/devnet.hpp"
#include "node/dev_genesis.hpp"
#include "node/wallet_driver.hpp"
#include "node/world.hpp"
#include "store/wallet_store.hpp"

namespace sotto::node {

inline constexpr note::AssetOpening kSot{1, 0}, kEur{3, 0};
inline constexpr uint32_t kTimeoutMs = 30'000;

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sotto-node-test-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Loaded once: it takes a moment.
struct World {
  crypto::SystemEntropy entropy;
  SystemClock clock;
  ThreadPool pool{2};
  std::shared_ptr<const circuit::ProofSystem> system;
  World() {
    auto loaded = circuit::load_proof_system(source_dir() + "/data/srs.bin", true, pool);
    EXPECT_TRUE(loaded.ok()) << loaded.error().what;
    system = std::move(loaded).value();
  }
};
inline World& world() {
  static World w;
  return w;
}

inline std::unique_ptr<Devnet> open_devnet(const std::filesystem::path& dir) {
  World& w = world();
  auto devnet = Devnet::open({dir, 0, 4, "sotto-test"}, w.system, w.entropy, w.clock, w.pool, {});
  EXPECT_TRUE(devnet.ok()) << devnet.error().what;
  return devnet.ok() ? std::move(devnet).value() : nullptr;
}

// A wallet in a sealed file, with the cheapest key stretching there is.
struct Person {
  std::unique_ptr<store::WalletStore> store;
  std::unique_ptr<NetworkClient> network;
  std::unique_ptr<wallet::Wallet> wallet;
  std::unique_ptr<WalletDriver> driver;

  void connect(const Devnet& devnet) {
    World& w = world();
    auto client = NetworkClient::connect(devnet.endpoints().front(), devnet.id(), w.entropy, 5000);
    ASSERT_TRUE(client.ok()) << client.error().what;
    network = std::move(client).value();
    driver = std::make_unique<WalletDriver>(*wallet, *network, w.system, w.entropy, w.pool);
  }
  // Follows blocks until `done`.
  ::testing::AssertionResult follow(const std::function<bool()>& done) {
    const auto start = std::chrono::steady_clock::now();
    while (!done()) {
      if (std::chrono::steady_clock::now() - start > std::chrono::seconds(30))
        return ::testing::AssertionFailure() << "no block for too long";
      const auto synced = driver->sync(1000);
      if (!synced.ok()) return ::testing::AssertionFailure() << synced.error().what;
    }
    return ::testing::AssertionSuccess();
  }
  uint64_t spendable(const note::AssetOpening& asset) const { return wallet->balance(asset).spendable.units(); }
  uint64_t total(const note::AssetOpening& asset) const { return wallet->balance(asset).total().units(); }
};

inline Person make_person(const Devnet& devnet, const std::filesystem::path& file, const note::Seed& seed, bool from_genesis = false) {
  World& w = world();
  Person p;
  auto store = store::WalletStore::create(file.string(), view("test"), {1, 8192}, w.entropy);
  EXPECT_TRUE(store.ok());
  p.store = std::move(store).value();
  auto client = NetworkClient::connect(devnet.endpoints().front(), devnet.id(), w.entropy, 5000);
  EXPECT_TRUE(client.ok()) << client.error().what;
  p.network = std::move(client).value();
  std::optional<wallet::Birth> birth;
  if (!from_genesis) {
    const auto tree = p.network->tree();
    EXPECT_TRUE(tree.ok()) << tree.error().what;
    birth = wallet::Birth{tree->height, tree->tree};
  }
  auto made = wallet::Wallet::create(*p.store, p.network->network(), seed, 0, birth);
  EXPECT_TRUE(made.ok());
  p.wallet = std::make_unique<wallet::Wallet>(std::move(made).value());
  p.driver = std::make_unique<WalletDriver>(*p.wallet, *p.network, w.system, w.entropy, w.pool);
  return p;
}
inline note::Seed seed_of(uint8_t byte) {
  ByteArray<64> seed;
  seed.fill(byte);
  return note::Seed(seed);
}
inline wallet::PayRequest eur(const Person& to, uint64_t units, uint64_t fee = 0) {
  return {to.wallet->address(), kEur, note::Amount(units), {}, kSot, note::Amount(fee)};
}

// Once all stand at one height: a block may be on its way.
inline void expect_same_state(Devnet& devnet) {
  const auto of = [&](size_t i) { return devnet.validator(i).state_hash(); };
  for (int looks = 0; looks < 500; ++looks) {
    bool level = true;
    for (size_t i = 1; i < devnet.size(); ++i) level &= of(i) && of(0) && of(i)->first == of(0)->first;
    if (level) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  const auto first = of(0);
  for (size_t i = 1; i < devnet.size(); ++i) EXPECT_EQ(of(i), first) << "validator " << i;
}

// Waits until every validator has executed that height.
inline void wait_height(Devnet& devnet, uint64_t height) {
  for (size_t i = 0; i < devnet.size(); ++i)
    for (int n = 0; devnet.validator(i).height() < height && n < 3000; ++n)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

}  // namespace sotto::node
