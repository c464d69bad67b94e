#include "wallet/plan.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdlib>

namespace sotto::wallet {
namespace {

const bool kSeeded = setenv("RC_PARAMS", "seed=7 max_success=400", 0) == 0;

std::vector<Candidate> notes(const std::vector<uint64_t>& values) {
  std::vector<Candidate> out;
  for (const uint64_t v : values) out.push_back({out.size(), Amount(v)});
  return out;
}
std::vector<uint64_t> times(size_t n, uint64_t value) { return std::vector<uint64_t>(n, value); }
Wide sum(const std::vector<uint64_t>& values) {
  Wide out = 0;
  for (const uint64_t v : values) out += v;
  return out;
}

// Carries a plan out as a wallet does: the first round's merges, plan again, until the payment. What is left of both assets.
struct Spent {
  size_t merges = 0, rounds = 0;
  Wide fees = 0, paid = 0;
};
void use(std::vector<uint64_t>& values, std::vector<size_t> handles) {
  std::ranges::sort(handles, std::ranges::greater{});
  for (size_t i = 1; i < handles.size(); ++i) ASSERT_NE(handles[i], handles[i - 1]) << "a note used twice";
  for (const size_t h : handles) values.erase(values.begin() + static_cast<std::ptrdiff_t>(h));
}
Spent carry_out(std::vector<uint64_t> paid, std::vector<uint64_t> fees, bool same, Amount amount, Amount fee) {
  Spent out;
  for (;;) {
    const auto again = same ? plan_fee_asset(notes(paid), amount, fee) : plan(notes(paid), amount, notes(fees), fee);
    EXPECT_TRUE(again.ok());
    if (!again.ok()) return out;
    std::vector<size_t> used, fees_used;
    std::vector<uint64_t> made, fees_made;
    const auto apply = [&](const Selection& s, bool of_fee_asset) {
      for (size_t i = 0; i < 3; ++i) {
        if (s.inputs[i]) ((same || (i < 2 && !of_fee_asset)) ? used : fees_used).push_back(s.inputs[i]->handle);
        if (!s.outputs[i].is_zero()) ((same || (i < 2 && !of_fee_asset)) ? made : fees_made).push_back(s.outputs[i].units());
      }
      out.fees += fee.units();
    };
    if (again->first.empty()) {
      apply(again->payment, false);
      EXPECT_EQ(again->payment.outputs[0], amount);
      out.paid = again->payment.outputs[0].units();
      use(paid, used);
      use(fees, fees_used);
      return out;
    }
    for (const auto& merge : again->first) apply(merge.selection, merge.of_fee_asset);
    use(paid, used);
    use(fees, fees_used);
    paid.insert(paid.end(), made.begin(), made.end());
    fees.insert(fees.end(), fees_made.begin(), fees_made.end());
    out.merges += again->first.size();
    ++out.rounds;
  }
}

TEST(Plan, OneOrTwoNotesNeedNoMerge) {
  ASSERT_TRUE(kSeeded);
  const auto p = plan(notes({70, 40}), Amount(100), notes({15}), Amount(10));
  ASSERT_TRUE(p.ok());
  EXPECT_EQ(p->merges, 0u);
  EXPECT_EQ(p->fees(), Amount(10));
  EXPECT_TRUE(p->first.empty());
  EXPECT_EQ(p->payment.outputs[0], Amount(100));
}

// The shape that was reported: ten notes of one, fees for five transfers, and nine are needed.
TEST(Plan, SaysWhatAllMergesCostBeforeTheFirst) {
  const auto enough = plan(notes(times(10, 100)), Amount(1000), notes({90}), Amount(10));
  ASSERT_TRUE(enough.ok());
  EXPECT_EQ(enough->merges, 8u);
  EXPECT_EQ(enough->merge_fees, Amount(80));
  EXPECT_EQ(enough->fees(), Amount(90));
  EXPECT_EQ(enough->rounds, 8u);              // one fee note: one merge at a time
  const auto refused = plan(notes(times(10, 100)), Amount(1000), notes({89}), Amount(10));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().reject, SelectReject::insufficient_fee);
  EXPECT_TRUE(refused.error().of_fee_asset);
  EXPECT_EQ(refused.error().needed, Amount(90));
  EXPECT_EQ(refused.error().there, Amount(89));
  EXPECT_EQ(refused.error().merges, 8u);
}

TEST(Plan, ManyFeeNotesMergeSideBySide) {
  const auto p = plan(notes(times(16, 100)), Amount(1600), notes(times(20, 10)), Amount(10));
  ASSERT_TRUE(p.ok());
  EXPECT_EQ(p->merges, 14u);
  EXPECT_EQ(p->rounds, 3u);                   // 16 notes, 8, 4, 2
  EXPECT_EQ(p->first.size(), 8u);
}

TEST(Plan, AnyNumberOfNotesPays) {
  const auto free_of_fees = plan(notes(times(2000, 1)), Amount(2000), {}, Amount(0));
  ASSERT_TRUE(free_of_fees.ok());
  EXPECT_EQ(free_of_fees->merges, 1998u);
  const auto spent = carry_out(times(2000, 1), {}, false, Amount(2000), Amount(0));
  EXPECT_EQ(spent.merges, 1998u);
  const auto of_fee_asset = plan_fee_asset(notes(times(2000, 100)), Amount(100'000), Amount(10));
  ASSERT_TRUE(of_fee_asset.ok());
  EXPECT_LE(of_fee_asset->merges, 600u);
}

TEST(Plan, FeeNotesThatAreDustAreMergedFirst) {
  const auto p = plan(notes({100}), Amount(100), notes({6, 6, 6}), Amount(10));
  ASSERT_FALSE(p.ok());                        // 18 - 10 is less than the payment's own fee
  EXPECT_EQ(p.error().reject, SelectReject::insufficient_fee);
  const auto q = plan(notes({100}), Amount(100), notes({7, 7, 7}), Amount(10));
  ASSERT_TRUE(q.ok());
  EXPECT_EQ(q->merges, 1u);
  EXPECT_EQ(q->fees(), Amount(20));
  EXPECT_TRUE(q->first[0].of_fee_asset);
  const auto hopeless = plan(notes({100}), Amount(100), notes({3, 3, 3, 3, 3, 3}), Amount(10));
  ASSERT_FALSE(hopeless.ok());                 // three of them do not pay for being merged
  EXPECT_EQ(hopeless.error().there, Amount(18));
  EXPECT_TRUE(hopeless.error().dust);
}

TEST(Plan, RefusesByName) {
  const auto of = [](const Result<Plan, PlanRefusal>& p) { return p.ok() ? "planned" : name(p.error().reject); };
  EXPECT_STREQ(of(plan(notes({5}), Amount(0), {}, Amount(0))), "zero_amount");
  EXPECT_STREQ(of(plan(notes({5}), Amount(6), {}, Amount(0))), "insufficient_funds");
  EXPECT_STREQ(of(plan({}, std::nullopt, {}, Amount(0))), "insufficient_funds");
  EXPECT_STREQ(of(plan(notes({5}), Amount(5), {}, Amount(1))), "insufficient_fee");
  EXPECT_STREQ(of(plan(notes({UINT64_MAX, 1}), std::nullopt, {}, Amount(0))), "too_large");
  EXPECT_STREQ(of(plan_fee_asset(notes({5}), Amount(5), Amount(1))), "insufficient_funds");
  EXPECT_STREQ(of(plan_fee_asset(notes({1}), std::nullopt, Amount(1))), "insufficient_funds");
  EXPECT_STREQ(of(plan_fee_asset(notes({5}), Amount(0), Amount(1))), "zero_amount");
  EXPECT_STREQ(of(plan_fee_asset(notes({5}), Amount(UINT64_MAX), Amount(1))), "too_large");
  EXPECT_STREQ(of(plan_fee(notes({5}), Amount(6))), "insufficient_fee");
  EXPECT_STREQ(of(plan_fee(notes({3, 3}), Amount(6))), "insufficient_fee");
  EXPECT_STREQ(of(plan_fee(notes({8, 3}), Amount(6))), "planned");
  EXPECT_STREQ(of(plan_fee({}, Amount(0))), "planned");
}

TEST(Plan, EverythingLeavesNothingOfTheAsset) {
  const auto p = plan(notes({7, 8, 9}), std::nullopt, notes({30}), Amount(10));
  ASSERT_TRUE(p.ok());
  EXPECT_EQ(p->amount, Amount(24));
  EXPECT_EQ(p->fees(), Amount(20));
  const auto q = plan_fee_asset(notes({100, 100, 100, 100, 100}), std::nullopt, Amount(10));
  ASSERT_TRUE(q.ok());
  EXPECT_EQ(q->amount.units() + q->fees().units(), 500u);
}

// Whatever the notes: a plan is carried out at its price and not above, and pays exactly what it says.
TEST(Plan, APlanHolds) {
  const bool held = rc::check("plan", [] {
    const bool same = *rc::gen::arbitrary<bool>();
    const auto paid = *rc::gen::container<std::vector<uint64_t>>(rc::gen::inRange<uint64_t>(1, 60));
    const auto fees = same ? std::vector<uint64_t>{} : *rc::gen::container<std::vector<uint64_t>>(rc::gen::inRange<uint64_t>(1, 40));
    const Amount fee(*rc::gen::element<uint64_t>(0, 1, 10));
    const bool everything = *rc::gen::arbitrary<bool>();
    const Wanted amount = everything ? Wanted() : Amount(*rc::gen::inRange<uint64_t>(1, 3000));
    const auto planned = same ? plan_fee_asset(notes(paid), amount, fee) : plan(notes(paid), amount, notes(fees), fee);
    if (!planned.ok()) {
      // Refused in figures that are true: there is less, or it is in pieces that cost what they hold.
      RC_ASSERT(planned.error().reject != SelectReject::needs_merge && planned.error().reject != SelectReject::needs_fee_merge);
      return;
    }
    if (amount) RC_ASSERT(planned->amount == *amount);
    const auto spent = carry_out(paid, fees, same, planned->amount, fee);
    RC_ASSERT(spent.paid == planned->amount.units());
    RC_ASSERT(spent.fees <= planned->fees().units());
    if (!everything) RC_ASSERT(spent.fees == planned->fees().units());
    if (!everything) RC_ASSERT(spent.merges == planned->merges && spent.rounds == planned->rounds);
    if (everything && !same) RC_ASSERT(planned->amount.units() == sum(paid));
    if (everything && same) RC_ASSERT(planned->amount.units() + planned->fees().units() == sum(paid));
  });
  EXPECT_TRUE(held);
}

}  // namespace
}  // namespace sotto::wallet
