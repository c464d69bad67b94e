// Following committees from a checkpoint (S-110..), and what a liar can say on the way.
#include <gtest/gtest.h>

#include "settle/follow.hpp"
#include "settle/settle_for_test.hpp"

namespace sotto::settle {
namespace {

constexpr uint64_t kTrust = 1'000;

struct Following : ::testing::Test {
  const TestCommittee first{{1, 1, 1, 1}, 0}, second{{1, 1, 1, 1, 5}, 1}, third{{1, 1, 1}, 2};
  TestDisk disk;
  Follower follower{Checkpoint{*first.committee, 0, {}, 100}, kTrust};

  TransitionCertificate out_of(const TestCommittee& from, const TestCommittee& to, const std::vector<uint16_t>& signers) {
    const uint64_t epoch = from.committee->epoch();
    const Transition transition{epoch, 10 * (epoch + 1), 500 * (epoch + 1), {crypto::sha256(view("block"))}, {}, to.committee->encode()};
    std::vector<TransitionShare> shares;
    for (const uint16_t i : signers) shares.push_back({i, from.signer(i).transition(disk.closed(transition))});
    return *make_transition(*from.committee, transition, shares);
  }
};

TEST_F(Following, EpochByEpoch) {
  EXPECT_FALSE(follower.end_of(0));
  ASSERT_TRUE(follower.follow(out_of(first, second, {0, 1, 2}), 600).ok());
  ASSERT_TRUE(follower.follow(out_of(second, third, {0, 1, 4}), 1'100).ok());
  EXPECT_EQ(follower.epoch(), 2u);
  EXPECT_EQ(follower.committee()->hash(), third.committee->hash());
  EXPECT_EQ(follower.committee(0)->hash(), first.committee->hash());
  EXPECT_EQ(follower.committee(1)->hash(), second.committee->hash());
  EXPECT_EQ(follower.committee(3), nullptr);
  EXPECT_EQ(follower.end_of(0)->height, 10u);
  EXPECT_EQ(follower.end_of(1)->block.value, crypto::sha256(view("block")));
  EXPECT_FALSE(follower.end_of(2));
  EXPECT_EQ(follower.now().as_of_ms, 1'000u);
  // Kept, and gone on with later.
  const Bytes bytes = follower.now().encode();
  const auto back = Checkpoint::decode(bytes);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->encode(), bytes);
  EXPECT_EQ(Follower(*back, kTrust).epoch(), 2u);
  for (size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(Checkpoint::decode(ByteView(bytes).first(n)).ok());
  EXPECT_EQ(Checkpoint::decode(Bytes(kMaxCheckpointBytes + 1)).error(), DecodeError::too_large);
}

TEST_F(Following, LiesHaveNames) {
  const auto refused = [&](const TransitionCertificate& certificate, FollowReject reject) {
    const auto answer = follower.follow(certificate, 600);
    ASSERT_FALSE(answer.ok());
    EXPECT_STREQ(name(answer.error()), name(reject));
    EXPECT_EQ(follower.epoch(), 0u);
  };
  const auto good = out_of(first, second, {0, 1, 2});
  refused(out_of(second, third, {0, 1, 4}), FollowReject::gap);            // a chain with a hole
  auto bad = good;
  bad.transition.next = third.committee->encode();                         // another committee under the same signatures
  refused(bad, FollowReject::bad_signature);
  bad = good;
  bad.bitmap = {0xc0};
  refused(bad, FollowReject::no_quorum);
  refused(out_of(first, third, {0, 1, 2}), FollowReject::bad_committee);   // skips an epoch
  for (uint8_t i = 0; i <= static_cast<uint8_t>(FollowReject::bad_signature); ++i) EXPECT_STRNE(name(static_cast<FollowReject>(i)), "?");
}

TEST_F(Following, WhoWasAwayTooLongNeedsAFreshCheckpoint) {
  const auto good = out_of(first, second, {0, 1, 2});
  EXPECT_EQ(follower.follow(good, 1'101).error(), FollowReject::checkpoint_too_old);
  follower.in_office(700);                                                 // heard from its committee meanwhile
  EXPECT_TRUE(follower.follow(good, 1'101).ok());
  EXPECT_TRUE(follower.too_old(5'000));
  EXPECT_FALSE(Follower(Checkpoint{*first.committee, 0, {}, 0}, 0).too_old(UINT64_MAX));
}

}  // namespace
}  // namespace sotto::settle
