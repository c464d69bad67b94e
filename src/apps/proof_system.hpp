// Loads the reference string and circuit keys.
#pragma once
#include <memory>

#include "apps/console.hpp"
#include "base/parallel.hpp"
#include "base/result.hpp"
#include "circuit/transfer_proof.hpp"

namespace sotto::apps {

size_t core_count();
// Prepared keys are kept in key_directory() for the next run.
Result<std::shared_ptr<const circuit::ProofSystem>, Error> load_keys(const std::string& reference_string, ThreadPool& pool,
                                                                     bool with_prover);
Result<std::shared_ptr<const circuit::ProofSystem>, CommandFailure> load_system(ThreadPool& pool, bool with_prover);
// With the prover, shown as a step.
Result<std::shared_ptr<const circuit::ProofSystem>, CommandFailure> load_system(Console& console, ThreadPool& pool);

}  // namespace sotto::apps
