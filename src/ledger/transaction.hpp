// Transactions on the wire (docs/spec/data.md T-1..T-8, N-9; docs/spec/ledger.md L-1..): types that are well formed by
// construction, one canonical encoding, the txid every signature binds to. Whether a well-formed transaction may
// execute is check.hpp's question.
#pragma once
#include <variant>

#include "circuit/transfer_proof.hpp"
#include "ledger/stake_operations.hpp"
#include "note/note.hpp"

namespace sotto::ledger {

// Named limits: everything from outside is refused above them before any work is done (L-1).
inline constexpr size_t kMaxTransactionBytes = 128 * 1024;
inline constexpr size_t kMaxTransfers = 16;
inline constexpr size_t kMaxOperations = 16;
inline constexpr uint8_t kTransactionVersion = 1;

// N-9. Every output looks like every other: 806 bytes.
struct Output {
  static constexpr size_t kNoteCiphertextBytes = 630, kOutCiphertextBytes = 112;
  static constexpr size_t kBytes = 32 + 32 + kNoteCiphertextBytes + kOutCiphertextBytes;
  Commitment cm;
  ByteArray<32> epk{};                                  // ristretto255; judged by the receiver alone
  ByteArray<kNoteCiphertextBytes> note_ciphertext{};
  ByteArray<kOutCiphertextBytes> out_ciphertext{};
  friend bool operator==(const Output&, const Output&) = default;
};
static_assert(Output::kBytes == 806);

struct Input {
  Anchor anchor;
  Nullifier nf;
  uint32_t generation = 0;                              // of the nullifier, raised by recovery
  friend bool operator==(const Input&, const Input&) = default;
};

// Outputs 0 and 1 stay outside the tree until `resolve` picks them (branch A) or these (branch B).
struct Contract {
  Hash32 commitment{};                                  // to the salted leaves of both branches' policies
  std::array<Output, circuit::kBranchSlots> outputs_b;
  friend bool operator==(const Contract&, const Contract&) = default;
};

struct Transfer {
  uint16_t circuit = circuit::kTransferCircuit;
  std::array<Input, circuit::kSlots> inputs;
  std::array<Output, circuit::kSlots> outputs;
  std::optional<Contract> contract;
  uint64_t v_in = 0, v_out = 0;                         // public value entering and leaving slots 0, 1
  Fr asset_pub;                                         // asset of v_in, v_out; 0 if both are 0
  Fr fee_asset;
  uint64_t fee = 0;
  crypto::JubjubAffine rk;
  // Outside the txid:
  circuit::TransferProof proof{};
  Signature signature{};                                // under rk over the txid (T-2)
};

// Operation types on the wire. A number never changes its meaning; one that is reserved or unknown decodes as bad_version (T-10).
enum class OperationType : uint8_t {
  mint = 1,
  burn = 2,
  register_asset = 3,                                   // reserved
  resolve = 4,                                          // reserved
  recover = 5,
  report = 6,
  bond = 7,                                             // this and what follows except close_epoch: stake_operations.hpp
  unbond = 8,
  claim = 9,
  close_epoch = 10,
  register_validator = 11,
  unjail = 12,
  withdraw = 13,
  evidence = 14,
  misconduct = 15,
};

// Creates `amount` of an asset (id, policy): some transfer of the same transaction takes it in as v_in.
struct Mint {
  note::AssetOpening asset;
  uint64_t amount = 0;
  Signature signature{};                                // the issuer's, over issuer_message(txid); outside the txid
};
// Destroys `amount`, given out as v_out.
struct Burn {
  note::AssetOpening asset;
  uint64_t amount = 0;
  Signature signature{};
};
using Operation = std::variant<Mint, Burn, Bond, Unbond, Claim, Register>;

// Operations that spend nothing and take their effect from their place in the order (ledger.md L-70..). A transaction
// has one of them and nothing else, or none; validators never vote on it.

// "Unlock my note": the transaction's one transfer shows that whoever signs holds the note's keys. It does not execute.
struct Recover {
  uint64_t epoch = 0;
  Nullifier nf;
  uint32_t generation = 0;
  friend bool operator==(const Recover&, const Recover&) = default;
};
// A validator's word that it holds no lock certificate that could still execute: for that note and generation, or at all.
struct Report {
  struct Note {
    Nullifier nf;
    uint32_t generation = 0;
    friend bool operator==(const Note&, const Note&) = default;
  };
  uint64_t epoch = 0;
  std::optional<Note> note;                             // none: of the whole epoch, which closes
  uint16_t validator = 0;                               // index in the epoch's committee
  ByteArray<48> signature{};                            // BLS, over M-3; judged by settle; outside the txid
  friend bool operator==(const Report&, const Report&) = default;
};
// A quorum's word that the epoch ends, and who comes next.
struct CloseEpoch {
  uint64_t epoch = 0;                                   // the one that ends
  Bytes next;                                           // committee of epoch + 1 in settle's encoding (M-6)
  Bytes bitmap;                                         // outside the txid, as the next
  ByteArray<48> signature{};                            // BLS, over M-7
  friend bool operator==(const CloseEpoch&, const CloseEpoch&) = default;
};
using Ordered = std::variant<Recover, Report, CloseEpoch, Unjail, Withdraw, Evidence, Misconduct>;
inline constexpr size_t kMaxNextCommitteeBytes = 100 * 1024;  // 512 validators take 94,252
inline constexpr size_t kMaxBitmapBytes = 64;

struct Transaction {
  NetworkId network;
  uint64_t expiry = 0;                                  // last height at which a validator votes for it (T-8)
  std::vector<Transfer> transfers;
  std::vector<Operation> operations;                    // empty if `ordered`
  std::optional<Ordered> ordered;                       // on the wire the only operation
};

Bytes encode(const Transaction& tx);
// Oversized input is refused before it is looked at (too_large). A decoded transaction encodes to the same bytes.
Result<Transaction, DecodeError> decode_transaction(ByteView bytes);

// The part the txid covers: everything but proofs and signatures.
Bytes encode_body(const Transaction& tx);
TxId txid(const Transaction& tx);
FullId full_id(const Transaction& tx);
FullId full_id(ByteView encoded_transaction);

// What an issuer signs to allow the mints and burns of its assets in that transaction: SHA-256("Sotto.issuer.v1", txid).
// Not the txid itself, so that no spend authorization can pass as an issuer's word or the other way round.
Hash32 issuer_message(const TxId& id);

// What the proof of the transfer must establish (T-7: absent branch B means has_b = false, cm' = 0).
circuit::TransferPublic statement_of(const Transfer& transfer);

// Everything it uses up, in wire order: transfer by transfer, slot by slot; then claim by claim (D-22).
std::vector<Nullifier> nullifiers(const Transaction& tx);
std::vector<uint32_t> generations(const Transaction& tx);
inline constexpr size_t kMaxSpends = kMaxTransfers * circuit::kSlots;
// The commitments execution appends to the note tree, in that order: outputs under a contract are left out.
std::vector<Commitment> appended_commitments(const Transaction& tx);

}  // namespace sotto::ledger
