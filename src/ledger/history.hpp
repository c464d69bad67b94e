// A history taken over from others without executing it: blocks in order whose chain of hashes ends in one that is trusted
// (docs/spec/ledger.md L-80..). What execution had made of each is read off it.
#pragma once
#include "ledger/execute.hpp"

namespace sotto::ledger {

enum class HistoryReject : uint8_t {
  malformed,                // bytes that are no block or state
  wrong_network,
  wrong_height,             // not the next one
  wrong_previous,
  wrong_chain,              // the header's root is not that of the blocks before
  time_reversed,
  wrong_entries,            // the header's hash is not that of the entries
  wrong_end,                // the last block is not the trusted one
  wrong_state,              // the state is not the one after the last block
};
const char* name(HistoryReject reject);

class History {
 public:
  // Begins after genesis: its block as this machine has executed it.
  History(std::shared_ptr<const Network> network, const BlockHeader& genesis);
  uint64_t height() const { return last_.height; }
  // What the next block added. Nothing of it is to be believed before finish() agrees.
  Result<Changes, HistoryReject> next(const Block& block);
  // The chain ends in `trusted`, and `state` is what it leads to.
  Status<HistoryReject> finish(const State& state, const BlockHash& trusted) const;

 private:
  const std::shared_ptr<const Network> network_;
  BlockHeader last_;
  BlockHash hash_;
  ChainTree chain_;                       // of the blocks before the last
};

}  // namespace sotto::ledger
