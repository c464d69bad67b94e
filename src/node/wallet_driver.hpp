// A wallet put to work on a network: follows blocks, pays and waits until the payment is final, takes up what was left
// under way. The wallet stores before anything is sent; the driver only carries bytes and brings back certificates.
#pragma once
#include "node/documents.hpp"
#include "node/network_client.hpp"
#include "node/timed_prover.hpp"
#include "wallet/wallet.hpp"

namespace sotto::node {

// Small notes made into one before a payment (wallet/plan.hpp): transactions to oneself, each with a fee.
struct Merges {
  size_t done = 0, planned = 0;
  note::Amount fees;                 // of those that are done
  std::vector<wallet::TxId> txids;   // the same
};

struct PayFailure {
  enum class Kind : uint8_t {
    wallet,          // the wallet said no (wallet::Reject), or time was over before anything was sent: no payment exists
    merging,         // a merge did not become final: no payment exists, `merges` says what has been done and paid
    refused,         // a quorum refused for good: the money has not moved and its notes are free again
    pending,         // not known to be final; the very same bytes are sent again by resume()
  };
  Kind kind{};
  std::string reject;                // the named reject
  std::string what;                  // for people
  std::optional<wallet::TxId> txid;  // of what was stored (of the merge, if it is one)
  std::shared_ptr<const Bytes> rival = nullptr;  // the transaction that holds our notes, as a validator says
  std::optional<wallet::Shortfall> shortfall = std::nullopt;
  Merges merges{};                   // that were made for this payment before it failed
};

struct Paid {
  wallet::TxId txid;
  std::shared_ptr<const Bytes> transaction;
  std::shared_ptr<const Settled> settled;   // none: a block has it, and its epoch ended before a quorum's acknowledgements were together
  double prove_ms = 0;               // the proof alone; 0 if it was made in an earlier run
  double settled_ms = 0;             // from finished proof to settlement certificate: own verification, signature and
                                     // synced store included; from the first send if the proof is of an earlier run
  Merges merges{};                   // that had to go first
  std::string unnoted = {};          // final, but the wallet could not store that it is: why. A block will tell it
};

struct Synced {
  uint64_t from = 0, to = 0;         // heights
  std::vector<wallet::Incoming> received;
  std::vector<wallet::TxId> lost;    // that will never execute (State::lost), to us or ours
};
using SyncProgress = std::function<void(uint64_t height)>;

class WalletDriver {
 public:
  WalletDriver(wallet::Wallet& wallet, NetworkClient& network, std::shared_ptr<const circuit::ProofSystem> system,
               Entropy& entropy, ThreadPool& pool)
      : wallet_(wallet), network_(network), prover_(std::move(system), entropy, pool), entropy_(entropy), pool_(pool) {}

  // How payments become final from now on; gathered by the wallet otherwise.
  void use(SettleMode mode) { network_.payer().use(mode); }

  struct Trouble {
    std::optional<NetworkClient::Failed> network;   // none: the wallet's
    std::string reject;
    std::string what;
  };
  // Applies blocks until there are no more. With wait_ms the first request waits that long for one.
  Result<Synced, Trouble> sync(uint32_t wait_ms = 0, const SyncProgress& progress = {});

  // What happens that a person should know of, in plain words.
  using Notice = std::function<void(const std::string&)>;
  // How far the merges are.
  using Progress = std::function<void(const Merges&)>;
  // Carries out all the merges of a plan, round by round, until what it is about can be made. Takes no more fees than `agreed` says:
  // what would cost more is refused as costs_changed.
  Result<Merges, PayFailure> gather(const wallet::SpendPlan& agreed, const Deadline& deadline, const Progress& progress = {});
  // Plans, gathers, pays. If another device of this seed pays with the same notes, its payment is completed or the notes are
  // unlocked, and it is paid again.
  Result<Paid, PayFailure> pay(const wallet::PayRequest& request, const Deadline& deadline, const Payer::Watch& watch = {},
                               const Notice& notice = {});
  // The first part of pay(): everything up to the stored, unsent transaction, at the price of the plan.
  Result<wallet::Outgoing, PayFailure> prepare(const wallet::PayRequest& request, const wallet::SpendPlan& agreed, const Deadline& deadline,
                                               Merges* merges = nullptr, const Progress& progress = {});
  Result<wallet::Outgoing, PayFailure> prepare(const wallet::PayRequest& request, const Deadline& deadline);   // at any price
  // The second part, from that stored transaction on.
  Result<Paid, PayFailure> finish(const wallet::PayRequest& request, wallet::Outgoing outgoing, const Deadline& deadline,
                                  const Payer::Watch& watch = {}, const Notice& notice = {});
  // Stored payments not known to be final, oldest first. Expired ones too: a quorum that refuses them frees their
  // notes, and votes given in time still count.
  std::vector<wallet::Outgoing> unfinished() const;
  // Sends it once more. If a rival holds its notes, the rival is completed or the notes are unlocked; the payment is then
  // refused, for the user to pay again.
  Result<Paid, PayFailure> resume(const wallet::Outgoing& outgoing, const Deadline& deadline, const Payer::Watch& watch = {},
                                  const Notice& notice = {});
  // All of them, within one deadline. One outcome each; not_tried: there was no time left for it.
  std::vector<Result<Paid, PayFailure>> resume(const Deadline& deadline, const Payer::Watch& watch = {}, const Notice& notice = {});
  // For a restored wallet or a second device: asks which transactions hold our unspent notes and takes over those that
  // are this account's, for resume() to send on. Tells validators which notes belong together: not for every day.
  // How many there were.
  Result<size_t, Trouble> adopt_locks(ledger::Authority& authority);
  // Brings one stored payment to its end.
  Result<Paid, PayFailure> settle(const wallet::Outgoing& outgoing, const Deadline& deadline,
                                  const Payer::Watch& watch = {});

 private:
  // A payment that failed because of a rival, or of a generation that rose: brings it to an end, its own or the rival's. Either
  // it is final after all, or it is dead (refused) and its notes are spent by the rival or free; or the time was too short.
  Result<Paid, PayFailure> contest(const wallet::Outgoing& outgoing, PayFailure failure, const Deadline& deadline,
                                   const Payer::Watch& watch, const Notice& notice);
  // Has the note recovered, until validators say that its generation has risen above this one or our payment has ended; false
  // if neither happened in time.
  bool unlock(const settle::NoteKey& note, const wallet::TxId& payment, const Deadline& deadline);
  bool ended(const wallet::TxId& payment) const;
  // Asks about delivered payments that are overdue, once; which of them will never execute.
  std::vector<wallet::TxId> ask_about_overdue();
  // What validators say about these notes now, where it is more than the wallet knows.
  void learn_generations(const wallet::Outgoing& outgoing);

  wallet::Wallet& wallet_;
  NetworkClient& network_;
  TimedProver prover_;
  std::optional<wallet::TxId> proven_;             // what prover_'s times are about
  Entropy& entropy_;
  ThreadPool& pool_;
  bool asked_overdue_ = false;
};

PayFailure wallet_failure(const wallet::Refusal& refusal);
PayFailure wallet_failure(const WalletDriver::Trouble& trouble);

}  // namespace sotto::node
