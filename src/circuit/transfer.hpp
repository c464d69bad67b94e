// The transfer statement (docs/spec/transfer.md): one shape for every payment. Three slots; slots 0, 1 carry the hidden
// asset, slot 2 the fee asset. What is public, what is secret, and the plain C++ relation the circuit must agree with.
#pragma once
#include <array>

#include "base/secret.hpp"
#include "base/world.hpp"
#include "crypto/jubjub.hpp"
#include "crypto/poseidon2.hpp"

namespace sotto::circuit {

using crypto::Fr;

inline constexpr size_t kSlots = 3;         // inputs = outputs
inline constexpr size_t kBranchSlots = 2;   // outputs 0, 1 have a twin in branch B
inline constexpr size_t kTreeDepth = 20;    // levels of the 4-ary note tree

// Everything the verifier sees, in the order the proof system absorbs it (fields()).
struct TransferPublic {
  std::array<Fr, kSlots> root;              // anchor per input
  std::array<Fr, kSlots> nf;
  std::array<Fr, kSlots> cm;
  std::array<Fr, kBranchSlots> cm_b;        // 0 if has_b is false
  bool has_b = false;
  uint64_t v_in = 0, v_out = 0;
  Fr asset_pub;
  Fr fee_asset;
  uint64_t fee = 0;
  crypto::JubjubAffine rk;

  static constexpr size_t kFields = 19;
  std::array<Fr, kFields> fields() const;
};

struct MerklePath {
  // children[l] = the four children of the ancestor at level l (0 = the leaf's own siblings, leaf included),
  // position[l] in [0, 4) says which of them is on the path.
  std::array<std::array<Fr, 4>, kTreeDepth> children;
  std::array<uint8_t, kTreeDepth> position;
};

struct InputWitness {
  uint64_t value = 0;                       // 0: dummy, membership not checked
  Fr diversifier;                           // d as an integer
  Fr rho, rcm;
  MerklePath path;
};

struct OutputWitness {
  uint64_t value = 0;
  Fr owner, rcm;
};

struct TransferWitness {
  crypto::JubjubAffine ak;
  Fr nk;
  crypto::JubjubScalar alpha;               // rk = ak + [alpha]G_J
  Fr asset_id;                              // asset = H(ASSET; asset_id, 0, 0)
  Fr fee_asset;
  std::array<InputWitness, kSlots> inputs;
  std::array<OutputWitness, kSlots> outputs;
  bool has_b = false;
  std::array<OutputWitness, kBranchSlots> outputs_b;   // any values in range if has_b is false
  uint64_t v_in = 0, v_out = 0, fee = 0;
  uint64_t carry = 0;                       // x: moved from slots 0, 1 to slot 2; only if asset == fee_asset
};

// The public side of an honest witness (roots computed from the paths; for dummies too, so callers that want a dummy
// to name a particular anchor set root afterwards).
TransferPublic public_of(const TransferWitness& w);

// The relation in plain C++: the native twin of the circuit. Names the first clause that fails.
enum class Unsatisfied : uint8_t {
  none, rk, ak_off_curve, nullifier, root, commitment, commitment_b, balance, balance_b, fee_balance, carry_asset, asset_pub,
};
Unsatisfied holds(const TransferPublic& x, const TransferWitness& w);
const char* name(Unsatisfied u);

}  // namespace sotto::circuit
