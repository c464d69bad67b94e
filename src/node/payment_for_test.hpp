// A real payment that moves nothing: all its notes are dummies. For tests of a validator without wallets.
#pragma once
#include "ledger/genesis.hpp"
#include "wallet/circuit_prover.hpp"

namespace sotto::node {

// Encoded; of the account whose seed that is, valid at genesis's tree until block `expiry`.
inline Bytes dummy_payment(const ledger::Genesis& genesis, const note::Seed& seed, uint64_t expiry,
                           const std::shared_ptr<const circuit::ProofSystem>& system, Entropy& entropy, ThreadPool& pool) {
  note::NoteTreeFrontier tree;
  for (const auto& tx : genesis.transactions)
    for (const auto& cm : ledger::appended_commitments(tx)) CHECK(tree.append(std::vector{cm.value}));
  const auto network = ledger::network_id(genesis.content);
  const auto account = note::AccountKeys::derive(seed, network.value, 0);
  wallet::TransferPlan plan;
  plan.asset = plan.fee_asset = {1, 0};
  plan.anchor = tree.root();
  const auto built = wallet::build_transfer(account.view(), plan, entropy).value();
  auto tx = wallet::assemble(network, expiry, {&built, 1});
  wallet::CircuitProver prover(system, entropy, pool);
  CHECK(wallet::authorise(tx, {&built, 1}, account.ask(), prover, entropy).ok());
  return ledger::encode(tx);
}

}  // namespace sotto::node
