#include "wallet/selection.hpp"

#include <algorithm>

namespace sotto::wallet {

Wide total(std::span<const Candidate> notes) {
  Wide sum = 0;
  for (const Candidate& c : notes) sum += c.value.units();
  return sum;
}

namespace {

Amount narrow(Wide v) {
  CHECK(v <= UINT64_MAX);
  return Amount(static_cast<uint64_t>(v));
}

std::vector<Candidate> ascending(std::span<const Candidate> notes) {
  std::vector<Candidate> out(notes.begin(), notes.end());
  std::stable_sort(out.begin(), out.end(), [](const Candidate& a, const Candidate& b) { return a.value < b.value; });
  return out;
}

std::optional<Candidate> smallest_sufficient(std::span<const Candidate> sorted, Wide need) {
  for (const Candidate& c : sorted) {
    if (c.value.units() >= need) return c;
  }
  return std::nullopt;
}

// The pair with the least sum that reaches `need`: as little money as possible waits for its change.
std::optional<std::pair<Candidate, Candidate>> smallest_pair(std::span<const Candidate> sorted, Wide need) {
  std::optional<std::pair<Candidate, Candidate>> best;
  Wide best_sum = 0;
  if (sorted.size() < 2) return best;
  for (size_t low = 0, high = sorted.size() - 1; low < high;) {
    const Wide sum = Wide{sorted[low].value.units()} + sorted[high].value.units();
    if (sum < need) {
      ++low;
      continue;
    }
    if (!best || sum < best_sum) {
      best = {sorted[high], sorted[low]};
      best_sum = sum;
    }
    --high;
  }
  return best;
}

// Slot 2 when it carries nothing but the fee.
Status<SelectReject> choose_fee(std::span<const Candidate> fee_notes, Amount fee, Selection& out) {
  if (fee.is_zero()) return Ok{};
  const auto note = smallest_sufficient(ascending(fee_notes), fee.units());
  if (!note) {
    return Failure{total(fee_notes) >= fee.units() ? SelectReject::needs_fee_merge : SelectReject::insufficient_fee};
  }
  out.inputs[2] = note;
  out.outputs[2] = narrow(Wide{note->value.units()} - fee.units());
  return Ok{};
}

}  // namespace

const char* name(SelectReject reject) {
  switch (reject) {
    case SelectReject::zero_amount: return "zero_amount";
    case SelectReject::too_large: return "too_large";
    case SelectReject::insufficient_funds: return "insufficient_funds";
    case SelectReject::insufficient_fee: return "insufficient_fee";
    case SelectReject::needs_merge: return "needs_merge";
    case SelectReject::needs_fee_merge: return "needs_fee_merge";
  }
  return "unknown";
}

Result<Selection, SelectReject> select_fee(std::span<const Candidate> fee_notes, Amount fee) {
  Selection out;
  TRY_OK(choose_fee(fee_notes, fee, out));
  return out;
}

Result<Selection, SelectReject> select(std::span<const Candidate> notes, Amount amount,
                                       std::span<const Candidate> fee_notes, Amount fee) {
  if (amount.is_zero()) return Failure{SelectReject::zero_amount};
  const Wide need = amount.units();
  if (total(notes) < need) return Failure{SelectReject::insufficient_funds};
  const auto sorted = ascending(notes);
  Selection out;
  Wide sum = 0;
  if (const auto one = smallest_sufficient(sorted, need)) {
    out.inputs[0] = one;
    sum = one->value.units();
  } else if (const auto two = smallest_pair(sorted, need)) {
    out.inputs[0] = two->first;
    out.inputs[1] = two->second;
    sum = Wide{two->first.value.units()} + two->second.value.units();
  } else {
    return Failure{SelectReject::needs_merge};
  }
  out.outputs[0] = amount;
  out.outputs[1] = narrow(sum - need);
  TRY_OK(choose_fee(fee_notes, fee, out));
  return out;
}

Result<Selection, SelectReject> select_fee_asset(std::span<const Candidate> notes, Amount amount, Amount fee) {
  if (amount.is_zero()) return Failure{SelectReject::zero_amount};
  const auto need = amount.plus(fee);
  if (!need) return Failure{SelectReject::too_large};
  if (total(notes) < need->units()) return Failure{SelectReject::insufficient_funds};
  const auto sorted = ascending(notes);
  Selection out;
  Wide first_two = 0, third = 0;
  if (const auto one = smallest_sufficient(sorted, need->units())) {
    out.inputs[0] = one;
    first_two = one->value.units();
  } else if (const auto two = smallest_pair(sorted, need->units())) {
    out.inputs[0] = two->first;
    out.inputs[1] = two->second;
    first_two = Wide{two->first.value.units()} + two->second.value.units();
  } else if (sorted.size() >= 3) {
    for (size_t i = 0; i < 3; ++i) out.inputs[i] = sorted[sorted.size() - 1 - i];
    first_two = Wide{out.inputs[0]->value.units()} + out.inputs[1]->value.units();
    third = out.inputs[2]->value.units();
    // Output 0 is fed by slots 0, 1 only.
    if (first_two + third < need->units() || first_two < amount.units()) return Failure{SelectReject::needs_merge};
  } else {
    return Failure{SelectReject::needs_merge};
  }
  // Change in two halves, unless a half could not even pay a fee. Value flows towards slot 2 only (carry >= 0), so its
  // output is at least what its input leaves after the fee.
  const Wide change = first_two + third - need->units();
  const Wide half = change / 2 > fee.units() ? change / 2 : 0;
  const Wide least = third > fee.units() ? third - fee.units() : 0;
  const Wide in_slot_2 = std::max(half, least);
  out.outputs[0] = amount;
  out.outputs[1] = narrow(change - in_slot_2);
  out.outputs[2] = narrow(in_slot_2);
  out.carry = narrow(in_slot_2 + fee.units() - third);
  return out;
}

std::optional<Selection> select_merge(std::span<const Candidate> notes, std::span<const Candidate> fee_notes, Amount fee) {
  if (notes.size() < 2) return std::nullopt;
  const auto sorted = ascending(notes);
  Selection out;
  out.inputs[0] = sorted[sorted.size() - 1];
  out.inputs[1] = sorted[sorted.size() - 2];
  const auto sum = out.inputs[0]->value.plus(out.inputs[1]->value);
  if (!sum || !choose_fee(fee_notes, fee, out).ok()) return std::nullopt;
  out.outputs[0] = *sum;
  return out;
}

std::optional<Selection> select_merge_fee_asset(std::span<const Candidate> notes, Amount fee) {
  if (notes.size() < 2) return std::nullopt;
  const auto sorted = ascending(notes);
  Selection out;
  Wide sum = 0;
  for (size_t i = 0; i < 3 && i < sorted.size(); ++i) {
    out.inputs[i] = sorted[sorted.size() - 1 - i];
    sum += out.inputs[i]->value.units();
    if (i < 2) out.carry = narrow(std::min(sum, Wide{UINT64_MAX}));
  }
  if (sum > UINT64_MAX || sum <= fee.units()) return std::nullopt;
  out.outputs[2] = narrow(sum - fee.units());
  return out;
}

std::optional<Selection> select_split(std::span<const Candidate> notes, std::span<const Candidate> fee_notes, Amount fee) {
  const auto sorted = ascending(notes);
  if (sorted.empty() || sorted.back().value < Amount(4)) return std::nullopt;
  Selection out;
  out.inputs[0] = sorted.back();
  if (!choose_fee(fee_notes, fee, out).ok()) return std::nullopt;
  const uint64_t value = sorted.back().value.units();
  out.outputs[0] = Amount(value / 2);
  out.outputs[1] = Amount(value - value / 2);
  return out;
}

std::optional<Selection> select_split_fee_asset(std::span<const Candidate> notes, Amount fee) {
  const auto sorted = ascending(notes);
  if (sorted.empty()) return std::nullopt;
  const auto left = sorted.back().value.minus(fee);
  if (!left || *left < Amount(4)) return std::nullopt;
  const uint64_t third = left->units() / 3;
  Selection out;
  out.inputs[0] = sorted.back();
  out.outputs = {Amount(third), Amount(left->units() - 2 * third), Amount(third)};
  out.carry = Amount(third + fee.units());
  return out;
}

}  // namespace sotto::wallet
