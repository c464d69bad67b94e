// rk = ak + [alpha] G_J on Jubjub: 126 rows of two bits each, then one complete addition. Native twin: crypto::JubjubPoint.
#pragma once
#include <memory>

#include "crypto/jubjub.hpp"
#include "plonk/builder.hpp"

namespace sotto::gadget {

struct PointVar {
  plonk::Var u, v;
};

// (u, v) satisfies the curve equation. Small-order components are allowed (the signature rule is cofactored).
void require_on_curve(plonk::Builder<crypto::Fr>& b, PointVar p);

inline constexpr size_t kFixedBaseRows = 126;   // 252 bits cover every scalar below l

// What the rows hold, to be computed ahead of the circuit's code and on any thread. Constant time in alpha.
struct FixedBaseSteps {
  std::array<std::array<uint8_t, 2>, kFixedBaseRows> bits;                // of each row's digit, low bit first
  std::array<crypto::JubjubAffine, 3 * kFixedBaseRows + 1> accumulator;   // before row r: [3r]; doubled: [3r + 1], [3r + 2]
  ~FixedBaseSteps() { wipe(this, sizeof *this); }
};
std::unique_ptr<const FixedBaseSteps> fixed_base_steps(const crypto::JubjubScalar& alpha);

// base + [alpha] G_J; `base` must be on the curve.
PointVar add_fixed_base(plonk::Builder<crypto::Fr>& b, PointVar base, const FixedBaseSteps& steps);
inline PointVar add_fixed_base(plonk::Builder<crypto::Fr>& b, PointVar base, const crypto::JubjubScalar& alpha) {
  return add_fixed_base(b, base, *fixed_base_steps(alpha));
}

}  // namespace sotto::gadget
