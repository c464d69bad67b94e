#include "circuit/transfer.hpp"

namespace sotto::circuit {

using crypto::hash;
using crypto::Tag;

std::array<Fr, TransferPublic::kFields> TransferPublic::fields() const {
  return {root[0], root[1], root[2], nf[0],  nf[1],   nf[2], cm[0], cm[1], cm[2], cm_b[0], cm_b[1], Fr::from_u64(has_b ? 1 : 0),
          Fr::from_u64(v_in), Fr::from_u64(v_out), asset_pub, fee_asset, Fr::from_u64(fee), rk.u, rk.v};
}

namespace {

struct Derived {
  Fr account, asset;
  std::array<Fr, kSlots> input_cm, nf, root, cm;
  std::array<Fr, kBranchSlots> cm_b;
};

Fr commitment(const Fr& asset, uint64_t value, const Fr& owner, const Fr& rho, const Fr& rcm) {
  return hash(Tag::note, hash(Tag::value, asset, Fr::from_u64(value), owner), rho, rcm);
}

Fr path_root(const MerklePath& path) {
  const auto& top = path.children[kTreeDepth - 1];
  return crypto::node(top[0], top[1], top[2], top[3]);
}

// Is every level's node one of the four children above it?
bool path_holds(const Fr& leaf, const MerklePath& path) {
  Fr at = leaf;
  for (const auto& c : path.children) {
    if (!(at == c[0] || at == c[1] || at == c[2] || at == c[3])) return false;
    at = crypto::node(c[0], c[1], c[2], c[3]);
  }
  return true;
}

Derived derive(const TransferWitness& w) {
  Derived d;
  d.account = hash(Tag::account, w.ak.u, w.ak.v, w.nk);
  d.asset = hash(Tag::asset, w.asset_id, Fr::zero(), Fr::zero());
  for (size_t i = 0; i < kSlots; ++i) {
    const auto& in = w.inputs[i];
    const Fr asset = i < 2 ? d.asset : w.fee_asset;
    const Fr owner = hash(Tag::owner, d.account, in.diversifier, Fr::zero());
    d.input_cm[i] = commitment(asset, in.value, owner, in.rho, in.rcm);
    d.nf[i] = hash(Tag::nullifier, w.nk, in.rho, d.input_cm[i]);
    d.root[i] = path_root(in.path);
    d.cm[i] = commitment(asset, w.outputs[i].value, w.outputs[i].owner, d.nf[i], w.outputs[i].rcm);
  }
  for (size_t i = 0; i < kBranchSlots; ++i)
    d.cm_b[i] = w.has_b ? commitment(d.asset, w.outputs_b[i].value, w.outputs_b[i].owner, d.nf[i], w.outputs_b[i].rcm) : Fr::zero();
  return d;
}

crypto::JubjubAffine randomized(const crypto::JubjubAffine& ak, const crypto::JubjubScalar& alpha) {
  return (crypto::JubjubPoint(ak) + crypto::jubjub_mul_generator(alpha)).affine();
}

}  // namespace

TransferPublic public_of(const TransferWitness& w) {
  const Derived d = derive(w);
  TransferPublic x;
  x.root = d.root;
  x.nf = d.nf;
  x.cm = d.cm;
  x.cm_b = d.cm_b;
  x.has_b = w.has_b;
  x.v_in = w.v_in;
  x.v_out = w.v_out;
  x.asset_pub = w.v_in == 0 && w.v_out == 0 ? Fr::zero() : d.asset;
  x.fee_asset = w.fee_asset;
  x.fee = w.fee;
  x.rk = randomized(w.ak, w.alpha);
  return x;
}

Unsatisfied holds(const TransferPublic& x, const TransferWitness& w) {
  using U = Unsatisfied;
  const Derived d = derive(w);
  if (!w.ak.on_curve()) return U::ak_off_curve;
  if (!(x.rk == randomized(w.ak, w.alpha))) return U::rk;
  for (size_t i = 0; i < kSlots; ++i) {
    if (!(x.nf[i] == d.nf[i])) return U::nullifier;
    // A dummy's path may end anywhere but is a path all the same.
    if (!path_holds(d.input_cm[i], w.inputs[i].path)) return U::root;
    if (w.inputs[i].value != 0 && !(x.root[i] == d.root[i])) return U::root;
    if (!(x.cm[i] == d.cm[i])) return U::commitment;
  }
  if (x.has_b != w.has_b || x.cm_b != d.cm_b) return U::commitment_b;
  __extension__ using Wide = unsigned __int128;
  const auto& in = w.inputs;
  const auto& out = w.outputs;
  const Wide available = Wide{in[0].value} + in[1].value + x.v_in;
  const Wide other = Wide{x.v_out} + w.carry;
  if (available != Wide{out[0].value} + out[1].value + other) return U::balance;
  if (w.has_b && available != Wide{w.outputs_b[0].value} + w.outputs_b[1].value + other) return U::balance_b;
  if (Wide{in[2].value} + w.carry != Wide{out[2].value} + x.fee) return U::fee_balance;
  if (!(x.fee_asset == w.fee_asset) || (w.carry != 0 && !(d.asset == w.fee_asset))) return U::carry_asset;
  if ((x.v_in != 0 || x.v_out != 0) && !(x.asset_pub == d.asset)) return U::asset_pub;
  return U::none;
}

const char* name(Unsatisfied u) {
  switch (u) {
    case Unsatisfied::none: return "none";
    case Unsatisfied::rk: return "rk";
    case Unsatisfied::ak_off_curve: return "ak_off_curve";
    case Unsatisfied::nullifier: return "nullifier";
    case Unsatisfied::root: return "root";
    case Unsatisfied::commitment: return "commitment";
    case Unsatisfied::commitment_b: return "commitment_b";
    case Unsatisfied::balance: return "balance";
    case Unsatisfied::balance_b: return "balance_b";
    case Unsatisfied::fee_balance: return "fee_balance";
    case Unsatisfied::carry_asset: return "carry_asset";
    case Unsatisfied::asset_pub: return "asset_pub";
  }
  return "unknown";
}

}  // namespace sotto::circuit
