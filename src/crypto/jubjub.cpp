#include "crypto/jubjub.hpp"

#include <algorithm>
#include <memory>

#include "crypto/hash.hpp"

namespace sotto::crypto {

namespace {

constexpr size_t kNibbles = 63;  // l < 2^252

// x^((q - 1) / 2) for r - 1 = 2^32 q.
Fr pow_half_of_odd_part(const Fr& x) {
  // (q - 1) / 2 = (r - 1) >> 33, most significant nibble first.
  static constexpr uint64_t kExponent[4] = {0x7fff2dff7fffffff, 0x04d0ec02a9ded201, 0x94cebea4199cec04,
                                            0x0000000039f6d3a9};
  std::array<Fr, 16> powers;
  powers[0] = Fr::one();
  for (size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * x;
  Fr out = powers[kExponent[3] >> 28];
  for (size_t i = 55; i-- > 0;) {
    for (int k = 0; k < 4; ++k) blst_fr_sqr(&out.raw(), &out.raw());
    out *= powers[(kExponent[i / 16] >> (4 * (i % 16))) & 15];
  }
  return out;
}

// The roots of unity of order 2^32, w = 7^q (7 generates the field's units), a byte of the exponent at a time.
struct RootsOfUnity {
  std::array<std::array<Fr, 256>, 4> inverse;              // [j][k] = w^(-k 256^j)
  std::array<std::pair<uint64_t, uint8_t>, 256> logarithm;  // of order 256, by lowest limb: v = w^(k 2^24) for {v, k}

  RootsOfUnity() {
    const Fr w = pow_half_of_odd_part(Fr::from_u64(7)).square() * Fr::from_u64(7);
    Fr step = w.inverse();
    for (auto& row : inverse) {
      row[0] = Fr::one();
      for (size_t k = 1; k < row.size(); ++k) row[k] = row[k - 1] * step;
      step = row[255] * step;
    }
    for (size_t k = 0; k < 256; ++k) logarithm[k] = {inverse[3][(256 - k) % 256].raw().l[0], static_cast<uint8_t>(k)};
    std::ranges::sort(logarithm);
  }
  // Of an element of order 256: nothing sensible for others.
  size_t log256(const Fr& v) const {
    const auto at = std::ranges::lower_bound(logarithm, v.raw().l[0], {}, &std::pair<uint64_t, uint8_t>::first);
    return at == logarithm.end() ? 0 : at->second;
  }
};

// Tonelli-Shanks with the logarithm of x^q read off byte by byte (Sarkar, eprint 2020/1407). Variable time.
std::optional<Fr> square_root_vartime(const Fr& x) {
  static const RootsOfUnity roots;
  const auto& inverse = roots.inverse;
  const Fr half = pow_half_of_odd_part(x);
  const Fr root = half * x;
  std::array<Fr, 4> power;                                 // x^(q 256^j)
  power[0] = root * half;
  for (size_t j = 1; j < 4; ++j) {
    power[j] = power[j - 1];
    for (int k = 0; k < 8; ++k) power[j] = power[j].square();
  }
  std::array<size_t, 4> byte{};                            // of the logarithm of x^q, the lowest first
  for (size_t i = 0; i < 4; ++i) {
    Fr rest = power[3 - i];
    for (size_t j = 0; j < i; ++j) rest *= inverse[3 - i + j][byte[j]];
    byte[i] = roots.log256(rest);
  }
  const size_t logarithm = byte[0] | byte[1] << 8 | byte[2] << 16 | byte[3] << 24;
  Fr out = root;
  for (size_t j = 0; j < 4; ++j) out *= inverse[j][(logarithm >> 1 >> (8 * j)) & 255];
  // Says everything: zero has its root, an odd logarithm has none.
  if (!(out.square() == x)) return std::nullopt;
  return out;
}

// In place: `x = a * b` copies the product by wide loads right after blst's narrow stores, a stall longer than a sum.
void product(Fr& out, const Fr& a, const Fr& b) { blst_fr_mul(&out.raw(), &a.raw(), &b.raw()); }

const Fr& twice_d() {
  static const Fr value = jubjub_d() + jubjub_d();
  return value;
}

uint64_t equals_mask(uint64_t a, uint64_t b) {  // all ones if equal
  const uint64_t x = a ^ b;
  return ((x | (0 - x)) >> 63) - 1;
}

void assign_masked(Fr& out, const Fr& in, uint64_t mask) {
  for (size_t i = 0; i < 4; ++i) out.raw().l[i] ^= (out.raw().l[i] ^ in.raw().l[i]) & mask;
}

uint64_t nibble(const std::array<uint64_t, 4>& limbs, size_t i) { return (limbs[i / 16] >> (4 * (i % 16))) & 15; }

// A fixed point ready to be added: (v - u, v + u, 2duv).
struct Niels {
  Fr minus, plus, t2d;
};
// [j 16^i]G for every nibble position i and value j.
using GeneratorTable = std::array<std::array<Niels, 16>, kNibbles>;

std::unique_ptr<const GeneratorTable> make_generator_table() {
  auto table = std::make_unique<GeneratorTable>();
  JubjubPoint base = jubjub_generator();
  for (auto& row : *table) {
    JubjubPoint multiple;
    for (Niels& entry : row) {
      const JubjubAffine p = multiple.affine();
      entry = {p.v - p.u, p.v + p.u, p.u * p.v * twice_d()};
      multiple += base;
    }
    base = multiple;
  }
  return table;
}

}  // namespace

const Fr& jubjub_d() {
  static const Fr value = -(Fr::from_u64(10240) * Fr::from_u64(10241).inverse());
  return value;
}

Result<JubjubAffine, DecodeError> JubjubAffine::decode(ByteView bytes) {
  if (bytes.size() < kBytes) return Failure{DecodeError::truncated};
  if (bytes.size() > kBytes) return Failure{DecodeError::trailing_bytes};
  ByteArray<32> big_endian;
  std::reverse_copy(bytes.begin(), bytes.end(), big_endian.begin());
  const bool sign = (big_endian[0] & 0x80) != 0;
  big_endian[0] &= 0x7f;
  TRY(v, Fr::decode(big_endian));
  // u^2 = (v^2 - 1) / (1 + d v^2); the denominator is never 0 since -d is not a square (d is not, -1 is).
  const Fr vv = v.square();
  const auto root = square_root_vartime((vv - Fr::one()) * (Fr::one() + jubjub_d() * vv).inverse());
  if (!root) return Failure{DecodeError::not_on_curve};
  if (root->is_zero() && sign) return Failure{DecodeError::non_canonical};
  const bool odd = (root->limbs()[0] & 1) != 0;
  return JubjubAffine{odd == sign ? *root : -*root, v};
}

Result<JubjubAffine, DecodeError> JubjubAffine::read(Reader& in) {
  TRY(bytes, in.raw(kBytes));
  return decode(bytes);
}

ByteArray<32> JubjubAffine::encode() const {
  ByteArray<32> out = v.encode();
  std::reverse(out.begin(), out.end());
  out[31] = static_cast<uint8_t>(out[31] | ((u.limbs()[0] & 1) << 7));
  return out;
}

bool JubjubAffine::on_curve() const {
  const Fr uu = u.square(), vv = v.square();
  return vv - uu == Fr::one() + jubjub_d() * uu * vv;
}

bool JubjubAffine::is_small_order() const { return JubjubPoint(*this).is_small_order(); }

bool JubjubAffine::is_prime_order() const {
  // [l]P = [l-1]P + P: l itself is not a scalar.
  return !is_identity() && (JubjubPoint(*this) * -JubjubScalar::one() + *this).is_identity();
}

// add-2008-hwcd-3 for a = -1 (Hisil, Wong, Carter, Dawson, eprint 2008/522): complete, since d is not a square.
JubjubPoint operator+(const JubjubPoint& p, const JubjubPoint& q) {
  const Fr a = (p.v_ - p.u_) * (q.v_ - q.u_), b = (p.v_ + p.u_) * (q.v_ + q.u_);
  Fr c = p.t_ * q.t_;
  c *= twice_d();
  Fr d = p.z_ * q.z_;
  d += d;
  const Fr e = b - a, f = d - c, g = d + c, h = b + a;
  JubjubPoint out;
  product(out.u_, e, f);
  product(out.v_, g, h);
  product(out.t_, e, h);
  product(out.z_, f, g);
  return out;
}

JubjubPoint JubjubPoint::operator-() const {
  JubjubPoint out = *this;
  out.u_ = -u_;
  out.t_ = -t_;
  return out;
}

// dbl-2008-hwcd for a = -1, same source.
JubjubPoint JubjubPoint::doubled() const {
  const Fr a = u_.square(), b = v_.square();
  Fr c = z_.square();
  c += c;
  const Fr h = a + b, e = (u_ + v_).square() - h, g = b - a, f = c - g;
  JubjubPoint out;
  product(out.u_, e, f);
  product(out.v_, g, h);
  product(out.t_, e, h);
  product(out.z_, f, g);
  return out;
}

// Four bits at a time from the top; every table entry is read for every digit.
JubjubPoint operator*(const JubjubPoint& p, const JubjubScalar& k) {
  std::array<JubjubPoint, 16> table;
  for (size_t i = 1; i < table.size(); ++i) table[i] = i % 2 == 0 ? table[i / 2].doubled() : table[i - 1] + p;
  auto limbs = k.limbs();
  JubjubPoint out;
  for (size_t i = kNibbles; i-- > 0;) {
    out = out.doubled().doubled().doubled().doubled();
    const uint64_t digit = nibble(limbs, i);
    JubjubPoint chosen;
    for (size_t j = 0; j < table.size(); ++j) {
      const uint64_t mask = equals_mask(digit, j);
      assign_masked(chosen.u_, table[j].u_, mask);
      assign_masked(chosen.v_, table[j].v_, mask);
      assign_masked(chosen.z_, table[j].z_, mask);
      assign_masked(chosen.t_, table[j].t_, mask);
    }
    out += chosen;
  }
  wipe(&limbs, sizeof limbs);
  return out;
}

JubjubAffine JubjubPoint::affine() const {
  const Fr inverse = z_.inverse_constant_time();
  return {u_ * inverse, v_ * inverse};
}

const JubjubAffine& jubjub_generator() {
  static const JubjubAffine value = [] {
    for (uint8_t counter = 0;; ++counter) {
      CHECK(counter < 255);
      const ByteArray<1> part = {counter};
      const auto point = JubjubAffine::decode(blake2b_256("sotto/jubjub/generator/v1", {part}));
      if (point.ok() && !point->is_small_order()) return JubjubPoint(*point).mul_by_cofactor().affine();
    }
  }();
  return value;
}

JubjubPoint jubjub_mul_generator(const JubjubScalar& k) {
  static const std::unique_ptr<const GeneratorTable> table = make_generator_table();
  auto limbs = k.limbs();
  JubjubPoint out;
  for (size_t i = 0; i < kNibbles; ++i) {
    const uint64_t digit = nibble(limbs, i);
    Niels chosen;
    for (size_t j = 0; j < 16; ++j) {
      const Niels& entry = (*table)[i][j];
      const uint64_t mask = equals_mask(digit, j);
      assign_masked(chosen.minus, entry.minus, mask);
      assign_masked(chosen.plus, entry.plus, mask);
      assign_masked(chosen.t2d, entry.t2d, mask);
    }
    const Fr a = (out.v_ - out.u_) * chosen.minus, b = (out.v_ + out.u_) * chosen.plus, c = out.t_ * chosen.t2d;
    const Fr d = out.z_ + out.z_;
    const Fr e = b - a, f = d - c, g = d + c, h = b + a;
    product(out.u_, e, f);
    product(out.v_, g, h);
    product(out.t_, e, h);
    product(out.z_, f, g);
  }
  wipe(&limbs, sizeof limbs);
  return out;
}

// Signed odd digits in a sliding window of 5: one addition in six doublings.
JubjubPoint jubjub_mul_vartime(const JubjubPoint& p, const JubjubScalar& k) {
  std::array<JubjubPoint, 8> odd;  // P, 3P, ..., 15P
  odd[0] = p;
  const JubjubPoint twice = p.doubled();
  for (size_t i = 1; i < odd.size(); ++i) odd[i] = odd[i - 1] + twice;
  std::array<int8_t, 257> digits{};
  auto limbs = k.limbs();
  for (size_t i = 0; i < digits.size(); ++i) {
    if (limbs[0] & 1) {
      const int digit = static_cast<int>(limbs[0] & 31);
      digits[i] = static_cast<int8_t>(digit < 16 ? digit : digit - 32);
      limbs[0] &= ~uint64_t{31};
      if (digit >= 16) {  // borrow 32 from above
        uint64_t carry = 32;
        for (uint64_t& limb : limbs) {
          limb += carry;
          carry = limb < carry ? 1 : 0;
        }
      }
    }
    for (size_t j = 0; j < 4; ++j) limbs[j] = (limbs[j] >> 1) | (j < 3 ? limbs[j + 1] << 63 : 0);
  }
  JubjubPoint out;
  for (size_t i = digits.size(); i-- > 0;) {
    out = out.doubled();
    if (digits[i] > 0) out += odd[static_cast<size_t>(digits[i]) / 2];
    if (digits[i] < 0) out += -odd[static_cast<size_t>(-digits[i]) / 2];
  }
  return out;
}

// Pippenger with unsigned digits: good enough for batches of signatures.
JubjubPoint jubjub_msm_vartime(std::span<const JubjubPoint> points, std::span<const JubjubScalar> scalars) {
  CHECK(points.size() == scalars.size());
  const size_t n = points.size();
  const size_t window = n < 8 ? 3 : n < 32 ? 4 : n < 128 ? 5 : n < 512 ? 6 : n < 2048 ? 8 : 10;
  std::vector<std::array<uint64_t, 4>> limbs(n);
  for (size_t i = 0; i < n; ++i) limbs[i] = scalars[i].limbs();
  std::vector<JubjubPoint> buckets(size_t{1} << window);
  std::vector<bool> used(buckets.size());
  JubjubPoint out;
  for (size_t digit = (252 + window - 1) / window; digit-- > 0;) {
    for (size_t i = 0; i < window; ++i) out = out.doubled();
    std::fill(used.begin(), used.end(), false);
    const size_t bit = digit * window, word = bit / 64, shift = bit % 64;
    for (size_t i = 0; i < n; ++i) {
      uint64_t value = limbs[i][word] >> shift;
      if (shift + window > 64 && word < 3) value |= limbs[i][word + 1] << (64 - shift);
      value &= buckets.size() - 1;
      if (value == 0) continue;
      buckets[value] = used[value] ? buckets[value] + points[i] : points[i];
      used[value] = true;
    }
    JubjubPoint running, sum;
    bool any = false;
    for (size_t b = buckets.size(); b-- > 1;) {
      if (used[b]) {
        running += buckets[b];
        any = true;
      }
      if (any) sum += running;
    }
    out += sum;
  }
  return out;
}

std::vector<JubjubAffine> to_affine(std::span<const JubjubPoint> points) {
  std::vector<JubjubAffine> out(points.size());
  if (points.empty()) return out;
  std::vector<Fr> prefix(points.size());
  Fr product = Fr::one();
  for (size_t i = 0; i < points.size(); ++i) {
    prefix[i] = product;
    product *= points[i].z_;
  }
  Fr inverse = product.inverse_constant_time();
  for (size_t i = points.size(); i-- > 0;) {
    const Fr own = inverse * prefix[i];
    inverse *= points[i].z_;
    out[i] = {points[i].u_ * own, points[i].v_ * own};
  }
  return out;
}

}  // namespace sotto::crypto
