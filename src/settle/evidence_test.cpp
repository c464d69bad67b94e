// Who is convicted and who is not (docs/spec/settlement.md S-60..S-62): each rule alone, and honest validators never.
#include "settle/evidence.hpp"

#include <gtest/gtest.h>

#include "settle/settle_for_test.hpp"

namespace sotto::settle {
namespace {

struct EvidenceTest : ::testing::Test {
  const TestCommittee t{{1, 1, 1, 1}};
  TestLedger ledger;
  TestDisk disk;
  ledger::Transaction first = build({{1, 2, 3}}), second = build({{1, 4, 5}, 1});

  Subject of(const ledger::Transaction& tx) const { return {5, ledger::generations(tx), ledger::txid(tx)}; }
  DoubleVote double_vote() const { return {5, first, second, t.share<Phase::vote>(2, of(first)), t.share<Phase::vote>(2, of(second))}; }
  ledger::Report report(size_t validator, const std::optional<NoteKey>& note, uint64_t epoch = 5) {
    return t.signer(validator).report(disk.frozen({{epoch, note}})[0]);
  }
  FalseReport false_report(const std::optional<NoteKey>& note = NoteKey{test_nullifier(1), 0}) {
    return {first, t.share<Phase::settle>(2, of(first)), report(2, note)};
  }
  std::optional<EvidenceReject> verdict(const Evidence& e) const {
    const auto convicted = convicts(e, *t.committee, ledger);
    return convicted.ok() ? std::nullopt : std::optional(convicted.error());
  }
  template <class E>
  std::optional<EvidenceReject> with(E evidence, const std::function<void(E&)>& change) const {
    change(evidence);
    return verdict(evidence);
  }
};

TEST_F(EvidenceTest, OneEncodingEach) {
  for (const Evidence& e : {Evidence(double_vote()), Evidence(false_report()), Evidence(false_report(std::nullopt))}) {
    const Bytes bytes = encode(e);
    const auto back = decode_evidence(bytes);
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(encode(*back), bytes);
    EXPECT_EQ(accused_in(*back), 2u);
    EXPECT_EQ(epoch_of(*back), 5u);
    EXPECT_EQ(verdict(*back), std::nullopt);
    for (size_t n = 0; n < bytes.size(); n += 7) EXPECT_FALSE(decode_evidence(ByteView(bytes).first(n)).ok()) << n;
    Bytes longer = bytes;
    longer.push_back(0);
    EXPECT_EQ(decode_evidence(longer).error(), DecodeError::trailing_bytes);
    Bytes other = bytes;
    other[1] = 3;
    EXPECT_EQ(decode_evidence(other).error(), DecodeError::bad_version);
  }
  EXPECT_EQ(decode_evidence(Bytes(kMaxEvidenceBytes + 1)).error(), DecodeError::too_large);
  // The report travels as the transaction it was ordered in, which holds nothing else.
  FalseReport foreign = false_report();
  Writer w;
  w.u8(1);
  w.u8(2);
  w.sized(ledger::encode(foreign.transaction));
  w.raw(foreign.acknowledgement.encode());
  w.sized(ledger::encode(foreign.transaction));
  EXPECT_EQ(decode_evidence(std::move(w).bytes()).error(), DecodeError::non_canonical);
}

TEST_F(EvidenceTest, TwoVotesForRivals) {  // S-60, S-61
  const auto bad = [&](const std::function<void(DoubleVote&)>& change) { return with<DoubleVote>(double_vote(), change); };
  EXPECT_EQ(verdict(double_vote()), std::nullopt);
  EXPECT_EQ(bad([](auto& e) { e.second.network = {crypto::sha256(view("another"))}; }), EvidenceReject::wrong_network);
  EXPECT_EQ(bad([](auto& e) { e.first.network = {crypto::sha256(view("another"))}; }), EvidenceReject::wrong_network);
  EXPECT_EQ(bad([](auto& e) { e.epoch = 6; }), EvidenceReject::wrong_epoch);
  EXPECT_EQ(bad([&](auto& e) { e.vote_on_second = t.share<Phase::vote>(3, of(second)); }), EvidenceReject::different_validators);
  EXPECT_EQ(bad([](auto& e) { e.second = e.first; e.vote_on_second = e.vote_on_first; }), EvidenceReject::same_transaction);
  EXPECT_EQ(bad([&](auto& e) { e.second = build({{6, 4, 5}, 1}); e.vote_on_second = t.share<Phase::vote>(2, of(e.second)); }),
            EvidenceReject::no_common_note);
  EXPECT_EQ(bad([](auto& e) { e.vote_on_second.signature = e.vote_on_first.signature; }), EvidenceReject::bad_signature);
  EXPECT_EQ(bad([](auto& e) { e.vote_on_first.signature = e.vote_on_second.signature; }), EvidenceReject::bad_signature);
  EXPECT_EQ(bad([&](auto& e) { e.vote_on_first = {2, t.share<Phase::settle>(2, of(first)).signature}; }), EvidenceReject::bad_signature);
  // After a release of any note of either its validator may vote again: no conviction.
  for (const uint64_t note : {1, 2, 5}) {
    const TestLedger before = ledger;
    ledger.release(test_nullifier(note));
    EXPECT_EQ(verdict(double_vote()), EvidenceReject::not_current_at_once);
    ledger = before;
  }
}

TEST_F(EvidenceTest, AReportThatDeniesACertificate) {  // S-62
  const auto bad = [&](const std::function<void(FalseReport&)>& change) { return with<FalseReport>(false_report(), change); };
  EXPECT_EQ(verdict(false_report()), std::nullopt);
  EXPECT_EQ(verdict(false_report(std::nullopt)), std::nullopt);
  EXPECT_EQ(bad([](auto& e) { e.transaction.network = {crypto::sha256(view("another"))}; }), EvidenceReject::wrong_network);
  EXPECT_EQ(bad([&](auto& e) { e.report = report(2, NoteKey{test_nullifier(1), 0}, 6); }), EvidenceReject::wrong_epoch);
  EXPECT_EQ(bad([&](auto& e) { e.report = report(3, NoteKey{test_nullifier(1), 0}); }), EvidenceReject::different_validators);
  EXPECT_EQ(bad([&](auto& e) { e.report = report(2, NoteKey{test_nullifier(4), 0}); }), EvidenceReject::other_note);
  EXPECT_EQ(bad([&](auto& e) { e.report = report(2, NoteKey{test_nullifier(1), 1}); }), EvidenceReject::other_note);
  EXPECT_EQ(bad([](auto& e) { e.report.signature[9] ^= 1; }), EvidenceReject::bad_signature);
  // A vote is not an acknowledgement.
  EXPECT_EQ(bad([&](auto& e) { e.acknowledgement = {2, t.share<Phase::vote>(2, of(first)).signature}; }), EvidenceReject::bad_signature);
  // The reported note's generation has risen, by such reports: that excuses nobody.
  const TestLedger before = ledger;
  ledger.release(test_nullifier(1));
  EXPECT_EQ(verdict(false_report()), std::nullopt);
  EXPECT_EQ(verdict(false_report(std::nullopt)), EvidenceReject::not_current_at_once);
  // Another note's has: then the certificate was worth nothing perhaps before the report.
  ledger = before;
  ledger.release(test_nullifier(2));
  EXPECT_EQ(verdict(false_report()), EvidenceReject::not_current_at_once);
  ledger = before;
  ledger.execute(candidate({{2, 7, 8}, 9}).candidate);      // a rival spent another note
  EXPECT_EQ(verdict(false_report()), EvidenceReject::spent);
  ledger = before;
  ledger.execute(decode_candidate(ledger::encode(first)).value().candidate);
  EXPECT_EQ(verdict(false_report()), EvidenceReject::spent);   // it executed
  EXPECT_EQ(verdict(false_report(std::nullopt)), EvidenceReject::spent);
}

// What an honest validator says before and after a release, all of it laid against it.
TEST_F(EvidenceTest, HonestValidatorsAreNeverConvicted) {
  ValidatorMachine machine(t.committee, t.signer(0), Limits{}, 0, Restored{}, ledger);
  std::vector<std::pair<ledger::Transaction, Vote>> votes;
  std::vector<std::pair<ledger::Transaction, Acknowledgement>> acknowledgements;
  std::vector<ledger::Report> reports;
  const auto run = [&](Event event) {
    Effects effects = machine.step(ledger, std::move(event));
    for (size_t i = 0; i < effects.size(); ++i) {
      Effects more;
      if (const auto* c = std::get_if<CheckCertificate>(&effects[i])) more = machine.step(ledger, CertificateChecked{c->token, nullptr});
      if (const auto* v = std::get_if<Verify>(&effects[i])) more = machine.step(ledger, VerificationDone{v->token, nullptr});
      if (const auto* p = std::get_if<Persist>(&effects[i])) {
        disk.write(*p);
        more = machine.step(ledger, disk.sync_one());
      }
      effects.insert(effects.end(), more.begin(), more.end());
    }
    return effects;
  };
  const auto vote = [&](const DecodedCandidate& tx) {
    for (const auto& e : run(SubmitTransaction{1, 1, tx}))
      if (const auto* reply = std::get_if<ReplyVote>(&e)) votes.emplace_back(*tx.transaction, reply->vote);
  };
  const auto acknowledge = [&](const DecodedCandidate& tx) {
    const auto certificate = t.certificate<Phase::vote>({1, 2, 3}, subject_of(5, tx.candidate));
    for (const auto& e : run(SubmitCertificate{1, 1, certificate, tx}))
      if (const auto* reply = std::get_if<ReplyAcknowledgement>(&e)) acknowledgements.emplace_back(*tx.transaction, reply->acknowledgement);
  };
  const auto freeze = [&](uint64_t note) {
    ledger.freezes.insert(test_nullifier(note).bytes());
    BlockExecuted block{++ledger.height, {}, {}, {}};
    block.freezes = disk.frozen({{5, NoteKey{test_nullifier(note), ledger.generation(test_nullifier(note))}}});
    run(std::move(block));
    for (const auto& report : machine.reports()) reports.push_back(report);
  };
  const auto release = [&](uint64_t note) {
    ledger.freezes.clear();
    run(ledger.release(test_nullifier(note)));
  };
  // Voted for; unlocked by its owner; the rival voted for, certified and acknowledged; void, because another of its notes was
  // unlocked; reported on.
  vote(candidate({{1, 2, 3}}));
  freeze(1);
  release(1);
  vote(candidate({{2, 4, 5}, 1}));
  acknowledge(candidate({{2, 6, 7}, 2}));
  freeze(2);                                              // held: no report
  release(6);
  freeze(2);
  release(2);
  acknowledge(candidate({{9, 10, 11}, 3}));
  run(ledger.execute(candidate({{9, 10, 11}, 3}).candidate));
  freeze(9);
  ASSERT_EQ(votes.size(), 2u);
  ASSERT_EQ(acknowledgements.size(), 2u);
  ASSERT_GE(reports.size(), 3u);
  for (const auto& [a, on_a] : votes)
    for (const auto& [b, on_b] : votes) EXPECT_TRUE(verdict(DoubleVote{5, a, b, on_a, on_b}));
  for (const auto& [tx, acknowledgement] : acknowledgements)
    for (const auto& report : reports) EXPECT_TRUE(verdict(FalseReport{tx, acknowledgement, report}));
}

}  // namespace
}  // namespace sotto::settle
