#include "ledger/stake.hpp"

namespace sotto::ledger {
namespace {

constexpr size_t kMaxEncodedClaims = 16 * kMaxOpenClaims;   // certificates outstanding at the limit open more
constexpr size_t kMinPoolBytes = 32 + 96 + 48 + 32 + 2 + 4 + 4 * 8 + 1 + 4 + 8 + 2 + 1 + 4 + 1 + 1;
constexpr size_t kClaimBytes = 32 + 32 + 32 + 1 + 8 + 8 + 8;

void write(Writer& out, const Pool& pool) {
  out.raw(pool.vote_key);
  out.raw(pool.possession);
  pool.operator_key.write(out);
  out.u16(pool.commission);
  out.sized(view(pool.endpoint));
  for (const uint64_t v : {pool.amount, pool.tokens, pool.self, pool.held}) out.u64(v);
  out.u8(pool.halted);
  out.u32(pool.withdrawals);
  out.u64(pool.power);
  out.u16(pool.seat);
  out.u8(pool.seen);
  out.u32(pool.absent);
  out.u8(pool.jailed_until.has_value());
  if (pool.jailed_until) out.u64(*pool.jailed_until);
  out.u8(pool.tombstoned);
}

Result<Pool, DecodeError> read_pool(Reader& in) {
  Pool pool;
  TRY(vote_key, in.array<96>());
  pool.vote_key = vote_key;
  TRY(possession, in.array<48>());
  pool.possession = possession;
  TRY(operator_key, crypto::JubjubAffine::read(in));
  pool.operator_key = operator_key;
  TRY(commission, in.u16());
  pool.commission = commission;
  TRY(endpoint, in.sized(kMaxEndpointBytes));
  pool.endpoint.assign(endpoint.begin(), endpoint.end());
  for (uint64_t* v : {&pool.amount, &pool.tokens, &pool.self, &pool.held}) {
    TRY(value, in.u64());
    *v = value;
  }
  TRY(halted, in.boolean());
  pool.halted = halted;
  TRY(withdrawals, in.u32());
  pool.withdrawals = withdrawals;
  TRY(power, in.u64());
  pool.power = power;
  TRY(seat, in.u16());
  pool.seat = seat;
  TRY(seen, in.boolean());
  pool.seen = seen;
  TRY(absent, in.u32());
  pool.absent = absent;
  TRY(jailed, in.boolean());
  if (jailed) {
    TRY(until, in.u64());
    pool.jailed_until = until;
  }
  TRY(tombstoned, in.boolean());
  pool.tombstoned = tombstoned;
  return pool;
}

Result<OpenClaim, DecodeError> read_claim(Reader& in) {
  OpenClaim claim;
  TRY(key, in.array<32>());
  claim.key = key;
  TRY(validator, in.array<32>());
  claim.validator.value = validator;
  TRY(tokens, in.boolean());
  claim.tokens = tokens;
  for (uint64_t* v : {&claim.amount, &claim.since, &claim.mature}) {
    TRY(value, in.u64());
    *v = value;
  }
  return claim;
}

// A map as an encoder writes it: keys strictly increasing.
template <class Map, class ReadValue>
Status<DecodeError> read_map(Reader& in, Map& map, size_t limit, size_t min_bytes, const ReadValue& read_value) {
  TRY(count, in.count(limit, min_bytes));
  for (size_t i = 0; i < count; ++i) {
    TRY(key, in.array<32>());
    TRY(value, read_value(in));
    if (!map.empty() && !(map.rbegin()->first.value < key)) return Failure{DecodeError::out_of_order};
    map.emplace_hint(map.end(), typename Map::key_type{key}, std::move(value));
  }
  return Ok{};
}

}  // namespace

std::optional<uint64_t> tokens_for(const Pool& pool, uint64_t amount) {
  if (pool.tokens != 0 && pool.amount == 0) return std::nullopt;
  const Wide tokens = pool.tokens == 0 ? Wide{amount} : Wide{amount} * pool.tokens / pool.amount;
  if (tokens == 0 || tokens + pool.tokens > kMaxStaked) return std::nullopt;
  return static_cast<uint64_t>(tokens);
}

uint64_t worth(const Pool& pool, uint64_t tokens) {
  CHECK(tokens <= pool.tokens);
  return tokens == 0 ? 0 : static_cast<uint64_t>(Wide{tokens} * pool.amount / pool.tokens);
}

void write(Writer& out, const Stake& stake) {
  out.count(stake.pools.size());
  for (const auto& [id, pool] : stake.pools) {
    out.raw(id.value);
    write(out, pool);
  }
  out.count(stake.claims.size());
  for (const auto& [id, claim] : stake.claims) {
    out.raw(id.value);
    out.raw(claim.key);
    out.raw(claim.validator.value);
    out.u8(claim.tokens);
    for (const uint64_t v : {claim.amount, claim.since, claim.mature}) out.u64(v);
  }
}

Result<Stake, DecodeError> read_stake(Reader& in) {
  Stake stake;
  TRY_OK(read_map(in, stake.pools, kMaxPools, kMinPoolBytes, read_pool));
  TRY_OK(read_map(in, stake.claims, kMaxEncodedClaims, kClaimBytes, read_claim));
  return stake;
}

}  // namespace sotto::ledger
