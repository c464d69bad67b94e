// Everything a wallet knows, as values, and as rows. The maps below are what RowStore keeps; the rest is recomputed.
#pragma once
#include <map>
#include <memory>
#include <set>

#include "crypto/bip39.hpp"
#include "ledger/transaction.hpp"
#include "note/encryption.hpp"
#include "note/merkle.hpp"
#include "note/receipt.hpp"
#include "wallet/rows.hpp"

namespace sotto::wallet {

using crypto::Fr;
using ledger::TxId;
using note::Amount;
using note::AssetOpening;

using FieldKey = ByteArray<32>;                      // a field element as a key of a map

// Which output: of the txid's transfer number `transfer`, in slot 0..2.
struct OutputRef {
  TxId txid;
  uint16_t transfer = 0;
  uint8_t slot = 0;
  friend auto operator<=>(const OutputRef&, const OutputRef&) = default;
};

// A note of ours. It arrives (settled, not in a block yet), then has a position in the tree, then is spent.
struct NoteEntry {
  Fr cm, nf;
  note::OpenedOutput opened;
  OutputRef origin;
  uint32_t generation = 0;
  std::optional<uint64_t> position;                  // in the note tree, once its block is applied
  uint64_t height = 0;                               // of that block
  std::optional<TxId> spent_by;
};

enum class PaymentState : uint8_t {
  pending = 1,       // stored, perhaps sent, not known to be final
  settled = 2,       // final: a settlement certificate is stored
  executed = 3,      // in a block
  refused = 4,       // will not happen (reason says why); its notes are free again
  expired = 5,       // no longer voted for. Its notes stay put until refused(): votes for it may still be about
};
const char* name(PaymentState state);

struct PaymentOutput {
  uint16_t transfer = 0;
  uint8_t slot = 0;
  note::Address to;
  AssetOpening asset;
  Amount value;
  Bytes memo;
  bool own = false;                                  // back to this account
  bool change = false;                               // to the change address: nobody asked for it
};

// What a transaction of this wallet's is for.
enum class PaymentKind : uint8_t { payment, merge, split, bond, unbond, registration, claim };
const char* name(PaymentKind kind);

// Something this wallet sent. `bytes` were stored before they were first sent; only they are ever sent again.
struct PaymentEntry {
  TxId txid;
  std::shared_ptr<const Bytes> bytes;
  uint64_t expiry = 0;
  uint64_t made_at = 0;                              // height
  PaymentState state = PaymentState::pending;
  std::string reason;
  std::vector<FieldKey> spends;                      // commitments of our notes it spends
  std::vector<PaymentOutput> outputs;                // value > 0 only
  AssetOpening fee_asset;
  Amount fee;
  Bytes certificate;                                 // settlement certificate, once known
  bool untold = false;                               // made here, and its outcome has not been shown to anybody yet
  // Notes are held back while the payment might still happen.
  bool holds_notes() const { return state == PaymentState::pending || state == PaymentState::settled || state == PaymentState::expired; }
  // Perhaps sent, not known to be final and not known to be impossible.
  bool is_open() const { return state == PaymentState::pending || state == PaymentState::expired; }
  PaymentKind kind() const;
};

// A payment to us that was handed over with its certificate and is in no block yet; its row goes once it is. `bytes` and
// `certificate` stay as they came: if another transaction spends its note, they are half of the evidence (HistoryEntry::lost is the
// other) that validators with more than a third of the stake signed both.
struct DeliveredEntry {
  TxId txid;
  std::shared_ptr<const Bytes> bytes;
  Bytes certificate;                                 // settlement certificate
  uint64_t height = 0;                               // when it came
  // Recomputed.
  uint64_t epoch = 0;                                // of the certificate
  std::vector<FieldKey> nullifiers;
  std::vector<uint32_t> generations;                 // of the same
};

// A payment that cannot execute any more although it is final by its certificate, or was ours and not final yet.
struct Lost {
  std::optional<TxId> to;                            // the transaction that spent its note; none: its certificate is worth nothing
                                                     // any more (its epoch ended, or the note's generation has risen)
  uint64_t height = 0;                               // of the block that shows it
  friend bool operator==(const Lost&, const Lost&) = default;
};

struct HistoryItem {
  uint16_t transfer = 0;
  uint8_t slot = 0;
  note::Address address;                             // theirs if sent, ours if received
  AssetOpening asset;
  Amount value;
  Bytes memo;
};
// One transaction as its owner remembers it. Change and dummies are left out.
struct HistoryEntry {
  TxId txid;
  uint64_t order = 0;                                // counts up as this wallet learned of things
  std::optional<uint64_t> height;                    // of its block, once in one
  uint64_t block_ms = 0;                             // Unix time of that block; 0: not known
  uint64_t known_ms = 0;                             // Unix time when it was made or handed over here; 0: a block told of it
  std::vector<HistoryItem> sent, received;
  AssetOpening fee_asset;                            // fee and its asset if we paid it
  Amount fee;
  std::optional<Lost> lost;
  std::optional<TxId> retried_by;                    // ours: refused because of another device, and paid again by that one
};

// A claim of this account's (docs/spec/stake.md D-20), whoever of its devices opened it.
enum class StakeKind : uint8_t { bond = 1, self_bond = 2, unbond = 3, registration = 4, withdrawal = 5 };
const char* name(StakeKind kind);
struct StakeEntry {
  ledger::ClaimId claim;
  StakeKind kind{};
  ledger::ValidatorId validator;
  uint64_t amount = 0;                               // given: native, or tokens (unbond, withdrawal)
  Hash32 basis{};                                    // of the claim's key (K-8)
  uint64_t height = 0;                               // of the block that opened it
  std::optional<TxId> claimed_by;                    // perhaps not executed yet
  uint64_t received = 0;                             // what that takes in
};

struct State {
  Hash32 network{};
  note::Seed seed;
  std::optional<crypto::Bip39Entropy> words;         // what the seed was made of, if the wallet was told
  uint32_t account_index = 0;
  uint64_t birth = 0;                                // the first block looked at
  uint64_t next_block = 0;                           // height of the next one to apply; genesis is 0
  uint64_t height() const { return next_block == 0 ? 0 : next_block - 1; }
  uint64_t next_address = 1;                         // address 0 is the one shown first
  note::NoteWitnessTree tree;
  std::map<FieldKey, NoteEntry> notes;               // by cm
  std::map<TxId, PaymentEntry> payments;
  std::map<TxId, HistoryEntry> history;
  std::map<OutputRef, note::Receipt> receipts;
  std::map<ledger::ClaimId, StakeEntry> stakes;
  std::map<TxId, DeliveredEntry> delivered;

  // The history as it happened. Versions before row version 2 gave one order to several entries: the height then decides.
  std::vector<const HistoryEntry*> oldest_first() const;

  // Recomputed.
  uint64_t next_order = 1;                           // above every entry's
  std::map<FieldKey, FieldKey> by_nullifier;         // nf -> cm, all notes ever
  std::map<FieldKey, TxId> held;                     // cm -> the payment that holds it back
  std::map<FieldKey, std::set<TxId>> awaited;        // nf -> who spends it, of what was delivered
  bool lost(const TxId& txid) const;                 // outputs of it that are in no block will never be
  // Certified, and lost all the same: "void" to people. Without a certificate it was merely refused.
  bool is_void(const TxId& txid) const;
  void index();
};

RowKey account_key();
RowKey sync_key();
RowKey key_of(const NoteEntry& note);
RowKey witness_key(uint64_t position);
RowKey key_of(const PaymentEntry& payment);
RowKey key_of(const HistoryEntry& entry);
RowKey receipt_key(const OutputRef& output);
RowKey key_of(const StakeEntry& stake);
RowKey key_of(const DeliveredEntry& delivered);

Row account_row(const State& state);
Row sync_row(const State& state);
Row witness_row(const State& state, uint64_t position);
Row row_of(const NoteEntry& note);
Row row_of(const PaymentEntry& payment);
Row row_of(const HistoryEntry& entry);
Row receipt_row(const OutputRef& output, const note::Receipt& receipt);
Row row_of(const StakeEntry& stake);
Row row_of(const DeliveredEntry& delivered);
Result<PaymentEntry, DecodeError> payment_of(const Row& row);
// What the bytes say; damaged: an error. CHECKs nothing.
Result<DeliveredEntry, DecodeError> delivered_entry(const TxId& txid, Bytes transaction, Bytes certificate, uint64_t height);

// The state the rows describe. The error names the table and what is wrong; "" as error: there is no account row at all.
Result<State, Error> state_from_rows(const std::vector<Row>& rows);

}  // namespace sotto::wallet
