// What a payment takes, before anything is proven: how many merges of small notes go first, and every fee. Pure arithmetic
// over note values, like selection.hpp. A transfer spends two notes of the paid asset and one of the fee asset, so n notes take
// n - 2 merges (of the fee asset itself three become one, so half as many); each pays the same fee as the payment.
//
// Merges of one round spend different notes and need not wait for each other; a round waits for the block with the one
// before. Planning again after a round gives the rest of the same plan, because nothing else changes the notes.
#pragma once
#include "wallet/selection.hpp"

namespace sotto::wallet {

inline constexpr size_t kMaxMergesARound = 16;

struct PlannedMerge {
  bool of_fee_asset = false;           // which asset is gathered; the fee comes out of the fee asset either way
  Selection selection;
};

// Everything is counted, nothing is tried: with a plan the payment is possible and costs exactly this.
struct Plan {
  Amount amount;                       // what the payee gets
  Amount fee;                          // of the payment itself
  Amount merge_fees;                   // of all merges, in the fee asset
  size_t merges = 0, rounds = 0;
  std::vector<PlannedMerge> first;     // the merges of the first round; empty: `payment` can be made now
  Selection payment;                   // handles mean something only if `first` is empty
  // Of the fee asset. Both together are part of what its notes hold, so they do not overflow.
  Amount fees() const { return *fee.plus(merge_fees); }
};

// Why not, in figures: what it would take and what is there, of the asset that is too little.
struct PlanRefusal {
  SelectReject reject{};               // never needs_merge or needs_fee_merge
  bool of_fee_asset = false;
  Amount needed, there;
  size_t merges = 0;                   // that `needed` counts
  bool dust = false;                   // there is enough, in notes so small that gathering them costs what they hold
};

// nullopt as amount: everything, less the fees if the fee asset is what is paid.
using Wanted = std::optional<Amount>;

// `notes` and `fee_notes` are two different assets; `fee_notes` may be empty if fee is 0.
Result<Plan, PlanRefusal> plan(std::span<const Candidate> notes, Wanted amount, std::span<const Candidate> fee_notes, Amount fee);
// The paid asset is the fee asset.
Result<Plan, PlanRefusal> plan_fee_asset(std::span<const Candidate> notes, Wanted amount, Amount fee);
// A fee alone, out of one note of the fee asset.
Result<Plan, PlanRefusal> plan_fee(std::span<const Candidate> fee_notes, Amount fee);

}  // namespace sotto::wallet
