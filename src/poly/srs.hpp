// The common reference string: the first 4096 powers of tau in G1 and two in G2 of the Ethereum KZG ceremony
// (data/README.md). File format: "SOTTOSRS" | version u32 | count u32 | count compressed G1 powers | 65 compressed
// G2 powers | 1024 compressed Lagrange points of the size-1024 domain (derived: L_i(tau) G1). The SHA-256 of the whole
// file is pinned, so points need no further check at load; the power chain and the derived part are verified in the
// tests and by verify_powers().
#pragma once
#include <string>

#include "base/parallel.hpp"
#include "crypto/g2.hpp"

namespace sotto::poly {

inline constexpr size_t kSrsG1 = 4096;
inline constexpr size_t kSrsG2 = 65;
inline constexpr size_t kSrsLagrangeLog = 10;
inline constexpr size_t kSrsLagrange = size_t{1} << kSrsLagrangeLog;
inline constexpr std::string_view kSrsDigest = "3abf06073c73e996d84c48aaadfdd56bd3f01614c9b0cfa3df6db3b6ef089f06";

struct Srs {
  std::vector<crypto::G1Affine> g1;          // tau^i G1, the first `wanted` of 4096
  std::vector<crypto::G1Affine> lagrange;    // L_i(tau) G1 over the domain of size 1024, if asked for
  crypto::G2Affine g2, tau_g2;               // G2 and tau G2
  Hash32 digest;                             // of the file
};

enum class SrsError : uint8_t { cannot_read, wrong_length, wrong_header, wrong_digest, bad_point };
const char* name(SrsError e);

// Decodes the first `wanted` G1 powers (wanted <= 4096) after checking length, header and pinned digest.
Result<Srs, SrsError> parse_srs(ByteView file, size_t wanted, ThreadPool& pool);
Result<Srs, Error> load_srs(const std::string& path, size_t wanted, ThreadPool& pool);
// L_i(tau) G1 for the domain of size 2^log_n by an inverse transform in the group.
std::vector<crypto::G1Affine> lagrange_points(std::span<const crypto::G1Affine> powers, size_t log_n);
// Without the digest: decodes every point with subgroup checks. For building the file and for tests of mutants.
struct FullSrs {
  std::vector<crypto::G1Affine> g1;
  std::vector<crypto::G2Affine> g2;
  std::vector<crypto::G1Affine> lagrange;
};
Result<FullSrs, SrsError> parse_srs_unpinned(ByteView file);
Bytes encode_srs(const FullSrs& srs);
// One consistent tau-sequence: sizes, generators first, a random linear combination of successive powers by pairings in
// G1 and G2, tau no small integer, the derived
// Lagrange points equal to their definition. `weights_seed` must be unpredictable to whoever made the file.
bool verify_powers(const FullSrs& srs, const Hash32& weights_seed);

}  // namespace sotto::poly
