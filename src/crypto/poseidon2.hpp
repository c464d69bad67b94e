// Poseidon2 (eprint 2023/323) over Fr, alpha = 5, R_F = 8, R_P = 56, for t = 2, 3, 4; constants from the paper's Grain
// LFSR at start-up. Order: external matrix; 4 full rounds; 56 partial rounds (constant and S-box on element 0 only);
// 4 full rounds. The protocol uses t = 4 only. Constant time.
#pragma once
#include "crypto/fr.hpp"

namespace sotto::crypto {

inline constexpr size_t kPoseidon2FullRounds = 8;
inline constexpr size_t kPoseidon2PartialRounds = 56;

// External matrix for t = 4, for circuits; the native code uses an addition chain. t = 2, 3: circ(2,1), circ(2,1,1).
inline constexpr std::array<std::array<uint32_t, 4>, 4> kPoseidon2M4 = {
    {{5, 7, 1, 3}, {4, 6, 1, 1}, {1, 3, 5, 7}, {1, 1, 4, 6}}};

template <size_t T>
struct Poseidon2Params {
  std::array<std::array<Fr, T>, kPoseidon2FullRounds> full;   // 0..3 before, 4..7 after the partial rounds
  std::array<Fr, kPoseidon2PartialRounds> partial;
  std::array<Fr, T> diag_minus_one;                           // internal matrix = ones + diag(diag_minus_one)
};

template <size_t T>
const Poseidon2Params<T>& poseidon2_params();

template <size_t T>
void poseidon2_permute(std::array<Fr, T>& state);

// One 4-ary Merkle node, and the compression every protocol hash is made of: P2(a,b,c,d)[0] + a.
Fr node(const Fr& a, const Fr& b, const Fr& c, const Fr& d);
// out[i] = node of children[4i .. 4i + 3]; children.size() == 4 out.size() (CHECKed).
void nodes(std::span<const Fr> children, std::span<Fr> out);

// The one table of domain tags for H. A number never changes its meaning.
enum class Tag : uint8_t {
  account = 1,
  owner = 2,
  note = 3,
  value = 4,
  nullifier = 5,
  asset = 6,
  rcm = 7,
  invoice = 8,
  paid = 9,
};

// H(tag; a, b, c) = node(a, b, c, tag).
Fr hash(Tag tag, const Fr& a, const Fr& b, const Fr& c);

}  // namespace sotto::crypto
