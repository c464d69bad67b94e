// The people of the demo: each a sealed wallet file of their own and their own connections to the network.
#pragma once
#include <filesystem>

#include "crypto/bip39.hpp"
#include "crypto/random.hpp"
#include "node/devnet.hpp"
#include "node/world.hpp"
#include "store/wallet_store.hpp"

namespace sotto::apps {

// What everybody in the demo shares because it is one machine: the reference string, the cores, the clock.
struct DemoWorld {
  std::filesystem::path dir;
  crypto::SystemEntropy entropy;
  node::SystemClock clock;
  ThreadPool pool{std::max(1u, std::thread::hardware_concurrency())};
  std::shared_ptr<const circuit::ProofSystem> system;
  std::unique_ptr<node::Devnet> devnet;
  size_t wallets = 0;                  // files made so far
};

struct Party {
  std::string name;
  crypto::Bip39Entropy words;
  std::unique_ptr<store::WalletStore> file;
  std::unique_ptr<node::NetworkClient> network;
  std::unique_ptr<wallet::Wallet> wallet;
  std::unique_ptr<node::WalletDriver> driver;

  note::Address address() const { return wallet->address(); }
  // Follows blocks until `done`, or an Error after ten seconds.
  Status<Error> follow_until(const std::function<bool()>& done);
};

// A new wallet from fresh words, or from `words_of`'s (another device of the same person).
Result<std::unique_ptr<Party>, Error> make_party(DemoWorld& world, const std::string& name,
                                                 const Party* words_of = nullptr);

inline constexpr uint32_t kDemoTimeoutMs = 20'000;
inline constexpr note::AssetOpening kSot{1, 0}, kEur{3, 0};

}  // namespace sotto::apps
