// Committee transitions (M-8, S-79).
#include <gtest/gtest.h>

#include "ledger/test_support.hpp"
#include "settle/settle_for_test.hpp"
#include "settle/transition.hpp"

namespace sotto::settle {
namespace {

struct Followed : ::testing::Test {
  const TestCommittee old{{1, 1, 1, 1}}, next{{1, 1, 1, 1, 5}, 6};
  const Transition transition{5, 90, 1'700, {crypto::sha256(view("state"))}, crypto::sha256(view("circuits")), next.committee->encode()};
  TestDisk disk;

  TransitionShare share(const TestCommittee& who, uint16_t i, const Transition& t) { return {i, who.signer(i).transition(disk.closed(t))}; }
  std::optional<TransitionCertificate> certificate(const TestCommittee& who, const std::vector<uint16_t>& signers, const Transition& t) {
    std::vector<TransitionShare> shares;
    for (const uint16_t i : signers) shares.push_back(share(who, i, t));
    return make_transition(*who.committee, t, shares);
  }
};

TEST_F(Followed, AQuorumLeadsToTheNextCommittee) {
  EXPECT_FALSE(certificate(old, {0, 1}, transition));
  const auto made = certificate(old, {0, 2, 3}, transition);
  ASSERT_TRUE(made);
  const Bytes bytes = made->encode();
  const auto back = TransitionCertificate::decode(bytes);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->encode(), bytes);
  const auto followed = follow(*back, *old.committee);
  ASSERT_TRUE(followed.ok());
  EXPECT_EQ(followed->hash(), next.committee->hash());
  for (size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(TransitionCertificate::decode(ByteView(bytes).first(n)).ok());
  EXPECT_EQ(TransitionCertificate::decode(Bytes(kMaxTransitionBytes + 1)).error(), DecodeError::too_large);
}

TEST_F(Followed, SharesAreCheckedOneByOne) {
  const TransitionShare good = share(old, 1, transition);
  EXPECT_TRUE(verify(good, transition, *old.committee));
  EXPECT_FALSE(verify({2, good.signature}, transition, *old.committee));
  EXPECT_FALSE(verify({4, good.signature}, transition, *old.committee));
  EXPECT_FALSE(verify(good, transition, *next.committee));
}

TEST_F(Followed, EveryFieldIsSigned) {
  const auto good = certificate(old, {0, 1, 2}, transition);
  const auto refused = [&](auto change) {
    TransitionCertificate bad = *good;
    change(bad.transition);
    EXPECT_EQ(follow(bad, *old.committee).error(), TransitionReject::bad_signature);
  };
  refused([](Transition& t) { ++t.height; });
  refused([](Transition& t) { ++t.time_ms; });
  refused([](Transition& t) { t.block.value[0] ^= 1; });
  refused([](Transition& t) { t.circuits[0] ^= 1; });
  refused([](Transition& t) { t.next.pop_back(); });
}

TEST_F(Followed, Refusals) {
  const auto good = certificate(old, {0, 1, 2}, transition);
  EXPECT_EQ(follow(*good, *next.committee).error(), TransitionReject::wrong_epoch);
  TransitionCertificate bad = *good;
  bad.bitmap[0] = 0xc0;
  EXPECT_EQ(follow(bad, *old.committee).error(), TransitionReject::no_quorum);
  Transition wrong = transition;
  wrong.next = {1, 2};
  EXPECT_EQ(follow(*certificate(old, {0, 1, 2}, wrong), *old.committee).error(), TransitionReject::bad_committee);
  wrong.next = old.committee->encode();                   // of this epoch, not the next
  EXPECT_EQ(follow(*certificate(old, {0, 1, 2}, wrong), *old.committee).error(), TransitionReject::bad_committee);
  for (uint8_t i = 0; i <= static_cast<uint8_t>(TransitionReject::bad_signature); ++i)
    EXPECT_STRNE(name(static_cast<TransitionReject>(i)), "?");
}

TEST_F(Followed, OnlyAClosedEpochHasOne) {
  ledger::testing::World world;
  world.step({world.close({1, 2})});
  world.step({world.report(0, std::nullopt), world.report(1, std::nullopt)});
  EXPECT_FALSE(transition_of(*world.run({}), {}));
  const auto last = world.run({ledger::testing::certified(world.report(3, std::nullopt))});
  EXPECT_EQ(transition_of(*last, transition.circuits), (Transition{0, 3, last->next.time_ms, last->next.last_block, transition.circuits, {1, 2}}));
}

}  // namespace
}  // namespace sotto::settle
