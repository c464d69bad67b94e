#include "node/faucet.hpp"

#include <mutex>

#include "store/wallet_store.hpp"

namespace sotto::node {

namespace fs = std::filesystem;

namespace {
constexpr uint32_t kTimeoutMs = 10'000;
constexpr size_t kPassphraseBytes = 32;

Failure<Devnet::Trouble> trouble(Devnet::Failed failed, const std::string& what) {
  return Failure{Devnet::Trouble{failed, "faucet: " + what}};
}

// Nobody types it: random, beside the wallet it opens, so that the wallet is one like any other.
Result<Bytes, Devnet::Trouble> passphrase(const fs::path& file, Entropy& entropy) {
  std::error_code e;
  if (fs::exists(file, e)) {
    auto bytes = read_file(file, 2 * kPassphraseBytes);
    if (!bytes.ok()) return trouble(Devnet::Failed::damaged, bytes.error().what);
    return std::move(bytes).value();
  }
  const std::string hex = to_hex(entropy.bytes<kPassphraseBytes>());
  if (const auto written = write_file(file, view(hex)); !written.ok())
    return trouble(Devnet::Failed::world, written.error().what);
  return Bytes(hex.begin(), hex.end());
}
}  // namespace

struct Faucet::Parts {
  std::unique_ptr<store::WalletStore> store;
  std::unique_ptr<NetworkClient> network;
  std::unique_ptr<wallet::Wallet> wallet;
  std::unique_ptr<WalletDriver> driver;
  std::mutex mutex;                      // the wallet and its driver
};

Faucet::Faucet(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Faucet::~Faucet() = default;

Result<std::unique_ptr<Faucet>, Devnet::Trouble> Faucet::open(const fs::path& dir, const note::Seed& seed,
                                                              std::unique_ptr<NetworkClient> network,
                                                              std::shared_ptr<const circuit::ProofSystem> system,
                                                              Entropy& entropy, ThreadPool& pool) {
  auto parts = std::make_unique<Parts>();
  TRY(word, passphrase(dir / "passphrase", entropy));
  const std::string file = (dir / "wallet").string();
  std::error_code e;
  auto store = fs::exists(file, e) ? store::WalletStore::open(file, word, entropy)
                                   : store::WalletStore::create(file, word, crypto::kArgon2idInteractive, entropy);
  if (!store.ok())
    return trouble(Devnet::Failed::damaged,
                   std::string(store::name(store.error().reject)) + " " + store.error().detail);
  parts->store = std::move(store).value();
  parts->network = std::move(network);

  auto wallet = wallet::Wallet::open(*parts->store, parts->network->network());
  if (!wallet.ok() && wallet.error().reject == wallet::Reject::no_account)
    wallet = wallet::Wallet::create(*parts->store, parts->network->network(), seed, 0, std::nullopt);
  if (!wallet.ok())
    return trouble(Devnet::Failed::damaged,
                   std::string(wallet::name(wallet.error().reject)) + " " + wallet.error().detail);
  parts->wallet = std::make_unique<wallet::Wallet>(std::move(wallet).value());
  parts->driver = std::make_unique<WalletDriver>(*parts->wallet, *parts->network, std::move(system), entropy, pool);
  if (const auto synced = parts->driver->sync(); !synced.ok())
    return trouble(Devnet::Failed::damaged, synced.error().what);
  // What an earlier run had sent and not seen final.
  for (const auto& outcome : parts->driver->resume(Deadline::in(kTimeoutMs)))
    if (!outcome.ok() && outcome.error().kind == PayFailure::Kind::wallet)
      return trouble(Devnet::Failed::damaged, outcome.error().what);
  return std::unique_ptr<Faucet>(new Faucet(std::move(parts)));
}

Result<Paid, PayFailure> Faucet::fund(const note::Address& to, const note::AssetOpening& asset, note::Amount amount,
                                      const Bytes& memo, uint32_t timeout_ms) {
  const auto deadline = Deadline::in(timeout_ms);          // waiting for others' turns counts
  const std::lock_guard lock(parts_->mutex);
  const auto limit = parts_->network->within(deadline);
  if (const auto synced = parts_->driver->sync(); !synced.ok())
    return Failure{PayFailure{PayFailure::Kind::wallet, synced.error().reject, synced.error().what, std::nullopt}};
  return parts_->driver->pay({to, asset, amount, memo, {kDevAssets[0].id, 0}, note::Amount(0)}, deadline);
}

}  // namespace sotto::node
