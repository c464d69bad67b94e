#include "store/absent.hpp"

#include <gtest/gtest.h>

namespace sotto::store {
namespace {

ledger::Nullifier nf(uint64_t i) { return {crypto::Fr::from_u64(i)}; }
using Spends = std::vector<std::pair<ledger::Nullifier, int>>;

TEST(Absent, remembers_until_a_block_spends) {
  AbsentNullifiers absent;
  EXPECT_FALSE(absent.contains(nf(0)));                    // an empty place is not the nullifier zero
  EXPECT_FALSE(absent.contains(nf(5)));
  absent.insert(nf(5), absent.blocks());
  absent.insert(nf(6), absent.blocks());
  EXPECT_TRUE(absent.contains(nf(5)));
  absent.spent(Spends{{nf(5), 0}, {nf(7), 0}});
  EXPECT_FALSE(absent.contains(nf(5)));
  EXPECT_TRUE(absent.contains(nf(6)));
}

TEST(Absent, an_answer_from_before_a_block_is_not_kept_after_it) {
  AbsentNullifiers absent;
  const uint64_t asked = absent.blocks();
  absent.spent(Spends{{nf(5), 0}});
  absent.insert(nf(5), asked);
  EXPECT_FALSE(absent.contains(nf(5)));
}

TEST(Absent, what_falls_on_one_place_displaces) {
  AbsentNullifiers absent;
  const size_t places = AbsentNullifiers::kPlaces;
  absent.insert(nf(1), 0);
  absent.insert(nf(1 + places), 0);
  EXPECT_FALSE(absent.contains(nf(1)));
  EXPECT_TRUE(absent.contains(nf(1 + places)));
  absent.spent(Spends{{nf(1), 0}});                        // not its neighbour on the same place
  EXPECT_TRUE(absent.contains(nf(1 + places)));
}

}  // namespace
}  // namespace sotto::store
