// Which notes pay: pure arithmetic over note values, for the transfer's three slots (docs/spec/transfer.md).
//   slots 0, 1   carry the paid asset: two inputs; output 0 is the payment, output 1 change
//   slot 2       carries the fee asset: one input; output 2 is change
//   carry x      moves value from slots 0, 1 to slot 2, allowed only if both are the same asset
// Every payment puts the payment into slot 0: what everybody does tells nothing, and the payee alone learns the slot.
#pragma once
#include <vector>

#include "note/amount.hpp"

namespace sotto::wallet {

using note::Amount;

// Money that could pay: any handle the caller likes, and its value (> 0).
struct Candidate {
  size_t handle = 0;
  Amount value;
};

// Sums of amounts, which may be above what an amount holds.
__extension__ using Wide = unsigned __int128;
Wide total(std::span<const Candidate> notes);

struct Selection {
  std::array<std::optional<Candidate>, 3> inputs;   // by slot; none: a dummy
  std::array<Amount, 3> outputs;                    // [0] the payment; 0 in [1], [2]: a dummy
  Amount carry;
};

enum class SelectReject : uint8_t {
  zero_amount,
  too_large,              // amount + fee is more than there can ever be (2^64)
  insufficient_funds,     // all notes together do not reach it
  insufficient_fee,       // the paid asset would do; all notes of the fee asset together do not cover the fee
  needs_merge,            // enough in total, but in too many notes: merge first (select_merge)
  needs_fee_merge,        // the same for the fee asset: no single note covers the fee (select_merge_fee_asset)
};
const char* name(SelectReject reject);

// Paying `amount` of an asset that is not the fee asset. `fee_notes` may be empty if fee is 0.
Result<Selection, SelectReject> select(std::span<const Candidate> notes, Amount amount,
                                       std::span<const Candidate> fee_notes, Amount fee);
// Paying `amount` of the fee asset itself: one note suffices for payment and fee, and change goes into two notes, so
// that two further payments can be in flight at once.
Result<Selection, SelectReject> select_fee_asset(std::span<const Candidate> notes, Amount amount, Amount fee);

// The fee alone, out of one note.
Result<Selection, SelectReject> select_fee(std::span<const Candidate> fee_notes, Amount fee);

// The two largest notes into one (output 0), to oneself; of the fee asset, the three largest less the fee (output 2, as
// value only moves towards slot 2). nullopt with fewer than two notes or no money for the fee.
std::optional<Selection> select_merge(std::span<const Candidate> notes, std::span<const Candidate> fee_notes, Amount fee);
std::optional<Selection> select_merge_fee_asset(std::span<const Candidate> notes, Amount fee);

// The largest note into two (three, if it is the fee asset), to oneself, so that later payments do not wait for each
// other's change. nullopt if there is nothing of at least 4 units to split or no money for the fee.
std::optional<Selection> select_split(std::span<const Candidate> notes, std::span<const Candidate> fee_notes, Amount fee);
std::optional<Selection> select_split_fee_asset(std::span<const Candidate> notes, Amount fee);

}  // namespace sotto::wallet
