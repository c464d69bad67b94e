#include "ledger/check.hpp"

#include <algorithm>

#include "crypto/bls.hpp"
#include "crypto/ed25519.hpp"
#include "ledger/stake_rules.hpp"

namespace sotto::ledger {
namespace {

// Public value of one asset through the transaction: what transfers take in and give out, what operations allow.
struct Flow {
  Fr asset;
  Wide v_in = 0, v_out = 0, in_allowed = 0, out_allowed = 0;
};
// The flow of one asset, made when it is first asked for. A transaction has a few.
Flow& flow_of(std::vector<Flow>& flows, const Fr& asset) {
  const auto found = std::ranges::find(flows, asset, &Flow::asset);
  return found != flows.end() ? *found : flows.emplace_back(Flow{asset});
}

template <class Op>
constexpr bool is_issue = std::is_same_v<Op, Mint> || std::is_same_v<Op, Burn>;

// The operation's own rules, and what it allows.
template <class Op>
  requires is_issue<Op>
Status<Reject> add_flow(const Op& op, const Network& network, std::vector<Flow>& flows) {
  const auto index = network.find(op.asset);
  if (!index) return Failure{Reject::unknown_asset};
  const Asset& asset = network.assets()[*index];
  if (!asset.issuer) return Failure{Reject::no_issuer};
  if (asset.opening.policy != 0) return Failure{Reject::regulated_asset};
  Flow& flow = flow_of(flows, network.asset(*index));
  (std::is_same_v<Op, Mint> ? flow.in_allowed : flow.out_allowed) += op.amount;
  return Ok{};
}
Status<Reject> add_flow(const Bond& op, const Network& network, std::vector<Flow>& flows) {
  if (op.amount < network.params().stake.min_bond) return Failure{Reject::below_minimum};
  if (!op.to.is_prime_order()) return Failure{Reject::bad_claim_key};
  flow_of(flows, network.asset(0)).out_allowed += op.amount;
  return Ok{};
}
Status<Reject> add_flow(const Unbond& op, const Network&, std::vector<Flow>& flows) {
  if (!op.to.is_prime_order()) return Failure{Reject::bad_claim_key};
  flow_of(flows, note::asset_of({token_of(op.validator), 0})).out_allowed += op.amount;
  return Ok{};
}
Status<Reject> add_flow(const Claim& op, const Network&, std::vector<Flow>& flows) {
  flow_of(flows, note::asset_of({op.asset, 0})).in_allowed += op.amount;
  return Ok{};
}
Status<Reject> add_flow(const Register& op, const Network& network, std::vector<Flow>& flows) {
  if (op.amount < network.params().stake.min_self_bond) return Failure{Reject::below_minimum};
  if (!op.operator_key.is_prime_order()) return Failure{Reject::bad_claim_key};
  if (op.commission > kWhole || op.endpoint.size() > kMaxEndpointBytes || !printable(op.endpoint)) return Failure{Reject::bad_registration};
  flow_of(flows, network.asset(0)).out_allowed += op.amount;
  return Ok{};
}

Status<Reject> check_nullifiers(const Transaction& tx) {
  std::vector<ByteArray<32>> all;
  for (const Nullifier& nf : nullifiers(tx)) all.push_back(nf.bytes());
  std::sort(all.begin(), all.end());
  if (std::adjacent_find(all.begin(), all.end()) != all.end()) return Failure{Reject::duplicate_nullifier};
  return Ok{};
}

Status<Reject> check_flows(const Transaction& tx, const Network& network) {
  std::vector<Flow> flows;
  for (const Operation& op : tx.operations)
    TRY_OK(std::visit([&]<class Op>(const Op& o) -> Status<Reject> {
      if (!is_issue<Op> && !network.has_stake()) return Failure{Reject::staking_disabled};
      if (o.amount == 0) return Failure{Reject::zero_amount};
      return add_flow(o, network, flows);
    }, op));
  for (const Transfer& t : tx.transfers) {
    if (t.v_in == 0 && t.v_out == 0) {
      if (!t.asset_pub.is_zero()) return Failure{Reject::stray_asset_pub};
      continue;
    }
    const bool known = network.find(t.asset_pub).has_value() || std::ranges::find(flows, t.asset_pub, &Flow::asset) != flows.end();
    if (!known) return Failure{Reject::unknown_asset};
    Flow& flow = flow_of(flows, t.asset_pub);
    flow.v_in += t.v_in;
    flow.v_out += t.v_out;
  }
  for (const Flow& flow : flows) {
    if (flow.v_in != flow.in_allowed) return Failure{Reject::unauthorised_v_in};
    if (flow.v_out != flow.out_allowed) return Failure{Reject::unauthorised_v_out};
  }
  return Ok{};
}

}  // namespace

const char* name(Reject reject) {
  switch (reject) {
    case Reject::oversized: return "oversized";
    case Reject::malformed: return "malformed";
    case Reject::wrong_network: return "wrong_network";
    case Reject::no_transfers: return "no_transfers";
    case Reject::expired: return "expired";
    case Reject::expiry_too_far: return "expiry_too_far";
    case Reject::unknown_circuit: return "unknown_circuit";
    case Reject::fee_not_allowed: return "fee_not_allowed";
    case Reject::fee_asset_not_allowed: return "fee_asset_not_allowed";
    case Reject::duplicate_nullifier: return "duplicate_nullifier";
    case Reject::zero_commitment: return "zero_commitment";
    case Reject::several_owners: return "several_owners";
    case Reject::contracts_disabled: return "contracts_disabled";
    case Reject::zero_branch_commitment: return "zero_branch_commitment";
    case Reject::zero_amount: return "zero_amount";
    case Reject::unknown_asset: return "unknown_asset";
    case Reject::no_issuer: return "no_issuer";
    case Reject::regulated_asset: return "regulated_asset";
    case Reject::stray_asset_pub: return "stray_asset_pub";
    case Reject::unauthorised_v_in: return "unauthorised_v_in";
    case Reject::unauthorised_v_out: return "unauthorised_v_out";
    case Reject::staking_disabled: return "staking_disabled";
    case Reject::below_minimum: return "below_minimum";
    case Reject::bad_claim_key: return "bad_claim_key";
    case Reject::bad_registration: return "bad_registration";
    case Reject::too_many_spends: return "too_many_spends";
    case Reject::ordered_only: return "ordered_only";
    case Reject::stray_content: return "stray_content";
    case Reject::note_not_shown: return "note_not_shown";
    case Reject::already_executed: return "already_executed";
    case Reject::spent: return "spent";
    case Reject::outdated_generation: return "outdated_generation";
    case Reject::unknown_anchor: return "unknown_anchor";
    case Reject::old_anchor: return "old_anchor";
    case Reject::burns_halted: return "burns_halted";
    case Reject::exceeds_supply: return "exceeds_supply";
    case Reject::unknown_validator: return "unknown_validator";
    case Reject::inactive_validator: return "inactive_validator";
    case Reject::no_tokens: return "no_tokens";
    case Reject::already_registered: return "already_registered";
    case Reject::too_many_validators: return "too_many_validators";
    case Reject::too_many_claims: return "too_many_claims";
    case Reject::unknown_claim: return "unknown_claim";
    case Reject::wrong_claim: return "wrong_claim";
    case Reject::immature_claim: return "immature_claim";
    case Reject::tombstoned: return "tombstoned";
    case Reject::not_jailed: return "not_jailed";
    case Reject::still_jailed: return "still_jailed";
    case Reject::wrong_sequence: return "wrong_sequence";
    case Reject::exceeds_self_bond: return "exceeds_self_bond";
    case Reject::too_old: return "too_old";
    case Reject::bad_signature: return "bad_signature";
    case Reject::bad_issuer_signature: return "bad_issuer_signature";
    case Reject::bad_claim_signature: return "bad_claim_signature";
    case Reject::bad_possession: return "bad_possession";
    case Reject::bad_engine_signature: return "bad_engine_signature";
    case Reject::bad_proof: return "bad_proof";
  }
  return "?";
}

bool retryable(Reject reject) {
  return reject == Reject::unknown_anchor || reject == Reject::expiry_too_far || reject == Reject::unknown_claim || reject == Reject::immature_claim;
}

Result<Transaction, Reject> decode_checked(ByteView bytes) {
  if (bytes.size() > kMaxTransactionBytes) return Failure{Reject::oversized};
  auto tx = decode_transaction(bytes);
  if (!tx.ok()) return Failure{Reject::malformed};
  return std::move(tx).value();
}

Status<Reject> check_outputs(const Transfer& t, const Params& params) {
  for (const Output& o : t.outputs)
    if (o.cm.value.is_zero()) return Failure{Reject::zero_commitment};
  if (t.contract) {
    if (!params.contracts_enabled) return Failure{Reject::contracts_disabled};
    for (const Output& o : t.contract->outputs_b)
      if (o.cm.value.is_zero()) return Failure{Reject::zero_branch_commitment};
  }
  return Ok{};
}

namespace {

Status<Reject> check_circuit(const Transfer& t, const Network& network) {
  if (t.circuit != circuit::kTransferCircuit) return Failure{Reject::unknown_circuit};
  if (!network.find_fee_asset(t.fee_asset)) return Failure{Reject::fee_asset_not_allowed};
  return Ok{};
}

// What a recovery shows is no payment: the note twice, and one unit more going out than comes in otherwise. So the note is worth
// something, which for the circuit means that it is in the tree; a dummy is in none (L-71).
Status<Reject> check_shown(const Transfer& t, const Nullifier& nf, const Network& network) {
  TRY_OK(check_circuit(t, network));
  if (t.inputs[0].nf != nf || t.inputs[1].nf != nf) return Failure{Reject::note_not_shown};
  TRY_OK(check_outputs(t, network.params()));
  const auto asset = network.find(t.asset_pub);
  if (!asset && !network.has_stake()) return Failure{Reject::unknown_asset};   // with stake: whatever else is in the tree is a token
  if (asset && network.assets()[*asset].opening.policy != 0) return Failure{Reject::regulated_asset};
  if (t.v_in != 0) return Failure{Reject::unauthorised_v_in};
  if (t.v_out != 1) return Failure{Reject::unauthorised_v_out};
  if (t.fee != 0) return Failure{Reject::fee_not_allowed};
  return Ok{};
}

Status<Reject> check_ordered_stake(const Ordered& ordered, const Network& network) {
  if (std::visit([]<class Op>(const Op&) { return of_stake<Op>; }, ordered) && !network.has_stake()) return Failure{Reject::staking_disabled};
  const Withdraw* withdraw = std::get_if<Withdraw>(&ordered);
  if (withdraw == nullptr) return Ok{};
  if (withdraw->amount == 0) return Failure{Reject::zero_amount};
  if (!withdraw->to.is_prime_order()) return Failure{Reject::bad_claim_key};
  return Ok{};
}

// Only recoveries have a transfer.
Status<Reject> check_ordered(const Transaction& tx, const Network& network) {
  if (tx.network != network.id()) return Failure{Reject::wrong_network};
  const Recover* recover = std::get_if<Recover>(&*tx.ordered);
  if (tx.expiry != 0 || tx.transfers.size() != (recover != nullptr ? 1 : 0)) return Failure{Reject::stray_content};
  if (recover == nullptr) return check_ordered_stake(*tx.ordered, network);
  return check_shown(tx.transfers[0], recover->nf, network);
}

}  // namespace

Status<Reject> check_shape(const Transaction& tx, const Network& network) {
  if (tx.network != network.id()) return Failure{Reject::wrong_network};
  if (tx.transfers.empty()) return Failure{Reject::no_transfers};
  for (const Transfer& t : tx.transfers) TRY_OK(check_circuit(t, network));
  TRY_OK(check_nullifiers(tx));
  for (const Transfer& t : tx.transfers) {
    TRY_OK(check_outputs(t, network.params()));
    if (t.rk != tx.transfers[0].rk) return Failure{Reject::several_owners};
  }
  return Ok{};
}

Status<Reject> check_stateless(const Transaction& tx, const Network& network, std::optional<uint64_t> height) {
  if (tx.ordered) return height ? Failure{Reject::ordered_only} : check_ordered(tx, network);
  TRY_OK(check_shape(tx, network));
  if (height) {
    if (*height > tx.expiry) return Failure{Reject::expired};
    if (tx.expiry - *height > network.params().expiry_window) return Failure{Reject::expiry_too_far};
  }
  for (const Transfer& t : tx.transfers)
    if (!network.fee_allowed(t.fee)) return Failure{Reject::fee_not_allowed};
  if (nullifiers(tx).size() > kMaxSpends) return Failure{Reject::too_many_spends};
  return check_flows(tx, network);
}

std::optional<Spend> find_spend(const Transaction& tx, const Archive& archive) {
  for (const Nullifier& nf : nullifiers(tx))
    if (auto spend = archive.spend_of(nf)) return spend;
  return std::nullopt;
}

bool generations_current(const Transaction& tx, const State& state) {
  return std::ranges::equal(nullifiers(tx), generations(tx), {}, [&](const Nullifier& nf) { return state.generation(nf); });
}

Status<Reject> check_stateful(const Transaction& tx, const TxId& id, const State& state, const Archive& archive,
                              For purpose) {
  if (const auto spend = find_spend(tx, archive))
    return Failure{spend->txid == id ? Reject::already_executed : Reject::spent};
  if (!generations_current(tx, state)) return Failure{Reject::outdated_generation};
  for (const Transfer& t : tx.transfers)
    for (const Input& i : t.inputs) {
      if (purpose == For::vote && anchor_is_recent(state, i.anchor)) continue;
      if (!archive.known_root(i.anchor)) return Failure{Reject::unknown_anchor};
      if (purpose == For::vote) return Failure{Reject::old_anchor};
    }
  TRY_OK(check_stake(tx, state, purpose));
  const SupplyChange supply = supply_after(tx, *state.network, state.supply);
  if (supply.burns_halted) return Failure{Reject::burns_halted};
  if (!supply.breached.empty()) return Failure{Reject::exceeds_supply};
  return Ok{};
}

SupplyChange supply_after(const Transaction& tx, const Network& network, const std::vector<Supply>& before) {
  SupplyChange change{before, {}, false};
  Supply& native = change.after[0];
  Wide unstaked = 0;
  for (const Operation& op : tx.operations)
    std::visit([&]<class Op>(const Op& o) {
      if constexpr (is_issue<Op>) {
        const auto index = network.find(o.asset);
        CHECK(index);
        Supply& supply = change.after[*index];
        (std::is_same_v<Op, Mint> ? supply.minted : supply.burned) += o.amount;
        change.burns_halted |= std::is_same_v<Op, Burn> && supply.halted;
      } else if constexpr (std::is_same_v<Op, Claim>) {
        if (o.asset == network.assets()[0].opening.id) unstaked += o.amount;
      } else if constexpr (!std::is_same_v<Op, Unbond>) {
        native.staked += o.amount;
        change.burns_halted |= native.halted;
      }
    }, op);
  CHECK(unstaked <= native.staked);                        // every claim is open, in its amount
  native.staked -= unstaked;
  for (const Transfer& t : tx.transfers) {
    const auto index = network.find_fee_asset(t.fee_asset);
    CHECK(index);
    change.after[*index].fees += t.fee;
  }
  for (size_t i = 0; i < change.after.size(); ++i) {
    if (!change.after[i].holds()) change.breached.push_back(i);
  }
  return change;
}

namespace {

bool possesses(const NetworkId& network, const Register& op) {
  const auto key = crypto::BlsPublicKey::decode(op.vote_key);
  const auto proof = crypto::BlsSignature::decode(op.possession);
  return key.ok() && proof.ok() && crypto::bls_verify_possession(*key, possession_context(network, op.validator), *proof).ok();
}

}  // namespace

std::vector<Status<Reject>> Authority::verify_hinted(const Network& network, std::span<const Transaction* const> transactions,
                                                     std::span<const ByteView>) {
  return verify(network, transactions);
}

Bytes proof_hints(const Transaction& transaction) {
  Bytes out;
  for (const Transfer& t : transaction.transfers) {
    const Bytes one = circuit::transfer_hints(t.proof);
    if (one.empty()) return {};
    out.insert(out.end(), one.begin(), one.end());
  }
  return out;
}

std::vector<Status<Reject>> FullAuthority::verify(const Network& network, std::span<const Transaction* const> transactions) {
  return verify_hinted(network, transactions, std::vector<ByteView>(transactions.size()));
}

std::vector<Status<Reject>> FullAuthority::verify_hinted(const Network& network, std::span<const Transaction* const> transactions,
                                                         std::span<const ByteView> hints) {
  CHECK(hints.size() == transactions.size());
  std::vector<Status<Reject>> verdicts(transactions.size(), Ok{});
  // Which signature of the batch belongs to which transaction.
  struct Owner {
    size_t transaction;
    Reject reject;
  };
  crypto::RedJubjubBatch batch;
  std::vector<Owner> owners;
  const auto refuse = [&](const Owner& owner) {
    if (verdicts[owner.transaction].ok()) verdicts[owner.transaction] = Failure{owner.reject};
  };
  const auto add = [&](const Owner& owner, const crypto::JubjubAffine& key, ByteView message, const Signature& signature) {
    if (batch.add(key, message, signature).ok()) owners.push_back(owner);
    else refuse(owner);
  };
  for (size_t n = 0; n < transactions.size(); ++n) {
    const Transaction& tx = *transactions[n];
    const TxId id = txid(tx);
    for (const Transfer& t : tx.transfers) add({n, Reject::bad_signature}, t.rk, id.value, t.signature);
    const Hash32 word = issuer_message(id);
    for (const Operation& op : tx.operations)
      std::visit([&]<class Op>(const Op& o) {
        if constexpr (is_issue<Op>) {
          const auto index = network.find(o.asset);
          // Only a corrupt quorum certifies an operation without an issuer; that must not bring an honest validator down.
          if (!index || !network.assets()[*index].issuer) refuse({n, Reject::bad_issuer_signature});
          else add({n, Reject::bad_issuer_signature}, *network.assets()[*index].issuer, word, o.signature);
        } else if constexpr (std::is_same_v<Op, Claim>) {
          add({n, Reject::bad_claim_signature}, o.key, claim_message(id), o.signature);
        } else if constexpr (std::is_same_v<Op, Register>) {
          if (!possesses(network.id(), o)) refuse({n, Reject::bad_possession});
          if (!crypto::ed25519_verify(o.validator.value, registration_message(network.id(), o), o.engine_signature))
            refuse({n, Reject::bad_engine_signature});
        }
      }, op);
  }
  if (!batch.verify(entropy_))
    for (size_t bad : batch.failures(entropy_)) refuse(owners[bad]);

  std::vector<circuit::TransferClaim> claims;
  std::vector<size_t> claimants;
  for (size_t n = 0; n < transactions.size(); ++n) {
    if (!verdicts[n].ok()) continue;
    // Of the right length they are one piece a transfer; otherwise they are no hints.
    const bool hinted = hints[n].size() == transactions[n]->transfers.size() * circuit::kTransferHintBytes;
    size_t at = 0;
    for (const Transfer& t : transactions[n]->transfers) {
      claims.push_back({statement_of(t), t.proof, {}});
      if (hinted) {
        const ByteView piece = hints[n].subspan(at, circuit::kTransferHintBytes);
        claims.back().hints.assign(piece.begin(), piece.end());
        at += piece.size();
      }
      claimants.push_back(n);
    }
  }
  if (claims.empty()) return verdicts;
  const std::vector<bool> proven = proofs_.verify(network.id(), claims);
  CHECK(proven.size() == claims.size());
  for (size_t i = 0; i < claims.size(); ++i)
    if (!proven[i]) refuse({claimants[i], Reject::bad_proof});
  return verdicts;
}

Result<Checked, Reject> check_for_vote(ByteView bytes, const State& state, const Archive& archive, Authority& authority) {
  TRY(tx, decode_checked(bytes));
  TRY_OK(check_stateless(tx, *state.network, state.height));
  const TxId id = txid(tx);
  TRY_OK(check_stateful(tx, id, state, archive, For::vote));
  const Transaction* one = &tx;
  TRY_OK(authority.verify(*state.network, {&one, 1})[0]);
  return Checked{std::move(tx), id, full_id(bytes)};
}

}  // namespace sotto::ledger
