// ristretto255 (RFC 9496) by libsodium, for note encryption. A RistrettoPoint is always a valid, canonical encoding and
// never the identity; arithmetic that reaches the identity says so. Constant time in scalars.
#pragma once
#include <optional>

#include "base/codec.hpp"
#include "base/secret.hpp"
#include "base/world.hpp"

namespace sotto::crypto {

// mod L = 2^252 + 27742317777372353535851937790883648493, 32 bytes little-endian, strictly below L.
class RistrettoScalar {
 public:
  static constexpr size_t kBytes = 32;
  RistrettoScalar() : bytes_{} {}
  static RistrettoScalar reduce512(const ByteArray<64>& bytes);  // little-endian, as libsodium and RFC 9496
  static RistrettoScalar random(Entropy& entropy);
  static Result<RistrettoScalar, DecodeError> decode(ByteView bytes32);
  static Result<RistrettoScalar, DecodeError> read(Reader& in);
  const ByteArray<32>& encode() const { return bytes_; }
  void write(Writer& out) const { out.raw(bytes_); }
  bool is_zero() const;
  friend RistrettoScalar operator+(const RistrettoScalar& a, const RistrettoScalar& b);
  friend RistrettoScalar operator-(const RistrettoScalar& a, const RistrettoScalar& b);
  friend RistrettoScalar operator*(const RistrettoScalar& a, const RistrettoScalar& b);
  friend bool operator==(const RistrettoScalar& a, const RistrettoScalar& b) {
    return equal_constant_time(a.bytes_, b.bytes_);
  }

 private:
  ByteArray<32> bytes_;
};

class RistrettoPoint {
 public:
  static constexpr size_t kBytes = 32;
  static const RistrettoPoint& generator();
  // non_canonical: not the encoding of a group element; point_at_infinity: the identity.
  static Result<RistrettoPoint, DecodeError> decode(ByteView bytes32);
  static Result<RistrettoPoint, DecodeError> read(Reader& in);
  const ByteArray<32>& encode() const { return bytes_; }
  void write(Writer& out) const { out.raw(bytes_); }
  friend bool operator==(const RistrettoPoint&, const RistrettoPoint&) = default;

  // [k]P, P + Q, P - Q; point_at_infinity if that is the identity.
  friend Result<RistrettoPoint, DecodeError> mul(const RistrettoPoint& p, const RistrettoScalar& k);
  friend std::optional<RistrettoPoint> mul_encoded(ByteView bytes32, const RistrettoScalar& k);
  friend Result<RistrettoPoint, DecodeError> mul_generator(const RistrettoScalar& k);
  friend Result<RistrettoPoint, DecodeError> add(const RistrettoPoint& p, const RistrettoPoint& q);
  friend Result<RistrettoPoint, DecodeError> subtract(const RistrettoPoint& p, const RistrettoPoint& q);
  friend RistrettoPoint ristretto_from_hash(const ByteArray<64>& hash);

 private:
  RistrettoPoint() : bytes_{} {}
  ByteArray<32> bytes_;
};

Result<RistrettoPoint, DecodeError> mul(const RistrettoPoint& p, const RistrettoScalar& k);
// mul(decode(bytes32), k) with one decoding instead of two (a tenth of the time): for scanning, where nearly every point is
// multiplied once and forgotten. nullopt where decode or mul would fail.
std::optional<RistrettoPoint> mul_encoded(ByteView bytes32, const RistrettoScalar& k);
Result<RistrettoPoint, DecodeError> mul_generator(const RistrettoScalar& k);
Result<RistrettoPoint, DecodeError> add(const RistrettoPoint& p, const RistrettoPoint& q);
Result<RistrettoPoint, DecodeError> subtract(const RistrettoPoint& p, const RistrettoPoint& q);
// The one-way map of RFC 9496, 4.3.4, from 64 uniform bytes (a domain-separated hash): nobody knows its logarithm.
RistrettoPoint ristretto_from_hash(const ByteArray<64>& hash);

}  // namespace sotto::crypto
