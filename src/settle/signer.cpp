#include "settle/signer.hpp"

namespace sotto::settle {

Vote Signer::vote(const Durable<Lock>& lock) const {
  const Hash32 message = digest(Phase::vote, network_, subject_of(lock->epoch, lock->transaction));
  return {index_, crypto::bls_sign(key_, message)};
}

Acknowledgement Signer::acknowledge(const Durable<Certified>& certified) const {
  const Hash32 message = digest(Phase::settle, network_, certified->certificate.subject);
  return {index_, crypto::bls_sign(key_, message)};
}

ledger::Report Signer::report(const Durable<Freeze>& freeze) const {
  ledger::Report report{freeze->epoch, std::nullopt, index_, {}};
  if (freeze->note) report.note = {freeze->note->nf, freeze->note->generation};
  report.signature = crypto::bls_sign(key_, report_digest(network_, freeze->epoch, freeze->note)).encode();
  return report;
}

crypto::BlsSignature Signer::close(uint64_t epoch, ByteView next) const {
  return crypto::bls_sign(key_, close_digest(network_, epoch, next));
}

crypto::BlsSignature Signer::transition(const Durable<Transition>& transition) const {
  return crypto::bls_sign(key_, transition->digest(network_));
}

std::vector<crypto::BlsHashed> Signer::sign(std::span<Persisted> done) const {
  std::vector<crypto::BlsHashed> hashed;
  hashed.reserve(done.size());
  for (const Persisted& persisted : done) {
    const auto* lock = std::get_if<Lock>(&persisted.write_);
    const Hash32 message = lock != nullptr
                               ? digest(Phase::vote, network_, subject_of(lock->epoch, lock->transaction))
                               : digest(Phase::settle, network_, std::get<Certified>(persisted.write_).certificate.subject);
    hashed.push_back(crypto::BlsHashed(message));
  }
  const auto signatures = crypto::bls_sign(key_, hashed);
  for (size_t i = 0; i < done.size(); ++i) done[i].signature_ = signatures[i];
  return hashed;
}

}  // namespace sotto::settle
