// The quotient's values on a coset, four rows at a time: what prover.cpp computes row by row, with the sums of products
// reduced once each. Tested to give the same values.
#pragma once
#include "plonk/combined_gates.hpp"
#include "plonk/lane_field.hpp"

namespace sotto::plonk {

using LaneColumn = std::vector<LaneFr>;                // element r is in lane r % 4 of entry r / 4

LaneColumn to_lanes(std::span<const crypto::Fr> column);

// The key's polynomials on one coset.
struct LaneCoset {
  std::array<LaneColumn, kFixedColumns> fixed;         // empty for an unused column
  std::array<LaneColumn, kRouted> sigma;
  LaneColumn x, first, guard, mask;
  LaneFr vanishing_inverse;
};

class LaneQuotient {
 public:
  LaneQuotient(const GateSet<crypto::Fr>& gates, const IdentityChallenges<crypto::Fr>& challenges);

  struct Columns {                                     // values on the coset
    std::array<LaneColumn, kColumns> w;
    LaneColumn z, public_values;
  };
  // Values at rows 4 entry .. 4 entry + 3.
  LaneFr at(const LaneCoset& key, const Columns& columns, size_t entry) const;

 private:
  struct Group {
    std::vector<uint8_t> rows, basis;
    LaneColumn coefficients;
  };
  LaneFr gate(size_t selector, const LaneFr* w, const LaneFr* next) const;

  GateSet<LaneFr> gates_;                              // without the forms, which groups_ holds combined
  IdentityChallenges<LaneFr> challenges_;
  std::vector<Group> groups_;
  std::array<LaneFr, 9> constants_;
  std::array<LaneFr, 9> range_weights_;                // 4^8, 4^7, .., 1
};

}  // namespace sotto::plonk
