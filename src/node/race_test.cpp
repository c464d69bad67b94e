// Two devices of one seed pay with the same note, and every split of the votes there is: both payments are made in the end,
// each exactly once (docs/spec/settlement.md S-70..). The long form: SOTTO_RACES=100.
#include <algorithm>
#include <cstdlib>
#include <random>

#include "node/devnet_for_test.hpp"

namespace sotto::node {
namespace {

constexpr uint64_t kMoney = 10'000'00;
constexpr int kRaces = 20;                       // the short form
constexpr uint64_t kMostBlocks = 40;             // from the first vote until both payments are final
constexpr uint32_t kRaceMs = 60'000;             // far more than it takes, however busy the machine
constexpr double kPatienceS = 5;                 // the same in the long form, on a machine that does nothing else

int races() {
  const char* set = std::getenv("SOTTO_RACES");
  return set ? std::atoi(set) : kRaces;
}

struct Race : ::testing::Test {
  TemporaryDirectory dir;
  std::unique_ptr<Devnet> devnet = open_devnet(dir.path() / "net");
  Person alice = make_person(*devnet, dir.path() / "alice", seed_of(1));
  Person device = make_person(*devnet, dir.path() / "device", seed_of(1));
  Person bob = make_person(*devnet, dir.path() / "bob", seed_of(2));
  net::Client client;

  void fund() {
    ASSERT_TRUE(devnet->fund(alice.wallet->address(), kEur, note::Amount(kMoney), {}, kTimeoutMs).ok());
    both_have(kMoney);
  }
  void both_have(uint64_t units) {
    for (Person* p : {&alice, &device}) ASSERT_TRUE(p->follow([&] { return p->spendable(kEur) == units && p->total(kEur) == units; }));
  }
  // Validator v votes for it, if it has not voted for the rival.
  void vote(size_t v, const wallet::Outgoing& payment) {
    const auto answer = client.call_and_wait(devnet->endpoints()[v], {net::Method::post, kTransactionsPath, *payment.bytes, ""}, kTimeoutMs);
    ASSERT_TRUE(answer.ok());
    ASSERT_EQ(answer->status, 200);
  }
};

TEST_F(Race, BothPaymentsAreMadeOnceHoweverTheVotesFall) {
  ASSERT_NO_FATAL_FAILURE(fund());
  uint64_t paid = 0, most_blocks = 0;
  std::vector<double> seconds;
  size_t unlocked = 0;
  for (int i = 0; i < races(); ++i) {
    std::mt19937 random(static_cast<uint32_t>(i));
    const auto a = eur(bob, 1'00), b = eur(bob, 2'00);
    const auto first = alice.driver->prepare(a, Deadline::in(kTimeoutMs)), second = device.driver->prepare(b, Deadline::in(kTimeoutMs));
    ASSERT_TRUE(first.ok() && second.ok());
    // Every other time two against two, which nobody can make final; otherwise any split.
    const uint32_t half[] = {0b0011, 0b0101, 0b1001, 0b0110, 0b1010, 0b1100};
    const uint32_t mask = i % 2 == 0 ? half[random() % 6] : random() % 16;
    const uint64_t height = devnet->validator(0).height();
    const auto start = std::chrono::steady_clock::now();
    for (size_t v = 0; v < 4; ++v) ASSERT_NO_FATAL_FAILURE(vote(v, (mask >> v & 1) != 0 ? *first : *second));
    std::atomic<size_t> words{0};
    const auto notice = [&](const std::string& what) { words += what.find("unlocking") != std::string::npos; };
    std::optional<Result<Paid, PayFailure>> theirs;
    std::thread other([&] { theirs = device.driver->finish(b, *second, Deadline::in(kRaceMs), {}, notice); });
    const auto ours = alice.driver->finish(a, *first, Deadline::in(kRaceMs), {}, notice);
    other.join();
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    ASSERT_TRUE(ours.ok()) << i << ": " << ours.error().reject << " " << ours.error().what;
    ASSERT_TRUE(theirs->ok()) << i << ": " << theirs->error().reject << " " << theirs->error().what;
    paid += 3'00;
    unlocked += words > 0;
    EXPECT_TRUE(i % 2 != 0 || words > 0) << i;
    most_blocks = std::max(most_blocks, devnet->validator(0).height() - height);
    ASSERT_NO_FATAL_FAILURE(both_have(kMoney - paid));
  }
  ASSERT_TRUE(bob.follow([&] { return bob.spendable(kEur) == paid; }));
  EXPECT_LE(most_blocks, kMostBlocks);
  wait_height(*devnet, bob.wallet->next_block() - 1);
  expect_same_state(*devnet);
  std::ranges::sort(seconds);
  const auto at = [&](size_t percent) { return seconds[(seconds.size() - 1) * percent / 100]; };
  std::printf("%d races, %zu with an unlock, until both payments were final: median %.2f s, p99 %.2f s, longest %.2f s, at most %llu blocks\n", races(),
              unlocked, at(50), at(99), seconds.back(), static_cast<unsigned long long>(most_blocks));
  EXPECT_TRUE(races() <= kRaces || seconds.back() <= kPatienceS);
}

}  // namespace
}  // namespace sotto::node
