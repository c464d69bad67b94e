#include "crypto/jubjub_scalar.hpp"

namespace sotto::crypto {

namespace {

__extension__ using u128 = unsigned __int128;
using Limbs = std::array<uint64_t, 4>;

constexpr Limbs kModulus = {0xd0970e5ed6f72cb7, 0xa6682093ccc81082, 0x06673b0101343b00, 0x0e7db4ea6533afa9};

// Both subtractions return the borrow as 0 or 1.
constexpr uint64_t subtract(Limbs& out, const Limbs& a, const Limbs& b) {
  uint64_t borrow = 0;
  for (size_t i = 0; i < 4; ++i) {
    const u128 t = static_cast<u128>(a[i]) - b[i] - borrow;
    out[i] = static_cast<uint64_t>(t);
    borrow = static_cast<uint64_t>(t >> 64) & 1;
  }
  return borrow;
}

// a < 2l -> a mod l. The choice is a mask, not a branch.
constexpr Limbs reduce_once(const Limbs& a) {
  Limbs d{};
  const uint64_t keep = 0 - subtract(d, a, kModulus);
  Limbs out{};
  for (size_t i = 0; i < 4; ++i) out[i] = (a[i] & keep) | (d[i] & ~keep);
  return out;
}

constexpr Limbs add(const Limbs& a, const Limbs& b) {  // both below l < 2^252: the sum fits
  Limbs s{};
  uint64_t carry = 0;
  for (size_t i = 0; i < 4; ++i) {
    const u128 t = static_cast<u128>(a[i]) + b[i] + carry;
    s[i] = static_cast<uint64_t>(t);
    carry = static_cast<uint64_t>(t >> 64);
  }
  return reduce_once(s);
}

// -1/l mod 2^64, by Newton.
constexpr uint64_t negative_inverse() {
  uint64_t x = 1;
  for (int i = 0; i < 6; ++i) x *= 2 - kModulus[0] * x;
  return 0 - x;
}
constexpr uint64_t kInverse = negative_inverse();

// a * b / 2^256 mod l for a < 2^256, b < l: word by word, result below 2l before the last step.
constexpr Limbs multiply(const Limbs& a, const Limbs& b) {
  std::array<uint64_t, 6> t{};
  for (size_t i = 0; i < 4; ++i) {
    uint64_t carry = 0;
    for (size_t j = 0; j < 4; ++j) {
      const u128 x = static_cast<u128>(a[i]) * b[j] + t[j] + carry;
      t[j] = static_cast<uint64_t>(x);
      carry = static_cast<uint64_t>(x >> 64);
    }
    u128 x = static_cast<u128>(t[4]) + carry;
    t[4] = static_cast<uint64_t>(x);
    t[5] = static_cast<uint64_t>(x >> 64);
    const uint64_t m = t[0] * kInverse;
    x = static_cast<u128>(m) * kModulus[0] + t[0];
    carry = static_cast<uint64_t>(x >> 64);
    for (size_t j = 1; j < 4; ++j) {
      x = static_cast<u128>(m) * kModulus[j] + t[j] + carry;
      t[j - 1] = static_cast<uint64_t>(x);
      carry = static_cast<uint64_t>(x >> 64);
    }
    x = static_cast<u128>(t[4]) + carry;
    t[3] = static_cast<uint64_t>(x);
    t[4] = t[5] + static_cast<uint64_t>(x >> 64);
  }
  return reduce_once({t[0], t[1], t[2], t[3]});
}

// 2^512 mod l, by doubling 1.
constexpr Limbs square_of_radix() {
  Limbs x = {1, 0, 0, 0};
  for (int i = 0; i < 512; ++i) x = add(x, x);
  return x;
}
constexpr Limbs kR2 = square_of_radix();

Limbs load(const uint8_t* bytes) {
  Limbs out;
  for (size_t i = 0; i < 4; ++i) {
    out[i] = 0;
    for (size_t j = 8; j-- > 0;) out[i] = (out[i] << 8) | bytes[8 * i + j];
  }
  return out;
}

}  // namespace

JubjubScalar JubjubScalar::from_u64(uint64_t value) {
  JubjubScalar out;
  out.v_ = multiply({value, 0, 0, 0}, kR2);
  return out;
}

JubjubScalar JubjubScalar::reduce512(const ByteArray<64>& bytes) {
  JubjubScalar out;
  out.v_ = add(multiply(load(bytes.data()), kR2), multiply(multiply(load(bytes.data() + 32), kR2), kR2));
  return out;
}

JubjubScalar JubjubScalar::random(Entropy& entropy) {
  Secret<ByteArray<64>> wide(entropy.bytes<64>());
  return reduce512(wide.expose());
}

Result<JubjubScalar, DecodeError> JubjubScalar::decode(ByteView bytes) {
  if (bytes.size() < kBytes) return Failure{DecodeError::truncated};
  if (bytes.size() > kBytes) return Failure{DecodeError::trailing_bytes};
  const Limbs value = load(bytes.data());
  Limbs ignored;
  if (subtract(ignored, value, kModulus) == 0) return Failure{DecodeError::non_canonical};
  JubjubScalar out;
  out.v_ = multiply(value, kR2);
  return out;
}

Result<JubjubScalar, DecodeError> JubjubScalar::read(Reader& in) {
  TRY(bytes, in.raw(kBytes));
  return decode(bytes);
}

std::array<uint64_t, 4> JubjubScalar::limbs() const { return multiply({1, 0, 0, 0}, v_); }

ByteArray<32> JubjubScalar::encode() const {
  const Limbs value = limbs();
  ByteArray<32> out;
  for (size_t i = 0; i < 32; ++i) out[i] = static_cast<uint8_t>(value[i / 8] >> (8 * (i % 8)));
  return out;
}

JubjubScalar operator+(const JubjubScalar& a, const JubjubScalar& b) {
  JubjubScalar out;
  out.v_ = add(a.v_, b.v_);
  return out;
}

JubjubScalar operator-(const JubjubScalar& a, const JubjubScalar& b) {
  JubjubScalar out;
  Limbs negated{};
  subtract(negated, kModulus, b.v_);  // in (0, l]; add() reduces the l that stands for -0
  out.v_ = add(a.v_, reduce_once(negated));
  return out;
}

JubjubScalar operator*(const JubjubScalar& a, const JubjubScalar& b) {
  JubjubScalar out;
  out.v_ = multiply(a.v_, b.v_);
  return out;
}

}  // namespace sotto::crypto
