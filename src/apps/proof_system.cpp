#include "apps/proof_system.hpp"

#include <algorithm>

#include "apps/environment.hpp"
#include "node/key_directory.hpp"

namespace sotto::apps {

size_t core_count() { return std::max(1u, std::thread::hardware_concurrency()); }

Result<std::shared_ptr<const circuit::ProofSystem>, Error> load_keys(const std::string& reference_string, ThreadPool& pool,
                                                                     bool with_prover) {
  const auto directory = key_directory();
  if (!directory) return circuit::load_proof_system(reference_string, with_prover, pool);
  node::KeyDirectory cache(*directory);
  return circuit::load_proof_system(reference_string, with_prover, pool, &cache);
}

Result<std::shared_ptr<const circuit::ProofSystem>, CommandFailure> load_system(ThreadPool& pool, bool with_prover) {
  const auto file = find_data(kReferenceString);
  if (!file.ok()) return Failure{CommandFailure{ExitCode::no_such_file, file.error().what, ""}};
  auto system = load_keys(file->string(), pool, with_prover);
  if (!system.ok()) return Failure{CommandFailure{ExitCode::damaged, system.error().what, ""}};
  return std::move(system).value();
}

Result<std::shared_ptr<const circuit::ProofSystem>, CommandFailure> load_system(Console& console, ThreadPool& pool) {
  const Stopwatch watch;
  console.begin("Loading the reference string and circuit keys");
  auto system = load_system(pool, true);
  console.end(system.ok(), watch.ms());
  return system;
}

}  // namespace sotto::apps
