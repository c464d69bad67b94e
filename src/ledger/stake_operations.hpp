// Operations of the stake (docs/spec/stake.md D-10..D-16), as they lie in a transaction. write() and read() are about the
// fields after the type; without `signatures` it is the part the txid covers.
#pragma once
#include <string>

#include "ledger/ids.hpp"

namespace sotto::ledger {

inline constexpr size_t kMaxEndpointBytes = 64;
inline constexpr size_t kMaxEvidenceBytes = 120 * 1024;
inline constexpr uint16_t kWhole = 10'000;              // shares are in ten-thousandths

// Delegation tokens are assets like any other, policy 0, in a range of ids of their own. Two validators whose ids share
// these 63 bits cannot both be registered.
inline constexpr uint64_t kTokenRange = uint64_t{1} << 63;
uint64_t token_of(const ValidatorId& validator);

// --- beside transfers, under their lock certificate ---

// `amount` of the native asset, given out as v_out, becomes a share of the validator's pool.
struct Bond {
  ValidatorId validator;
  uint64_t amount = 0;
  bool self = false;                                    // to what the validator itself has at stake; else to `to` as tokens
  crypto::JubjubAffine to;                              // who may claim the tokens, or the amount if the pool takes none
  void write(Writer& out, bool signatures) const;
  static Result<Bond, DecodeError> read(Reader& in);
  friend bool operator==(const Bond&, const Bond&) = default;
};
// `amount` of the validator's tokens, given out as v_out, becomes native again after a while.
struct Unbond {
  ValidatorId validator;
  uint64_t amount = 0;
  crypto::JubjubAffine to;
  void write(Writer& out, bool signatures) const;
  static Result<Unbond, DecodeError> read(Reader& in);
  friend bool operator==(const Unbond&, const Unbond&) = default;
};
// Takes exactly what an open claim holds into notes, as v_in.
struct Claim {
  ClaimId claim;
  uint64_t asset = 0;                                   // id; policy 0
  uint64_t amount = 0;
  uint32_t generation = 0;                              // of spent_by_claim(claim)
  crypto::JubjubAffine key;
  Signature signature{};                                // under `key` over claim_message(txid); outside the txid
  void write(Writer& out, bool signatures) const;
  static Result<Claim, DecodeError> read(Reader& in);
  friend bool operator==(const Claim&, const Claim&) = default;
};
// A new validator, with `amount` of the native asset at stake, given out as v_out.
struct Register {
  ByteArray<96> vote_key{};                             // BLS
  ByteArray<48> possession{};                           // over network and validator id (S-2); outside the txid
  ValidatorId validator;                                // the ordering engine's key, Ed25519 (docs/adr/0091)
  crypto::JubjubAffine operator_key;                    // who may withdraw what it has at stake
  uint16_t commission = 0;                              // of rewards, in ten-thousandths
  std::string endpoint;                                 // where it answers; for people and wallets, judged by nobody
  uint64_t amount = 0;
  ByteArray<64> engine_signature{};                     // the engine key agrees: over registration_message; outside the txid
  void write(Writer& out, bool signatures) const;
  static Result<Register, DecodeError> read(Reader& in);
  friend bool operator==(const Register&, const Register&) = default;
};
// SHA-256("Sotto.registration.v1", network, engine key, vote key, operator key): nobody registers another's engine, and nobody
// who sees a registration can take it for an operator of his own.
Hash32 registration_message(const NetworkId& network, const Register& registration);

// --- alone in a transaction without transfers: they take their effect from the order ---

// "I am back": the validator's own word, under its vote key (M-9).
struct Unjail {
  uint64_t epoch = 0;
  ValidatorId validator;
  ByteArray<48> signature{};                            // BLS; judged by settle; outside the txid
  void write(Writer& out, bool signatures) const;
  static Result<Unjail, DecodeError> read(Reader& in);
  friend bool operator==(const Unjail&, const Unjail&) = default;
};
// The operator takes out of what the validator has at stake.
struct Withdraw {
  uint64_t epoch = 0;
  ValidatorId validator;
  uint32_t sequence = 0;                                // how many there were before: none counts twice
  uint64_t amount = 0;                                  // in tokens
  crypto::JubjubAffine to;                              // who may claim what they are worth
  Signature signature{};                                // under the operator's key over claim_message(txid); outside the txid
  void write(Writer& out, bool signatures) const;
  static Result<Withdraw, DecodeError> read(Reader& in);
  friend bool operator==(const Withdraw&, const Withdraw&) = default;
};
// Proof that a validator broke the rules that keep settlement safe.
struct Evidence {
  uint64_t epoch = 0;                                   // when it did
  ValidatorId validator;
  Bytes proof;                                          // judged by settle
  void write(Writer& out, bool signatures) const;
  static Result<Evidence, DecodeError> read(Reader& in);
  friend bool operator==(const Evidence&, const Evidence&) = default;
};

// The ordering engine's own word that a validator broke the engine's rules. In blocks only: an engine puts it there itself, and
// nobody can submit or propose one (D-34).
struct Misconduct {
  uint64_t epoch = 0;                                   // when it did
  ValidatorId validator;
  void write(Writer& out, bool signatures) const;
  static Result<Misconduct, DecodeError> read(Reader& in);
  friend bool operator==(const Misconduct&, const Misconduct&) = default;
};

// Of those that stand alone.
template <class Op>
constexpr bool of_stake = std::is_same_v<Op, Unjail> || std::is_same_v<Op, Withdraw> || std::is_same_v<Op, Evidence> || std::is_same_v<Op, Misconduct>;

// "Sotto.possession.v1" | network | validator id: what a proof of possession is signed with, besides the key itself, so
// that nobody else can use it, here or elsewhere.
Bytes possession_context(const NetworkId& network, const ValidatorId& id);
// What the holder of a claim's or operator's key signs: SHA-256("Sotto.claim.v1", txid).
Hash32 claim_message(const TxId& id);
// The claim an operation opens when it executes: SHA-256("Sotto.claim-id.v1", txid, index u8 of the operation).
ClaimId claim_of(const TxId& id, size_t operation);
// What a claim uses up, beside the nullifiers of notes: claims take locks and certificates as notes do, so that what is
// certified executes.
Nullifier spent_by_claim(const ClaimId& claim);

}  // namespace sotto::ledger
