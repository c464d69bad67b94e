// Freezes and reports in the state machine, and what a committee's word is worth (docs/spec/settlement.md S-70..).
#include <gtest/gtest.h>

#include "settle/committee_word.hpp"
#include "settle/settle_for_test.hpp"

namespace sotto::settle {
namespace {

class Recoveries : public ::testing::Test {
 protected:
  const TestCommittee t{{1, 1, 1, 1}};
  TestLedger ledger;
  TestDisk disk;
  ValidatorMachine machine = make();

  ValidatorMachine make(uint64_t votes_from_epoch = 0, std::vector<Freeze> freezes = {}) {
    Restored restored = disk.restore();
    restored.freezes = disk.frozen(std::move(freezes));
    return ValidatorMachine(t.committee, t.signer(0), Limits{}, votes_from_epoch, std::move(restored), ledger);
  }
  LockCertificate certificate(const DecodedCandidate& tx) {
    return t.certificate<Phase::vote>({1, 2, 3}, subject_of(t.committee->epoch(), tx.candidate));
  }
  template <class T>
  static const T* only(const Effects& effects) {
    return effects.size() == 1 ? std::get_if<T>(&effects[0]) : nullptr;
  }
  std::optional<SettleReject> refused(const Effects& effects) {
    for (const Effect& e : effects)
      if (const auto* refusal = std::get_if<ReplyRefusal>(&e)) return refusal->refusal.reason;
    return std::nullopt;
  }
  // Up to the write of its lock or certificate, which stays pending.
  Effects submit(const DecodedCandidate& tx) {
    return pass(machine.step(ledger, SubmitTransaction{1, 1, tx}));
  }
  Effects certify(const DecodedCandidate& tx) {
    return pass(machine.step(ledger, SubmitCertificate{2, 1, certificate(tx), tx}));
  }
  Effects pass(Effects effects) {
    while (true) {
      if (const auto* check = only<CheckCertificate>(effects)) effects = machine.step(ledger, CertificateChecked{check->token, nullptr});
      else if (const auto* verify = only<Verify>(effects)) effects = machine.step(ledger, VerificationDone{verify->token, nullptr});
      else break;
    }
    if (const auto* persist = only<Persist>(effects)) disk.write(*persist);
    return effects;
  }
  Effects sync() { return machine.step(ledger, disk.sync_one()); }
  // One block that freezes a note, or the epoch.
  void freeze(std::optional<NoteKey> note) {
    if (note) ledger.freezes.insert(note->nf.bytes());
    else ledger.closed = true;
    BlockExecuted block{++ledger.height, {}, {}, {}};
    block.freezes = disk.frozen({{t.committee->epoch(), note}});
    machine.step(ledger, std::move(block));
  }
  const NoteKey a{test_nullifier(1), 0};
};

TEST_F(Recoveries, FrozenNotesGetNeitherVoteNorAcknowledgement) {
  const auto tx = candidate({{1, 2}}), other = candidate({{3}});
  freeze(a);
  EXPECT_EQ(refused(submit(tx)), SettleReject::frozen);
  EXPECT_EQ(refused(certify(tx)), SettleReject::frozen);
  EXPECT_TRUE(disk.idle());
  EXPECT_FALSE(refused(submit(other)));                    // nobody else is touched
  freeze(std::nullopt);
  EXPECT_EQ(refused(submit(candidate({{4}}))), SettleReject::epoch_ended);
  EXPECT_EQ(refused(certify(candidate({{4}}))), SettleReject::epoch_ended);
}

// A lock on its way to the disk when the note freezes: kept, its vote not given out.
TEST_F(Recoveries, NoVoteForALockThatTheFreezeOvertook) {
  const auto tx = candidate({{1}});
  ASSERT_FALSE(refused(submit(tx)));
  freeze(a);
  EXPECT_EQ(refused(sync()), SettleReject::frozen);
  EXPECT_TRUE(machine.holds_lock(tx.candidate.txid));
  const auto late = candidate({{5}});
  ASSERT_FALSE(refused(submit(late)));
  freeze(std::nullopt);
  EXPECT_EQ(refused(sync()), SettleReject::epoch_ended);
}

TEST_F(Recoveries, ReportsWhenNothingIsHeld) {
  ASSERT_FALSE(refused(submit(candidate({{1}}))));          // a lock is not a certificate
  sync();
  EXPECT_TRUE(machine.reports().empty());                  // nobody asks
  freeze(a);
  const auto reports = machine.reports();
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].epoch, t.committee->epoch());
  EXPECT_EQ(reports[0].note, (ledger::Report::Note{a.nf, 0}));
  EXPECT_EQ(reports[0].validator, 0);
  ledger::State state;
  state.epoch = t.committee->epoch();
  const auto word = committee_word(t.committee);
  const auto weight = word.report(reports[0], state);
  ASSERT_TRUE(weight);
  EXPECT_TRUE(weight->stake == 1 && weight->total == 4);
  EXPECT_EQ(machine.reports(), reports);                   // the same again
  // Decided: nobody asks any more.
  machine.step(ledger, BlockExecuted{++ledger.height, {}, {}, {a.nf}});
  EXPECT_TRUE(machine.reports().empty());
}

// What it has acknowledged must execute first; the epoch's report waits for all.
TEST_F(Recoveries, NoReportWhileACertificateIsHeld) {
  const auto tx = candidate({{1, 2}});
  certify(tx);
  sync();
  freeze(a);
  EXPECT_TRUE(machine.reports().empty());
  freeze(NoteKey{test_nullifier(3), 0});
  EXPECT_EQ(machine.reports().size(), 1u);                 // not touched by it
  freeze(std::nullopt);
  EXPECT_TRUE(machine.reports().empty());
  ledger.closed = false;
  ledger.freezes.clear();
  auto block = ledger.execute(tx.candidate);
  block.freezes = disk.frozen({{t.committee->epoch(), std::nullopt}});
  machine.step(ledger, std::move(block));
  EXPECT_EQ(machine.reports().size(), 1u);
}

// A void certificate is nothing to wait for: its other note was released.
TEST_F(Recoveries, OutdatedCertificatesAreNotHeld) {
  certify(candidate({{1, 2}}));
  sync();
  machine.step(ledger, ledger.release(test_nullifier(2)));
  freeze(a);
  EXPECT_EQ(machine.reports().size(), 1u);
}

// The certificate's write began before the freeze: it counts as held, and its acknowledgement is given (model: IDLE).
TEST_F(Recoveries, AWriteUnderWayCountsAsHeld) {
  const auto tx = candidate({{1}});
  certify(tx);
  freeze(a);
  EXPECT_TRUE(machine.reports().empty());
  bool acknowledged = false;
  for (const Effect& e : sync()) acknowledged |= std::holds_alternative<ReplyAcknowledgement>(e);
  EXPECT_TRUE(acknowledged);
  EXPECT_TRUE(machine.reports().empty());
  // The same write lost in a crash: nothing was acknowledged, so the report can be made.
  Recoveries::disk = TestDisk{};
  machine = make(0, {{t.committee->epoch(), a}});
  EXPECT_EQ(machine.reports().size(), 1u);
}

TEST_F(Recoveries, AfterARestartHeldCertificatesStillCount) {
  certify(candidate({{1}}));
  sync();
  ledger.freezes.insert(a.nf.bytes());
  machine = make(0, {{t.committee->epoch(), a}, {t.committee->epoch(), NoteKey{test_nullifier(9), 2}}});
  const auto reports = machine.reports();
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].note->generation, 2u);
}

// S-46: who may have forgotten what it acknowledged says nothing.
TEST_F(Recoveries, RestoredValidatorsDoNotReport) {
  machine = make(t.committee->epoch() + 1, {{t.committee->epoch(), a}});
  EXPECT_TRUE(machine.reports().empty());
  machine = make(t.committee->epoch(), {{t.committee->epoch(), a}});
  EXPECT_EQ(machine.reports().size(), 1u);
  machine = make(0, {{t.committee->epoch() + 1, a}});       // another epoch's
  EXPECT_TRUE(machine.reports().empty());
}

// A block that raises the generation releases all locks of a transaction that names the old one.
TEST_F(Recoveries, ThenTheOwnerPaysAgain) {
  ASSERT_FALSE(refused(submit(candidate({{1, 2}}))));
  sync();
  freeze(a);
  ledger.freezes.clear();
  machine.step(ledger, ledger.release(a.nf));
  EXPECT_EQ(refused(submit(candidate({{1}, 1}))), SettleReject::outdated_generation);
  ASSERT_FALSE(refused(submit(candidate({{1}, 2, 1}))));
  ASSERT_FALSE(refused(submit(candidate({{2}, 3}))));
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(refused(sync()));
}

TEST(CommitteeWord, ReportsMustBeSignedByWhoTheyName) {
  const TestCommittee t({1, 2, 3});
  const auto word = committee_word(t.committee);
  ledger::State state;
  state.epoch = t.committee->epoch();
  TestDisk disk;
  const auto freeze = disk.frozen({{t.committee->epoch(), NoteKey{test_nullifier(1), 3}}, {t.committee->epoch(), std::nullopt}});
  for (const auto& durable : freeze) {
    const ledger::Report good = t.signer(1).report(durable);
    ASSERT_TRUE(word.report(good, state));
    EXPECT_TRUE(word.report(good, state)->stake == 2 && word.report(good, state)->total == 6);
    const auto bad = [&](auto change) {
      ledger::Report report = good;
      change(report);
      EXPECT_FALSE(word.report(report, state));
    };
    bad([](auto& r) { r.validator = 2; });
    bad([](auto& r) { r.validator = 3; });
    bad([](auto& r) { ++r.epoch; });
    bad([](auto& r) { r.note = r.note ? std::nullopt : std::optional(ledger::Report::Note{}); });
    bad([](auto& r) { r.note = ledger::Report::Note{test_nullifier(1), 4}; });
    bad([](auto& r) { r.signature[5] ^= 1; });
  }
}

TEST(CommitteeWord, ClosesNeedAQuorumAndTheNextCommittee) {
  const TestCommittee t({1, 1, 1, 1}), next({1, 1, 1, 1, 1}, t.committee->epoch() + 1);
  auto word = committee_word(t.committee);
  ledger::State state;
  state.epoch = t.committee->epoch();
  const auto close_of = [&](const TestCommittee& who, const std::vector<size_t>& signers, const Bytes& bytes) {
    std::vector<CloseShare> shares;
    for (const size_t i : signers)
      shares.push_back({static_cast<uint16_t>(i), crypto::bls_sign(who.keys[i], close_digest(kTestNetwork, who.committee->epoch(), bytes))});
    return make_close(*who.committee, bytes, shares);
  };
  EXPECT_FALSE(close_of(t, {0, 2}, next.committee->encode()));
  const auto good = close_of(t, {0, 2, 3}, next.committee->encode());
  ASSERT_TRUE(good);
  EXPECT_TRUE(word.close(*good, state));
  auto bad = *good;
  bad.bitmap[0] = 0xe0;                                    // others than those who signed
  EXPECT_FALSE(word.close(bad, state));
  bad = *good;
  bad.next.back() ^= 1;
  EXPECT_FALSE(word.close(bad, state));
  EXPECT_FALSE(word.close(*close_of(t, {0, 1, 2}, t.committee->encode()), state));         // of the wrong epoch
  EXPECT_FALSE(word.close(*close_of(t, {0, 1, 2}, Bytes{1, 2, 3}), state));                // no committee
  // The next epoch's reports are judged by its own table, from the state alone.
  state.epoch = next.committee->epoch();
  state.committee = next.committee->encode();
  TestDisk disk;
  const auto freeze = disk.frozen({{state.epoch, std::nullopt}});
  EXPECT_TRUE(word.report(next.signer(4).report(freeze[0]), state));
  EXPECT_TRUE(committee_word(t.committee).report(next.signer(4).report(freeze[0]), state));
  state.committee = {1};
  EXPECT_EQ(committee_of(state, t.committee), nullptr);
  EXPECT_FALSE(committee_word(t.committee).report(next.signer(4).report(freeze[0]), state));
  EXPECT_FALSE(committee_word(t.committee).close(*good, state));
}

}  // namespace
}  // namespace sotto::settle
