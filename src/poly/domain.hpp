// Multiplicative domain H = {1, w, w^2, ...} of size n = 2^k and its number-theoretic transforms, over any field with
// FieldTraits (Fr in the product, a tiny prime in exhaustive tests).
#pragma once
#include "base/check.hpp"
#include "crypto/fr.hpp"

namespace sotto::poly {

template <class F>
struct FieldTraits;

template <>
struct FieldTraits<crypto::Fr> {
  static constexpr size_t kTwoAdicity = 32;
  static crypto::Fr generator() { return crypto::Fr::from_u64(7); }  // of the whole multiplicative group
  // 7^((r-1)/2^32): the root of order 2^32 that every implementation of this field uses.
  static crypto::Fr two_adic_root() {
    return crypto::Fr::from_hex("16a2a19edfe81f20d09b681922c813b4b63683508c2280b93829971f439f0d2b");
  }
};

// A primitive root of unity of order 2^log_order.
template <class F>
F root_of_unity(size_t log_order) {
  CHECK(log_order <= FieldTraits<F>::kTwoAdicity);
  F root = FieldTraits<F>::two_adic_root();
  for (size_t i = log_order; i < FieldTraits<F>::kTwoAdicity; ++i) root = root.square();
  return root;
}

// (x, y) <- (x + w y, x - w y), in place: assigning freshly computed field elements stalls on store forwarding.
template <class F>
void butterfly(F& x, F& y, const F& w) {
  const F t = y * w;
  y = x - t;
  x += t;
}
inline void butterfly(crypto::Fr& x, crypto::Fr& y, const crypto::Fr& w) { blst_fr_ct_bfly(&x.raw(), &y.raw(), &w.raw()); }

template <class F>
class Domain {
 public:
  explicit Domain(size_t log_n) : log_n_(log_n), n_(size_t{1} << log_n), root_(root_of_unity<F>(log_n)) {
    elements_.reserve(n_);
    F x = F::one();
    for (size_t i = 0; i < n_; ++i, x *= root_) elements_.push_back(x);
    n_inverse_ = F::from_u64(n_).inverse();
  }

  size_t size() const { return n_; }
  size_t log_size() const { return log_n_; }
  const F& root() const { return root_; }
  const std::vector<F>& elements() const { return elements_; }  // w^i
  const F& size_inverse() const { return n_inverse_; }

  // Coefficients -> values at w^i, in place.
  void ntt(std::span<F> a) const { transform(a, false); }
  // Values at w^i -> coefficients, in place.
  void intt(std::span<F> a) const {
    transform(a, true);
    for (F& x : a) x *= n_inverse_;
  }
  // Coefficients -> values at shift * w^i, in place.
  void coset_ntt(std::span<F> a, const F& shift) const {
    F power = F::one();
    for (F& x : a) {
      x *= power;
      power *= shift;
    }
    ntt(a);
  }
  // Values at shift * w^i -> coefficients, in place.
  void coset_intt(std::span<F> a, const F& shift) const {
    transform(a, true);
    const F step = shift.inverse();
    F power = n_inverse_;
    for (F& x : a) {
      x *= power;
      power *= step;
    }
  }

  // L_i(x) for the rows asked for; x must lie outside the domain.
  std::vector<F> lagrange_at(const F& x, std::span<const size_t> rows) const {
    std::vector<F> denominators(rows.size());
    for (size_t j = 0; j < rows.size(); ++j) denominators[j] = x - elements_[rows[j]];
    batch_inverse(std::span<F>(denominators));
    const F scale = vanishing_at(x) * n_inverse_;
    for (size_t j = 0; j < rows.size(); ++j) denominators[j] *= scale * elements_[rows[j]];
    return denominators;
  }
  // x^n - 1.
  F vanishing_at(const F& x) const {
    F power = x;
    for (size_t i = 0; i < log_n_; ++i) power = power.square();
    return power - F::one();
  }

 private:
  void transform(std::span<F> a, bool inverse) const {
    CHECK(a.size() == n_);
    for (size_t i = 1, j = 0; i < n_; ++i) {
      size_t bit = n_ >> 1;
      for (; j & bit; bit >>= 1) j ^= bit;
      j ^= bit;
      if (i < j) std::swap(a[i], a[j]);
    }
    for (size_t half = 1; half < n_; half *= 2) {
      const size_t stride = n_ / (2 * half);
      for (size_t start = 0; start < n_; start += 2 * half) {
        for (size_t k = 0; k < half; ++k) {
          const size_t e = k * stride;
          butterfly(a[start + k], a[start + k + half], elements_[inverse && e != 0 ? n_ - e : e]);
        }
      }
    }
  }

  size_t log_n_, n_;
  F root_;
  std::vector<F> elements_;
  F n_inverse_;
};

// Value of a polynomial given by coefficients, lowest first.
template <class F>
F evaluate(std::span<const F> coefficients, const F& x) {
  F out{};
  for (size_t i = coefficients.size(); i-- > 0;) {
    out *= x;
    out += coefficients[i];
  }
  return out;
}

// Quotient of p(X) - p(x) by X - x (synthetic division); degree drops by one.
template <class F>
std::vector<F> divide_by_linear(std::span<const F> p, const F& x) {
  std::vector<F> out(p.size() - 1);
  F carry{};
  for (size_t i = p.size() - 1; i > 0; --i) {
    carry *= x;
    carry += p[i];
    out[i - 1] = carry;
  }
  return out;
}

}  // namespace sotto::poly
