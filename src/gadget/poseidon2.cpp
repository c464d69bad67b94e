#include "gadget/poseidon2.hpp"

namespace sotto::gadget {

using crypto::Fr;
using namespace plonk;

Cells node_cells(const std::array<Fr, 4>& in) { return poseidon_cells(poseidon2_constants(), in); }

Var node(Builder& b, const std::array<Var, 4>& in, const std::array<Var, 4>* children, const Cells* computed) {
  Cells own;
  if (!computed) own = node_cells({b.value(in[0]), b.value(in[1]), b.value(in[2]), b.value(in[3])});
  const Cells& values = computed ? *computed : own;
  std::array<std::array<Var, kColumns>, 9> cells;
  for (size_t r = 0; r < 9; ++r)
    for (size_t c = 0; c < kColumns; ++c) cells[r][c] = (r == 0 && c < 4) ? in[c] : (r == 8 && c == 1) ? in[0] : b.variable(values[r][c]);
  if (b.values_only()) return cells[8][0];
  for (size_t r = 0; r < 8; ++r) {
    std::array<Var, kReach> next{};
    const uint16_t read = cells_read(kP0 + r);
    for (size_t c = 0; c < kReach; ++c)
      if (read >> (kColumns + c) & 1) next[c] = cells[r + 1][c];
    b.row(1u << (kP0 + r), cells[r], next);
  }
  if (children) {
    b.row(1u << kP8 | 1u << kMerkle, cells[8], {(*children)[0], (*children)[1], (*children)[2], (*children)[3]});
  } else {
    b.row(1u << kP8, cells[8]);
  }
  return cells[8][0];
}

Var hash(Builder& b, crypto::Tag tag, Var x, Var y, Var z, const std::array<Var, 4>* children) {
  return node(b, {x, y, z, b.constant(Fr::from_u64(static_cast<uint64_t>(tag)))}, children);
}

}  // namespace sotto::gadget
