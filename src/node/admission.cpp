#include "node/admission.hpp"

#include "settle/committee_word.hpp"
#include "settle/stake_word.hpp"

namespace sotto::node {

std::map<ledger::ValidatorId, StakeKeys> keys_of(const ledger::Stake& stake) {
  std::map<ledger::ValidatorId, StakeKeys> keys;
  for (const auto& [id, pool] : stake.pools) keys.emplace(id, StakeKeys{pool.vote_key, pool.operator_key});
  return keys;
}

bool Admission::signed_by_its_own(const ledger::Transaction& tx) const {
  return std::visit([&]<class Op>(const Op& op) {
    if constexpr (ledger::of_stake<Op>) {
      StakeKeys keys;
      {
        const std::lock_guard lock(mutex_);
        const auto found = validators_.find(op.validator);
        if (found == validators_.end()) return false;
        keys = found->second;
      }
      if constexpr (std::is_same_v<Op, ledger::Unjail>)
        return op.epoch == committee_->epoch() && settle::unjail_holds(op, keys.vote, network_->id());
      if constexpr (std::is_same_v<Op, ledger::Withdraw>)
        return op.epoch == committee_->epoch() &&
               crypto::redjubjub_verify(keys.operator_key, ledger::claim_message(ledger::txid(tx)), op.signature).ok();
      if constexpr (std::is_same_v<Op, ledger::Evidence>) return settle::evidence_signed(op, keys.vote, network_->id());
    }
    return false;                                         // misconduct: engines put it into blocks themselves
  }, *tx.ordered);
}

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
    } else if (const auto* recover = std::get_if<ledger::Recover>(&*tx.ordered); recover == nullptr) {
      out[i] = signed_by_its_own(tx);
    } else if (recover->epoch == committee_->epoch()) {
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
