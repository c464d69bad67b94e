// Builder: circuit code names variables, never cells. The same code run with a witness yields the assignment and, run
// once at set-up, the circuit; it must not branch on values.
//
// Safety by shape (the Orchard class of bug: a cell assigned but tied to nothing):
//  - every cell a gate reads, next-row cells included, is filled with a Var, and no other cell is (CHECKed);
//  - a Var in several cells needs all of them in routed columns, where the permutation ties them (CHECKed);
//  - a gate that reaches into the next row states what must stand there, and the next row added must match (CHECKed).
//
// Proving needs values alone: a Builder made for a known circuit records no rows, and the circuit's own table says where
// each variable stands. Variables are numbered in the order circuit code makes them, which is the same for every witness.
#pragma once
#include <bit>

#include "base/secret.hpp"
#include "plonk/circuit.hpp"

namespace sotto::plonk {

struct Var {
  uint32_t index = kNoVar;
  bool none() const { return index == kNoVar; }
  friend bool operator==(Var, Var) = default;
};

template <class F>
struct Linear {          // qm01 a b + qm23 c d + q0 a + q1 b + q2 c + q3 d + qc = 0
  F qm01{}, qm23{}, q0{}, q1{}, q2{}, q3{}, qc{};
};

template <class F>
class Builder {
 public:
  Builder() = default;
  // Values only, of a circuit that outlives this Builder: rows are not recorded, circuit() is not to be called.
  explicit Builder(const Circuit<F>& known) : known_(&known) { values_.reserve(known.variables); }
  // Values are secrets.
  ~Builder() { wipe(values_.data(), values_.size() * sizeof(F)); }
  Builder(Builder&&) = default;
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;

  bool values_only() const { return known_ != nullptr; }

  Var variable(const F& value) {
    values_.push_back(value);
    return {static_cast<uint32_t>(values_.size() - 1)};
  }
  const F& value(Var v) const { return values_[v.index]; }

  // A variable tied to a constant by a row of its own; one row per distinct constant.
  Var constant(const F& c) {
    for (const auto& [known, var] : constants_)
      if (known == c) return var;
    const Var v = variable(c);
    Linear<F> q;
    q.q0 = F::one();
    q.qc = F::zero() - c;
    arithmetic(q, v);
    constants_.emplace_back(c, v);
    return v;
  }

  // The next public input, in order.
  Var public_input(const F& value) {
    const Var v = variable(value);
    expose(v);
    return v;
  }
  // Ties an existing variable to the next public input.
  void expose(Var v) {
    public_vars_.push_back(v);
    publics_.push_back(loose_.size());
    Linear<F> q;
    q.q0 = F::one();
    arithmetic(q, v);
  }

  void arithmetic(const Linear<F>& q, Var a, Var b = {}, Var c = {}, Var d = {}) {
    if (values_only()) return;
    Row row;
    row.q = q;
    row.arithmetic = true;
    row.cells[0] = a;
    row.cells[1] = b;
    row.cells[2] = c;
    row.cells[3] = d;
    loose_.push_back(row);
  }

  // A row of the running sequence. `selectors`: bits by Fixed; one gate, or kMerkle with kP8 (it has its own power of
  // alpha; any two others would share theirs and could cancel: CHECKed). `next`: the Vars that stand in the next row's cells
  // the gate reads, all of them and no other (CHECKed).
  void row(uint32_t selectors, std::initializer_list<Var> cells, std::initializer_list<Var> next = {}) {
    if (values_only()) return;
    CHECK(cells.size() <= kColumns && next.size() <= kReach);
    std::array<Var, kColumns> own{};
    std::array<Var, kReach> ahead{};
    std::copy(cells.begin(), cells.end(), own.begin());
    std::copy(next.begin(), next.end(), ahead.begin());
    row(selectors, own, ahead);
  }
  void row(uint32_t selectors, const std::array<Var, kColumns>& cells, const std::array<Var, kReach>& next = {}) {
    if (values_only()) return;
    CHECK(selectors >> kSelectors == 0);
    CHECK(std::popcount(selectors) <= 1 || selectors == (1u << kP8 | 1u << kMerkle));
    uint16_t read = 0;
    for (size_t s = 0; s < kSelectors; ++s)
      if (selectors >> s & 1) read = static_cast<uint16_t>(read | cells_read(s));
    for (size_t c = 0; c < kReach; ++c) CHECK(next[c].none() != static_cast<bool>(read >> (kColumns + c) & 1));
    Row r;
    r.selectors = selectors;
    r.cells = cells;
    add(r);
    expected_ = next;
  }
  size_t rows() const { return rows_.size() + loose_.size(); }

  Circuit<F> circuit(size_t log_n) const;
  Assignment<F> assignment(size_t log_n) const;
  // The same bytes, of a Builder made for a known circuit.
  Assignment<F> assignment() const;

 private:
  struct Row {
    uint32_t selectors = 0;
    bool arithmetic = false;
    std::array<Var, kColumns> cells{};
    Linear<F> q;
  };

  void add(const Row& r) {
    for (size_t c = 0; c < kReach; ++c) CHECK(expected_[c].none() || expected_[c] == r.cells[c]);
    rows_.push_back(r);
  }
  const Row& at(size_t r) const { return r < rows_.size() ? rows_[r] : loose_[r - rows_.size()]; }

  const Circuit<F>* known_ = nullptr;
  std::vector<F> values_;
  std::vector<Row> rows_;     // in sequence: gates that reach into the next row live here
  std::vector<Row> loose_;    // arithmetic rows, appended after the sequence
  std::vector<size_t> publics_;       // their rows' places in loose_
  std::vector<Var> public_vars_;
  std::array<Var, kReach> expected_{};
  std::vector<std::pair<F, Var>> constants_;
};

template <class F>
Circuit<F> Builder<F>::circuit(size_t log_n) const {
  Circuit<F> out;
  out.log_n = log_n;
  const size_t n = out.n();
  CHECK(!values_only());
  out.rows_used = rows();
  CHECK(rows() <= usable_rows(n));
  for (const Var v : expected_) CHECK(v.none());  // a gate waits for a next row that never came
  out.variables = static_cast<uint32_t>(values_.size());
  for (auto& column : out.fixed) column.assign(n, F::zero());
  for (auto& column : out.variable) column.assign(n, kNoVar);

  uint16_t reached = 0;
  for (size_t r = 0; r < rows(); ++r) {
    const Row& row = at(r);
    uint16_t read = 0;
    for (size_t s = 0; s < kSelectors; ++s) {
      if (!(row.selectors >> s & 1)) continue;
      out.fixed[s][r] = F::one();
      read = static_cast<uint16_t>(read | cells_read(s));
    }
    if (row.arithmetic) {
      const F q[] = {row.q.qm01, row.q.qm23, row.q.q0, row.q.q1, row.q.q2, row.q.q3, row.q.qc};
      for (size_t i = 0; i < 7; ++i) out.fixed[kQm01 + i][r] = q[i];
      const bool m01 = !row.q.qm01.is_zero(), m23 = !row.q.qm23.is_zero();
      const bool used[] = {m01 || !row.q.q0.is_zero(), m01 || !row.q.q1.is_zero(), m23 || !row.q.q2.is_zero(), m23 || !row.q.q3.is_zero()};
      for (size_t c = 0; c < kRouted; ++c)
        if (used[c]) read = static_cast<uint16_t>(read | 1u << c);
    }
    for (size_t c = 0; c < kColumns; ++c) {
      const bool wanted = (read >> c & 1) || (c < kReach && (reached >> c & 1));
      CHECK(wanted == !row.cells[c].none());
      out.variable[c][r] = row.cells[c].index;
    }
    reached = static_cast<uint16_t>(read >> kColumns);
  }
  CHECK(reached == 0);

  // Each variable's routed cells form one cycle; a variable in an unrouted column stands in that one cell only.
  std::vector<std::vector<uint32_t>> places(values_.size());
  std::vector<uint8_t> unrouted(values_.size(), 0);
  for (size_t c = 0; c < kColumns; ++c) {
    for (size_t r = 0; r < n; ++r) {
      const uint32_t v = out.variable[c][r];
      if (v == kNoVar) continue;
      places[v].push_back(static_cast<uint32_t>(c * n + r));
      if (c >= kRouted) unrouted[v] = 1;
    }
  }
  for (size_t c = 0; c < kRouted; ++c) {
    out.sigma[c].resize(n);
    for (size_t r = 0; r < n; ++r) out.sigma[c][r] = static_cast<uint32_t>(c * n + r);
  }
  for (size_t v = 0; v < places.size(); ++v) {
    const auto& p = places[v];
    CHECK(!p.empty());                            // a variable nothing reads
    CHECK(!unrouted[v] || p.size() == 1);
    if (unrouted[v]) continue;
    for (size_t i = 0; i < p.size(); ++i) out.sigma[p[i] / n][p[i] % n] = p[(i + 1) % p.size()];
  }
  for (const size_t loose : publics_) out.public_rows.push_back(static_cast<uint32_t>(rows_.size() + loose));
  return out;
}

template <class F>
Assignment<F> Builder<F>::assignment(size_t log_n) const {
  Assignment<F> out;
  const size_t n = size_t{1} << log_n;
  CHECK(!values_only());
  CHECK(rows() <= usable_rows(n));
  for (auto& column : out.wires) column.assign(n, F::zero());
  for (size_t r = 0; r < rows(); ++r) {
    const Row& row = at(r);
    for (size_t c = 0; c < kColumns; ++c)
      if (!row.cells[c].none()) out.wires[c][r] = values_[row.cells[c].index];
  }
  for (const Var v : public_vars_) out.public_inputs.push_back(values_[v.index]);
  return out;
}

template <class F>
Assignment<F> Builder<F>::assignment() const {
  CHECK(values_only() && values_.size() == known_->variables && public_vars_.size() == known_->public_rows.size());
  Assignment<F> out;
  for (size_t c = 0; c < kColumns; ++c) {
    const auto& variable = known_->variable[c];
    auto& wires = out.wires[c];
    wires.assign(known_->n(), F::zero());
    for (size_t r = 0; r < known_->rows_used; ++r)
      if (variable[r] != kNoVar) wires[r] = values_[variable[r]];
  }
  for (const Var v : public_vars_) out.public_inputs.push_back(values_[v.index]);
  return out;
}

}  // namespace sotto::plonk
