// Proving transfers.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/measure.hpp"
#include "bench/payments.hpp"
#include "circuit/transfer_circuit.hpp"
#include "crypto/random.hpp"
#include "node/key_directory.hpp"
#include "plonk/prover.hpp"

namespace sotto::bench {
namespace {

using namespace circuit;

struct FirstProof {
  double ms, peak_mb;
};

// A process that loads the keys and proves once: from exec to its end, and its peak resident memory.
FirstProof first_proof(const Options& options) {
  const double start = wall_ms();
  const pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    execl(options.self.c_str(), options.self.c_str(), "--prove-once", "--json",
          (options.scratch_dir + "/unwritten.json").c_str(), static_cast<char*>(nullptr));     // the same folder for prepared keys
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  CHECK(wait4(child, &status, 0, &usage) == child);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  return {wall_ms() - start, static_cast<double>(usage.ru_maxrss) / 1024};
}

// What a proof's CPU time goes into, each kind of work done apart and as often as a proof does it (docs/spec/proof-system.md):
// 11 commitments to values and 7 to coefficients; 12 transforms to coefficients, 59 between cosets and coefficients.
void measure_stages(const plonk::ProvingKey& pk, double witness_ms, double whole_ms, size_t samples, ThreadPool& pool, Report& report) {
  const size_t n = size_t{1} << kTransferLogN;
  SeededEntropy random(3);
  std::vector<std::vector<Fr>> columns(11, std::vector<Fr>(n));
  for (auto& column : columns)
    for (Fr& x : column) x = random.fr();
  const std::vector<std::span<const Fr>> spans(columns.begin(), columns.end());
  const double commitments = sample(1, samples, cpu_ms, [&] {
    keep(poly::commit_all(pk.lagrange, spans, pool));
    keep(poly::commit_all(pk.monomial, std::span(spans).first(7), pool));
  }).median();
  const double transforms = sample(1, samples, cpu_ms, [&] {
    pool.parallel_for(71, [&](size_t i) {
      std::vector<Fr> column = columns[i % columns.size()];
      pk.vk.domain->ntt(column);
      keep(column);
    });
  }).median();
  Report& stages = report["prove_stages_cpu_ms"];
  stages["witness"] = witness_ms;
  stages["18 commitments"] = commitments;
  stages["71 transforms"] = transforms;
  stages["quotient and all else"] = std::max(0.0, whole_ms - witness_ms - commitments - transforms);
}

}  // namespace

int prove_once(const Options& options) {
  crypto::SystemEntropy entropy;
  ThreadPool pool(cores());
  node::KeyDirectory keys(options.scratch_dir + "/bench-keys");   // as the command line keeps them between runs
  const auto system = load(options, true, pool, &keys);
  const auto [statement, witness] = payment(1);
  keep(prove_transfer(*system, some_network(), statement, witness, entropy, pool));
  return 0;
}

void measure_proving(const Options& options, Report& report) {
  // First, and in processes of their own: nothing that is measured here adds to it.
  Samples cold;
  for (size_t i = 0; i < (options.quick ? 2 : 6); ++i) {
    const FirstProof first = first_proof(options);
    if (i == 0) continue;                                    // fills both caches: of files, of prepared keys
    cold.add(first.ms);
    report["prove_peak_mb"] = std::max(report.value("prove_peak_mb", 0.0), first.peak_mb);
  }
  report["prove_cold_ms"] = cold.median();

  crypto::SystemEntropy entropy;
  ThreadPool pool(cores());
  const RandomStatement one = payment(1);
  const size_t proofs = options.quick ? 3 : 31;
  {
    const double start = wall_ms();
    const auto system = load(options, true, pool);
    report["load_keys_ms"] = wall_ms() - start;
    const auto prove = [&] { keep(prove_transfer(*system, some_network(), one.statement, one.witness, entropy, pool)); };
    report["prove_ms"] = sample(2, proofs, wall_ms, prove).median();
    report["prove_cpu_ms"] = sample(0, proofs, cpu_ms, prove).median();
  }

  // By stages, and the same on portable kernels.
  auto srs = poly::load_srs(options.data_dir + "/srs.bin", (size_t{1} << kTransferLogN) + 1, pool);
  CHECK(srs.ok());
  plonk::ProvingKey pk = plonk::make_proving_key(transfer_circuit(), kTransferCircuit, *srs, pool);
  ByteArray<32> network;
  network.fill(0x42);
  const auto assign = [&] { return assign_transfer(pk.circuit, one.statement, one.witness, pool); };
  report["witness_ms"] = sample(2, proofs, wall_ms, [&] { keep(assign()); }).median();
  const double witness_cpu = sample(0, proofs, cpu_ms, [&] { keep(assign()); }).median();
  measure_stages(pk, witness_cpu, report["prove_cpu_ms"].get<double>(), proofs, pool, report);
  pk = plonk::make_proving_key(transfer_circuit(), kTransferCircuit, *srs, pool, simd::Kernel::portable);
  report["prove_portable_ms"] = sample(2, proofs, wall_ms, [&] { keep(plonk::prove(pk, network, assign(), entropy, pool)); }).median();
}

}  // namespace sotto::bench
