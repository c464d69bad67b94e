#include <gtest/gtest.h>

#include "base/source_dir_for_test.hpp"
#include "circuit/random_statement.hpp"
#include "circuit/transfer_circuit.hpp"
#include "circuit/transfer_proof.hpp"

namespace sotto::circuit {
namespace {

plonk::FirstViolation check(const TransferPublic& x, const TransferWitness& w) {
  static const auto circuit = transfer_circuit();
  plonk::Builder<Fr> b;
  constrain_transfer(b, x, w);
  return plonk::first_violation(plonk::gate_set(), circuit, b.assignment(kTransferLogN));
}

TEST(TransferCircuit, digest_is_pinned_and_independent_of_the_witness) {
  const auto circuit = transfer_circuit();
  EXPECT_EQ(to_hex(plonk::circuit_digest(plonk::gate_set(), circuit)), kTransferDigest) << "raise the circuit version";
  SeededEntropy random(1);
  for (int i = 0; i < 3; ++i) {
    const auto s = random_statement(random);
    plonk::Builder<Fr> b;
    constrain_transfer(b, s.statement, s.witness);
    EXPECT_EQ(plonk::circuit_digest(plonk::gate_set(), b.circuit(kTransferLogN)), plonk::circuit_digest(plonk::gate_set(), circuit));
  }
  printf("rows used: %zu of %zu, variables %u\n", circuit.rows_used, plonk::usable_rows(circuit.n()), circuit.variables);
}

TEST(TransferCircuit, valid_statements_satisfy) {
  SeededEntropy random(2);
  for (int i = 0; i < 60; ++i) {
    const auto s = random_statement(random);
    ASSERT_EQ(holds(s.statement, s.witness), Unsatisfied::none) << name(holds(s.statement, s.witness)) << " " << i;
    const auto v = check(s.statement, s.witness);
    ASSERT_EQ(v.kind, plonk::Violation::none) << "row " << v.row << " what " << v.what << " i " << i;
  }
}

// Byte for byte what the recording Builder gives.
void expect_same_assignment(const plonk::Circuit<Fr>& circuit, const TransferPublic& x, const TransferWitness& w, ThreadPool& pool) {
  plonk::Builder<Fr> b;
  constrain_transfer(b, x, w);
  const auto full = b.assignment(kTransferLogN), fast = assign_transfer(circuit, x, w, pool);
  ASSERT_EQ(full.public_inputs, fast.public_inputs);
  for (size_t c = 0; c < plonk::kColumns; ++c) {
    ASSERT_EQ(full.wires[c].size(), fast.wires[c].size());
    ASSERT_EQ(std::memcmp(full.wires[c].data(), fast.wires[c].data(), full.wires[c].size() * sizeof(Fr)), 0) << c;
  }
}

TEST(TransferAssignment, values_alone_equal_the_full_builder) {
  const auto circuit = transfer_circuit();
  ThreadPool one(1), three(3);
  SeededEntropy random(4);
  for (int i = 0; i < 400; ++i) {
    const auto s = random_statement(random);
    expect_same_assignment(circuit, s.statement, s.witness, i % 2 ? one : three);
  }
  // Every extreme at once, and each kind of path.
  for (unsigned bits = 0; bits < 32; ++bits) {
    StatementOptions o;
    o.dummy[0] = o.dummy[1] = bits & 1;
    o.dummy[2] = bits & 2;
    o.same_asset = bits & 4;
    o.has_b = bits & 8;
    o.public_values = bits & 16;
    o.extreme = true;
    o.path_side = bits % 5;
    const auto s = random_statement(random, o);
    expect_same_assignment(circuit, s.statement, s.witness, three);
  }
}

TEST(TransferAssignment, also_of_what_is_not_satisfied) {
  const auto circuit = transfer_circuit();
  ThreadPool pool(2);
  expect_same_assignment(circuit, {}, {}, pool);   // nothing set: ak is not even on the curve
  SeededEntropy random(5);
  const auto good = random_statement(random, {});
  auto w = good.witness;
  w.alpha = crypto::JubjubScalar{};
  expect_same_assignment(circuit, good.statement, w, pool);
  w.alpha = -crypto::JubjubScalar::one();
  expect_same_assignment(circuit, good.statement, w, pool);
  w.ak = {};
  w.nk = -Fr::one();
  w.outputs[0].value = UINT64_MAX;
  w.inputs[1].path.children[7].fill(-Fr::one());
  expect_same_assignment(circuit, good.statement, w, pool);
  auto x = good.statement;
  x.nf[0] += Fr::one();
  x.rk = {};
  expect_same_assignment(circuit, x, good.witness, pool);
}

TEST(TransferProof, proves_and_verifies) {
  ThreadPool pool(2);
  SeededEntropy random(3);
  const auto system = load_proof_system(source_dir() + "/data/srs.bin", true, pool);
  ASSERT_TRUE(system.ok()) << system.error().what;
  const ByteArray<32> network{7};
  std::vector<TransferClaim> claims;
  for (int i = 0; i < 4; ++i) {
    const auto s = random_statement(random);
    const auto t0 = std::chrono::steady_clock::now();
    const auto proof = prove_transfer(**system, network, s.statement, s.witness, random, pool);
    const auto t1 = std::chrono::steady_clock::now();
    claims.push_back({s.statement, proof});
    EXPECT_TRUE(verify_transfer(**system, network, claims.back(), random, pool));
    const auto t2 = std::chrono::steady_clock::now();
    printf("prove %.1f ms verify %.2f ms\n", std::chrono::duration<double, std::milli>(t1 - t0).count(), std::chrono::duration<double, std::milli>(t2 - t1).count());
    auto bad = claims.back();
    bad.statement.fee += 1;
    EXPECT_FALSE(verify_transfer(**system, network, bad, random, pool));
  }
  EXPECT_EQ(verify_transfers(**system, network, claims, random, pool), std::vector<bool>(4, true));
}

}  // namespace
}  // namespace sotto::circuit
