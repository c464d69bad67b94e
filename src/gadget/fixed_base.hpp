// rk = ak + [alpha] G_J on Jubjub: 126 rows of two bits each, then one complete addition. Native twin: crypto::JubjubPoint.
#pragma once
#include "crypto/jubjub.hpp"
#include "plonk/builder.hpp"

namespace sotto::gadget {

struct PointVar {
  plonk::Var u, v;
};

// (u, v) satisfies the curve equation. Small-order components are allowed (the signature rule is cofactored).
void require_on_curve(plonk::Builder<crypto::Fr>& b, PointVar p);
// base + [alpha] G_J; `base` must be on the curve.
PointVar add_fixed_base(plonk::Builder<crypto::Fr>& b, PointVar base, const crypto::JubjubScalar& alpha);

}  // namespace sotto::gadget
