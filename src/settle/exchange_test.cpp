// The exchange alone: how many hops a payment takes, what a lying member can do, and every limit.
#include "settle/exchange.hpp"

#include <gtest/gtest.h>

#include "settle/settle_for_test.hpp"

namespace sotto::settle {
namespace {

constexpr SourceId kWallet = 77;

template <class T>
std::vector<T> all_of(const Exchange::Effects& effects) {
  std::vector<T> out;
  for (const auto& e : effects)
    if (const T* is = std::get_if<T>(&e)) out.push_back(*is);
  return out;
}

// Validators that vote for and acknowledge everything at once, and messages that take one hop each.
struct Network {
  TestCommittee committee{{10, 10, 10, 10}};
  SeededEntropy entropy{1};
  std::vector<Exchange> machines;
  struct Flight {
    uint16_t from, to;
    ExchangeMessage message;
  };
  std::vector<Flight> flights;
  std::vector<std::pair<uint16_t, Exchange::Answer>> answers;
  std::set<uint16_t> deaf, slow;               // hear nothing; never vote
  size_t votes_asked = 0;

  Network() {
    for (uint16_t i = 0; i < 4; ++i) machines.emplace_back(committee.committee, i, ExchangeLimits{}, entropy);
  }
  void run(uint16_t at, Exchange::Event event) {
    const auto effects = machines[at].step(0, std::move(event));
    for (const auto& ask : all_of<Exchange::AskVote>(effects)) {
      ++votes_asked;
      const auto subject = subject_of(5, ask.transaction.candidate);
      if (!slow.contains(at)) run(at, Exchange::Voted{subject.txid, committee.share<Phase::vote>(at, subject)});
    }
    for (const auto& ask : all_of<Exchange::AskAcknowledgement>(effects)) {
      EXPECT_TRUE(verify(ask.certificate, *committee.committee).ok());
      const auto& subject = ask.certificate.subject;
      run(at, Exchange::Acknowledged{subject.txid, committee.share<Phase::settle>(at, subject)});
    }
    for (const auto& tell : all_of<Exchange::Tell>(effects))
      for (uint16_t to = 0; to < 4; ++to)
        if (to != at && (!tell.member || *tell.member == to)) flights.push_back({at, to, tell.message});
    for (const auto& answer : all_of<Exchange::Answer>(effects)) answers.emplace_back(at, answer);
  }
  // Everything under way arrives.
  void hop() {
    for (auto& f : std::exchange(flights, {})) {
      if (deaf.contains(f.to)) continue;
      if (const auto* forward = std::get_if<ForwardMessage>(&f.message))
        run(f.to, Exchange::Forwarded{f.from, decode_candidate(*forward->transaction).value()});
      else if (const auto* vote = std::get_if<VoteMessage>(&f.message))
        run(f.to, Exchange::MemberVoted{f.from, *vote});
      else
        run(f.to, Exchange::MemberAcknowledged{f.from, std::get<AcknowledgementMessage>(f.message)});
    }
  }
};

TEST(Exchange, asked_of_all_it_takes_one_hop_among_validators) {
  Network net;
  const auto tx = candidate({{1, 2}});
  for (uint16_t i = 0; i < 4; ++i) net.run(i, Exchange::Pay{i, kWallet, tx});
  EXPECT_TRUE(net.answers.empty());
  net.hop();
  ASSERT_EQ(net.answers.size(), 4u);
  AcknowledgementCollector collector(net.committee.committee, subject_of(5, tx.candidate));
  for (const auto& [at, answer] : net.answers) {
    EXPECT_TRUE(verify(answer.answer.lock, *net.committee.committee).ok());
    EXPECT_TRUE(collector.add(std::get<Acknowledgement>(answer.answer.settled)).ok());
  }
  for (const auto& m : net.machines) EXPECT_EQ(m.usage().payments, 0u);
}

TEST(Exchange, asked_of_one_it_takes_three) {
  Network net;
  net.run(2, Exchange::Pay{9, kWallet, candidate({{1}}), true});
  net.hop();                                   // the transaction
  net.hop();                                   // votes
  EXPECT_TRUE(net.answers.empty());
  net.hop();                                   // acknowledgements
  ASSERT_EQ(net.answers.size(), 1u);
  EXPECT_EQ(net.answers[0].first, 2);
  const auto& answer = net.answers[0].second;
  EXPECT_EQ(answer.request, 9u);
  EXPECT_TRUE(verify(answer.answer.lock, *net.committee.committee).ok());
  EXPECT_TRUE(verify(std::get<SettlementCertificate>(answer.answer.settled), *net.committee.committee).ok());
  EXPECT_EQ(net.votes_asked, 4u);
  for (const auto& m : net.machines) EXPECT_EQ(m.usage().payments, 0u);
}

TEST(Exchange, one_of_four_is_not_missed) {
  for (const bool spread : {false, true}) {
    Network net;
    net.deaf = {3};
    net.slow = {3};
    const auto tx = candidate({{1}});
    for (uint16_t i = 0; i < (spread ? 1 : 3); ++i) net.run(i, Exchange::Pay{i, kWallet, tx, spread});
    for (int i = 0; i < 3; ++i) net.hop();
    EXPECT_EQ(net.answers.size(), spread ? 1u : 3u);
  }
}

TEST(Exchange, who_has_not_voted_acknowledges_what_others_certified) {
  Network net;
  net.slow = {0};
  const auto tx = candidate({{1}});
  for (uint16_t i = 0; i < 4; ++i) net.run(i, Exchange::Pay{i, kWallet, tx});
  net.hop();
  EXPECT_EQ(net.answers.size(), 4u);
}

TEST(Exchange, without_a_quorum_nobody_answers_until_the_time_is_over) {
  Network net;
  net.deaf = net.slow = {2, 3};
  for (uint16_t i = 0; i < 2; ++i) net.run(i, Exchange::Pay{i, kWallet, candidate({{1}})});
  for (int i = 0; i < 3; ++i) net.hop();
  EXPECT_TRUE(net.answers.empty());
  EXPECT_TRUE(net.machines[0].step(4'999, Exchange::Tick{}).empty());
  const auto given_up = all_of<Exchange::GiveUp>(net.machines[0].step(5'000, Exchange::Tick{}));
  ASSERT_EQ(given_up.size(), 1u);
  EXPECT_EQ(given_up[0].request, 0u);
  EXPECT_EQ(net.machines[0].usage().payments, 0u);
  EXPECT_EQ(all_of<Exchange::GiveUp>(net.machines[1].stop()).size(), 1u);
  EXPECT_EQ(net.machines[1].usage().payments, 0u);
}

// One machine (validator 0), whose others are the test.
struct Alone {
  TestCommittee committee{{10, 10, 10, 10}};
  SeededEntropy entropy{1};
  Exchange machine;
  DecodedCandidate tx = candidate({{1}});
  Subject subject = subject_of(5, tx.candidate);
  explicit Alone(const ExchangeLimits& limits = {}) : machine(committee.committee, 0, limits, entropy) {}
  Exchange::Effects step(Exchange::Event event) { return machine.step(0, std::move(event)); }
  Vote vote(uint16_t i) const { return committee.share<Phase::vote>(i, subject); }
  Vote forged(uint16_t i) const { return {i, vote(static_cast<uint16_t>(i ^ 1)).signature}; }
};

TEST(Exchange, a_forged_vote_is_named_and_left_out) {
  Alone a;
  a.step(Exchange::Pay{1, kWallet, a.tx});
  a.step(Exchange::MemberVoted{1, {a.subject.txid, a.forged(1)}});
  a.step(Exchange::Voted{a.subject.txid, a.vote(0)});
  const auto found = a.step(Exchange::MemberVoted{2, {a.subject.txid, a.vote(2)}});
  ASSERT_EQ(all_of<Exchange::BadShare>(found).size(), 1u);
  EXPECT_EQ(all_of<Exchange::BadShare>(found)[0].member, 1);
  EXPECT_TRUE(all_of<Exchange::AskAcknowledgement>(found).empty());
  const auto enough = a.step(Exchange::MemberVoted{3, {a.subject.txid, a.vote(3)}});
  ASSERT_EQ(all_of<Exchange::AskAcknowledgement>(enough).size(), 1u);
  EXPECT_TRUE(verify(all_of<Exchange::AskAcknowledgement>(enough)[0].certificate, *a.committee.committee).ok());
}

TEST(Exchange, a_forged_acknowledgement_is_named_and_left_out) {
  Alone a;
  a.step(Exchange::Pay{1, kWallet, a.tx, true});
  for (uint16_t i = 1; i <= 3; ++i) a.step(Exchange::MemberVoted{i, {a.subject.txid, a.vote(i)}});
  const auto acknowledgement = [&](uint16_t i) { return a.committee.share<Phase::settle>(i, a.subject); };
  a.step(Exchange::Acknowledged{a.subject.txid, acknowledgement(0)});
  a.step(Exchange::MemberAcknowledged{1, {a.subject.txid, {1, acknowledgement(2).signature}}});
  const auto found = a.step(Exchange::MemberAcknowledged{2, {a.subject.txid, acknowledgement(2)}});
  EXPECT_EQ(all_of<Exchange::BadShare>(found).size(), 1u);
  EXPECT_TRUE(all_of<Exchange::Answer>(found).empty());
  EXPECT_EQ(all_of<Exchange::Answer>(a.step(Exchange::MemberAcknowledged{3, {a.subject.txid, acknowledgement(3)}})).size(), 1u);
}

TEST(Exchange, a_member_speaks_for_itself_alone) {
  Alone a;
  EXPECT_EQ(all_of<Exchange::BadShare>(a.step(Exchange::MemberVoted{1, {a.subject.txid, a.vote(2)}})).size(), 1u);
  EXPECT_EQ(all_of<Exchange::BadShare>(a.step(Exchange::MemberAcknowledged{1, {a.subject.txid, {2, a.vote(2).signature}}})).size(), 1u);
  EXPECT_TRUE(a.step(Exchange::MemberVoted{0, {a.subject.txid, a.vote(0)}}).empty());       // not for us
  EXPECT_TRUE(a.step(Exchange::MemberVoted{9, {a.subject.txid, {9, a.vote(1).signature}}}).empty());
  EXPECT_EQ(a.machine.usage().early, 0u);
}

TEST(Exchange, votes_may_overtake_their_transaction) {
  Alone a;
  for (uint16_t i = 1; i <= 2; ++i) EXPECT_TRUE(a.step(Exchange::MemberVoted{i, {a.subject.txid, a.vote(i)}}).empty());
  a.step(Exchange::MemberVoted{1, {a.subject.txid, a.forged(1)}});                          // the first one stays
  EXPECT_EQ(a.machine.usage().early, 2u);
  a.step(Exchange::Forwarded{1, a.tx});
  EXPECT_EQ(a.machine.usage().early, 0u);
  const auto enough = a.step(Exchange::Voted{a.subject.txid, a.vote(0)});
  EXPECT_EQ(all_of<Exchange::AskAcknowledgement>(enough).size(), 1u);
  // Who forwarded gets the acknowledgement, and nobody else.
  const auto told = all_of<Exchange::Tell>(a.step(Exchange::Acknowledged{a.subject.txid, a.committee.share<Phase::settle>(0, a.subject)}));
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].member, 1);
}

TEST(Exchange, early_votes_are_bounded_member_by_member) {
  Alone a({.early_shares = 12});
  for (uint64_t i = 0; i < 10; ++i) {
    const auto subject = subject_of(5, candidate({{100 + i}}).candidate);
    a.step(Exchange::MemberVoted{1, {subject.txid, a.vote(1)}});
  }
  EXPECT_EQ(a.machine.usage().early, 3u);
  a.step(Exchange::MemberVoted{2, {a.subject.txid, a.vote(2)}});
  EXPECT_EQ(a.machine.usage().early, 4u);
}

TEST(Exchange, a_refusal_goes_to_whoever_asked) {
  Alone a;
  a.step(Exchange::Pay{1, kWallet, a.tx});
  a.step(Exchange::Pay{2, kWallet, a.tx, true});
  const auto refused = all_of<Exchange::AnswerRefused>(a.step(Exchange::Refused{a.subject.txid, {SettleReject::spent}}));
  ASSERT_EQ(refused.size(), 2u);
  for (const auto& r : refused) EXPECT_EQ(r.refusal.reason, SettleReject::spent);
  EXPECT_EQ(a.machine.usage().payments, 0u);
}

// A member that forwards a bad twin of what it was sent must not have the sender refused for it.
TEST(Exchange, other_bytes_of_a_txid_are_not_what_is_refused) {
  Alone a;
  const TransactionPlan plan{{7}};
  TransactionPlan twin = plan;
  twin.twin = 1;
  const auto txid = candidate(plan).candidate.txid;
  ASSERT_EQ(candidate(twin).candidate.txid, txid);
  a.step(Exchange::Forwarded{1, candidate(twin)});
  const auto meanwhile = all_of<Exchange::AnswerRefused>(a.step(Exchange::Pay{1, kWallet, candidate(plan)}));
  ASSERT_EQ(meanwhile.size(), 1u);
  EXPECT_EQ(meanwhile[0].refusal.reason, SettleReject::busy);
  EXPECT_TRUE(a.step(Exchange::Refused{txid, {SettleReject::bad_proof_or_signature}}).empty());
  EXPECT_EQ(all_of<Exchange::AskVote>(a.step(Exchange::Pay{2, kWallet, candidate(plan)})).size(), 1u);
}

TEST(Exchange, a_refused_vote_does_not_matter_once_there_is_a_certificate) {
  Alone a;
  a.step(Exchange::Pay{1, kWallet, a.tx});
  for (uint16_t i = 1; i <= 3; ++i) a.step(Exchange::MemberVoted{i, {a.subject.txid, a.vote(i)}});
  EXPECT_TRUE(a.step(Exchange::Refused{a.subject.txid, {SettleReject::locked_by_rival}}).empty());
  EXPECT_EQ(all_of<Exchange::AnswerRefused>(a.step(Exchange::Refused{a.subject.txid, {SettleReject::frozen}, false})).size(), 1u);
}

TEST(Exchange, limits_refuse_by_name) {
  const auto reason = [](const Exchange::Effects& effects) {
    const auto refused = all_of<Exchange::AnswerRefused>(effects);
    return refused.empty() ? "" : name(refused[0].refusal.reason);
  };
  {
    Alone a({.payments = 1});
    EXPECT_STREQ(reason(a.step(Exchange::Pay{1, kWallet, candidate({{1}})})), "");
    EXPECT_STREQ(reason(a.step(Exchange::Pay{2, kWallet + 1, candidate({{2}})})), "busy");
  }
  {
    Alone a({.payments_per_source = 1});
    EXPECT_STREQ(reason(a.step(Exchange::Pay{1, kWallet, candidate({{1}})})), "");
    EXPECT_STREQ(reason(a.step(Exchange::Pay{2, kWallet, candidate({{2}})})), "source_busy");
    EXPECT_STREQ(reason(a.step(Exchange::Pay{3, kWallet + 1, candidate({{2}})})), "");
    EXPECT_TRUE(a.step(Exchange::Forwarded{1, candidate({{3}})}).size() == 1);
    EXPECT_TRUE(a.step(Exchange::Forwarded{1, candidate({{4}})}).empty());                  // a member is a source
    a.machine.stop();
    EXPECT_STREQ(reason(a.step(Exchange::Pay{1, kWallet, candidate({{1}})})), "");
  }
  {
    Alone a({.requests_per_payment = 1});
    EXPECT_STREQ(reason(a.step(Exchange::Pay{1, kWallet, a.tx})), "");
    EXPECT_STREQ(reason(a.step(Exchange::Pay{2, kWallet, a.tx, true})), "busy");
  }
}

}  // namespace
}  // namespace sotto::settle
