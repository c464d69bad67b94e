// A wallet's core: one account on one network. No clock, socket or file: rows go through RowStore, randomness through
// Entropy, and what must be sent is returned. One thread.
//
// Every operation computes the new state, commits its rows, and only then lets anybody see it: bytes to send are on disk
// before the caller has them (I11), and a failed commit leaves the wallet as it was.
#pragma once
#include "base/parallel.hpp"
#include "base/world.hpp"
#include "ledger/block.hpp"
#include "ledger/check.hpp"
#include "settle/certificate.hpp"
#include "wallet/build.hpp"
#include "wallet/plan.hpp"
#include "wallet/state.hpp"

namespace sotto::wallet {

enum class Reject : uint8_t {
  // opening
  already_exists,          // create() on a store that holds a wallet
  no_account,              // open() on an empty store
  wrong_network,           // the rows, an address, a transaction or a receipt is another network's
  damaged,                 // rows that do not fit together; detail says which
  // paying
  zero_amount,
  too_large,               // amount and fee beyond 2^64
  insufficient_funds,
  funds_arriving,          // enough, once what is under way has arrived: try again after the next block
  insufficient_fee,
  needs_merge,             // enough, in too many notes: plan() and merge() first
  needs_fee_merge,         // the same for the fee asset
  unknown_asset,
  regulated_asset,         // policy other than 0
  fee_not_allowed,
  fee_asset_not_allowed,
  memo_too_long,           // these three: note::check_memo, detail says what of it
  memo_not_utf8,
  memo_hidden_mark,
  plan_outdated,           // merge(): the notes it names are spent or held by now; plan again
  nothing_to_split,
  no_stake,                // the network has none
  below_minimum,           // less than the network lets bond or register
  nothing_to_claim,        // not ours, or taken already
  bad_own_proof,           // own proof or signature did not verify: nothing stored, nothing sent, suspect the machine
  // payments under way
  unknown_payment,
  wrong_certificate,       // of another transaction or other generations
  bad_certificate,         // does not verify; detail names the rule
  payment_final,           // settled or executed payments are not refused or released
  not_ours,                // adopt(): spends none of our notes
  conflicts_with_payment,  // adopt(): a rival of something that is still under way here
  nothing_to_unlock,       // recovery(): the note is spent, or not in a block yet
  // receiving
  bad_transaction,         // detail names the ledger's rule
  nothing_for_us,          // every reason alike
  // blocks
  wrong_height,            // not the next one
  wrong_root,              // the block's root is not what its outputs give
  tree_full,
  // receipts
  unknown_output,
  bad_receipt,             // signature
  payment_void,            // sign_receipt(): it will never execute
  receipt_mismatch,        // of another payment, output, address or amount
  // world
  store_failed,            // detail says what the store said; nothing has changed
};
const char* name(Reject reject);
// insufficient_funds and insufficient_fee in figures.
struct Shortfall {
  AssetOpening asset;
  Amount needed, there;    // everything counted: the amount and the fees of `merges` merges and the payment
  size_t merges = 0;
  bool dust = false;       // there is enough, in notes too small to be gathered at that fee
};
struct Refusal {
  Reject reject{};
  std::string detail;
  std::optional<Shortfall> shortfall = std::nullopt;
};

struct Balance {
  Amount spendable;        // in notes that can pay right now
  Amount arriving;         // final or expected back as change, spendable after its block
  uint64_t height = 0;     // of the last block this wallet has seen: how fresh this is
  Amount total() const { return spendable.plus(arriving).value_or(Amount(UINT64_MAX)); }
};

struct PayRequest {
  note::Address to;
  AssetOpening asset;
  Amount amount;
  Bytes memo;              // text: note::check_memo
  AssetOpening fee_asset;
  Amount fee;
};
// What a plan is about. No amount: everything (less the fees, if it is the fee asset). Zero: the fee alone.
struct SpendRequest {
  AssetOpening asset;
  Wanted amount;
  AssetOpening fee_asset;
  Amount fee;
};
struct SpendPlan {
  SpendRequest spend;
  Plan plan;
  bool waits = false;      // planned as if what arrives had arrived: wait for the next block, then plan again
  bool held = false;       // and only the change of payments that are still open makes it enough: resume them
  std::vector<std::array<std::optional<FieldKey>, circuit::kSlots>> notes;   // of plan.first, by commitment
};
// `amount`: native for a bond, tokens for an unbond.
struct BondRequest {
  ledger::ValidatorId validator;
  Amount amount;
  bool self = false;       // a bond that becomes the validator's own
  AssetOpening fee_asset;
  Amount fee;
};
// Exactly what the ledger says that the claim holds.
struct ClaimRequest {
  ledger::ClaimId claim;
  AssetOpening asset;
  Amount amount;
  uint32_t generation = 0;
  AssetOpening fee_asset;
  Amount fee;
};
// On disk already. Send `bytes`, as often as it takes, and nothing else for this payment.
struct Outgoing {
  TxId txid;
  std::shared_ptr<const Bytes> bytes;
};

struct Incoming {
  OutputRef output;
  AssetOpening asset;
  Amount value;
  Bytes memo;
  note::Address address;   // which of ours
  bool credited = false;   // false: known already
  bool conditional = false;  // under a contract: not money yet
  bool lost = false;         // certified, and will never execute (State::is_void)
};

// What a wallet wants to know of a block. `transactions` in execution order; alive during the call.
struct ScannedBlock {
  uint64_t height = 0;
  std::vector<const ledger::Transaction*> transactions;   // the executed ones only
  Fr root;                 // of the note tree after the block
  std::vector<const ledger::Transaction*> withdrawals;    // operators', that took effect
  uint64_t time_ms = 0;    // of its header
  uint64_t epoch = 0;      // the same
};
ScannedBlock scanned(const ledger::Block& block);
struct BlockEffects {
  std::vector<Incoming> received;          // change left out
  std::vector<TxId> executed;              // payments of ours
  std::vector<TxId> refused;               // payments of ours that lost a note to another transaction
  std::vector<TxId> expired;
  std::vector<TxId> lost;                  // that cannot execute any more, to us or ours: history says why
};

// A point to start from: the note tree after the block at `height`.
struct Birth {
  uint64_t height = 0;
  note::NoteTreeFrontier tree;
};

class Wallet {
 public:
  // From seed and network alone. With a Birth of "now" a new wallet needs no past; without one it starts at block 0,
  // genesis: applying every block brings notes, history and addresses back. `words`: what the seed was made of, kept to be
  // shown again.
  static Result<Wallet, Refusal> create(RowStore& store, std::shared_ptr<const ledger::Network> network, const note::Seed& seed,
                                        uint32_t account_index, const std::optional<Birth>& birth,
                                        const std::optional<crypto::Bip39Entropy>& words = std::nullopt);
  static Result<Wallet, Refusal> open(RowStore& store, std::shared_ptr<const ledger::Network> network);

  const ledger::Network& network() const { return *network_; }
  // What is made or handed over from now on carries this clock's time in the history; without a clock it carries none.
  void tell_time(const Clock& clock) { clock_ = &clock; }
  const note::ViewingKeys& keys() const { return keys_.view(); }
  // Height of the next block to apply.
  uint64_t next_block() const { return state_.next_block; }
  const State& state() const { return state_; }

  note::Address address(uint64_t index = 0) const { return keys().address(index); }
  // A fresh one, unlinkable to the others.
  Result<note::Address, Refusal> new_address();
  Balance balance(const AssetOpening& asset) const;
  std::vector<std::pair<AssetOpening, Balance>> balances() const;   // of every asset ever seen here
  std::vector<HistoryEntry> history() const;                        // oldest first

  // --- paying ---
  // Selects, builds, proves, verifies its own proof, signs, stores. ~0.1 s.
  Result<Outgoing, Refusal> pay(const PayRequest& request, Prover& prover, Entropy& entropy);
  // What that takes, merges and all, before anything is proven. insufficient_funds and insufficient_fee come with a Shortfall.
  // Where waiting for money that arrives takes fewer merges (or none do without it), the plan says to wait.
  Result<SpendPlan, Refusal> plan(const SpendRequest& spend) const;
  // To oneself: merge `index` of the plan's first round; the largest note into several, so that later payments need not wait for change.
  Result<Outgoing, Refusal> merge(const SpendPlan& plan, size_t index, Prover& prover, Entropy& entropy);
  Result<Outgoing, Refusal> split(const AssetOpening& asset, const AssetOpening& fee_asset, Amount fee,
                                  Prover& prover, Entropy& entropy);
  // --- staking (stake.cpp) ---
  // Like payments: stored, to be settled; they take effect when they execute. What they open is found in blocks.
  Result<Outgoing, Refusal> bond(const BondRequest& request, Prover& prover, Entropy& entropy);
  Result<Outgoing, Refusal> unbond(const BondRequest& request, Prover& prover, Entropy& entropy);
  // The one that may withdraw what a validator with that vote key has at stake, if this account registers it.
  crypto::JubjubAffine operator_key(ByteView vote_key) const;
  // With that key as its operator's (CHECKed), and everything signed.
  Result<Outgoing, Refusal> register_validator(const ledger::Register& registration, const AssetOpening& fee_asset, Amount fee,
                                               Prover& prover, Entropy& entropy);
  Result<Outgoing, Refusal> claim(const ClaimRequest& request, Prover& prover, Entropy& entropy);
  // Not taken, and no transaction of ours that would is under way.
  bool claimable(const StakeEntry& entry) const;
  // By the operator of a validator this account registered: to be ordered, alone. Nothing is stored: blocks tell of it.
  ledger::Transaction withdrawal(const ledger::ValidatorId& validator, ByteView vote_key, uint64_t epoch, uint32_t sequence,
                                 Amount tokens, Entropy& entropy) const;
  // The public key of K-8.
  crypto::JubjubAffine claim_point(const Hash32& basis) const;
  AssetOpening native() const { return network_->assets()[0].opening; }

  // Not known to be final, oldest first.
  std::vector<const PaymentEntry*> open_payments() const;
  // One that pays the same to the same payee and is open, or is final without anybody having been told: paying again may be a
  // mistake. nullptr: none.
  const PaymentEntry* unfinished_like(const note::Address& to, const AssetOpening& asset, Amount amount) const;
  // The person or program has been shown what became of it.
  Status<Refusal> told(const TxId& txid);
  // Everything pending, oldest first: send again after a restart. The very bytes of the first time.
  std::vector<Outgoing> to_resend() const;
  const PaymentEntry* payment(const TxId& txid) const;

  // --- what became of it ---
  // Checks the certificate; the change then counts as arriving. Again: fine.
  Status<Refusal> settled(const TxId& txid, const settle::SettlementCertificate& certificate, const settle::Committee& committee);
  // It will not happen: for the caller to say when no validator holds a lock for it (all refused it, or it expired and a
  // quorum answers that nobody locks its notes). The notes are free again. Again: fine.
  Status<Refusal> refused(const TxId& txid, const std::string& reason);
  // A transaction of this account that validators name as holder of our notes (another device, a restored wallet):
  // becomes a payment of ours, pending, to be sent on as it is.
  Status<Refusal> adopt(ByteView transaction, ledger::Authority& authority);

  // --- unlocking (recover.cpp) ---
  // The encoded recovery of a note of ours in that epoch, to be ordered. Nothing is stored: two recoveries of one note are as
  // good as one.
  Result<Bytes, Refusal> recovery(const ledger::Nullifier& nf, uint64_t epoch, Prover& prover, Entropy& entropy) const;
  // The ledger has raised it: what we pay with that note from here on names the new one. Never lowers it. Believing a wrong one
  // delays payments and loses nothing: every payment of the note still shares its nullifier.
  Status<Refusal> raise_generation(const ledger::Nullifier& nf, uint32_t generation);

  // --- receiving ---
  // From the payer directly, from a relay, in any order, any number of times: credited once. Verifies everything itself.
  Result<std::vector<Incoming>, Refusal> receive(ByteView transaction, const settle::SettlementCertificate& certificate,
                                                 const settle::Committee& committee, ledger::Authority& authority);
  // The next blocks, in order. All of them or none.
  Result<BlockEffects, Refusal> apply_blocks(std::span<const ScannedBlock> blocks, ThreadPool& pool);

  // Delivered payments that no block has shown for a while although blocks came: something is wrong. Whoever asks validators about
  // them tells who is paid, so only these.
  std::vector<const DeliveredEntry*> overdue() const;
  // What validators with more than a third of the stake say of one of them: another transaction spent its note, or (none) the note
  // has a newer generation than it names. A block that has it after all overrules this.
  Status<Refusal> lost(const TxId& txid, const std::optional<TxId>& to, uint64_t height);

  // Ours, refused because of another device: paid again by `again`. One payment for a person.
  Status<Refusal> retried(const TxId& txid, const TxId& again);

  // --- receipts ---
  // For an output paid to us.
  Result<note::Receipt, Refusal> sign_receipt(const OutputRef& output, Entropy& entropy) const;
  // From a payee: checked against what we sent, and kept.
  Status<Refusal> accept_receipt(const note::Receipt& receipt);

 private:
  Wallet(RowStore& store, std::shared_ptr<const ledger::Network> network, State state);
  Status<Refusal> commit(State next, const Changes& changes);
  // The operation by which public value enters or leaves; `first`: the first nullifier of its transaction.
  using Make = std::function<ledger::Operation(const Hash32& first)>;
  struct Passage {
    Amount v_in, v_out;      // v_out instead of output 0
    Make make;
    std::function<void(ledger::Transaction&)> sign;
  };
  struct Spending;
  // final: also what the next block brings. open: and the own outputs of what is not final yet (no notes).
  enum class Arriving : uint8_t { none, final, open };
  Spending spendable(const AssetOpening& asset, Arriving arriving = Arriving::none) const;
  Status<Refusal> check_assets(const AssetOpening& asset, const AssetOpening& fee_asset, Amount fee) const;
  Refusal refusal_of(SelectReject reject, const AssetOpening& asset, Amount amount, const AssetOpening& fee_asset, Amount fee) const;
  // A selection and the notes it means, by commitment.
  struct Chosen {
    Selection selection;
    std::array<std::optional<FieldKey>, circuit::kSlots> notes;
  };
  static Chosen chosen(const Selection& selection, const Spending& notes, const Spending& fee_notes);
  Result<Chosen, Refusal> choose_fee(const AssetOpening& fee_asset, Amount fee) const;
  Result<Chosen, Refusal> choose(const AssetOpening& asset, Amount amount, const AssetOpening& fee_asset, Amount fee) const;
  Result<Outgoing, Refusal> send(const Chosen& chosen, const AssetOpening& asset, const std::optional<OutputPlan>& payment,
                                 const AssetOpening& fee_asset, Amount fee, Prover& prover, Entropy& entropy,
                                 const Passage& passage = {});
  Result<Outgoing, Refusal> give(const AssetOpening& asset, Amount amount, const AssetOpening& fee_asset, Amount fee,
                                 const Make& make, Prover& prover, Entropy& entropy);
  Result<ledger::Transaction, Refusal> verified(ByteView transaction, ledger::Authority& authority) const;

  uint64_t now_ms() const { return clock_ == nullptr ? 0 : clock_->now_ms(); }

  RowStore* store_;
  const Clock* clock_ = nullptr;
  std::shared_ptr<const ledger::Network> network_;
  State state_;
  note::AccountKeys keys_;
};

}  // namespace sotto::wallet
