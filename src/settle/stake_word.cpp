#include "settle/stake_word.hpp"

#include "crypto/hash.hpp"

namespace sotto::settle {

Hash32 unjail_digest(const NetworkId& network, uint64_t epoch, const ledger::ValidatorId& validator) {
  Writer out;
  out.raw(view("Sotto.unjail.v1"));
  out.raw(network.value);
  out.u64(epoch);
  out.raw(validator.value);
  return crypto::sha256(out.bytes());
}

ledger::Unjail make_unjail(const NetworkId& network, uint64_t epoch, const ledger::ValidatorId& validator, const crypto::BlsSecretKey& key) {
  return {epoch, validator, crypto::bls_sign(key, unjail_digest(network, epoch, validator)).encode()};
}

bool unjail_holds(const ledger::Unjail& op, ByteView vote_key, const NetworkId& network) {
  const auto key = crypto::BlsPublicKey::decode(vote_key);
  const auto signature = crypto::BlsSignature::decode(op.signature);
  return key.ok() && signature.ok() && crypto::bls_verify(*key, unjail_digest(network, op.epoch, op.validator), *signature).ok();
}

ledger::Evidence make_evidence(const ledger::ValidatorId& validator, const Evidence& evidence) {
  return {epoch_of(evidence), validator, encode(evidence)};
}

bool evidence_signed(const ledger::Evidence& op, ByteView vote_key, const NetworkId& network) {
  const auto key = crypto::BlsPublicKey::decode(vote_key);
  const auto evidence = decode_evidence(op.proof);
  return key.ok() && evidence.ok() && epoch_of(*evidence) == op.epoch && signed_by(*evidence, network, *key);
}

bool evidence_holds(const ledger::Evidence& op, ByteView vote_key, const NetworkId& network, const LedgerView& ledger) {
  const auto key = crypto::BlsPublicKey::decode(vote_key);
  const auto evidence = decode_evidence(op.proof);
  return key.ok() && evidence.ok() && epoch_of(*evidence) == op.epoch && convicts(*evidence, network, *key, ledger).ok();
}

}  // namespace sotto::settle
