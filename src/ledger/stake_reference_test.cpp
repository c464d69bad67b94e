// The stake against its oracle over random lives of pools, and what must hold of rates whatever happens (D-4).
#include <gtest/gtest.h>

#include "ledger/reference_stake.hpp"
#include "ledger/stake_for_test.hpp"

namespace sotto::ledger {
namespace {

using testing::Long;
using testing::ReferenceStake;
using testing::StakeWorld;
using testing::validator;

std::string name_of(const ValidatorId& id) { return id.hex(); }

class StakeLife {
 public:
  explicit StakeLife(uint64_t seed) : world(seed), reference({1'000, 3, 2, 2, 500, 1'000}) {
    for (auto& [id, pool] : world.state.stake.pools) {
      pool.commission = 1'000;
      ReferenceStake::House house;
      house.money = house.shares = house.own = house.seat = pool.amount;
      reference.houses[name_of(id)] = house;
    }
  }

  void step() {
    const auto before = world.state.stake.pools;
    const uint64_t kind = world.entropy.below(20);
    if (kind < 6) bond();
    else if (kind < 10) unbond();
    else if (kind < 13) claim();
    else if (kind < 14) withdraw();
    else if (kind < 17) pay();
    else if (kind < 19) epoch();
    else if (world.entropy.below(6) == 0) convict();
    else unjail();
    agree();
    rates_hold(before);
  }

  StakeWorld world;
  ReferenceStake reference;
  std::map<Outcome, size_t> counts;

 private:
  ValidatorId some() { return validator(static_cast<uint8_t>(world.entropy.below(5))); }   // the fifth is nobody
  Outcome outcome_of(const Transaction& tx) {
    const Outcome outcome = world.outcome_of(tx);
    ++counts[outcome];
    return outcome;
  }
  static std::string ticket(const Transaction& tx) { return claim_of(txid(tx), 0).hex(); }

  void bond() {
    const ValidatorId to = some();
    const uint64_t amount = 10 + world.entropy.below(3'000);
    const bool self = world.entropy.below(4) == 0;
    const Transaction tx = world.bond(to, amount, self);
    ASSERT_EQ(outcome_of(tx), Outcome::executed);
    reference.fees += 1;
    reference.bond(ticket(tx), name_of(to), amount, self);
  }
  void unbond() {
    const ValidatorId from = some();
    const auto pool = world.state.stake.pools.find(from);
    if (pool == world.state.stake.pools.end() || pool->second.held == 0) return;
    const uint64_t tokens = world.entropy.below(5) == 0 ? pool->second.held : 1 + world.entropy.below(pool->second.held);
    const Transaction tx = world.unbond(from, tokens);
    ASSERT_EQ(outcome_of(tx), Outcome::executed);
    reference.fees += 1;
    reference.unbond(ticket(tx), name_of(from), tokens);
  }
  void claim() {
    if (world.state.stake.claims.empty()) return;
    auto at = world.state.stake.claims.begin();
    std::advance(at, static_cast<long>(world.entropy.below(world.state.stake.claims.size())));
    const ClaimId id = at->first;
    const bool ripe = reference.ripe(id.hex());
    ASSERT_EQ(outcome_of(world.claim(id)), ripe ? Outcome::executed : Outcome::not_allowed);
    if (!ripe) return;
    reference.fees += 1;
    reference.take(id.hex());
  }
  void withdraw() {
    const ValidatorId from = some();
    const auto pool = world.state.stake.pools.find(from);
    if (pool == world.state.stake.pools.end() || pool->second.self == 0) return;
    const uint64_t tokens = 1 + world.entropy.below(pool->second.self / 4 + 1);
    if (tokens > pool->second.self) return;
    const Transaction tx = world.withdrawal(from, tokens);
    ASSERT_EQ(outcome_of(tx), Outcome::took_effect);
    reference.withdraw(ticket(tx), name_of(from), tokens);
  }
  void pay() {
    Transaction tx = world.payment();
    tx.transfers[0].fee = 10;
    world.seal(tx);
    ASSERT_EQ(outcome_of(tx), Outcome::executed);
    reference.fees += 10;
  }
  void convict() {
    const ValidatorId whom = some();
    const auto pool = world.state.stake.pools.find(whom);
    if (pool == world.state.stake.pools.end()) return;
    const uint64_t when = world.state.epoch - std::min<uint64_t>(world.state.epoch, world.entropy.below(3));
    const bool first = !reference.houses.at(name_of(whom)).gone;
    ASSERT_EQ(outcome_of(world.evidence(whom, when)), first ? Outcome::took_effect : Outcome::not_allowed);
    if (first) reference.convict(name_of(whom), static_cast<int>(when));
  }
  void unjail() {
    const ValidatorId whom = some();
    if (!world.state.stake.pools.contains(whom)) return;
    auto& house = reference.houses.at(name_of(whom));
    const bool may = !house.gone && house.back_in >= 0 && house.back_in <= reference.epoch;
    ASSERT_EQ(outcome_of(world.unjailing(whom)), may ? Outcome::took_effect : Outcome::not_allowed);
    if (may) house.back_in = -1;
  }
  void epoch() {
    const Bytes next = committee_by_stake(world.state);
    std::map<std::string, Long> seats;
    for (const auto& [id, pool] : world.state.stake.pools)
      if (!next.empty() && reference.open(reference.houses.at(name_of(id)))) seats[name_of(id)] = pool.amount;
    for (auto& [name, house] : reference.houses) house.here = house.here || house.seat > 0;
    // The third seat is empty now and then; 0, 1 and 3 are a quorum of the test's committee.
    const bool all = world.entropy.below(2) == 0;
    if (!all)
      for (const auto& [id, pool] : world.state.stake.pools)
        if (pool.power > 0 && pool.seat == 2 && !pool.seen) reference.houses.at(name_of(id)).here = false;
    if (all) world.next_epoch();
    else world.next_epoch({0, 1, 3});
    reference.end_epoch(seats);
  }

  void agree() {
    ASSERT_EQ(world.state.stake.pools.size(), reference.houses.size());
    for (const auto& [id, pool] : world.state.stake.pools) {
      const auto& house = reference.houses.at(name_of(id));
      ASSERT_TRUE(pool.amount == static_cast<uint64_t>(house.money) && pool.tokens == static_cast<uint64_t>(house.shares) &&
                  pool.self == static_cast<uint64_t>(house.own) && pool.held == static_cast<uint64_t>(house.out) &&
                  pool.power == static_cast<uint64_t>(house.seat) && pool.tombstoned == house.gone &&
                  pool.jailed_until.has_value() == (house.back_in >= 0))
          << pool.amount << " " << pool.tokens << " " << pool.self << " " << pool.held << " " << pool.power;
    }
    ASSERT_EQ(world.state.stake.claims.size(), reference.waiting.size());
    for (const auto& [id, open] : world.state.stake.claims) ASSERT_EQ(open.amount, static_cast<uint64_t>(reference.waiting.at(id.hex()).amount));
    ASSERT_EQ(to_decimal(world.native().staked), to_decimal(static_cast<Wide>(reference.locked())));
    ASSERT_EQ(to_decimal(world.native().fees), to_decimal(static_cast<Wide>(reference.fees)));
    ASSERT_EQ(to_decimal(world.native().burned), to_decimal(static_cast<Wide>(reference.burned)));
    world.expect_books();
  }
  // Exact fractions: whoever moves never takes from who stays. Only a conviction makes a token worth less.
  void rates_hold(const std::map<ValidatorId, Pool>& before) {
    for (const auto& [id, was] : before) {
      const auto is = world.state.stake.pools.find(id);
      if (is == world.state.stake.pools.end() || is->second.tokens == 0 || was.tokens == 0 || is->second.tombstoned != was.tombstoned) continue;
      ASSERT_TRUE(Wide{is->second.amount} * was.tokens >= Wide{was.amount} * is->second.tokens);
    }
  }
};

class StakeReference : public ::testing::TestWithParam<uint64_t> {};
TEST_P(StakeReference, Agrees) {
  StakeLife life(GetParam());
  for (int i = 0; i < 300; ++i) {
    life.step();
    if (HasFatalFailure()) FAIL() << "step " << i;
  }
  EXPECT_GT(life.counts[Outcome::executed], 100u);
  EXPECT_GT(life.counts[Outcome::took_effect], 2u);
  EXPECT_GT(life.counts[Outcome::not_allowed], 2u);
}
INSTANTIATE_TEST_SUITE_P(Seeds, StakeReference, ::testing::Range<uint64_t>(1, 7));

// D-4 at the edges of 64 bits: rounding down, never up, and all of a pool for all of its tokens.
TEST(StakeRates, RoundAgainstWhoMoves) {
  testing::TestEntropy entropy(4);
  const auto draw = [&] { return 1 + (entropy.below(kMaxStaked) >> entropy.below(63)); };
  for (int i = 0; i < 20'000; ++i) {
    Pool pool;
    pool.amount = draw();
    pool.tokens = draw();
    const uint64_t amount = draw();
    if (const auto tokens = tokens_for(pool, amount)) {
      ASSERT_TRUE(Wide{*tokens} * pool.amount <= Wide{amount} * pool.tokens);
      ASSERT_TRUE(Wide{*tokens + 1} * pool.amount > Wide{amount} * pool.tokens);
      ASSERT_LE(*tokens + pool.tokens, kMaxStaked);
      if (amount <= kMaxStaked - pool.amount) {                // there and back brings nothing
        pool.amount += amount;
        pool.tokens += *tokens;
        ASSERT_LE(worth(pool, *tokens), amount);
      }
    }
    ASSERT_EQ(worth(pool, pool.tokens), pool.amount);
    ASSERT_EQ(worth(pool, 0), 0u);
  }
}

}  // namespace
}  // namespace sotto::ledger
