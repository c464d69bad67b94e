// Unlocking own notes: what is shown, and that the next payment names the new generation.
#include <gtest/gtest.h>

#include <algorithm>

#include "wallet/wallet_for_test.hpp"

namespace sotto::wallet {
namespace {

struct RecoverTest : ::testing::Test {
  Scene s;
  ledger::Nullifier note_of(const AssetOpening& asset) {
    for (const auto& [cm, note] : s.alice.state().notes)
      if (note.opened.payment.asset == asset) return {note.nf};
    return {};
  }
  std::optional<Reject> refused(const ledger::Nullifier& nf) {
    const auto made = s.alice.recovery(nf, 7, s.world.prover, s.world.entropy);
    return made.ok() ? std::nullopt : std::optional(made.error().reject);
  }
};

TEST_F(RecoverTest, ShowsTheNoteAsTheLedgerWantsIt) {
  for (const auto& asset : {kNative, kUsd}) {
    const auto nf = note_of(asset);
    const auto made = s.alice.recovery(nf, 7, s.world.prover, s.world.entropy);
    ASSERT_TRUE(made.ok());
    const auto tx = ledger::decode_transaction(*made);
    ASSERT_TRUE(tx.ok());
    EXPECT_TRUE(ledger::check_stateless(*tx, *s.world.network, std::nullopt).ok());
    EXPECT_EQ(std::get<ledger::Recover>(*tx->ordered), (ledger::Recover{7, nf, 0}));
    const ledger::Transaction* const one = &*tx;
    EXPECT_TRUE(s.world.authority.verify(*s.world.network, {&one, 1})[0].ok());
    EXPECT_TRUE(s.world.anchors_known(*tx));
    EXPECT_EQ(tx->transfers[0].asset_pub, note::asset_of(asset));
  }
}

TEST_F(RecoverTest, ANoteOfOneUnit) {
  s.world.block({s.world.issue(s.alice.address(), kEur, 1)});
  s.sync();
  EXPECT_EQ(refused(note_of(kEur)), std::nullopt);
}

TEST_F(RecoverTest, OnlyOwnNotesThatAreInABlockAndUnspent) {
  EXPECT_EQ(refused({Fr::from_u64(5)}), Reject::not_ours);
  const auto nf = note_of(kUsd);
  const auto paid = s.pay(s.alice, s.bob, kUsd, 100);
  EXPECT_EQ(refused(nf), std::nullopt);                   // what is held back by a payment is what gets stuck
  s.world.block({s.world.decode(paid)});
  s.sync();
  EXPECT_EQ(refused(nf), Reject::nothing_to_unlock);
  s.world.prover.faulty = true;
  const auto& notes = s.alice.state().notes;
  const auto left = std::find_if(notes.begin(), notes.end(), [](const auto& entry) { return !entry.second.spent_by; });
  ASSERT_NE(left, notes.end());
  EXPECT_EQ(refused({left->second.nf}), Reject::bad_own_proof);
}

TEST_F(RecoverTest, PaymentsNameTheNewGeneration) {
  const auto nf = note_of(kUsd);
  EXPECT_EQ(s.alice.raise_generation({Fr::from_u64(5)}, 1).error().reject, Reject::not_ours);
  ASSERT_TRUE(s.alice.raise_generation(nf, 2).ok());
  ASSERT_TRUE(s.alice.raise_generation(nf, 1).ok());      // never lower
  s.alice_rows.fail_next = true;
  EXPECT_EQ(s.alice.raise_generation(nf, 3).error().reject, Reject::store_failed);
  Wallet again = s.world.reopened(s.alice_rows);
  const auto tx = s.world.decode(s.pay(again, s.bob, kUsd, 100));
  for (const auto& input : tx.transfers[0].inputs) EXPECT_EQ(input.generation, input.nf == nf ? 2u : 0u);
}

}  // namespace
}  // namespace sotto::wallet
