#include "poly/srs.hpp"

#include <atomic>
#include <fstream>
#include <iterator>
#include <set>

#include "crypto/hash.hpp"
#include "poly/domain.hpp"

namespace sotto::poly {

using crypto::Fr;
using crypto::G1;
using crypto::G1Affine;
using crypto::G2;
using crypto::G2Affine;

namespace {
constexpr std::string_view kMagic = "SOTTOSRS";
constexpr uint32_t kVersion = 1;
constexpr size_t kHeaderBytes = 16;
constexpr size_t kFileBytes = kHeaderBytes + kSrsG1 * G1Affine::kBytes + kSrsG2 * G2Affine::kBytes + kSrsLagrange * G1Affine::kBytes;
constexpr size_t kG1Offset = kHeaderBytes, kG2Offset = kG1Offset + kSrsG1 * G1Affine::kBytes;
constexpr size_t kLagrangeOffset = kG2Offset + kSrsG2 * G2Affine::kBytes;

Status<SrsError> check_frame(ByteView file) {
  if (file.size() != kFileBytes) return Failure{SrsError::wrong_length};
  Writer expected;
  expected.raw(view(kMagic));
  expected.u32(kVersion);
  expected.u32(kSrsG1);
  if (!std::equal(expected.bytes().begin(), expected.bytes().end(), file.begin())) return Failure{SrsError::wrong_header};
  return Ok{};
}
}  // namespace

const char* name(SrsError e) {
  switch (e) {
    case SrsError::cannot_read: return "cannot_read";
    case SrsError::wrong_length: return "wrong_length";
    case SrsError::wrong_header: return "wrong_header";
    case SrsError::wrong_digest: return "wrong_digest";
    case SrsError::bad_point: return "bad_point";
  }
  return "unknown";
}

Result<Srs, SrsError> parse_srs(ByteView file, size_t wanted, ThreadPool& pool) {
  CHECK(wanted <= kSrsG1);
  TRY_OK(check_frame(file));
  Srs out;
  out.digest = crypto::sha256(file);
  if (to_hex(out.digest) != kSrsDigest) return Failure{SrsError::wrong_digest};
  // The digest vouches for every point: decompress only, no subgroup check.
  out.g1.resize(wanted);
  out.lagrange.resize(kSrsLagrange);
  std::atomic<bool> ok = true;
  const auto decompress = [&](std::vector<G1Affine>& to, size_t offset, size_t i) {
    if (blst_p1_uncompress(&to[i].raw(), file.data() + offset + i * G1Affine::kBytes) != BLST_SUCCESS) ok = false;
  };
  pool.parallel_for(wanted, [&](size_t i) { decompress(out.g1, kG1Offset, i); });
  pool.parallel_for(kSrsLagrange, [&](size_t i) { decompress(out.lagrange, kLagrangeOffset, i); });
  const auto first = G2Affine::decode(file.subspan(kG2Offset, G2Affine::kBytes));
  const auto second = G2Affine::decode(file.subspan(kG2Offset + G2Affine::kBytes, G2Affine::kBytes));
  if (!ok || !first.ok() || !second.ok()) return Failure{SrsError::bad_point};
  out.g2 = *first;
  out.tau_g2 = *second;
  return out;
}

std::vector<G1Affine> lagrange_points(std::span<const G1Affine> powers, size_t log_n) {
  // L_i(tau) = (1/n) sum_j w^{-ij} tau^j: an inverse transform whose "coefficients" are the powers.
  const Domain<Fr> domain(log_n);
  const size_t n = domain.size();
  CHECK(powers.size() >= n);
  std::vector<G1> a(powers.begin(), powers.begin() + static_cast<std::ptrdiff_t>(n));
  for (size_t i = 1, j = 0; i < n; ++i) {
    size_t bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) std::swap(a[i], a[j]);
  }
  for (size_t half = 1; half < n; half *= 2) {
    for (size_t start = 0; start < n; start += 2 * half) {
      for (size_t k = 0; k < half; ++k) {
        const size_t e = k * (n / (2 * half));
        const G1 t = a[start + k + half] * domain.elements()[e == 0 ? 0 : n - e];
        a[start + k + half] = a[start + k] + -t;
        a[start + k] += t;
      }
    }
  }
  for (G1& p : a) p = p * domain.size_inverse();
  return to_affine(a);
}

Result<Srs, Error> load_srs(const std::string& path, size_t wanted, ThreadPool& pool) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return Failure{Error{"reference string: cannot open " + path}};
  const Bytes file{std::istreambuf_iterator<char>(in), {}};
  auto srs = parse_srs(file, wanted, pool);
  if (!srs.ok())
    return Failure{Error{"reference string " + path + ": " + name(srs.error()) + " (expected the file with SHA-256 " +
                         std::string(kSrsDigest) + ")"}};
  return std::move(srs).value();
}

Result<FullSrs, SrsError> parse_srs_unpinned(ByteView file) {
  TRY_OK(check_frame(file));
  FullSrs out;
  Reader in(file.subspan(kHeaderBytes));
  for (size_t i = 0; i < kSrsG1; ++i) {
    const auto p = G1Affine::read(in);
    if (!p.ok()) return Failure{SrsError::bad_point};
    out.g1.push_back(*p);
  }
  for (size_t i = 0; i < kSrsG2; ++i) {
    const auto p = G2Affine::read(in);
    if (!p.ok()) return Failure{SrsError::bad_point};
    out.g2.push_back(*p);
  }
  for (size_t i = 0; i < kSrsLagrange; ++i) {
    const auto p = G1Affine::read(in);
    if (!p.ok()) return Failure{SrsError::bad_point};
    out.lagrange.push_back(*p);
  }
  return out;
}

Bytes encode_srs(const FullSrs& srs) {
  CHECK(srs.g1.size() == kSrsG1 && srs.g2.size() == kSrsG2 && srs.lagrange.size() == kSrsLagrange);
  Writer out;
  out.raw(view(kMagic));
  out.u32(kVersion);
  out.u32(kSrsG1);
  for (const auto& p : srs.g1) p.write(out);
  for (const auto& p : srs.g2) p.write(out);
  for (const auto& p : srs.lagrange) p.write(out);
  return std::move(out).bytes();
}

namespace {

// Is tau in -2^20 .. 2^20, where anyone would find it? Baby steps i G, giant steps tau G - 2^11 j G; equal up to sign.
bool tau_is_small(const G1Affine& tau) {
  constexpr uint32_t kBaby = 1u << 10, kStep = 2 * kBaby, kGiant = (1u << 20) / kStep + 1;
  std::vector<G1> points;
  G1 at;
  for (uint32_t i = 0; i <= kBaby; ++i, at += G1Affine::generator()) points.push_back(at);
  const G1 step = -(G1::generator() * Fr::from_u64(kStep));
  for (int sign = 0; sign < 2; ++sign) {
    at = sign == 0 ? G1(tau) : -G1(tau);
    for (uint32_t j = 0; j <= kGiant; ++j, at += step) points.push_back(at);
  }
  std::set<ByteArray<48>> baby;
  const auto affine = to_affine(points);
  const auto up_to_sign = [](const G1Affine& p) {
    auto bytes = p.encode();
    bytes[0] &= 0xdf;
    return bytes;
  };
  for (size_t i = 0; i < affine.size(); ++i) {
    if (i <= kBaby) baby.insert(up_to_sign(affine[i]));
    else if (baby.contains(up_to_sign(affine[i]))) return true;
  }
  return false;
}

}  // namespace

bool verify_powers(const FullSrs& srs, const Hash32& weights_seed) {
  if (srs.g1.size() != kSrsG1 || srs.g2.size() != kSrsG2) return false;
  if (!(srs.g1[0] == G1Affine::generator()) || !(srs.g2[0] == G2Affine::generator())) return false;
  if (tau_is_small(srs.g1[1])) return false;
  std::vector<Fr> weights(kSrsG1 - 1);
  for (size_t i = 0; i < weights.size(); ++i) {
    Writer label;
    label.raw(weights_seed);
    label.u32(static_cast<uint32_t>(i));
    const Hash32 h = crypto::sha256(label.bytes());
    ByteArray<64> wide{};
    std::copy(h.begin(), h.begin() + 16, wide.end() - 16);
    weights[i] = Fr::reduce512(wide);
  }
  // G1: e(sum w_i g_{i+1}, G2) == e(sum w_i g_i, tau G2)
  const G1Affine high = crypto::msm_vartime(std::span(srs.g1).subspan(1), weights).affine();
  const G1Affine low = (-crypto::msm_vartime(std::span(srs.g1).first(kSrsG1 - 1), weights)).affine();
  if (!crypto::pairing_product_is_one(std::array{high, low}, std::array{srs.g2[0], srs.g2[1]})) return false;
  // G2: e(G1, sum w_i h_{i+1}) == e(tau G1, sum w_i h_i)
  G2 high2, low2;
  for (size_t i = 0; i + 1 < kSrsG2; ++i) {
    high2 += G2(srs.g2[i + 1]) * weights[i];
    low2 += G2(srs.g2[i]) * weights[i];
  }
  const G1Affine minus_tau = (-G1(srs.g1[1])).affine();
  if (!crypto::pairing_product_is_one(std::array{srs.g1[0], minus_tau}, std::array{high2.affine(), low2.affine()})) return false;
  return lagrange_points(srs.g1, kSrsLagrangeLog) == srs.lagrange;
}

}  // namespace sotto::poly
