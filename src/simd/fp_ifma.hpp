// Eight elements of Fp in the lanes of eight AVX-512 registers, one unsigned 52-bit limb a register: IFMA's vpmadd52.
//
// The arithmetic is written once (ifma_lanes.hpp) over a vector type with two implementations: the instructions
// (ifma_real.cpp, the only file compiled for AVX-512) and the same in plain C++ (ifma_emulated.cpp), which runs on
// any machine and so lets every machine test it. Both are reached through a table of functions over raw words, so
// that nothing compiled for AVX-512 can be taken by the linker for a processor without it.
//
// Montgomery with R = 2^416. 64 limb products of two instructions each (36 for a square: the 28 mixed ones are added
// up and doubled), the top one's high half being zero; then Orup's quotient shortcut ("Simplifying quotient
// determination in high-radix modular multiplication", ARITH 1995): seven rows add x T 2^52 with T = (k p + 1) /
// 2^52, k = -1/p mod 2^52, x the column itself, of which vpmadd52 reads the low 52 bits without being asked. Only the
// last row needs an instruction to find its quotient.
//   product 127 + 7 * 16 + 1 + 16 = 256 vpmadd52; square 71 + 129 = 200, and 15 additions for the doubling
// Chain: from row to row one vpmadd52 and one addition, 4 + 1 cycles, while a row has 16 vpmadd52, 8 cycles at two a
// cycle: no stall inside a product, no need to interleave products. With the plain quotient: 4 + 4 + 1 + 1 cycles, 7
// vpmadd52 more.
//
// Bounds, in multiples of p; 2^416 is 2^35.3 p, so that limbs settled below 2^52 hold any value met here.
//   product of values below A p and B p: below (1.25 + A B / 2^35) p (1/4: the seventh row's k / 2^52; 1: the last)
//   columns: at most 33 halves of limb products, below 2^58
//   a difference is taken as a - b + m p with m p >= b; carries ripple through all limbs with their sign
//   reduced values: below 1.01 p; points in memory: at most 2 p (negation is 2 p - y)
// What vpmadd52 reads as a whole is settled (every limb below 2^52), or a column of which the low 52 bits are meant.
#pragma once
#include "simd/pairs.hpp"

namespace sotto::simd {

// Limbs below 2^52. Defined elsewhere on purpose: constants the compiler knows it would build in registers, with
// instructions on the ports that vpmadd52 needs; these are broadcast by the load.
struct IfmaConstants {
  uint64_t p[8];
  uint64_t t[8];                                       // (k p + 1) / 2^52
  uint64_t minus_inverse;                              // k
};
extern const IfmaConstants kIfmaConstants;

using IfmaWords = uint64_t[64];                        // [limb][lane]

struct IfmaScratch {
  static constexpr size_t kVectors = kMaxPairs / 8;
  alignas(64) IfmaWords dx[kVectors], prefix[kVectors];
  alignas(64) IfmaWords inverse;                       // of prefix[vectors - 1], canonical
  Pair<IfmaPoint> last[8];                             // the last vector's pairs, all eight valid
  IfmaPoint unused;
};

struct IfmaCode {
  // out = a b / 2^416: 64-byte aligned words, limbs settled. out may be a or b.
  void (*multiply)(uint64_t* out, const uint64_t* a, const uint64_t* b);
  void (*square)(uint64_t* out, const uint64_t* a);
  // out = a mod p, below 1.01 p. Input: below 7 p, settled.
  void (*reduce)(uint64_t* out, const uint64_t* a);
  // Fills dx and prefix (products of the dx before and its own). Of `pairs` all vectors but the last are read.
  void (*differences)(IfmaScratch& scratch, const Pair<IfmaPoint>* pairs, size_t vectors);
  // Writes every pair's sum, from dx, prefix and inverse.
  void (*sums)(const IfmaScratch& scratch, const Pair<IfmaPoint>* pairs, size_t vectors);
  // Every operation of the vector type on the words given, results one after the other: kIfmaOperations of eight words.
  void (*every_operation)(uint64_t* out, const uint64_t* in64);
};
inline constexpr size_t kIfmaOperations = 18;

extern const IfmaCode kIfmaReal, kIfmaEmulated;

}  // namespace sotto::simd
