// The cluster of cluster_test.cpp with recoveries and the close of its epoch: four validators, one Byzantine that signs
// everything and reports at once; owners that race on notes a and b, recover them and pay again; loss, repetition,
// crashes that lose unsynced writes, validators far behind the ordered log, a validator restored without its locks.
//   - no two settled payments share a note, and what settled is executed by the close;
//   - no honest validator votes for rivals whose generations are current at once;
//   - once faults stop every note is paid with, before the close or in the next epoch;
//   - equal ledgers.
// One seed = one run, repeatable. SOTTO_SEEDS runs more than the short form.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "settle/committee_word.hpp"
#include "settle/settle_for_test.hpp"

namespace sotto::settle {
namespace {

constexpr size_t kValidators = 4, kByzantine = 3;

struct Sometimes {
  size_t raised = 0, raised_twice = 0, executed_while_frozen = 0, paid_after_recovery = 0, writes_lost = 0, report_withheld = 0, certificate_died = 0,
      closed_with_recovery = 0, paid_in_next_epoch = 0, restored = 0, execution_refused = 0;
};

class RecoveryCluster {
 public:
  RecoveryCluster(uint64_t seed, const TestCommittee& first, const TestCommittee& second, bool with_restore, Sometimes& sometimes)
      : committees_{&first, &second}, random_(seed), with_restore_(with_restore), sometimes_(sometimes) {
    loss_ = random_() % 25;
    for (const auto& notes : {std::vector<uint64_t>{1, 2}, {1}, {2}, {1, 2}}) pay(notes);
    for (size_t i = 0; i < kValidators; ++i) nodes_.emplace_back();
    for (size_t i = 0; i < kByzantine; ++i) start(i);
  }

  void run() {
    for (int step = 0; step < 700 && !::testing::Test::HasFailure(); ++step) advance();
    loss_ = 0;
    // In some runs the close comes in the midst of everything.
    const bool hurried = chance(40);
    for (int round = 0; round < 4 && !hurried; ++round) settle_down();
    // Nobody was restored: the owners get to pay in this epoch, whatever has happened to their notes.
    if (!restored_ && !hurried) {
      recover_what_is_stuck();
      EXPECT_TRUE(unspent().empty()) << "a note stays locked";
    }
    if (hurried)
      for (const uint64_t note : unspent()) recover(note);
    append({Entry::close, {}, {}, {}});
    // One restored beside one Byzantine is beyond what the close survives by itself: safe, but it waits for the latter's report.
    if (restored_) append({Entry::report, 0, {}, said_by_byzantine(std::nullopt)});
    for (int round = 0; round < 6; ++round) settle_down();
    for (size_t i = 0; i < kByzantine; ++i) {
      EXPECT_EQ(nodes_[i].ledger.epoch, 1u) << "the epoch does not close";
      EXPECT_EQ(nodes_[i].ledger.spent, nodes_[0].ledger.spent);
      EXPECT_EQ(nodes_[i].ledger.generations, nodes_[0].ledger.generations);
    }
    judge(0);
    for (const uint64_t note : unspent()) {
      pay({note});
      for (int round = 0; round < 4; ++round) settle_down();
      EXPECT_TRUE(payments_.back().settlement) << "not payable in the next epoch";
      ++sometimes_.paid_in_next_epoch;
    }
    judge(1);
  }

 private:
  struct Payment {
    DecodedCandidate transaction;
    uint64_t epoch = 0;
    std::optional<VoteCollector> votes;
    std::optional<AcknowledgementCollector> acknowledgements;
    std::optional<LockCertificate> certificate;
    std::optional<SettlementCertificate> settlement;
  };
  struct Entry {
    enum Kind { payment, recover, report, close } kind{};
    size_t payment_index;                                 // payment
    ledger::Report::Note note;                                    // recover
    ledger::Report said;                                  // report
  };

  // The ledger's rules of recovery once more, in a few lines (L-71..L-75), beside the maps of TestLedger.
  struct Ledger final : LedgerView {
    uint64_t first_epoch = 0, epoch = 0;
    std::map<Hash32, TxId> spent;
    std::map<Hash32, uint32_t> generations;
    std::map<Hash32, std::set<uint16_t>> recoveries;      // note -> who has reported
    std::optional<std::set<uint16_t>> closing;
    const char* check_cheap(const ledger::Transaction&, const TxId&) const override { return nullptr; }
    std::optional<TxId> spent_by(const Nullifier& nf) const override {
      const auto found = spent.find(nf.bytes());
      return found == spent.end() ? std::nullopt : std::optional(found->second);
    }
    uint32_t generation(const Nullifier& nf) const override {
      const auto found = generations.find(nf.bytes());
      return found == generations.end() ? 0 : found->second;
    }
    bool frozen(const Nullifier& nf) const override { return recoveries.contains(nf.bytes()); }
    bool open(uint64_t e) const override { return e == first_epoch + epoch && !closing; }
  };
  struct Node {
    std::optional<ValidatorMachine> machine;
    Ledger ledger;                                        // survives crashes: blocks are durable
    TestDisk disk;
    std::vector<Token> verifying;
    std::vector<CheckCertificate> checking;
    size_t executed = 0;                                  // entries of the log
    uint64_t votes_from_epoch = 0;
    std::map<RequestId, size_t> asked;
    std::vector<Candidate> voted;
  };

  bool chance(uint64_t percent) { return random_() % 100 < percent; }
  const TestCommittee& committee(uint64_t epoch) const { return *committees_[epoch]; }
  uint64_t epoch_number(uint64_t epoch) const { return committees_[0]->committee->epoch() + epoch; }
  // A payment at the generations the furthest validator knows of.
  void pay(const std::vector<uint64_t>& notes) {
    const Ledger& newest = furthest();
    TransactionPlan plan{notes, ++salt_};
    ledger::Transaction tx = build(plan);
    for (ledger::Input& input : tx.transfers[0].inputs) input.generation = newest.generation(input.nf);
    auto decoded = decode_candidate(ledger::encode(tx));
    Payment payment{std::move(decoded).value(), newest.epoch, {}, {}, {}, {}};
    const auto table = committee(newest.epoch).committee;
    payment.votes.emplace(table, subject_of(table->epoch(), payment.transaction.candidate));
    payment.acknowledgements.emplace(table, subject_of(table->epoch(), payment.transaction.candidate));
    payments_.push_back(std::move(payment));
  }
  const Ledger& furthest() const {
    static const Ledger none;
    const Node* best = nullptr;
    for (size_t i = 0; i < nodes_.size() && i < kByzantine; ++i)
      if (best == nullptr || nodes_[i].executed > best->executed) best = &nodes_[i];
    return best == nullptr ? none : best->ledger;
  }
  std::vector<uint64_t> unspent() const {
    std::vector<uint64_t> all;
    for (const uint64_t note : {1, 2})
      if (!furthest().spent_by(test_nullifier(note))) all.push_back(note);
    return all;
  }

  std::vector<Freeze> freezes(const Ledger& ledger) const {
    if (ledger.closing) return {{epoch_number(ledger.epoch), std::nullopt}};
    std::vector<Freeze> all;
    for (const uint64_t note : {1, 2})
      if (const auto nf = test_nullifier(note); ledger.frozen(nf))
        all.push_back({epoch_number(ledger.epoch), NoteKey{nf, ledger.generation(nf)}});
    return all;
  }
  void start(size_t i) {
    Node& node = nodes_[i];
    node.ledger.first_epoch = epoch_number(0);
    Restored restored = node.disk.restore();
    restored.freezes = node.disk.frozen(freezes(node.ledger));
    const TestCommittee& t = committee(node.ledger.epoch);
    node.machine.emplace(t.committee, t.signer(i), Limits{}, node.votes_from_epoch, std::move(restored), node.ledger);
    node.disk.drop(node.machine->stale());
    node.verifying.clear();
    node.checking.clear();
    node.asked.clear();
  }

  void advance() {
    const uint64_t what = random_() % 100;
    const size_t i = random_() % kByzantine;
    if (what < 45) {
      ask(random_() % payments_.size(), random_() % kValidators);
    } else if (what < 75) {
      work(i);
    } else if (what < 86) {
      if (nodes_[i].executed < log_.size()) execute_next(i);
    } else if (what < 90) {
      propose(i);
    } else if (what < 92) {
      recover(1 + random_() % 2);
    } else if (what < 94) {
      if (const auto notes = unspent(); !notes.empty()) pay(chance(30) ? notes : std::vector{notes[random_() % notes.size()]});
    } else if (what < 98) {
      sometimes_.writes_lost += !nodes_[i].disk.idle();
      nodes_[i].disk.crash();
      start(i);
    } else if (with_restore_ && !restored_ && chance(20)) {   // from an old backup: blocks again, locks never
      restored_ = true;
      ++sometimes_.restored;
      nodes_[i].disk = TestDisk{};
      nodes_[i].votes_from_epoch = epoch_number(1);
      start(i);
    }
  }

  // A wallet asks one validator for what it still needs; the answer may be lost.
  void ask(size_t p, size_t i) {
    Payment& payment = payments_[p];
    if (payment.settlement || chance(loss_)) return;
    const TestCommittee& t = committee(payment.epoch);
    if (i == kByzantine) {
      const Subject subject = subject_of(t.committee->epoch(), payment.transaction.candidate);
      take_vote(p, t.share<Phase::vote>(i, subject));
      take_acknowledgement(p, t.share<Phase::settle>(i, subject));
      return;
    }
    const RequestId request = next_request_++;
    nodes_[i].asked[request] = p;
    if (payment.certificate) step(i, SubmitCertificate{request, p, *payment.certificate, payment.transaction});
    else step(i, SubmitTransaction{request, p, payment.transaction});
  }
  void take_vote(size_t p, const Vote& vote) {
    Payment& payment = payments_[p];
    if (payment.certificate || chance(loss_)) return;
    (void)payment.votes->add(vote);
    if (payment.votes->complete()) payment.certificate = payment.votes->certificate();
  }
  void take_acknowledgement(size_t p, const Acknowledgement& acknowledgement) {
    Payment& payment = payments_[p];
    if (payment.settlement || chance(loss_)) return;
    (void)payment.acknowledgements->add(acknowledgement);
    if (payment.acknowledgements->complete()) payment.settlement = payment.acknowledgements->certificate();
  }

  void step(size_t i, Event event) {
    Node& node = nodes_[i];
    for (const Effect& effect : node.machine->step(node.ledger, std::move(event))) {
      if (const auto* verify = std::get_if<Verify>(&effect)) node.verifying.push_back(verify->token);
      if (const auto* check = std::get_if<CheckCertificate>(&effect)) node.checking.push_back(*check);
      if (const auto* persist = std::get_if<Persist>(&effect)) node.disk.write(*persist);
      if (const auto* drop = std::get_if<Drop>(&effect)) node.disk.drop(*drop);
      if (const auto* reply = std::get_if<ReplyVote>(&effect)) {
        const size_t p = node.asked.at(reply->request);
        note_vote(node, payments_[p].transaction.candidate);
        take_vote(p, reply->vote);
      }
      if (const auto* reply = std::get_if<ReplyAcknowledgement>(&effect)) take_acknowledgement(node.asked.at(reply->request), reply->acknowledgement);
    }
  }
  // S-61 would convict it if the generations of both were current at once: now, at the later vote.
  void note_vote(Node& node, const Candidate& transaction) {
    if (node.ledger.epoch == 1) return;
    for (const Candidate& before : node.voted) {
      if (before.txid == transaction.txid) return;
      const auto current = [&](const Candidate& c) {
        return std::ranges::all_of(c.notes, [&](const NoteKey& n) { return n.generation == node.ledger.generation(n.nf); });
      };
      EXPECT_FALSE(share_note(before, transaction) && current(before) && current(transaction)) << "an honest validator voted twice";
    }
    node.voted.push_back(transaction);
  }
  static bool share_note(const Candidate& a, const Candidate& b) {
    return std::ranges::any_of(a.notes, [&](const NoteKey& n) { return std::ranges::any_of(b.notes, [&](const NoteKey& m) { return m.nf == n.nf; }); });
  }
  bool work(size_t i) {
    Node& node = nodes_[i];
    if (!node.verifying.empty()) {
      const Token token = node.verifying.back();
      node.verifying.pop_back();
      step(i, VerificationDone{token, nullptr});
    } else if (!node.checking.empty()) {
      const CheckCertificate check = node.checking.back();
      node.checking.pop_back();
      const auto verdict = verify(*check.certificate, *committee(node.ledger.epoch).committee);
      step(i, CertificateChecked{check.token, verdict ? nullptr : name(verdict.error())});
    } else if (!node.disk.idle()) {
      step(i, node.disk.sync_one());
    } else {
      return false;
    }
    return true;
  }

  // --- the ordered log ---
  void append(Entry entry) { log_.push_back(std::move(entry)); }
  void recover(uint64_t note) {
    const auto nf = test_nullifier(note);
    append({Entry::recover, 0, {nf, furthest().generation(nf)}, {}});
    // The Byzantine one reports "nothing" before anybody asks, and again.
    for (const std::optional<NoteKey>& about : {std::optional(NoteKey{nf, furthest().generation(nf)}), std::optional<NoteKey>()})
      append({Entry::report, 0, {}, said_by_byzantine(about)});
  }
  ledger::Report said_by_byzantine(const std::optional<NoteKey>& note) {
    const auto durable = nodes_[kByzantine].disk.frozen({{epoch_number(furthest().epoch), note}});
    return committee(furthest().epoch).signer(kByzantine).report(durable[0]);
  }
  void propose(size_t i) {
    Node& node = nodes_[i];
    for (const auto& certified : node.machine->unexecuted())
      for (size_t p = 0; p < payments_.size(); ++p)
        if (payments_[p].transaction.candidate.txid == certified->transaction->txid) append({Entry::payment, p, {}, {}});
    const auto reports = node.machine->reports();
    sometimes_.report_withheld += reports.size() < freezes(node.ledger).size() && node.votes_from_epoch == 0;
    for (const auto& report : reports)
      if (proposed_.insert({i, report_digest(kTestNetwork, report.epoch, report.note ? std::optional(NoteKey{report.note->nf, report.note->generation})
                                                                                     : std::nullopt)}).second)
        append({Entry::report, 0, {}, report});
  }
  void execute_next(size_t i) {
    Node& node = nodes_[i];
    Ledger& ledger = node.ledger;
    const Entry& entry = log_[node.executed++];
    BlockExecuted block;
    block.height = node.executed;
    const uint64_t epoch = ledger.epoch;
    if (entry.kind == Entry::payment) execute_payment(ledger, payments_[entry.payment_index], block);
    if (entry.kind == Entry::recover && !ledger.closing && !ledger.spent_by(entry.note.nf) && !ledger.frozen(entry.note.nf) &&
        entry.note.generation == ledger.generation(entry.note.nf))
      ledger.recoveries[entry.note.nf.bytes()];
    if (entry.kind == Entry::close && !ledger.closing && ledger.epoch == 0) {
      sometimes_.closed_with_recovery += !ledger.recoveries.empty();
      ledger.closing.emplace();
    }
    if (entry.kind == Entry::report) execute_report(ledger, entry.said, block);
    block.freezes = node.disk.frozen(freezes(ledger));
    if (ledger.epoch != epoch) return start(i);            // the next committee's machine, from the same disk
    step(i, std::move(block));
  }
  void execute_payment(Ledger& ledger, const Payment& payment, BlockExecuted& block) {
    const Candidate& transaction = payment.transaction.candidate;
    const auto& notes = transaction.notes;
    const bool live = payment.epoch == ledger.epoch && std::ranges::all_of(notes, [&](const NoteKey& n) {
      return !ledger.spent_by(n.nf) && n.generation == ledger.generation(n.nf);
    });
    sometimes_.execution_refused += !live;
    if (!live) return;
    for (const NoteKey& note : notes) {
      sometimes_.executed_while_frozen += ledger.recoveries.erase(note.nf.bytes());
      sometimes_.paid_after_recovery += note.generation > 0;
      ledger.spent.emplace(note.nf.bytes(), transaction.txid);
      block.spent.push_back(note.nf);
    }
    block.executed = {transaction.txid};
  }
  void execute_report(Ledger& ledger, const ledger::Report& report, BlockExecuted& block) {
    ledger::State state;
    state.epoch = epoch_number(ledger.epoch);
    if (report.epoch != state.epoch || ledger.closing.has_value() == report.note.has_value()) return;
    if (report.note && (!ledger.frozen(report.note->nf) || report.note->generation != ledger.generation(report.note->nf))) return;
    if (!committee_word(committee(ledger.epoch).committee).report(report, state)) return ADD_FAILURE() << "a report with a bad signature";
    std::set<uint16_t>& who = report.note ? ledger.recoveries[report.note->nf.bytes()] : *ledger.closing;
    who.insert(report.validator);
    if (who.size() < 3) return;                           // stake 1 each
    if (!report.note) {
      ++ledger.epoch;
      ledger.closing.reset();
      ledger.recoveries.clear();
      return;
    }
    const uint32_t generation = ++ledger.generations[report.note->nf.bytes()];
    ledger.recoveries.erase(report.note->nf.bytes());
    block.released = {report.note->nf};
    ++sometimes_.raised;
    sometimes_.raised_twice += generation == 2;
    for (const Payment& p : payments_) {
      const auto& notes = p.transaction.candidate.notes;
      sometimes_.certificate_died += p.certificate && std::ranges::find(notes, NoteKey{report.note->nf, generation - 1}) != notes.end();
    }
  }

  // No faults: everybody does what there is to do.
  void settle_down() {
    for (size_t p = 0; p < payments_.size(); ++p)
      for (size_t i = 0; i < kValidators; ++i)
        if (payments_[p].epoch == furthest().epoch) ask(p, i);
    for (size_t i = 0; i < kByzantine; ++i)
      while (work(i)) {}
    for (size_t i = 0; i < kByzantine; ++i) propose(i);
    for (size_t i = 0; i < kByzantine; ++i)
      while (nodes_[i].executed < log_.size()) execute_next(i);
  }
  // The promise: whoever can sign can pay again. The Byzantine one keeps silent here.
  void recover_what_is_stuck() {
    for (const uint64_t note : unspent()) {
      append({Entry::recover, 0, {test_nullifier(note), furthest().generation(test_nullifier(note))}, {}});
      for (int round = 0; round < 3; ++round) settle_down();
      if (furthest().spent_by(test_nullifier(note))) continue;
      pay({note});
      for (int round = 0; round < 3; ++round) settle_down();
      EXPECT_TRUE(payments_.back().settlement) << "not payable after recovery";
    }
  }
  void judge(uint64_t epoch) {
    for (size_t p = 0; p < payments_.size(); ++p) {
      const Candidate& mine = payments_[p].transaction.candidate;
      if (!payments_[p].settlement) continue;
      EXPECT_TRUE(verify(*payments_[p].settlement, *committee(payments_[p].epoch).committee).ok());
      if (payments_[p].epoch <= epoch) {
        for (const NoteKey& note : mine.notes) EXPECT_EQ(nodes_[0].ledger.spent_by(note.nf), mine.txid) << "settled and lost";
      }
      for (size_t q = 0; q < p; ++q)
        EXPECT_FALSE(payments_[q].settlement && share_note(mine, payments_[q].transaction.candidate)) << "two settled payments share a note";
    }
  }

  std::array<const TestCommittee*, 2> committees_;
  std::mt19937_64 random_;
  bool with_restore_, restored_ = false;
  Sometimes& sometimes_;
  uint64_t loss_ = 0, salt_ = 0;
  RequestId next_request_ = 1;
  std::vector<Payment> payments_;
  std::deque<Node> nodes_;
  std::vector<Entry> log_;
  std::set<std::pair<size_t, Hash32>> proposed_;
};

TEST(ClusterRecovery, safe_and_live_over_many_seeds) {
  const TestCommittee first({1, 1, 1, 1}), second({1, 1, 1, 1}, 6);
  const char* wanted = std::getenv("SOTTO_SEEDS");
  const uint64_t count = wanted == nullptr ? 24 : std::strtoull(wanted, nullptr, 10);
  Sometimes sometimes;
  for (uint64_t seed = 0; seed < count && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RecoveryCluster(seed, first, second, seed % 4 == 3, sometimes).run();
  }
  EXPECT_GT(sometimes.raised, 0u);
  EXPECT_GT(sometimes.raised_twice, 0u);
  EXPECT_GT(sometimes.executed_while_frozen, 0u);
  EXPECT_GT(sometimes.paid_after_recovery, 0u);
  EXPECT_GT(sometimes.writes_lost, 0u);
  EXPECT_GT(sometimes.report_withheld, 0u);
  EXPECT_GT(sometimes.certificate_died, 0u);
  EXPECT_GT(sometimes.closed_with_recovery, 0u);
  EXPECT_GT(sometimes.paid_in_next_epoch, 0u);
  EXPECT_GT(sometimes.restored, 0u);
  EXPECT_GT(sometimes.execution_refused, 0u);
}

}  // namespace
}  // namespace sotto::settle
