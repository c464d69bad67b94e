// The arithmetic of fp_ifma.hpp over a vector type V of eight 64-bit words. Included by the two files that have such
// a type, both in their anonymous namespace: every instance then belongs to one file alone.
//
// V has: load, store (aligned), all (one word in every lane), +, -, madd_lo / madd_hi (accumulator plus the low /
// high 52 bits of the product of the low 52 bits of two others), carry (arithmetic shift right by 52), low52,
// negate_if (by a bit mask of lanes), pick (a word of a table of eight by each lane's low three bits), transpose
// (eight vectors as a matrix).
#pragma once
#include "simd/fp_ifma.hpp"

namespace sotto::simd {
namespace {

// f<0>() ... f<n - 1>(), in line: indices known to the compiler, so that arrays of vectors become registers.
template <int n, int i = 0, class F>
[[gnu::always_inline]] inline void each(const F& f) {
  if constexpr (i < n) {
    f.template operator()<i>();
    each<n, i + 1>(f);
  }
}

constexpr uint64_t kIfmaP[8] = {0xeffffffffaaab, 0xfeb153ffffb9f, 0x6b0f6241eabff, 0x12bf6730d2a0f,
                                0x764774b84f385, 0x1ba7b6434bacd, 0x1ea397fe69a4b, 0x1a011};
// 2^52 / (p / 2^364) less one part in 1,000, which is more than the carries missing from an unsettled top limb can be
// worth.
constexpr uint64_t kIfmaTopInverse = 42239480500;

struct Multiples {
  alignas(64) uint64_t of[8][8];                       // [limb][q]: q p
};
constexpr Multiples ifma_multiples() {
  Multiples out{};
  for (uint64_t q = 0; q < 8; ++q) {
    uint64_t carry = 0;
    for (int j = 0; j < 8; ++j) {
      const uint64_t limb = q * kIfmaP[j] + carry;
      out.of[j][q] = limb & ((uint64_t{1} << 52) - 1);
      carry = limb >> 52;
    }
  }
  return out;
}
constexpr Multiples kIfmaMultiples = ifma_multiples();

template <class V>
struct Lanes {                                         // settled limbs, or columns still to be settled
  V l[8];
};

template <class V>
[[gnu::always_inline]] inline Lanes<V> load(const uint64_t* words) {
  Lanes<V> out;
  each<8>([&]<int j>() { out.l[j] = V::load(words + 8 * j); });
  return out;
}
template <class V>
[[gnu::always_inline]] inline void store(uint64_t* words, const Lanes<V>& v) {
  each<8>([&]<int j>() { v.l[j].store(words + 8 * j); });
}

// a - b + times p, columns.
template <int times, class V>
[[gnu::always_inline]] inline Lanes<V> minus(const Lanes<V>& a, const Lanes<V>& b) {
  Lanes<V> out;
  each<8>([&]<int j>() { out.l[j] = a.l[j] + V::all(kIfmaMultiples.of[j][times]) - b.l[j]; });
  return out;
}

// Every carry, with its sign, into the limb above. The value is in [0, 2^416).
template <class V>
[[gnu::always_inline]] inline Lanes<V> settle(Lanes<V> v) {
  each<7>([&]<int j>() {
    v.l[j + 1] = v.l[j + 1] + v.l[j].carry();
    v.l[j] = v.l[j].low52();
  });
  return v;
}

// Settled and below 1.01 p, for columns of a value in [0, 7 p) whose top one is not negative. The quotient is never
// too large and too small by one only when what is left is below p / 100.
template <class V>
[[gnu::always_inline]] inline Lanes<V> reduce(Lanes<V> v) {
  const V q = V::all(0).madd_hi(v.l[7], V::all(kIfmaTopInverse));
  each<8>([&]<int j>() { v.l[j] = v.l[j] - q.pick(kIfmaMultiples.of[j]); });
  return settle(v);
}

// Columns 0..15 of a product divided by 2^416: columns of the result.
template <class V>
[[gnu::always_inline]] inline Lanes<V> montgomery(V (&c)[16]) {
  each<7>([&]<int i>() {
    const V x = c[i], carry = x.carry();
    each<8>([&]<int j>() { c[i + 1 + j] = c[i + 1 + j].madd_lo(x, V::all(kIfmaConstants.t[j])); });
    c[i + 1] = c[i + 1] + carry;
    each<8>([&]<int j>() { c[i + 2 + j] = c[i + 2 + j].madd_hi(x, V::all(kIfmaConstants.t[j])); });
  });
  const V q = V::all(0).madd_lo(c[7], V::all(kIfmaConstants.minus_inverse));
  each<8>([&]<int j>() { c[7 + j] = c[7 + j].madd_lo(q, V::all(kIfmaConstants.p[j])); });
  each<8>([&]<int j>() { c[8 + j] = c[8 + j].madd_hi(q, V::all(kIfmaConstants.p[j])); });
  Lanes<V> out;
  each<8>([&]<int j>() { out.l[j] = c[8 + j]; });
  out.l[0] = out.l[0] + c[7].carry();
  return out;
}

// a is better the one that was ready last: its limbs are read one after the other.
template <class V>
[[gnu::noinline]] void multiply(Lanes<V>& out, const Lanes<V>& a, const Lanes<V>& b) {
  V c[16];
  each<16>([&]<int k>() { c[k] = V::all(0); });
  each<8>([&]<int i>() {
    each<8>([&]<int j>() { c[i + j] = c[i + j].madd_lo(a.l[i], b.l[j]); });
    each<8>([&]<int j>() {
      if constexpr (i + j < 14) c[i + j + 1] = c[i + j + 1].madd_hi(a.l[i], b.l[j]);
    });
  });
  out = montgomery(c);
}

template <class V>
[[gnu::noinline]] void square(Lanes<V>& out, const Lanes<V>& a) {
  V c[16];
  each<16>([&]<int k>() { c[k] = V::all(0); });
  each<7>([&]<int i>() {
    each<7 - i>([&]<int d>() {
      constexpr int j = i + 1 + d;
      c[i + j] = c[i + j].madd_lo(a.l[i], a.l[j]);
    });
    each<7 - i>([&]<int d>() {
      constexpr int j = i + 1 + d;
      c[i + j + 1] = c[i + j + 1].madd_hi(a.l[i], a.l[j]);
    });
  });
  each<15>([&]<int k>() { c[k] = c[k] + c[k]; });
  each<8>([&]<int i>() {
    c[2 * i] = c[2 * i].madd_lo(a.l[i], a.l[i]);
    if constexpr (i < 7) c[2 * i + 1] = c[2 * i + 1].madd_hi(a.l[i], a.l[i]);
  });
  out = montgomery(c);
}

template <class V>
[[gnu::always_inline]] inline Lanes<V> product(const Lanes<V>& a, const Lanes<V>& b) {
  Lanes<V> out;
  multiply(out, a, b);
  return settle(out);
}

// One coordinate of eight points: rows in memory to one limb a register, and back.
template <class V>
[[gnu::always_inline]] inline Lanes<V> gather(const uint64_t* const (&rows)[8]) {
  Lanes<V> out;
  each<8>([&]<int i>() { out.l[i] = V::load(rows[i]); });
  V::transpose(out.l);
  return out;
}
template <class V>
[[gnu::always_inline]] inline void scatter(uint64_t* const (&rows)[8], Lanes<V> v) {
  V::transpose(v.l);
  each<8>([&]<int i>() { v.l[i].store(rows[i]); });
}

template <class V>
void differences(IfmaScratch& s, const Pair<IfmaPoint>* pairs, size_t vectors) {
  for (size_t v = 0; v < vectors; ++v) {
    const Pair<IfmaPoint>* const at = v + 1 < vectors ? pairs + 8 * v : s.last;
    if (v + 3 < vectors) {
      for (int i = 16; i < 24; ++i) {
        __builtin_prefetch(at[i].a->x);
        __builtin_prefetch(at[i].a->y);
        __builtin_prefetch(at[i].b->x);
        __builtin_prefetch(at[i].b->y);
      }
    }
    const uint64_t *ax[8], *bx[8];
    each<8>([&]<int i>() {
      ax[i] = at[i].a->x;
      bx[i] = at[i].b->x;
    });
    const Lanes<V> dx = settle(minus<2>(gather<V>(bx), gather<V>(ax)));
    store(s.dx[v], dx);
    store(s.prefix[v], v == 0 ? dx : product(load<V>(s.prefix[v - 1]), dx));
  }
}

template <class V>
void sums(const IfmaScratch& s, const Pair<IfmaPoint>* pairs, size_t vectors) {
  Lanes<V> inverse = load<V>(s.inverse);
  for (size_t v = vectors; v-- > 0;) {
    Lanes<V> own = inverse;
    if (v > 0) {
      own = product(inverse, load<V>(s.prefix[v - 1]));
      inverse = product(inverse, load<V>(s.dx[v]));
    }
    const Pair<IfmaPoint>* const at = v + 1 < vectors ? pairs + 8 * v : s.last;
    const uint64_t* rows[4][8];
    uint64_t *to_x[8], *to_y[8];
    unsigned minus_a = 0, minus_b = 0;
    each<8>([&]<int i>() {
      rows[0][i] = at[i].a->x;
      rows[1][i] = at[i].a->y;
      rows[2][i] = at[i].b->x;
      rows[3][i] = at[i].b->y;
      to_x[i] = at[i].to->x;
      to_y[i] = at[i].to->y;
      minus_a |= static_cast<unsigned>(at[i].minus_a) << i;
      minus_b |= static_cast<unsigned>(at[i].minus_b) << i;
    });
    const Lanes<V> ax = gather<V>(rows[0]), bx = gather<V>(rows[2]);
    Lanes<V> ay = gather<V>(rows[1]), by = gather<V>(rows[3]), x, y;
    each<8>([&]<int j>() {
      ay.l[j] = ay.l[j].negate_if(minus_a);            // columns: within 2 p of zero
      by.l[j] = by.l[j].negate_if(minus_b);
    });
    const Lanes<V> lambda = product(own, settle(minus<4>(by, ay)));   // second factor in [0, 8 p]
    square(x, lambda);
    each<8>([&]<int j>() { x.l[j] = x.l[j] - bx.l[j]; });
    x = reduce(minus<4>(x, ax));                       // from [0, 5.3 p)
    multiply(y, settle(minus<2>(ax, x)), lambda);
    y = reduce(minus<2>(y, ay));                       // from [0, 5.3 p)
    scatter(to_x, x);
    scatter(to_y, y);
  }
}

template <class V>
void every_operation(uint64_t* out, const uint64_t* in) {
  const auto put = [&](const V& v) {
    v.store(out);
    out += 8;
  };
  const V a = V::load(in), b = V::load(in + 8), c = V::load(in + 16);
  put(a + b);
  put(a - b);
  put(a.madd_lo(b, c));
  put(a.madd_hi(b, c));
  put(a.carry());
  put(a.low52());
  put(a.negate_if(static_cast<unsigned>(in[24] & 0xff)));
  put(a.pick(in + 32));
  put(V::all(in[40]));
  put(a);
  V matrix[8];
  for (int i = 0; i < 8; ++i) matrix[i] = V::load(in + 8 * i);
  V::transpose(matrix);
  for (const V& row : matrix) put(row);
}

template <class V>
constexpr IfmaCode ifma_code() {
  return {
      [](uint64_t* out, const uint64_t* a, const uint64_t* b) { store(out, product(load<V>(a), load<V>(b))); },
      [](uint64_t* out, const uint64_t* a) {
        Lanes<V> v;
        square(v, load<V>(a));
        store(out, settle(v));
      },
      [](uint64_t* out, const uint64_t* a) { store(out, reduce(load<V>(a))); },
      differences<V>,
      sums<V>,
      every_operation<V>,
  };
}

}  // namespace
}  // namespace sotto::simd
