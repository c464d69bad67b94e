// Verifying transfers, one by one and in batches of 1 to 1,024.
#include <algorithm>

#include "bench/measure.hpp"
#include "bench/payments.hpp"
#include "crypto/random.hpp"

namespace sotto::bench {

using namespace circuit;

void measure_verifying(const Options& options, Report& report) {
  crypto::SystemEntropy entropy;
  ThreadPool pool(cores());
  const Hash32 network = some_network();
  const auto system = load(options, true, pool);
  std::vector<TransferClaim> claims;
  for (uint64_t i = 0; i < 64; ++i) {
    const auto [statement, witness] = payment(100 + i);
    claims.push_back({statement, prove_transfer(*system, network, statement, witness, entropy, pool)});
  }
  report["verify_ms"] = sample(2, options.quick ? 11 : 201, wall_ms, [&] {
    CHECK(verify_transfer(*system, network, claims[0], entropy, pool));
  }).median();

  // Beyond 64 the proofs repeat; every one is decoded, checked and weighed like a new one.
  std::vector<TransferClaim> many;
  for (size_t i = 0; i < 1024; ++i) many.push_back(claims[i % claims.size()]);
  report["verify_batches"] = Report::array();
  for (size_t size = 1; size <= (options.quick ? 64u : 1024u); size *= 2) {
    const auto batch = std::span(many).first(size);
    const auto check = [&] {
      const auto verdicts = verify_transfers(*system, network, batch, entropy, pool);
      CHECK(std::count(verdicts.begin(), verdicts.end(), true) == static_cast<ptrdiff_t>(size));
    };
    const size_t times = options.quick ? 2 : std::clamp<size_t>(1024 / size, 5, 51);
    const double cpu = sample(1, times, cpu_ms, check).median() / static_cast<double>(size);
    const double wall = sample(0, times, wall_ms, check).median() / static_cast<double>(size);
    report["verify_batches"].push_back({{"size", size}, {"cpu_ms", cpu}, {"wall_ms", wall}});
    if (size == 64) report["verify_batch64_ms"] = cpu;
  }
  report["proof_bytes"] = kTransferProofBytes;
}

}  // namespace sotto::bench
