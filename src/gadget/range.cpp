#include "gadget/range.hpp"

namespace sotto::gadget {

using crypto::Fr;
using namespace plonk;

plonk::Var range64(Builder<Fr>& b, uint64_t value) {
  const Var v = b.variable(Fr::from_u64(value));
  require_range64(b, v);
  return v;
}

void require_range64(Builder<Fr>& b, Var v) {
  const uint64_t value = b.value(v).limbs()[0];
  Var accumulator = b.constant(Fr::zero());
  for (size_t row = 0; row < 4; ++row) {
    std::array<Var, kColumns> cells{};
    cells[0] = accumulator;
    for (size_t i = 0; i < 8; ++i) cells[1 + i] = b.variable(Fr::from_u64(value >> (62 - 2 * (8 * row + i)) & 3));
    const size_t seen = 16 * (row + 1);
    accumulator = row == 3 ? v : b.variable(Fr::from_u64(value >> (64 - seen)));
    b.row(1u << kRange, cells, {accumulator});
  }
  b.row(0, {v});  // carries the last row's result
}

}  // namespace sotto::gadget
