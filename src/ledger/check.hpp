// May this transaction be voted for, may it execute? Every rule has a name (docs/spec/ledger.md L-2), the cheap ones
// come first, and nothing is changed here.
#pragma once
#include "base/world.hpp"
#include "ledger/archive.hpp"
#include "ledger/state.hpp"

namespace sotto::ledger {

enum class Reject : uint8_t {
  // Form: from the bytes alone.
  oversized,               // above kMaxTransactionBytes
  malformed,               // does not decode
  // Stateless: from the transaction, the network's parameters and the height.
  wrong_network,
  no_transfers,
  expired,                 // voting only: height > expiry
  expiry_too_far,          // voting only: expiry > height + window
  unknown_circuit,
  fee_not_allowed,         // value outside the network's fee set
  fee_asset_not_allowed,
  duplicate_nullifier,     // twice in the transaction, in whatever transfers
  zero_commitment,         // the empty leaf is not a note
  several_owners,          // transfers under different rk: bundles of several owners are ordered, and come later
  contracts_disabled,
  zero_branch_commitment,  // a contract's cm' = 0
  zero_amount,             // a mint or burn of nothing
  unknown_asset,           // an operation's or asset_pub's asset is not registered
  no_issuer,               // mint or burn of an asset of fixed supply
  regulated_asset,         // policy other than 0 through the plain circuit
  stray_asset_pub,         // asset_pub != 0 although v_in = v_out = 0
  unauthorised_v_in,       // per asset, sum of v_in != sum of mints and claims; recover: not 0
  unauthorised_v_out,      // per asset, sum of v_out != sum of burns and what is staked; recover: not 1
  staking_disabled,        // an operation of the stake on a network without
  below_minimum,           // a bond below min_bond, a registration below min_self_bond
  bad_claim_key,           // not of prime order: anybody could sign under it
  bad_registration,        // commission above all, or an endpoint that is not 1-64 printable characters
  too_many_spends,         // nullifiers and claims above kMaxSpends
  ordered_only,            // voting only: what takes its effect from the order is never voted on
  stray_content,           // beside such an operation: expiry, or transfers it has no use for
  note_not_shown,          // recover: slots 0 and 1 do not both spend the note it names
  // Stateful.
  already_executed,        // this very txid
  spent,                   // a nullifier belongs to an executed rival: find_spend() names it
  outdated_generation,
  unknown_anchor,          // perhaps newer than this machine: retry later
  old_anchor,              // voting only: was a root once, left the window
  burns_halted,            // the asset's turnstile was breached
  exceeds_supply,          // burns or fees above what can be in notes
  // Of the stake (D-30..): against the state.
  unknown_validator,
  inactive_validator,      // voting only: takes no bonds now (jailed, convicted, too little of its own)
  no_tokens,               // voting only: too little for a token, or more than a pool can have
  already_registered,      // voting only: its keys, or those whose token would be the same
  too_many_validators,     // voting only
  too_many_claims,         // open; voting, and withdraw
  unknown_claim,
  wrong_claim,             // another key, asset or amount than the open claim's
  immature_claim,          // unbonding takes a while: retry later
  tombstoned,              // convicted before
  not_jailed,
  still_jailed,
  wrong_sequence,
  exceeds_self_bond,
  too_old,                 // evidence of an epoch whose stake may have left
  // Authority and proof, verified in batches.
  bad_signature,
  bad_issuer_signature,
  bad_claim_signature,
  bad_possession,          // a registration's vote key
  bad_engine_signature,    // and its engine key
  bad_proof,
};
inline constexpr size_t kRejects = static_cast<size_t>(Reject::bad_proof) + 1;
const char* name(Reject reject);
// The same bytes may be accepted later without anybody changing anything.
bool retryable(Reject reject);

// oversized, malformed.
Result<Transaction, Reject> decode_checked(ByteView bytes);

// zero_commitment, contracts_disabled, zero_branch_commitment.
Status<Reject> check_outputs(const Transfer& transfer, const Params& params);
// The rules that hold for genesis and recover transactions too: wrong_network, no_transfers, unknown_circuit, fee_asset_not_allowed,
// duplicate_nullifier, several_owners and those of check_outputs.
Status<Reject> check_shape(const Transaction& tx, const Network& network);

// `height` = the state's, for a vote. Without it the transaction is already certified, and expiry is not looked at
// (T-8: a settled payment executes whatever expired since).
Status<Reject> check_stateless(const Transaction& tx, const Network& network, std::optional<uint64_t> height);

enum class For : uint8_t {
  vote,        // everything
  execution,   // certified: its anchors must have been roots, however old (L-31)
};
Status<Reject> check_stateful(const Transaction& tx, const TxId& id, const State& state, const Archive& archive, For purpose);
// The executed transaction that spent one of its nullifiers.
std::optional<Spend> find_spend(const Transaction& tx, const Archive& archive);

// Every generation it names is the present one.
bool generations_current(const Transaction& tx, const State& state);

// The turnstiles (L-34) after a transaction that passed check_stateless and check_stake.
struct SupplyChange {
  std::vector<Supply> after;
  std::vector<size_t> breached;            // assets whose burns, fees and stake would exceed what can be in notes
  bool burns_halted = false;               // it burns or bonds an asset whose burns are halted
};
SupplyChange supply_after(const Transaction& tx, const Network& network, const std::vector<Supply>& before);

class ProofVerifier {
 public:
  virtual ~ProofVerifier() = default;
  // One verdict per claim, in order.
  virtual std::vector<bool> verify(const NetworkId& network, std::span<const circuit::TransferClaim> claims) = 0;
};

// Signatures and proofs of many transactions at once: what remains after the cheap checks. One verdict per transaction,
// in order. Every transaction has passed check_stateless (CHECKed as far as it is relied on). A caching implementation
// keys on full_id and the network, never on the txid.
class Authority {
 public:
  virtual ~Authority() = default;
  virtual std::vector<Status<Reject>> verify(const Network& network, std::span<const Transaction* const> transactions) = 0;
  // The same verdicts, perhaps sooner: `hints`, one a transaction, is what its sender gave along as proof_hints(), or empty.
  virtual std::vector<Status<Reject>> verify_hinted(const Network& network, std::span<const Transaction* const> transactions,
                                                    std::span<const ByteView> hints);
};

// What verify_hinted() takes: circuit::transfer_hints of every transfer, one after the other. Empty if a proof does not decode.
inline constexpr size_t kMaxHintBytes = kMaxTransfers * circuit::kTransferHintBytes;
Bytes proof_hints(const Transaction& transaction);

// The real one. Signatures before proofs; a transaction with a bad signature costs no proof verification.
class FullAuthority final : public Authority {
 public:
  FullAuthority(ProofVerifier& proofs, Entropy& entropy) : proofs_(proofs), entropy_(entropy) {}
  std::vector<Status<Reject>> verify(const Network& network, std::span<const Transaction* const> transactions) override;
  std::vector<Status<Reject>> verify_hinted(const Network& network, std::span<const Transaction* const> transactions,
                                            std::span<const ByteView> hints) override;

 private:
  ProofVerifier& proofs_;
  Entropy& entropy_;
};

// Everything about one transaction, in the order of L-2, for a vote.
struct Checked {
  Transaction transaction;
  TxId txid;
  FullId full_id;
};
Result<Checked, Reject> check_for_vote(ByteView bytes, const State& state, const Archive& archive, Authority& authority);

}  // namespace sotto::ledger
