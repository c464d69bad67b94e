// Scalars of Jubjub's prime-order subgroup, mod l = 0x0e7db4ea6533afa906673b0101343b00a6682093ccc81082d0970e5ed6f72cb7.
// Ours (no C++ library has them). Constant time. Wire form: 32 bytes little-endian, strictly below l (as in Zcash).
#pragma once
#include "base/codec.hpp"
#include "base/secret.hpp"
#include "base/world.hpp"

namespace sotto::crypto {

class JubjubScalar {
 public:
  static constexpr size_t kBytes = 32;

  constexpr JubjubScalar() : v_{} {}
  static JubjubScalar zero() { return JubjubScalar(); }
  static JubjubScalar one() { return from_u64(1); }
  static JubjubScalar from_u64(uint64_t value);
  // Uniform when the 64 bytes are: interpreted little-endian and reduced mod l (as Zcash; Fr::reduce512 is big-endian).
  static JubjubScalar reduce512(const ByteArray<64>& bytes);
  static JubjubScalar random(Entropy& entropy);
  static Result<JubjubScalar, DecodeError> decode(ByteView bytes32);
  static Result<JubjubScalar, DecodeError> read(Reader& in);

  ByteArray<32> encode() const;
  void write(Writer& out) const { out.raw(encode()); }
  // Little-endian limbs of the canonical value.
  std::array<uint64_t, 4> limbs() const;
  bool is_zero() const { return (v_[0] | v_[1] | v_[2] | v_[3]) == 0; }

  friend JubjubScalar operator+(const JubjubScalar& a, const JubjubScalar& b);
  friend JubjubScalar operator-(const JubjubScalar& a, const JubjubScalar& b);
  friend JubjubScalar operator*(const JubjubScalar& a, const JubjubScalar& b);
  JubjubScalar operator-() const { return JubjubScalar() - *this; }
  JubjubScalar& operator+=(const JubjubScalar& b) { return *this = *this + b; }
  JubjubScalar& operator-=(const JubjubScalar& b) { return *this = *this - b; }
  JubjubScalar& operator*=(const JubjubScalar& b) { return *this = *this * b; }
  friend bool operator==(const JubjubScalar& a, const JubjubScalar& b) {
    return ((a.v_[0] ^ b.v_[0]) | (a.v_[1] ^ b.v_[1]) | (a.v_[2] ^ b.v_[2]) | (a.v_[3] ^ b.v_[3])) == 0;
  }

 private:
  std::array<uint64_t, 4> v_;  // Montgomery form, R = 2^256, below l
};

}  // namespace sotto::crypto
