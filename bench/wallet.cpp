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

constexpr size_t kOutputs = 64;

// Outputs to somebody else: nearly all that a wallet sees.
Series scan(Reference& reference, size_t samples) {
  circuit::SeededEntropy random(1);
  const auto ours = account(random), theirs = account(random);
    std::vector<note::SealedOutput> outputs;
  for (uint64_t i = 0; i < kOutputs; ++i)
    outputs.push_back(note::seal_output(theirs.view().address(i), {{1, 0}, note::Amount(i), {}}, random.fr(), theirs.view().ovk, random));
  return in_turn(reference, 1, samples, 1, [&] {
    for (const auto& o : outputs) CHECK(!note::try_decrypt(ours.view().incoming, o.note.rho, o.cm, o.ciphertext));
  }).cpu;
}

Series append(Reference& reference, size_t samples, ThreadPool& pool) {
  circuit::SeededEntropy random(2);
  note::NoteTreeFrontier start;
  CHECK(start.append(std::vector<note::Fr>(10'003, note::Fr::one()), &pool));   // some tree, not on a boundary
  std::vector<note::Fr> leaves(10'000);
  for (auto& leaf : leaves) leaf = random.fr();
  return in_turn(reference, 1, samples, 1, [&] {
    auto tree = start;
    CHECK(tree.append(leaves, &pool));
    keep(tree.root());
  }).wall;
}

}  // namespace

void measure_wallet(const Options& options, Meter& meter) {
  ThreadPool pool(std::max(1u, std::thread::hardware_concurrency()));
  meter.put("scan_us", scan(meter.reference(), options.quick ? 3 : 31), kOutputs);
  meter.put("tree_append_10k_ms", append(meter.reference(), options.quick ? 2 : 31, pool));
}

}  // namespace sotto::bench
