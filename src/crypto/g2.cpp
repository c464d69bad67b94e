#include "crypto/g2.hpp"

namespace sotto::crypto {

const G2Affine& G2Affine::generator() {
  static const G2Affine value(*blst_p2_affine_generator());
  return value;
}

Result<G2Affine, DecodeError> G2Affine::decode(ByteView bytes) {
  if (bytes.size() < kBytes) return Failure{DecodeError::truncated};
  if (bytes.size() > kBytes) return Failure{DecodeError::trailing_bytes};
  G2Affine out;
  switch (blst_p2_uncompress(&out.v_, bytes.data())) {
    case BLST_SUCCESS: break;
    case BLST_POINT_NOT_ON_CURVE: return Failure{DecodeError::not_on_curve};
    case BLST_POINT_NOT_IN_GROUP: return Failure{DecodeError::not_in_subgroup};
    default: return Failure{DecodeError::non_canonical};
  }
  if (out.is_infinity()) return Failure{DecodeError::point_at_infinity};
  if (!blst_p2_affine_in_g2(&out.v_)) return Failure{DecodeError::not_in_subgroup};
  return out;
}

Result<G2Affine, DecodeError> G2Affine::read(Reader& in) {
  TRY(bytes, in.raw(kBytes));
  return decode(bytes);
}

ByteArray<96> G2Affine::encode() const {
  ByteArray<96> out;
  blst_p2_affine_compress(out.data(), &v_);
  return out;
}

G2 operator*(const G2& p, const Fr& k) {
  G2 out;
  const blst_scalar s = k.scalar();
  blst_p2_mult(&out.v_, &p.v_, s.b, 255);
  return out;
}

bool pairing_product_is_one(std::span<const G1Affine> a, std::span<const G2Affine> b) {
  CHECK(a.size() == b.size());
  std::vector<const blst_p1_affine*> p;
  std::vector<const blst_p2_affine*> q;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].is_infinity() || b[i].is_infinity()) continue;
    p.push_back(&a[i].raw());
    q.push_back(&b[i].raw());
  }
  if (p.empty()) return true;
  blst_fp12 f;
  blst_miller_loop_n(&f, q.data(), p.data(), p.size());
  blst_final_exp(&f, &f);
  return blst_fp12_is_one(&f);
}

bool pairing_product_is_one(const G1Affine& a, const PreparedG2& q, const G1Affine& b, const PreparedG2& s, ThreadPool& pool) {
  std::array<blst_fp12, 2> f{*blst_fp12_one(), *blst_fp12_one()};
  pool.parallel_for(2, [&](size_t i) {
    const G1Affine& p = i == 0 ? a : b;
    if (!p.is_infinity()) f[i] = (i == 0 ? q : s).miller_loop(p);
  });
  blst_fp12_mul(&f[0], &f[0], &f[1]);
  blst_final_exp(&f[0], &f[0]);
  return blst_fp12_is_one(&f[0]);
}

}  // namespace sotto::crypto
