#include <immintrin.h>

#include "simd/ifma_lanes.hpp"

namespace sotto::simd {
namespace {

struct Zmm {
  __m512i v;

  static Zmm load(const uint64_t* words) { return {_mm512_load_si512(words)}; }
  void store(uint64_t* words) const { _mm512_store_si512(words, v); }
  static Zmm all(uint64_t word) { return {_mm512_set1_epi64(static_cast<long long>(word))}; }
  Zmm operator+(const Zmm& o) const { return {_mm512_add_epi64(v, o.v)}; }
  Zmm operator-(const Zmm& o) const { return {_mm512_sub_epi64(v, o.v)}; }
  Zmm madd_lo(const Zmm& a, const Zmm& b) const { return {_mm512_madd52lo_epu64(v, a.v, b.v)}; }
  Zmm madd_hi(const Zmm& a, const Zmm& b) const { return {_mm512_madd52hi_epu64(v, a.v, b.v)}; }
  Zmm carry() const { return {_mm512_srai_epi64(v, 52)}; }
  Zmm low52() const { return {_mm512_and_si512(v, _mm512_set1_epi64((1LL << 52) - 1))}; }
  Zmm negate_if(unsigned lanes) const {
    return {_mm512_mask_sub_epi64(v, static_cast<__mmask8>(lanes), _mm512_setzero_si512(), v)};
  }
  Zmm pick(const uint64_t* table) const { return {_mm512_permutexvar_epi64(v, _mm512_load_si512(table))}; }

  static void transpose(Zmm* m) {
    __m512i pair[8], quad[8];
    each<4>([&]<int i>() {                             // pair[2 i + odd]: lanes of one parity of rows 2 i and 2 i + 1
      pair[2 * i] = _mm512_unpacklo_epi64(m[2 * i].v, m[2 * i + 1].v);
      pair[2 * i + 1] = _mm512_unpackhi_epi64(m[2 * i].v, m[2 * i + 1].v);
    });
    each<2>([&]<int odd>() {                           // quad[4 odd + ...]: two pairs' blocks, of one parity
      quad[4 * odd] = _mm512_shuffle_i64x2(pair[odd], pair[2 + odd], 0x88);
      quad[4 * odd + 1] = _mm512_shuffle_i64x2(pair[odd], pair[2 + odd], 0xdd);
      quad[4 * odd + 2] = _mm512_shuffle_i64x2(pair[4 + odd], pair[6 + odd], 0x88);
      quad[4 * odd + 3] = _mm512_shuffle_i64x2(pair[4 + odd], pair[6 + odd], 0xdd);
      m[odd].v = _mm512_shuffle_i64x2(quad[4 * odd], quad[4 * odd + 2], 0x88);
      m[2 + odd].v = _mm512_shuffle_i64x2(quad[4 * odd + 1], quad[4 * odd + 3], 0x88);
      m[4 + odd].v = _mm512_shuffle_i64x2(quad[4 * odd], quad[4 * odd + 2], 0xdd);
      m[6 + odd].v = _mm512_shuffle_i64x2(quad[4 * odd + 1], quad[4 * odd + 3], 0xdd);
    });
  }
};

}  // namespace

constinit const IfmaCode kIfmaReal = ifma_code<Zmm>();

}  // namespace sotto::simd
