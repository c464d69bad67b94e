// settle's answers to the ledger about what a committee signs in ordered operations (ledger.md L-70..): reports, closes.
#pragma once
#include "ledger/execute.hpp"
#include "settle/committee.hpp"

namespace sotto::settle {

// The committee of the state's epoch: `first` in epoch 0, afterwards the one the close brought in. nullptr if the state's
// bytes are none, which only a corrupt quorum brings about.
std::shared_ptr<const Committee> committee_of(const ledger::State& state, const std::shared_ptr<const Committee>& first);

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
