// A circuit as a system of equations over its variables, for the checks that run on every circuit (threats.md 4.3): which
// variable a constraint forces, what changes when one is changed, what gets through when a constraint or a copy is removed.
// Tools and tests only; nothing here is on the path of a proof.
#pragma once
#include <functional>

#include "plonk/circuit.hpp"

namespace sotto::plonk {

// Unknowns are numbered: the circuit's variables, then one per public input, then cells split off by split().
using Unknown = uint32_t;

// How a constraint depends on one of its unknowns when the others are fixed.
enum class Shape : uint8_t {
  constant,   // affine, with a coefficient that depends on nothing: forces it
  fifth,      // a + b x^5 with constant b: forces it, since gcd(5, r - 1) = 1
  affine,     // affine, the coefficient depends on other unknowns: forces it where that is not 0
  other,
};

struct Constraint {
  uint32_t row;
  uint8_t selector;      // the gate; kQc: the row's arithmetic equation
  uint8_t index;         // which of the gate's constraints
};

class System {
 public:
  using Fr = crypto::Fr;
  struct Term {
    Unknown unknown;
    Shape shape;
  };

  System(const GateSet<Fr>& gates, const Circuit<Fr>& circuit);

  size_t unknowns() const { return unknowns_; }
  Unknown public_value(size_t i) const { return static_cast<Unknown>(circuit_.variables + i); }
  size_t size() const { return constraints_.size(); }
  const Constraint& constraint(size_t k) const { return constraints_[k]; }
  const std::vector<Term>& terms(size_t k) const { return terms_[k]; }
  const std::vector<uint32_t>& uses(Unknown u) const { return uses_[u]; }  // constraints it occurs in
  Unknown at(size_t column, size_t row) const { return cells_[column][row]; }
  const Circuit<Fr>& circuit() const { return circuit_; }

  // The values of all unknowns in a satisfied or any assignment made by the builder.
  std::vector<Fr> values(const Assignment<Fr>& a) const;
  // The assignment that gives every cell its unknown's value.
  Assignment<Fr> assignment(const std::vector<Fr>& x) const;
  Fr residual(size_t k, const std::vector<Fr>& x) const;
  // The value of `u` that satisfies constraint k given the others; nullopt if none or not unique. For a merkle constraint the
  // child that equalled the output in `base` is set to the output.
  std::optional<Fr> solve(size_t k, Unknown u, std::vector<Fr>& x, const std::vector<Fr>& base) const;
  // Is the coefficient of u in k not 0 at `base` (which is changed and restored)?
  bool solvable(size_t k, Unknown u, std::vector<Fr>& base) const;

  // Cuts one cell out of its copy cycle: it gets an unknown of its own (returned), with the old value expected in x.
  Unknown split(size_t column, size_t row);

 private:
  struct SparseForm {
    std::vector<std::pair<uint8_t, Fr>> terms;
    Fr constant;
    bool uses_first_layer = false;
  };
  struct CellTerm {
    uint8_t cell;        // 0..9 own row, 10..15 next row
    Shape shape;
  };
  void probe_gates();
  void make_terms(size_t k);
  Unknown cell(size_t row, size_t c) const {
    return c < kColumns ? cells_[c][row] : cells_[c - kColumns][(row + 1) % circuit_.n()];
  }

  const GateSet<Fr>& gates_;
  const Circuit<Fr>& circuit_;
  size_t unknowns_;
  std::array<std::vector<Unknown>, kColumns> cells_;
  std::vector<uint32_t> public_of_row_;                         // index of the public input, or kNoVar
  std::array<std::vector<std::vector<CellTerm>>, kSelectors> shapes_;   // [selector][index]
  std::array<std::vector<SparseForm>, 9> forms_;
  std::vector<Constraint> constraints_;
  std::vector<std::vector<Term>> terms_;
  std::vector<std::vector<uint32_t>> uses_;
};

// Constraints that x violates.
std::vector<uint32_t> violations(const System& s, const std::vector<crypto::Fr>& x);
// Does any constraint object when u alone (in all its cells) is set to `value`?
bool bites(const System& s, std::vector<crypto::Fr>& x, Unknown u, const crypto::Fr& value);

// The order in which unknowns follow from roots: each step's constraint gives its unknown from earlier ones.
struct Order {
  struct Step {
    uint32_t constraint;
    Unknown unknown;
  };
  std::vector<Unknown> roots;
  std::vector<Step> steps;
  std::vector<uint32_t> definer;   // constraint by unknown, kNoVar for roots
};
// Everything that follows is derived first; then the next root of `preferred` (then any unknown) that is still open is taken, and so
// on. `without`: a constraint left out. Value-dependent coefficients are taken from `base`, a satisfied assignment.
Order derive(const System& s, const std::vector<crypto::Fr>& base, std::span<const Unknown> preferred, size_t without = SIZE_MAX);

// Changes the unknowns given, recomputes what follows from them in that order and returns the constraints now violated.
// x: in, the base values; out, the changed ones.
std::vector<uint32_t> mutate(const System& s, const Order& order, std::vector<crypto::Fr>& x,
                             std::span<const std::pair<Unknown, crypto::Fr>> changes);

// Determinism: what `inputs` force, by rules that hold for every value: constant and fifth-power shapes; base-4 digits of a
// known value; curve rows between points known to lie on the curve (`curve_points`: pairs asserted by the circuit itself or the
// constants (0, 1)), where no denominator vanishes. Returns the unknowns left open.
std::vector<Unknown> unforced(const System& s, std::span<const Unknown> inputs);

// Pairs (u, v) for which the circuit has u^2, v^2 and the curve equation as arithmetic rows, and pairs of constants (0, 1).
std::vector<std::pair<Unknown, Unknown>> curve_points(const System& s);

}  // namespace sotto::plonk
