// In-circuit Poseidon2: Node, H and a Merkle path step. Native twins: crypto::node, crypto::hash.
#pragma once
#include "plonk/builder.hpp"

namespace sotto::gadget {

using plonk::Var;
using Builder = plonk::Builder<crypto::Fr>;

// Node(in) = P2(in)[0] + in[0]. If `children` is given the output must equal one of them, and they must be the inputs of
// the very next permutation: one step up a Merkle path, which of the four it is stays unsaid.
Var node(Builder& b, const std::array<Var, 4>& in, const std::array<Var, 4>* children = nullptr);

// H(tag; x, y, z).
Var hash(Builder& b, crypto::Tag tag, Var x, Var y, Var z, const std::array<Var, 4>* children = nullptr);

}  // namespace sotto::gadget
