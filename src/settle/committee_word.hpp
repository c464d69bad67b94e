// settle's answers to the ledger about what a committee signs in ordered operations (ledger.md L-70..): reports, closes.
#pragma once
#include "ledger/execute.hpp"
#include "settle/committee.hpp"

namespace sotto::settle {

// The committee of the state's epoch: `first` in epoch 0, afterwards the one the close brought in. nullptr if the state's
// bytes are none, which only a corrupt quorum brings about.
std::shared_ptr<const Committee> committee_of(const ledger::State& state, const std::shared_ptr<const Committee>& first);

// Its signature is that key's.
bool signed_by(const ledger::Report& report, const NetworkId& network, const crypto::BlsPublicKey& key);
// The stake behind a report of that committee's epoch, if its signature holds.
std::optional<ledger::CommitteeWord::Weight> weight_of(const ledger::Report& report, const Committee& committee);
// A quorum of that committee signed that it ends, and who is next is a committee of the same network's next epoch.
bool holds(const ledger::CloseEpoch& close, const Committee& committee);

// For ledger::execute. Remembers the last committee it decoded; one thread at a time.
ledger::CommitteeWord committee_word(std::shared_ptr<const Committee> first);

// A quorum's signature on M-7, put together: what a close_epoch operation carries.
struct CloseShare {
  uint16_t validator = 0;
  crypto::BlsSignature signature;
};
// nullopt below a quorum. Shares must have been verified; each validator once.
std::optional<ledger::CloseEpoch> make_close(const Committee& committee, Bytes next, std::span<const CloseShare> shares);

}  // namespace sotto::settle
