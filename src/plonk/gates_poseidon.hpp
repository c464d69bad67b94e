// Derivation of the Poseidon2 row forms (template definitions for gates.hpp).
//
// Write s1, s2, s3 for the state words no partial S-box touches, D = diag_minus_one, z = x^5. One partial round maps
//   x' = (1 + D0) z + S + rc',   s_i' = z + S + D_i s_i,   S = s1 + s2 + s3.
// So a := x' - rc' - (1 + D0) z equals S: cells reveal S one round later. With P_j = sum D_i^j s_i (P_0 = S) and
// E_j = sum D_i^j (i = 1..3) the round is P_j' = E_j (z + S) + P_{j+1}, and P_3 = e1 P_2 - e2 P_1 + e3 P_0 by Newton's
// identity on the D_i. Three values of a therefore give all of P_0..P_2, hence every later x and the final state.
#pragma once
#include "plonk/gates.hpp"

namespace sotto::plonk::detail {

template <class F>
Form<F> operator+(Form<F> a, const Form<F>& b) {
  for (size_t i = 0; i < kBasis; ++i) a.coefficient[i] += b.coefficient[i];
  a.constant += b.constant;
  return a;
}
template <class F>
Form<F> operator*(const F& k, Form<F> a) {
  for (auto& c : a.coefficient) c *= k;
  a.constant *= k;
  return a;
}
template <class F>
Form<F> operator-(const Form<F>& a, const Form<F>& b) { return a + (F::zero() - F::one()) * b; }

template <class F>
Form<F> basis_form(size_t index) {
  Form<F> f;
  f.coefficient[index] = F::one();
  return f;
}
template <class F>
Form<F> constant_form(const F& c) {
  Form<F> f;
  f.constant = c;
  return f;
}

// A cell as its row sees it: the value and its fifth power.
template <class F>
struct Cell {
  Form<F> x, z;
};
template <class F>
Cell<F> own(size_t column) { return {basis_form<F>(kW + column), basis_form<F>(kW5 + column)}; }
template <class F>
Cell<F> next(size_t column) { return {basis_form<F>(kN + column), basis_form<F>(kN5 + column)}; }

// Symbolic partial rounds: P = (P_0, P_1, P_2) of the hidden words before round k.
template <class F>
class PartialRounds {
 public:
  explicit PartialRounds(const Poseidon2Constants<F>& c) : c_(c) {
    const auto& d = c.diag_minus_one;
    e_ = {F::from_u64(3), d[1] + d[2] + d[3], d[1] * d[1] + d[2] * d[2] + d[3] * d[3]};
    newton_ = {d[1] * d[2] * d[3], F::zero() - (d[1] * d[2] + d[1] * d[3] + d[2] * d[3]), d[1] + d[2] + d[3]};
  }
  using P = std::array<Form<F>, 3>;

  // The power sums of explicit words s1..s3.
  P of_words(const std::array<Form<F>, 4>& s) const {
    P p;
    std::array<F, 4> power{F::one(), F::one(), F::one(), F::one()};
    for (size_t j = 0; j < 3; ++j) {
      p[j] = power[1] * s[1] + power[2] * s[2] + power[3] * s[3];
      for (size_t i = 1; i < 4; ++i) power[i] *= c_.diag_minus_one[i];
    }
    return p;
  }
  P step(const P& p, const Form<F>& z) const {
    const Form<F> zs = z + p[0];
    return {e_[0] * zs + p[1], e_[1] * zs + p[2],
            e_[2] * zs + newton_[2] * p[2] + newton_[1] * p[1] + newton_[0] * p[0]};
  }
  // x of round k + 1 from the hidden words before round k and z of round k.
  Form<F> next_x(size_t k, const P& p, const Form<F>& z) const {
    return (F::one() + c_.diag_minus_one[0]) * z + p[0] + constant_form(c_.partial[k + 1]);
  }
  // Hidden words before round k from four consecutive cells x_k .. x_{k+3}.
  P observe(size_t k, const std::array<Cell<F>, 4>& x) const {
    std::array<Form<F>, 3> a;
    for (size_t i = 0; i < 3; ++i)
      a[i] = x[i + 1].x - constant_form(c_.partial[k + i + 1]) - (F::one() + c_.diag_minus_one[0]) * x[i].z;
    // a_i = P_0 before round k + i; undo step() for P_1 and P_2.
    const Form<F> p1 = a[1] - e_[0] * (x[0].z + a[0]);
    const Form<F> p1_later = a[2] - e_[0] * (x[1].z + a[1]);
    const Form<F> p2 = p1_later - e_[1] * (x[0].z + a[0]);
    return {a[0], p1, p2};
  }
  // x_{k+4} from x_k .. x_{k+3}.
  Form<F> predict(size_t k, const std::array<Cell<F>, 4>& x) const {
    P p = observe(k, x);
    for (size_t i = 0; i < 3; ++i) p = step(p, x[i].z);
    return next_x(k + 3, p, x[3].z);
  }
  // The four state words after the last partial round (k + 3 = 55).
  std::array<Form<F>, 4> final_words(size_t k, const std::array<Cell<F>, 4>& x) const {
    P p = observe(k, x);
    for (size_t i = 0; i < 3; ++i) p = step(p, x[i].z);
    // Words before the last round from their power sums (3 x 3 Vandermonde), then the last round itself.
    const auto& d = c_.diag_minus_one;
    std::array<Form<F>, 4> out;
    const Form<F> zs = x[3].z + p[0];
    out[0] = (F::one() + d[0]) * x[3].z + p[0];
    for (size_t i = 1; i < 4; ++i) {
      const F &b = d[i == 1 ? 2 : 1], &c = d[i == 3 ? 2 : 3];
      const F scale = ((d[i] - b) * (d[i] - c)).inverse();
      const Form<F> word = scale * (p[2] - (b + c) * p[1] + (b * c) * p[0]);
      out[i] = zs + d[i] * word;
    }
    return out;
  }

 private:
  const Poseidon2Constants<F>& c_;
  std::array<F, 3> e_, newton_;
};

template <class F>
std::array<std::vector<Form<F>>, 9> poseidon_forms(const Poseidon2Constants<F>& c) {
  std::array<std::vector<Form<F>>, 9> rows;
  const auto m4 = [](size_t i, const std::array<Form<F>, 4>& z) {
    Form<F> sum;
    for (size_t j = 0; j < 4; ++j) sum = sum + F::from_u64(crypto::kPoseidon2M4[i][j]) * z[j];
    return sum;
  };
  // Full round: target_i - (M4 z)_i - rc_i for four targets.
  const auto full = [&](size_t row, const std::array<Form<F>, 4>& z, size_t round, const std::array<Cell<F>, 4>& target) {
    for (size_t i = 0; i < 4; ++i) rows[row].push_back(target[i].x - m4(i, z) - constant_form(c.full[round][i]));
  };
  const auto zs = [](const std::array<Cell<F>, 4>& x) { return std::array<Form<F>, 4>{x[0].z, x[1].z, x[2].z, x[3].z}; };
  const auto cells = [](auto at, size_t first) {
    return std::array<Cell<F>, 4>{at(first), at(first + 1), at(first + 2), at(first + 3)};
  };
  const PartialRounds<F> rounds(c);

  // p0
  const std::array<Form<F>, 4> y5{basis_form<F>(kY5), basis_form<F>(kY5 + 1), basis_form<F>(kY5 + 2), basis_form<F>(kY5 + 3)};
  const auto r2 = cells(own<F>, 4);
  const std::array<Cell<F>, 4> r3{own<F>(8), own<F>(9), next<F>(0), next<F>(1)};
  full(0, y5, 1, r2);
  full(0, zs(r2), 2, r3);
  full(0, zs(r3), 3, cells(next<F>, 2));
  // p1: state after the fourth full round, then x0..x7
  {
    const auto r4 = cells(own<F>, 2);
    std::array<Form<F>, 4> s;
    for (size_t i = 0; i < 4; ++i) s[i] = m4(i, zs(r4));
    const auto x = cells(own<F>, 6);
    rows[1].push_back(x[0].x - s[0] - constant_form(c.partial[0]));
    auto p = rounds.of_words(s);
    for (size_t k = 0; k < 3; ++k) {
      rows[1].push_back(x[k + 1].x - rounds.next_x(k, p, x[k].z));
      p = rounds.step(p, x[k].z);
    }
    std::array<Cell<F>, 8> all{x[0], x[1], x[2], x[3], next<F>(0), next<F>(1), next<F>(2), next<F>(3)};
    for (size_t k = 0; k < 4; ++k)
      rows[1].push_back(all[k + 4].x - rounds.predict(k, {all[k], all[k + 1], all[k + 2], all[k + 3]}));
  }
  // p2..p6: x[b..b+9]
  for (size_t row = 2; row <= 6; ++row) {
    const size_t b = 4 + 10 * (row - 2);
    std::vector<Cell<F>> x;
    for (size_t i = 0; i < kColumns; ++i) x.push_back(own<F>(i));
    for (size_t i = 0; i < (row == 6 ? 2u : 4u); ++i) x.push_back(next<F>(i));
    for (size_t k = 0; k + 4 < x.size(); ++k)
      rows[row].push_back(x[k + 4].x - rounds.predict(b + k, {x[k], x[k + 1], x[k + 2], x[k + 3]}));
    if (row == 6) {
      const auto s = rounds.final_words(52, {x[8], x[9], x[10], x[11]});
      for (size_t i = 0; i < 4; ++i) rows[6].push_back(next<F>(2 + i).x - s[i] - constant_form(c.full[4][i]));
    }
  }
  // p7, p8
  full(7, zs(cells(own<F>, 2)), 5, cells(own<F>, 6));
  full(7, zs(cells(own<F>, 6)), 6, cells(next<F>, 2));
  full(8, zs(cells(own<F>, 2)), 7, cells(own<F>, 6));
  rows[8].push_back(own<F>(0).x - m4(0, zs(cells(own<F>, 6))) - own<F>(1).x);
  return rows;
}

}  // namespace sotto::plonk::detail

namespace sotto::plonk {

template <class F>
GateSet<F> make_gate_set(const Poseidon2Constants<F>& p, const FixedBaseConstants<F>& b) {
  GateSet<F> g;
  g.first_layer_constant = p.full[0];
  g.poseidon = detail::poseidon_forms(p);
  g.d = b.d;
  const auto multilinear = [](const std::array<F, 4>& t) {
    return std::array<F, 4>{t[0], t[1] - t[0], t[2] - t[0], t[3] - t[2] - t[1] + t[0]};
  };
  std::array<F, 4> uv;
  for (size_t i = 0; i < 4; ++i) uv[i] = b.u[i] * b.v[i];
  g.table_u = multilinear(b.u);
  g.table_v = multilinear(b.v);
  g.table_uv = multilinear(uv);
  return g;
}

template <class F>
PoseidonCells<F> poseidon_cells(const Poseidon2Constants<F>& c, const std::array<F, 4>& in) {
  PoseidonCells<F> out;
  F* cell = &out[0][0];
  // In place throughout: assigning a freshly computed field element stalls on store forwarding.
  const auto fifth = [](F& x) {
    F t = x;
    t *= x;
    t *= t;
    x *= t;
  };
  std::array<F, 4> s = times_m4(in);
  const auto full = [&](size_t round, F* record) {
    for (size_t i = 0; i < 4; ++i) {
      s[i] += c.full[round][i];
      if (record) record[i] = s[i];
      fifth(s[i]);
    }
    s = times_m4(s);
  };
  std::copy(in.begin(), in.end(), cell);
  full(0, nullptr);
  for (size_t r = 1; r < 4; ++r) full(r, cell + 4 * r);
  for (size_t r = 0; r < 56; ++r) {
    s[0] += c.partial[r];
    cell[16 + r] = s[0];
    fifth(s[0]);
    F sum = s[1];
    sum += s[2];
    sum += s[3];
    sum += s[0];
    for (size_t i = 0; i < 4; ++i) {
      s[i] *= c.diag_minus_one[i];
      s[i] += sum;
    }
  }
  for (size_t r = 4; r < 6; ++r) full(r, cell + 72 + 4 * (r - 4));
  // The last row starts with the output and the fed-forward input; r7's and r8's cells follow (see the table in gates.hpp).
  full(6, &out[8][2]);
  full(7, &out[8][6]);
  out[8][0] = s[0];
  out[8][0] += in[0];
  out[8][1] = in[0];
  return out;
}

}  // namespace sotto::plonk
