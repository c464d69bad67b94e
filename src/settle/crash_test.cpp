// One validator, a disk that loses what was not synced, crashes at every moment: never two votes for one
// (nullifier, generation) that could both count (S-30). SOTTO_SEEDS runs more than the short form.
#include <gtest/gtest.h>

#include <cstdlib>

#include "settle/settle_for_test.hpp"

namespace sotto::settle {
namespace {

enum class Order { persist_then_sign, sign_then_persist };

struct Outcome {
  bool voted_twice = false;
  size_t votes = 0, crashes_with_writes_lost = 0, refused_rivals = 0, releases = 0;
};

uint64_t seeds(uint64_t short_form) {
  const char* wanted = std::getenv("SOTTO_SEEDS");
  return wanted == nullptr ? short_form : std::strtoull(wanted, nullptr, 10);
}

Outcome run(uint64_t seed, Order order, const TestCommittee& t) {
  std::mt19937_64 random(seed);
  const auto chance = [&](uint64_t percent) { return random() % 100 < percent; };
  TestLedger ledger;
  TestDisk disk;
  Outcome outcome;
  std::optional<ValidatorMachine> machine;
  std::vector<Token> verifying;
  std::map<std::pair<Hash32, uint32_t>, Candidate> voted; // outlives every crash: what the world has seen

  // Rivals over three notes; each plan in the generation that was current when it was made.
  std::vector<DecodedCandidate> transactions;
  for (const auto& notes : std::vector<std::vector<uint64_t>>{{1, 2}, {1}, {2}, {2, 3}, {1, 2, 3}, {3}})
    transactions.push_back(candidate({notes, random() % 1000}));
  std::map<RequestId, Candidate> asked;
  RequestId next_request = 1;

  const auto carry_out = [&](const Effects& effects, const auto& self) -> void {
    for (const Effect& effect : effects) {
      if (const auto* verify = std::get_if<Verify>(&effect)) verifying.push_back(verify->token);
      if (const auto* drop = std::get_if<Drop>(&effect)) disk.drop(*drop);
      if (const auto* refusal = std::get_if<ReplyRefusal>(&effect))
        outcome.refused_rivals += refusal->refusal.reason == SettleReject::locked_by_rival;
      if (const auto* reply = std::get_if<ReplyVote>(&effect)) {
        ++outcome.votes;
        const Candidate& transaction = asked.at(reply->request);
        for (const NoteKey& note : transaction.notes) {
          const auto [entry, first] = voted.try_emplace({note.nf.bytes(), note.generation}, transaction);
          if (first || entry->second.txid == transaction.txid) continue;
          // Void if recovery has raised any generation the earlier vote names: that vote counts for nothing now (S-45).
          bool void_by_now = false;
          for (const NoteKey& n : entry->second.notes) void_by_now |= n.generation < ledger.generation(n.nf);
          outcome.voted_twice |= !void_by_now;
          entry->second = transaction;
        }
      }
      if (const auto* persist = std::get_if<Persist>(&effect)) {
        disk.write(*persist);
        if (order == Order::sign_then_persist) self(machine->step(ledger, disk.lie_about_last()), self);
      }
    }
  };
  const auto step = [&](Event event) { carry_out(machine->step(ledger, std::move(event)), carry_out); };
  const auto start = [&] { machine.emplace(t.committee, t.signer(0), Limits{}, 0, disk.restore(), ledger); };

  start();
  for (int i = 0; i < 60; ++i) {
    const uint64_t what = random() % 100;
    if (what < 40) {
      const DecodedCandidate& transaction = transactions[random() % transactions.size()];
      asked.emplace(next_request, transaction.candidate);
      step(SubmitTransaction{next_request++, random() % 3, transaction});
    } else if (what < 65 && !verifying.empty()) {
      const size_t which = random() % verifying.size();
      const Token token = verifying[which];
      verifying.erase(verifying.begin() + static_cast<long>(which));
      step(VerificationDone{token, chance(5) ? "bad_proof" : nullptr});
    } else if (what < 85 && !disk.idle()) {
      auto done = disk.sync_one();
      // The crash can come between the sync and the vote.
      if (order == Order::persist_then_sign && !chance(10)) step(std::move(done));
      else if (order == Order::persist_then_sign) { disk.crash(); verifying.clear(); start(); }
    } else if (what < 92) {
      outcome.crashes_with_writes_lost += !disk.idle();
      disk.crash();
      verifying.clear();
      start();
    } else if (what < 94) {
      ++outcome.releases;
      const Nullifier nf = test_nullifier(1 + random() % 3);
      step(ledger.release(nf));
      for (DecodedCandidate& transaction : transactions) {
        bool stale = false;
        for (const NoteKey& note : transaction.candidate.notes) stale |= note.nf == nf;
        if (!stale || !chance(50)) continue;               // some go on naming the old generation
        ledger::Transaction next = *transaction.transaction;
        for (ledger::Input& input : next.transfers[0].inputs) input.generation = ledger.generation(input.nf);
        transaction = std::move(decode_candidate(ledger::encode(next))).value();
      }
    }
  }
  return outcome;
}

TEST(Crash, never_two_votes_for_one_note) {
  const TestCommittee t({1, 1, 1, 1});
  Outcome total;
  const uint64_t count = seeds(250);
  for (uint64_t seed = 0; seed < count; ++seed) {
    const Outcome o = run(seed, Order::persist_then_sign, t);
    ASSERT_FALSE(o.voted_twice) << "seed " << seed;
    total.votes += o.votes;
    total.crashes_with_writes_lost += o.crashes_with_writes_lost;
    total.refused_rivals += o.refused_rivals;
    total.releases += o.releases;
  }
  // Not vacuous.
  EXPECT_GT(total.votes, count);
  EXPECT_GT(total.crashes_with_writes_lost, count / 10);
  EXPECT_GT(total.refused_rivals, count);
  EXPECT_GT(total.releases, count / 10);
}

TEST(Crash, the_same_test_catches_signing_before_persisting) {  // the mutant of S-30
  const TestCommittee t({1, 1, 1, 1});
  size_t caught = 0;
  for (uint64_t seed = 0; seed < 60; ++seed) caught += run(seed, Order::sign_then_persist, t).voted_twice;
  EXPECT_GT(caught, 3u);
}

}  // namespace
}  // namespace sotto::settle
