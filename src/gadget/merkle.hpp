// Membership: a leaf's chain of Nodes up a 4-ary tree. The position is not a variable: at every level the running hash is
// *one of* the next node's four children.
#pragma once
#include "gadget/poseidon2.hpp"

namespace sotto::gadget {

// `leaf` is made by make_leaf(children of the lowest level), which must pass them to its last hash (see hash());
// children[l] are values of the nodes at level l; `computed`, if not empty, holds node_cells(children[l]). Returns the root.
template <size_t Depth, class MakeLeaf>
Var merkle_root(Builder& b, const std::array<std::array<crypto::Fr, 4>, Depth>& children, MakeLeaf make_leaf,
                std::span<const Cells> computed = {}) {
  std::array<std::array<Var, 4>, Depth> vars;
  for (size_t l = 0; l < Depth; ++l)
    for (size_t i = 0; i < 4; ++i) vars[l][i] = b.variable(children[l][i]);
  make_leaf(vars[0]);
  CHECK(computed.empty() || computed.size() == Depth);
  Var root;
  for (size_t l = 0; l < Depth; ++l)
    root = node(b, vars[l], l + 1 < Depth ? &vars[l + 1] : nullptr, computed.empty() ? nullptr : &computed[l]);
  return root;
}

}  // namespace sotto::gadget
