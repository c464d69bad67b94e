#include "crypto/ristretto.hpp"

#include <sodium.h>

namespace sotto::crypto {

namespace {

constexpr ByteArray<32> kOrder = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                  0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                                  0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};

bool below_order(ByteView a) {  // constant time: the borrow of a - L
  int borrow = 0;
  for (size_t i = 0; i < 32; ++i) borrow = (static_cast<int>(a[i]) - kOrder[i] + borrow) >> 8;
  return borrow != 0;
}

}  // namespace

RistrettoScalar RistrettoScalar::reduce512(const ByteArray<64>& bytes) {
  RistrettoScalar out;
  crypto_core_ristretto255_scalar_reduce(out.bytes_.data(), bytes.data());
  return out;
}

RistrettoScalar RistrettoScalar::random(Entropy& entropy) {
  const Secret<ByteArray<64>> wide(entropy.bytes<64>());
  return reduce512(wide.expose());
}

Result<RistrettoScalar, DecodeError> RistrettoScalar::decode(ByteView bytes) {
  if (bytes.size() < kBytes) return Failure{DecodeError::truncated};
  if (bytes.size() > kBytes) return Failure{DecodeError::trailing_bytes};
  if (!below_order(bytes)) return Failure{DecodeError::non_canonical};
  RistrettoScalar out;
  std::copy(bytes.begin(), bytes.end(), out.bytes_.begin());
  return out;
}

Result<RistrettoScalar, DecodeError> RistrettoScalar::read(Reader& in) {
  TRY(bytes, in.raw(kBytes));
  return decode(bytes);
}

bool RistrettoScalar::is_zero() const { return sodium_is_zero(bytes_.data(), bytes_.size()) == 1; }

RistrettoScalar operator+(const RistrettoScalar& a, const RistrettoScalar& b) {
  RistrettoScalar out;
  crypto_core_ristretto255_scalar_add(out.bytes_.data(), a.bytes_.data(), b.bytes_.data());
  return out;
}

RistrettoScalar operator-(const RistrettoScalar& a, const RistrettoScalar& b) {
  RistrettoScalar out;
  crypto_core_ristretto255_scalar_sub(out.bytes_.data(), a.bytes_.data(), b.bytes_.data());
  return out;
}

RistrettoScalar operator*(const RistrettoScalar& a, const RistrettoScalar& b) {
  RistrettoScalar out;
  crypto_core_ristretto255_scalar_mul(out.bytes_.data(), a.bytes_.data(), b.bytes_.data());
  return out;
}

const RistrettoPoint& RistrettoPoint::generator() {
  static const RistrettoPoint value = [] {
    RistrettoPoint out;
    ByteArray<32> one = {1};
    CHECK(crypto_scalarmult_ristretto255_base(out.bytes_.data(), one.data()) == 0);
    return out;
  }();
  return value;
}

Result<RistrettoPoint, DecodeError> RistrettoPoint::decode(ByteView bytes) {
  if (bytes.size() < kBytes) return Failure{DecodeError::truncated};
  if (bytes.size() > kBytes) return Failure{DecodeError::trailing_bytes};
  if (sodium_is_zero(bytes.data(), bytes.size()) == 1) return Failure{DecodeError::point_at_infinity};
  // libsodium 1.0.18 ignores bit 255, which would give every element a second encoding.
  if ((bytes[31] & 0x80) != 0) return Failure{DecodeError::non_canonical};
  if (crypto_core_ristretto255_is_valid_point(bytes.data()) != 1) return Failure{DecodeError::non_canonical};
  RistrettoPoint out;
  std::copy(bytes.begin(), bytes.end(), out.bytes_.begin());
  return out;
}

Result<RistrettoPoint, DecodeError> RistrettoPoint::read(Reader& in) {
  TRY(bytes, in.raw(kBytes));
  return decode(bytes);
}

// libsodium's products fail exactly on an invalid point, which the type excludes, or an identity result.
Result<RistrettoPoint, DecodeError> mul(const RistrettoPoint& p, const RistrettoScalar& k) {
  RistrettoPoint out;
  if (crypto_scalarmult_ristretto255(out.bytes_.data(), k.encode().data(), p.bytes_.data()) != 0)
    return Failure{DecodeError::point_at_infinity};
  return out;
}

std::optional<RistrettoPoint> mul_encoded(ByteView bytes, const RistrettoScalar& k) {
  // libsodium's product decodes its point first and fails as decode() does, but for the ignored bit; the encoding of the
  // identity ends as an identity result.
  if (bytes.size() != RistrettoPoint::kBytes || (bytes[31] & 0x80) != 0) return std::nullopt;
  RistrettoPoint out;
  if (crypto_scalarmult_ristretto255(out.bytes_.data(), k.encode().data(), bytes.data()) != 0) return std::nullopt;
  return out;
}

Result<RistrettoPoint, DecodeError> mul_generator(const RistrettoScalar& k) {
  RistrettoPoint out;
  if (crypto_scalarmult_ristretto255_base(out.bytes_.data(), k.encode().data()) != 0)
    return Failure{DecodeError::point_at_infinity};
  return out;
}

Result<RistrettoPoint, DecodeError> add(const RistrettoPoint& p, const RistrettoPoint& q) {
  ByteArray<32> out;
  CHECK(crypto_core_ristretto255_add(out.data(), p.bytes_.data(), q.bytes_.data()) == 0);
  return RistrettoPoint::decode(out);
}

Result<RistrettoPoint, DecodeError> subtract(const RistrettoPoint& p, const RistrettoPoint& q) {
  ByteArray<32> out;
  CHECK(crypto_core_ristretto255_sub(out.data(), p.bytes_.data(), q.bytes_.data()) == 0);
  return RistrettoPoint::decode(out);
}

RistrettoPoint ristretto_from_hash(const ByteArray<64>& hash) {
  RistrettoPoint out;
  CHECK(crypto_core_ristretto255_from_hash(out.bytes_.data(), hash.data()) == 0);
  // The identity comes out with probability 2^-252 over honest hashes: a bug if ever seen.
  CHECK(sodium_is_zero(out.bytes_.data(), out.bytes_.size()) == 0);
  return out;
}

}  // namespace sotto::crypto
