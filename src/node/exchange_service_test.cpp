// Votes exchanged over real connections, and the bytes they travel as. The validators' own machines are played: they sign at once.
#include "node/exchange_service.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>

#include "node/payer_exchange.hpp"
#include "settle/settle_for_test.hpp"

namespace sotto::node {
namespace {

using settle::candidate;
using settle::Phase;
constexpr uint32_t kPatienceMs = 10'000;

struct Members {
  settle::TestCommittee committee{{1, 1, 1, 1}};
  settle::SeededEntropy entropy{3};
  struct One {
    net::TlsIdentity identity;
    Peers peers;
    Metrics metrics;
    std::unique_ptr<ExchangeService> exchange;
    bool tells(const std::string& line) const { return metrics.text().find(line + "\n") != std::string::npos; }
    std::unique_ptr<net::Server> server;
    explicit One(uint8_t n) : identity(net::TlsIdentity::from_seed(Secret<ByteArray<32>>(ByteArray<32>{n, 9}))), peers(identity) {}
  };
  std::vector<std::unique_ptr<One>> all;
  std::vector<net::Endpoint> endpoints;

  explicit Members(const std::set<uint16_t>& silent = {}) {
    for (uint16_t i = 0; i < 4; ++i) {
      all.push_back(std::make_unique<One>(static_cast<uint8_t>(i)));
      One& one = *all.back();
      ExchangeService::Own own;
      own.vote = [this, i, &one, silent](settle::SourceId, const settle::DecodedCandidate& tx) {
        const auto subject = settle::subject_of(5, tx.candidate);
        if (!silent.contains(i)) one.exchange->voted(subject.txid, committee.share<Phase::vote>(i, subject));
      };
      own.acknowledge = [this, i, &one](settle::SourceId, const settle::LockCertificate& lock, const settle::DecodedCandidate&) {
        one.exchange->acknowledged(lock.subject.txid, committee.share<Phase::settle>(i, lock.subject));
      };
      ExchangeOptions options;
      options.limits.patience_ms = 1'000;
      options.metrics = &one.metrics;
      one.exchange = std::make_unique<ExchangeService>(one.peers, options, entropy, std::move(own));
      one.exchange->seat(committee.committee, i);
      one.peers.serve(kExchangePath, [&one](uint16_t member, net::Request request, net::Reply reply) {
        one.exchange->heard(member, std::move(request), std::move(reply));
      });
      auto server = net::Server::start({"127.0.0.1", 0}, {}, [&one](net::Request request, net::Reply reply) {
        const auto target = net::parse_target(request.target);
        if (target.path != kPayPath) return one.peers.handle(std::move(request), std::move(reply));
        const auto body = split_hints(target, request.body);
        CHECK(body);
        auto tx = settle::decode_candidate(body->transaction);
        CHECK(tx.ok());
        one.exchange->pay(request.source, std::move(tx).value(), target.number("spread", 0) == 1u, std::move(reply));
      }, one.identity);
      CHECK(server.ok());
      one.server = std::move(server).value();
      endpoints.push_back(one.server->endpoint());
    }
    for (auto& one : all) one->peers.become(endpoints);
  }
  ~Members() {
    for (auto& one : all) one->server->stop();
    for (auto& one : all) one->peers.stop();
    for (auto& one : all) one->exchange->stop();
  }
  Result<Settled, HandingFailed> hand(SettleMode mode, uint64_t note, uint32_t patience_ms = kPatienceMs) {
    net::Client client;
    return hand_over({client, committee.committee, endpoints, entropy, mode}, candidate({{note}}), patience_ms, {});
  }
};

TEST(ExchangeService, settles_in_both_modes) {
  Members members;
  uint64_t note = 1;
  for (const SettleMode mode : {SettleMode::exchange, SettleMode::one}) {
    const auto settled = members.hand(mode, note++);
    ASSERT_TRUE(settled.ok()) << name(mode);
    EXPECT_TRUE(settle::verify(settled->lock, *members.committee.committee).ok());
    EXPECT_TRUE(settle::verify(settled->settlement, *members.committee.committee).ok());
  }
  for (const auto& one : members.all) EXPECT_TRUE(one->tells("sotto_bad_shares_total 0"));
}

TEST(ExchangeService, one_of_four_is_not_missed) {
  Members members({3});
  members.all[3]->server->stop();
  EXPECT_TRUE(members.hand(SettleMode::exchange, 1).ok());
  EXPECT_TRUE(members.hand(SettleMode::one, 2).ok());
}

TEST(ExchangeService, without_a_quorum_it_says_so_in_time) {
  Members members({2, 3});
  const auto settled = members.hand(SettleMode::exchange, 1, 2'500);
  ASSERT_FALSE(settled.ok());
  EXPECT_FALSE(settled.error().unknown_here);
  const auto given_up = std::ranges::count_if(members.all, [](const auto& one) { return one->tells("sotto_exchanges_total{outcome=\"given_up\"} 1"); });
  EXPECT_GE(given_up, 2);                      // as many as make a quorum impossible; the others are about to
}

TEST(ExchangeService, once_stopped_everybody_gets_the_same_answer) {
  Members members({1, 2, 3});
  net::Client client;
  const auto tx = candidate({{1}});
  const auto ask = [&] {
    const auto answer = std::make_shared<std::promise<Result<net::Response, Error>>>();
    client.call(members.endpoints[0], {net::Method::post, pay_path(0, false), *tx.candidate.bytes, ""}, kPatienceMs,
                [answer](auto r) { answer->set_value(std::move(r)); });
    return answer->get_future();
  };
  auto waiting = ask();
  members.all[0]->exchange->answer_all({503, {1}, net::kText});
  const auto first = waiting.get(), second = ask().get();
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first->status, 503);
  EXPECT_EQ(second->status, 503);
}

TEST(ExchangeService, without_a_seat_there_is_none) {
  Members members({0, 1, 2, 3});
  for (auto& one : members.all) one->exchange->seat(members.committee.committee, std::nullopt);
  const auto settled = members.hand(SettleMode::exchange, 2);
  ASSERT_FALSE(settled.ok());
  EXPECT_TRUE(settled.error().unknown_here);
  for (uint16_t i = 0; i < 4; ++i) members.all[i]->exchange->seat(members.committee.committee, i);
  EXPECT_FALSE(members.hand(SettleMode::exchange, 3, 500).error().unknown_here);
}

TEST(ExchangeService, a_member_that_talks_nonsense_is_counted) {
  Members members;
  std::promise<uint16_t> answered;
  members.all[1]->peers.send(0, {net::Method::post, kExchangePath, {9, 9}, ""}, kPatienceMs,
                             [&](const Result<net::Response, Error>& r) { answered.set_value(r.ok() ? r->status : uint16_t{0}); });
  EXPECT_EQ(answered.get_future().get(), 200);
  EXPECT_TRUE(members.all[0]->tells("sotto_bad_shares_total 1"));
}

TEST(ExchangeService, strangers_say_nothing) {
  Members members;
  net::Client stranger;
  const auto answer = stranger.call_and_wait(members.endpoints[0], {net::Method::post, kExchangePath, {1, 2, 3}, ""}, kPatienceMs);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 403);
}

TEST(ExchangeService, a_wallet_learns_that_there_is_none) {
  net::ServerLimits limits;
  const auto server = net::Server::start({"127.0.0.1", 0}, limits, [](const net::Request&, const net::Reply& reply) { reply({404, {}, net::kText}); });
  ASSERT_TRUE(server.ok());
  const settle::TestCommittee committee({1});
  settle::SeededEntropy entropy(1);
  net::Client client;
  const std::vector<net::Endpoint> endpoints{(*server)->endpoint()};
  for (const SettleMode mode : {SettleMode::exchange, SettleMode::one}) {
    const auto settled = hand_over({client, committee.committee, endpoints, entropy, mode}, candidate({{1}}), kPatienceMs, {});
    ASSERT_FALSE(settled.ok());
    EXPECT_TRUE(settled.error().unknown_here);
  }
}

// A validator that answers a wallet with something else than it should.
TEST(ExchangeService, a_lying_validator_is_left_out) {
  const settle::TestCommittee committee({1});
  settle::SeededEntropy entropy(1);
  const auto tx = candidate({{1}});
  const auto subject = settle::subject_of(5, tx.candidate), other = settle::subject_of(5, candidate({{2}}).candidate);
  const auto lock = [&](const settle::Subject& s) { return committee.certificate<Phase::vote>({0}, s); };
  const auto share = [&](const settle::Subject& s) { return committee.share<Phase::settle>(0, s); };
  auto stranger = share(subject);
  stranger.validator = 1;
  auto forged_lock = lock(subject);
  forged_lock.signature = share(subject).signature;
  auto forged_settlement = committee.certificate<Phase::settle>({0}, subject);
  forged_settlement.signature = lock(subject).signature;
  const std::vector<std::pair<settle::ExchangeAnswer, bool>> answers = {
      {{lock(subject), share(subject)}, true},
      {{lock(subject), committee.certificate<Phase::settle>({0}, subject)}, true},
      {{lock(other), share(subject)}, false},
      {{forged_lock, share(subject)}, false},
      {{lock(subject), share(other)}, false},
      {{lock(subject), stranger}, false},
      {{lock(subject), committee.certificate<Phase::settle>({0}, other)}, false},
      {{lock(subject), forged_settlement}, false},
  };
  for (size_t i = 0; i < answers.size(); ++i) {
    const auto server = net::Server::start({"127.0.0.1", 0}, {}, [body = encode(answers[i].first)](const net::Request&, const net::Reply& reply) {
      reply({200, body, net::kBinary});
    });
    ASSERT_TRUE(server.ok());
    net::Client client;
    const std::vector<net::Endpoint> endpoints{(*server)->endpoint()};
    EXPECT_EQ(hand_over({client, committee.committee, endpoints, entropy, SettleMode::exchange}, tx, kPatienceMs, {}).ok(), answers[i].second) << i;
  }
}

struct Codec : ::testing::Test {
  settle::TestCommittee committee{{1}};
  settle::DecodedCandidate tx = candidate({{1}});
  settle::Subject subject = settle::subject_of(5, tx.candidate);
  Bytes vote = encode(settle::ExchangeMessage(settle::VoteMessage{subject.txid, committee.share<Phase::vote>(0, subject)}));
  Bytes acknowledgement =
      encode(settle::ExchangeMessage(settle::AcknowledgementMessage{subject.txid, committee.share<Phase::settle>(0, subject)}));
  Bytes forward = encode(settle::ExchangeMessage(settle::ForwardMessage{tx.candidate.bytes, nullptr}));
  static DecodeError why(const Bytes& body) { return decode_exchange(body).error(); }
};

TEST_F(Codec, messages_come_back_as_sent) {
  const Bytes hinted = encode(settle::ExchangeMessage(settle::ForwardMessage{tx.candidate.bytes, std::make_shared<const Bytes>(7, 1)}));
  const std::vector<Bytes> sent{vote, acknowledgement, forward, hinted};
  const auto back = decode_exchange(join(sent));
  ASSERT_TRUE(back.ok());
  ASSERT_EQ(back->size(), sent.size());
  for (size_t i = 0; i < sent.size(); ++i) EXPECT_EQ(encode((*back)[i]), sent[i]);
  EXPECT_EQ(std::get<settle::ForwardMessage>((*back)[2]).hints, nullptr);
}

TEST_F(Codec, bodies_that_are_none_are_refused) {
  EXPECT_EQ(why({}), DecodeError::truncated);
  EXPECT_EQ(why({9}), DecodeError::bad_version);
  for (const Bytes& whole : {vote, acknowledgement, forward}) {
    Bytes cut = whole;
    cut.pop_back();
    EXPECT_EQ(why(cut), DecodeError::truncated);
  }
  Bytes off_curve = vote;
  off_curve.back() ^= 1;
  EXPECT_FALSE(decode_exchange(off_curve).ok());
  EXPECT_EQ(why(Bytes(kMaxExchangeBytes + 1, 2)), DecodeError::too_large);
  EXPECT_TRUE(decode_exchange(join(std::vector<Bytes>(kMaxExchangeMessages, vote))).ok());
  EXPECT_EQ(why(join(std::vector<Bytes>(kMaxExchangeMessages + 1, vote))), DecodeError::too_large);
}

TEST_F(Codec, answers_come_back_as_sent_and_no_others) {
  const auto lock = committee.certificate<Phase::vote>({0}, subject);
  for (const auto& answer : {settle::ExchangeAnswer{lock, committee.share<Phase::settle>(0, subject)},
                             settle::ExchangeAnswer{lock, committee.certificate<Phase::settle>({0}, subject)}}) {
    Bytes bytes = encode(answer);
    const auto back = decode_exchange_answer(bytes);
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(encode(*back), bytes);
    bytes.push_back(0);
    EXPECT_EQ(decode_exchange_answer(bytes).error(), DecodeError::trailing_bytes);
    bytes.resize(bytes.size() - 2);
    EXPECT_FALSE(decode_exchange_answer(bytes).ok());
  }
  Bytes unknown = encode(settle::ExchangeAnswer{lock, committee.share<Phase::settle>(0, subject)});
  unknown[lock.encode().size()] = 2;
  EXPECT_EQ(decode_exchange_answer(unknown).error(), DecodeError::bad_version);
}

}  // namespace
}  // namespace sotto::node
