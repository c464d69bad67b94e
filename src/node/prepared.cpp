#include "node/prepared.hpp"

namespace sotto::node {

PreparedBatch::PreparedBatch(std::span<const ledger::CertifiedTransaction> entries, const ledger::Network& network,
                             const ledger::Archive& archive, CheckedCertificates& certificates, ledger::Authority& authority)
    : checked_(certificates), authority_(authority) {
  // In the order and under the conditions of ledger::execute (L-40). An ordered operation has no certificate.
  std::vector<CheckedCertificates::Question> questions;
  std::vector<const ledger::Transaction*> worth_it;
  for (const auto& entry : entries) {
    const ledger::Transaction& tx = entry.transaction;
    if (!ledger::check_stateless(tx, network, std::nullopt).ok()) continue;
    if (!tx.ordered && !ledger::find_spend(tx, archive)) questions.push_back({&tx, ledger::txid(tx), entry.certificate});
    if (tx.ordered && std::holds_alternative<ledger::Recover>(*tx.ordered) && entry.certificate.empty()) worth_it.push_back(&tx);
  }
  const auto certified = checked_.check_all(questions);
  for (size_t i = 0; i < questions.size(); ++i) {
    certified_.emplace(questions[i].transaction, certified[i]);
    if (certified[i]) worth_it.push_back(questions[i].transaction);
  }
  if (worth_it.empty()) return;
  const auto verdicts = authority_.verify(network, worth_it);
  for (size_t i = 0; i < worth_it.size(); ++i) verdicts_.emplace(worth_it[i], verdicts[i]);
}

std::vector<Status<ledger::Reject>> PreparedBatch::verify(const ledger::Network& network,
                                                          std::span<const ledger::Transaction* const> transactions) {
  std::vector<Status<ledger::Reject>> out(transactions.size(), Ok{});
  std::vector<const ledger::Transaction*> rest;
  std::vector<size_t> where;
  for (size_t i = 0; i < transactions.size(); ++i) {
    const auto found = verdicts_.find(transactions[i]);
    if (found != verdicts_.end()) {
      out[i] = found->second;
      continue;
    }
    rest.push_back(transactions[i]);
    where.push_back(i);
  }
  if (rest.empty()) return out;
  const auto verdicts = authority_.verify(network, rest);
  for (size_t i = 0; i < rest.size(); ++i) out[where[i]] = verdicts[i];
  return out;
}

ledger::CertificateCheck PreparedBatch::certificates() {
  return [this](const ledger::Transaction& tx, const ledger::TxId& id, ByteView bytes, const ledger::State&) {
    const auto found = certified_.find(&tx);
    return found != certified_.end() ? found->second : checked_.check(tx, id, bytes);
  };
}

}  // namespace sotto::node
