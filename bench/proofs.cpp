// Proving and verifying transfers: the figures of the proof system.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "bench/measure.hpp"
#include "bench/report.hpp"
#include "circuit/transfer_proof.hpp"
#include "crypto/random.hpp"
#include "note/merkle.hpp"
#include "note/note.hpp"

namespace sotto::bench {
namespace {

using namespace circuit;
using crypto::Tag;

Fr random_fr(Entropy& entropy) { return Fr::reduce512(entropy.bytes<64>()); }

// Two notes of one currency and one of another pay somebody, with change and a fee: the ordinary, full case.
TransferWitness ordinary_payment(Entropy& entropy) {
  TransferWitness w;
  w.ak = crypto::jubjub_mul_generator(crypto::JubjubScalar::random(entropy)).affine();
  w.nk = random_fr(entropy);
  w.alpha = crypto::JubjubScalar::random(entropy);
  w.asset_id = Fr::from_u64(2);
  w.fee_asset = note::asset_of({.id = 1, .policy = 0});
  const Fr asset = note::asset_of({.id = 2, .policy = 0});
  const Fr account = crypto::hash(Tag::account, w.ak.u, w.ak.v, w.nk);
  w.fee = 10;
  constexpr std::array<uint64_t, kSlots> kIn = {7'000, 5'500, 300};
  constexpr std::array<uint64_t, kSlots> kOut = {12'000, 500, 290};

  std::vector<Fr> leaves(100);
  for (Fr& leaf : leaves) leaf = random_fr(entropy);
  constexpr std::array<size_t, kSlots> kAt = {3, 41, 97};
  for (size_t j = 0; j < kSlots; ++j) {
    InputWitness& in = w.inputs[j];
    in.value = kIn[j];
    in.diversifier = Fr::from_u64(1000 + j);
    in.rho = random_fr(entropy);
    in.rcm = random_fr(entropy);
    const Fr owner = crypto::hash(Tag::owner, account, in.diversifier, Fr::zero());
    leaves[kAt[j]] = note::commitment({j == 2 ? w.fee_asset : asset, note::Amount(in.value), owner, in.rho, in.rcm});
    w.outputs[j] = {kOut[j], random_fr(entropy), random_fr(entropy)};
  }
  for (OutputWitness& unused : w.outputs_b) unused = {0, random_fr(entropy), random_fr(entropy)};
  note::NoteWitnessTree tree;
  CHECK(tree.append(leaves, kAt).has_value());
  for (size_t j = 0; j < kSlots; ++j) {
    const auto path = tree.path(kAt[j]);
    w.inputs[j].path.children = path->children;
    w.inputs[j].path.position = path->position;
  }
  return w;
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
  const TransferWitness w = ordinary_payment(entropy);
  keep(prove_transfer(*system, some_network(), public_of(w), w, entropy, pool));
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

  const TransferWitness w = ordinary_payment(entropy);
  const TransferPublic x = public_of(w);
  CHECK(holds(x, w) == Unsatisfied::none);
  const size_t proofs = options.quick ? 3 : 31;
  report["prove_ms"] = sample(2, proofs, wall_ms, [&] {
    keep(prove_transfer(*system, network, x, w, entropy, pool));
  }).median();

  std::vector<TransferClaim> claims;
  for (size_t i = 0; i < 64; ++i) {
    const TransferWitness other = ordinary_payment(entropy);
    const TransferPublic statement = public_of(other);
    claims.push_back({statement, prove_transfer(*system, network, statement, other, entropy, pool)});
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
