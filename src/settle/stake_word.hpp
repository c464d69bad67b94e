// What a validator's vote key says about its stake: that it is back, or that it broke its word (docs/spec/stake.md D-14, D-16).
#pragma once
#include "settle/evidence.hpp"

namespace sotto::settle {

// M-9: "I am back", in that epoch.
Hash32 unjail_digest(const NetworkId& network, uint64_t epoch, const ledger::ValidatorId& validator);
ledger::Unjail make_unjail(const NetworkId& network, uint64_t epoch, const ledger::ValidatorId& validator, const crypto::BlsSecretKey& key);
// Its signature is that vote key's.
bool unjail_holds(const ledger::Unjail& op, ByteView vote_key, const NetworkId& network);

// The operation that lays `evidence` against a registered validator.
ledger::Evidence make_evidence(const ledger::ValidatorId& validator, const Evidence& evidence);
// Its signatures are that vote key's, whatever they are worth.
bool evidence_signed(const ledger::Evidence& op, ByteView vote_key, const NetworkId& network);
// It is about the holder of that vote key and the epoch the operation names, and convicts by the ledger as it is.
bool evidence_holds(const ledger::Evidence& op, ByteView vote_key, const NetworkId& network, const LedgerView& ledger);

}  // namespace sotto::settle
