#include "plonk/gates.hpp"

#include "crypto/hash.hpp"
#include "crypto/jubjub.hpp"
#include "plonk/gates_poseidon.hpp"

namespace sotto::plonk {

using crypto::Fr;

const Poseidon2Constants<Fr>& poseidon2_constants() {
  static const Poseidon2Constants<Fr> constants = [] {
    const auto& p = crypto::poseidon2_params<4>();
    return Poseidon2Constants<Fr>{p.full, p.partial, p.diag_minus_one};
  }();
  return constants;
}

const GateSet<Fr>& gate_set() {
  static const GateSet<Fr> gates = [] {
    FixedBaseConstants<Fr> base{crypto::jubjub_d(), {}, {}};
    crypto::JubjubPoint multiple;
    for (size_t i = 0; i < 4; ++i) {
      const auto p = multiple.affine();
      base.u[i] = p.u;
      base.v[i] = p.v;
      multiple += crypto::jubjub_generator();
    }
    return make_gate_set(poseidon2_constants(), base);
  }();
  return gates;
}

Hash32 gate_set_digest(const GateSet<Fr>& gates) {
  Writer out;
  out.sized(view("Sotto.gates.v1"));
  for (const auto& c : gates.first_layer_constant) c.write(out);
  for (const auto& row : gates.poseidon) {
    out.count(row.size());
    for (const auto& form : row) {
      for (const auto& c : form.coefficient) c.write(out);
      form.constant.write(out);
    }
  }
  gates.d.write(out);
  for (const auto* table : {&gates.table_u, &gates.table_v, &gates.table_uv})
    for (const auto& c : *table) c.write(out);
  return crypto::sha256(out.bytes());
}

uint16_t cells_read(size_t selector) {
  constexpr uint16_t all = 0x3ff;
  const auto next = [](unsigned mask) { return static_cast<uint16_t>(mask << kColumns); };
  const auto with = [](uint16_t a, uint16_t b) { return static_cast<uint16_t>(a | b); };
  switch (selector) {
    case kP0: return with(all, next(0x3f));
    case kP1: return with(all, next(0x0f));
    case kP2: case kP3: case kP4: case kP5: return with(all, next(0x0f));
    case kP6: return with(all, next(0x3f));
    case kP7: return with(all, next(0x3c));
    case kP8: return all;
    case kMerkle: return with(0x001, next(0x0f));
    case kFixedBase: return with(0x0ff, next(0x03));
    case kEcAdd: return with(0x00f, next(0x03));
    case kRange: return with(0x1ff, next(0x01));
    default: return 0;
  }
}

template GateSet<Fr> make_gate_set(const Poseidon2Constants<Fr>&, const FixedBaseConstants<Fr>&);
template PoseidonCells<Fr> poseidon_cells(const Poseidon2Constants<Fr>&, const std::array<Fr, 4>&);

}  // namespace sotto::plonk
