#include "settle/committee.hpp"

#include <algorithm>

#include "crypto/hash.hpp"

namespace sotto::settle {

const char* name(CommitteeReject reject) {
  switch (reject) {
    case CommitteeReject::malformed: return "malformed";
    case CommitteeReject::empty: return "empty";
    case CommitteeReject::too_many: return "too_many";
    case CommitteeReject::out_of_order: return "out_of_order";
    case CommitteeReject::zero_stake: return "zero_stake";
    case CommitteeReject::repeated_key: return "repeated_key";
    case CommitteeReject::bad_possession: return "bad_possession";
  }
  return "?";
}

Validator make_validator(const NetworkId& network, const ValidatorId& id, uint64_t stake, const crypto::BlsSecretKey& key) {
  return {id, stake, key.public_key(), crypto::bls_prove_possession(key, possession_context(network, id))};
}

Result<Committee, CommitteeReject> Committee::create(const NetworkId& network, uint64_t epoch, std::vector<Validator> validators) {
  if (validators.empty()) return Failure{CommitteeReject::empty};
  if (validators.size() > kMaxValidators) return Failure{CommitteeReject::too_many};
  std::vector<ByteArray<crypto::BlsPublicKey::kBytes>> keys;
  for (size_t i = 0; i < validators.size(); ++i) {
    if (i > 0 && validators[i - 1].id >= validators[i].id) return Failure{CommitteeReject::out_of_order};
    if (validators[i].stake == 0) return Failure{CommitteeReject::zero_stake};
    keys.push_back(validators[i].key.encode());
  }
  std::ranges::sort(keys);
  if (std::ranges::adjacent_find(keys) != keys.end()) return Failure{CommitteeReject::repeated_key};
  for (const Validator& validator : validators) {
    const Bytes context = possession_context(network, validator.id);
    if (!crypto::bls_verify_possession(validator.key, context, validator.possession))
      return Failure{CommitteeReject::bad_possession};
  }

  Committee committee;
  committee.network_ = network;
  committee.epoch_ = epoch;
  for (const Validator& validator : validators) committee.total_ += validator.stake;
  committee.validators_ = std::move(validators);
  Writer out;
  out.raw(view("Sotto.committee.v1"));
  out.raw(committee.encode());
  committee.hash_ = crypto::sha256(out.bytes());
  return committee;
}

Bytes Committee::encode() const {
  Writer out;
  out.raw(network_.value);
  out.u64(epoch_);
  out.count(validators_.size());
  for (const Validator& validator : validators_) {
    out.raw(validator.id.value);
    out.u64(validator.stake);
    validator.key.write(out);
    validator.possession.write(out);
  }
  return std::move(out).bytes();
}

Bytes seats_encoding(std::span<const Seat> seats) {
  Writer out;
  out.count(seats.size());
  for (const Seat& seat : seats) {
    out.raw(seat.id.value);
    out.u64(seat.stake);
    seat.key.write(out);
  }
  return std::move(out).bytes();
}

Result<std::vector<Seat>, DecodeError> decode_seats(ByteView bytes) {
  Reader in(bytes);
  std::vector<Seat> seats;
  TRY(count, in.count(kMaxValidators, 32 + 8 + crypto::BlsPublicKey::kBytes));
  for (size_t i = 0; i < count; ++i) {
    TRY(id, in.array<32>());
    TRY(stake, in.u64());
    TRY(key, crypto::BlsPublicKey::read(in));
    seats.push_back({{id}, stake, key});
  }
  TRY_OK(in.finish());
  return seats;
}

Bytes Committee::seats() const {
  std::vector<Seat> seats;
  for (const Validator& validator : validators_) seats.push_back({validator.id, validator.stake, validator.key});
  return seats_encoding(seats);
}

namespace {

struct Table {
  NetworkId network;
  uint64_t epoch = 0;
  std::vector<Validator> validators;
};

Result<Table, DecodeError> read_table(ByteView bytes) {
  Reader in(bytes);
  Table table;
  TRY(network, in.array<32>());
  table.network.value = network;
  TRY(epoch, in.u64());
  table.epoch = epoch;
  TRY(count, in.count(kMaxValidators, 32 + 8 + crypto::BlsPublicKey::kBytes + crypto::BlsSignature::kBytes));
  for (size_t i = 0; i < count; ++i) {
    TRY(id, in.array<32>());
    TRY(stake, in.u64());
    TRY(key, crypto::BlsPublicKey::read(in));
    TRY(possession, crypto::BlsSignature::read(in));
    table.validators.push_back({{id}, stake, key, possession});
  }
  TRY_OK(in.finish());
  return table;
}

}  // namespace

Result<Committee, CommitteeReject> Committee::decode(ByteView bytes) {
  auto table = read_table(bytes);
  if (!table) return Failure{CommitteeReject::malformed};
  return create(table->network, table->epoch, std::move(table->validators));
}

std::optional<uint16_t> Committee::index_of(const ValidatorId& id) const {
  const auto at = std::ranges::lower_bound(validators_, id, {}, &Validator::id);
  if (at == validators_.end() || at->id != id) return std::nullopt;
  return static_cast<uint16_t>(at - validators_.begin());
}

}  // namespace sotto::settle
