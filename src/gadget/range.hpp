// v in [0, 2^64): 32 base-4 digits in four rows. Native twin: the value fits a uint64_t.
#pragma once
#include "plonk/builder.hpp"

namespace sotto::gadget {

// A fresh variable holding `value`, range-checked.
plonk::Var range64(plonk::Builder<crypto::Fr>& b, uint64_t value);
// The same for any variable; its value may be out of range (then the circuit is unsatisfied): for tamper tests.
void require_range64(plonk::Builder<crypto::Fr>& b, plonk::Var v);

}  // namespace sotto::gadget
