#include "ledger/check.hpp"

#include <algorithm>

namespace sotto::ledger {
namespace {

// Public value of one asset through the transaction: what transfers take in and give out, what operations allow.
struct Flow {
  Wide v_in = 0, v_out = 0, minted = 0, burned = 0;
};

const note::AssetOpening& asset_of(const Operation& op) {
  return std::visit([](const auto& o) -> const note::AssetOpening& { return o.asset; }, op);
}
uint64_t amount_of(const Operation& op) {
  return std::visit([](const auto& o) { return o.amount; }, op);
}
const Signature& signature_of(const Operation& op) {
  return std::visit([](const auto& o) -> const Signature& { return o.signature; }, op);
}

Status<Reject> check_nullifiers(const Transaction& tx) {
  std::vector<ByteArray<32>> all;
  for (const Nullifier& nf : nullifiers(tx)) all.push_back(nf.bytes());
  std::sort(all.begin(), all.end());
  if (std::adjacent_find(all.begin(), all.end()) != all.end()) return Failure{Reject::duplicate_nullifier};
  return Ok{};
}

Status<Reject> check_flows(const Transaction& tx, const Network& network) {
  std::vector<Flow> flows(network.assets().size());
  for (const Operation& op : tx.operations) {
    if (amount_of(op) == 0) return Failure{Reject::zero_amount};
    const auto index = network.find(asset_of(op));
    if (!index) return Failure{Reject::unknown_asset};
    const Asset& asset = network.assets()[*index];
    if (!asset.issuer) return Failure{Reject::no_issuer};
    if (asset.opening.policy != 0) return Failure{Reject::regulated_asset};
    Flow& flow = flows[*index];
    (std::holds_alternative<Mint>(op) ? flow.minted : flow.burned) += amount_of(op);
  }
  for (const Transfer& t : tx.transfers) {
    if (t.v_in == 0 && t.v_out == 0) {
      if (!t.asset_pub.is_zero()) return Failure{Reject::stray_asset_pub};
      continue;
    }
    const auto index = network.find(t.asset_pub);
    if (!index) return Failure{Reject::unknown_asset};
    flows[*index].v_in += t.v_in;
    flows[*index].v_out += t.v_out;
  }
  for (const Flow& flow : flows) {
    if (flow.v_in != flow.minted) return Failure{Reject::unauthorised_v_in};
    if (flow.v_out != flow.burned) return Failure{Reject::unauthorised_v_out};
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
    case Reject::bad_signature: return "bad_signature";
    case Reject::bad_issuer_signature: return "bad_issuer_signature";
    case Reject::bad_proof: return "bad_proof";
  }
  return "?";
}

bool retryable(Reject reject) { return reject == Reject::unknown_anchor || reject == Reject::expiry_too_far; }

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
  if (!asset) return Failure{Reject::unknown_asset};
  if (network.assets()[*asset].opening.policy != 0) return Failure{Reject::regulated_asset};
  if (t.v_in != 0) return Failure{Reject::unauthorised_v_in};
  if (t.v_out != 1) return Failure{Reject::unauthorised_v_out};
  if (t.fee != 0) return Failure{Reject::fee_not_allowed};
  return Ok{};
}

// Reports and closes have no transfer.
Status<Reject> check_ordered(const Transaction& tx, const Network& network) {
  if (tx.network != network.id()) return Failure{Reject::wrong_network};
  const Recover* recover = std::get_if<Recover>(&*tx.ordered);
  if (tx.expiry != 0 || tx.transfers.size() != (recover != nullptr ? 1 : 0)) return Failure{Reject::stray_content};
  if (recover == nullptr) return Ok{};
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
  return check_flows(tx, network);
}

std::optional<Spend> find_spend(const Transaction& tx, const Archive& archive) {
  for (const Transfer& t : tx.transfers)
    for (const Input& i : t.inputs)
      if (auto spend = archive.spend_of(i.nf)) return spend;
  return std::nullopt;
}

Status<Reject> check_stateful(const Transaction& tx, const TxId& id, const State& state, const Archive& archive,
                              For purpose) {
  if (const auto spend = find_spend(tx, archive))
    return Failure{spend->txid == id ? Reject::already_executed : Reject::spent};
  for (const Transfer& t : tx.transfers)
    for (const Input& i : t.inputs) {
      if (i.generation != state.generation(i.nf)) return Failure{Reject::outdated_generation};
      if (purpose == For::vote && anchor_is_recent(state, i.anchor)) continue;
      if (!archive.known_root(i.anchor)) return Failure{Reject::unknown_anchor};
      if (purpose == For::vote) return Failure{Reject::old_anchor};
    }
  const SupplyChange supply = supply_after(tx, *state.network, state.supply);
  if (supply.burns_halted) return Failure{Reject::burns_halted};
  if (!supply.breached.empty()) return Failure{Reject::exceeds_supply};
  return Ok{};
}

SupplyChange supply_after(const Transaction& tx, const Network& network, const std::vector<Supply>& before) {
  SupplyChange change{before, {}, false};
  for (const Operation& op : tx.operations) {
    const auto index = network.find(asset_of(op));
    CHECK(index);
    Supply& supply = change.after[*index];
    if (std::holds_alternative<Mint>(op)) {
      supply.minted += amount_of(op);
    } else {
      supply.burned += amount_of(op);
      change.burns_halted |= supply.halted;
    }
  }
  for (const Transfer& t : tx.transfers) {
    const auto index = network.find_fee_asset(t.fee_asset);
    CHECK(index);
    change.after[*index].fees += t.fee;
  }
  for (size_t i = 0; i < change.after.size(); ++i) {
    const Supply& s = change.after[i];
    if (s.burned > s.minted || s.fees > s.minted - s.burned) change.breached.push_back(i);
  }
  return change;
}

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
    for (const Operation& op : tx.operations) {
      const auto index = network.find(asset_of(op));
      // Only a corrupt quorum certifies an operation without an issuer; that must not bring an honest validator down.
      if (!index || !network.assets()[*index].issuer) refuse({n, Reject::bad_issuer_signature});
      else add({n, Reject::bad_issuer_signature}, *network.assets()[*index].issuer, word, signature_of(op));
    }
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
