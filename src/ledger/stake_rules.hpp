// What operations and the end of an epoch do to the stake (docs/spec/stake.md). What is certified executes: a bond or a
// registration that can no longer be had is paid back as a claim instead.
#pragma once
#include "ledger/check.hpp"

namespace sotto::ledger {

// The rules of one transaction's stake operations against the state, beside its spends: unknown_claim, wrong_claim,
// immature_claim, unknown_validator, burns_halted, exceeds_supply; for votes also inactive_validator, no_tokens,
// already_registered, too_many_validators, too_many_claims. What holds for execution once, holds from then on.
Status<Reject> check_stake(const Transaction& tx, const State& state, For purpose);
// Validators of whose tokens it unbonds more than notes can hold.
std::vector<ValidatorId> overdrawn(const Transaction& tx, const Stake& stake);
// For a transaction that passed check_stake and whose native turnstile has been moved (supply_after).
void apply_stake(const Transaction& tx, const TxId& id, State& state);

// Operations that stand alone; `id` of their transaction. Rejects: unknown_validator, tombstoned, not_jailed, still_jailed,
// wrong_sequence, exceeds_self_bond, bad_signature, too_old, too_many_claims.
Status<Reject> check_stake(const Unjail& op, const TxId& id, const State& state);
Status<Reject> check_stake(const Withdraw& op, const TxId& id, const State& state);
Status<Reject> check_stake(const Evidence& op, const TxId& id, const State& state);
Status<Reject> check_stake(const Misconduct& op, const TxId& id, const State& state);
// What passed. Evidence and misconduct burn a part of what was at stake then, and bar the validator for ever.
void apply_stake(const Unjail& op, const TxId& id, State& state);
void apply_stake(const Withdraw& op, const TxId& id, State& state);
void apply_stake(const Evidence& op, const TxId& id, State& state);
void apply_stake(const Misconduct& op, const TxId& id, State& state);

// The validator in that seat of the epoch's committee has reported.
void mark_seen(State& state, uint16_t seat);
// After state.epoch and state.committee have moved on: pays the fees out, jails the absent, seats the next committee.
void end_epoch(State& state);

// Pools of the first committee (M-6), each with its stake as the validator's own; false unless it is one of this network
// with the seats, the number of operators and the amounts the content says.
bool begin_stake(ByteView committee, State& state);

}  // namespace sotto::ledger
