#include "wallet/build.hpp"

#include "crypto/redjubjub.hpp"

namespace sotto::wallet {

BuiltTransfer::~BuiltTransfer() {
  static_assert(std::is_trivially_copyable_v<circuit::TransferWitness>);
  wipe(&witness, sizeof witness);
}

const char* name(BuildReject reject) {
  switch (reject) {
    case BuildReject::unsatisfied: return "unsatisfied";
    case BuildReject::wrong_keys: return "wrong_keys";
    case BuildReject::wrong_network: return "wrong_network";
    case BuildReject::bad_own_proof: return "bad_own_proof";
  }
  return "unknown";
}

namespace {

Fr random_field(Entropy& entropy) { return Fr::reduce512(entropy.bytes<64>()); }

// A dummy's path may end anywhere, but is a path.
circuit::MerklePath path_of_dummy(const Fr& cm) {
  circuit::MerklePath out{};
  Fr at = cm;
  for (auto& children : out.children) {
    children[0] = at;
    at = crypto::node(children[0], children[1], children[2], children[3]);
  }
  return out;
}

}  // namespace

Result<BuiltTransfer, BuildReject> build_transfer(const note::ViewingKeys& keys, const TransferPlan& plan, Entropy& entropy) {
  BuiltTransfer out;
  circuit::TransferWitness& w = out.witness;
  circuit::TransferPublic& x = out.statement;
  ledger::Transfer& t = out.transfer;
  const note::Address change = keys.address(kChangeIndex);
  const std::array<note::AssetOpening, circuit::kSlots> assets = {plan.asset, plan.asset, plan.fee_asset};
  if (plan.asset.policy != 0 || plan.fee_asset.policy != 0) return Failure{BuildReject::unsatisfied};
  for (const auto& output : plan.outputs)
    if (output && output->to.network != keys.incoming.network) return Failure{BuildReject::wrong_network};

  w.ak = keys.ak;
  w.nk = keys.nk.expose();
  w.alpha = crypto::JubjubScalar::random(entropy);
  w.asset_id = Fr::from_u64(plan.asset.id);
  w.fee_asset = note::asset_of(plan.fee_asset);
  w.v_in = plan.v_in.units();
  w.v_out = plan.v_out.units();
  w.fee = plan.fee.units();
  w.carry = plan.carry.units();

  for (size_t i = 0; i < circuit::kSlots; ++i) {
    circuit::InputWitness& in = w.inputs[i];
    const auto& real = plan.inputs[i];
    // A dummy is a note of value 0 that nobody has: membership is skipped for it and nothing else.
    const note::Diversifier& d = real ? real->diversifier : change.diversifier;
    in.value = real ? real->value.units() : 0;
    in.diversifier = note::to_field(d);
    in.rho = real ? real->rho : random_field(entropy);
    in.rcm = real ? real->rcm : random_field(entropy);
    const Fr cm = note::commitment({note::asset_of(assets[i]), Amount(in.value), keys.incoming.owner(d), in.rho, in.rcm});
    if (real) {
      if (real->path.children[0][real->path.position[0] & 3] != cm) return Failure{BuildReject::wrong_keys};
      in.path.children = real->path.children;
      in.path.position = real->path.position;
      t.inputs[i].generation = real->generation;
    } else {
      in.path = path_of_dummy(cm);
    }
    x.root[i] = plan.anchor;
    x.nf[i] = note::nullifier(keys.nk.expose(), in.rho, cm);
    t.inputs[i].anchor = {x.root[i]};
    t.inputs[i].nf = {x.nf[i]};
  }

  for (size_t j = 0; j < circuit::kSlots; ++j) {
    const OutputPlan& o = plan.outputs[j] ? *plan.outputs[j] : OutputPlan{change, Amount(0), {}, std::nullopt};
    const note::SealedOutput sealed =
        note::seal_output(o.to, {assets[j], o.value, o.memo}, x.nf[j], keys.ovk, entropy, o.invoice_s);
    w.outputs[j] = {o.value.units(), o.to.owner, sealed.note.rcm};
    x.cm[j] = sealed.cm;
    t.outputs[j] = {{sealed.cm}, sealed.ciphertext.epk, sealed.ciphertext.note, sealed.ciphertext.sender_copy};
  }
  // Branch B is absent; its cells hold values of the right range.
  for (auto& o : w.outputs_b) o = {0, change.owner, Fr()};

  x.v_in = w.v_in;
  x.v_out = w.v_out;
  x.asset_pub = w.v_in == 0 && w.v_out == 0 ? Fr() : note::asset_of(plan.asset);
  x.fee_asset = w.fee_asset;
  x.fee = w.fee;
  x.rk = crypto::randomize(keys.ak, w.alpha);
  t.v_in = x.v_in;
  t.v_out = x.v_out;
  t.asset_pub = x.asset_pub;
  t.fee_asset = x.fee_asset;
  t.fee = x.fee;
  t.rk = x.rk;
  if (circuit::holds(x, w) != circuit::Unsatisfied::none) return Failure{BuildReject::unsatisfied};
  return out;
}

ledger::Transaction assemble(const ledger::NetworkId& network, uint64_t expiry, std::span<const BuiltTransfer> transfers,
                             std::vector<ledger::Operation> operations) {
  ledger::Transaction tx;
  tx.network = network;
  tx.expiry = expiry;
  for (const BuiltTransfer& built : transfers) tx.transfers.push_back(built.transfer);
  tx.operations = std::move(operations);
  return tx;
}

Status<BuildReject> authorise(ledger::Transaction& tx, std::span<const BuiltTransfer> transfers,
                              const Secret<crypto::JubjubScalar>& ask, Prover& prover, Entropy& entropy) {
  CHECK(tx.transfers.size() == transfers.size());
  const Hash32 txid = ledger::txid(tx).value;
  std::vector<circuit::TransferClaim> claims;
  for (size_t i = 0; i < transfers.size(); ++i) {
    const circuit::TransferPublic statement = ledger::statement_of(tx.transfers[i]);
    tx.transfers[i].proof = prover.prove(tx.network, statement, transfers[i].witness);
    claims.push_back({statement, tx.transfers[i].proof});
  }
  if (!prover.verify(tx.network, claims)) return Failure{BuildReject::bad_own_proof};
  for (size_t i = 0; i < transfers.size(); ++i) {
    const auto rsk = crypto::randomize(ask, transfers[i].witness.alpha);
    const crypto::RedJubjubSignature s = crypto::redjubjub_sign(rsk, tx.transfers[i].rk, txid, entropy);
    tx.transfers[i].signature = s;
    // A faulty signature must not leave this machine either: it could give the key away.
    if (!crypto::redjubjub_verify(tx.transfers[i].rk, txid, s).ok()) return Failure{BuildReject::bad_own_proof};
  }
  return Ok{};
}

}  // namespace sotto::wallet
