#include <gtest/gtest.h>

#include "settle/settle_for_test.hpp"

namespace sotto::settle {
namespace {

std::vector<Validator> four() { return TestCommittee({1, 2, 3, 4}).committee->validators(); }
CommitteeReject reject_of(std::vector<Validator> validators, const NetworkId& network = kTestNetwork) {
  auto made = Committee::create(network, 0, std::move(validators));
  return made ? CommitteeReject{255} : made.error();
}

TEST(Committee, encodes_and_decodes) {  // S-1
  const TestCommittee t({1, 2, 3, 4});
  const Bytes bytes = t.committee->encode();
  auto back = Committee::decode(bytes);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->encode(), bytes);
  EXPECT_EQ(back->hash(), t.committee->hash());
  EXPECT_EQ(back->total(), Stake{10});
  EXPECT_EQ(back->index_of(test_id(2)), 2);
  EXPECT_EQ(back->index_of(test_id(9)), std::nullopt);
}

TEST(Committee, every_other_byte_string_is_refused) {  // S-1
  const Bytes good = TestCommittee({1, 2}).committee->encode();
  for (size_t length = 0; length < good.size(); ++length)
    EXPECT_EQ(Committee::decode(ByteView(good).first(length)).error(), CommitteeReject::malformed);
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_EQ(Committee::decode(longer).error(), CommitteeReject::malformed);
}

TEST(Committee, each_reject_alone) {  // S-1, S-2
  EXPECT_EQ(reject_of({}), CommitteeReject::empty);
  EXPECT_EQ(reject_of(std::vector<Validator>(kMaxValidators + 1, four()[0])), CommitteeReject::too_many);

  auto swapped = four();
  std::swap(swapped[0], swapped[1]);
  EXPECT_EQ(reject_of(swapped), CommitteeReject::out_of_order);
  auto twice = four();
  twice[1] = twice[0];
  EXPECT_EQ(reject_of(twice), CommitteeReject::out_of_order);

  auto no_stake = four();
  no_stake[2].stake = 0;
  EXPECT_EQ(reject_of(no_stake), CommitteeReject::zero_stake);

  // The same key under another id, with a possession proof that is good for that id.
  const TestCommittee t({1, 2, 3, 4});
  auto same_key = four();
  same_key[3] = make_validator(kTestNetwork, test_id(3), 4, t.keys[0]);
  EXPECT_EQ(reject_of(same_key), CommitteeReject::repeated_key);

  auto copied = four();  // another validator's proof
  copied[1].possession = copied[0].possession;
  EXPECT_EQ(reject_of(copied), CommitteeReject::bad_possession);
  auto renamed = four();  // the validator's own, under another id
  renamed[3].id = test_id(77);
  EXPECT_EQ(reject_of(renamed), CommitteeReject::bad_possession);
  const NetworkId other{crypto::sha256(view("another network"))};
  EXPECT_EQ(reject_of(four(), other), CommitteeReject::bad_possession);
}

TEST(Committee, a_vote_is_no_proof_of_possession) {  // S-2: domains differ
  const TestCommittee t({1, 2, 3, 4});
  auto validators = four();
  validators[0].possession = crypto::bls_sign(t.keys[0], possession_context(kTestNetwork, test_id(0)));
  EXPECT_EQ(reject_of(validators), CommitteeReject::bad_possession);
}

TEST(Committee, infinity_is_no_key) {  // S-2
  Bytes bytes = TestCommittee({1}).committee->encode();
  const size_t key_at = 32 + 8 + 4 + 32 + 8;
  std::fill(bytes.begin() + key_at, bytes.begin() + key_at + 96, uint8_t{0});
  bytes[key_at] = 0xc0;
  EXPECT_EQ(Committee::decode(bytes).error(), CommitteeReject::malformed);
}

TEST(Committee, quorum_is_strictly_more_than_two_thirds) {  // S-4
  const auto quorum = [](std::vector<uint64_t> stakes, Stake stake) { return TestCommittee(stakes).committee->is_quorum(stake); };
  EXPECT_FALSE(quorum({1, 1, 1}, 2));
  EXPECT_TRUE(quorum({1, 1, 1}, 3));
  EXPECT_FALSE(quorum({1, 1, 1, 1}, 2));
  EXPECT_TRUE(quorum({1, 1, 1, 1}, 3));
  EXPECT_FALSE(quorum({1, 1, 1, 1, 1}, 3));
  EXPECT_TRUE(quorum({1, 1, 1, 1, 1}, 4));
  EXPECT_FALSE(quorum({1, 1, 1, 1, 1, 1}, 4));
  EXPECT_TRUE(quorum({1, 1, 1, 1, 1, 1}, 5));
  // Sums beyond 64 bits: three of four with the largest stake each.
  const uint64_t max = ~uint64_t{0};
  EXPECT_FALSE(quorum({max, max, max, max}, Stake{max} * 2));
  EXPECT_TRUE(quorum({max, max, max, max}, Stake{max} * 3));
  EXPECT_FALSE(quorum({max, max, max}, Stake{max} * 2));
  EXPECT_TRUE(quorum({max, max, max}, Stake{max} * 2 + 1));
}

TEST(Committee, seats_leave_the_possession_out) {  // S-3
  const TestCommittee t({1, 2});
  std::vector<Seat> seats;
  for (const Validator& v : t.committee->validators()) seats.push_back({v.id, v.stake, v.key});
  EXPECT_EQ(t.committee->seats(), seats_encoding(seats));
  EXPECT_EQ(t.committee->seats().size(), 4 + 2 * (32 + 8 + 96u));
}

TEST(Committee, seats_decode_and_no_other_bytes_do) {  // S-3
  const Bytes good = TestCommittee({1, 2}).committee->seats();
  const auto seats = decode_seats(good);
  ASSERT_TRUE(seats.ok());
  EXPECT_EQ(seats_encoding(*seats), good);
  for (size_t length = 0; length < good.size(); ++length) EXPECT_FALSE(decode_seats(ByteView(good).first(length)).ok()) << length;
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_EQ(decode_seats(longer).error(), DecodeError::trailing_bytes);
  Bytes many = good;
  many[0] = many[1] = many[2] = many[3] = 0xff;
  EXPECT_EQ(decode_seats(many).error(), DecodeError::too_large);
  Bytes no_key = good;
  no_key.back() ^= 1;
  EXPECT_FALSE(decode_seats(no_key).ok());
}

}  // namespace
}  // namespace sotto::settle
