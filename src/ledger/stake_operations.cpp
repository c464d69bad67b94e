#include "ledger/stake_operations.hpp"

#include "crypto/hash.hpp"

namespace sotto::ledger {
namespace {

Hash32 labelled(std::string_view label, ByteView first, ByteView second = {}) {
  crypto::Sha256 h;
  h.update(view(label));
  h.update(first);
  h.update(second);
  return h.finish();
}

// Fields of these types have one encoding each; points may be any of the curve.
void put(Writer& out, uint16_t v) { out.u16(v); }
void put(Writer& out, uint32_t v) { out.u32(v); }
void put(Writer& out, uint64_t v) { out.u64(v); }
void put(Writer& out, bool v) { out.u8(v); }
void put(Writer& out, const crypto::JubjubAffine& v) { v.write(out); }
void put(Writer& out, const Signature& v) { v.write(out); }
template <size_t N>
void put(Writer& out, const ByteArray<N>& v) { out.raw(v); }
template <class Meaning>
void put(Writer& out, const HashId<Meaning>& v) { out.raw(v.value); }

template <class T>
Result<T, DecodeError> read_one(Reader& in) {
  if constexpr (std::is_same_v<T, bool>) return in.boolean();
  else if constexpr (std::is_integral_v<T>) return in.integer<T>();
  else return T::read(in);
}
template <class T>
Status<DecodeError> take(Reader& in, T& v) {
  TRY(value, read_one<T>(in));
  v = value;
  return Ok{};
}
template <size_t N>
Status<DecodeError> take(Reader& in, ByteArray<N>& v) {
  TRY(bytes, in.template array<N>());
  v = bytes;
  return Ok{};
}
template <class Meaning>
Status<DecodeError> take(Reader& in, HashId<Meaning>& v) { return take(in, v.value); }

template <class... Fields>
void put_all(Writer& out, const Fields&... fields) { (put(out, fields), ...); }
// In order, up to the first that does not decode.
template <class... Fields>
Status<DecodeError> take_all(Reader& in, Fields&... fields) {
  Status<DecodeError> status = Ok{};
  (void)(... && (status = take(in, fields)).ok());
  return status;
}

}  // namespace

void Bond::write(Writer& out, bool) const { put_all(out, validator, amount, self, to); }
Result<Bond, DecodeError> Bond::read(Reader& in) {
  Bond op;
  TRY_OK(take_all(in, op.validator, op.amount, op.self, op.to));
  return op;
}

void Unbond::write(Writer& out, bool) const { put_all(out, validator, amount, to); }
Result<Unbond, DecodeError> Unbond::read(Reader& in) {
  Unbond op;
  TRY_OK(take_all(in, op.validator, op.amount, op.to));
  return op;
}

void Claim::write(Writer& out, bool signatures) const {
  put_all(out, claim, asset, amount, generation, key);
  if (signatures) put(out, signature);
}
Result<Claim, DecodeError> Claim::read(Reader& in) {
  Claim op;
  TRY_OK(take_all(in, op.claim, op.asset, op.amount, op.generation, op.key, op.signature));
  return op;
}

void Register::write(Writer& out, bool signatures) const {
  put_all(out, vote_key, validator, operator_key, commission);
  out.sized(view(endpoint));
  put(out, amount);
  if (signatures) put_all(out, possession, engine_signature);
}
Result<Register, DecodeError> Register::read(Reader& in) {
  Register op;
  TRY_OK(take_all(in, op.vote_key, op.validator, op.operator_key, op.commission));
  TRY(endpoint, in.sized(kMaxEndpointBytes));
  op.endpoint.assign(endpoint.begin(), endpoint.end());
  TRY_OK(take_all(in, op.amount, op.possession, op.engine_signature));
  return op;
}

void Unjail::write(Writer& out, bool signatures) const {
  put_all(out, epoch, validator);
  if (signatures) put(out, signature);
}
Result<Unjail, DecodeError> Unjail::read(Reader& in) {
  Unjail op;
  TRY_OK(take_all(in, op.epoch, op.validator, op.signature));
  return op;
}

void Withdraw::write(Writer& out, bool signatures) const {
  put_all(out, epoch, validator, sequence, amount, to);
  if (signatures) put(out, signature);
}
Result<Withdraw, DecodeError> Withdraw::read(Reader& in) {
  Withdraw op;
  TRY_OK(take_all(in, op.epoch, op.validator, op.sequence, op.amount, op.to, op.signature));
  return op;
}

void Evidence::write(Writer& out, bool) const {
  put_all(out, epoch, validator);
  out.sized(proof);
}
Result<Evidence, DecodeError> Evidence::read(Reader& in) {
  Evidence op;
  TRY_OK(take_all(in, op.epoch, op.validator));
  TRY(proof, in.sized(kMaxEvidenceBytes));
  op.proof.assign(proof.begin(), proof.end());
  return op;
}

void Misconduct::write(Writer& out, bool) const { put_all(out, epoch, validator); }
Result<Misconduct, DecodeError> Misconduct::read(Reader& in) {
  Misconduct op;
  TRY_OK(take_all(in, op.epoch, op.validator));
  return op;
}

uint64_t token_of(const ValidatorId& validator) {
  uint64_t id = 0;
  for (size_t i = 0; i < 8; ++i) id = id << 8 | validator.value[i];
  return id | kTokenRange;
}

Hash32 registration_message(const NetworkId& network, const Register& registration) {
  Writer keys;
  put_all(keys, registration.validator, registration.vote_key, registration.operator_key);
  return labelled("Sotto.registration.v1", network.value, keys.bytes());
}

Bytes possession_context(const NetworkId& network, const ValidatorId& id) {
  Writer out;
  out.raw(view("Sotto.possession.v1"));
  out.raw(network.value);
  out.raw(id.value);
  return std::move(out).bytes();
}

Hash32 claim_message(const TxId& id) { return labelled("Sotto.claim.v1", id.value); }

ClaimId claim_of(const TxId& id, size_t operation) {
  CHECK(operation <= UINT8_MAX);
  const uint8_t index = static_cast<uint8_t>(operation);
  return {labelled("Sotto.claim-id.v1", id.value, {&index, 1})};
}

Nullifier spent_by_claim(const ClaimId& claim) {
  ByteArray<64> wide{};
  const Hash32 hash = labelled("Sotto.claim-nullifier.v1", claim.value);
  std::copy(hash.begin(), hash.end(), wide.begin() + 32);
  return {Fr::reduce512(wide)};
}

}  // namespace sotto::ledger
