// A network of several operators: every way in which cards, proofs and draft may not fit together.
#include "node/ceremony.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/random.hpp"
#include "node/dev_genesis.hpp"

namespace sotto::node {
namespace {

struct Ceremony : ::testing::Test {
  crypto::SystemEntropy entropy;
  std::vector<crypto::BlsSecretKey> keys;
  std::vector<NetworkMember> cards;
  ledger::Genesis draft;
  std::vector<Possession> proofs;

  Ceremony() {
    for (int i = 0; i < 3; ++i) {
      const std::string n = std::to_string(i);
      keys.push_back(crypto::BlsSecretKey::random(entropy));
      cards.push_back({"v" + n, keys[i].public_key(), entropy.bytes<32>(), std::string(39, 'a') + n, *parse_endpoint("192.0.2." + n + ":1"),
                       *parse_endpoint("192.0.2." + n + ":2")});
      cards.back().api.key = entropy.bytes<32>();
    }
    draft.content.committee = settle::seats_encoding(*seats_of(cards));
    for (const auto& key : keys) proofs.push_back(*prove_possession(draft, key));
  }
  bool seats_with(const std::function<void(NetworkMember&)>& change) {
    auto other = cards;
    change(other[2]);
    return seats_of(other).ok();
  }
};

TEST_F(Ceremony, ends_with_the_committee_of_the_draft) {
  const auto genesis = seal(draft, proofs);
  ASSERT_TRUE(genesis.ok()) << genesis.error().what;
  const auto committee = genesis_committee(*genesis);
  ASSERT_TRUE(committee.ok()) << committee.error().what;
  EXPECT_EQ(committee->size(), 3u);
  EXPECT_TRUE(in_committee_order({{}, 0, cards}, *committee).ok());
  // Who comes first makes no difference.
  std::ranges::reverse(proofs);
  EXPECT_EQ(ledger::encode(*seal(draft, proofs)), ledger::encode(*genesis));
  std::ranges::reverse(cards);
  EXPECT_EQ(settle::seats_encoding(*seats_of(cards)), draft.content.committee);
}

TEST_F(Ceremony, cards_that_share_anything_are_refused) {
  EXPECT_TRUE(seats_with([](auto&) {}));
  EXPECT_FALSE(seats_with([&](auto& c) { c.name = cards[0].name; }));
  EXPECT_FALSE(seats_with([&](auto& c) { c.vote_key = cards[0].vote_key; }));
  EXPECT_FALSE(seats_with([&](auto& c) { c.consensus_key = cards[0].consensus_key; }));
  EXPECT_FALSE(seats_with([&](auto& c) { c.engine_node = cards[0].engine_node; }));
  EXPECT_FALSE(seats_with([&](auto& c) { c.engine_at = cards[0].engine_at; }));
  EXPECT_FALSE(seats_with([&](auto& c) { c.api.key = cards[0].api.key; }));
  EXPECT_FALSE(seats_with([&](auto& c) {
    c.api.address = cards[0].api.address;
  }));
  EXPECT_FALSE(seats_of({}).ok());
  EXPECT_FALSE(seats_of(std::vector<NetworkMember>(settle::kMaxValidators + 1, cards[0])).ok());
}

TEST_F(Ceremony, only_a_key_with_a_seat_proves) {
  EXPECT_FALSE(prove_possession(draft, crypto::BlsSecretKey::random(entropy)).ok());
  EXPECT_FALSE(prove_possession(*seal(draft, proofs), keys[0]).ok());
  draft.content.committee.pop_back();
  EXPECT_FALSE(prove_possession(draft, keys[0]).ok());
}

TEST_F(Ceremony, seals_nothing_that_does_not_hold) {
  const auto refused = [&](const std::vector<Possession>& with) { return !seal(draft, with).ok(); };
  auto missing = proofs;
  missing.pop_back();
  EXPECT_TRUE(refused(missing));
  auto other_network = proofs;
  other_network[0].network.value[0] ^= 1;
  EXPECT_TRUE(refused(other_network));
  auto nobody = proofs;
  nobody.push_back({proofs[0].network, {{1}}, proofs[0].proof});
  EXPECT_TRUE(refused(nobody));
  auto anothers = proofs;
  anothers[0].proof = proofs[1].proof;
  EXPECT_TRUE(refused(anothers));
  const auto sealed = seal(draft, proofs);
  EXPECT_FALSE(seal(*sealed, proofs).ok());
  draft.content.committee.push_back(0);
  EXPECT_TRUE(refused(proofs));
}

TEST_F(Ceremony, proofs_travel_as_text) {
  const std::string text = to_json(proofs[0]);
  const auto back = parse_possession(view(text));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(to_json(*back), text);
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string other = text;
    other.replace(other.find(from), from.size(), to);
    return parse_possession(view(other)).ok();
  };
  EXPECT_FALSE(with("1", "2"));
  EXPECT_FALSE(with("\"network\"", "\"net\""));
  EXPECT_FALSE(with(proofs[0].network.hex(), "00"));
  EXPECT_FALSE(with(proofs[0].validator.hex(), "zz"));
  EXPECT_FALSE(with(to_hex(proofs[0].proof.encode()), std::string(96, '0')));
  EXPECT_FALSE(parse_possession(view("[]")).ok());
  EXPECT_FALSE(parse_possession(Bytes(kMaxPossessionBytes + 1, ' ')).ok());
}

}  // namespace
}  // namespace sotto::node
