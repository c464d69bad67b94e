// Evidence that anybody can check against a validator that broke its word: two votes for rivals (S-60, S-61), or a report
// that denied a certificate it had acknowledged (S-62). Portable: signatures, the transactions they are about, and the
// ledger as it is now. Whoever is convicted by it has lied, whatever the others did.
#pragma once
#include "settle/validator.hpp"

namespace sotto::settle {

inline constexpr size_t kMaxEvidenceBytes = 2 * ledger::kMaxTransactionBytes + 1024;

// A validator that votes again after a release is honest: every generation in both votes must have been current at once.
struct DoubleVote {
  uint64_t epoch = 0;
  ledger::Transaction first, second;
  Vote vote_on_first, vote_on_second;
};
// "I hold no certificate that could still execute", by one that had stored the certificate of `transaction`.
struct FalseReport {
  ledger::Transaction transaction;
  Acknowledgement acknowledgement;                        // in the report's epoch
  ledger::Report report;
};
using Evidence = std::variant<DoubleVote, FalseReport>;

// version u8 = 1 | kind u8 | 1: epoch u64, both transactions (sized), both votes (50 each)
//                           | 2: transaction (sized), acknowledgement (50), the report as a transaction of its own (sized)
Bytes encode(const Evidence& evidence);
Result<Evidence, DecodeError> decode_evidence(ByteView bytes);

uint16_t accused_in(const Evidence& evidence);            // index in the committee of that epoch
uint64_t epoch_of(const Evidence& evidence);

enum class EvidenceReject : uint8_t {
  wrong_network,
  wrong_epoch,             // the committee is of another one
  different_validators,
  same_transaction,
  no_common_note,          // both votes were allowed
  other_note,              // the report is about none of the transaction's notes, or about another generation
  not_current_at_once,     // a generation has risen since: the later word may have been honest
  spent,                   // a note is: the transaction could not execute any more, or has
  bad_signature,
};
const char* name(EvidenceReject reject);

// `committee` is that of epoch_of(evidence); `ledger` any later state. As generations only rise and what is spent stays spent,
// what is current and unspent now was so when the later word was given.
Status<EvidenceReject> convicts(const Evidence& evidence, const Committee& committee, const LedgerView& ledger);
// Its signatures alone: everything above that does not depend on a ledger may still acquit.
bool signed_by(const Evidence& evidence, const NetworkId& network, const crypto::BlsPublicKey& key);
// The same for whoever knows the accused by its vote key, and the committee no more.
Status<EvidenceReject> convicts(const Evidence& evidence, const NetworkId& network, const crypto::BlsPublicKey& key, const LedgerView& ledger);

}  // namespace sotto::settle
