#include <gtest/gtest.h>

#include <set>

#include "settle/ledger_view.hpp"
#include "settle/settle_for_test.hpp"

namespace sotto::settle {
namespace {

template <class T>
std::vector<T> all(const Effects& effects) {
  std::vector<T> found;
  for (const Effect& effect : effects)
    if (const T* match = std::get_if<T>(&effect)) found.push_back(*match);
  return found;
}
template <class T>
T only(const Effects& effects) {
  CHECK(effects.size() == 1 && std::holds_alternative<T>(effects[0]));
  return std::get<T>(effects[0]);
}

// One validator, number 0 of four, with a disk that syncs when told.
class Machine : public ::testing::Test {
 protected:
  static const TestCommittee& shared_committee() {
    static const TestCommittee shared({1, 1, 1, 1});
    return shared;
  }
  const TestCommittee& t = shared_committee();
  TestLedger ledger;
  TestDisk disk;
  Limits limits;
  std::optional<ValidatorMachine> machine;
  RequestId next_request = 100;

  void SetUp() override { start(); }
  void start(uint64_t votes_from = 0) {
    machine.emplace(t.committee, t.signer(0), limits, votes_from, disk.restore(), ledger);
  }
  bool check_at_once = true;
  Effects step(Event event) {
    Effects effects = machine->step(ledger, std::move(event));
    // Certificates are checked at once, unless a test wants to see what happens meanwhile.
    if (const auto asked = all<CheckCertificate>(effects); check_at_once && !asked.empty()) {
      const auto verdict = verify(*asked[0].certificate, *t.committee);
      return step(CertificateChecked{asked[0].token, verdict ? nullptr : name(verdict.error())});
    }
    for (const Effect& effect : effects) {
      if (const auto* persist = std::get_if<Persist>(&effect)) disk.write(*persist);
      if (const auto* drop = std::get_if<Drop>(&effect)) disk.drop(*drop);
    }
    return effects;
  }
  Effects submit(const TransactionPlan& plan, SourceId source = 1) {
    return step(SubmitTransaction{next_request++, source, candidate(plan)});
  }
  Effects certify(const LockCertificate& certificate, std::optional<TransactionPlan> plan = std::nullopt) {
    SubmitCertificate event{next_request++, 1, certificate, std::nullopt};
    if (plan) event.transaction = candidate(*plan);
    return step(std::move(event));
  }
  // Through verification and disk to the reply.
  Effects through(Effects effects) {
    while (true) {
      if (const auto verify = all<Verify>(effects); !verify.empty()) {
        effects = step(VerificationDone{verify[0].token, nullptr});
      } else if (!all<Persist>(effects).empty()) {
        effects = step(disk.sync_one());
      } else {
        return effects;
      }
    }
  }
  Vote vote_on(const TransactionPlan& plan) { return only<ReplyVote>(through(submit(plan))).vote; }
  Subject subject(const TransactionPlan& plan) { return subject_of(t.committee->epoch(), candidate(plan).candidate); }
  LockCertificate lock_certificate(const TransactionPlan& plan) { return t.certificate<Phase::vote>({1, 2, 3}, subject(plan)); }
  static Refusal refusal(const Effects& effects) { return only<ReplyRefusal>(effects).refusal; }
  static SettleReject reason(const Effects& effects) { return refusal(effects).reason; }
};

TEST_F(Machine, votes_after_verification_and_sync_and_not_before) {  // S-40, S-30
  const TransactionPlan plan{{1, 2, 3}};
  auto effects = submit(plan);
  const Token token = only<Verify>(effects).token;
  effects = step(VerificationDone{token, nullptr});
  only<Persist>(effects);
  const auto reply = only<ReplyVote>(step(disk.sync_one()));
  EXPECT_EQ(reply.request, 100u);
  EXPECT_TRUE(verify(reply.vote, subject(plan), *t.committee).ok());
  EXPECT_EQ(reply.vote.validator, 0);
}

TEST_F(Machine, signing_needs_a_durable_value) {  // S-31
  static_assert(!std::is_constructible_v<Durable<Lock>, Lock>);
  static_assert(!std::is_default_constructible_v<Durable<Lock>>);
  static_assert(!std::is_constructible_v<Durable<Certified>, Certified>);
  static_assert(!std::is_constructible_v<Persisted, Persist>);
  static_assert(!std::is_invocable_v<decltype(&Signer::vote), const Signer&, const Lock&>);
  static_assert(!std::is_invocable_v<decltype(&Signer::acknowledge), const Signer&, const Durable<Lock>&>);
  static_assert(!std::is_invocable_v<decltype(&Signer::vote), const Signer&, const Durable<Certified>&>);
  // A completion vouches for the write it carries and for no other kind.
  TestDisk other;
  other.write({1, Lock{5, candidate({{1}}).candidate}});
  const Persisted done = other.sync_one();
  EXPECT_TRUE(done.lock().has_value());
  EXPECT_FALSE(done.certified().has_value());
}

TEST_F(Machine, asked_again_the_same_vote) {  // S-42
  const TransactionPlan plan{{1, 2, 3}};
  const Vote first = vote_on(plan);
  EXPECT_EQ(only<ReplyVote>(submit(plan)).vote, first);
  ledger.broken_rule = "expired";  // whatever changed since
  EXPECT_EQ(only<ReplyVote>(submit(plan)).vote, first);
  TransactionPlan twin = plan;
  twin.twin = 9;
  EXPECT_EQ(only<ReplyVote>(submit(twin)).vote, first);
  ledger.broken_rule = nullptr;
  start();  // and after a restart
  EXPECT_EQ(only<ReplyVote>(submit(plan)).vote, first);
}

TEST_F(Machine, a_rival_is_refused_with_the_transaction_that_holds_the_lock) {  // S-43
  const TransactionPlan first{{1, 2, 3}}, rival{{3, 4, 5}, 1};
  vote_on(first);
  const Refusal r = refusal(submit(rival));
  EXPECT_EQ(r.reason, SettleReject::locked_by_rival);
  ASSERT_TRUE(r.rival);
  EXPECT_EQ(*r.rival, ledger::encode(build(first)));
  EXPECT_EQ(r.rival_id, candidate(first).candidate.txid);
  // All or nothing: 4 and 5 are free.
  EXPECT_FALSE(machine->holder_of(test_nullifier(4)).has_value());
  vote_on({{4, 5, 6}, 2});
}

TEST_F(Machine, no_lock_before_the_proof_is_good) {  // S-40: griefing somebody else's note
  const auto effects = submit({{1, 2, 3}});
  EXPECT_FALSE(machine->holder_of(test_nullifier(1)).has_value());
  const auto refused = refusal(step(VerificationDone{only<Verify>(effects).token, "bad_proof"}));
  EXPECT_EQ(refused.reason, SettleReject::bad_proof_or_signature);
  EXPECT_STREQ(refused.rule, "bad_proof");
  EXPECT_FALSE(machine->holder_of(test_nullifier(1)).has_value());
  vote_on({{1, 2, 4}, 1});
}

TEST_F(Machine, a_bad_twin_says_nothing_about_the_txid) {  // S-41
  TransactionPlan good{{1, 2, 3}}, bad = good;
  bad.twin = 1;
  ASSERT_EQ(candidate(good).candidate.txid, candidate(bad).candidate.txid);
  const Token bad_token = only<Verify>(submit(bad)).token;
  const Token good_token = only<Verify>(submit(good)).token;
  EXPECT_EQ(reason(step(VerificationDone{bad_token, "bad_proof"})), SettleReject::bad_proof_or_signature);
  const auto reply = only<ReplyVote>(through(step(VerificationDone{good_token, nullptr})));
  EXPECT_EQ(reply.request, 101u);
  EXPECT_EQ(*machine->holder_of(test_nullifier(1))->bytes, ledger::encode(build(good)));
}

TEST_F(Machine, duplicates_in_flight_cost_one_verification_and_one_write) {  // S-41
  const TransactionPlan plan{{1, 2, 3}};
  const Verify asked = only<Verify>(submit(plan, 7));
  EXPECT_EQ(asked.source, 7u);            // its verifier keeps those of one source together
  const Token token = asked.token;
  EXPECT_TRUE(submit(plan).empty());
  auto effects = step(VerificationDone{token, nullptr});
  only<Persist>(effects);
  EXPECT_TRUE(submit(plan).empty());  // while it is being written
  const auto replies = all<ReplyVote>(step(disk.sync_one()));
  ASSERT_EQ(replies.size(), 3u);
  EXPECT_EQ(replies[0].vote, replies[2].vote);
  EXPECT_TRUE(disk.idle());
}

TEST_F(Machine, of_two_rivals_in_verification_one_gets_the_locks) {  // S-44
  const Token a = only<Verify>(submit({{1, 2, 3}})).token;
  const Token b = only<Verify>(submit({{3, 2, 7}, 1})).token;
  only<Persist>(step(VerificationDone{b, nullptr}));
  EXPECT_EQ(reason(step(VerificationDone{a, nullptr})), SettleReject::locked_by_rival);
  only<ReplyVote>(step(disk.sync_one()));
}

TEST_F(Machine, rejects_of_a_transaction_alone) {  // S-40
  const NetworkId other{crypto::sha256(view("another"))};
  EXPECT_EQ(reason(submit({.notes = {1}, .network = other})), SettleReject::wrong_network);
  EXPECT_EQ(reason(submit({{}})), SettleReject::nothing_spent);
  EXPECT_EQ(reason(submit({{1, 2, 1}})), SettleReject::repeated_nullifier);
  EXPECT_EQ(reason(submit({{1, 2, 3, 4, 5, 2}})), SettleReject::repeated_nullifier);
  EXPECT_EQ(reason(submit({.notes = {1, 2, 3, 4}, .two_owners = true})), SettleReject::several_owners);
  ledger.broken_rule = "fee_not_allowed";
  const Refusal r = refusal(submit({{1}}));
  EXPECT_EQ(r.reason, SettleReject::ledger_rule);
  EXPECT_STREQ(r.rule, "fee_not_allowed");
  ledger.broken_rule = nullptr;
  ledger.generations[test_nullifier(2).bytes()] = 1;
  EXPECT_EQ(reason(submit({{1, 2, 3}})), SettleReject::outdated_generation);
  EXPECT_EQ(reason(submit({.notes = {5}, .generation = 1})), SettleReject::future_generation);
  ledger.execute(candidate({{7}}).candidate);
  const Refusal spent = refusal(submit({{8, 7}, 1}));
  EXPECT_EQ(spent.reason, SettleReject::spent);
  EXPECT_EQ(spent.rival_id, candidate({{7}}).candidate.txid);
  EXPECT_EQ(reason(submit({{7}})), SettleReject::already_executed);
  EXPECT_EQ(machine->usage().locked, 0u);
}

TEST_F(Machine, what_changed_during_verification_counts) {  // S-44
  const Token token = only<Verify>(submit({{1, 2, 3}})).token;
  step(ledger.execute(candidate({{2}, 1}).candidate));
  EXPECT_EQ(reason(step(VerificationDone{token, nullptr})), SettleReject::spent);
  const Token second = only<Verify>(submit({{4}})).token;
  step(ledger.release(test_nullifier(4)));
  EXPECT_EQ(reason(step(VerificationDone{second, nullptr})), SettleReject::outdated_generation);
  const Token third = only<Verify>(submit({{5}})).token;
  step(ledger.execute(candidate({{5}}).candidate));
  EXPECT_EQ(reason(step(VerificationDone{third, nullptr})), SettleReject::already_executed);
}

TEST_F(Machine, what_changed_during_the_write_counts) {  // S-44
  auto effects = step(VerificationDone{only<Verify>(submit({{1, 2, 3}})).token, nullptr});
  step(ledger.execute(candidate({{2}, 1}).candidate));
  EXPECT_EQ(reason(step(disk.sync_one())), SettleReject::spent);
  EXPECT_TRUE(machine->holder_of(test_nullifier(1)).has_value());  // S-45

  effects = step(VerificationDone{only<Verify>(submit({{4}})).token, nullptr});
  step(ledger.release(test_nullifier(4)));
  effects = step(disk.sync_one());
  EXPECT_EQ(all<ReplyRefusal>(effects)[0].refusal.reason, SettleReject::outdated_generation);
  EXPECT_EQ(all<Drop>(effects).size(), 1u);
  EXPECT_FALSE(machine->holder_of(test_nullifier(4)).has_value());

  effects = step(VerificationDone{only<Verify>(submit({{5}})).token, nullptr});
  step(ledger.execute(candidate({{5}}).candidate));
  effects = step(disk.sync_one());
  EXPECT_EQ(all<ReplyRefusal>(effects)[0].refusal.reason, SettleReject::already_executed);
  EXPECT_EQ(machine->usage().locked, 1u);
}

TEST_F(Machine, acknowledges_a_certificate_it_voted_for) {  // S-50
  const TransactionPlan plan{{1, 2, 3}};
  vote_on(plan);
  auto effects = certify(lock_certificate(plan));
  only<Persist>(effects);
  effects = step(disk.sync_one());
  const auto reply = all<ReplyAcknowledgement>(effects);
  ASSERT_EQ(reply.size(), 1u);
  EXPECT_TRUE(verify(reply[0].acknowledgement, subject(plan), *t.committee).ok());
  ASSERT_EQ(all<Propose>(effects).size(), 1u);
  EXPECT_EQ(*all<Propose>(effects)[0].certified->transaction->bytes, ledger::encode(build(plan)));
  // Again, by other signers, after a restart: the same acknowledgement.
  EXPECT_EQ(only<ReplyAcknowledgement>(certify(t.certificate<Phase::vote>({0, 1, 2}, subject(plan)))).acknowledgement,
            reply[0].acknowledgement);
  start();
  EXPECT_EQ(only<ReplyAcknowledgement>(certify(lock_certificate(plan))).acknowledgement, reply[0].acknowledgement);
  EXPECT_EQ(machine->unexecuted().size(), 1u);
}

TEST_F(Machine, acknowledges_whatever_it_had_locked) {  // S-51
  const TransactionPlan mine{{1, 2, 3}}, certified{{3, 4, 5}, 1};
  vote_on(mine);
  auto effects = through(certify(lock_certificate(certified), certified));
  ASSERT_EQ(all<ReplyAcknowledgement>(effects).size(), 1u);
  // The certified one goes before the lock in what is told, and its other notes take no new locks.
  EXPECT_TRUE(machine->holder_of(test_nullifier(3))->certified);
  EXPECT_EQ(machine->holder_of(test_nullifier(3))->txid, candidate(certified).candidate.txid);
  EXPECT_EQ(machine->holder_of(test_nullifier(1))->txid, candidate(mine).candidate.txid);
  const Refusal r = refusal(submit({{5, 6, 7}, 2}));
  EXPECT_EQ(r.reason, SettleReject::locked_by_rival);
  EXPECT_EQ(r.rival_id, candidate(certified).candidate.txid);
  // Executed: the rival's lock on 3 is history, those on 1 and 2 stay (S-45).
  step(ledger.execute(candidate(certified).candidate));
  EXPECT_EQ(reason(submit({{1}, 3})), SettleReject::locked_by_rival);
  EXPECT_EQ(reason(submit({{3}, 4})), SettleReject::spent);
}

TEST_F(Machine, stores_only_bytes_it_verified_with_a_certificate) {  // S-52
  const TransactionPlan plan{{1, 2, 3}};
  TransactionPlan twin = plan;
  twin.twin = 1;
  EXPECT_EQ(reason(certify(lock_certificate(plan))), SettleReject::transaction_needed);
  const Token token = only<Verify>(certify(lock_certificate(plan), twin)).token;
  EXPECT_EQ(reason(step(VerificationDone{token, "bad_proof"})), SettleReject::bad_proof_or_signature);
  EXPECT_EQ(all<ReplyAcknowledgement>(through(certify(lock_certificate(plan), plan))).size(), 1u);
  // Having verified them for its vote, it takes its own bytes, not the twin's.
  const TransactionPlan second{{4, 5, 6}};
  twin = second;
  twin.twin = 1;
  vote_on(second);
  const auto persist = only<Persist>(certify(lock_certificate(second), twin));
  EXPECT_EQ(*std::get<Certified>(persist.write).transaction->bytes, ledger::encode(build(second)));
}

TEST_F(Machine, rejects_of_a_certificate_alone) {  // S-50
  const TransactionPlan plan{{1, 2, 3}};
  const Refusal weak = refusal(certify(t.certificate<Phase::vote>({1, 2}, subject(plan)), plan));
  EXPECT_EQ(weak.reason, SettleReject::certificate_invalid);
  EXPECT_STREQ(weak.rule, "below_quorum");
  EXPECT_EQ(reason(certify(lock_certificate(plan), TransactionPlan{{4, 5, 6}})), SettleReject::certificate_mismatch);
  // Of an epoch that has not begun here: it is we who are behind.
  auto later = lock_certificate(plan);
  ++later.subject.epoch;
  EXPECT_EQ(reason(certify(later, plan)), SettleReject::busy);
  later.subject.epoch -= 2;
  EXPECT_EQ(reason(certify(later, plan)), SettleReject::epoch_ended);
  ledger.generations[test_nullifier(2).bytes()] = 1;
  EXPECT_EQ(reason(certify(lock_certificate(plan), plan)), SettleReject::outdated_generation);
  const TransactionPlan future{.notes = {9}, .generation = 2};
  EXPECT_EQ(reason(certify(lock_certificate(future), future)), SettleReject::future_generation);
  ledger.execute(candidate({{7}}).candidate);
  const TransactionPlan loser{{7, 8}, 1};
  EXPECT_EQ(reason(certify(lock_certificate(loser), loser)), SettleReject::spent);
  const TransactionPlan bundle{.notes = {11, 12, 13, 14}, .two_owners = true};
  EXPECT_EQ(reason(certify(lock_certificate(bundle), bundle)), SettleReject::several_owners);
  // More than a third Byzantine: two conflicting certificates. One is stored, the other refused.
  const TransactionPlan one{{20, 21}}, other{{21, 22}, 1};
  through(certify(lock_certificate(one), one));
  EXPECT_EQ(reason(certify(lock_certificate(other), other)), SettleReject::rival_certified);
  EXPECT_TRUE(machine->holder_of(test_nullifier(20))->certified);
}

TEST_F(Machine, a_certificate_on_another_subject_of_the_same_txid_is_refused) {  // S-50
  const TransactionPlan plan{{1, 2, 3}};
  vote_on(plan);
  Subject odd = subject(plan);
  odd.generations[0] = 4;
  EXPECT_EQ(reason(certify(t.certificate<Phase::vote>({1, 2, 3}, odd))), SettleReject::certificate_mismatch);
  through(certify(lock_certificate(plan)));
  EXPECT_EQ(reason(certify(t.certificate<Phase::vote>({1, 2, 3}, odd))), SettleReject::certificate_mismatch);
}

TEST_F(Machine, late_certificates_of_executed_transactions_are_acknowledged) {  // S-53
  const TransactionPlan plan{{1, 2, 3}};
  vote_on(plan);
  step(ledger.execute(candidate(plan).candidate));
  EXPECT_EQ(machine->usage().locked, 0u);
  EXPECT_EQ(machine->usage().bytes, 0u);
  EXPECT_EQ(reason(submit(plan)), SettleReject::already_executed);
  const auto persist = only<Persist>(certify(lock_certificate(plan)));
  EXPECT_FALSE(std::get<Certified>(persist.write).transaction.has_value());  // the block holds it
  const auto effects = step(disk.sync_one());
  ASSERT_EQ(all<ReplyAcknowledgement>(effects).size(), 1u);
  EXPECT_EQ(all<Propose>(effects).size(), 0u);
  EXPECT_EQ(all<Drop>(effects).size(), 1u);
  only<ReplyAcknowledgement>(certify(lock_certificate(plan)));
  // Long forgotten: the transaction must come along.
  limits.executed_remembered = 1;
  start();
  step(ledger.execute(candidate({{50}}).candidate));
  EXPECT_EQ(reason(certify(lock_certificate(plan))), SettleReject::transaction_needed);
  EXPECT_EQ(all<ReplyAcknowledgement>(through(certify(lock_certificate(plan), plan))).size(), 1u);
  EXPECT_EQ(machine->usage().certified, 0u);
}

TEST_F(Machine, blocks_release_what_is_history) {  // S-45
  const TransactionPlan plan{{1, 2, 3}};
  vote_on(plan);
  through(certify(lock_certificate(plan)));
  const auto drop = only<Drop>(step(ledger.execute(candidate(plan).candidate)));
  EXPECT_EQ(drop.locks.size(), 1u);
  EXPECT_EQ(drop.certified.size(), 1u);
  EXPECT_EQ(machine->usage().certified + machine->usage().locked + machine->usage().bytes, 0u);
  EXPECT_FALSE(machine->holder_of(test_nullifier(1)).has_value());
  only<ReplyAcknowledgement>(certify(lock_certificate(plan)));  // from memory
}

TEST_F(Machine, a_risen_generation_releases_all_locks_of_the_transaction) {  // S-45
  vote_on({{1, 2, 3}});
  only<Drop>(step(ledger.release(test_nullifier(2))));
  EXPECT_FALSE(machine->holder_of(test_nullifier(1)).has_value());
  EXPECT_EQ(reason(submit({{1, 2, 3}})), SettleReject::outdated_generation);
  vote_on({{1}, 5});
  vote_on({.notes = {2}, .salt = 1, .generation = 1});
}

TEST_F(Machine, restart_leaves_history_out) {  // S-47
  vote_on({{1, 2, 3}});
  vote_on({{4}});
  vote_on({{5}});
  through(certify(lock_certificate({{4}})));
  // Blocks came, but the machine stopped before it heard of them.
  ledger.execute(candidate({{1, 2, 3}}).candidate);
  ledger.execute(candidate({{4}}).candidate);
  ledger.release(test_nullifier(5));
  start();
  EXPECT_EQ(machine->usage().locked + machine->usage().certified + machine->usage().bytes, 0u);
}

TEST_F(Machine, limits_bound_everything_fairly) {  // S-48
  limits.in_flight = 3;
  limits.in_flight_per_source = 2;
  limits.locked_transactions = 2;
  limits.certified_transactions = 1;
  limits.requests_per_transaction = 2;
  start();
  auto one = submit({{1}}, 1);
  auto two = submit({{2}}, 1);
  EXPECT_EQ(reason(submit({{3}}, 1)), SettleReject::source_busy);
  auto three = submit({{3}}, 2);
  EXPECT_EQ(reason(submit({{4}}, 3)), SettleReject::busy);
  EXPECT_TRUE(submit({{1}}, 5).empty());                         // joins
  EXPECT_EQ(reason(submit({{1}}, 5)), SettleReject::busy);       // too many wait for it
  EXPECT_EQ(all<ReplyVote>(through(one)).size(), 2u);
  auto writing = step(VerificationDone{only<Verify>(two).token, nullptr});
  EXPECT_TRUE(submit({{2}}, 5).empty());
  EXPECT_EQ(reason(submit({{2}}, 5)), SettleReject::busy);
  through(writing);
  EXPECT_EQ(reason(step(VerificationDone{only<Verify>(three).token, nullptr})), SettleReject::full);
  EXPECT_EQ(reason(submit({{5}}, 2)), SettleReject::full);
  EXPECT_EQ(all<ReplyAcknowledgement>(through(certify(lock_certificate({{1}})))).size(), 1u);
  EXPECT_EQ(reason(certify(lock_certificate({{2}}))), SettleReject::full);
  step(ledger.execute(candidate({{1}}).candidate));
  EXPECT_EQ(all<ReplyAcknowledgement>(through(certify(lock_certificate({{2}})))).size(), 1u);
  EXPECT_EQ(machine->usage().in_flight, 0u);
  // Bytes.
  limits = Limits{};
  limits.stored_bytes = ledger::encode(build({{1}})).size() * 2 + 10;
  disk = TestDisk();
  start();
  vote_on({{30}});
  vote_on({{31}});
  EXPECT_EQ(reason(submit({{32}})), SettleReject::full);
  EXPECT_EQ(reason(certify(lock_certificate({{30}}))), SettleReject::full);
}

TEST_F(Machine, abstains_until_its_epoch) {  // S-46
  start(6);
  EXPECT_EQ(reason(submit({{1}})), SettleReject::abstaining);
  EXPECT_EQ(reason(certify(lock_certificate({{1}}), TransactionPlan{{1}})), SettleReject::abstaining);
  start(5);
  vote_on({{1}});
}

TEST_F(Machine, locks_of_another_epoch_are_not_restored) {  // S-47
  vote_on({{1}});
  const TestCommittee next({1, 1, 1, 1}, 6);
  ValidatorMachine later(next.committee, next.signer(0), limits, 0, disk.restore(), ledger);
  EXPECT_EQ(later.usage().locked, 0u);
}

TEST(Names, every_reject_has_its_own) {
  const auto distinct = [](auto last) {
    std::set<std::string> names;
    for (size_t i = 0; i <= static_cast<size_t>(last); ++i) names.insert(name(static_cast<decltype(last)>(i)));
    return names.size() == static_cast<size_t>(last) + 1 && !names.contains("?");
  };
  EXPECT_TRUE(distinct(SettleReject::rival_certified));
  EXPECT_TRUE(distinct(CertificateReject::bad_signature));
  EXPECT_TRUE(distinct(ShareReject::bad_signature));
  EXPECT_TRUE(distinct(CommitteeReject::bad_possession));
}

TEST_F(Machine, certificates_are_checked_outside_and_cost_their_source) {  // S-49, S-50
  check_at_once = false;
  limits.in_flight_per_source = 2;
  start();
  const TransactionPlan plan{{1, 2, 3}};
  ASSERT_EQ(all<ReplyVote>(through(submit(plan))).size(), 1u);
  const auto check = only<CheckCertificate>(certify(lock_certificate(plan)));
  only<CheckCertificate>(certify(lock_certificate(plan)));
  EXPECT_EQ(reason(certify(lock_certificate(plan))), SettleReject::source_busy);
  EXPECT_EQ(machine->usage().in_flight, 2u);
  // Another source is not kept out by it.
  only<CheckCertificate>(step(SubmitCertificate{next_request++, 2, lock_certificate(plan), std::nullopt}));
  const auto refused = refusal(step(CertificateChecked{check.token, "bad_signature"}));
  EXPECT_EQ(refused.reason, SettleReject::certificate_invalid);
  EXPECT_STREQ(refused.rule, "bad_signature");
  only<CheckCertificate>(certify(lock_certificate(plan)));
}

TEST_F(Machine, copies_of_a_certificate_checked_side_by_side_are_stored_once) {  // S-49
  check_at_once = false;
  const TransactionPlan plan{{1, 2, 3}};
  ASSERT_EQ(all<ReplyVote>(through(submit(plan))).size(), 1u);
  const auto first = only<CheckCertificate>(certify(lock_certificate(plan)));
  const auto second = only<CheckCertificate>(certify(lock_certificate(plan)));
  const auto third = only<CheckCertificate>(certify(lock_certificate(plan)));
  only<Persist>(step(CertificateChecked{first.token, nullptr}));
  EXPECT_TRUE(step(CertificateChecked{second.token, nullptr}).empty());
  EXPECT_EQ(all<ReplyAcknowledgement>(step(disk.sync_one())).size(), 2u);
  only<ReplyAcknowledgement>(step(CertificateChecked{third.token, nullptr}));
}

TEST_F(Machine, what_expires_while_its_proof_is_verified_gets_no_lock) {  // S-44
  const Token token = only<Verify>(submit({{1, 2, 3}})).token;
  ledger.broken_rule = "expired";
  // No block came in between: what was found then still holds.
  only<Persist>(step(VerificationDone{token, nullptr}));
  only<ReplyVote>(step(disk.sync_one()));
  ledger.broken_rule = nullptr;
  const Token late = only<Verify>(submit({{4, 5, 6}})).token;
  step(BlockExecuted{1, {}, {}, {}});
  ledger.broken_rule = "expired";
  const auto refused = refusal(step(VerificationDone{late, nullptr}));
  EXPECT_EQ(refused.reason, SettleReject::ledger_rule);
  EXPECT_STREQ(refused.rule, "expired");
  EXPECT_EQ(machine->usage().locked, 1u);
}

TEST_F(Machine, signatures_made_beside_the_store_are_those_of_the_machine) {  // S-31
  const TransactionPlan one{{1, 2, 3}}, two{{4, 5, 6}};
  const auto expected = vote_on(one);
  step(VerificationDone{only<Verify>(submit(two)).token, nullptr});
  std::vector<Persisted> done = {disk.sync_one()};
  const auto hashed = t.signer(0).sign(done);
  ASSERT_EQ(hashed.size(), 1u);
  EXPECT_EQ(hashed[0], crypto::BlsHashed(digest(Phase::vote, kTestNetwork, subject(two))));
  ASSERT_TRUE(done[0].signature().has_value());
  const auto vote = only<ReplyVote>(step(done[0])).vote;
  EXPECT_TRUE(verify(vote, subject(two), *t.committee).ok());
  EXPECT_NE(vote, expected);
}

TEST_F(Machine, restored_history_is_named_for_dropping) {  // S-47
  const TransactionPlan spent{{1, 2, 3}}, live{{4, 5, 6}};
  vote_on(spent);
  vote_on(live);
  ASSERT_EQ(all<ReplyAcknowledgement>(through(certify(lock_certificate(spent)))).size(), 1u);
  ledger.execute(candidate(spent).candidate);               // the machine does not hear of it: it is down
  start();
  ASSERT_EQ(machine->stale().locks.size(), 1u);
  EXPECT_EQ(machine->stale().locks[0], candidate(spent).candidate.txid);
  ASSERT_EQ(machine->stale().certified.size(), 1u);
  EXPECT_EQ(machine->stale().certified[0], candidate(spent).candidate.txid);
  EXPECT_EQ(machine->usage().locked, 1u);
}

}  // namespace
}  // namespace sotto::settle
