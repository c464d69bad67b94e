// What a wallet does besides proving: looking through everybody's outputs for its own, and keeping the note tree.
#include "bench/measure.hpp"
#include "bench/report.hpp"
#include "circuit/random_statement.hpp"
#include "note/encryption.hpp"
#include "note/merkle.hpp"

namespace sotto::bench {
namespace {

note::AccountKeys account(circuit::SeededEntropy& random) {
  return note::AccountKeys::derive(note::Seed(random.bytes<64>()), Hash32{}, 0);
}

// Outputs to somebody else: nearly all that a wallet sees.
double scan_us(size_t samples) {
  circuit::SeededEntropy random(1);
  const auto ours = account(random), theirs = account(random);
  constexpr size_t kOutputs = 64;
  std::vector<note::SealedOutput> outputs;
  for (uint64_t i = 0; i < kOutputs; ++i)
    outputs.push_back(note::seal_output(theirs.view().address(i), {{1, 0}, note::Amount(i), {}}, random.fr(), theirs.view().ovk, random));
  return sample(1, samples, cpu_ms, [&] {
    for (const auto& o : outputs) CHECK(!note::try_decrypt(ours.view().incoming, o.note.rho, o.cm, o.ciphertext));
  }).median() * 1000 / kOutputs;
}

double append_ms(size_t samples, ThreadPool& pool) {
  circuit::SeededEntropy random(2);
  note::NoteTreeFrontier start;
  CHECK(start.append(std::vector<note::Fr>(10'003, note::Fr::one()), &pool));   // some tree, not on a boundary
  std::vector<note::Fr> leaves(10'000);
  for (auto& leaf : leaves) leaf = random.fr();
  return sample(1, samples, wall_ms, [&] {
    auto tree = start;
    CHECK(tree.append(leaves, &pool));
    keep(tree.root());
  }).median();
}

}  // namespace

void measure_wallet(const Options& options, Report& report) {
  ThreadPool pool(std::max(1u, std::thread::hardware_concurrency()));
  report["scan_us"] = scan_us(options.quick ? 3 : 31);
  report["tree_append_10k_ms"] = append_ms(options.quick ? 2 : 15, pool);
}

}  // namespace sotto::bench
