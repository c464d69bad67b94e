// What an account has at stake (docs/spec/stake.md), from its seed and the blocks alone: which claims are its own, and the keys
// they are claimed with.
#pragma once
#include <set>

#include "wallet/state.hpp"

namespace sotto::wallet {

// K-8: the key of a claim. `basis` is public and never used twice: the first nullifier of the transaction that opens the claim;
// for a registration and for the operator's own key the hash of the vote key; for a withdrawal withdrawal_basis().
Secret<crypto::JubjubScalar> claim_secret(const Secret<crypto::JubjubScalar>& ask, const Hash32& basis);
Hash32 operator_basis(ByteView vote_key);
Hash32 withdrawal_basis(const ledger::ValidatorId& validator, uint32_t sequence);

// Enters into next.stakes which claims of this account `tx`, executed, opens and takes; and into `changed` which those are.
void find_stakes(const Secret<crypto::JubjubScalar>& ask, const ledger::Transaction& tx, const TxId& id, uint64_t height, State& next,
                 std::set<ledger::ClaimId>& changed);

}  // namespace sotto::wallet
