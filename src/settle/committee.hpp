// The committee of an epoch: one table used by votes, certificates and the ordering engine alike (S-1..S-4).
// A Committee object has passed every check: its keys are proven possessed, distinct and not infinity.
#pragma once
#include <memory>

#include "settle/messages.hpp"

namespace sotto::settle {

__extension__ using Stake = unsigned __int128;            // sums; a single validator's stake is a u64

inline constexpr size_t kMaxValidators = 512;

using ledger::ValidatorId;
using ledger::possession_context;

struct Validator {
  ValidatorId id;
  uint64_t stake = 0;
  crypto::BlsPublicKey key;
  crypto::BlsSignature possession;                        // under `key`, bound to network and id by possession_context()
  friend bool operator==(const Validator&, const Validator&) = default;
};

Validator make_validator(const NetworkId& network, const ValidatorId& id, uint64_t stake, const crypto::BlsSecretKey& key);

// The part of a validator the network id covers at genesis. Possession is proven for the network, so the network id
// cannot cover the proofs: genesis commits to seats_encoding(), and carries the proofs beside it (S-3).
struct Seat {
  ValidatorId id;
  uint64_t stake = 0;
  crypto::BlsPublicKey key;
};
// count; id 32, stake u64, key 96 each.
Bytes seats_encoding(std::span<const Seat> seats);
Result<std::vector<Seat>, DecodeError> decode_seats(ByteView bytes);

enum class CommitteeReject : uint8_t {
  malformed,           // the bytes are no committee
  empty,
  too_many,            // above kMaxValidators
  out_of_order,        // ids not strictly increasing (the same id twice included)
  zero_stake,
  repeated_key,
  bad_possession,
};
const char* name(CommitteeReject reject);

class Committee {
 public:
  static Result<Committee, CommitteeReject> create(const NetworkId& network, uint64_t epoch, std::vector<Validator> validators);
  // network | epoch | validators (count; id, stake, key, possession each).
  static Result<Committee, CommitteeReject> decode(ByteView bytes);
  Bytes encode() const;
  // seats_encoding() of its validators: equals the genesis content's if this is the network's first committee.
  Bytes seats() const;
  // SHA-256 over "Sotto.committee.v1" and the encoding.
  const Hash32& hash() const { return hash_; }

  const NetworkId& network() const { return network_; }
  uint64_t epoch() const { return epoch_; }
  size_t size() const { return validators_.size(); }
  const Validator& operator[](size_t index) const { return validators_[index]; }
  const std::vector<Validator>& validators() const { return validators_; }
  std::optional<uint16_t> index_of(const ValidatorId& id) const;

  Stake total() const { return total_; }
  // Strictly more than two thirds of all stake.
  bool is_quorum(Stake stake) const { return stake * 3 > total_ * 2; }
  size_t bitmap_bytes() const { return (size() + 7) / 8; }

 private:
  Committee() = default;
  NetworkId network_;
  uint64_t epoch_ = 0;
  std::vector<Validator> validators_;
  Stake total_ = 0;
  Hash32 hash_{};
};

}  // namespace sotto::settle
