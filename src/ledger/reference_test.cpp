// The ledger against the reference ledger over random sequences: every outcome, every nullifier, the number of notes and
// the supply of every asset, block after block; then the whole history once more through the audit.
#include <gtest/gtest.h>

#include "ledger/audit.hpp"
#include "ledger/reference_ledger.hpp"
#include "ledger/test_support.hpp"

namespace sotto::ledger {
namespace {

using testing::PlainNote;
using testing::PlainPayment;
using testing::ReferenceLedger;
using testing::World;

// Draws payments and knows both of their faces.
class Economy {
 public:
  explicit Economy(uint64_t seed) : world(seed) {
    for (const Asset& asset : world.network->assets())
      if (asset.issued > 0)
        reference.issue({"genesis " + asset.symbol, "treasury", static_cast<unsigned>(asset.opening.id),
                         static_cast<long long>(asset.issued)});
  }

  struct Drawn {
    Transaction tx;
    PlainPayment plain;
  };

  // Up to two notes of one asset and one of the fee asset from somebody's purse, to somebody else, with change.
  std::optional<Drawn> payment() {
    static const std::array<std::string, 4> people = {"treasury", "alice", "bob", "carol"};
    const std::string from = people[world.entropy.below(4)], to = people[world.entropy.below(4)];
    const unsigned asset = 1 + static_cast<unsigned>(world.entropy.below(3));
    const unsigned fee_asset = 1;
    const long long fee = world.entropy.below(2) == 0 ? 0 : 1;
    std::vector<PlainNote> purse, fee_purse;
    for (const auto& n : reference.unspent(from)) {
      if (n.asset == asset && purse.size() < 2) purse.push_back(n);
      else if (n.asset == fee_asset && n.value >= fee && fee_purse.empty()) fee_purse.push_back(n);
    }
    const int kind = static_cast<int>(world.entropy.below(8));
    long long total = 0;
    for (const auto& n : purse) total += n.value;
    PlainPayment plain;
    plain.fee_asset = fee_asset;
    plain.public_asset = asset;
    if (fee > 0 && fee_purse.empty()) return std::nullopt;
    plain.fee = fee;
    if (kind == 0 && asset != 1) plain.minted = 1 + static_cast<long long>(world.entropy.below(100));
    if (kind == 1 && asset != 1 && total > 0) plain.burned = 1 + static_cast<long long>(world.entropy.below(static_cast<uint64_t>(total)));
    const long long rest = total + plain.minted - plain.burned;
    if (purse.empty() && plain.minted == 0) return std::nullopt;
    const long long paid = rest == 0 ? 0 : static_cast<long long>(world.entropy.below(static_cast<uint64_t>(rest) + 1));
    const std::string serial = std::to_string(++serial_);
    plain.creates = {{"note " + serial + "a", to, asset, paid}, {"note " + serial + "b", from, asset, rest - paid},
                     {"note " + serial + "c", from, fee_asset, fee_purse.empty() ? 0 : fee_purse[0].value - fee}};

    Transaction tx = world.payment();
    Transfer& t = tx.transfers[0];
    t.fee = static_cast<uint64_t>(fee);
    for (size_t i = 0; i < circuit::kSlots; ++i) {
      const PlainNote* spent = i < 2 ? (i < purse.size() ? &purse[i] : nullptr) : (fee_purse.empty() ? nullptr : &fee_purse[0]);
      const std::string name = spent ? spent->name : "dummy " + serial + std::to_string(i);
      plain.spends.push_back(name);
      t.inputs[i].nf = nullifier(name);
    }
    if (plain.minted > 0) {
      t.v_in = static_cast<uint64_t>(plain.minted);
      tx.operations.push_back(Mint{{asset, 0}, t.v_in, {}});
    }
    if (plain.burned > 0) {
      t.v_out = static_cast<uint64_t>(plain.burned);
      tx.operations.push_back(Burn{{asset, 0}, t.v_out, {}});
    }
    if (!tx.operations.empty()) t.asset_pub = world.network->asset(asset - 1);
    world.seal(tx);
    plain.id = "payment " + serial;
    return Drawn{tx, plain};
  }

  Nullifier nullifier(const std::string& note) {
    auto [at, fresh] = nullifiers_.try_emplace(note);
    if (fresh) at->second = {world.entropy.field()};
    return at->second;
  }

  World world;
  ReferenceLedger reference;

 private:
  std::map<std::string, Nullifier> nullifiers_;
  uint64_t serial_ = 0;
};

class Reference : public ::testing::TestWithParam<uint64_t> {};

TEST_P(Reference, AgreesOnEverythingVisible) {
  Economy economy(GetParam());
  World& world = economy.world;
  ReferenceLedger& reference = economy.reference;
  const size_t before = world.archive.spends();
  std::vector<Economy::Drawn> history;
  std::map<Outcome, size_t> counts;
  for (int block = 0; block < 30; ++block) {
    // Everything in a block is drawn from the purses before it, so some entries race each other for the same note.
    std::vector<Economy::Drawn> drawn;
    for (uint64_t n = world.entropy.below(6); n-- > 0;)
      if (auto p = economy.payment()) drawn.push_back(*p);
    if (!history.empty() && world.entropy.below(3) == 0) drawn.push_back(history[world.entropy.below(history.size())]);
    if (!drawn.empty() && world.entropy.below(3) == 0) drawn.push_back(drawn.front());
    std::vector<Transaction> transactions;
    for (const auto& d : drawn) transactions.push_back(d.tx);
    const auto outcomes = world.step(transactions);
    for (size_t i = 0; i < drawn.size(); ++i) {
      ASSERT_EQ(name(outcomes[i]), reference.apply(drawn[i].plain));
      ++counts[outcomes[i]];
      history.push_back(drawn[i]);
    }
    for (size_t a = 0; a < world.network->assets().size(); ++a)
      ASSERT_EQ(to_decimal(world.state.supply[a].shielded()),
                std::to_string(reference.owned(static_cast<unsigned>(world.network->assets()[a].opening.id))));
  }
  for (const std::string& name : reference.spent()) EXPECT_TRUE(world.archive.spend_of(economy.nullifier(name)));
  EXPECT_EQ(world.archive.spends(), before + reference.spent().size());
  EXPECT_EQ(world.state.spent, world.archive.spends());
  // Genesis transactions make three leaves each, of which the reference knows the one with money in it.
  EXPECT_EQ(world.state.tree.size(), reference.notes() + 2 * world.genesis.transactions.size());
  EXPECT_GT(counts[Outcome::executed], 5u);
  EXPECT_GT(counts[Outcome::repeated], 0u);
  EXPECT_GT(counts[Outcome::spent], 0u);

  MemoryArchive archive;
  const auto source = [&](uint64_t height) -> std::optional<Bytes> {
    if (height > world.blocks.size()) return std::nullopt;
    return encode(world.blocks[height - 1]);
  };
  const auto report = audit(world.genesis, source, archive, testing::test_certificate_holds, world.authority, nullptr, {});
  ASSERT_TRUE(report.ok()) << describe(report.error());
  EXPECT_EQ(app_hash(report->state), app_hash(world.state));
  EXPECT_EQ(report->state.last_block, world.state.last_block);
}
INSTANTIATE_TEST_SUITE_P(Seeds, Reference, ::testing::Range<uint64_t>(1, 9));

// T-8, protocol.md 5: what was good enough for a vote executes whenever it is ordered, in any order with any others that
// share no note, whatever expired or left a window meanwhile.
TEST(Settled, ExecutesWheneverItIsOrdered) {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    World world(seed);
    std::vector<Transaction> waiting;
    size_t executed = 0, late = 0;
    for (int block = 0; block < 60; ++block) {
      for (uint64_t n = world.entropy.below(3); n-- > 0;) {
        Transaction tx = world.entropy.below(6) == 0 ? world.mint(1 + world.entropy.below(9)) : world.payment();
        tx.expiry = world.state.height + world.entropy.below(4);
        const auto& roots = world.state.roots;
        for (Input& i : tx.transfers[0].inputs) {
          const Anchor anchor = roots[world.entropy.below(roots.size())].root;
          if (anchor_is_recent(world.state, anchor)) i.anchor = anchor;
        }
        world.seal(tx);
        ASSERT_TRUE(check_for_vote(encode(tx), world.state, world.archive, world.authority).ok());
        waiting.push_back(tx);
      }
      std::vector<Transaction> some;
      while (!waiting.empty() && world.entropy.below(3) == 0) {
        const size_t at = world.entropy.below(waiting.size());
        some.push_back(waiting[at]);
        waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(at));
      }
      if (block == 59) some.insert(some.end(), waiting.begin(), waiting.end());
      for (const Transaction& tx : some) late += world.state.height > tx.expiry;
      for (Outcome o : world.step(some)) ASSERT_EQ(o, Outcome::executed);
      executed += some.size();
    }
    EXPECT_GT(executed, 30u);
    EXPECT_GT(late, 5u);
  }
}

// Nullifier set and note multiset do not depend on the order of payments, nor on how they fall into blocks.
TEST(Order, SetsDoNotDependOnIt) {
  World base(5);
  std::vector<Transaction> payments;
  for (int i = 0; i < 12; ++i) payments.push_back(i % 4 == 3 ? base.mint(3) : base.payment());
  std::optional<Hash32> spent;
  std::optional<std::vector<Supply>> supply;
  std::optional<std::multiset<ByteArray<32>>> notes;
  std::set<ByteArray<32>> roots;
  testing::TestEntropy shuffle(9);
  for (int round = 0; round < 8; ++round) {
    World world(5);
    ASSERT_EQ(world.state.last_block, base.state.last_block);
    std::vector<Transaction> order = payments;
    for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[shuffle.below(i)]);
    std::multiset<ByteArray<32>> leaves;
    for (size_t at = 0; at < order.size();) {
      const size_t n = std::min<size_t>(1 + shuffle.below(5), order.size() - at);
      const std::vector<Transaction> some(order.begin() + static_cast<std::ptrdiff_t>(at), order.begin() + static_cast<std::ptrdiff_t>(at + n));
      for (Outcome o : world.step(some)) ASSERT_EQ(o, Outcome::executed);
      at += n;
    }
    for (const Transaction& tx : order)
      for (const Commitment& cm : appended_commitments(tx)) leaves.insert(cm.bytes());
    if (!spent) {
      spent = world.state.spent_set.digest();
      supply = world.state.supply;
      notes = leaves;
    }
    EXPECT_EQ(world.state.spent_set.digest(), *spent);
    EXPECT_EQ(world.state.supply, *supply);
    EXPECT_EQ(leaves, *notes);
    roots.insert(world.state.newest_root().bytes());
  }
  EXPECT_GT(roots.size(), 1u);  // the tree does depend on it
}

}  // namespace
}  // namespace sotto::ledger
