// Stake as settle sees it: committees by stake are committees, and a validator's own word is its alone.
#include <gtest/gtest.h>

#include "ledger/stake_committee.hpp"
#include "ledger/stake_rules.hpp"
#include "ledger/test_support.hpp"
#include "settle/committee_word.hpp"
#include "settle/settle_for_test.hpp"
#include "settle/stake_word.hpp"

namespace sotto::settle {
namespace {

struct StakeWord : ::testing::Test {
  StakeWord() {
    ledger::GenesisContent content = ledger::testing::stake_content();
    std::vector<Seat> seats;
    for (uint8_t i = 0; i < 4; ++i) {
      keys.push_back(crypto::BlsSecretKey::random(entropy));
      seats.push_back({ledger::ValidatorId{Hash32{i}}, 10'000u + i, keys[i].public_key()});
    }
    content.committee = seats_encoding(seats);
    state.network = std::make_shared<const ledger::Network>(content);
    state.supply.resize(content.assets.size());
    std::vector<Validator> validators;
    for (uint8_t i = 0; i < 4; ++i) validators.push_back(make_validator(state.network->id(), seats[i].id, seats[i].stake, keys[i]));
    first = std::make_shared<const Committee>(*Committee::create(state.network->id(), 0, validators));
    CHECK(ledger::begin_stake(first->encode(), state));
  }
  ledger::testing::TestEntropy entropy{3};
  std::vector<crypto::BlsSecretKey> keys;
  ledger::State state;
  ledger::MemoryArchive archive;
  std::shared_ptr<const Committee> first;
};

TEST_F(StakeWord, CommitteeByStakeIsOne) {
  const auto next = Committee::decode(ledger::committee_by_stake(state));
  ASSERT_TRUE(next.ok());
  EXPECT_EQ(next->epoch(), 1u);
  EXPECT_EQ(next->validators(), first->validators());
  state.stake.pools.begin()->second.jailed_until = 3;
  EXPECT_EQ(Committee::decode(ledger::committee_by_stake(state))->size(), 3u);
}

TEST_F(StakeWord, OnlyTheValidatorUnjailsItself) {
  const auto word = committee_word(first);
  const ledger::ValidatorId id{Hash32{2}};
  const auto& vote_key = state.stake.pools.at(id).vote_key;
  const ledger::Unjail good = make_unjail(state.network->id(), 5, id, keys[2]);
  EXPECT_TRUE(word.unjail(good, vote_key, state));
  EXPECT_TRUE(word.holds(good, state, archive));
  EXPECT_FALSE(word.holds(make_unjail(state.network->id(), 5, id, keys[1]), state, archive));
  EXPECT_FALSE(word.holds(make_unjail(ledger::NetworkId{}, 5, id, keys[2]), state, archive));
  ledger::Unjail other = good;
  ++other.epoch;
  EXPECT_FALSE(word.holds(other, state, archive));
  other = good;
  other.validator.value[0] = 1;
  EXPECT_FALSE(word.holds(other, state, archive));
  other = good;
  other.signature[0] ^= 0x20;
  EXPECT_FALSE(word.holds(other, state, archive));
  other.validator.value[0] = 99;                                  // nobody
  EXPECT_FALSE(word.holds(other, state, archive));
}

// The accused is known by its vote key alone: nobody keeps the committees of the past.
TEST_F(StakeWord, EvidenceConvictsTheHolderOfTheKey) {
  const auto word = committee_word(first);
  const ledger::ValidatorId id{Hash32{2}};
  const auto tx = [&](std::vector<uint64_t> notes) { return build({.notes = std::move(notes), .network = state.network->id()}); };
  const auto vote = [&](const ledger::Transaction& t, size_t by) {
    return Vote{7, crypto::bls_sign(keys[by], digest(Phase::vote, state.network->id(), {3, ledger::generations(t), ledger::txid(t)}))};
  };
  const auto one = tx({1, 2, 3}), rival = tx({1, 4, 5}), apart = tx({6, 7, 8});
  const auto laid = [&](const ledger::Transaction& other, size_t by, const ledger::ValidatorId& against) {
    return make_evidence(against, DoubleVote{3, one, other, vote(one, 2), vote(other, by)});
  };
  EXPECT_TRUE(word.holds(laid(rival, 2, id), state, archive));
  EXPECT_FALSE(word.holds(laid(rival, 1, id), state, archive));                  // another's vote
  EXPECT_FALSE(word.holds(laid(rival, 2, {Hash32{1}}), state, archive));         // against another
  EXPECT_FALSE(word.holds(laid(rival, 2, {Hash32{99}}), state, archive));        // against nobody
  EXPECT_FALSE(word.holds(laid(apart, 2, id), state, archive));                  // no rivals
  auto other_epoch = laid(rival, 2, id);
  other_epoch.epoch = 2;                                                         // would slash what had left
  EXPECT_FALSE(word.holds(other_epoch, state, archive));
  EXPECT_FALSE(word.holds(ledger::Evidence{3, id, {1, 1}}, state, archive));
  state.generations[test_nullifier(4)] = 1;                                      // it may have voted after a release
  EXPECT_FALSE(word.holds(laid(rival, 2, id), state, archive));
}

}  // namespace
}  // namespace sotto::settle
