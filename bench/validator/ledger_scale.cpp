#include "bench/validator/ledger_scale.hpp"

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>

#include "bench/measure.hpp"
#include "bench/validator/corpus.hpp"
#include "bench/validator/load.hpp"
#include "bench/validator/script.hpp"
#include "bench/validator/served.hpp"
#include "crypto/hash.hpp"
#include "crypto/random.hpp"
#include "ledger/circuit_verifier.hpp"
#include "store/validator_store.hpp"

namespace sotto::bench {
namespace fs = std::filesystem;
namespace {

constexpr size_t kPerBlock = 20'000;     // below corpus expiry in blocks at 10^7
constexpr size_t kLookups = 20'000;

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

// The i-th nullifier of the store: scattered, below the field's modulus, and known again.
ledger::Nullifier nullifier(uint64_t i) {
  std::mt19937_64 random(i);
  ByteArray<32> bytes;
  for (size_t at = 0; at < 32; at += 8) {
    const uint64_t word = random();
    std::memcpy(bytes.data() + at, &word, 8);
  }
  bytes[0] = bytes[31] = 0;              // below r in either byte order
  return {crypto::Fr::decode(bytes).value()};
}

double resident_mb() {
  std::ifstream statm("/proc/self/statm");
  double total = 0, resident = 0;
  statm >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

double folder_mb(const fs::path& dir) {
  double sum = 0;
  for (const auto& entry : fs::recursive_directory_iterator(dir))
    if (entry.is_regular_file()) sum += static_cast<double>(entry.file_size()) / 1e6;
  return sum;
}

// Through the store's own write path, block after block. The blocks have no entries (their transactions are what takes long,
// and not what is measured); nullifiers, state and header are as execution leaves them, but for the set hash, which stays.
void fill(const fs::path& dir, const CorpusNetwork& network, const LedgerScaleOptions& options, size_t count) {
  crypto::SystemEntropy entropy;
  ThreadPool pool(2);
  const auto system = circuit::load_proof_system(options.data_dir + "/srs.bin", false, pool);
  if (!system.ok()) die(system.error().what);
  ledger::CircuitVerifier proofs(*system, entropy, pool);
  ledger::FullAuthority authority(proofs, entropy);
  const auto genesis = ledger::execute_genesis(network.genesis, authority);
  CHECK(genesis.ok());
  const store::StoreIdentity identity{network.committee->network(), (*network.committee)[kUnderTest].id};
  if (!store::ValidatorStore::create(dir, identity, *genesis).ok()) die("cannot make a store");
  auto opened = store::ValidatorStore::open(dir, identity, std::make_shared<const ledger::Network>(network.genesis.content));
  if (!opened.ok()) die(opened.error().what);
  ledger::State state = opened->state;
  for (uint64_t done = 0; done < count;) {
    ledger::Execution execution;
    execution.next = state;
    ledger::State& next = execution.next;
    ++next.height;
    execution.changes.height = next.height;
    const Hash32 id = crypto::sha256(view(std::to_string(next.height)));
    for (const uint64_t end = std::min<uint64_t>(count, done + kPerBlock); done < end; ++done) {
      execution.changes.spends.emplace_back(nullifier(done), ledger::Spend{{id}, next.height});
      ++next.spent;
    }
    execution.block.header = ledger::header_after(next, state.last_block, ledger::entries_hash(std::span<const ledger::BlockEntry>()));
    next.last_block = ledger::block_hash(execution.block.header);
    if (const auto kept = opened->store->commit_block(execution); !kept.ok()) die(kept.error().what);
    state = std::move(execution.next);
  }
}

}  // namespace

nlohmann::ordered_json measure_ledger_scale(const LedgerScaleOptions& options) {
  auto out = nlohmann::ordered_json::array();
  const auto network = read_network(options.corpus);
  const auto payments = read_payments(options.corpus, 1);
  if (!network.ok()) die(network.error().what);
  if (!payments.ok()) die(payments.error().what);
  const store::StoreIdentity identity{network->committee->network(), (*network->committee)[kUnderTest].id};
  for (const size_t size : options.sizes) {
    const fs::path dir = fs::path(options.scratch) / "bench-ledger";
    std::error_code ignored;
    fs::remove_all(dir, ignored);
    fs::create_directories(dir);
    nlohmann::ordered_json row;
    row["nullifiers"] = size;
    double start = wall_ms();
    fill(dir / "store", *network, options, size);
    row["fill_s"] = (wall_ms() - start) / 1e3;
    row["disk_mb"] = folder_mb(dir);
    {
      const double before = resident_mb();
      start = wall_ms();
      auto opened = store::ValidatorStore::open(dir / "store", identity, std::make_shared<const ledger::Network>(network->genesis.content));
      if (!opened.ok()) die(opened.error().what);
      row["open_s"] = (wall_ms() - start) / 1e3;
      const auto& archive = opened->store->archive();
      const auto lookups = [&](uint64_t from, uint64_t among, bool there) {
        std::mt19937_64 random(7);
        Samples us;
        for (size_t i = 0; i < kLookups; ++i) {
          const auto nf = nullifier(from + random() % among);
          const double at = wall_ms();
          CHECK(archive.spend_of(nf).has_value() == there);
          us.add((wall_ms() - at) * 1e3);
        }
        return us;
      };
      const Samples absent = lookups(uint64_t{1} << 40, uint64_t{1} << 40, false), present = lookups(0, size, true);
      row["lookup_absent_p50_us"] = absent.median();
      row["lookup_absent_p99_us"] = absent.quantile(0.99);
      row["lookup_present_p50_us"] = present.median();
      row["lookup_present_p99_us"] = present.quantile(0.99);
      row["memory_mb"] = resident_mb() - before;
      row["memory_bytes_per_nullifier"] = (resident_mb() - before) * 1e6 / static_cast<double>(size);
      start = wall_ms();
      if (const auto checked = opened->store->check_history({}); !checked.ok()) die(checked.error().what);
      row["whole_check_s"] = (wall_ms() - start) / 1e3;
    }
    // A process of its own: program, keys, store, server, and a real payment voted for.
    start = wall_ms();
    ServeOptions serve{options.corpus, options.data_dir, dir.string(), 2};
    serve.fresh = false;
    auto served = ServedValidator::start(options.self, serve);
    if (!served.ok()) die(served.error().what);
    auto voted = offer({script_of((*payments)[0])}, {.port = (*served)->port(), .connections = 1, .only_votes = true});
    if (!voted.ok()) die(voted.error().what);
    row["restart_to_vote_s"] = (wall_ms() - start) / 1e3;
    row["validator_memory_mb"] = (*served)->usage().peak_mb;
    served->reset();
    fs::remove_all(dir, ignored);
    std::fprintf(stderr, "%zu nullifiers: %s\n", size, row.dump().c_str());
    out.push_back(std::move(row));
  }
  return out;
}

}  // namespace sotto::bench
