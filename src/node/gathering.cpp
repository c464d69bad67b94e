#include "node/gathering.hpp"

namespace sotto::node {

Bytes SignedShare::encode() const {
  Writer out;
  out.u16(validator);
  signature.write(out);
  return std::move(out).bytes();
}

Result<SignedShare, DecodeError> SignedShare::decode(ByteView bytes) {
  Reader in(bytes);
  TRY(validator, in.u16());
  TRY(signature, crypto::BlsSignature::read(in));
  TRY_OK(in.finish());
  return SignedShare{validator, signature};
}

bool Gathering::holds(const SignedShare& share) const {
  return share.validator < committee_->size() &&
         crypto::bls_fast_aggregate_verify((*committee_)[share.validator].key, message_, share.signature);
}

void Gathering::count(const SignedShare& share) {
  CHECK(share.validator < committee_->size());
  if (shares_.emplace(share.validator, share.signature).second) stake_ += (*committee_)[share.validator].stake;
}

}  // namespace sotto::node
