#include "ledger/history.hpp"

namespace sotto::ledger {

const char* name(HistoryReject reject) {
  switch (reject) {
    case HistoryReject::malformed: return "malformed";
    case HistoryReject::wrong_network: return "wrong_network";
    case HistoryReject::wrong_height: return "wrong_height";
    case HistoryReject::wrong_previous: return "wrong_previous";
    case HistoryReject::wrong_chain: return "wrong_chain";
    case HistoryReject::time_reversed: return "time_reversed";
    case HistoryReject::wrong_entries: return "wrong_entries";
    case HistoryReject::wrong_end: return "wrong_end";
    case HistoryReject::wrong_state: return "wrong_state";
  }
  return "?";
}

History::History(std::shared_ptr<const Network> network, const BlockHeader& genesis)
    : network_(std::move(network)), last_(genesis), hash_(block_hash(genesis)) {
  CHECK(genesis.network == network_->id() && genesis.height == 0);
}

Result<Changes, HistoryReject> History::next(const Block& block) {
  const BlockHeader& h = block.header;
  if (h.network != network_->id()) return Failure{HistoryReject::wrong_network};
  if (h.height != last_.height + 1) return Failure{HistoryReject::wrong_height};
  if (h.previous != hash_) return Failure{HistoryReject::wrong_previous};
  ChainTree chain = chain_;
  chain.append(hash_);
  if (h.chain != chain.root()) return Failure{HistoryReject::wrong_chain};
  if (h.time_ms < last_.time_ms) return Failure{HistoryReject::time_reversed};
  if (h.entries != entries_hash(block.entries)) return Failure{HistoryReject::wrong_entries};
  Changes changes;
  changes.height = h.height;
  for (const BlockEntry& entry : block.entries) {
    if (entry.outcome != Outcome::executed) continue;
    const Spend spend{txid(entry.certified.transaction), h.height};
    for (const Nullifier& nf : nullifiers(entry.certified.transaction)) changes.spends.emplace_back(nf, spend);
  }
  if (h.notes != last_.notes) changes.root = h.note_root;
  hash_ = block_hash(h);
  chain_ = std::move(chain);
  last_ = h;
  return changes;
}

Status<HistoryReject> History::finish(const State& state, const BlockHash& trusted) const {
  if (hash_ != trusted) return Failure{HistoryReject::wrong_end};
  const bool whole = state.height == last_.height && state.time_ms == last_.time_ms && state.last_block == hash_ && state.chain == chain_ &&
                     state.network->id() == network_->id() && app_hash(state) == last_.app_hash;
  if (!whole) return Failure{HistoryReject::wrong_state};
  return Ok{};
}

}  // namespace sotto::ledger
