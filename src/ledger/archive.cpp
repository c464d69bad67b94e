#include "ledger/archive.hpp"

namespace sotto::ledger {

std::optional<Spend> MemoryArchive::spend_of(const Nullifier& nf) const {
  const auto found = spends_.find(nf.bytes());
  if (found == spends_.end()) return std::nullopt;
  return found->second;
}

bool MemoryArchive::known_root(const Anchor& root) const { return roots_.contains(root.bytes()); }

void MemoryArchive::commit(const Changes& changes) {
  for (const auto& [nf, spend] : changes.spends) CHECK(spends_.emplace(nf.bytes(), spend).second);
  if (changes.root) roots_.insert(changes.root->bytes());
}

}  // namespace sotto::ledger
