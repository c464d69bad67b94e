// Unlocking an own note that rivals hold at different validators (docs/spec/ledger.md L-71, settlement.md S-70).
#include "wallet/wallet.hpp"

namespace sotto::wallet {

Result<Bytes, Refusal> Wallet::recovery(const ledger::Nullifier& nf, uint64_t epoch, Prover& prover, Entropy& entropy) const {
  const auto ours = state_.by_nullifier.find(nf.value.encode());
  if (ours == state_.by_nullifier.end()) return Failure{Refusal{Reject::not_ours, {}}};
  const NoteEntry& note = state_.notes.at(ours->second);
  if (!note.position || note.spent_by) return Failure{Refusal{Reject::nothing_to_unlock, {}}};
  const auto path = state_.tree.path(*note.position);
  CHECK(path);  // every unspent note with a position is marked
  // The note twice; all but one unit comes back to us, in outputs that no block will ever make.
  const Amount value = note.opened.payment.value;
  const InputPlan input{value, note.opened.diversifier, note.opened.rho, note::rcm_of(note.opened.s, note.opened.rho),
                        note.generation, *path};
  const note::Address change = address(kChangeIndex);
  TransferPlan plan;
  plan.asset = note.opened.payment.asset;
  plan.fee_asset = {network_->params().fee_assets.front(), 0};
  plan.anchor = state_.tree.root();
  plan.inputs = {input, input, std::nullopt};
  plan.outputs[0] = OutputPlan{change, value, {}, std::nullopt};
  if (value.units() > 1) plan.outputs[1] = OutputPlan{change, Amount(value.units() - 1), {}, std::nullopt};
  plan.v_out = Amount(1);
  const auto built = build_transfer(keys(), plan, entropy);
  if (!built.ok()) return Failure{Refusal{Reject::damaged, name(built.error())}};
  ledger::Transaction tx = assemble(network_->id(), 0, {&*built, 1});
  tx.ordered = ledger::Recover{epoch, nf, note.generation};
  if (const auto done = authorise(tx, {&*built, 1}, keys_.ask(), prover, entropy); !done.ok())
    return Failure{Refusal{Reject::bad_own_proof, name(done.error())}};
  return ledger::encode(tx);
}

Status<Refusal> Wallet::raise_generation(const ledger::Nullifier& nf, uint32_t generation) {
  const auto ours = state_.by_nullifier.find(nf.value.encode());
  if (ours == state_.by_nullifier.end()) return Failure{Refusal{Reject::not_ours, {}}};
  if (state_.notes.at(ours->second).generation >= generation) return Ok{};
  State next = state_;
  NoteEntry& note = next.notes.at(ours->second);
  note.generation = generation;
  const Row row = row_of(note);
  return commit(std::move(next), {{row}, {}});
}

}  // namespace sotto::wallet
