#include "node/admission.hpp"

#include "settle/committee_word.hpp"

namespace sotto::node {

std::vector<bool> Admission::admits(std::span<const ledger::CertifiedTransaction* const> entries) {
  std::vector<bool> out(entries.size(), false);
  std::vector<CheckedCertificates::Question> questions;
  std::vector<const ledger::Transaction*> recoveries;
  std::vector<size_t> asked, recovering;
  for (size_t i = 0; i < entries.size(); ++i) {
    const auto& [tx, certificate] = *entries[i];
    if (!tx.ordered) {
      questions.push_back({&tx, ledger::txid(tx), certificate});
      asked.push_back(i);
    } else if (!certificate.empty() || !ledger::check_stateless(tx, *network_, std::nullopt)) {
      continue;
    } else if (const auto* report = std::get_if<ledger::Report>(&*tx.ordered)) {
      out[i] = settle::weight_of(*report, *committee_).has_value();
    } else if (const auto* close = std::get_if<ledger::CloseEpoch>(&*tx.ordered)) {
      out[i] = settle::holds(*close, *committee_);
    } else if (std::get<ledger::Recover>(*tx.ordered).epoch == committee_->epoch()) {
      recoveries.push_back(&tx);
      recovering.push_back(i);
    }
  }
  const auto certified = certificates_.check_all(questions);
  for (size_t k = 0; k < asked.size(); ++k) out[asked[k]] = certified[k];
  if (recoveries.empty()) return out;
  const auto verdicts = authority_.verify(*network_, recoveries);
  for (size_t k = 0; k < recovering.size(); ++k) out[recovering[k]] = verdicts[k].ok();
  return out;
}

}  // namespace sotto::node
