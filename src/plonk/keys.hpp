// Proving and verifying keys of one circuit, derived from the circuit and the reference string; nothing secret.
#pragma once
#include "plonk/lane_quotient.hpp"
#include "poly/commit.hpp"
#include "poly/srs.hpp"

namespace sotto::plonk {

struct VerifyingKey {
  size_t log_n = 0;
  uint16_t circuit_id = 0;
  std::vector<uint32_t> public_rows;
  std::array<crypto::G1Affine, kFixedColumns> fixed;   // infinity for an unused column
  std::array<crypto::G1Affine, kRouted> sigma;
  crypto::G2Affine g2, tau_g2;
  Hash32 circuit_digest, digest;                       // digest: over all of the above and the reference string's
  std::shared_ptr<const poly::Domain<crypto::Fr>> domain;
  // Precomputation for the verifier: fixed, sigma, G1 in this order; both G2 points.
  std::shared_ptr<const crypto::FixedBases> bases;
  std::shared_ptr<const crypto::PreparedG2> prepared_g2, prepared_tau_g2;
};

struct ProvingKey {
  VerifyingKey vk;
  Circuit<crypto::Fr> circuit;
  using Column = std::vector<crypto::Fr>;
  std::array<Column, kFixedColumns> fixed;             // coefficients; empty for an unused column
  std::array<Column, kRouted> sigma_values, sigma;     // over the domain; coefficients
  struct Coset {                                       // values on shift * H
    std::array<Column, kFixedColumns> fixed;           // empty for an unused column
    std::array<Column, kRouted> sigma;
    Column x, first, guard, mask;
    crypto::Fr vanishing_inverse;
  };
  std::array<Coset, kQuotientPieces> cosets;           // without columns where `lanes` has them
  std::vector<LaneCoset> lanes;                        // the same four rows at a time; empty for the portable kernel
  poly::CommitTable monomial, lagrange;                // n + 1 powers of tau; n Lagrange points
};

// `srs` needs n + 1 powers; n = 1024 uses its Lagrange points, other sizes derive theirs.
VerifyingKey make_verifying_key(const Circuit<crypto::Fr>& circuit, uint16_t circuit_id, const poly::Srs& srs, ThreadPool& pool);
ProvingKey make_proving_key(const Circuit<crypto::Fr>& circuit, uint16_t circuit_id, const poly::Srs& srs, ThreadPool& pool,
                            simd::Kernel kernel = simd::best_kernel());

// The same keys from what takes long to compute. Of a verifying key so made check the digest: it is the caller who knows
// whether these points commit to this circuit.
struct VerifyingKeyPoints {
  std::array<crypto::G1Affine, kFixedColumns> fixed;
  std::array<crypto::G1Affine, kRouted> sigma;
  crypto::G2Affine g2, tau_g2;
};
VerifyingKey make_verifying_key(const Circuit<crypto::Fr>& circuit, uint16_t circuit_id, const Hash32& digest_of_circuit,
                                const Hash32& srs_digest, const VerifyingKeyPoints& points);
ProvingKey make_proving_key(const Circuit<crypto::Fr>& circuit, VerifyingKey vk, poly::CommitTable monomial,
                            poly::CommitTable lagrange, ThreadPool& pool);
// All zeros: commits to infinity.
bool unused_column(const std::vector<crypto::Fr>& column);

}  // namespace sotto::plonk
