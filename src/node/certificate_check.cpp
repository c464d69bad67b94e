#include "node/certificate_check.hpp"

namespace sotto::node {

ledger::CertificateCheck certificate_check(std::shared_ptr<const settle::Committee> committee) {
  return [committee = std::move(committee)](const ledger::Transaction& tx, const ledger::TxId& id, ByteView bytes,
                                            const ledger::State&) {
    const auto certificate = settle::LockCertificate::decode(bytes);
    if (!certificate.ok()) return false;
    const settle::Subject expected{committee->epoch(), ledger::generations(tx), id};
    return certificate->subject == expected && settle::verify(*certificate, *committee).ok();
  };
}

}  // namespace sotto::node
