// What an ordering engine may take in: each refusal alone.
#include <gtest/gtest.h>

#include "ledger/test_support.hpp"
#include "node/admission.hpp"
#include "settle/stake_word.hpp"
#include "settle/committee_word.hpp"
#include "settle/settle_for_test.hpp"

namespace sotto::node {
namespace {

struct Disk : settle::DurableStore {
  static std::vector<settle::Durable<settle::Freeze>> frozen(std::vector<settle::Freeze> freezes) { return restored(std::move(freezes)); }
};

struct AdmissionTest : ::testing::Test {
  ledger::testing::World world;
  settle::SeededEntropy entropy{4};
  std::vector<crypto::BlsSecretKey> keys;
  std::shared_ptr<const settle::Committee> committee = make_committee(0);
  CheckedCertificates certificates{committee, entropy};
  Admission admission{world.network, committee, {}, certificates, world.authority};

  std::shared_ptr<const settle::Committee> make_committee(uint64_t epoch) {
    std::vector<settle::Validator> validators;
    for (size_t i = 0; i < 4; ++i) {
      if (keys.size() == i) keys.push_back(crypto::BlsSecretKey::random(entropy));
      validators.push_back(settle::make_validator(world.network->id(), settle::test_id(i), 1, keys[i]));
    }
    return std::make_shared<const settle::Committee>(settle::Committee::create(world.network->id(), epoch, std::move(validators)).value());
  }
  Bytes certificate(const ledger::Transaction& tx) {
    settle::VoteCollector votes(committee, {0, ledger::generations(tx), ledger::txid(tx)});
    for (uint16_t i = 0; i < 3; ++i)
      CHECK(votes.add({i, crypto::bls_sign(keys[i], settle::digest(settle::Phase::vote, world.network->id(), votes.subject()))}).ok());
    return votes.certificate()->encode();
  }
  ledger::Transaction report(uint16_t validator, const std::optional<settle::NoteKey>& note) {
    ledger::Transaction tx = world.report(validator, std::nullopt);
    tx.ordered = settle::Signer(world.network->id(), validator, keys[validator]).report(Disk::frozen({{0, note}})[0]);
    return tx;
  }
  ledger::Transaction close(const Bytes& next, size_t signers) {
    const Hash32 digest = settle::close_digest(world.network->id(), 0, next);
    ledger::CloseEpoch op{0, next, {0}, {}};
    std::vector<crypto::BlsSignature> signatures;
    for (size_t i = 0; i < signers; ++i) {
      op.bitmap[0] = static_cast<uint8_t>(op.bitmap[0] | (0x80 >> i));
      signatures.push_back(crypto::bls_sign(keys[i], digest));
    }
    op.signature = crypto::aggregate(signatures)->encode();
    ledger::Transaction tx = world.close({});
    tx.ordered = op;
    return tx;
  }
  std::vector<bool> admits(const std::vector<ledger::CertifiedTransaction>& entries) {
    std::vector<const ledger::CertifiedTransaction*> asked;
    for (const auto& e : entries) asked.push_back(&e);
    return admission.admits(asked);
  }
  bool admits(const ledger::Transaction& tx, const Bytes& with = {}) { return admits({{tx, with}})[0]; }
};

TEST_F(AdmissionTest, Payments) {
  const auto good = world.payment(), other = world.payment();
  EXPECT_FALSE(admits(good));
  EXPECT_FALSE(admits(good, certificate(other)));
  Bytes forged = certificate(good);
  forged.back() ^= 1;
  EXPECT_EQ(admits({{good, forged}, {good, certificate(good)}, {other, certificate(good)}, {other, certificate(other)}}),
            (std::vector{false, true, false, true}));
  // Remembered: the same bytes are good for the same payment only.
  EXPECT_TRUE(admits(good, certificate(good)));
  EXPECT_FALSE(admits(other, certificate(good)));
}

TEST_F(AdmissionTest, Recoveries) {
  const auto payment = world.payment();
  const auto good = world.recovery(payment);
  EXPECT_TRUE(admits(good));
  EXPECT_FALSE(admits(good, certificate(good)));          // one encoding: it has none
  auto bad = good;
  bad.expiry = 1;                                         // a stateless rule
  world.seal(bad);
  EXPECT_FALSE(admits(bad));
  bad = good;
  bad.transfers[0].signature = payment.transfers[0].signature;
  EXPECT_FALSE(admits(bad));
  bad = good;
  bad.transfers[0].proof[0] ^= 1;
  world.sign(bad);
  EXPECT_FALSE(admits(bad));
  bad = good;
  ++std::get<ledger::Recover>(*bad.ordered).epoch;
  world.seal(bad);
  EXPECT_FALSE(admits(bad));
  // Whatever blocks this validator has seen: a note that is spent, or pending, is the ledger's business.
  EXPECT_EQ(world.step({payment})[0], ledger::Outcome::executed);
  EXPECT_TRUE(admits(good));
}

TEST_F(AdmissionTest, Reports) {
  const settle::NoteKey note{{crypto::Fr::from_u64(8)}, 3};
  for (const auto& about : {std::optional(note), std::optional<settle::NoteKey>()}) {
    const auto good = report(2, about);
    EXPECT_TRUE(admits(good));
    EXPECT_FALSE(admits(good, {1}));
    const auto with = [&](auto change) {
      auto bad = good;
      change(bad, std::get<ledger::Report>(*bad.ordered));
      return admits(bad);
    };
    EXPECT_FALSE(with([](auto& tx, auto&) { tx.transfers.resize(1); }));
    EXPECT_FALSE(with([](auto&, auto& op) { op.validator = 1; }));
    EXPECT_FALSE(with([](auto&, auto& op) { op.validator = 4; }));
    EXPECT_FALSE(with([](auto&, auto& op) { ++op.epoch; }));
    EXPECT_FALSE(with([](auto&, auto& op) { op.signature[7] ^= 1; }));
  }
}

TEST_F(AdmissionTest, Closes) {
  const Bytes next = make_committee(1)->encode(), same = committee->encode();
  EXPECT_TRUE(admits(close(next, 3)));
  EXPECT_FALSE(admits(close(next, 3), {1}));
  EXPECT_FALSE(admits(close(next, 2)));
  EXPECT_FALSE(admits(close(same, 3)));
}

// What stands alone of the stake: signed by whom it is about, in this epoch; the engine's own word by nobody.
TEST_F(AdmissionTest, Stake) {
  ledger::testing::World staked(1, ledger::testing::stake_content());
  const ledger::NetworkId network = staked.network->id();
  const auto key = crypto::BlsSecretKey::random(entropy);
  const ledger::ValidatorId id{Hash32{9}}, other{Hash32{8}};
  ledger::Stake stake;
  stake.pools[id].vote_key = key.public_key().encode();
  stake.pools[id].operator_key = staked.owner.point;
  const auto seats = std::make_shared<const settle::Committee>(
      settle::Committee::create(network, 0, {settle::make_validator(network, id, 1, key)}).value());
  CheckedCertificates none{seats, entropy};
  Admission judge{staked.network, seats, keys_of(stake), none, staked.authority};
  const auto admits = [&](ledger::Ordered op) {
    const ledger::CertifiedTransaction entry{{network, 0, {}, {}, std::move(op)}, {}};
    const ledger::CertifiedTransaction* asked[] = {&entry};
    return static_cast<bool>(judge.admits(asked)[0]);
  };
  EXPECT_TRUE(admits(settle::make_unjail(network, 0, id, key)));
  EXPECT_FALSE(admits(settle::make_unjail(network, 1, id, key)));
  EXPECT_FALSE(admits(settle::make_unjail(network, 0, other, key)));
  EXPECT_FALSE(admits(settle::make_unjail(network, 0, id, keys[0])));
  const auto withdrawal = [&](uint64_t epoch, const auto& by) {
    ledger::Transaction tx{network, 0, {}, {}, ledger::Withdraw{epoch, id, 0, 5, staked.owner.point, {}}};
    auto op = std::get<ledger::Withdraw>(*tx.ordered);
    op.signature = crypto::redjubjub_sign(by.secret, by.point, ledger::claim_message(ledger::txid(tx)), entropy);
    return op;
  };
  EXPECT_TRUE(admits(withdrawal(0, staked.owner)));
  EXPECT_FALSE(admits(withdrawal(1, staked.owner)));
  EXPECT_FALSE(admits(withdrawal(0, staked.issuer)));
  EXPECT_FALSE(admits(ledger::Misconduct{0, id}));
  // Two votes for rivals, and what is like it.
  const ledger::Transaction first = staked.payment(), second = staked.payment();
  const auto vote = [&](const ledger::Transaction& tx, const crypto::BlsSecretKey& by) {
    return settle::Vote{0, crypto::bls_sign(by, settle::digest(settle::Phase::vote, network, {3, ledger::generations(tx), ledger::txid(tx)}))};
  };
  settle::DoubleVote twice{3, first, second, vote(first, key), vote(second, key)};
  auto evidence = settle::make_evidence(id, twice);
  EXPECT_TRUE(admits(evidence));                           // whether it convicts is asked of the ledger
  ++evidence.epoch;
  EXPECT_FALSE(admits(evidence));
  twice.vote_on_second = vote(second, keys[0]);
  EXPECT_FALSE(admits(settle::make_evidence(id, twice)));
  EXPECT_FALSE(admits(ledger::Evidence{3, id, {1, 2, 3}}));
}

}  // namespace
}  // namespace sotto::node
