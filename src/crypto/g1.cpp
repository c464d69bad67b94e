#include "crypto/g1.hpp"

namespace sotto::crypto {

const G1Affine& G1Affine::generator() {
  static const G1Affine value(*blst_p1_affine_generator());
  return value;
}

Result<G1Affine, DecodeError> G1Affine::decode(ByteView bytes) {
  if (bytes.size() < kBytes) return Failure{DecodeError::truncated};
  if (bytes.size() > kBytes) return Failure{DecodeError::trailing_bytes};
  G1Affine out;
  switch (blst_p1_uncompress(&out.v_, bytes.data())) {
    case BLST_SUCCESS: break;
    case BLST_POINT_NOT_ON_CURVE: return Failure{DecodeError::not_on_curve};
    case BLST_POINT_NOT_IN_GROUP: return Failure{DecodeError::not_in_subgroup};
    default: return Failure{DecodeError::non_canonical};
  }
  if (out.is_infinity()) return Failure{DecodeError::point_at_infinity};
  if (!blst_p1_affine_in_g1(&out.v_)) return Failure{DecodeError::not_in_subgroup};
  return out;
}

Result<G1Affine, DecodeError> G1Affine::read(Reader& in) {
  TRY(bytes, in.raw(kBytes));
  return decode(bytes);
}

ByteArray<48> G1Affine::encode() const {
  ByteArray<48> out;
  blst_p1_affine_compress(out.data(), &v_);
  return out;
}

G1 operator*(const G1& p, const Fr& k) {
  G1 out;
  const blst_scalar s = k.scalar();
  blst_p1_mult(&out.v_, &p.v_, s.b, 255);
  return out;
}

std::vector<G1Affine> to_affine(std::span<const G1> points) {
  std::vector<G1Affine> out(points.size());
  std::vector<const blst_p1*> in(points.size());
  bool infinite = false;
  for (size_t i = 0; i < points.size(); ++i) {
    in[i] = &points[i].raw();
    infinite |= points[i].is_infinity();
  }
  if (infinite) {  // blst's batch inversion does not take infinity
    for (size_t i = 0; i < points.size(); ++i) out[i] = points[i].affine();
  } else if (!points.empty()) {
    blst_p1s_to_affine(&out[0].raw(), in.data(), in.size());
  }
  return out;
}

G1 msm_vartime(std::span<const G1Affine> points, std::span<const Fr> scalars) {
  CHECK(points.size() == scalars.size());
  G1 out;
  std::vector<const blst_p1_affine*> p;
  std::vector<blst_scalar> s;
  p.reserve(points.size());
  s.reserve(points.size());
  for (size_t i = 0; i < points.size(); ++i) {
    if (points[i].is_infinity() || scalars[i].is_zero()) continue;
    p.push_back(&points[i].raw());
    s.push_back(scalars[i].scalar());
  }
  if (p.empty()) return out;
  std::vector<const byte*> bytes(s.size());
  for (size_t i = 0; i < s.size(); ++i) bytes[i] = s[i].b;
  std::vector<limb_t> scratch(blst_p1s_mult_pippenger_scratch_sizeof(p.size()) / sizeof(limb_t));
  blst_p1s_mult_pippenger(&out.raw(), p.data(), p.size(), bytes.data(), 255, scratch.data());
  return out;
}

namespace {
constexpr size_t kFixedWindowBits = 8;
}

FixedBases::FixedBases(std::span<const G1Affine> bases) : size_(bases.size()) {
  std::vector<const blst_p1_affine*> points;
  for (size_t i = 0; i < bases.size(); ++i) {
    if (bases[i].is_infinity()) continue;
    finite_.push_back(i);
    points.push_back(&bases[i].raw());
  }
  table_.resize(points.size() << (kFixedWindowBits - 1));
  if (!points.empty()) blst_p1s_mult_wbits_precompute(table_.data(), kFixedWindowBits, points.data(), points.size());
}

G1 FixedBases::msm_vartime(std::span<const Fr> scalars) const {
  CHECK(scalars.size() == size_);
  G1 out;
  if (finite_.empty()) return out;
  std::vector<blst_scalar> s(finite_.size());
  std::vector<const byte*> bytes(finite_.size());
  for (size_t i = 0; i < finite_.size(); ++i) {
    s[i] = scalars[finite_[i]].scalar();
    bytes[i] = s[i].b;
  }
  std::vector<limb_t> scratch(blst_p1s_mult_wbits_scratch_sizeof(s.size()) / sizeof(limb_t));
  blst_p1s_mult_wbits(&out.raw(), table_.data(), kFixedWindowBits, s.size(), bytes.data(), 255, scratch.data());
  return out;
}

}  // namespace sotto::crypto
