// Evidence against a validator that voted for two rivals (S-60, S-61).
#pragma once
#include "settle/certificate.hpp"

namespace sotto::settle {

// Portable proof that a validator voted twice. It convicts only if every generation in both votes was current at once
// (protocol.md §5): a validator that votes again after a release is honest.
struct Equivocation {
  ledger::Transaction first, second;
  uint64_t epoch = 0;
  Vote vote_on_first, vote_on_second;
};
enum class EvidenceReject : uint8_t {
  different_validators,
  same_transaction,
  no_common_note,      // both votes were allowed
  not_current_at_once,
  bad_signature,
  wrong_network,
};
const char* name(EvidenceReject reject);
// `current` is the present generation of each note of both transactions, in their order. As generations only rise, all
// being current now means that all were current together when the later vote was cast.
Status<EvidenceReject> convicts(const Equivocation& evidence, const Committee& committee,
                                std::span<const uint32_t> current_of_first, std::span<const uint32_t> current_of_second);

}  // namespace sotto::settle
