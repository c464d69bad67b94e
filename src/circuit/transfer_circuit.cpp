#include "circuit/transfer_circuit.hpp"

#include "gadget/fixed_base.hpp"
#include "gadget/merkle.hpp"
#include "gadget/range.hpp"

namespace sotto::circuit {

using crypto::Tag;
using gadget::hash;
using plonk::Var;

namespace {

// What the witness alone determines, computed ahead.
struct Prepared {
  std::array<std::array<gadget::Cells, kTreeDepth>, kSlots> path;
  std::unique_ptr<const gadget::FixedBaseSteps> steps;
  ~Prepared() { wipe(&path, sizeof path); }
};

class Transfer {
 public:
  Transfer(plonk::Builder<Fr>& b, const TransferPublic& x, const TransferWitness& w, const Prepared* prepared)
      : b_(b), x_(x), w_(w), prepared_(prepared) {}

  void constrain() {
    // Secrets shared by several clauses.
    ak_ = {b_.variable(w_.ak.u), b_.variable(w_.ak.v)};
    nk_ = b_.variable(w_.nk);
    zero_ = b_.constant(Fr::zero());
    const auto fields = x_.fields();
    for (size_t i = 0; i < fields.size(); ++i) public_[i] = b_.public_input(fields[i]);
    root_ = &public_[0];
    nf_ = &public_[3];
    cm_ = &public_[6];
    cm_b_ = &public_[9];
    has_b_ = public_[11];
    v_in_ = public_[12];
    v_out_ = public_[13];
    asset_pub_ = public_[14];
    fee_asset_ = public_[15];
    fee_ = public_[16];

    gadget::require_on_curve(b_, ak_);
    const auto rk = prepared_ ? gadget::add_fixed_base(b_, ak_, *prepared_->steps) : gadget::add_fixed_base(b_, ak_, w_.alpha);
    equal(rk.u, public_[17]);
    equal(rk.v, public_[18]);

    account_ = hash(b_, Tag::account, ak_.u, ak_.v, nk_);
    asset_ = hash(b_, Tag::asset, b_.variable(w_.asset_id), zero_, zero_);   // policy 0: plain assets only
    for (size_t i = 0; i < kSlots; ++i) input(i);
    for (size_t i = 0; i < kSlots; ++i) {
      out_[i] = output(i, w_.outputs[i], out_cm_[i]);
      equal(out_cm_[i], cm_[i]);
    }
    for (size_t i = 0; i < kBranchSlots; ++i) {
      Var cm;
      out_b_[i] = output(i, w_.outputs_b[i], cm);
      // cm' public = has_b * cm'
      b_.arithmetic({.qm01 = Fr::one(), .q2 = minus()}, has_b_, cm, cm_b_[i]);
    }
    b_.arithmetic({.qm01 = Fr::one(), .q0 = minus()}, has_b_, has_b_);       // has_b is 0 or 1
    balance();
  }

 private:
  static Fr minus() { return -Fr::one(); }
  Var asset_of_slot(size_t i) const { return i < 2 ? asset_ : fee_asset_; }

  void equal(Var a, Var b) { b_.arithmetic({.q0 = Fr::one(), .q1 = minus()}, a, b); }

  Var sum(Var a, Var b) {
    const Var out = b_.variable(b_.value(a) + b_.value(b));
    b_.arithmetic({.q0 = Fr::one(), .q1 = Fr::one(), .q2 = minus()}, a, b, out);
    return out;
  }

  // 1. owner, nullifier and membership of input i.
  void input(size_t i) {
    const auto& in = w_.inputs[i];
    const Var value = b_.variable(Fr::from_u64(in.value)), rho = b_.variable(in.rho), rcm = b_.variable(in.rcm);
    const Var owner = hash(b_, Tag::owner, account_, b_.variable(in.diversifier), zero_);
    const Var opening = hash(b_, Tag::value, asset_of_slot(i), value, owner);
    Var cm;
    const auto leaf = [&](const std::array<Var, 4>& siblings) { cm = hash(b_, Tag::note, opening, rho, rcm, &siblings); };
    const Var root = gadget::merkle_root(b_, in.path.children, leaf,
                                         prepared_ ? std::span<const gadget::Cells>(prepared_->path[i]) : std::span<const gadget::Cells>());
    equal(hash(b_, Tag::nullifier, nk_, rho, cm), nf_[i]);
    // A note of value 0 is a dummy: value * (root - public root) = 0.
    b_.arithmetic({.qm01 = Fr::one(), .qm23 = minus()}, value, root, value, root_[i]);
    in_[i] = value;
  }

  // 3. an output whose rho is the nullifier of the same slot, its value below 2^64.
  Var output(size_t slot, const OutputWitness& out, Var& cm) {
    const Var value = gadget::range64(b_, out.value);
    const Var opening = hash(b_, Tag::value, asset_of_slot(slot), value, b_.variable(out.owner));
    cm = hash(b_, Tag::note, opening, nf_[slot], b_.variable(out.rcm));
    return value;
  }

  // 4. and 5. balance per branch, fee slot, carry, public asset.
  void balance() {
    const Var carry = gadget::range64(b_, w_.carry);
    const Var inputs = sum(sum(in_[0], in_[1]), v_in_);
    const Var other = sum(v_out_, carry);
    // inputs = out0 + out1 + other
    b_.arithmetic({.q0 = Fr::one(), .q1 = minus(), .q2 = minus(), .q3 = minus()}, inputs, out_[0], out_[1], other);
    // has_b * (inputs - other - b0 - b1) = 0
    const Var left = b_.variable(b_.value(inputs) - b_.value(other) - b_.value(out_b_[0]));
    b_.arithmetic({.q0 = Fr::one(), .q1 = minus(), .q2 = minus(), .q3 = minus()}, inputs, other, out_b_[0], left);
    b_.arithmetic({.qm01 = Fr::one(), .qm23 = minus()}, has_b_, left, has_b_, out_b_[1]);
    // slot 2: in + carry = out + fee
    b_.arithmetic({.q0 = Fr::one(), .q1 = Fr::one(), .q2 = minus(), .q3 = minus()}, in_[2], carry, out_[2], fee_);
    // carry * (asset - fee asset) = 0
    b_.arithmetic({.qm01 = Fr::one(), .qm23 = minus()}, carry, asset_, carry, fee_asset_);
    // (v_in + v_out) * (asset - public asset) = 0
    const Var moved = sum(v_in_, v_out_);
    b_.arithmetic({.qm01 = Fr::one(), .qm23 = minus()}, moved, asset_, moved, asset_pub_);
  }

  plonk::Builder<Fr>& b_;
  const TransferPublic& x_;
  const TransferWitness& w_;
  const Prepared* prepared_;
  gadget::PointVar ak_;
  Var nk_, zero_, account_, asset_;
  std::array<Var, TransferPublic::kFields> public_;
  const Var *root_ = nullptr, *nf_ = nullptr, *cm_ = nullptr, *cm_b_ = nullptr;
  Var has_b_, v_in_, v_out_, asset_pub_, fee_asset_, fee_;
  std::array<Var, kSlots> in_, out_, out_cm_;
  std::array<Var, kBranchSlots> out_b_;
};

}  // namespace

void constrain_transfer(plonk::Builder<Fr>& b, const TransferPublic& x, const TransferWitness& w) {
  Transfer(b, x, w, nullptr).constrain();
}

plonk::Assignment<Fr> assign_transfer(const plonk::Circuit<Fr>& circuit, const TransferPublic& x, const TransferWitness& w,
                                      ThreadPool& pool) {
  // Of the 84 permutations 60 belong to paths, whose nodes are all given: any order will do.
  constexpr size_t kChunk = 4;
  static_assert(kTreeDepth % kChunk == 0);
  const auto prepared = std::make_unique<Prepared>();
  pool.parallel_for(1 + kSlots * kTreeDepth / kChunk, [&](size_t job) {
    if (job == 0) {
      prepared->steps = gadget::fixed_base_steps(w.alpha);
      return;
    }
    const size_t first = (job - 1) * kChunk, slot = first / kTreeDepth, level = first % kTreeDepth;
    for (size_t l = level; l < level + kChunk; ++l) prepared->path[slot][l] = gadget::node_cells(w.inputs[slot].path.children[l]);
  });
  plonk::Builder<Fr> b(circuit);
  Transfer(b, x, w, prepared.get()).constrain();
  return b.assignment();
}

plonk::Circuit<Fr> transfer_circuit() {
  plonk::Builder<Fr> b;
  TransferWitness w;
  w.ak = crypto::jubjub_generator();
  constrain_transfer(b, TransferPublic{}, w);
  return b.circuit(kTransferLogN);
}

}  // namespace sotto::circuit
