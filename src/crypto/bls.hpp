// BLS signatures, min-sig: public keys in G2 (96 bytes), signatures in G1 (48 bytes), over blst
// (draft-irtf-cfrg-bls-signature, proof-of-possession scheme). A BlsPublicKey or BlsSignature is never infinity and
// always in the prime-order subgroup. A key counts only after its proof of possession verified; a share counts towards an
// aggregate only after it verified singly or in bls_batch_verify (shares whose errors cancel pass an aggregate check).
#pragma once
#include "base/secret.hpp"
#include "base/world.hpp"
#include "crypto/g2.hpp"

namespace sotto::crypto {

inline constexpr std::string_view kBlsMessageDomain = "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_";
inline constexpr std::string_view kBlsPossessionDomain = "BLS_POP_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_";

enum class BlsReject : uint8_t {
  empty,          // nothing to aggregate
  infinity,       // the aggregate is the point at infinity
  bad_signature,  // the pairing equation does not hold
};
const char* name(BlsReject e);

class BlsHashed;
class BlsSecretKey;

class BlsPublicKey {
 public:
  static constexpr size_t kBytes = G2Affine::kBytes;
  static Result<BlsPublicKey, DecodeError> decode(ByteView bytes96);
  static Result<BlsPublicKey, DecodeError> read(Reader& in);
  ByteArray<96> encode() const { return point_.encode(); }
  void write(Writer& out) const { point_.write(out); }
  const G2Affine& point() const { return point_; }
  friend bool operator==(const BlsPublicKey&, const BlsPublicKey&) = default;

 private:
  friend class BlsSecretKey;
  friend Result<BlsPublicKey, BlsReject> aggregate_public_keys(std::span<const BlsPublicKey> keys);
  explicit BlsPublicKey(const G2Affine& point) : point_(point) {}
  G2Affine point_;
};

class BlsSignature {
 public:
  static constexpr size_t kBytes = G1Affine::kBytes;
  static Result<BlsSignature, DecodeError> decode(ByteView bytes48);
  static Result<BlsSignature, DecodeError> read(Reader& in);
  ByteArray<48> encode() const { return point_.encode(); }
  void write(Writer& out) const { point_.write(out); }
  const G1Affine& point() const { return point_; }
  friend bool operator==(const BlsSignature&, const BlsSignature&) = default;

 private:
  friend class BlsSecretKey;
  friend std::vector<BlsSignature> bls_sign(const BlsSecretKey& sk, std::span<const BlsHashed> messages);
  friend Result<BlsSignature, BlsReject> aggregate(std::span<const BlsSignature> signatures);
  explicit BlsSignature(const G1Affine& point) : point_(point) {}
  G1Affine point_;
};

// H(message) in the domain of messages: half of what signing costs, and what verifying needs again.
class BlsHashed {
 public:
  explicit BlsHashed(ByteView message);
  const G1Affine& point() const { return point_; }
  friend bool operator==(const BlsHashed&, const BlsHashed&) = default;

 private:
  G1Affine point_;
};

class BlsSecretKey {
 public:
  static constexpr size_t kBytes = 32;
  // KeyGen of the draft (HKDF, never zero). CHECKs at least 32 bytes of key material, which must be secret and random.
  static BlsSecretKey from_key_material(ByteView key_material);
  static BlsSecretKey random(Entropy& entropy);
  // 32 bytes big-endian; zero and anything not below r are refused as non_canonical.
  static Result<BlsSecretKey, DecodeError> decode(ByteView bytes32);
  Secret<ByteArray<32>> encode() const;
  BlsPublicKey public_key() const;

 private:
  friend BlsSignature bls_sign(const BlsSecretKey& sk, ByteView message);
  friend BlsSignature bls_prove_possession(const BlsSecretKey& sk, ByteView context);
  friend std::vector<BlsSignature> bls_sign(const BlsSecretKey& sk, std::span<const BlsHashed> messages);
  BlsSecretKey() = default;
  BlsSignature sign(ByteView message, std::string_view domain) const;
  Secret<blst_scalar> value_;
};

// Constant time in the key.
BlsSignature bls_sign(const BlsSecretKey& sk, ByteView message);
// The same signatures, in order; the conversions to affine share one inversion.
std::vector<BlsSignature> bls_sign(const BlsSecretKey& sk, std::span<const BlsHashed> messages);
Status<BlsReject> bls_verify(const BlsPublicKey& pk, ByteView message, const BlsSignature& signature);

// Signs (public key, context) in a domain of its own: never a vote, and `context` (validator id and network) keeps it
// from being copied.
BlsSignature bls_prove_possession(const BlsSecretKey& sk, ByteView context);
Status<BlsReject> bls_verify_possession(const BlsPublicKey& pk, ByteView context, const BlsSignature& proof);

Result<BlsSignature, BlsReject> aggregate(std::span<const BlsSignature> signatures);
Result<BlsPublicKey, BlsReject> aggregate_public_keys(std::span<const BlsPublicKey> keys);
// One message signed by all whose keys were aggregated (each with a verified proof of possession, each once).
Status<BlsReject> bls_fast_aggregate_verify(const BlsPublicKey& aggregate_key, ByteView message,
                                            const BlsSignature& aggregate_signature);

struct BlsClaim {
  BlsPublicKey key;
  ByteView message;
  BlsSignature signature;
};
// True if every claim verifies singly; with a bad one, true with probability 2^-128. Weights are hashed from all the
// claims and fresh entropy. Cost: one Miller loop a distinct message. Empty: true.
bool bls_batch_verify(std::span<const BlsClaim> claims, Entropy& entropy);

// Messages hashed before. Claims under one key share a Miller loop: prod over keys of e(sum r_i H_i, key) = e(sum r_i S_i, g2),
// with 128-bit weights r_i as above. The cost is one loop a distinct key, and two 128-bit products a claim in two sums. True and
// false mean what they mean in bls_batch_verify.
struct BlsHashedClaim {
  BlsPublicKey key;
  BlsHashed message;
  BlsSignature signature;
};
bool bls_batch_verify_hashed(std::span<const BlsHashedClaim> claims, Entropy& entropy);

}  // namespace sotto::crypto
