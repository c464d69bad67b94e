// The wallet over the real proof system: what the other tests of this module stamp is proven and verified here.
#include <gtest/gtest.h>

#include "base/source_dir_for_test.hpp"
#include "ledger/circuit_verifier.hpp"
#include "wallet/circuit_prover.hpp"
#include "wallet/wallet_for_test.hpp"

namespace sotto::wallet {
namespace {

TEST(RealProofs, AlicePaysBobWhoVerifiesAndPaysOn) {
  Scene s;
  auto system = circuit::load_proof_system(source_dir() + "/data/srs.bin", true, s.world.pool);
  ASSERT_TRUE(system.ok()) << system.error().what;
  CircuitProver prover(*system, s.world.entropy, s.world.pool);
  ledger::CircuitVerifier verifier(*system, s.world.entropy, s.world.pool);
  ledger::FullAuthority authority(verifier, s.world.entropy);

  // Two assets and a fee; then one note of the fee asset with change, received a block ago.
  const auto first = s.alice.pay(s.world.request(s.bob.address(), kUsd, 200), prover, s.world.entropy);
  ASSERT_TRUE(first.ok());
  const ledger::Transaction tx = s.world.decode(*first);
  const auto certificate = s.world.certificate(tx);
  ASSERT_TRUE(s.bob.receive(*first->bytes, certificate, *s.world.committee, authority).ok());
  EXPECT_EQ(s.bob.balance(kUsd).arriving, Amount(200));

  ledger::Transaction bent = tx;
  bent.transfers[0].proof[700] ^= 1;
  MemoryRows rows;
  Wallet other = s.world.wallet(rows, 2);
  EXPECT_EQ(other.receive(ledger::encode(bent), certificate, *s.world.committee, authority).error().detail, "bad_proof");

  const auto fee_asset = s.alice.pay(s.world.request(s.bob.address(), kNative, 1), prover, s.world.entropy);
  EXPECT_EQ(fee_asset.error().reject, Reject::funds_arriving);
  s.world.block({tx});
  s.sync();
  const auto second = s.alice.pay(s.world.request(s.bob.address(), kNative, 600), prover, s.world.entropy);
  ASSERT_TRUE(second.ok());
  const ledger::Transaction tx2 = s.world.decode(*second);
  ASSERT_TRUE(s.bob.receive(*second->bytes, s.world.certificate(tx2), *s.world.committee, authority).ok());
  s.world.block({tx2});
  s.sync();
  const auto onward = s.bob.pay(s.world.request(s.alice.address(), kUsd, 200), prover, s.world.entropy);
  ASSERT_TRUE(onward.ok());
  const ledger::Transaction tx3 = s.world.decode(*onward);
  ASSERT_TRUE(s.alice.receive(*onward->bytes, s.world.certificate(tx3), *s.world.committee, authority).ok());
  EXPECT_EQ(s.alice.balance(kUsd).total(), Amount(500));
}

}  // namespace
}  // namespace sotto::wallet
