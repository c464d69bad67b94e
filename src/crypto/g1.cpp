#include "crypto/g1.hpp"

#include "crypto/g1_sums.hpp"

namespace sotto::crypto {

const G1Affine& G1Affine::generator() {
  static const G1Affine value(*blst_p1_affine_generator());
  return value;
}

Result<G1Affine, DecodeError> G1Affine::decode(ByteView bytes) {
  TRY(point, G1Unchecked::decode(bytes));
  if (!point.in_subgroup()) return Failure{DecodeError::not_in_subgroup};
  return point.checked();
}

namespace {

// The point with the x of `bytes` and y = hint, if its one encoding is exactly `bytes`.
std::optional<blst_p1_affine> with_hint(ByteView bytes, ByteView hint) {
  if (hint.size() != G1Affine::kBytes || (bytes[0] & 0xc0) != 0x80) return std::nullopt;   // compressed, not infinity
  ByteArray<48> x;
  std::copy(bytes.begin(), bytes.end(), x.begin());
  x[0] &= 0x1f;
  blst_p1_affine p;
  blst_fp_from_bendian(&p.x, x.data());
  blst_fp_from_bendian(&p.y, hint.data());
  // Both below p: what was reduced does not come back as it was. Compressing again covers x, the sign of y and the flags.
  ByteArray<48> back;
  blst_bendian_from_fp(back.data(), &p.y);
  if (!std::equal(back.begin(), back.end(), hint.begin())) return std::nullopt;
  // x = 0 (order 3) is left to blst, which refuses it by name.
  if (fp_is_zero(p.x) || !blst_p1_affine_on_curve(&p)) return std::nullopt;
  blst_p1_affine_compress(back.data(), &p);
  if (!std::equal(back.begin(), back.end(), bytes.begin())) return std::nullopt;
  return p;
}

}  // namespace

Result<G1Unchecked, DecodeError> G1Unchecked::decode(ByteView bytes, ByteView hint) {
  if (bytes.size() < kBytes) return Failure{DecodeError::truncated};
  if (bytes.size() > kBytes) return Failure{DecodeError::trailing_bytes};
  if (const auto point = with_hint(bytes, hint)) return G1Unchecked(*point);
  G1Unchecked out;
  switch (blst_p1_uncompress(&out.v_, bytes.data())) {
    case BLST_SUCCESS: break;
    case BLST_POINT_NOT_ON_CURVE: return Failure{DecodeError::not_on_curve};
    case BLST_POINT_NOT_IN_GROUP: return Failure{DecodeError::not_in_subgroup};
    default: return Failure{DecodeError::non_canonical};
  }
  if (blst_p1_affine_is_inf(&out.v_)) return Failure{DecodeError::point_at_infinity};
  return out;
}

ByteArray<48> y_hint(const G1Unchecked& point) {
  ByteArray<48> out;
  blst_bendian_from_fp(out.data(), &point.raw().y);
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

}  // namespace sotto::crypto
