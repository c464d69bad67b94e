#include "settle/evidence.hpp"

#include <algorithm>

namespace sotto::settle {

const char* name(EvidenceReject reject) {
  switch (reject) {
    case EvidenceReject::different_validators: return "different_validators";
    case EvidenceReject::same_transaction: return "same_transaction";
    case EvidenceReject::no_common_note: return "no_common_note";
    case EvidenceReject::not_current_at_once: return "not_current_at_once";
    case EvidenceReject::bad_signature: return "bad_signature";
    case EvidenceReject::wrong_network: return "wrong_network";
  }
  return "?";
}

Status<EvidenceReject> convicts(const Equivocation& evidence, const Committee& committee,
                                std::span<const uint32_t> current_of_first, std::span<const uint32_t> current_of_second) {
  if (evidence.first.network != committee.network() || evidence.second.network != committee.network())
    return Failure{EvidenceReject::wrong_network};
  if (evidence.vote_on_first.validator != evidence.vote_on_second.validator) return Failure{EvidenceReject::different_validators};
  const Subject first{evidence.epoch, ledger::generations(evidence.first), ledger::txid(evidence.first)};
  const Subject second{evidence.epoch, ledger::generations(evidence.second), ledger::txid(evidence.second)};
  if (first.txid == second.txid) return Failure{EvidenceReject::same_transaction};

  const auto first_notes = ledger::nullifiers(evidence.first);
  const auto second_notes = ledger::nullifiers(evidence.second);
  const bool common = std::ranges::any_of(first_notes, [&](const Nullifier& nf) { return std::ranges::find(second_notes, nf) != second_notes.end(); });
  if (!common) return Failure{EvidenceReject::no_common_note};
  if (!std::ranges::equal(first.generations, current_of_first) || !std::ranges::equal(second.generations, current_of_second))
    return Failure{EvidenceReject::not_current_at_once};

  if (!verify(evidence.vote_on_first, first, committee) || !verify(evidence.vote_on_second, second, committee))
    return Failure{EvidenceReject::bad_signature};
  return Ok{};
}

}  // namespace sotto::settle
