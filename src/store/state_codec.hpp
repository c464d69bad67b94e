// The ledger's state as one record of the validator's store. Not hashed by anybody: app_hash() is what says that the
// state read back is the state of its block.
#pragma once
#include "ledger/state.hpp"

namespace sotto::store {

Bytes encode_state(const ledger::State& state);
// `network` is not stored: it comes from genesis.
Result<ledger::State, DecodeError> decode_state(ByteView bytes, std::shared_ptr<const ledger::Network> network);

}  // namespace sotto::store
