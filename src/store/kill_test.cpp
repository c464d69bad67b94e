// kill -9 between lock and vote, on a real process with a real store: afterwards the validator stands by every vote that
// left it, and by every lock it may have voted on (S-30, S-32).
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "store/store_for_test.hpp"

namespace sotto::store::testing {
namespace {

constexpr const char* kDirVariable = "SOTTO_KILL_TEST_DIR";
constexpr const char* kSaltVariable = "SOTTO_KILL_TEST_SALT";
constexpr int kReportFd = 200;                            // of the child; stdout is GoogleTest's

// One vote as the child reports it: fixed size, below PIPE_BUF, so never interleaved or half visible.
struct Report {
  uint64_t note = 0, salt = 0;
  ByteArray<settle::Vote::kBytes> vote{};
};

struct Voter {
  explicit Voter(const fs::path& dir) {
    auto opened = w.open(dir);
    CHECK(opened.ok());
    store = std::move(opened->store);
    machine.emplace(t.committee, t.signer(0), settle::Limits{}, 0, std::move(opened->restored), ledger);
  }
  // The reply to a transaction that spends one note: the vote, or the refusal.
  std::variant<settle::Vote, settle::Refusal> ask(uint64_t note, uint64_t salt, unsigned pause_us) {
    auto effects = machine->step(ledger, settle::SubmitTransaction{1, 1, settle::candidate({{note}, salt})});
    while (true) {
      CHECK(effects.size() == 1);
      settle::Effect effect = std::move(effects[0]);
      if (auto* vote = std::get_if<settle::ReplyVote>(&effect)) return vote->vote;
      if (auto* refusal = std::get_if<settle::ReplyRefusal>(&effect)) return refusal->refusal;
      if (auto* verify = std::get_if<settle::Verify>(&effect)) {
        effects = machine->step(ledger, settle::VerificationDone{verify->token, nullptr});
        continue;
      }
      auto done = store->persist({std::get<settle::Persist>(effect)});
      CHECK(done.ok());
      usleep(pause_us);                                   // the moment the test is about
      effects = machine->step(ledger, std::move((*done)[0]));
    }
  }

  StoreWorld w;
  settle::TestCommittee t{{1, 1, 1, 1}};
  settle::TestLedger ledger;
  std::unique_ptr<ValidatorStore> store;
  std::optional<settle::ValidatorMachine> machine;
};

// The child: this very binary, started with the variables set. Votes until killed.
TEST(KillTestChild, DISABLED_votes_until_killed) {
  const char* dir = std::getenv(kDirVariable);
  ASSERT_NE(dir, nullptr) << "started by KillTest only";
  const uint64_t salt = std::strtoull(std::getenv(kSaltVariable), nullptr, 10);
  Voter voter(dir);
  for (uint64_t note = 0; note < 100'000; ++note) {
    const auto reply = voter.ask(note, salt, note % 3 == 0 ? 2000 : 0);
    const auto* vote = std::get_if<settle::Vote>(&reply);
    if (vote == nullptr) continue;
    Report report{note, salt, {}};
    const Bytes bytes = vote->encode();
    std::copy(bytes.begin(), bytes.end(), report.vote.begin());
    if (write(kReportFd, &report, sizeof report) != sizeof report) return;
  }
}

// Runs the child until it is killed after `lifetime_us` from its first vote; its reports.
std::vector<Report> run_child(const fs::path& dir, uint64_t salt, unsigned lifetime_us) {
  int ends[2];
  CHECK(pipe2(ends, O_CLOEXEC) == 0);
  const std::string dir_setting = std::string(kDirVariable) + "=" + dir.string();
  const std::string salt_setting = std::string(kSaltVariable) + "=" + std::to_string(salt);
  std::vector<char*> environment{const_cast<char*>(dir_setting.c_str()), const_cast<char*>(salt_setting.c_str()), nullptr};
  std::string self = fs::read_symlink("/proc/self/exe").string(), filter = "--gtest_filter=KillTestChild.*", also = "--gtest_also_run_disabled_tests";
  std::vector<char*> arguments{self.data(), filter.data(), also.data(), nullptr};
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], kReportFd);
    dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
    execve(self.c_str(), arguments.data(), environment.data());
    _exit(127);
  }
  CHECK(child > 0);
  close(ends[1]);
  Bytes stream;
  const auto read_some = [&] {
    uint8_t buffer[4096];
    const ssize_t n = read(ends[0], buffer, sizeof buffer);
    if (n > 0) stream.insert(stream.end(), buffer, buffer + n);
    return n > 0;
  };
  while (stream.size() < sizeof(Report) && read_some()) {}
  usleep(lifetime_us);
  kill(child, SIGKILL);
  while (read_some()) {}
  close(ends[0]);
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  std::vector<Report> reports;
  for (size_t at = 0; at + sizeof(Report) <= stream.size(); at += sizeof(Report)) {
    Report report;
    std::memcpy(&report, stream.data() + at, sizeof report);
    reports.push_back(report);
  }
  return reports;
}

TEST(KillTest, a_killed_validator_stands_by_its_votes) {
  const char* wanted = std::getenv("SOTTO_KILLS");
  const uint64_t kills = wanted == nullptr ? 8 : std::strtoull(wanted, nullptr, 10);
  TemporaryDirectory temporary;
  const fs::path dir = temporary.path() / "store";
  StoreWorld().create(dir);
  std::mt19937_64 random(std::random_device{}());        // the moment of a kill is not repeatable anyway
  std::map<uint64_t, Report> votes;                       // by note: what the world has seen
  size_t locked_without_vote = 0;
  for (uint64_t kill = 0; kill < kills; ++kill) {
    // Every life wants something else of the same notes.
    for (const Report& report : run_child(dir, kill, static_cast<unsigned>(random() % 40'000))) {
      const auto [entry, first] = votes.try_emplace(report.note, report);
      ASSERT_TRUE(first || entry->second.salt == report.salt) << "two votes on note " << report.note;
    }
    Voter survivor(dir);
    for (const auto& [note, report] : votes) {
      const auto same = survivor.ask(note, report.salt, 0);
      ASSERT_TRUE(std::holds_alternative<settle::Vote>(same));
      const Bytes bytes = std::get<settle::Vote>(same).encode();
      ASSERT_TRUE(std::equal(bytes.begin(), bytes.end(), report.vote.begin())) << "another vote on note " << note;
      const auto rival = survivor.ask(note, 1'000'000, 0);
      ASSERT_TRUE(std::holds_alternative<settle::Refusal>(rival));
      const auto& refusal = std::get<settle::Refusal>(rival);
      ASSERT_EQ(refusal.reason, settle::SettleReject::locked_by_rival);
      ASSERT_EQ(*refusal.rival, ledger::encode(settle::build({{note}, report.salt})));
    }
    locked_without_vote += survivor.machine->usage().locked - votes.size();
    // What was locked when the kill came, and not voted on: adopt the lock's transaction as the one to stand by.
    for (uint64_t note = 0; votes.size() < survivor.machine->usage().locked; ++note) {
      if (votes.contains(note)) continue;
      const auto holder = survivor.machine->holder_of(settle::test_nullifier(note));
      if (!holder) continue;
      for (uint64_t salt = 0; salt <= kill; ++salt) {
        if (settle::candidate({{note}, salt}).candidate.txid != holder->txid) continue;
        Report report{note, salt, {}};
        const auto vote = survivor.ask(note, salt, 0);
        const Bytes bytes = std::get<settle::Vote>(vote).encode();
        std::copy(bytes.begin(), bytes.end(), report.vote.begin());
        votes.emplace(note, report);
      }
      ASSERT_TRUE(votes.contains(note)) << "a lock nobody asked for";
    }
  }
  EXPECT_GT(votes.size(), kills);
  // With a pause between lock and vote on every third note, kills do fall in between.
  if (kills >= 50) { EXPECT_GT(locked_without_vote, 0u); }
}

}  // namespace
}  // namespace sotto::store::testing
