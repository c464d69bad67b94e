// `make bench-corpus`: proves payments for the validator's throughput bench, one proof a core at a time, and appends them to
// the corpus. Stop it at any time; the next run goes on where it stopped.
//
// The payments move nothing: three dummy inputs, three dummy outputs, fresh secrets each. To a validator such a payment is
// like any other (that is what the transfer circuit is for): the same bytes, proof, signature, three nullifiers, three
// leaves. Unlike spends of funded notes they are all valid at once on a ledger that holds nothing but genesis.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <thread>

#include "bench/validator/corpus.hpp"
#include "base/files.hpp"
#include "crypto/random.hpp"
#include "node/dev_genesis.hpp"
#include "node/key_files.hpp"
#include "wallet/circuit_prover.hpp"

namespace {

using namespace sotto;
using namespace sotto::bench;
namespace fs = std::filesystem;

template <class T, class E>
T expect(Result<T, E> result, const std::string& what) {
  if (!result.ok()) {
    std::fprintf(stderr, "%s failed\n", what.c_str());
    std::exit(1);
  }
  return std::move(result).value();
}

// In committee order.
void sort_keys(CorpusNetwork& network) {
  network.committee =
      std::make_shared<const settle::Committee>(expect(node::genesis_committee(network.genesis), "reading the genesis"));
  std::ranges::sort(network.keys, {}, [&](const crypto::BlsSecretKey& key) {
    size_t place = 0;
    while (!((*network.committee)[place].key == key.public_key())) ++place;
    return place;
  });
}

CorpusNetwork make_network(const std::shared_ptr<const circuit::ProofSystem>& system, Entropy& entropy, ThreadPool& pool) {
  CorpusNetwork network;
  for (size_t i = 0; i < kCorpusValidators; ++i) network.keys.push_back(crypto::BlsSecretKey::random(entropy));
  network.genesis = node::make_dev_genesis("bench", network.keys, note::Seed(entropy.bytes<64>()), system, entropy, pool, {});
  sort_keys(network);
  return network;
}

// Of `sotto testnet init`, so that its validators can be fed with them.
CorpusNetwork network_of_testnet(const fs::path& dir) {
  CorpusNetwork network;
  network.genesis = expect(ledger::decode_genesis(expect(read_file(dir / "genesis", ledger::kMaxGenesisBytes), "reading the genesis")), "reading the genesis");
  for (size_t i = 1; i <= kCorpusValidators; ++i) {
    const auto file = dir / ("validator-" + std::to_string(i)) / "keys" / "vote.key";
    network.keys.push_back(expect(node::read_vote_key(file), "reading a key"));
  }
  sort_keys(network);
  return network;
}

crypto::Fr root_after_genesis(const ledger::Genesis& genesis) {
  note::NoteTreeFrontier tree;
  for (const auto& tx : genesis.transactions) {
    std::vector<crypto::Fr> leaves;
    for (const auto& cm : ledger::appended_commitments(tx)) leaves.push_back(cm.value);
    CHECK(tree.append(leaves));
  }
  return tree.root();
}

Bytes payment(const note::AccountKeys& keys, const ledger::NetworkId& network, const crypto::Fr& anchor, wallet::Prover& prover,
              Entropy& entropy) {
  wallet::TransferPlan plan;
  plan.asset = plan.fee_asset = {.id = node::kDevAssets[0].id, .policy = 0};
  plan.anchor = anchor;
  const auto built = expect(wallet::build_transfer(keys.view(), plan, entropy), "building a payment");
  auto tx = wallet::assemble(network, kCorpusExpiry, {&built, 1});
  expect(wallet::authorise(tx, {&built, 1}, keys.ask(), prover, entropy), "proving a payment");
  return ledger::encode(tx);
}

int run(const fs::path& dir, const std::string& testnet, const std::string& data_dir, size_t count, size_t threads) {
  if (fs::exists(dir / "genesis") && stored_payments(dir) >= count) {
    std::printf("corpus: %zu payments in %s\n", stored_payments(dir), dir.c_str());
    return 0;
  }
  crypto::SystemEntropy entropy;
  ThreadPool one(1);
  const auto system = expect(circuit::load_proof_system(data_dir + "/srs.bin", true, one), "loading the reference string");
  if (!fs::exists(dir / "genesis"))
    expect(write_network(dir, testnet.empty() ? make_network(system, entropy, one) : network_of_testnet(testnet)), "writing the corpus's genesis");
  const auto network = expect(read_network(dir), "reading the corpus's genesis");
  const auto anchor = root_after_genesis(network.genesis);
  const auto id = network.committee->network();

  size_t done = stored_payments(dir), claimed = done;
  if (done > 0) fs::resize_file(dir / "payments", done * record_bytes());
  std::ofstream out(dir / "payments", std::ios::binary | std::ios::app);
  const auto started = std::chrono::steady_clock::now();
  const size_t before = done;
  std::mutex mutex;
  const auto work = [&] {
    ThreadPool inline_pool(1);
    crypto::SystemEntropy own;
    wallet::CircuitProver prover(system, own, inline_pool);
    const auto keys = note::AccountKeys::derive(note::Seed(own.bytes<64>()), id.value, 0);
    for (;;) {
      size_t number = 0;
      {
        const std::lock_guard lock(mutex);
        if (claimed >= count) return;
        number = claimed++;
      }
      const Bytes record = encode(complete(network, payment(keys, id, anchor, prover, own), number));
      const std::lock_guard lock(mutex);
      out.write(reinterpret_cast<const char*>(record.data()), static_cast<std::streamsize>(record.size()));
      if (!out.flush()) {
        std::fprintf(stderr, "cannot write %s\n", (dir / "payments").c_str());
        std::exit(1);
      }
      if (++done % 50 != 0 && done != count) continue;
      const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
      const double left = seconds / static_cast<double>(done - before) * static_cast<double>(count - done);
      std::fprintf(stderr, "corpus: %zu of %zu payments, about %.0f s left\n", done, count, left);
    }
  };
  std::vector<std::thread> workers;
  for (size_t i = 0; i < threads; ++i) workers.emplace_back(work);
  for (auto& worker : workers) worker.join();
  std::printf("corpus: %zu payments in %s\n", stored_payments(dir), dir.c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Makes the corpus of the validator's throughput bench"};
  std::string dir = "build/corpus", testnet, data_dir = SOTTO_SOURCE_DIR "/data";
  size_t count = 10'000, threads = std::max(1u, std::thread::hardware_concurrency());
  app.add_option("--dir", dir, "where the corpus is, or will be");
  app.add_option("--testnet", testnet, "a new corpus is for this network's genesis, of four validators");
  app.add_option("--count", count, "payments it shall have");
  app.add_option("--threads", threads, "proofs at a time");
  CLI11_PARSE(app, argc, argv);
  return run(dir, testnet, data_dir, count, threads);
}
