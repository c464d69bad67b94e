// Proving and verifying transfers: the figures of the proof system.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "bench/measure.hpp"
#include "bench/report.hpp"
#include "circuit/random_statement.hpp"
#include "circuit/transfer_proof.hpp"
#include "crypto/random.hpp"

namespace sotto::bench {
namespace {

using namespace circuit;

// Three real notes, two of a currency and one for the fee, and full outputs: the ordinary, full case.
RandomStatement payment(uint64_t seed) {
  SeededEntropy random(seed);
  RandomStatement out = random_statement(random, {});
  CHECK(holds(out.statement, out.witness) == Unsatisfied::none);
  return out;
}

Hash32 some_network() {
  Hash32 network;
  network.fill(0x42);
  return network;
}

std::shared_ptr<const ProofSystem> load(const Options& options, ThreadPool& pool) {
  auto system = load_proof_system(options.data_dir + "/srs.bin", true, pool);
  if (!system.ok()) {
    std::fprintf(stderr, "%s\n", system.error().what.c_str());
    std::exit(1);
  }
  return *system;
}

size_t cores() { return std::max(1u, std::thread::hardware_concurrency()); }

// Peak resident memory, in MB, of a process that loads the keys and proves once.
double peak_mb(const Options& options) {
  const pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    execl(options.self.c_str(), options.self.c_str(), "--prove-once", static_cast<char*>(nullptr));
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  CHECK(wait4(child, &status, 0, &usage) == child);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

}  // namespace

int prove_once(const Options& options) {
  crypto::SystemEntropy entropy;
  ThreadPool pool(cores());
  const auto system = load(options, pool);
  const auto [statement, witness] = payment(1);
  keep(prove_transfer(*system, some_network(), statement, witness, entropy, pool));
  return 0;
}

void measure_proofs(const Options& options, Report& report) {
  // First, and in a process of its own: nothing that is measured here adds to it.
  report["prove_peak_mb"] = peak_mb(options);

  crypto::SystemEntropy entropy;
  ThreadPool pool(cores());
  const Hash32 network = some_network();
  const double start = wall_ms();
  const auto system = load(options, pool);
  report["load_keys_ms"] = wall_ms() - start;

  const RandomStatement one = payment(1);
  const size_t proofs = options.quick ? 3 : 31;
  report["prove_ms"] = sample(2, proofs, wall_ms, [&] {
    keep(prove_transfer(*system, network, one.statement, one.witness, entropy, pool));
  }).median();

  std::vector<TransferClaim> claims;
  for (uint64_t i = 0; i < 64; ++i) {
    const auto [statement, witness] = payment(100 + i);
    claims.push_back({statement, prove_transfer(*system, network, statement, witness, entropy, pool)});
  }
  const size_t checks = options.quick ? 11 : 201;
  report["verify_ms"] = sample(2, checks, wall_ms, [&] {
    CHECK(verify_transfer(*system, network, claims[0], entropy, pool));
  }).median();
  report["verify_batch64_ms"] = sample(1, options.quick ? 3 : 21, cpu_ms, [&] {
    const auto verdicts = verify_transfers(*system, network, claims, entropy, pool);
    CHECK(std::count(verdicts.begin(), verdicts.end(), true) == 64);
  }).median() / 64;
  report["proof_bytes"] = kTransferProofBytes;
}

}  // namespace sotto::bench
