// The ledger with many nullifiers: what a look-up takes, what memory it needs, and how long a validator is from its start to
// its first vote.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace sotto::bench {

struct LedgerScaleOptions {
  std::string self, corpus, data_dir, scratch;
  std::vector<size_t> sizes;             // nullifiers, each in a store of its own
};
// One object a size.
nlohmann::ordered_json measure_ledger_scale(const LedgerScaleOptions& options);

}  // namespace sotto::bench
