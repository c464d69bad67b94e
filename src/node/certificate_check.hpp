// The ledger's question about a lock certificate, answered by settlement (L-41): a quorum of the committee locked
// exactly this transaction's notes for it.
#pragma once
#include "ledger/execute.hpp"
#include "settle/certificate.hpp"

namespace sotto::node {

ledger::CertificateCheck certificate_check(std::shared_ptr<const settle::Committee> committee);

}  // namespace sotto::node
