// A wallet's stake put to work: bonds, unbonds and claims carried to their block, and what is ready taken into notes.
#pragma once
#include "node/wallet_driver.hpp"

namespace sotto::node {

class StakeDriver {
 public:
  StakeDriver(wallet::Wallet& wallet, NetworkClient& network, WalletDriver& driver, std::shared_ptr<const circuit::ProofSystem> system,
              Entropy& entropy, ThreadPool& pool)
      : wallet_(wallet), network_(network), driver_(driver), prover_(std::move(system), entropy, pool), entropy_(entropy) {}

  // What one operation pays with, and how the wallet makes it.
  struct Order {
    std::optional<wallet::SpendRequest> spend;   // amount zero: the fee alone; none: no note of ours
    std::function<Result<wallet::Outgoing, wallet::Refusal>(wallet::Prover& prover, Entropy& entropy)> make;
  };
  // Merges notes if it must (in Paid; ask the wallet's plan() beforehand what it costs), settles, and waits for the block in which the operation takes effect. `pending`: it is certified or
  // may be, and its block has not come in time; sync() finds it later.
  Result<Paid, PayFailure> carry_out(const Order& order, const Deadline& deadline);

  // An operation that stands alone, to be ordered: given to every validator until `done` of the table, asked for again and again.
  // nonsense: none of them takes it, and what one of them says why.
  Status<NetworkClient::Trouble> order(const Bytes& transaction, const std::function<bool(const StakeMessage&)>& done, const Deadline& deadline);

  struct Taken {
    wallet::StakeEntry of;
    wallet::AssetOpening asset;
    note::Amount amount;
  };
  // Takes every claim of ours that is ready by `table`.
  Result<std::vector<Taken>, PayFailure> collect(const StakeMessage& table, const wallet::AssetOpening& fee_asset, note::Amount fee,
                                                 const Deadline& deadline);

 private:
  wallet::Wallet& wallet_;
  NetworkClient& network_;
  WalletDriver& driver_;
  TimedProver prover_;
  Entropy& entropy_;
};

// An open claim's asset.
wallet::AssetOpening asset_of(const ledger::OpenClaim& open, const ledger::Network& network);

}  // namespace sotto::node
