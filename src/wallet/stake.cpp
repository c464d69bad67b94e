// Bonding, unbonding, claiming: payments whose money leaves or enters by an operation of the stake.
#include "wallet/stake.hpp"

#include "crypto/hash.hpp"
#include "wallet/wallet.hpp"

namespace sotto::wallet {

using ledger::ClaimId;
using ledger::ValidatorId;

Secret<crypto::JubjubScalar> claim_secret(const Secret<crypto::JubjubScalar>& ask, const Hash32& basis) {
  const Secret<ByteArray<32>> key(ask.expose().encode());
  const Secret<ByteArray<64>> wide(crypto::blake2b_512("Sotto.claim", {basis}, key.expose()));
  return Secret(crypto::JubjubScalar::reduce512(wide.expose()));
}

Hash32 operator_basis(ByteView vote_key) { return crypto::sha256(vote_key); }

Hash32 withdrawal_basis(const ValidatorId& validator, uint32_t sequence) {
  Writer out;
  out.raw(validator.value);
  out.u32(sequence);
  return crypto::sha256(out.bytes());
}

namespace {

Hash32 basis_of(const ledger::Nullifier& first) { return first.bytes(); }

// What an operation opens for whom, if it is one that opens a claim.
struct Opened {
  StakeKind kind{};
  ValidatorId validator;
  uint64_t amount = 0;
  Hash32 basis{};
  crypto::JubjubAffine to;
};
std::optional<Opened> opened_by(const ledger::Operation& operation, const ledger::Transaction& tx) {
  const auto first = [&] { return basis_of(tx.transfers[0].inputs[0].nf); };
  if (const auto* op = std::get_if<ledger::Bond>(&operation))
    return Opened{op->self ? StakeKind::self_bond : StakeKind::bond, op->validator, op->amount, first(), op->to};
  if (const auto* op = std::get_if<ledger::Unbond>(&operation)) return Opened{StakeKind::unbond, op->validator, op->amount, first(), op->to};
  if (const auto* op = std::get_if<ledger::Register>(&operation))
    return Opened{StakeKind::registration, op->validator, op->amount, operator_basis(op->vote_key), op->operator_key};
  return std::nullopt;
}

}  // namespace

void find_stakes(const Secret<crypto::JubjubScalar>& ask, const ledger::Transaction& tx, const TxId& id, uint64_t height, State& next,
                 std::set<ClaimId>& changed) {
  const auto enter = [&](size_t index, const Opened& opened) {
    if (crypto::redjubjub_public_key(claim_secret(ask, opened.basis)) != opened.to) return;
    const ClaimId claim = ledger::claim_of(id, index);
    next.stakes[claim] = {claim, opened.kind, opened.validator, opened.amount, opened.basis, height, std::nullopt, 0};
    changed.insert(claim);
  };
  for (size_t i = 0; i < tx.operations.size(); ++i) {
    if (const auto opened = opened_by(tx.operations[i], tx)) enter(i, *opened);
    const auto* op = std::get_if<ledger::Claim>(&tx.operations[i]);
    const auto found = op == nullptr ? next.stakes.end() : next.stakes.find(op->claim);
    if (found == next.stakes.end()) continue;
    found->second.claimed_by = id;
    found->second.received = op->amount;
    changed.insert(op->claim);
  }
  if (!tx.ordered) return;
  if (const auto* op = std::get_if<ledger::Withdraw>(&*tx.ordered))
    enter(0, {StakeKind::withdrawal, op->validator, op->amount, withdrawal_basis(op->validator, op->sequence), op->to});
}

Result<Outgoing, Refusal> Wallet::give(const AssetOpening& asset, Amount amount, const AssetOpening& fee_asset, Amount fee,
                                       const Make& make, Prover& prover, Entropy& entropy) {
  if (!network_->has_stake()) return Failure{Refusal{Reject::no_stake, {}}};
  TRY_OK(check_assets(asset, fee_asset, fee));
  TRY(selection, choose(asset, amount, fee_asset, fee));
  return send(selection, asset, std::nullopt, fee_asset, fee, prover, entropy, {Amount(), amount, make, {}});
}

Result<Outgoing, Refusal> Wallet::bond(const BondRequest& request, Prover& prover, Entropy& entropy) {
  if (request.amount.units() < network_->params().stake.min_bond) return Failure{Refusal{Reject::below_minimum, {}}};
  return give(native(), request.amount, request.fee_asset, request.fee,
              [&](const Hash32& first) -> ledger::Operation {
                return ledger::Bond{request.validator, request.amount.units(), request.self, claim_point(first)};
              },
              prover, entropy);
}

Result<Outgoing, Refusal> Wallet::unbond(const BondRequest& request, Prover& prover, Entropy& entropy) {
  return give({ledger::token_of(request.validator), 0}, request.amount, request.fee_asset, request.fee,
              [&](const Hash32& first) -> ledger::Operation {
                return ledger::Unbond{request.validator, request.amount.units(), claim_point(first)};
              },
              prover, entropy);
}

Result<Outgoing, Refusal> Wallet::register_validator(const ledger::Register& registration, const AssetOpening& fee_asset, Amount fee,
                                                     Prover& prover, Entropy& entropy) {
  if (registration.amount < network_->params().stake.min_self_bond) return Failure{Refusal{Reject::below_minimum, {}}};
  CHECK(registration.operator_key == operator_key(registration.vote_key));
  return give(native(), Amount(registration.amount), fee_asset, fee, [&](const Hash32&) -> ledger::Operation { return registration; }, prover, entropy);
}

Result<Outgoing, Refusal> Wallet::claim(const ClaimRequest& request, Prover& prover, Entropy& entropy) {
  const auto found = state_.stakes.find(request.claim);
  if (found == state_.stakes.end() || !claimable(found->second)) return Failure{Refusal{Reject::nothing_to_claim, {}}};
  TRY_OK(check_assets(request.asset, request.fee_asset, request.fee));
  // The fee comes out of what is claimed if it can, else out of a note.
  Chosen chosen;
  const bool pays_itself = request.asset == request.fee_asset && request.amount.units() > request.fee.units();
  if (pays_itself) {
    chosen.selection.carry = request.fee;
    chosen.selection.outputs[0] = Amount(request.amount.units() - request.fee.units());
  } else {
    TRY(fee_note, choose_fee(request.fee_asset, request.fee));
    chosen = fee_note;
    chosen.selection.outputs[0] = request.amount;
  }
  const Hash32 basis = found->second.basis;
  const auto secret = claim_secret(keys_.ask(), basis);
  const auto make = [&](const Hash32&) -> ledger::Operation {
    return ledger::Claim{request.claim, request.asset.id, request.amount.units(), request.generation, claim_point(basis), {}};
  };
  const auto sign = [&](ledger::Transaction& tx) {
    auto& op = std::get<ledger::Claim>(tx.operations[0]);
    op.signature = crypto::redjubjub_sign(secret, op.key, ledger::claim_message(ledger::txid(tx)), entropy);
  };
  return send(chosen, request.asset, std::nullopt, request.fee_asset, request.fee, prover, entropy, {request.amount, Amount(), make, sign});
}

bool Wallet::claimable(const StakeEntry& entry) const {
  if (!entry.claimed_by) return true;
  const PaymentEntry* taking = payment(*entry.claimed_by);
  return taking != nullptr && taking->state == PaymentState::refused;
}

ledger::Transaction Wallet::withdrawal(const ValidatorId& validator, ByteView vote_key, uint64_t epoch, uint32_t sequence, Amount tokens,
                                       Entropy& entropy) const {
  ledger::Transaction tx;
  tx.network = network_->id();
  ledger::Withdraw op{epoch, validator, sequence, tokens.units(), claim_point(withdrawal_basis(validator, sequence)), {}};
  tx.ordered = op;
  const Hash32 basis = operator_basis(vote_key);
  op.signature = crypto::redjubjub_sign(claim_secret(keys_.ask(), basis), claim_point(basis), ledger::claim_message(ledger::txid(tx)), entropy);
  tx.ordered = op;
  return tx;
}

crypto::JubjubAffine Wallet::operator_key(ByteView vote_key) const { return claim_point(operator_basis(vote_key)); }

crypto::JubjubAffine Wallet::claim_point(const Hash32& basis) const {
  return crypto::redjubjub_public_key(claim_secret(keys_.ask(), basis));
}

}  // namespace sotto::wallet
