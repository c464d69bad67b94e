#include "apps/demo_party.hpp"

#include "apps/console.hpp"
#include "crypto/bip39.hpp"

namespace sotto::apps {

Result<std::unique_ptr<Party>, Error> make_party(DemoWorld& world, const std::string& name, const Party* words_of) {
  auto party = std::make_unique<Party>();
  party->name = name;
  const auto words = words_of != nullptr ? words_of->words : crypto::Bip39Entropy(world.entropy.bytes<32>());
  party->words = words;
  const auto seed = crypto::bip39_seed(words, "");
  CHECK(seed.ok());
  const std::string file = (world.dir / (std::to_string(++world.wallets) + ".wallet")).string();
  const auto passphrase = to_hex(world.entropy.bytes<16>());
  auto store = store::WalletStore::create(file, view(passphrase), crypto::kArgon2idInteractive, world.entropy);
  if (!store.ok()) return Failure{Error{store::name(store.error().reject)}};
  party->file = std::move(store).value();
  auto network = node::NetworkClient::connect(world.devnet->endpoints().front(), world.devnet->id(), world.entropy,
                                              kDemoTimeoutMs);
  if (!network.ok()) return Failure{Error{network.error().what}};
  party->network = std::move(network).value();

  // A new wallet starts now; one restored from words starts at genesis and scans.
  std::optional<wallet::Birth> birth;
  if (words_of == nullptr) {
    const auto tree = party->network->tree();
    if (!tree.ok()) return Failure{Error{tree.error().what}};
    birth = wallet::Birth{tree->height, tree->tree};
  }
  auto wallet = wallet::Wallet::create(*party->file, party->network->network(), *seed, 0, birth);
  if (!wallet.ok()) return Failure{Error{wallet::name(wallet.error().reject)}};
  party->wallet = std::make_unique<wallet::Wallet>(std::move(wallet).value());
  party->driver =
      std::make_unique<node::WalletDriver>(*party->wallet, *party->network, world.system, world.entropy, world.pool);
  return party;
}

Status<Error> Party::follow_until(const std::function<bool()>& done) {
  const Stopwatch watch;
  while (!done()) {
    if (watch.ms() > kDemoTimeoutMs) return Failure{Error{name + " waited too long for a block"}};
    const auto synced = driver->sync(2000);
    if (!synced.ok()) return Failure{Error{synced.error().what}};
  }
  return Ok{};
}

}  // namespace sotto::apps
