// Four validators, one of them Byzantine; rival payments {a,b}, {a}, {a}, {b} and a bystander {c}; a network that loses, repeats
// and reorders; crashes that lose unsynced writes; one ordered log every validator executes at its own pace.
//   - no two lock certificates conflict;
//   - what settled executes, at every honest validator, and so does everything lock-certified that any of them stored;
//   - honest validators never vote twice for one note, and end in the same state;
//   - a payment without rivals always settles once the faults stop.
// One seed = one run, repeatable. SOTTO_SEEDS runs more than the short form.
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "settle/settle_for_test.hpp"

namespace sotto::settle {
namespace {

constexpr size_t kValidators = 4, kByzantine = 3;

// What a run went through, so that a set of seeds that misses an interesting case fails.
struct Sometimes {
  size_t pair_certified = 0, both_singles_certified = 0, note_split = 0, writes_lost = 0, acknowledged_against_own_lock = 0,
      client_vanished = 0, executed_before_settled = 0, messages_lost = 0;
};

class Cluster {
 public:
  Cluster(uint64_t seed, const TestCommittee& t) : t_(t), random_(seed), entropy_(seed) {
    loss_ = random_() % 31;
    crash_ = random_() % 4;
    const std::vector<std::vector<uint64_t>> notes{{1, 2}, {1}, {2}, {3}, {1}};
    for (size_t i = 0; i < notes.size(); ++i) {
      clients_.push_back({candidate({notes[i], i}), {}, {}, {}, {}, {}, false});
      Client& client = clients_.back();
      const Subject subject = subject_of(t.committee->epoch(), client.transaction.candidate);
      client.votes.emplace(t.committee, subject);
      client.acknowledgements.emplace(t.committee, subject);
      // Some owners have second thoughts only later, which is what lets either rival win.
      client.starts_at = i == 3 || chance(50) ? 0 : random_() % 40;
    }
    for (size_t i = 0; i < kValidators; ++i) nodes_.emplace_back();
    for (size_t i = 0; i < kByzantine; ++i) start(i);
  }

  void run(Sometimes& sometimes) {
    for (step_ = 0; step_ < 400; ++step_) advance(sometimes);
    // The faults stop; whoever vanished stays away.
    loss_ = crash_ = 0;
    for (int round = 0; round < 12; ++round) {
      for (size_t c = 0; c < clients_.size(); ++c) send_wishes(c);
      while (!messages_.empty()) deliver(take_message(), sometimes);
      for (size_t i = 0; i < kByzantine; ++i) {
        while (work(i)) {}
        for (const auto& certified : nodes_[i].machine->unexecuted()) order(*certified);
        while (nodes_[i].executed < log_.size()) execute_next(i);
      }
      while (!messages_.empty()) deliver(take_message(), sometimes);
    }
    judge(sometimes);
  }

 private:
  struct Client {
    DecodedCandidate transaction;
    std::optional<VoteCollector> votes;
    std::optional<AcknowledgementCollector> acknowledgements;
    std::optional<LockCertificate> certificate;
    std::optional<SettlementCertificate> settlement;
    uint64_t starts_at = 0;
    bool vanished = false;
  };
  struct Node {
    std::optional<ValidatorMachine> machine;
    TestLedger ledger;                                    // survives crashes: blocks are durable
    TestDisk disk;
    std::vector<Token> verifying;
    std::vector<CheckCertificate> checking;
    size_t executed = 0;                                  // entries of the log
    std::map<RequestId, size_t> asked;                    // request -> client
  };
  struct Message {
    enum Kind { submit, certify, vote, acknowledgement } kind;
    size_t client = 0, validator = 0;
    std::optional<Vote> vote_share;
    std::optional<Acknowledgement> acknowledgement_share;
  };

  bool chance(uint64_t percent) { return random_() % 100 < percent; }
  void start(size_t i) {
    Node& node = nodes_[i];
    node.machine.emplace(t_.committee, t_.signer(i), Limits{}, 0, node.disk.restore(), node.ledger);
    node.verifying.clear();
    node.checking.clear();
    node.asked.clear();
  }
  void send(Message message, Sometimes* sometimes = nullptr) {
    if (chance(loss_)) {
      if (sometimes != nullptr) ++sometimes->messages_lost;
      return;
    }
    messages_.push_back(message);
    if (loss_ > 0 && chance(10)) messages_.push_back(message);
  }
  Message take_message() {
    const size_t which = random_() % messages_.size();
    Message message = messages_[which];
    messages_.erase(messages_.begin() + static_cast<long>(which));
    return message;
  }
  void send_wishes(size_t c) {
    Client& client = clients_[c];
    if (client.vanished || client.settlement || step_ < client.starts_at) return;
    for (size_t i = 0; i < kValidators; ++i)
      send({client.certificate ? Message::certify : Message::submit, c, i, std::nullopt, std::nullopt});
  }

  void advance(Sometimes& sometimes) {
    const uint64_t what = random_() % 100;
    if (what < 10) {
      send_wishes(random_() % clients_.size());
    } else if (what < 55) {
      if (!messages_.empty()) deliver(take_message(), sometimes);
    } else if (what < 85) {
      work(random_() % kByzantine);
    } else if (what < 90) {
      const size_t i = random_() % kByzantine;
      if (nodes_[i].executed < log_.size()) execute_next(i);
    } else if (what < 94) {
      const size_t i = random_() % kByzantine;
      for (const auto& certified : nodes_[i].machine->unexecuted()) order(*certified);
    } else if (chance(crash_ * 10)) {
      const size_t i = random_() % kByzantine;
      sometimes.writes_lost += !nodes_[i].disk.idle();
      nodes_[i].disk.crash();
      start(i);
    }
  }

  void deliver(const Message& message, Sometimes& sometimes) {
    Client& client = clients_[message.client];
    const Candidate& transaction = client.transaction.candidate;
    const Subject subject = subject_of(t_.committee->epoch(), transaction);
    switch (message.kind) {
      case Message::submit:
      case Message::certify:
        if (message.validator == kByzantine) {            // signs whatever it is asked, and more
          send({Message::vote, message.client, kByzantine, t_.share<Phase::vote>(kByzantine, subject), std::nullopt});
          send({Message::acknowledgement, message.client, kByzantine, std::nullopt, t_.share<Phase::settle>(kByzantine, subject)});
          return;
        }
        if (message.kind == Message::submit) {
          const RequestId request = ask(message);
          step(message.validator, SubmitTransaction{request, message.client, client.transaction}, sometimes);
        } else {
          const RequestId request = ask(message);
          step(message.validator, SubmitCertificate{request, message.client, *client.certificate, client.transaction}, sometimes);
        }
        return;
      case Message::vote:
        if (client.vanished || client.certificate) return;
        (void)client.votes->add(*message.vote_share);
        if (!client.votes->complete()) return;
        client.certificate = client.votes->certificate();
        certified(message.client);
        if (chance(15)) {                                 // gone with the certificate, after telling one validator
          client.vanished = true;
          ++sometimes.client_vanished;
          send({Message::certify, message.client, random_() % kValidators, std::nullopt, std::nullopt});
        }
        return;
      case Message::acknowledgement:
        if (client.vanished || client.settlement) return;
        (void)client.acknowledgements->add(*message.acknowledgement_share);
        if (!client.acknowledgements->complete()) return;
        client.settlement = client.acknowledgements->certificate();
        sometimes.executed_before_settled += ordered_.contains(transaction.txid);
        return;
    }
  }
  RequestId ask(const Message& message) {
    nodes_[message.validator].asked[next_request_] = message.client;
    return next_request_++;
  }

  void step(size_t i, Event event, Sometimes& sometimes) {
    Node& node = nodes_[i];
    for (const Effect& effect : node.machine->step(node.ledger, std::move(event))) {
      if (const auto* verify = std::get_if<Verify>(&effect)) node.verifying.push_back(verify->token);
      if (const auto* check = std::get_if<CheckCertificate>(&effect)) node.checking.push_back(*check);
      if (const auto* persist = std::get_if<Persist>(&effect)) node.disk.write(*persist);
      if (const auto* drop = std::get_if<Drop>(&effect)) node.disk.drop(*drop);
      if (const auto* propose = std::get_if<Propose>(&effect)) order(*propose->certified);
      if (const auto* reply = std::get_if<ReplyVote>(&effect)) {
        const size_t client = node.asked.at(reply->request);
        record_vote(i, clients_[client].transaction.candidate);
        send({Message::vote, client, i, reply->vote, std::nullopt}, &sometimes);
      }
      if (const auto* reply = std::get_if<ReplyAcknowledgement>(&effect)) {
        const size_t client = node.asked.at(reply->request);
        for (const NoteKey& note : clients_[client].transaction.candidate.notes) {
          const auto voted = voted_.find({i, note.nf.bytes()});
          sometimes.acknowledged_against_own_lock += voted != voted_.end() && voted->second != clients_[client].transaction.candidate.txid;
        }
        send({Message::acknowledgement, client, i, std::nullopt, reply->acknowledgement}, &sometimes);
      }
    }
  }
  // Lets validator i finish something it has begun.
  bool work(size_t i) {
    Node& node = nodes_[i];
    Sometimes ignored;
    if (!node.verifying.empty()) {
      const size_t which = random_() % node.verifying.size();
      const Token token = node.verifying[which];
      node.verifying.erase(node.verifying.begin() + static_cast<long>(which));
      step(i, VerificationDone{token, nullptr}, ignored);
      return true;
    }
    if (!node.checking.empty()) {
      const size_t which = random_() % node.checking.size();
      const CheckCertificate check = node.checking[which];
      node.checking.erase(node.checking.begin() + static_cast<long>(which));
      const auto verdict = verify(*check.certificate, *t_.committee);
      step(i, CertificateChecked{check.token, verdict ? nullptr : name(verdict.error())}, ignored);
      return true;
    }
    if (node.disk.idle()) return false;
    step(i, node.disk.sync_one(), ignored);
    return true;
  }

  // The ordering engine: takes what verifies, each transaction once.
  void order(const Certified& certified) {
    ASSERT_TRUE(verify(certified.certificate, *t_.committee).ok());
    ASSERT_TRUE(certified.transaction.has_value());
    if (ordered_.insert(certified.transaction->txid).second) log_.push_back(*certified.transaction);
  }
  void execute_next(size_t i) {
    Node& node = nodes_[i];
    const Candidate& transaction = log_[node.executed++];
    for (const NoteKey& note : transaction.notes) ASSERT_FALSE(node.ledger.spent_by(note.nf)) << "a certified transaction lost";
    Sometimes ignored;
    step(i, node.ledger.execute(transaction), ignored);
  }

  void record_vote(size_t validator, const Candidate& transaction) {
    for (const NoteKey& note : transaction.notes) {
      const auto [entry, first] = voted_.try_emplace({validator, note.nf.bytes()}, transaction.txid);
      ASSERT_TRUE(first || entry->second == transaction.txid) << "validator " << validator << " voted twice";
    }
  }
  void certified(size_t c) {
    for (const NoteKey& note : clients_[c].transaction.candidate.notes) {
      const auto [entry, first] = certified_.try_emplace(note.nf.bytes(), c);
      ASSERT_TRUE(first || entry->second == c) << "two conflicting lock certificates";
    }
  }

  void judge(Sometimes& sometimes) {
    for (size_t c = 0; c < clients_.size(); ++c) {
      const Client& client = clients_[c];
      const TxId& txid = client.transaction.candidate.txid;
      if (client.certificate && !client.vanished) { EXPECT_TRUE(client.settlement.has_value()) << "certified, not settled"; }
      if (!client.settlement) continue;
      EXPECT_TRUE(verify(*client.settlement, *t_.committee).ok());
      EXPECT_TRUE(ordered_.contains(txid)) << "settled, not executed";
    }
    if (!clients_[3].vanished) { EXPECT_TRUE(clients_[3].settlement.has_value()) << "a payment without rivals did not settle"; }
    for (size_t i = 0; i < kByzantine; ++i) {
      EXPECT_EQ(nodes_[i].executed, log_.size());
      EXPECT_EQ(nodes_[i].ledger.spent, nodes_[0].ledger.spent);
      EXPECT_TRUE(nodes_[i].machine->unexecuted().empty());
    }
    const bool pair = clients_[0].certificate.has_value(), a = clients_[1].certificate || clients_[4].certificate,
               b = clients_[2].certificate.has_value();
    sometimes.pair_certified += pair;
    sometimes.both_singles_certified += a && b;
    sometimes.note_split += !pair && !a;                       // note a is locked three ways
  }

  const TestCommittee& t_;
  std::mt19937_64 random_;
  SeededEntropy entropy_;
  uint64_t loss_ = 0, crash_ = 0;                         // percent
  uint64_t step_ = 0;
  RequestId next_request_ = 1;
  std::vector<Client> clients_;
  std::deque<Node> nodes_;
  std::vector<Message> messages_;
  std::vector<Candidate> log_;
  std::set<TxId> ordered_;
  std::map<std::pair<size_t, Hash32>, TxId> voted_;
  std::map<Hash32, size_t> certified_;
};

TEST(Cluster, safe_and_live_over_many_seeds) {
  const TestCommittee t({1, 1, 1, 1});
  const char* wanted = std::getenv("SOTTO_SEEDS");
  const uint64_t count = wanted == nullptr ? 40 : std::strtoull(wanted, nullptr, 10);
  Sometimes sometimes;
  for (uint64_t seed = 0; seed < count && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Cluster(seed, t).run(sometimes);
  }
  EXPECT_GT(sometimes.pair_certified, 0u);
  EXPECT_GT(sometimes.both_singles_certified, 0u);
  EXPECT_GT(sometimes.note_split, 0u);
  EXPECT_GT(sometimes.writes_lost, 0u);
  EXPECT_GT(sometimes.acknowledged_against_own_lock, 0u);
  EXPECT_GT(sometimes.client_vanished, 0u);
  EXPECT_GT(sometimes.executed_before_settled, 0u);
  EXPECT_GT(sometimes.messages_lost, 0u);
}

}  // namespace
}  // namespace sotto::settle
