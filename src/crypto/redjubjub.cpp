#include "crypto/redjubjub.hpp"

#include <algorithm>

#include "crypto/hash.hpp"

namespace sotto::crypto {

namespace {

JubjubScalar challenge(ByteView r, ByteView rk, ByteView message) {
  return JubjubScalar::reduce512(blake2b_512("sotto/redjubjub/challenge/v1", {r, rk, message}));
}

bool acceptable_key(const JubjubAffine& rk) { return rk.on_curve() && !rk.is_small_order(); }

}  // namespace

const char* name(RedJubjubReject e) {
  switch (e) {
    case RedJubjubReject::bad_key: return "bad_key";
    case RedJubjubReject::bad_point: return "bad_point";
    case RedJubjubReject::bad_scalar: return "bad_scalar";
    case RedJubjubReject::bad_equation: return "bad_equation";
  }
  return "unknown";
}

Result<RedJubjubSignature, DecodeError> RedJubjubSignature::read(Reader& in) {
  TRY(r, in.array<32>());
  TRY(s, in.array<32>());
  return RedJubjubSignature{r, s};
}

JubjubAffine redjubjub_public_key(const Secret<JubjubScalar>& sk) { return jubjub_mul_generator(sk.expose()).affine(); }

Secret<JubjubScalar> randomize(const Secret<JubjubScalar>& sk, const JubjubScalar& alpha) {
  return Secret<JubjubScalar>(sk.expose() + alpha);
}

JubjubAffine randomize(const JubjubAffine& pk, const JubjubScalar& alpha) {
  return (jubjub_mul_generator(alpha) + pk).affine();
}

RedJubjubSignature redjubjub_sign(const Secret<JubjubScalar>& sk, const JubjubAffine& rk, ByteView message,
                                  Entropy& entropy) {
  const Secret<ByteArray<64>> fresh(entropy.bytes<64>());
  const Secret<ByteArray<32>> key(sk.expose().encode());
  const auto rk_bytes = rk.encode();
  const Secret<ByteArray<64>> wide(
      blake2b_512("sotto/redjubjub/nonce/v1", {key.expose(), rk_bytes, message, fresh.expose()}));
  const Secret<JubjubScalar> nonce(JubjubScalar::reduce512(wide.expose()));
  RedJubjubSignature out;
  out.R = jubjub_mul_generator(nonce.expose()).affine().encode();
  out.S = (nonce.expose() + challenge(out.R, rk_bytes, message) * sk.expose()).encode();
  return out;
}

Status<RedJubjubReject> redjubjub_verify(const JubjubAffine& rk, ByteView message,
                                         const RedJubjubSignature& signature) {
  if (!acceptable_key(rk)) return Failure{RedJubjubReject::bad_key};
  const auto r = JubjubAffine::decode(signature.R);
  if (!r.ok()) return Failure{RedJubjubReject::bad_point};
  const auto s = JubjubScalar::decode(signature.S);
  if (!s.ok()) return Failure{RedJubjubReject::bad_scalar};
  const JubjubScalar c = challenge(signature.R, rk.encode(), message);
  const JubjubPoint rest = jubjub_mul_generator(*s) - *r - jubjub_mul_vartime(rk, c);
  if (!rest.is_small_order()) return Failure{RedJubjubReject::bad_equation};
  return Ok{};
}

Status<RedJubjubReject> RedJubjubBatch::add(const JubjubAffine& rk, ByteView message,
                                            const RedJubjubSignature& signature) {
  if (!acceptable_key(rk)) return Failure{RedJubjubReject::bad_key};
  const auto r = JubjubAffine::decode(signature.R);
  if (!r.ok()) return Failure{RedJubjubReject::bad_point};
  const auto s = JubjubScalar::decode(signature.S);
  if (!s.ok()) return Failure{RedJubjubReject::bad_scalar};
  const auto rk_bytes = rk.encode();
  const JubjubScalar c = challenge(signature.R, rk_bytes, message);
  items_.push_back({*r, rk, *s, c});
  // The challenge stands for the message: fixed-size records, so the concatenation is injective.
  for (const auto& part : {signature.R, signature.S, rk_bytes, c.encode()})
    transcript_.insert(transcript_.end(), part.begin(), part.end());
  return Ok{};
}

bool RedJubjubBatch::verify(Entropy& entropy) const { return verify(items_, entropy); }

bool RedJubjubBatch::verify(std::span<const Item> items, Entropy& entropy) const {
  const auto fresh = entropy.bytes<32>();
  const auto seed = blake2b_256("sotto/redjubjub/batch/v1", {transcript_, fresh});
  std::vector<JubjubPoint> points;
  std::vector<JubjubScalar> scalars;
  points.reserve(2 * items.size());
  scalars.reserve(2 * items.size());
  JubjubScalar s;
  for (size_t i = 0; i < items.size(); ++i) {
    Writer index;
    index.u64(i);
    const auto hashed = blake2b_256("sotto/redjubjub/weight/v1", {seed, index.bytes()});
    ByteArray<32> low{};
    std::copy(hashed.begin(), hashed.begin() + 16, low.begin());
    const JubjubScalar weight = JubjubScalar::decode(low).value();  // 128 bits: below l
    points.push_back(items[i].r);
    scalars.push_back(weight);
    points.push_back(items[i].rk);
    // Reduced mod l although rk may have torsion: the difference is torsion, which the cofactor removes.
    scalars.push_back(weight * items[i].c);
    s += weight * items[i].s;
  }
  return (jubjub_mul_generator(s) - jubjub_msm_vartime(points, scalars)).is_small_order();
}

void RedJubjubBatch::bisect(size_t first, size_t count, Entropy& entropy, std::vector<size_t>& bad) const {
  if (count == 0 || verify(std::span(items_).subspan(first, count), entropy)) return;
  if (count == 1) {
    bad.push_back(first);
    return;
  }
  bisect(first, count / 2, entropy, bad);
  bisect(first + count / 2, count - count / 2, entropy, bad);
}

std::vector<size_t> RedJubjubBatch::failures(Entropy& entropy) const {
  std::vector<size_t> bad;
  bisect(0, items_.size(), entropy, bad);
  return bad;
}

}  // namespace sotto::crypto
