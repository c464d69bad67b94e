// A wallet put to work on a network: follows blocks, pays and waits until the payment is final, takes up what was left
// under way. The wallet stores before anything is sent; the driver only carries bytes and brings back certificates.
#pragma once
#include "node/documents.hpp"
#include "node/network_client.hpp"
#include "wallet/wallet.hpp"

namespace sotto::node {

struct PayFailure {
  enum class Kind : uint8_t {
    wallet,          // the wallet said no (wallet::Reject): nothing was sent
    refused,         // a quorum refused for good: the money has not moved and its notes are free again
    pending,         // not known to be final; the very same bytes are sent again by resume()
  };
  Kind kind{};
  std::string reject;                // the named reject
  std::string what;                  // for people
  std::optional<wallet::TxId> txid;  // of what was stored
};

struct Paid {
  wallet::TxId txid;
  std::shared_ptr<const Bytes> transaction;
  Settled settled;
  double prove_ms = 0;               // everything before the first send: selection, proof, own verification, store
  size_t merges = 0;                 // that had to go first
};

struct Synced {
  uint64_t from = 0, to = 0;         // heights
  std::vector<wallet::Incoming> received;
};
using SyncProgress = std::function<void(uint64_t height)>;

class WalletDriver {
 public:
  WalletDriver(wallet::Wallet& wallet, NetworkClient& network, std::shared_ptr<const circuit::ProofSystem> system, Entropy& entropy,
               ThreadPool& pool)
      : wallet_(wallet), network_(network), system_(std::move(system)), entropy_(entropy), pool_(pool) {}

  struct Trouble {
    std::optional<NetworkClient::Failed> network;   // none: the wallet's
    std::string reject;
    std::string what;
  };
  // Applies blocks until there are no more. With wait_ms the first request waits that long for one.
  Result<Synced, Trouble> sync(uint32_t wait_ms = 0, const SyncProgress& progress = {});

  // Merges first if the money lies in too many notes; waits for change that is about to arrive, within timeout_ms.
  Result<Paid, PayFailure> pay(const wallet::PayRequest& request, uint32_t timeout_ms, const Payer::Watch& watch = {});
  // Sends what is stored and pending once more, oldest first. One outcome each.
  std::vector<Result<Paid, PayFailure>> resume(uint32_t timeout_ms, const Payer::Watch& watch = {});
  // Brings one stored payment to its end.
  Result<Paid, PayFailure> settle(const wallet::Outgoing& outgoing, uint32_t timeout_ms, const Payer::Watch& watch = {});

 private:
  Result<wallet::Outgoing, PayFailure> build(const wallet::PayRequest& request, uint32_t timeout_ms, size_t& merges);
  wallet::Wallet& wallet_;
  NetworkClient& network_;
  std::shared_ptr<const circuit::ProofSystem> system_;
  Entropy& entropy_;
  ThreadPool& pool_;
};

}  // namespace sotto::node
