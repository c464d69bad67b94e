// Verifying transfers, one by one and in batches of 1 to 1,024, in three modes: every point's subgroup checked singly; the checks of a
// batch taken together (docs/adr/0031); the same with the points' y-coordinates sent along as hints.
#include <algorithm>

#include "bench/measure.hpp"
#include "bench/payments.hpp"
#include "crypto/random.hpp"

namespace sotto::bench {

using namespace circuit;

namespace {

struct Mode {
  const char* name;
  const char* key64;       // its figure for a batch of 64
  bool singly, hinted;
};
constexpr Mode kModes[] = {
    {"single", "verify_batch64_single_ms", true, false},
    {"batched", "verify_batch64_ms", false, false},
    {"hinted", "verify_batch64_hinted_ms", false, true},
};

// 64 proofs to verify; beyond they repeat, and every one is decoded, checked and weighed like a new one.
class Verifying {
 public:
  explicit Verifying(const Options& options) : pool_(cores()), system_(load(options, true, pool_)) {
    for (uint64_t i = 0; i < (options.quick ? 4 : 64); ++i) {
      const auto [statement, witness] = payment(100 + i);
      claims_.push_back({statement, prove_transfer(*system_, network_, statement, witness, entropy_, pool_), {}});
    }
  }

  // Times of a whole batch.
  InTurn batch(Reference& reference, size_t size, const Mode& mode, size_t warm_up, size_t count, size_t repeats = 1) {
    std::vector<TransferClaim> batch;
    for (size_t i = 0; i < size; ++i) {
      batch.push_back(claims_[i % claims_.size()]);
      if (mode.hinted) batch.back().hints = transfer_hints(batch.back().proof);
    }
    return in_turn(reference, warm_up, count, repeats, [&] {
      const auto verdicts = verify_transfers(*system_, network_, batch, entropy_, pool_, mode.singly);
      CHECK(std::count(verdicts.begin(), verdicts.end(), true) == static_cast<ptrdiff_t>(size));
    });
  }

 private:
  crypto::SystemEntropy entropy_;
  ThreadPool pool_;
  const Hash32 network_ = some_network();
  std::shared_ptr<const ProofSystem> system_;
  std::vector<TransferClaim> claims_;
};

}  // namespace

void measure_verifying(const Options& options, Meter& meter) {
  Verifying verifying(options);
  meter.put("verify_ms", verifying.batch(meter.reference(), 1, kModes[0], 2, options.quick ? 5 : 61, 3).wall);
  for (const Mode& mode : kModes) {
    const InTurn batch = verifying.batch(meter.reference(), 64, mode, 1, options.quick ? 3 : 21);
    meter.put(mode.key64, batch.cpu, 64);
    if (std::string(mode.name) == "batched") meter.put("verify_batch64_wall_ms", batch.wall, 64);
  }
  meter.report()["proof_bytes"] = kTransferProofBytes;
}

void measure_batches(const Options& options, Meter& meter) {
  Verifying verifying(options);
  Report& rows = meter.report()["verify_batches"] = Report::array();
  for (size_t size = 1; size <= (options.quick ? 64u : 1024u); size *= options.quick ? 8 : 2)
    for (const Mode& mode : kModes) {
      const size_t times = options.quick ? 2 : std::clamp<size_t>(512 / size, 5, 31);
      const InTurn batch = verifying.batch(meter.reference(), size, mode, size < 128 ? 1 : 0, times);
      const auto each = static_cast<double>(size);
      rows.push_back({{"size", size}, {"mode", mode.name}, {"cpu_ms", batch.cpu.ms.median() / each},
                      {"wall_ms", batch.wall.ms.median() / each}, {"cpu_ratio", batch.cpu.ratios.median() / each},
                      {"wall_ratio", batch.wall.ratios.median() / each}});
    }
}

}  // namespace sotto::bench
