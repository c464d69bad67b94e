#include <gtest/gtest.h>

#include "settle/settle_for_test.hpp"

namespace sotto::settle {
namespace {

const TestCommittee& committee4() {
  static const TestCommittee t({1, 1, 1, 1});
  return t;
}
Subject subject(uint8_t i = 7, uint64_t epoch = 5) { return {epoch, {0, 0, 3}, {{i}}}; }
CertificateReject reject_of(const LockCertificate& c, const Committee& committee) {
  auto verdict = verify(c, committee);
  return verdict ? CertificateReject{255} : verdict.error();
}

TEST(Messages, known_digests) {  // M-1, M-2: pinned, byte by byte
  Bytes by_hand;
  for (const char c : std::string("Sotto.vote.v1")) by_hand.push_back(static_cast<uint8_t>(c));
  by_hand.insert(by_hand.end(), kTestNetwork.value.begin(), kTestNetwork.value.end());
  for (const uint8_t b : Bytes{0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 7}) by_hand.push_back(b);
  by_hand.resize(by_hand.size() + 31);
  EXPECT_EQ(digest(Phase::vote, kTestNetwork, subject()), crypto::sha256(by_hand));
}

TEST(Messages, the_digest_covers_every_field) {
  const Subject s = subject();
  const Hash32 base = digest(Phase::vote, kTestNetwork, s);
  EXPECT_NE(base, digest(Phase::settle, kTestNetwork, s));
  EXPECT_NE(base, digest(Phase::vote, {crypto::sha256(view("another"))}, s));
  EXPECT_NE(base, digest(Phase::vote, kTestNetwork, subject(8)));
  EXPECT_NE(base, digest(Phase::vote, kTestNetwork, subject(7, 6)));
  Subject generations = s;
  generations.generations[1] = 1;
  EXPECT_NE(base, digest(Phase::vote, kTestNetwork, generations));
  generations.generations = {0, 0};
  EXPECT_NE(base, digest(Phase::vote, kTestNetwork, generations));
}

TEST(Share, encodes_and_decodes) {
  const Vote vote = committee4().share<Phase::vote>(2, subject());
  const Bytes bytes = vote.encode();
  ASSERT_EQ(bytes.size(), Vote::kBytes);
  EXPECT_EQ(*Vote::decode(bytes), vote);
  EXPECT_EQ(Vote::decode(ByteView(bytes).first(49)).error(), DecodeError::truncated);
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_EQ(Vote::decode(longer).error(), DecodeError::trailing_bytes);
  Bytes infinity(50, 0);
  infinity[2] = 0xc0;
  EXPECT_EQ(Vote::decode(infinity).error(), DecodeError::point_at_infinity);
}

TEST(Certificate, encodes_and_decodes) {  // M-4
  const auto c = committee4().certificate<Phase::vote>({0, 1, 3}, subject());
  const Bytes bytes = c.encode();
  EXPECT_EQ(bytes.size(), 8 + 4 + 12 + 32 + 4 + 1 + 48u);
  EXPECT_EQ(*LockCertificate::decode(bytes), c);
  for (size_t length = 0; length < bytes.size(); ++length) EXPECT_FALSE(LockCertificate::decode(ByteView(bytes).first(length)).ok());
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_EQ(LockCertificate::decode(longer).error(), DecodeError::trailing_bytes);
  // No generations, too many, a bitmap above its limit.
  LockCertificate odd = c;
  odd.subject.generations.clear();
  EXPECT_EQ(LockCertificate::decode(odd.encode()).error(), DecodeError::non_canonical);
  odd.subject.generations.assign(kMaxNotes + 1, 0);
  EXPECT_EQ(LockCertificate::decode(odd.encode()).error(), DecodeError::too_large);
  odd = c;
  odd.bitmap.assign(kMaxValidators / 8 + 1, 0);
  EXPECT_EQ(LockCertificate::decode(odd.encode()).error(), DecodeError::too_large);
}

TEST(Certificate, a_quorum_verifies) {  // S-20
  const auto& t = committee4();
  EXPECT_TRUE(verify(t.certificate<Phase::vote>({0, 1, 2}, subject()), *t.committee).ok());
  EXPECT_TRUE(verify(t.certificate<Phase::vote>({0, 1, 2, 3}, subject()), *t.committee).ok());
  EXPECT_TRUE(verify(t.certificate<Phase::settle>({1, 2, 3}, subject()), *t.committee).ok());
}

TEST(Certificate, each_reject_alone) {  // S-21
  const auto& t = committee4();
  const auto good = t.certificate<Phase::vote>({0, 1, 2}, subject());
  EXPECT_EQ(reject_of(t.certificate<Phase::vote>({0, 1, 2}, subject(7, 6)), *t.committee), CertificateReject::wrong_epoch);

  auto c = good;
  c.bitmap.push_back(0);
  EXPECT_EQ(reject_of(c, *t.committee), CertificateReject::bitmap_length);
  c.bitmap.clear();
  EXPECT_EQ(reject_of(c, *t.committee), CertificateReject::bitmap_length);
  for (const uint8_t padding : Bytes{1, 2, 4, 8}) {
    c = good;
    c.bitmap[0] = static_cast<uint8_t>(c.bitmap[0] | padding);
    EXPECT_EQ(reject_of(c, *t.committee), CertificateReject::bitmap_padding);
  }
  c = good;
  c.bitmap[0] = 0;
  EXPECT_EQ(reject_of(c, *t.committee), CertificateReject::no_signers);
  EXPECT_EQ(reject_of(t.certificate<Phase::vote>({0, 1}, subject()), *t.committee), CertificateReject::below_quorum);

  c = good;  // another signer named than signed
  c.bitmap[0] = 0xd0;
  EXPECT_EQ(reject_of(c, *t.committee), CertificateReject::bad_signature);
  c.bitmap[0] = 0xf0;  // one more
  EXPECT_EQ(reject_of(c, *t.committee), CertificateReject::bad_signature);
}

TEST(Certificate, signs_every_field_and_its_phase) {  // S-10, S-11
  const auto& t = committee4();
  const auto good = t.certificate<Phase::vote>({0, 1, 2}, subject());
  auto c = good;
  c.subject.txid.value[31] ^= 1;
  EXPECT_EQ(reject_of(c, *t.committee), CertificateReject::bad_signature);
  c = good;
  c.subject.generations[0] = 1;
  EXPECT_EQ(reject_of(c, *t.committee), CertificateReject::bad_signature);
  // The same bytes read as the other phase decode, and fail.
  const auto as_settlement = SettlementCertificate::decode(good.encode());
  ASSERT_TRUE(as_settlement.ok());
  EXPECT_EQ(verify(*as_settlement, *t.committee).error(), CertificateReject::bad_signature);
  static_assert(!std::is_convertible_v<LockCertificate, SettlementCertificate>);
  static_assert(!std::is_constructible_v<SettlementCertificate, LockCertificate>);
  static_assert(!std::is_convertible_v<Vote, Acknowledgement>);
  static_assert(!std::is_constructible_v<Acknowledgement, Vote>);
}

TEST(Certificate, shares_of_two_epochs_do_not_mix) {  // S-21
  const auto& t = committee4();
  const Subject now = subject(), then = subject(7, 4);
  const std::vector<crypto::BlsSignature> mixed{t.share<Phase::vote>(0, now).signature, t.share<Phase::vote>(1, now).signature,
                                                t.share<Phase::vote>(2, then).signature};
  EXPECT_EQ(reject_of({now, {0xe0}, *crypto::aggregate(mixed)}, *t.committee), CertificateReject::bad_signature);
}

TEST(Certificate, keys_that_cancel_are_refused) {  // S-21: sk and r - sk, both with good proofs of possession
  SeededEntropy entropy(1);
  const auto key = crypto::BlsSecretKey::random(entropy);
  const auto scalar = crypto::Fr::decode(key.encode().expose());
  const auto opposite = crypto::BlsSecretKey::decode((-*scalar).encode());
  ASSERT_TRUE(opposite.ok());
  auto committee = Committee::create(kTestNetwork, 5, {make_validator(kTestNetwork, test_id(0), 1, key),
                                                       make_validator(kTestNetwork, test_id(1), 1, *opposite)});
  ASSERT_TRUE(committee.ok());
  const LockCertificate c{subject(), {0xc0}, crypto::bls_sign(key, digest(Phase::vote, kTestNetwork, subject()))};
  EXPECT_EQ(reject_of(c, *committee), CertificateReject::infinite_key);
  // The collector notices too, instead of handing out a certificate nobody accepts.
  VoteCollector collector(std::make_shared<const Committee>(*committee), subject());
  EXPECT_TRUE(collector.add({0, crypto::bls_sign(key, digest(Phase::vote, kTestNetwork, subject()))}).ok());
  EXPECT_TRUE(collector.add({1, crypto::bls_sign(*opposite, digest(Phase::vote, kTestNetwork, subject()))}).ok());
  EXPECT_TRUE(collector.complete());
  EXPECT_FALSE(collector.certificate().has_value());
}

TEST(Certificate, a_batch_is_the_and_of_its_singles) {  // S-22
  const auto& t = committee4();
  SeededEntropy entropy(3);
  std::mt19937 random(11);
  for (int round = 0; round < 6; ++round) {
    std::vector<LockCertificate> batch;
    for (uint8_t i = 0; i < 9; ++i) {
      auto c = t.certificate<Phase::vote>(random() % 2 ? std::vector<size_t>{0, 1, 2} : std::vector<size_t>{0, 2, 3}, subject(i));
      if (round > 0 && random() % 4 == 0) {
        switch (random() % 3) {
          case 0: c.signature = t.share<Phase::vote>(0, subject(i)).signature; break;
          case 1: c.bitmap[0] = 0x80; break;
          default: c.subject.txid.value[5] = 1; break;
        }
      }
      batch.push_back(c);
    }
    // Two whose errors cancel in a plain sum.
    if (round == 5) std::swap(batch[0].signature, batch[1].signature);
    const auto verdicts = verify_batch<Phase::vote>(batch, *t.committee, entropy);
    ASSERT_EQ(verdicts.size(), batch.size());
    for (size_t i = 0; i < batch.size(); ++i) {
      const auto single = verify(batch[i], *t.committee);
      ASSERT_EQ(verdicts[i].ok(), single.ok()) << round << " " << i;
      if (!single) { EXPECT_EQ(verdicts[i].error(), single.error()); }
    }
    if (round == 5) { EXPECT_FALSE(verdicts[0].ok() || verdicts[1].ok()); }
  }
  EXPECT_TRUE(verify_batch(std::span<const LockCertificate>(), *t.committee, entropy).empty());
}

TEST(Certificate, many_signer_sets_are_judged_one_by_one) {  // S-22: where halving saves nothing
  const auto& t = committee4();
  SeededEntropy entropy(4);
  const std::vector<std::vector<size_t>> sets = {{0, 1, 2}, {0, 2, 3}, {1, 2, 3}, {0, 1, 3}, {0, 1, 2, 3}};
  for (size_t bad = 0; bad < sets.size(); ++bad) {
    std::vector<LockCertificate> batch;
    for (uint8_t i = 0; i < sets.size(); ++i) batch.push_back(t.certificate<Phase::vote>(sets[i], subject(i)));
    batch[bad].signature = t.share<Phase::vote>(0, subject(static_cast<uint8_t>(bad))).signature;
    const auto verdicts = verify_batch<Phase::vote>(batch, *t.committee, entropy);
    for (size_t i = 0; i < sets.size(); ++i) EXPECT_EQ(verdicts[i].ok(), i != bad);
  }
}

TEST(ShareCollector, gathers_a_quorum_despite_bad_shares) {  // S-23
  const auto& t = committee4();
  VoteCollector collector(t.committee, subject());
  EXPECT_TRUE(collector.add(t.share<Phase::vote>(0, subject())).ok());
  EXPECT_EQ(collector.add(t.share<Phase::vote>(0, subject())).error(), ShareReject::repeated);
  EXPECT_EQ(collector.stake(), Stake{1});
  EXPECT_EQ(collector.add({9, t.share<Phase::vote>(1, subject()).signature}).error(), ShareReject::unknown_validator);
  EXPECT_EQ(collector.add({1, t.share<Phase::vote>(2, subject()).signature}).error(), ShareReject::bad_signature);
  EXPECT_EQ(collector.add(t.share<Phase::vote>(1, subject(8))).error(), ShareReject::bad_signature);
  EXPECT_FALSE(collector.certificate().has_value());
  EXPECT_TRUE(collector.add(t.share<Phase::vote>(1, subject())).ok());
  EXPECT_FALSE(collector.complete());
  EXPECT_TRUE(collector.add(t.share<Phase::vote>(3, subject())).ok());
  ASSERT_TRUE(collector.complete());
  EXPECT_EQ(*collector.certificate(), t.certificate<Phase::vote>({0, 1, 3}, subject()));
}

TEST(ShareCollector, batches_name_the_bad_share) {  // S-23
  const auto& t = committee4();
  SeededEntropy entropy(4);
  std::vector<Vote> shares;
  for (size_t i = 0; i < 4; ++i) shares.push_back(t.share<Phase::vote>(i, subject()));
  {
    VoteCollector collector(t.committee, subject());
    shares.push_back(shares[1]);  // a repeat inside the batch counts once
    const auto verdicts = collector.add_batch(shares, entropy);
    EXPECT_TRUE(verdicts[0].ok() && verdicts[1].ok() && verdicts[2].ok() && verdicts[3].ok());
    EXPECT_EQ(verdicts[4].error(), ShareReject::repeated);
    EXPECT_EQ(collector.stake(), Stake{4});
    shares.pop_back();
  }
  // Swapped signatures: their sum is right, so an aggregate check alone would let them pass.
  std::swap(shares[0].signature, shares[1].signature);
  VoteCollector collector(t.committee, subject());
  const auto verdicts = collector.add_batch(shares, entropy);
  EXPECT_EQ(verdicts[0].error(), ShareReject::bad_signature);
  EXPECT_EQ(verdicts[1].error(), ShareReject::bad_signature);
  EXPECT_TRUE(verdicts[2].ok() && verdicts[3].ok());
  EXPECT_FALSE(collector.complete());
}

TEST(ShareCollector, sums_count_whole_or_not_at_all) {  // S-23
  const TestCommittee committee({1, 1, 1, 1});
  const Subject subject{5, {0}, {}}, other{5, {1}, {}};
  const auto share = [&](size_t i, const Subject& s) { return committee.share<Phase::vote>(i, s); };
  const auto counted = [&](const std::vector<Vote>& shares) {
    VoteCollector collector(committee.committee, subject);
    const bool all = collector.add_sum(shares);
    EXPECT_EQ(collector.stake(), all ? shares.size() : 0u);
    EXPECT_EQ(collector.certificate().has_value(), all);
    if (all) {
      EXPECT_TRUE(verify(*collector.certificate(), *committee.committee).ok());
    }
    return all;
  };
  EXPECT_TRUE(counted({share(0, subject), share(1, subject), share(3, subject)}));
  EXPECT_TRUE(counted({share(0, subject), share(1, subject), share(2, subject), share(3, subject)}));
  EXPECT_FALSE(counted({share(0, subject), share(1, subject)}));                         // completes nothing
  EXPECT_FALSE(counted({share(0, subject), share(1, subject), share(1, subject)}));      // repeated
  EXPECT_FALSE(counted({share(0, subject), share(1, subject), share(2, other)}));        // does not verify
  EXPECT_FALSE(counted({share(0, subject), share(1, subject), {4, share(2, subject).signature}}));
  // Beside what was counted before.
  VoteCollector collector(committee.committee, subject);
  EXPECT_TRUE(collector.add(share(2, subject)).ok());
  EXPECT_FALSE(collector.add_sum(std::vector<Vote>{share(0, subject), share(2, subject)}));
  EXPECT_TRUE(collector.add_sum(std::vector<Vote>{share(0, subject), share(1, subject)}));
  EXPECT_TRUE(collector.complete());
}

TEST(ShareCollector, weighs_by_stake) {  // S-4
  const TestCommittee t({5, 1, 1, 1});
  AcknowledgementCollector collector(t.committee, subject());
  for (const size_t i : {1, 2, 3}) EXPECT_TRUE(collector.add(t.share<Phase::settle>(i, subject())).ok());
  EXPECT_FALSE(collector.complete());
  EXPECT_TRUE(collector.add(t.share<Phase::settle>(0, subject())).ok());
  ASSERT_TRUE(collector.complete());
  EXPECT_TRUE(verify(*collector.certificate(), *t.committee).ok());
}

}  // namespace
}  // namespace sotto::settle
