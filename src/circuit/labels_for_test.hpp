// Which unknown of the transfer circuit is which secret: found by value in one random statement, so that nothing here depends on
// how the circuit is written. Reads statements back out of an assignment. For tests only.
#pragma once
#include "circuit/random_statement.hpp"
#include "circuit/transfer_circuit.hpp"
#include "plonk/analysis.hpp"

namespace sotto::circuit {

using plonk::Unknown;

inline std::vector<Fr> values_of(const plonk::System& s, const TransferPublic& x, const TransferWitness& w) {
  plonk::Builder<Fr> b;
  constrain_transfer(b, x, w);
  return s.values(b.assignment(kTransferLogN));
}

struct Labels {
  struct Input {
    Unknown value, diversifier, rho, rcm;
    std::array<std::array<Unknown, 4>, kTreeDepth> children;
  };
  struct Output {
    Unknown value, owner, rcm;
  };
  Unknown ak_u, ak_v, nk, asset_id, carry;
  std::array<Input, kSlots> inputs;
  std::array<Output, kSlots> outputs;
  std::array<Output, kBranchSlots> outputs_b;
  std::vector<Unknown> bits;        // of alpha, pairs (b0, b1) from the top
  std::vector<Unknown> digits;      // of every range
  std::array<Unknown, TransferPublic::kFields> fields;   // the variables behind the public inputs

  explicit Labels(const plonk::System& s) {
    SeededEntropy random(20);
    StatementOptions o;
    o.same_asset = o.has_b = o.public_values = true;
    const auto [x, w] = random_statement(random, o);
    const auto values = values_of(s, x, w);
    const auto find = [&](const Fr& value) {
      Unknown found = plonk::kNoVar;
      for (Unknown u = 0; u < s.circuit().variables; ++u) {
        if (!(values[u] == value)) continue;
        CHECK(found == plonk::kNoVar);
        found = u;
      }
      CHECK(found != plonk::kNoVar);
      return found;
    };
    const auto number = [&](uint64_t v) { return find(Fr::from_u64(v)); };
    // The result of a range: an output's value or the carry (other variables may happen to be equal to it).
    const auto ranged = [&](uint64_t v) {
      for (size_t r = 1; r < s.circuit().n(); ++r)
        if (!s.circuit().fixed[plonk::kRange][r - 1].is_zero() && values[s.at(0, r)] == Fr::from_u64(v)) return s.at(0, r);
      CHECK(false);
    };
    ak_u = find(w.ak.u);
    ak_v = find(w.ak.v);
    nk = find(w.nk);
    asset_id = find(w.asset_id);
    carry = ranged(w.carry);
    for (size_t i = 0; i < kSlots; ++i) {
      inputs[i].value = number(w.inputs[i].value);
      inputs[i].diversifier = find(w.inputs[i].diversifier);
      inputs[i].rho = find(w.inputs[i].rho);
      inputs[i].rcm = find(w.inputs[i].rcm);
      outputs[i] = {ranged(w.outputs[i].value), find(w.outputs[i].owner), find(w.outputs[i].rcm)};
    }
    for (size_t i = 0; i < kBranchSlots; ++i)
      outputs_b[i] = {ranged(w.outputs_b[i].value), find(w.outputs_b[i].owner), find(w.outputs_b[i].rcm)};
    const auto& circuit = s.circuit();
    size_t level = 0;
    for (size_t r = 0; r < circuit.n(); ++r) {
      if (!circuit.fixed[plonk::kMerkle][r].is_zero()) {
        CHECK(level < kSlots * kTreeDepth);
        for (size_t c = 0; c < 4; ++c) inputs[level / kTreeDepth].children[level % kTreeDepth][c] = s.at(c, r + 1);
        ++level;
      }
      if (!circuit.fixed[plonk::kFixedBase][r].is_zero()) bits.insert(bits.end(), {s.at(6, r), s.at(7, r)});
      if (!circuit.fixed[plonk::kRange][r].is_zero())
        for (size_t c = 1; c <= 8; ++c) digits.push_back(s.at(c, r));
    }
    CHECK(level == kSlots * kTreeDepth);
    for (size_t i = 0; i < fields.size(); ++i) fields[i] = s.at(0, circuit.public_rows[i]);
  }

  // What a prover chooses; everything else must follow.
  std::vector<Unknown> free_inputs() const {
    std::vector<Unknown> out{ak_u, ak_v, nk, asset_id, carry};
    for (const auto& i : inputs) {
      out.insert(out.end(), {i.value, i.diversifier, i.rho, i.rcm});
      for (const auto& level : i.children) out.insert(out.end(), level.begin(), level.end());
    }
    for (const auto* o : {&outputs[0], &outputs[1], &outputs[2], &outputs_b[0], &outputs_b[1]}) out.insert(out.end(), {o->value, o->owner, o->rcm});
    out.insert(out.end(), bits.begin(), bits.end());
    for (const size_t i : {0, 1, 2, 11, 12, 13, 14, 15, 16}) out.push_back(fields[i]);   // anchors, hasB, v_in, v_out, assets, fee
    return out;
  }

  // Roots from which a false or true statement is recomputed: input 0 and 2 follow from the balance, the child on the path
  // from the leaf, anchors and assets where the statement ties them.
  std::vector<Unknown> roots(const std::vector<Fr>& base, const plonk::System& s) const {
    std::vector<Unknown> out{ak_u, ak_v, nk, asset_id};
    out.insert(out.end(), bits.begin(), bits.end());
    for (const size_t i : {11, 12, 13, 16}) out.push_back(fields[i]);
    out.insert(out.end(), digits.begin(), digits.end());
    out.push_back(inputs[1].value);
    for (const auto& i : inputs) out.insert(out.end(), {i.diversifier, i.rho, i.rcm});
    for (const auto* o : {&outputs[0], &outputs[1], &outputs[2], &outputs_b[0], &outputs_b[1]}) out.insert(out.end(), {o->owner, o->rcm});
    for (size_t r = 0; r < s.circuit().n(); ++r) {
      if (s.circuit().fixed[plonk::kMerkle][r].is_zero()) continue;
      bool skipped = false;
      for (size_t c = 0; c < 4; ++c) {
        const Unknown child = s.at(c, r + 1);
        if (!skipped && base[child] == base[s.at(0, r)]) skipped = true;   // on the path
        else out.push_back(child);
      }
    }
    // Assets, anchors and what a removed constraint leaves open: in the order of rows, so that a cause comes before its consequences (in a
    // permutation's last row the output stands first).
    for (size_t r = 0; r < s.circuit().n(); ++r) {
      const size_t first = s.circuit().fixed[plonk::kP8][r].is_zero() ? 0 : 2;
      for (size_t i = 0; i < plonk::kColumns; ++i) {
        const size_t c = (first + i) % plonk::kColumns;
        if (s.circuit().variable[c][r] != plonk::kNoVar) out.push_back(s.at(c, r));
      }
    }
    return out;
  }

  // The statement and witness an assignment stands for; nullopt if a number is not one (inputs' values are only bound to be
  // below 2^64 by having been made by a proven output).
  std::optional<RandomStatement> read(const std::vector<Fr>& x, const plonk::System& s) const {
    bool ok = true;
    const auto number = [&](Unknown u) {
      const auto v = x[u].to_u64();
      ok = ok && v.has_value();
      return v.value_or(0);
    };
    RandomStatement out;
    auto& p = out.statement;
    auto& w = out.witness;
    const auto field = [&](size_t i) { return x[s.public_value(i)]; };
    for (size_t i = 0; i < kSlots; ++i) {
      p.root[i] = field(i);
      p.nf[i] = field(3 + i);
      p.cm[i] = field(6 + i);
      auto& in = w.inputs[i];
      in.value = number(inputs[i].value);
      in.diversifier = x[inputs[i].diversifier];
      in.rho = x[inputs[i].rho];
      in.rcm = x[inputs[i].rcm];
      for (size_t l = 0; l < kTreeDepth; ++l)
        for (size_t c = 0; c < 4; ++c) in.path.children[l][c] = x[inputs[i].children[l][c]];
      w.outputs[i] = {number(outputs[i].value), x[outputs[i].owner], x[outputs[i].rcm]};
    }
    for (size_t i = 0; i < kBranchSlots; ++i) {
      p.cm_b[i] = field(9 + i);
      w.outputs_b[i] = {number(outputs_b[i].value), x[outputs_b[i].owner], x[outputs_b[i].rcm]};
    }
    const auto flag = number(s.public_value(11));
    ok = ok && flag <= 1;
    p.has_b = w.has_b = flag == 1;
    p.v_in = w.v_in = number(s.public_value(12));
    p.v_out = w.v_out = number(s.public_value(13));
    p.asset_pub = field(14);
    p.fee_asset = w.fee_asset = field(15);
    p.fee = w.fee = number(s.public_value(16));
    p.rk = {field(17), field(18)};
    w.ak = {x[ak_u], x[ak_v]};
    w.nk = x[nk];
    w.asset_id = x[asset_id];
    w.carry = number(carry);
    // alpha as an integer below 2^252, by doubling: it may exceed l.
    crypto::JubjubScalar alpha;
    for (size_t i = 0; i < bits.size(); i += 2) {
      alpha = alpha + alpha;
      alpha = alpha + alpha;
      alpha = alpha + crypto::JubjubScalar::from_u64(number(bits[i]) + 2 * number(bits[i + 1]));
    }
    w.alpha = alpha;
    return ok ? std::optional(out) : std::nullopt;
  }
};

}  // namespace sotto::circuit
