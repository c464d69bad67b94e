// The prover's fast form of the gates: for one alpha the constraints of a Poseidon2 row collapse into a single affine form,
// and the rows p2..p5 share theirs up to the constant. Tested to equal gate_value() everywhere.
#pragma once
#include "plonk/identity.hpp"

namespace sotto::plonk {

class CombinedGates {
 public:
  CombinedGates(const GateSet<crypto::Fr>& gates, const IdentityChallenges<crypto::Fr>& challenges);

  // sum of selector * gate over kP0 .. kRange. `selectors`: kSelectors values; w5/n5: fifth powers of w and next.
  crypto::Fr evaluate(const crypto::Fr* selectors, const crypto::Fr* w, const crypto::Fr* w5, const crypto::Fr* next,
                      const crypto::Fr* next5) const;

  struct Term {
    uint8_t basis;                     // index of gates.hpp: kW ..
    crypto::Fr coefficient;
  };
  struct Group {
    std::vector<uint8_t> rows;         // p-rows sharing the linear part
    std::vector<Term> terms;
  };
  const std::vector<Group>& groups() const { return groups_; }
  const std::array<crypto::Fr, 9>& constants() const { return constants_; }   // of p0 .. p8

 private:
  const GateSet<crypto::Fr>& gates_;
  const IdentityChallenges<crypto::Fr>& challenges_;
  std::vector<Group> groups_;
  std::array<crypto::Fr, 9> constants_;
};

}  // namespace sotto::plonk
