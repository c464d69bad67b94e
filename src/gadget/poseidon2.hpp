// In-circuit Poseidon2: Node, H and a Merkle path step. Native twins: crypto::node, crypto::hash.
#pragma once
#include "plonk/builder.hpp"

namespace sotto::gadget {

using plonk::Var;
using Builder = plonk::Builder<crypto::Fr>;
using Cells = plonk::PoseidonCells<crypto::Fr>;

// The values of a permutation's cells, to be computed ahead of the circuit's code and on any thread.
Cells node_cells(const std::array<crypto::Fr, 4>& in);

// Node(in) = P2(in)[0] + in[0]. If `children` is given the output must equal one of them, and they must be the inputs of
// the very next permutation: one step up a Merkle path, which of the four it is stays unsaid. `computed` are the node_cells()
// of these inputs if the caller has them already.
Var node(Builder& b, const std::array<Var, 4>& in, const std::array<Var, 4>* children = nullptr, const Cells* computed = nullptr);

// H(tag; x, y, z).
Var hash(Builder& b, crypto::Tag tag, Var x, Var y, Var z, const std::array<Var, 4>* children = nullptr);

}  // namespace sotto::gadget
