// Genesis: the network's content, the committee's proofs of possession and the proven transactions that bring the first
// notes into the tree (docs/spec/ledger.md L-20..L-25; why the id covers only the content: docs/adr/0011).
#pragma once
#include "ledger/execute.hpp"

namespace sotto::ledger {

inline constexpr uint8_t kGenesisVersion = 4;
inline constexpr size_t kMaxGenesisTransactions = 1024;
inline constexpr size_t kMaxGenesisBytes = 32 * 1024 * 1024;
inline constexpr size_t kMaxCommitteeProofBytes = kMaxNextCommitteeBytes;

struct Genesis {
  GenesisContent content;                  // hashed into the network id
  Bytes committee_proofs;                  // possession proofs, bound to the network id; settle's encoding
  std::vector<Transaction> transactions;   // bound to the network id by their proofs and signatures
};
Bytes encode(const Genesis& genesis);
Result<Genesis, DecodeError> decode_genesis(ByteView bytes);
// SHA-256("Sotto.genesis.v1", all bytes): what a node pins. Block 0 carries it as its `previous`.
Hash32 genesis_hash(const Genesis& genesis);

// The only root genesis transactions may name: that of the empty tree.
Anchor genesis_anchor();

enum class GenesisReject : uint8_t {
  bad_content,             // ContentReject says why
  too_many_transactions,
  bad_transaction,         // Reject says why: check_shape, signature, proof
  has_operation,           // genesis authorises v_in itself
  has_fee,
  has_v_out,
  wrong_anchor,            // not genesis_anchor()
  wrong_generation,        // not 0
  wrong_expiry,            // not 0
  unknown_asset,           // asset_pub of a v_in is not registered
  regulated_asset,
  stray_asset_pub,
  spent,                   // a nullifier used by an earlier genesis transaction
  wrong_issue,             // the v_in of an asset do not sum to what its entry says
  bad_committee,           // with stake: not one of this network, or its seats and stakes are not what the content says
};
const char* name(GenesisReject reject);
struct GenesisFailure {
  GenesisReject reject;
  std::optional<size_t> index;             // of the transaction, or of the asset for wrong_issue
  std::optional<ContentReject> content;
  std::optional<Reject> transaction;
};
std::string describe(const GenesisFailure& failure);

// Verifies everything, proofs included (settle judges the committee's bytes). The execution is block 0 with every
// transaction as an executed entry without certificate: commit() it to an empty state and archive.
Result<Execution, GenesisFailure> execute_genesis(const Genesis& genesis, Authority& authority);

}  // namespace sotto::ledger
