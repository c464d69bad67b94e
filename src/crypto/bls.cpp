#include "crypto/bls.hpp"

#include <cstring>
#include <map>

#include "crypto/g1_msm.hpp"
#include "crypto/hash.hpp"

namespace sotto::crypto {

namespace {

constexpr size_t kWeightBits = 128, kScalarBits = 255;
using Weight = ByteArray<16>;  // little-endian, as blst takes scalars

G1 hash_to_g1(ByteView message, std::string_view domain) {
  G1 out;
  const ByteView dst = view(domain);
  blst_hash_to_g1(&out.raw(), message.data(), message.size(), dst.data(), dst.size(), nullptr, 0);
  return out;
}

const G2Affine& negated_generator() {
  static const G2Affine value = [] {
    G2 g = G2Affine::generator();
    blst_p2_cneg(&g.raw(), true);
    return g.affine();
  }();
  return value;
}

// e(H(message), key) = e(signature, g2)
Status<BlsReject> verify(const BlsPublicKey& key, ByteView message, const BlsSignature& signature,
                         std::string_view domain) {
  const G1Affine a[] = {hash_to_g1(message, domain).affine(), signature.point()};
  const G2Affine b[] = {key.point(), negated_generator()};
  if (!pairing_product_is_one(a, b)) return Failure{BlsReject::bad_signature};
  return Ok{};
}

Bytes possession_message(const BlsPublicKey& key, ByteView context) {
  Writer w;
  key.write(w);  // fixed size first: injective
  w.raw(context);
  return std::move(w).bytes();
}

G1 weighted_sum(const std::vector<const blst_p1_affine*>& points, const std::vector<const byte*>& weights) {
  std::vector<limb_t> scratch(blst_p1s_mult_pippenger_scratch_sizeof(points.size()) / sizeof(limb_t));
  G1 out;
  blst_p1s_mult_pippenger(&out.raw(), points.data(), points.size(), weights.data(), kWeightBits, scratch.data());
  return out;
}

G2 weighted_sum(const std::vector<const blst_p2_affine*>& points, const std::vector<const byte*>& weights) {
  std::vector<limb_t> scratch(blst_p2s_mult_pippenger_scratch_sizeof(points.size()) / sizeof(limb_t));
  G2 out;
  blst_p2s_mult_pippenger(&out.raw(), points.data(), points.size(), weights.data(), kWeightBits, scratch.data());
  return out;
}

// One weight a claim, hashed from all of them and fresh entropy: nobody who chose a claim knows any.
std::vector<Weight> weights_for(const Bytes& transcript, size_t count, Entropy& entropy) {
  const auto fresh = entropy.bytes<32>();
  const auto seed = blake2b_256("sotto/bls/batch/v1", {transcript, fresh});
  std::vector<Weight> weights(count);
  for (size_t i = 0; i < count; ++i) {
    Writer index;
    index.u64(i);
    const auto hashed = blake2b_256("sotto/bls/weight/v1", {seed, index.bytes()});
    std::copy(hashed.begin(), hashed.begin() + 16, weights[i].begin());
  }
  return weights;
}

}  // namespace

const char* name(BlsReject e) {
  switch (e) {
    case BlsReject::empty: return "empty";
    case BlsReject::infinity: return "infinity";
    case BlsReject::bad_signature: return "bad_signature";
  }
  return "unknown";
}

Result<BlsPublicKey, DecodeError> BlsPublicKey::decode(ByteView bytes) {
  TRY(point, G2Affine::decode(bytes));
  return BlsPublicKey(point);
}

Result<BlsPublicKey, DecodeError> BlsPublicKey::read(Reader& in) {
  TRY(point, G2Affine::read(in));
  return BlsPublicKey(point);
}

Result<BlsSignature, DecodeError> BlsSignature::decode(ByteView bytes) {
  TRY(point, G1Affine::decode(bytes));
  return BlsSignature(point);
}

Result<BlsSignature, DecodeError> BlsSignature::read(Reader& in) {
  TRY(point, G1Affine::read(in));
  return BlsSignature(point);
}

BlsSecretKey BlsSecretKey::from_key_material(ByteView key_material) {
  CHECK(key_material.size() >= 32);
  BlsSecretKey out;
  blst_keygen(&out.value_.expose_mutable(), key_material.data(), key_material.size(), nullptr, 0);
  return out;
}

BlsSecretKey BlsSecretKey::random(Entropy& entropy) {
  const Secret<ByteArray<64>> material(entropy.bytes<64>());
  return from_key_material(material.expose());
}

Result<BlsSecretKey, DecodeError> BlsSecretKey::decode(ByteView bytes) {
  if (bytes.size() < kBytes) return Failure{DecodeError::truncated};
  if (bytes.size() > kBytes) return Failure{DecodeError::trailing_bytes};
  BlsSecretKey out;
  blst_scalar_from_bendian(&out.value_.expose_mutable(), bytes.data());
  if (!blst_sk_check(&out.value_.expose())) return Failure{DecodeError::non_canonical};
  return out;
}

Secret<ByteArray<32>> BlsSecretKey::encode() const {
  Secret<ByteArray<32>> out;
  blst_bendian_from_scalar(out.expose_mutable().data(), &value_.expose());
  return out;
}

BlsPublicKey BlsSecretKey::public_key() const {
  G2Affine out;
  blst_sk_to_pk2_in_g2(nullptr, &out.raw(), &value_.expose());
  return BlsPublicKey(out);
}

BlsSignature BlsSecretKey::sign(ByteView message, std::string_view domain) const {
  const G1 hashed = hash_to_g1(message, domain);
  G1Affine out;
  blst_sign_pk2_in_g2(nullptr, &out.raw(), &hashed.raw(), &value_.expose());
  return BlsSignature(out);
}

BlsHashed::BlsHashed(ByteView message) : point_(hash_to_g1(message, kBlsMessageDomain).affine()) {}

std::vector<BlsSignature> bls_sign(const BlsSecretKey& sk, std::span<const BlsHashed> messages) {
  std::vector<G1> products(messages.size());
  for (size_t i = 0; i < messages.size(); ++i) {
    const G1 hashed(messages[i].point());
    // blst's constant-time product, which is what blst_sign_pk_in_g2 is too but for an inversion a signature: only affine
    // points leave this function, so the Z that it hides is seen by nobody.
    blst_p1_mult(&products[i].raw(), &hashed.raw(), sk.value_.expose().b, kScalarBits);
  }
  std::vector<BlsSignature> out;
  for (const G1Affine& point : to_affine(products)) out.push_back(BlsSignature(point));
  wipe(products.data(), products.size() * sizeof(G1));   // projective coordinates tell bits of the key
  return out;
}

BlsSignature bls_sign(const BlsSecretKey& sk, ByteView message) { return sk.sign(message, kBlsMessageDomain); }

Status<BlsReject> bls_verify(const BlsPublicKey& pk, ByteView message, const BlsSignature& signature) {
  return verify(pk, message, signature, kBlsMessageDomain);
}

BlsSignature bls_prove_possession(const BlsSecretKey& sk, ByteView context) {
  return sk.sign(possession_message(sk.public_key(), context), kBlsPossessionDomain);
}

Status<BlsReject> bls_verify_possession(const BlsPublicKey& pk, ByteView context, const BlsSignature& proof) {
  return verify(pk, possession_message(pk, context), proof, kBlsPossessionDomain);
}

Result<BlsSignature, BlsReject> aggregate(std::span<const BlsSignature> signatures) {
  if (signatures.empty()) return Failure{BlsReject::empty};
  G1 sum;
  for (const BlsSignature& s : signatures) sum += s.point();
  if (sum.is_infinity()) return Failure{BlsReject::infinity};
  return BlsSignature(sum.affine());
}

Result<BlsPublicKey, BlsReject> aggregate_public_keys(std::span<const BlsPublicKey> keys) {
  if (keys.empty()) return Failure{BlsReject::empty};
  G2 sum;
  for (const BlsPublicKey& k : keys) blst_p2_add_or_double_affine(&sum.raw(), &sum.raw(), &k.point().raw());
  if (sum.is_infinity()) return Failure{BlsReject::infinity};
  return BlsPublicKey(sum.affine());
}

Status<BlsReject> bls_fast_aggregate_verify(const BlsPublicKey& aggregate_key, ByteView message,
                                            const BlsSignature& aggregate_signature) {
  return bls_verify(aggregate_key, message, aggregate_signature);
}

bool bls_batch_verify(std::span<const BlsClaim> claims, Entropy& entropy) {
  if (claims.empty()) return true;
  if (claims.size() == 1) return bls_verify(claims[0].key, claims[0].message, claims[0].signature).ok();
  Bytes transcript;
  std::map<Hash32, std::vector<size_t>> by_message;
  for (size_t i = 0; i < claims.size(); ++i) {
    const Hash32 digest = sha256(claims[i].message);
    by_message[digest].push_back(i);
    const auto key = claims[i].key.encode();
    const auto signature = claims[i].signature.encode();
    for (ByteView part : {ByteView(key), ByteView(digest), ByteView(signature)})
      transcript.insert(transcript.end(), part.begin(), part.end());
  }
  const std::vector<Weight> weights = weights_for(transcript, claims.size(), entropy);
  std::vector<const blst_p1_affine*> signatures(claims.size());
  std::vector<const byte*> weight_bytes(claims.size());
  for (size_t i = 0; i < claims.size(); ++i) {
    weight_bytes[i] = weights[i].data();
    signatures[i] = &claims[i].signature.point().raw();
  }

  std::vector<G1Affine> a = {weighted_sum(signatures, weight_bytes).affine()};
  std::vector<G2Affine> b = {negated_generator()};
  for (const auto& [digest, indices] : by_message) {
    G1 hashed = hash_to_g1(claims[indices[0]].message, kBlsMessageDomain);
    if (indices.size() == 1) {  // the weight is cheaper on the G1 side
      blst_p1_mult(&hashed.raw(), &hashed.raw(), weight_bytes[indices[0]], kWeightBits);
      b.push_back(claims[indices[0]].key.point());
    } else {
      std::vector<const blst_p2_affine*> keys;
      std::vector<const byte*> own;
      for (size_t i : indices) {
        keys.push_back(&claims[i].key.point().raw());
        own.push_back(weight_bytes[i]);
      }
      b.push_back(weighted_sum(keys, own).affine());
    }
    a.push_back(hashed.affine());
  }
  return pairing_product_is_one(a, b);
}

bool bls_batch_verify_hashed(std::span<const BlsHashedClaim> claims, Entropy& entropy) {
  if (claims.empty()) return true;
  Bytes transcript;
  std::map<ByteArray<96>, std::vector<size_t>> by_key;
  for (size_t i = 0; i < claims.size(); ++i) {
    const auto key = claims[i].key.encode();
    by_key[key].push_back(i);
    const auto message = claims[i].message.point().encode(), signature = claims[i].signature.encode();
    for (ByteView part : {ByteView(key), ByteView(message), ByteView(signature)})
      transcript.insert(transcript.end(), part.begin(), part.end());
  }
  // 2^128 different weights whose products cost half: a + lambda b, as in ADR 0031. A single equation needs none.
  std::vector<Fr> weights;
  for (const Weight& w : weights_for(transcript, claims.size(), entropy)) {
    uint64_t halves[2];
    std::memcpy(halves, w.data(), sizeof halves);
    weights.push_back(glv_short(halves[0], halves[1]));
  }
  if (claims.size() == 1) weights[0] = Fr::one();
  const auto sum = [&](const std::vector<size_t>& indices, auto&& point_of) {
    std::vector<G1Affine> points;
    std::vector<Fr> own;
    for (const size_t i : indices) {
      points.push_back(point_of(claims[i]));
      own.push_back(weights[i]);
    }
    return msm_glv_vartime(points, own).affine();
  };
  std::vector<size_t> all(claims.size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = i;
  std::vector<G1Affine> a = {sum(all, [](const BlsHashedClaim& c) -> const G1Affine& { return c.signature.point(); })};
  std::vector<G2Affine> b = {negated_generator()};
  for (const auto& [key, indices] : by_key) {
    a.push_back(sum(indices, [](const BlsHashedClaim& c) -> const G1Affine& { return c.message.point(); }));
    b.push_back(claims[indices[0]].key.point());
  }
  return pairing_product_is_one(a, b);
}

}  // namespace sotto::crypto
