// The Builder refuses, by CHECK, every way of writing a cell that no constraint ties down.
#include "plonk/builder.hpp"

#include <gtest/gtest.h>

#include "plonk/field97_for_test.hpp"
#include "plonk/gates_poseidon.hpp"

namespace sotto::plonk {
namespace {

using B = Builder<F97>;
F97 f(uint64_t v) { return F97::from_u64(v); }

constexpr Linear<F97> kNothing{};
Linear<F97> product() { return {.qm01 = f(1), .q2 = -f(1)}; }

// One range row with its carrier, the shape several tests bend.
struct RangeRow {
  std::array<Var, kColumns> cells{};
  Var result;
  explicit RangeRow(B& b) {
    for (size_t i = 0; i < 9; ++i) cells[i] = b.variable(f(i % 4));
    result = b.variable(f(1));
  }
};

TEST(Builder, lays_out_what_it_is_told) {
  B b;
  const Var x = b.public_input(f(3)), y = b.variable(f(4)), z = b.variable(f(12));
  b.arithmetic(product(), x, y, z);
  EXPECT_EQ(b.constant(f(5)), b.constant(f(5)));
  const auto c = b.circuit(4);
  const auto a = b.assignment(4);
  EXPECT_EQ(c.rows_used, 3u);
  EXPECT_EQ(c.public_rows, std::vector<uint32_t>{0});
  EXPECT_EQ(a.public_inputs, std::vector<F97>{f(3)});
  EXPECT_EQ(c.variable[0][0], x.index);
  EXPECT_EQ(c.variable[0][1], x.index);
  EXPECT_EQ(c.variable[2][1], z.index);
  EXPECT_EQ(c.variable[3][1], kNoVar);
  EXPECT_EQ(c.sigma[0][0], 1u);                 // x: row 0 -> row 1 -> row 0
  EXPECT_EQ(c.sigma[0][1], 0u);
  EXPECT_EQ(c.sigma[1][1], 16u + 1u);           // y alone
  EXPECT_EQ(first_violation(GateSet<F97>{}, c, a).kind, Violation::none);
}

TEST(Builder, of_a_known_circuit_gives_the_same_assignment) {
  const auto run = [](B& b, uint64_t value) {
    const Var x = b.public_input(f(value)), y = b.variable(f(4)), z = b.variable(f(4 * value));
    b.arithmetic(product(), x, y, z);
    RangeRow range(b);
    b.row(1u << kRange, range.cells, {range.result});
    b.row(0, {range.result});
    b.expose(b.constant(f(5)));
  };
  B recorded, other;
  run(recorded, 3);
  run(other, 9);
  const auto circuit = recorded.circuit(4);
  B values(circuit);
  run(values, 9);
  EXPECT_EQ(values.assignment().wires, other.assignment(4).wires);
  EXPECT_EQ(values.assignment().public_inputs, other.assignment(4).public_inputs);
}

TEST(Builder, a_range_row_with_its_carrier_passes) {
  B b;
  RangeRow r(b);
  b.row(1u << kRange, r.cells, {r.result});
  b.row(0, {r.result});
  EXPECT_EQ(b.circuit(4).rows_used, 2u);
}

using BuilderDeathTest = ::testing::Test;

TEST(BuilderDeathTest, values_of_another_circuit) {
  B recorded;
  recorded.public_input(f(3));
  const auto circuit = recorded.circuit(4);
  EXPECT_DEATH({ B b(circuit); b.assignment(); }, "CHECK");                                             // a variable short
  EXPECT_DEATH({ B b(circuit); b.variable(f(3)); b.assignment(); }, "CHECK");                           // a public input short
  EXPECT_DEATH({ B b(circuit); b.public_input(f(1)); b.variable(f(1)); b.assignment(); }, "CHECK");     // a variable too many
  EXPECT_DEATH({ B b(circuit); b.public_input(f(1)); b.circuit(4); }, "CHECK");                         // records nothing
}

TEST(BuilderDeathTest, a_cell_nothing_reads_is_filled) {
  B b;
  const Var x = b.variable(f(1)), y = b.variable(f(1));
  b.arithmetic({.q0 = f(1)}, x, y);
  EXPECT_DEATH(b.circuit(4), "CHECK failed: wanted");
}

TEST(BuilderDeathTest, a_cell_a_gate_reads_is_empty) {
  B b;
  const Var x = b.variable(f(1));
  b.arithmetic(product(), x, x);
  EXPECT_DEATH(b.circuit(4), "CHECK failed: wanted");
  B g;
  RangeRow r(g);
  r.cells[5] = {};
  g.row(1u << kRange, r.cells, {r.result});
  g.row(0, {r.result});
  EXPECT_DEATH(g.circuit(4), "CHECK failed: wanted");
}

TEST(BuilderDeathTest, an_arithmetic_row_that_demands_nothing) {
  B b;
  b.arithmetic(kNothing, b.variable(f(1)));
  EXPECT_DEATH(b.circuit(4), "CHECK failed: wanted");
}

TEST(BuilderDeathTest, a_variable_twice_in_unrouted_columns) {
  B b;
  RangeRow r(b);
  const Var alone = r.cells[7];
  r.cells[7] = r.cells[8];
  b.row(1u << kRange, r.cells, {r.result});
  b.row(0, {r.result});
  b.arithmetic({.q0 = f(1)}, alone);
  EXPECT_DEATH(b.circuit(4), "CHECK failed: !unrouted");
}

TEST(BuilderDeathTest, a_variable_routed_and_unrouted) {
  B b;
  RangeRow r(b);
  b.row(1u << kRange, r.cells, {r.result});
  b.row(0, {r.result});
  b.arithmetic({.q0 = f(1)}, r.cells[8]);
  EXPECT_DEATH(b.circuit(4), "CHECK failed: !unrouted");
}

TEST(BuilderDeathTest, the_next_row_holds_something_else) {
  B b;
  RangeRow r(b);
  b.row(1u << kRange, r.cells, {r.result});
  EXPECT_DEATH(b.row(0, {b.variable(f(1))}), "CHECK failed: expected_");
}

TEST(BuilderDeathTest, a_gate_that_reaches_ahead_without_saying_what_stands_there) {
  B b;
  RangeRow r(b);
  EXPECT_DEATH(b.row(1u << kRange, r.cells), "CHECK failed: next");
  EXPECT_DEATH(b.row(1u << kRange, r.cells, {r.result, r.result}), "CHECK failed: next");
}

TEST(BuilderDeathTest, the_next_row_never_comes) {
  B b;
  RangeRow r(b);
  b.row(1u << kRange, r.cells, {r.result});
  EXPECT_DEATH(b.circuit(4), "CHECK failed: v.none");
  b.arithmetic({.q0 = f(1)}, r.result);          // a loose row is no continuation
  EXPECT_DEATH(b.circuit(4), "CHECK failed: v.none");
}

TEST(BuilderDeathTest, two_gates_on_one_row_would_share_powers_of_alpha) {
  B b;
  const std::array<Var, kColumns> none{};
  EXPECT_DEATH(b.row(1u << kRange | 1u << kEcAdd, none), "CHECK failed: std::popcount");
  EXPECT_DEATH(b.row(1u << kP7 | 1u << kMerkle, none), "CHECK failed: std::popcount");
  EXPECT_DEATH(b.row(1u << kQm01, none), "CHECK failed: selectors");
}

TEST(BuilderDeathTest, a_variable_nothing_reads) {
  B b;
  b.variable(f(1));
  EXPECT_DEATH(b.circuit(4), "CHECK failed: !p.empty");
}

TEST(BuilderDeathTest, more_rows_than_usable) {
  B b;
  for (size_t i = 0; i < usable_rows(16); ++i) b.constant(f(i));
  EXPECT_EQ(b.circuit(4).rows_used, usable_rows(16));
  b.constant(f(90));
  EXPECT_DEATH(b.circuit(4), "CHECK failed: rows");
  EXPECT_DEATH(b.assignment(4), "CHECK failed: rows");
}

}  // namespace
}  // namespace sotto::plonk
