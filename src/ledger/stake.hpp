// What is at stake, as values: pools, tokens, open claims (docs/spec/stake.md D-1..D-6). What happens to them:
// stake_rules.hpp.
#pragma once
#include <map>
#include <optional>

#include "ledger/stake_operations.hpp"

namespace sotto::ledger {

// Sums of u64 amounts. 2^64 of them cannot overflow it.
__extension__ using Wide = unsigned __int128;

inline constexpr size_t kMaxPools = 1024;
inline constexpr size_t kMaxOpenClaims = 65'536;        // for votes; what is certified executes all the same
// Of a network with stake, everything native together, and the tokens of one pool, stay below it: so a product of two is
// below 2^127.
inline constexpr uint64_t kMaxStaked = (uint64_t{1} << 63) - 1;

// One registered validator, named by its engine's key (docs/adr/0091), and everything bonded to it. A token is worth amount / tokens; pools start at one to one.
struct Pool {
  ByteArray<96> vote_key{};
  ByteArray<48> possession{};
  crypto::JubjubAffine operator_key;
  uint16_t commission = 0;                              // in ten-thousandths
  std::string endpoint;
  uint64_t amount = 0;                                  // native
  uint64_t tokens = 0;                                  // = self + held + what open claims hold
  uint64_t self = 0;                                    // the validator's own, public; only its operator takes from it
  uint64_t held = 0;                                    // in notes: what the token's turnstile counts
  bool halted = false;                                  // a breach was seen: no unbonding of this token any more
  uint32_t withdrawals = 0;
  uint64_t power = 0;                                   // stake in this epoch's committee; 0: not in it
  uint16_t seat = 0;                                    // index there
  bool seen = false;                                    // it has reported in this epoch
  uint32_t absent = 0;                                  // epochs in a row in which it has not
  std::optional<uint64_t> jailed_until;                 // the first epoch in which it may come back
  bool tombstoned = false;                              // convicted: never again in a committee
  friend bool operator==(const Pool&, const Pool&) = default;
};

// What bonding and unbonding leave for their owner to take, in exactly this amount.
struct OpenClaim {
  ByteArray<32> key{};                                  // RedJubjub
  ValidatorId validator;
  bool tokens = false;                                  // of the validator's pool; else native
  uint64_t amount = 0;
  uint64_t since = 0;                                   // epoch
  uint64_t mature = 0;                                  // the first epoch in which it may be taken; until then it can be slashed
  friend bool operator==(const OpenClaim&, const OpenClaim&) = default;
};

struct Stake {
  std::map<ValidatorId, Pool> pools;
  std::map<ClaimId, OpenClaim> claims;
  friend bool operator==(const Stake&, const Stake&) = default;
};

// Tokens for `amount` at the pool's rate, rounded down. None if that is no whole token, if the pool has lost everything, or
// if it would be more than kMaxStaked.
std::optional<uint64_t> tokens_for(const Pool& pool, uint64_t amount);
// What `tokens` <= pool.tokens are worth, rounded down. All of them are worth all of the pool.
uint64_t worth(const Pool& pool, uint64_t tokens);

void write(Writer& out, const Stake& stake);
Result<Stake, DecodeError> read_stake(Reader& in);

}  // namespace sotto::ledger
