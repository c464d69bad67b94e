// The shape every circuit shares (docs/spec/proof-system.md, section 2).
#pragma once
#include <cstddef>
#include <cstdint>

namespace sotto::plonk {

inline constexpr size_t kColumns = 10;        // wire columns
inline constexpr size_t kRouted = 4;          // columns 0..3 take part in the permutation argument
inline constexpr size_t kReach = 6;           // columns 0..5 of the next row are visible to gates
inline constexpr size_t kQuotientPieces = 5;  // deg t <= 5n - 6
inline constexpr size_t kBlindRows = 4;       // random rows at the end, one more than openings and commitment need
inline constexpr size_t kMaxConstraints = 12; // of one gate on one row
inline constexpr size_t kMerkleAlpha = kMaxConstraints;          // exponent of alpha for the merkle gate (shares rows with p8)
inline constexpr size_t kPermutationAlpha = kMaxConstraints + 1; // and the two boundary terms after it
inline constexpr size_t kAlphaPowers = kMaxConstraints + 4;

// Rows 0 .. usable-1 carry the circuit, row `usable` is the guard (z = 1), the last kBlindRows rows are random.
constexpr size_t usable_rows(size_t n) { return n - kBlindRows - 1; }

// One fixed column each. p0..p8: the nine rows of a Poseidon2 permutation.
enum Fixed : uint8_t {
  kP0, kP1, kP2, kP3, kP4, kP5, kP6, kP7, kP8,
  kMerkle,      // on a p8 row: the output is one of the next row's four routed cells
  kFixedBase,   // acc -> 4 acc + [2 bits] G
  kEcAdd,       // complete Edwards addition
  kRange,       // 16 bits in eight base-4 digits
  kQm01, kQm23, kQ0, kQ1, kQ2, kQ3, kQc,  // arithmetic: qm01 w0w1 + qm23 w2w3 + sum q_i w_i + qc + PI = 0
  kFixedColumns,
};
inline constexpr size_t kSelectors = kQm01;   // 0/1 columns come first

}  // namespace sotto::plonk
