// From finished proof to settlement certificate: the wallet's own verification and signature, then four validators with
// stores of their own on this disk, HTTP on loopback.
#include <filesystem>
#include <thread>

#include "bench/measure.hpp"
#include "bench/report.hpp"
#include "crypto/random.hpp"
#include "node/devnet.hpp"
#include "node/timed_prover.hpp"
#include "node/world.hpp"

namespace sotto::bench {
namespace {

constexpr uint32_t kTimeoutMs = 20'000;

template <class T, class E>
T expect(Result<T, E> result, const char* what) {
  if (!result.ok()) {
    std::fprintf(stderr, "%s failed\n", what);
    std::exit(1);
  }
  return std::move(result).value();
}

// Gone when the measurement ends.
class ScratchDirectory {
 public:
  explicit ScratchDirectory(const std::string& parent) : path_(std::filesystem::path(parent) / "bench-devnet") {
    std::filesystem::remove_all(path_);
  }
  ~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// A payment of nothing: three dummy inputs, three dummy outputs. To a validator it is like any other payment, that is the
// point of the transfer circuit, and no block has to pass before the next one.
Bytes finished_payment(const note::AccountKeys& keys, node::NetworkClient& network, wallet::Prover& prover, Entropy& entropy) {
  const node::TreeMessage now = expect(network.tree(), "asking for the tree");
  const note::AssetOpening asset{.id = node::kDevAssets[0].id, .policy = 0};
  wallet::TransferPlan plan;
  plan.asset = asset;
  plan.fee_asset = asset;
  plan.anchor = now.tree.root();
  const wallet::BuiltTransfer built = expect(wallet::build_transfer(keys.view(), plan, entropy), "building a payment");
  const uint64_t expiry = now.height + network.network()->params().expiry_window / 2;
  ledger::Transaction tx = wallet::assemble(network.id(), expiry, {&built, 1});
  expect(wallet::authorise(tx, {&built, 1}, keys.ask(), prover, entropy), "proving a payment");
  return encode(tx);
}

}  // namespace

void measure_settlement(const Options& options, Meter& meter) {
  const ScratchDirectory scratch(options.scratch_dir);
  crypto::SystemEntropy entropy;
  const node::SystemClock clock;
  ThreadPool pool(std::max(1u, std::thread::hardware_concurrency()));
  const auto system = expect(circuit::load_proof_system(options.data_dir + "/srs.bin", true, pool), "loading the reference string");
  const auto devnet = expect(node::Devnet::open({.dir = scratch.path()}, system, entropy, clock, pool, [](const std::string&) {}),
                             "opening a network");
  const auto network = expect(node::NetworkClient::connect(devnet->endpoints().front(), devnet->id(), entropy, kTimeoutMs),
                              "connecting to the network");
  const auto keys = note::AccountKeys::derive(note::Seed(entropy.bytes<64>()), network->id().value, 0);
  node::TimedProver prover(system, entropy, pool);

  Series settled, locked;
  const size_t warm_up = 3, count = options.quick ? 10 : 200;
  for (size_t i = 0; i < warm_up + count; ++i) {
    const double base = meter.reference().take().wall;     // the validators have nothing to do meanwhile
    const Bytes bytes = finished_payment(keys, *network, prover, entropy);
    const auto candidate = expect(settle::decode_candidate(bytes), "decoding a payment");
    const auto result = expect(network->payer().settle(candidate, node::Deadline::in(kTimeoutMs)), "settling a payment");
    const auto end = std::chrono::steady_clock::now();
    if (i < warm_up) continue;
    settled.add(std::chrono::duration<double, std::milli>(end - prover.finished()).count(), base);
    locked.add(result.timings.lock_certificate_ms, base);
  }
  devnet->stop();
  meter.put("settle_p50_ms", settled);
  meter.put_quantile("settle_p99_ms", settled, 0.99);
  meter.report()["lock_certificate_p50_ms"] = locked.ms.median();
}

}  // namespace sotto::bench
