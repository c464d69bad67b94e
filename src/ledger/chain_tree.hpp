// The hashes of all blocks so far as an append-only tree: 32 bytes in each header stand for them, and a few dozen hashes show that
// a block is one of them (docs/spec/ledger.md L-43, docs/adr/0090).
//
//   leaf = SHA("Sotto.chain.leaf.v1", block hash)      node = SHA("Sotto.chain.node.v1", left, right)
//   The leaves are split into perfect trees, the largest first, as the bits of their number say; their tops are the peaks.
//   root = SHA("Sotto.chain.root.v1", leaves u64, peaks)
#pragma once
#include <functional>

#include "ledger/transaction.hpp"

namespace sotto::ledger {

// The top of the perfect tree over leaves [index * 2^level, (index + 1) * 2^level).
struct ChainNode {
  uint8_t level = 0;
  uint64_t index = 0;
  Hash32 hash{};
};

class ChainTree {
 public:
  // The nodes this completes, the leaf first: whoever keeps them all can prove every leaf.
  std::vector<ChainNode> append(const BlockHash& block);
  uint64_t size() const { return size_; }
  Hash32 root() const;
  void write(Writer& out) const;                          // size u64 | peaks
  static Result<ChainTree, DecodeError> read(Reader& in);
  friend bool operator==(const ChainTree&, const ChainTree&) = default;

 private:
  uint64_t size_ = 0;
  std::vector<Hash32> peaks_;                             // one a bit of size_, the largest tree first
};

// That a block is the leaf `index` of `size`.
struct ChainProof {
  uint64_t index = 0, size = 0;
  std::vector<Hash32> path;                               // siblings on the way to its peak, from below
  std::vector<Hash32> others;                             // the other peaks, the largest tree first
  void write(Writer& out) const;
  static Result<ChainProof, DecodeError> read(Reader& in);
};
// The root it leads to; nullopt if it has not the shape its numbers ask for.
std::optional<Hash32> root_of(const ChainProof& proof, const BlockHash& block);
// From kept nodes; nullopt if index >= size or a node is missing.
std::optional<ChainProof> prove(uint64_t index, uint64_t size, const std::function<std::optional<Hash32>(uint8_t level, uint64_t index)>& node);

}  // namespace sotto::ledger
