#include <gtest/gtest.h>

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

TEST(TransferProof, proves_and_verifies) {
  ThreadPool pool(2);
  SeededEntropy random(3);
  const auto system = load_proof_system(SOTTO_SOURCE_DIR "/data/srs.bin", true, pool);
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
