// An observer that trusts nobody: from genesis, every proof, signature, certificate, outcome, root, hash and turnstile,
// block after block (docs/spec/ledger.md L-50).
#pragma once
#include "ledger/genesis.hpp"

namespace sotto::ledger {

struct AuditFailure {
  uint64_t height = 0;                       // of the block that fails; 0: genesis
  std::optional<GenesisFailure> genesis;
  std::optional<BlockFailure> block;         // malformed if its bytes do not decode
};
std::string describe(const AuditFailure& failure);

struct AuditReport {
  uint64_t blocks = 0;                       // genesis not counted
  uint64_t entries = 0, executed = 0, proofs = 0;  // proofs: of executed transactions, genesis included
  State state;                               // where the ledger stands; state.supply is the turnstile per asset
};

// The block's bytes at `height`, or nothing when there are no more.
using BlockSource = std::function<std::optional<Bytes>(uint64_t height)>;
// Called after genesis and after every block.
using AuditProgress = std::function<void(const AuditReport& so_far)>;

Result<AuditReport, AuditFailure> audit(const Genesis& genesis, const BlockSource& blocks, Archive& empty_archive,
                                        const CertificateCheck& certificates, Authority& authority,
                                        const AuditProgress& progress, const CommitteeWord& committee);

}  // namespace sotto::ledger
