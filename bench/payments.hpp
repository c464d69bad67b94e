// Payments to prove and to verify, the same in every run.
#pragma once
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "base/check.hpp"
#include "bench/report.hpp"
#include "circuit/random_statement.hpp"
#include "circuit/transfer_proof.hpp"

namespace sotto::bench {

// Three real notes, two of a currency and one for the fee, and full outputs: the ordinary, full case.
inline circuit::RandomStatement payment(uint64_t seed, const circuit::StatementOptions& options = {}) {
  circuit::SeededEntropy random(seed);
  circuit::RandomStatement out = circuit::random_statement(random, options);
  CHECK(holds(out.statement, out.witness) == circuit::Unsatisfied::none);
  return out;
}

inline Hash32 some_network() {
  Hash32 network;
  network.fill(0x42);
  return network;
}

inline size_t cores() { return std::max(1u, std::thread::hardware_concurrency()); }

inline std::shared_ptr<const circuit::ProofSystem> load(const Options& options, bool with_prover, ThreadPool& pool,
                                                        circuit::KeyCache* keys = nullptr) {
  auto system = circuit::load_proof_system(options.data_dir + "/srs.bin", with_prover, pool, keys);
  if (!system.ok()) {
    std::fprintf(stderr, "%s\n", system.error().what.c_str());
    std::exit(1);
  }
  return *system;
}

}  // namespace sotto::bench
