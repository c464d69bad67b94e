// The engine's word against validators, as entries of a block (docs/spec/stake.md D-34).
#include "crypto/hash.hpp"
#include "node/validator_core.hpp"

namespace sotto::node {

namespace {

Result<ledger::BlockHeader, Error> header_of(const store::ValidatorStore& store, uint64_t height) {
  TRY(bytes, store.block(height));
  if (!bytes) return Failure{Error{"store: block " + std::to_string(height) + " is gone"}};
  const auto header = ledger::decode_header_of(*bytes);
  if (!header.ok()) return Failure{Error{"store: block " + std::to_string(height) + " is damaged"}};
  return *header;
}

// The epoch that the last block not later than `time_ms` belongs to: blocks know when they were, epochs do not.
Result<uint64_t, Error> epoch_at(const store::ValidatorStore& store, uint64_t newest, uint64_t time_ms) {
  uint64_t low = 0, high = newest;                        // block `low` is not later
  uint64_t epoch = 0;
  while (low < high) {
    const uint64_t middle = low + (high - low + 1) / 2;
    TRY(header, header_of(store, middle));
    if (header.time_ms <= time_ms) {
      low = middle;
      epoch = header.epoch;
    } else {
      high = middle - 1;
    }
  }
  return epoch;
}

}  // namespace

Result<std::vector<ledger::CertifiedTransaction>, Error> ValidatorNode::Core::entries_against(std::span<const order::Accusation> accusations,
                                                                                              size_t limit) const {
  std::map<ledger::ValidatorId, uint64_t> since;          // the first deed of each tells what stood behind it
  for (const auto& accusation : accusations) {
    for (const auto& [id, pool] : state.stake.pools) {
      if (pool.tombstoned || !std::ranges::equal(accusation.validator, ByteView(crypto::sha256(id.value)).first(accusation.validator.size()))) continue;
      const auto [at, fresh] = since.emplace(id, accusation.time_ms);
      if (!fresh) at->second = std::min(at->second, accusation.time_ms);
    }
  }
  std::vector<ledger::CertifiedTransaction> entries;
  for (const auto& [id, time_ms] : since) {
    if (entries.size() >= limit) break;
    TRY(epoch, epoch_at(*store, state.height, time_ms));
    ledger::Transaction tx;
    tx.network = network_->id();
    tx.ordered = ledger::Misconduct{epoch, id};
    entries.push_back({std::move(tx), {}});
  }
  return entries;
}

}  // namespace sotto::node
