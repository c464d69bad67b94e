// Proving transfers.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/spawn.hpp"
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
    if (inherit_only_standard_streams() != 0) _exit(127);
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
// In turn with the reference like the whole, and shown at the speed that the whole had.
void measure_stages(const plonk::ProvingKey& pk, const Series& witness, const Series& whole, size_t samples, ThreadPool& pool, Meter& meter) {
  const size_t n = size_t{1} << kTransferLogN;
  SeededEntropy random(3);
  std::vector<std::vector<Fr>> columns(11, std::vector<Fr>(n));
  for (auto& column : columns)
    for (Fr& x : column) x = random.fr();
  const std::vector<std::span<const Fr>> spans(columns.begin(), columns.end());
  const InTurn commitments = in_turn(meter.reference(), 1, samples, 1, [&] {
    keep(poly::commit_all(pk.lagrange, spans, pool));
    keep(poly::commit_all(pk.monomial, std::span(spans).first(7), pool));
  });
  const InTurn transforms = in_turn(meter.reference(), 1, samples, 1, [&] {
    pool.parallel_for(71, [&](size_t i) {
      std::vector<Fr> column = columns[i % columns.size()];
      pk.vk.domain->ntt(column);
      keep(column);
    });
  });
  Report& stages = meter.report()["prove_stages_cpu_ms"];
  const double all = whole.ms.median();
  double rest = all;
  const auto put = [&](const char* name, const Series& part) {
    const double ms = all * part.ratios.median() / whole.ratios.median();
    stages[name] = ms;
    rest -= ms;
  };
  put("18 commitments", commitments.cpu);
  put("71 transforms", transforms.cpu);
  put("witness", witness);
  stages["quotient and all else"] = std::max(0.0, rest);
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

void measure_proving(const Options& options, Meter& meter) {
  Report& report = meter.report();
  Reference& reference = meter.reference();
  // First, and in processes of their own: nothing that is measured here adds to it.
  Series cold;
  for (size_t i = 0; i < (options.quick ? 2 : 12); ++i) {
    const double base = reference.take().wall;
    const FirstProof first = first_proof(options);
    if (i == 0) continue;                                    // fills both caches: of files, of prepared keys
    cold.add(first.ms, base);
    report["prove_peak_mb"] = std::max(report.value("prove_peak_mb", 0.0), first.peak_mb);
  }
  meter.put("prove_cold_ms", cold);

  crypto::SystemEntropy entropy;
  ThreadPool pool(cores());
  const RandomStatement one = payment(1);
  const size_t proofs = options.quick ? 3 : 31;
  InTurn whole;
  {
    const double start = wall_ms();
    const auto system = load(options, true, pool);
    report["load_keys_ms"] = wall_ms() - start;
    const auto prove = [&] { keep(prove_transfer(*system, some_network(), one.statement, one.witness, entropy, pool)); };
    whole = in_turn(reference, 2, proofs, 1, prove);
    meter.put("prove_ms", whole.wall);
    meter.put("prove_cpu_ms", whole.cpu);
  }

  // By stages, and the same on portable kernels.
  auto srs = poly::load_srs(options.data_dir + "/srs.bin", (size_t{1} << kTransferLogN) + 1, pool);
  CHECK(srs.ok());
  plonk::ProvingKey pk = plonk::make_proving_key(transfer_circuit(), kTransferCircuit, *srs, pool);
  ByteArray<32> network;
  network.fill(0x42);
  const auto assign = [&] { return assign_transfer(pk.circuit, one.statement, one.witness, pool); };
  const InTurn witness = in_turn(reference, 2, proofs, 4, [&] { keep(assign()); });
  meter.put("witness_ms", witness.wall);
  measure_stages(pk, witness.cpu, whole.cpu, options.quick ? 3 : 15, pool, meter);
  pk = plonk::make_proving_key(transfer_circuit(), kTransferCircuit, *srs, pool, simd::Kernel::portable);
  const auto prove = [&] { keep(plonk::prove(pk, network, assign(), entropy, pool)); };
  meter.put("prove_portable_ms", in_turn(reference, 2, proofs, 1, prove).wall);
}

}  // namespace sotto::bench
