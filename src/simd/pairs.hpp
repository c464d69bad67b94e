// Affine additions on BLS12-381's G1, many at a time with one inversion: what commitments spend their time in. For the prover
// only, whose proofs are verified by blst's arithmetic before they leave the wallet. Variable time.
//
// An addition costs six products of Fp: three for its share of the inversion, slope, square, y.
#pragma once
#include <blst.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace sotto::simd {

inline constexpr size_t kMaxPairs = 512;       // a call of add_pairs

// *to = (minus_a ? -a : a) + (minus_b ? -b : b). `to` may be a or b; no point may take part in two pairs of a call
// if one of them writes it.
template <class Point>
struct Pair {
  Point* to;
  const Point *a, *b;
  bool minus_a, minus_b;
};

// blst's arithmetic. Every kernel has these members.
class BlstPairs {
 public:
  using Point = blst_p1_affine;
  static Point pack(const blst_p1_affine& p) { return p; }
  static blst_p1_affine unpack(const Point& p) { return p; }
  static void negate(Point& p);
  BlstPairs();
  ~BlstPairs();
  // False, and nothing written, if some pair has equal x: equal, opposite or infinite points.
  bool add(const Pair<Point>* pairs, size_t count);

 private:
  struct Scratch;
  std::unique_ptr<Scratch> scratch_;
};

// Four lanes of doubles (fp_avx2.hpp). Only where runs_here(Kernel::avx2).
class Avx2Pairs {
 public:
  // Coordinates in blst's Montgomery form (factor 2^384) as eight signed limbs of 48 bits, each a whole number of
  // magnitude at most 2^48; the value is within p of zero, not canonical. Infinity is all zeros.
  struct alignas(64) Point {
    double x[8], y[8];
  };
  static Point pack(const blst_p1_affine& p);
  static blst_p1_affine unpack(const Point& p);
  static void negate(Point& p);
  Avx2Pairs();
  ~Avx2Pairs();
  bool add(const Pair<Point>* pairs, size_t count);

 private:
  struct Scratch;
  std::unique_ptr<Scratch> scratch_;
};

// Coordinates in Montgomery form with factor 2^416, eight limbs below 2^52, at most 2 p and not canonical. Infinity is all zeros.
struct alignas(64) IfmaPoint {
  uint64_t x[8], y[8];
};
struct IfmaCode;
struct IfmaScratch;

// Eight lanes of 52-bit limbs (fp_ifma.hpp). Only where runs_here(Kernel::ifma).
class IfmaPairs {
 public:
  using Point = IfmaPoint;
  static Point pack(const blst_p1_affine& p);
  static blst_p1_affine unpack(const Point& p);
  static void negate(Point& p);
  IfmaPairs();
  ~IfmaPairs();
  bool add(const Pair<Point>* pairs, size_t count);

 protected:
  explicit IfmaPairs(const IfmaCode& code);

 private:
  const IfmaCode& code_;
  std::unique_ptr<IfmaScratch> scratch_;
};

// The same with every instruction in plain C++: the same bits on any machine, slowly.
class EmulatedIfmaPairs : public IfmaPairs {
 public:
  EmulatedIfmaPairs();
};

}  // namespace sotto::simd
