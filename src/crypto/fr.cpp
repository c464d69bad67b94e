#include "crypto/fr.hpp"

#include <cstring>

namespace sotto::crypto {

namespace {

// Scalars of blst are little-endian bytes, encodings big-endian. blst turns them byte by byte, ten times slower.
void reverse32(uint8_t* to, const uint8_t* from) {
  uint64_t words[4];
  std::memcpy(words, from, sizeof words);
  const uint64_t turned[4] = {__builtin_bswap64(words[3]), __builtin_bswap64(words[2]), __builtin_bswap64(words[1]),
                              __builtin_bswap64(words[0])};
  std::memcpy(to, turned, sizeof turned);
}

}  // namespace

const Fr& Fr::one() {
  static const Fr value = from_u64(1);
  return value;
}

Fr Fr::from_u64(uint64_t value) {
  Fr out;
  const uint64_t limbs[4] = {value, 0, 0, 0};
  blst_fr_from_uint64(&out.v_, limbs);
  return out;
}

Fr Fr::reduce512(const ByteArray<64>& bytes) {
  blst_scalar s;
  blst_scalar_from_be_bytes(&s, bytes.data(), bytes.size());
  Fr out;
  blst_fr_from_scalar(&out.v_, &s);
  return out;
}

Result<Fr, DecodeError> Fr::decode(ByteView bytes) {
  if (bytes.size() < kBytes) return Failure{DecodeError::truncated};
  if (bytes.size() > kBytes) return Failure{DecodeError::trailing_bytes};
  blst_scalar s;
  reverse32(s.b, bytes.data());
  if (!blst_scalar_fr_check(&s)) return Failure{DecodeError::non_canonical};
  Fr out;
  blst_fr_from_scalar(&out.v_, &s);
  return out;
}

Result<Fr, DecodeError> Fr::read(Reader& in) {
  TRY(bytes, in.raw(kBytes));
  return decode(bytes);
}

Fr Fr::from_hex(std::string_view hex) {
  const auto bytes = sotto::from_hex(hex);
  CHECK(bytes.has_value());
  return decode(*bytes).value();
}

ByteArray<32> Fr::encode() const {
  ByteArray<32> out;
  const blst_scalar s = scalar();
  reverse32(out.data(), s.b);
  return out;
}

std::array<uint64_t, 4> Fr::limbs() const {
  std::array<uint64_t, 4> out;
  blst_uint64_from_fr(out.data(), &v_);
  return out;
}

std::optional<uint64_t> Fr::to_u64() const {
  const auto l = limbs();
  if ((l[1] | l[2] | l[3]) != 0) return std::nullopt;
  return l[0];
}

Fr Fr::pow_vartime(uint64_t exponent) const {
  Fr out = one(), base = *this;
  for (; exponent != 0; exponent >>= 1) {
    if (exponent & 1) out *= base;
    base = base.square();
  }
  return out;
}

void batch_inverse(std::span<Fr> values) {
  std::vector<Fr> prefix(values.size());
  Fr product = Fr::one();
  for (size_t i = 0; i < values.size(); ++i) {
    prefix[i] = product;
    if (!values[i].is_zero()) product *= values[i];
  }
  Fr inverse = product.inverse();
  for (size_t i = values.size(); i-- > 0;) {
    if (values[i].is_zero()) continue;
    const Fr own = inverse * prefix[i];
    inverse *= values[i];
    values[i] = own;
  }
}

}  // namespace sotto::crypto
