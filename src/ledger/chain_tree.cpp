#include "ledger/chain_tree.hpp"

#include <bit>

#include "crypto/hash.hpp"

namespace sotto::ledger {

namespace {

Hash32 leaf_of(const BlockHash& block) {
  Writer out;
  out.raw(view("Sotto.chain.leaf.v1"));
  out.raw(block.value);
  return crypto::sha256(out.bytes());
}

Hash32 node_of(const Hash32& left, const Hash32& right) {
  Writer out;
  out.raw(view("Sotto.chain.node.v1"));
  out.raw(left);
  out.raw(right);
  return crypto::sha256(out.bytes());
}

Hash32 root_over(uint64_t size, const std::vector<Hash32>& peaks) {
  Writer out;
  out.raw(view("Sotto.chain.root.v1"));
  out.u64(size);
  for (const Hash32& peak : peaks) out.raw(peak);
  return crypto::sha256(out.bytes());
}

size_t peaks_of(uint64_t size) { return static_cast<size_t>(std::popcount(size)); }

// The perfect tree that holds the leaf: its level, and how many larger ones stand before it.
struct Place {
  uint8_t level = 0;
  size_t before = 0;
};
Place place_of(uint64_t index, uint64_t size) {
  size_t before = 0;
  for (int level = 63; level >= 0; --level) {
    const uint64_t leaves = uint64_t{1} << level;
    if ((size & leaves) == 0) continue;
    if (index < leaves) return {static_cast<uint8_t>(level), before};
    index -= leaves;
    ++before;
  }
  CHECK(false);                                           // index < size
  return {};
}

Result<std::vector<Hash32>, DecodeError> read_hashes(Reader& in) {
  TRY(count, in.count(64, 32));
  std::vector<Hash32> hashes;
  for (size_t i = 0; i < count; ++i) {
    TRY(hash, in.array<32>());
    hashes.push_back(hash);
  }
  return hashes;
}

void write_hashes(Writer& out, const std::vector<Hash32>& hashes) {
  out.count(hashes.size());
  for (const Hash32& hash : hashes) out.raw(hash);
}

}  // namespace

std::vector<ChainNode> ChainTree::append(const BlockHash& block) {
  std::vector<ChainNode> made{{0, size_, leaf_of(block)}};
  for (uint64_t below = size_; (below & 1) != 0; below >>= 1) {
    const ChainNode& right = made.back();
    made.push_back({static_cast<uint8_t>(right.level + 1), right.index >> 1, node_of(peaks_.back(), right.hash)});
    peaks_.pop_back();
  }
  peaks_.push_back(made.back().hash);
  ++size_;
  return made;
}

Hash32 ChainTree::root() const { return root_over(size_, peaks_); }

void ChainTree::write(Writer& out) const {
  out.u64(size_);
  for (const Hash32& peak : peaks_) out.raw(peak);
}

Result<ChainTree, DecodeError> ChainTree::read(Reader& in) {
  ChainTree tree;
  TRY(size, in.u64());
  tree.size_ = size;
  for (size_t i = 0; i < peaks_of(size); ++i) {
    TRY(peak, in.array<32>());
    tree.peaks_.push_back(peak);
  }
  return tree;
}

void ChainProof::write(Writer& out) const {
  out.u64(index);
  out.u64(size);
  write_hashes(out, path);
  write_hashes(out, others);
}

Result<ChainProof, DecodeError> ChainProof::read(Reader& in) {
  ChainProof proof;
  TRY(index, in.u64());
  proof.index = index;
  TRY(size, in.u64());
  proof.size = size;
  TRY(path, read_hashes(in));
  proof.path = std::move(path);
  TRY(others, read_hashes(in));
  proof.others = std::move(others);
  return proof;
}

std::optional<Hash32> root_of(const ChainProof& proof, const BlockHash& block) {
  if (proof.index >= proof.size) return std::nullopt;
  const Place place = place_of(proof.index, proof.size);
  if (proof.path.size() != place.level || proof.others.size() + 1 != peaks_of(proof.size)) return std::nullopt;
  Hash32 hash = leaf_of(block);
  // Larger trees before it begin at multiples of its own size: the low bits of the index are its place inside.
  for (size_t level = 0; level < proof.path.size(); ++level)
    hash = (proof.index >> level & 1) != 0 ? node_of(proof.path[level], hash) : node_of(hash, proof.path[level]);
  std::vector<Hash32> peaks = proof.others;
  peaks.insert(peaks.begin() + static_cast<std::ptrdiff_t>(place.before), hash);
  return root_over(proof.size, peaks);
}

std::optional<ChainProof> prove(uint64_t index, uint64_t size, const std::function<std::optional<Hash32>(uint8_t, uint64_t)>& node) {
  if (index >= size) return std::nullopt;
  const Place place = place_of(index, size);
  ChainProof proof{index, size, {}, {}};
  for (uint8_t level = 0; level < place.level; ++level) {
    const auto sibling = node(level, index >> level ^ 1);
    if (!sibling) return std::nullopt;
    proof.path.push_back(*sibling);
  }
  uint64_t first = 0;                                     // leaf of the next perfect tree
  for (int level = 63; level >= 0; --level) {
    if ((size >> level & 1) == 0) continue;
    const bool own = index >= first && index - first < uint64_t{1} << level;
    if (!own) {
      const auto peak = node(static_cast<uint8_t>(level), first >> level);
      if (!peak) return std::nullopt;
      proof.others.push_back(*peak);
    }
    first += uint64_t{1} << level;
  }
  return proof;
}

}  // namespace sotto::ledger
