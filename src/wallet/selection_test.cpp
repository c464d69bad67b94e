#include "wallet/selection.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstdlib>
#include <set>

namespace sotto::wallet {
namespace {


// The same cases every time, unless the environment says otherwise.
const bool kSeeded = setenv("RC_PARAMS", "seed=7 max_success=400", 0) == 0;

std::vector<Candidate> notes(std::initializer_list<uint64_t> values) {
  std::vector<Candidate> out;
  for (const uint64_t v : values) out.push_back({out.size(), Amount(v)});
  return out;
}
Wide in(const Selection& s, size_t i) { return s.inputs[i] ? s.inputs[i]->value.units() : 0; }
Wide out(const Selection& s, size_t i) { return s.outputs[i].units(); }

// What the transfer statement demands of values, and that no note is used twice.
bool balanced(const Selection& s, Amount fee, bool same_asset) {
  std::set<size_t> used;
  for (size_t i = 0; i < 3; ++i) {
    if (!s.inputs[i]) continue;
    if (s.inputs[i]->value.is_zero()) return false;
    if ((same_asset || i < 2) && !used.insert(s.inputs[i]->handle).second) return false;
  }
  return in(s, 0) + in(s, 1) == out(s, 0) + out(s, 1) + s.carry.units() && in(s, 2) + s.carry.units() == out(s, 2) + fee.units() &&
         (same_asset || s.carry.is_zero());
}

TEST(Selection, TakesTheSmallestNoteThatDoes) {
  ASSERT_TRUE(kSeeded);
  const auto s = *select(notes({5, 100, 30, 31}), Amount(30), notes({7, 10, 12}), Amount(10));
  EXPECT_EQ(s.inputs[0]->value, Amount(30));
  EXPECT_FALSE(s.inputs[1]);
  EXPECT_EQ(s.inputs[2]->value, Amount(10));
  EXPECT_TRUE(balanced(s, Amount(10), false));
}

TEST(Selection, TakesTheLeastPairOtherwise) {
  const auto s = *select(notes({5, 40, 30, 31}), Amount(61), {}, Amount(0));
  EXPECT_EQ(in(s, 0) + in(s, 1), Wide{61});
  EXPECT_FALSE(s.inputs[2]);
}

TEST(Selection, OneNoteOfTheFeeAssetPaysWithChange) {
  const auto s = *select_fee_asset(notes({1000}), Amount(300), Amount(10));
  EXPECT_TRUE(balanced(s, Amount(10), true));
  EXPECT_EQ(out(s, 0), Wide{300});
  EXPECT_EQ(out(s, 1), Wide{345});  // change in two notes, so that two payments can follow at once
  EXPECT_EQ(out(s, 2), Wide{345});
  // To the last unit.
  const auto all = *select_fee_asset(notes({310}), Amount(300), Amount(10));
  EXPECT_TRUE(balanced(all, Amount(10), true));
  EXPECT_EQ(out(all, 1) + out(all, 2), Wide{0});
}

TEST(Selection, ThreeNotesOfTheFeeAsset) {
  const auto s = *select_fee_asset(notes({100, 90, 80}), Amount(185), Amount(10));
  EXPECT_TRUE(balanced(s, Amount(10), true));
  EXPECT_TRUE(s.inputs[0] && s.inputs[1] && s.inputs[2]);
}

TEST(Selection, Rejects) {
  EXPECT_EQ(select(notes({5}), Amount(0), {}, Amount(0)).error(), SelectReject::zero_amount);
  EXPECT_EQ(select_fee_asset(notes({5}), Amount(0), Amount(0)).error(), SelectReject::zero_amount);
  EXPECT_EQ(select_fee_asset(notes({5}), Amount(UINT64_MAX), Amount(1)).error(), SelectReject::too_large);
  EXPECT_EQ(select(notes({5, 4}), Amount(10), {}, Amount(0)).error(), SelectReject::insufficient_funds);
  EXPECT_EQ(select({}, Amount(1), {}, Amount(0)).error(), SelectReject::insufficient_funds);
  EXPECT_EQ(select_fee_asset(notes({5, 4}), Amount(5), Amount(5)).error(), SelectReject::insufficient_funds);
  EXPECT_EQ(select(notes({50}), Amount(10), notes({4, 5}), Amount(10)).error(), SelectReject::insufficient_fee);
  EXPECT_EQ(select(notes({50}), Amount(10), notes({6, 5}), Amount(10)).error(), SelectReject::needs_fee_merge);
  EXPECT_EQ(select(notes({5, 4, 3}), Amount(10), {}, Amount(0)).error(), SelectReject::needs_merge);
  EXPECT_EQ(select_fee_asset(notes({5, 5, 5, 5}), Amount(14), Amount(4)).error(), SelectReject::needs_merge);
  EXPECT_EQ(select_fee_asset(notes({5, 5, 5}), Amount(12), Amount(1)).error(), SelectReject::needs_merge);  // output 0 from two
}

TEST(Selection, LargeNotesDoNotOverflow) {
  const uint64_t max = UINT64_MAX;
  const auto s = select(notes({max - 1, max - 1}), Amount(max), {}, Amount(0));
  ASSERT_TRUE(s.ok());
  EXPECT_TRUE(balanced(*s, Amount(0), false));
  const auto t = select_fee_asset(notes({max - 1, max - 1}), Amount(max - 5), Amount(5));
  ASSERT_TRUE(t.ok());
  EXPECT_TRUE(balanced(*t, Amount(5), true));
  EXPECT_FALSE(select_merge(notes({max, 1}), {}, Amount(0)));
  EXPECT_FALSE(select_merge_fee_asset(notes({max, max, 3}), Amount(1)));
}

TEST(Selection, AnyNotesAnyAmount) {
  rc::check("paying another asset", [](std::vector<uint16_t> values, std::vector<uint8_t> fees, uint16_t amount, uint8_t fee) {
    std::vector<Candidate> have, fee_notes;
    Wide sum = 0, fee_sum = 0;
    for (const uint16_t v : values) if (v != 0) have.push_back({have.size(), Amount(v)}), sum += v;
    for (const uint8_t v : fees) if (v != 0) fee_notes.push_back({fee_notes.size(), Amount(v)}), fee_sum += v;
    const auto s = select(have, Amount(amount), fee_notes, Amount(fee));
    if (s.ok()) {
      RC_ASSERT(balanced(*s, Amount(fee), false));
      RC_ASSERT(s->outputs[0] == Amount(amount));
    } else if (amount != 0) {
      // A refusal is the truth: no pair reaches it, or no note covers the fee.
      Wide best_pair = 0, best_fee = 0;
      for (size_t i = 0; i < have.size(); ++i) {
        best_pair = std::max(best_pair, Wide{have[i].value.units()});
        for (size_t j = 0; j < i; ++j) best_pair = std::max(best_pair, Wide{have[i].value.units()} + have[j].value.units());
      }
      for (const Candidate& c : fee_notes) best_fee = std::max(best_fee, Wide{c.value.units()});
      switch (s.error()) {
        case SelectReject::insufficient_funds: RC_ASSERT(sum < amount); break;
        case SelectReject::needs_merge: RC_ASSERT(sum >= amount && best_pair < amount); break;
        case SelectReject::insufficient_fee: RC_ASSERT(fee_sum < fee); break;
        case SelectReject::needs_fee_merge: RC_ASSERT(fee_sum >= fee && best_fee < fee); break;
        default: RC_FAIL("unexpected");
      }
    }
  });
  rc::check("paying the fee asset", [](std::vector<uint16_t> values, uint16_t amount, uint8_t fee) {
    std::vector<Candidate> have;
    Wide sum = 0;
    for (const uint16_t v : values) if (v != 0) have.push_back({have.size(), Amount(v)}), sum += v;
    const auto s = select_fee_asset(have, Amount(amount), Amount(fee));
    if (s.ok()) {
      RC_ASSERT(balanced(*s, Amount(fee), true));
      RC_ASSERT(s->outputs[0] == Amount(amount));
    } else if (amount != 0) {
      RC_ASSERT((s.error() == SelectReject::insufficient_funds) == (sum < Wide{amount} + fee));
    }
  });
  rc::check("merging and splitting", [](std::vector<uint16_t> values, std::vector<uint8_t> fees, uint8_t fee) {
    std::vector<Candidate> have, fee_notes;
    for (const uint16_t v : values) if (v != 0) have.push_back({have.size(), Amount(v)});
    for (const uint8_t v : fees) if (v != 0) fee_notes.push_back({fee_notes.size(), Amount(v)});
    if (const auto s = select_merge(have, fee_notes, Amount(fee))) {
      RC_ASSERT(balanced(*s, Amount(fee), false));
      RC_ASSERT(out(*s, 1) == 0 && s->inputs[0] && s->inputs[1]);
    }
    if (const auto s = select_merge_fee_asset(have, Amount(fee))) {
      RC_ASSERT(balanced(*s, Amount(fee), true));
      RC_ASSERT(out(*s, 0) == 0 && out(*s, 1) == 0 && out(*s, 2) > 0);
    } else {
      RC_ASSERT(have.size() < 2 || fee > 1);
    }
    if (const auto s = select_split(have, fee_notes, Amount(fee))) {
      RC_ASSERT(balanced(*s, Amount(fee), false));
      RC_ASSERT(out(*s, 0) > 1 && out(*s, 1) > 1);
    }
    if (const auto s = select_split_fee_asset(have, Amount(fee))) {
      RC_ASSERT(balanced(*s, Amount(fee), true));
      RC_ASSERT(out(*s, 0) > 0 && out(*s, 1) > 0 && out(*s, 2) > 0);
    }
  });
}

TEST(Selection, MergingEndsWhatNeedsMerge) {
  std::vector<Candidate> have = notes({3, 3, 3, 3, 3, 3, 3, 3});
  size_t merges = 0;
  while (true) {
    const auto s = select(have, Amount(23), {}, Amount(0));
    if (s.ok()) break;
    ASSERT_EQ(s.error(), SelectReject::needs_merge);
    const auto merge = *select_merge(have, {}, Amount(0));
    std::vector<Candidate> left;
    for (const Candidate& c : have) {
      if (c.handle != merge.inputs[0]->handle && c.handle != merge.inputs[1]->handle) left.push_back({left.size(), c.value});
    }
    left.push_back({left.size(), merge.outputs[0]});
    have = left;
    ASSERT_LT(++merges, 10u);
  }
  EXPECT_GT(merges, 0u);
}

}  // namespace
}  // namespace sotto::wallet
