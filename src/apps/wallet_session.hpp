// What every wallet command begins with: the file opened under its lock, the network it belongs to known, and, where
// the command needs it, a line to that network.
//
// Beside the wallet lies FILE.network: genesis and the validators' addresses and keys, public all of it, so that a balance can
// be shown and a payment file verified without a network. The wallet's own sealed rows say which network id it must be.
#pragma once
#include <variant>

#include "apps/console.hpp"
#include "apps/interruption.hpp"
#include "apps/proof_system.hpp"
#include "apps/wallet_commands.hpp"
#include "base/secret.hpp"
#include "crypto/random.hpp"
#include "node/wallet_driver.hpp"
#include "node/world.hpp"
#include "store/wallet_store.hpp"

namespace sotto::apps {

// What --network says: nothing, one validator of a devnet, or a network file.
using Asked = std::variant<std::monostate, net::Endpoint, node::NetworkFile>;

enum class Need : uint8_t {
  blocks,            // no circuit keys
  verifier,
  prover,
};

class WalletSession {
 public:
  // Opens the file: asks for the passphrase, loads wallet and FILE.network.
  static Result<std::unique_ptr<WalletSession>, CommandFailure> open(const WalletOptions& options);
  // The same for a command that only shows: a file that cannot be written, because the disk is full or may only be read, is
  // opened as it stands. Whatever would change it then fails (read_only).
  static Result<std::unique_ptr<WalletSession>, CommandFailure> look(const WalletOptions& options);
  // A new file on the network that `options` names, from its words. With `from_now` it starts at the present tree,
  // without at genesis.
  static Result<std::unique_ptr<WalletSession>, CommandFailure> create(const WalletOptions& options,
                                                                       const crypto::Bip39Entropy& words, bool from_now);

  // By when everything that asks the network must have ended; for ever, if nobody says.
  void until(const node::Deadline& deadline);
  const node::Deadline& deadline() const { return deadline_; }
  // Connects if it has not yet. Refused: another network than the wallet's.
  Status<CommandFailure> connect();
  // Connects, loads what is needed and makes the driver.
  Status<CommandFailure> drive(Need need);
  // Circuit keys alone, for checking a payment without a network.
  Status<CommandFailure> load(Need need);
  // Follows blocks, showing how far it is.
  Result<node::Synced, CommandFailure> sync(Console& console);

  // This command sends it again: for whoever interrupts it.
  void sends(const wallet::PaymentEntry& payment) { rows_->sends(payment); }

  const std::string& file() const { return file_; }
  bool read_only() const { return store_->read_only(); }
  bool lacks_the_last() const { return store_->lacks_the_last(); }
  // Made without a network file: which network it is came from whoever answered first.
  bool taken_on_trust() const { return taken_on_trust_; }
  wallet::Wallet& wallet() { return *wallet_; }
  const wallet::Wallet& wallet() const { return *wallet_; }
  const wallet::State& state() const { return wallet_->state(); }
  const ledger::Network& network() const { return *network_; }
  const settle::Committee& committee() const { return *committee_; }
  node::WalletDriver& driver() { return *driver_; }
  node::NetworkClient& client() { return *client_; }   // once connected
  const std::shared_ptr<const circuit::ProofSystem>& system() const { return system_; }
  Entropy& entropy() { return entropy_; }
  ThreadPool& pool() { return pool_; }
  std::string address_text(const note::Address& address) const { return note::to_text(address, network_->content().kind); }

 private:
  WalletSession() = default;
  static Result<std::unique_ptr<WalletSession>, CommandFailure> open(const WalletOptions& options, bool only_look);
  Status<CommandFailure> know(node::NetworkInfo info);
  Status<CommandFailure> choose_relays(const std::string& asked);
  Result<std::unique_ptr<node::NetworkClient>, node::NetworkClient::Trouble> reach();
  Result<std::optional<settle::Checkpoint>, CommandFailure> known_checkpoint() const;
  Status<CommandFailure> follow();
  Status<CommandFailure> keep_checkpoint();
  std::string file_, given_checkpoint_;
  std::string not_kept_;             // what of the network could not be remembered, and why; "": nothing
  crypto::SystemEntropy entropy_;
  node::SystemClock clock_;
  ThreadPool pool_{core_count()};
  std::unique_ptr<store::WalletStore> store_;
  std::unique_ptr<Interruption> rows_;          // the same, for the wallet
  node::NetworkInfo info_;
  std::shared_ptr<const ledger::Network> network_;
  std::shared_ptr<const settle::Committee> committee_;
  Asked asked_;
  std::vector<net::Endpoint> relays_;
  bool taken_on_trust_ = false;
  std::unique_ptr<wallet::Wallet> wallet_;
  node::Deadline deadline_ = node::Deadline::never();
  std::unique_ptr<node::NetworkClient> client_;
  std::optional<node::NetworkClient::Limit> limit_;    // of client_
  std::shared_ptr<const circuit::ProofSystem> system_;
  std::unique_ptr<node::WalletDriver> driver_;
};

CommandFailure failure_of(const wallet::Refusal& refusal);
CommandFailure failure_of(const node::NetworkClient::Trouble& trouble);
CommandFailure failure_of(const node::WalletDriver::Trouble& trouble);
CommandFailure failure_of(const node::PayFailure& failure, const ledger::Network& network);  // spending.cpp

}  // namespace sotto::apps
