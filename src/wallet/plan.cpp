#include "wallet/plan.hpp"

#include <algorithm>

namespace sotto::wallet {
namespace {

// For figures people are told: what is above all amounts is the largest.
Amount clamped(Wide v) { return Amount(static_cast<uint64_t>(std::min(v, Wide{UINT64_MAX}))); }

// Notes as the merges so far would leave them, largest first.
class Purse {
 public:
  explicit Purse(std::span<const Candidate> notes) : notes_(notes.begin(), notes.end()) {
    std::ranges::stable_sort(notes_, std::ranges::greater{}, &Candidate::value);
  }
  const std::vector<Candidate>& notes() const { return notes_; }
  size_t size() const { return notes_.size(); }
  // Taken in this round; what a merge makes can be spent in the next one.
  Candidate take(size_t index) {
    const Candidate taken = notes_[index];
    notes_.erase(notes_.begin() + static_cast<std::ptrdiff_t>(index));
    return taken;
  }
  // Index of the smallest that covers `need`.
  std::optional<size_t> smallest_sufficient(Amount need) const {
    const auto beyond = std::ranges::partition_point(notes_, [&](const Candidate& c) { return c.value >= need; });
    if (beyond == notes_.begin()) return std::nullopt;
    return static_cast<size_t>(beyond - notes_.begin()) - 1;
  }
  void make(Amount value) {
    if (!value.is_zero()) made_.push_back({SIZE_MAX, value});
  }
  void next_round() {
    for (const Candidate& c : made_)
      notes_.insert(std::ranges::upper_bound(notes_, c.value, std::ranges::greater{}, &Candidate::value), c);
    made_.clear();
  }
  // How many of the largest it takes to hold `need`; size() + 1 if all do not.
  size_t count_for(Wide need) const {
    Wide sum = 0;
    for (size_t k = 0; k < notes_.size(); ++k)
      if ((sum += notes_[k].value.units()) >= need) return k + 1;
    return notes_.size() + 1;
  }

 private:
  std::vector<Candidate> notes_, made_;
};

// One plan being made: rounds of merges until `select_now` gives the payment.
struct Planning {
  Amount fee;
  Wide fee_money = 0;                  // what the notes of the fee asset hold at first
  size_t least_merges = 0;             // what the number of notes asks for
  Plan plan;
  std::vector<PlannedMerge> round;

  Planning(Amount of_each, std::span<const Candidate> fees) : fee(of_each), fee_money(total(fees)) { plan.fee = of_each; }

  // The fee asset does not do: too little, or in notes so small that gathering them costs what they hold.
  Status<PlanRefusal> no_fee() const {
    const size_t merges = std::max(least_merges, plan.merges + round.size());
    const Wide needed = Wide{fee.units()} * (merges + 1);
    return Failure{PlanRefusal{SelectReject::insufficient_fee, true, clamped(needed), clamped(fee_money), merges, fee_money >= needed}};
  }

  // Three (or two) of the fee asset's largest into one, the fee out of their sum. False: they do not hold more than the fee.
  bool merge_fee_asset(Purse& purse) {
    if (purse.size() < 2) return false;
    const size_t count = std::min<size_t>(3, purse.size());
    const auto selection = select_merge_fee_asset(std::span(purse.notes()).first(count), fee);
    if (!selection) return false;
    for (size_t i = 0; i < count; ++i) purse.take(0);
    purse.make(selection->outputs[2]);
    round.push_back({true, *selection});
    return true;
  }
  // The two largest of the paid asset into one, the fee out of the smallest note that covers it.
  bool merge_pair(Purse& purse, Purse& fee_notes) {
    const auto pays = fee.is_zero() ? std::nullopt : fee_notes.smallest_sufficient(fee);
    if (purse.size() < 2 || (!pays && !fee.is_zero())) return false;
    const Candidate pair[] = {purse.notes()[0], purse.notes()[1]};
    const auto selection = select_merge(pair, pays ? std::span(&fee_notes.notes()[*pays], 1) : std::span<const Candidate>{}, fee);
    if (!selection) return false;
    purse.take(0);
    purse.take(0);
    purse.make(selection->outputs[0]);
    if (pays) fee_notes.take(*pays);
    fee_notes.make(selection->outputs[2]);
    round.push_back({false, *selection});
    return true;
  }

  Status<PlanRefusal> end_round() {
    const auto cost = clamped(Wide{fee.units()} * round.size());
    const auto spent = plan.merge_fees.plus(cost);
    if (!spent) return Failure{PlanRefusal{SelectReject::too_large, true, {}, {}, plan.merges, false}};
    plan.merge_fees = *spent;
    plan.merges += round.size();
    if (plan.rounds++ == 0) plan.first = round;
    round.clear();
    return Ok{};
  }
};

}  // namespace

Result<Plan, PlanRefusal> plan(std::span<const Candidate> notes, Wanted amount, std::span<const Candidate> fee_notes, Amount fee) {
  const Wide there = total(notes);
  if (!amount && there > UINT64_MAX) return Failure{PlanRefusal{SelectReject::too_large, false, {}, clamped(there), 0, false}};
  const Amount pays = amount.value_or(clamped(there));
  Planning p(fee, fee_notes);
  p.plan.amount = pays;
  Purse purse(notes), fees(fee_notes);
  if (const size_t k = purse.count_for(pays.units()); k > 2 && k <= purse.size()) p.least_merges = k - 2;
  for (;;) {
    const auto selection = select(purse.notes(), pays, fees.notes(), fee);
    if (selection.ok()) {
      p.plan.payment = *selection;
      return p.plan;
    }
    switch (selection.error()) {
      case SelectReject::needs_merge: {
        const size_t k = purse.count_for(pays.units());          // at least three
        const size_t most = std::min({k - 2, k / 2, kMaxMergesARound});
        while (p.round.size() < most && p.merge_pair(purse, fees)) {}
        if (p.round.empty() && !p.merge_fee_asset(fees)) TRY_OK(p.no_fee());
        break;
      }
      case SelectReject::needs_fee_merge:
        if (!p.merge_fee_asset(fees)) TRY_OK(p.no_fee());
        break;
      case SelectReject::insufficient_fee: TRY_OK(p.no_fee()); break;
      case SelectReject::zero_amount:
      case SelectReject::too_large:
      case SelectReject::insufficient_funds:
        return Failure{PlanRefusal{amount ? selection.error() : SelectReject::insufficient_funds, false, pays, clamped(there), 0, false}};
    }
    TRY_OK(p.end_round());
    purse.next_round();
    fees.next_round();
  }
}

Result<Plan, PlanRefusal> plan_fee_asset(std::span<const Candidate> notes, Wanted amount, Amount fee) {
  const Wide there = total(notes);
  Planning p(fee, notes);
  Purse purse(notes);
  for (;;) {
    const Wide left = total(purse.notes());
    const auto refused = [&](SelectReject reject) {
      const Wide spent = Wide{p.plan.merge_fees.units()} + fee.units() + amount.value_or(Amount(1)).units();
      return Failure{PlanRefusal{reject, true, clamped(spent), clamped(there), p.plan.merges, false}};
    };
    if (!amount && left <= fee.units()) return refused(SelectReject::insufficient_funds);
    if (!amount && left > UINT64_MAX) return refused(SelectReject::too_large);
    const Amount pays = amount ? *amount : clamped(left - fee.units());
    const auto selection = select_fee_asset(purse.notes(), pays, fee);
    if (selection.ok()) {
      p.plan.amount = pays;
      p.plan.payment = *selection;
      return p.plan;
    }
    if (selection.error() != SelectReject::needs_merge) return refused(selection.error());
    // Three become one: k notes become two or three after (k - 2) / 2 merges, each of which takes its fee from them.
    size_t k = purse.count_for(Wide{pays.units()} + fee.units());
    for (size_t before = 0; k != before && k <= purse.size();) {
      before = k;
      k = purse.count_for(Wide{pays.units()} + fee.units() + Wide{fee.units()} * ((before - 1) / 2));
    }
    k = std::min(k, purse.size());
    const size_t most = std::clamp<size_t>((k - 1) / 2, 1, std::min(kMaxMergesARound, std::max<size_t>(k / 3, 1)));
    while (p.round.size() < most && p.merge_fee_asset(purse)) {}
    if (p.round.empty()) return refused(SelectReject::insufficient_funds);
    TRY_OK(p.end_round());
    purse.next_round();
  }
}

Result<Plan, PlanRefusal> plan_fee(std::span<const Candidate> fee_notes, Amount fee) {
  Planning p(fee, fee_notes);
  Purse fees(fee_notes);
  for (;;) {
    const auto selection = select_fee(fees.notes(), fee);
    if (selection.ok()) {
      p.plan.payment = *selection;
      return p.plan;
    }
    if (selection.error() == SelectReject::insufficient_fee || !p.merge_fee_asset(fees)) TRY_OK(p.no_fee());
    TRY_OK(p.end_round());
    fees.next_round();
  }
}

}  // namespace sotto::wallet
