// A proof, its wire form, and the transcript schedule prover and verifier share.
#pragma once
#include "plonk/keys.hpp"
#include "plonk/transcript.hpp"

namespace sotto::plonk {

struct Evaluations {
  std::array<crypto::Fr, kColumns> w;          // wires at zeta
  std::array<crypto::Fr, kReach> w_next;       // wires 0..5 at w zeta
  std::array<crypto::Fr, kRouted - 1> sigma;   // sigma 0..2 at zeta
  crypto::Fr z_next;                           // z at w zeta
};
// 18 points and 20 evaluations: 18 * 48 + 20 * 32 = 1504 bytes.
struct Proof : Evaluations {
  std::array<crypto::G1Affine, kColumns> wires;
  crypto::G1Affine z;
  std::array<crypto::G1Affine, kQuotientPieces> t;
  crypto::G1Affine opening, opening_next;      // at zeta, at w zeta
};
inline constexpr size_t kProofPoints = kColumns + 1 + kQuotientPieces + 2;
inline constexpr size_t kProofScalars = kColumns + kReach + kRouted;
inline constexpr size_t kProofBytes = kProofPoints * 48 + kProofScalars * 32;
static_assert(kProofBytes == 1504);

Bytes encode_proof(const Proof& proof);
// Exact length; every point on the curve, in the subgroup, not infinity; every scalar below r.
Result<Proof, DecodeError> decode_proof(ByteView bytes);

// Where the parts stand: sixteen points, the evaluations, the two openings.
constexpr size_t point_offset(size_t i) {
  return i < kProofPoints - 2 ? 48 * i : kProofBytes - 48 * (kProofPoints - i);
}
Result<Evaluations, DecodeError> decode_evaluations(ByteView proof);

// The y-coordinates of a proof's points in wire order, 48 bytes big-endian each: what a verifier may be told beside the proof to
// save its square roots. Not part of the proof, not authenticated, never believed (crypto::G1Unchecked::decode).
inline constexpr size_t kHintBytes = kProofPoints * 48;
// From an encoded proof; empty if a point does not decode. Subgroups are not checked.
Bytes proof_hints(ByteView proof);

// What a proof is bound to besides the witness.
struct Statement {
  ByteArray<32> network;
  std::span<const crypto::Fr> public_inputs;
};

struct Challenges {
  crypto::Fr beta, gamma, alpha, zeta, v, u;
};

// The absorb schedule, round by round (docs/spec/proof-system.md, section 5). Each function absorbs one prover message and
// returns the challenge(s) that follow it.
class Schedule {
 public:
  Schedule(const VerifyingKey& vk, const Statement& statement, std::vector<std::string>* log = nullptr);
  void wires(std::span<const crypto::G1Affine> wires, Challenges& c);           // -> beta, gamma
  void permutation(const crypto::G1Affine& z, Challenges& c);                   // -> alpha
  void quotient(std::span<const crypto::G1Affine> t, Challenges& c);            // -> zeta
  void evaluations(const Evaluations& opened, Challenges& c);                   // -> v
  // The first four rounds of an encoded proof, whose points nobody need have decoded: what is hashed is their encoding.
  void rounds(ByteView proof, const Evaluations& opened, Challenges& c);        // -> beta, gamma, alpha, zeta, v
  // For a verifier without randomness of its own, which adds up its two equations with u. The batch verifier draws weights.
  void openings(const crypto::G1Affine& at_zeta, const crypto::G1Affine& at_next, Challenges& c);  // -> u

 private:
  void absorb_wires(ByteView encodings, Challenges& c);
  void absorb_permutation(ByteView encoding, Challenges& c);
  void absorb_quotient(ByteView encodings, Challenges& c);
  Transcript transcript_;
};

}  // namespace sotto::plonk
