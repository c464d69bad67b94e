#include "ledger/audit.hpp"

namespace sotto::ledger {

std::string describe(const AuditFailure& f) {
  if (f.genesis) return "genesis: " + describe(*f.genesis);
  CHECK(f.block);
  std::string text = "block " + std::to_string(f.height) + ": " + name(f.block->reject);
  if (f.block->entry) text += " at entry " + std::to_string(*f.block->entry);
  if (f.block->outcome) text += std::string(", should be ") + name(*f.block->outcome);
  return text;
}

Result<AuditReport, AuditFailure> audit(const Genesis& genesis, const BlockSource& blocks, Archive& empty_archive,
                                        const CertificateCheck& certificates, Authority& authority,
                                        const AuditProgress& progress, const CommitteeWord& committee) {
  AuditReport report;
  const auto step = [&](Execution&& execution) {
    for (const BlockEntry& e : execution.block.entries) {
      ++report.entries;
      if (e.outcome != Outcome::executed) continue;
      ++report.executed;
      report.proofs += e.certified.transaction.transfers.size();
    }
    report.blocks = execution.next.height;
    commit(std::move(execution), report.state, empty_archive);
    if (progress) progress(report);
  };

  auto start = execute_genesis(genesis, authority);
  if (!start.ok()) return Failure<AuditFailure>{{0, start.error(), std::nullopt}};
  step(std::move(start).value());
  for (uint64_t height = 1;; ++height) {
    const std::optional<Bytes> bytes = blocks(height);
    if (!bytes) return report;
    const auto refuse = [&](BlockFailure failure) { return Failure<AuditFailure>{{height, std::nullopt, failure}}; };
    const auto block = decode_block(*bytes);
    if (!block.ok()) return refuse({BlockReject::malformed, std::nullopt, std::nullopt});
    auto execution = check_block(report.state, empty_archive, *block, certificates, authority, committee);
    if (!execution.ok()) return refuse(execution.error());
    step(std::move(execution).value());
  }
}

}  // namespace sotto::ledger
