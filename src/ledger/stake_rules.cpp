#include "ledger/stake_rules.hpp"

#include <algorithm>

#include "ledger/stake_committee.hpp"

namespace sotto::ledger {
namespace {

constexpr size_t kMaxSeats = 512;                         // of a committee (M-6)

Pool* find_pool(Stake& stake, const ValidatorId& id) {
  const auto at = stake.pools.find(id);
  return at == stake.pools.end() ? nullptr : &at->second;
}
const Pool* find_pool(const Stake& stake, const ValidatorId& id) {
  const auto at = stake.pools.find(id);
  return at == stake.pools.end() ? nullptr : &at->second;
}

const StakeParams& params_of(const State& state) { return state.network->params().stake; }
uint64_t native_id(const State& state) { return state.network->assets()[0].opening.id; }

// A validator tops its own stake up while it is jailed, or could never come back; others stay out meanwhile.
bool takes_bonds(const Pool& pool, bool self, const StakeParams& params) {
  return self ? !pool.tombstoned : may_serve(pool, params);
}

// Keys and tokens are nobody else's. Nothing here can become true for a registration by waiting, except room.
Status<Reject> check_registration(const Register& op, const State& state) {
  if (state.stake.pools.size() >= kMaxPools) return Failure{Reject::too_many_validators};
  for (const auto& [other, pool] : state.stake.pools)
    if (token_of(other) == token_of(op.validator) || pool.vote_key == op.vote_key)
      return Failure{Reject::already_registered};
  return Ok{};
}

Status<Reject> check_claim(const Claim& op, const State& state) {
  const auto found = state.stake.claims.find(op.claim);
  if (found == state.stake.claims.end()) return Failure{Reject::unknown_claim};
  const OpenClaim& open = found->second;
  const uint64_t asset = open.tokens ? token_of(open.validator) : native_id(state);
  if (open.key != op.key.encode() || asset != op.asset || open.amount != op.amount) return Failure{Reject::wrong_claim};
  if (state.epoch < open.mature) return Failure{Reject::immature_claim};
  return Ok{};
}

// Whether a vote may let somebody wait for it; at execution what cannot be had is paid back.
Status<Reject> check_bond(const Bond& op, const State& state) {
  const Pool* pool = find_pool(state.stake, op.validator);
  if (pool == nullptr) return Failure{Reject::unknown_validator};
  if (!takes_bonds(*pool, op.self, params_of(state))) return Failure{Reject::inactive_validator};
  if (!tokens_for(*pool, op.amount)) return Failure{Reject::no_tokens};
  return Ok{};
}

void open_claim(State& state, const ClaimId& id, const crypto::JubjubAffine& to, const ValidatorId& validator, bool tokens,
                uint64_t amount, uint64_t delay) {
  if (amount == 0) return;
  state.stake.claims.emplace(id, OpenClaim{to.encode(), validator, tokens, amount, state.epoch, state.epoch + delay});
}

void apply(const Claim& op, const ClaimId&, State& state) {
  const auto found = state.stake.claims.find(op.claim);
  if (found->second.tokens) find_pool(state.stake, found->second.validator)->held += op.amount;
  state.stake.claims.erase(found);
}

void apply(const Bond& op, const ClaimId& id, State& state) {
  Pool* pool = find_pool(state.stake, op.validator);
  const bool taken = pool != nullptr && takes_bonds(*pool, op.self, params_of(state));
  const auto tokens = taken ? tokens_for(*pool, op.amount) : std::nullopt;
  if (!tokens) return open_claim(state, id, op.to, op.validator, false, op.amount, 0);
  pool->amount += op.amount;
  pool->tokens += *tokens;
  if (op.self) pool->self += *tokens;
  else open_claim(state, id, op.to, op.validator, true, *tokens, 0);
}

// The tokens are gone, what they are worth waits.
void leave(Pool& pool, const ValidatorId& validator, uint64_t tokens, const ClaimId& id, const crypto::JubjubAffine& to, State& state) {
  const uint64_t amount = worth(pool, tokens);
  pool.amount -= amount;
  pool.tokens -= tokens;
  open_claim(state, id, to, validator, false, amount, params_of(state).unbonding_epochs);
}

void apply(const Unbond& op, const ClaimId& id, State& state) {
  Pool* pool = find_pool(state.stake, op.validator);
  pool->held -= op.amount;
  leave(*pool, op.validator, op.amount, id, op.to, state);
}

void apply(const Register& op, const ClaimId& id, State& state) {
  if (!check_registration(op, state).ok()) return open_claim(state, id, op.operator_key, op.validator, false, op.amount, 0);
  Pool pool;
  pool.vote_key = op.vote_key;
  pool.possession = op.possession;
  pool.operator_key = op.operator_key;
  pool.commission = op.commission;
  pool.endpoint = op.endpoint;
  pool.amount = pool.tokens = pool.self = op.amount;
  state.stake.pools.emplace(op.validator, std::move(pool));
}

void apply(const Mint&, const ClaimId&, State&) {}
void apply(const Burn&, const ClaimId&, State&) {}

// The part that a slash takes: rounded up, against whoever is slashed.
uint64_t cut(uint64_t amount, uint16_t part) { return static_cast<uint64_t>((Wide{amount} * part + kWhole - 1) / kWhole); }

// What may still be slashed of a validator that has no tokens left keeps its pool in memory.
bool waits_for(const Stake& stake, const ValidatorId& validator, uint64_t epoch) {
  return std::ranges::any_of(stake.claims, [&](const auto& entry) {
    return entry.second.validator == validator && entry.second.mature > epoch;
  });
}

void pay_out(State& state) {
  const StakeParams& params = params_of(state);
  Supply& native = state.supply[0];
  if (native.minted + params.issuance <= kMaxStaked) {
    native.minted += params.issuance;
    native.fees += params.issuance;
  }
  Wide total = 0;
  for (const auto& [id, pool] : state.stake.pools) total += pool.power;
  const Wide fees = native.fees;
  for (auto& [id, pool] : state.stake.pools) {
    if (pool.power == 0 || pool.tombstoned || pool.jailed_until || pool.amount == 0) continue;
    const uint64_t share = static_cast<uint64_t>(fees * pool.power / total);
    native.fees -= share;
    native.staked += share;
    const uint64_t commission = static_cast<uint64_t>(Wide{share} * pool.commission / kWhole);
    pool.amount += share - commission;
    // Bought at the rate the delegators have then. If it buys no whole token it is theirs.
    if (const auto tokens = commission == 0 ? std::nullopt : tokens_for(pool, commission)) {
      pool.tokens += *tokens;
      pool.self += *tokens;
    }
    pool.amount += commission;
  }
}

void judge_absence(State& state) {
  const StakeParams& params = params_of(state);
  for (auto& [id, pool] : state.stake.pools) {
    if (pool.power == 0) continue;
    pool.absent = pool.seen ? 0 : pool.absent + 1;
    pool.seen = false;
    if (pool.absent < params.absence_epochs || pool.jailed_until || pool.tombstoned) continue;
    pool.jailed_until = state.epoch + params.jail_epochs;
    pool.absent = 0;
  }
}

struct SeatOf {
  ValidatorId validator;
  uint64_t stake = 0;
  ByteArray<96> vote_key{};
  ByteArray<48> possession{};
};
// M-6. settle has judged it: what is read here is no more than whose seat is whose.
Result<std::vector<SeatOf>, DecodeError> read_seats(ByteView committee, const State& state) {
  Reader in(committee);
  std::vector<SeatOf> seats;
  TRY(network, in.array<32>());
  TRY(epoch, in.u64());
  if (network != state.network->id().value || epoch != state.epoch) return Failure{DecodeError::non_canonical};
  TRY(count, in.count(kMaxSeats, 32 + 8 + 96 + 48));
  for (size_t i = 0; i < count; ++i) {
    SeatOf seat;
    TRY(id, in.array<32>());
    seat.validator.value = id;
    TRY(stake, in.u64());
    seat.stake = stake;
    TRY(key, in.array<96>());
    seat.vote_key = key;
    TRY(possession, in.array<48>());
    seat.possession = possession;
    seats.push_back(seat);
  }
  TRY_OK(in.finish());
  return seats;
}

void seat_committee(State& state) {
  for (auto& [id, pool] : state.stake.pools) pool.power = pool.seat = 0;
  const auto seats = read_seats(state.committee, state);
  if (!seats.ok()) return;
  for (size_t i = 0; i < seats->size(); ++i)
    if (Pool* pool = find_pool(state.stake, (*seats)[i].validator)) {
      pool->power = (*seats)[i].stake;
      pool->seat = static_cast<uint16_t>(i);
    }
}

}  // namespace

Status<Reject> check_stake(const Transaction& tx, const State& state, For purpose) {
  size_t opened = 0;
  for (const Operation& op : tx.operations) {
    if (const Claim* claim = std::get_if<Claim>(&op)) TRY_OK(check_claim(*claim, state));
    const Unbond* unbond = std::get_if<Unbond>(&op);
    if (unbond != nullptr) {
      const Pool* pool = find_pool(state.stake, unbond->validator);
      if (pool == nullptr) return Failure{Reject::unknown_validator};
      if (pool->halted) return Failure{Reject::burns_halted};
    }
    const Bond* bond = std::get_if<Bond>(&op);
    const Register* registration = std::get_if<Register>(&op);
    opened += unbond != nullptr || bond != nullptr;
    if (purpose == For::execution) continue;
    if (bond != nullptr) TRY_OK(check_bond(*bond, state));
    if (registration != nullptr) TRY_OK(check_registration(*registration, state));
  }
  if (!overdrawn(tx, state.stake).empty()) return Failure{Reject::exceeds_supply};
  if (purpose == For::vote && opened > 0 && state.stake.claims.size() + opened > kMaxOpenClaims) return Failure{Reject::too_many_claims};
  return Ok{};
}

std::vector<ValidatorId> overdrawn(const Transaction& tx, const Stake& stake) {
  std::map<ValidatorId, std::pair<Wide, Wide>> flows;       // what notes can hold with the claims it makes, what it unbonds
  for (const Operation& op : tx.operations) {
    if (const Unbond* unbond = std::get_if<Unbond>(&op)) flows[unbond->validator].second += unbond->amount;
    const Claim* claim = std::get_if<Claim>(&op);
    const auto open = claim == nullptr ? stake.claims.end() : stake.claims.find(claim->claim);
    if (open != stake.claims.end() && open->second.tokens) flows[open->second.validator].first += open->second.amount;
  }
  std::vector<ValidatorId> beyond;
  for (const auto& [validator, flow] : flows) {
    const Pool* pool = find_pool(stake, validator);
    if (pool != nullptr && flow.second > pool->held + flow.first) beyond.push_back(validator);
  }
  return beyond;
}

void apply_stake(const Transaction& tx, const TxId& id, State& state) {
  // Claims first: what they put into notes may leave in the same transaction.
  for (const bool claims : {true, false})
    for (size_t i = 0; i < tx.operations.size(); ++i)
      if (std::holds_alternative<Claim>(tx.operations[i]) == claims)
        std::visit([&](const auto& op) { apply(op, claim_of(id, i), state); }, tx.operations[i]);
}

Status<Reject> check_stake(const Unjail& op, const TxId&, const State& state) {
  const Pool* pool = find_pool(state.stake, op.validator);
  if (pool == nullptr) return Failure{Reject::unknown_validator};
  if (pool->tombstoned) return Failure{Reject::tombstoned};
  if (!pool->jailed_until) return Failure{Reject::not_jailed};
  if (state.epoch < *pool->jailed_until) return Failure{Reject::still_jailed};
  return Ok{};
}
void apply_stake(const Unjail& op, const TxId&, State& state) { find_pool(state.stake, op.validator)->jailed_until.reset(); }

Status<Reject> check_stake(const Withdraw& op, const TxId& id, const State& state) {
  const Pool* pool = find_pool(state.stake, op.validator);
  if (pool == nullptr) return Failure{Reject::unknown_validator};
  if (op.sequence != pool->withdrawals) return Failure{Reject::wrong_sequence};
  if (op.amount > pool->self) return Failure{Reject::exceeds_self_bond};
  if (state.stake.claims.size() >= kMaxOpenClaims) return Failure{Reject::too_many_claims};
  if (!crypto::redjubjub_verify(pool->operator_key, claim_message(id), op.signature).ok()) return Failure{Reject::bad_signature};
  return Ok{};
}
void apply_stake(const Withdraw& op, const TxId& id, State& state) {
  Pool* pool = find_pool(state.stake, op.validator);
  ++pool->withdrawals;
  pool->self -= op.amount;
  leave(*pool, op.validator, op.amount, claim_of(id, 0), op.to, state);
}

namespace {

Status<Reject> may_convict(const ValidatorId& validator, uint64_t epoch, const State& state) {
  const Pool* pool = find_pool(state.stake, validator);
  if (pool == nullptr) return Failure{Reject::unknown_validator};
  if (pool->tombstoned) return Failure{Reject::tombstoned};
  if (epoch > state.epoch || state.epoch - epoch > params_of(state).evidence_epochs) return Failure{Reject::too_old};
  return Ok{};
}

void convict(const ValidatorId& validator, uint64_t epoch, State& state) {
  const uint16_t part = params_of(state).slash;
  Pool* pool = find_pool(state.stake, validator);
  Wide burned = cut(pool->amount, part);
  pool->amount -= static_cast<uint64_t>(burned);
  for (auto at = state.stake.claims.begin(); at != state.stake.claims.end();) {
    OpenClaim& claim = at->second;
    // What began to leave before did not stand behind the validator then.
    const bool stood_behind = claim.validator == validator && !claim.tokens && claim.since >= epoch && claim.mature > state.epoch;
    if (stood_behind) {
      const uint64_t taken = cut(claim.amount, part);
      claim.amount -= taken;
      burned += taken;
    }
    at = claim.amount == 0 ? state.stake.claims.erase(at) : std::next(at);
  }
  state.supply[0].staked -= burned;
  state.supply[0].burned += burned;
  pool->tombstoned = true;
}

}  // namespace

Status<Reject> check_stake(const Evidence& op, const TxId&, const State& state) { return may_convict(op.validator, op.epoch, state); }
void apply_stake(const Evidence& op, const TxId&, State& state) { convict(op.validator, op.epoch, state); }
Status<Reject> check_stake(const Misconduct& op, const TxId&, const State& state) { return may_convict(op.validator, op.epoch, state); }
void apply_stake(const Misconduct& op, const TxId&, State& state) { convict(op.validator, op.epoch, state); }

void mark_seen(State& state, uint16_t seat) {
  for (auto& [id, pool] : state.stake.pools)
    if (pool.power > 0 && pool.seat == seat) pool.seen = true;
}

void end_epoch(State& state) {
  if (!state.network->has_stake()) return;
  pay_out(state);
  judge_absence(state);
  seat_committee(state);
  std::erase_if(state.stake.pools, [&](const auto& entry) {
    const auto& [id, pool] = entry;
    return pool.tokens == 0 && pool.power == 0 && !pool.tombstoned && !waits_for(state.stake, id, state.epoch);
  });
}

bool begin_stake(ByteView committee, State& state) {
  const GenesisContent& content = state.network->content();
  const StakeParams& params = content.params.stake;
  const auto seats = read_seats(committee, state);
  if (!seats.ok() || seats->size() != params.operators.size() || seats->size() > params.max_validators) return false;
  Writer covered;                                         // seats as the network id covers them (S-3)
  covered.count(seats->size());
  Supply& native = state.supply[0];
  for (size_t i = 0; i < seats->size(); ++i) {
    const SeatOf& seat = (*seats)[i];
    covered.raw(seat.validator.value);
    covered.u64(seat.stake);
    covered.raw(seat.vote_key);
    Pool pool;
    pool.vote_key = seat.vote_key;
    pool.possession = seat.possession;
    pool.operator_key = params.operators[i];
    pool.amount = pool.tokens = pool.self = pool.power = seat.stake;
    pool.seat = static_cast<uint16_t>(i);
    native.minted += seat.stake;
    native.staked += seat.stake;
    if (seat.stake < params.min_self_bond || native.minted > kMaxStaked) return false;
    if (std::ranges::any_of(state.stake.pools, [&](const auto& other) { return token_of(other.first) == token_of(seat.validator); })) return false;
    state.stake.pools.emplace(seat.validator, std::move(pool));
  }
  return covered.bytes() == content.committee;
}

}  // namespace sotto::ledger
