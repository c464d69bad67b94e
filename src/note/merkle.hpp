// The note tree (N-4): 4-ary, append-only, crypto::node at inner nodes, empty leaf 0.
//   Frontier     - what a validator keeps: append leaves, know the root. O(depth) memory.
//   WitnessTree  - what a wallet keeps: a frontier plus, for every leaf of its own, the path to the current root.
// Templated over the depth so that tests can fill a whole tree; the network uses kTreeDepth.
#pragma once
#include <map>

#include "base/parallel.hpp"
#include "crypto/poseidon2.hpp"

namespace sotto::note {

using crypto::Fr;

inline constexpr size_t kTreeDepth = 20;

// children[l] = the four children of the leaf's ancestor at level l + 1 (children[0]: the leaf and its siblings),
// position[l] in [0, 4) says which of them is on the path. Has exactly the shape of circuit::MerklePath.
template <size_t Depth>
struct Path {
  std::array<std::array<Fr, 4>, Depth> children;
  std::array<uint8_t, Depth> position;
};
using NotePath = Path<kTreeDepth>;

// Root reached from `leaf`: at each level the child at position[l] is replaced by what was computed so far.
// position[l] >= 4 is a bug of the caller (CHECK).
template <size_t Depth>
Fr root_of(const Fr& leaf, const Path<Depth>& path);

// Root of an all-empty subtree of that height (0: the empty leaf). height <= kTreeDepth.
const Fr& empty_root(size_t height);

template <size_t Depth>
class WitnessTree;

template <size_t Depth>
class Frontier {
 public:
  static constexpr uint64_t kCapacity = uint64_t{1} << (2 * Depth);

  uint64_t size() const { return size_; }
  uint64_t room() const { return kCapacity - size_; }
  // False, and nothing changed, if the leaves do not all fit. Every inner node that becomes complete is hashed once,
  // however many leaves come: appending n leaves costs about n / 3 hashes, on all threads of `pool` if there is one.
  [[nodiscard]] bool append(std::span<const Fr> leaves, ThreadPool* pool = nullptr);
  [[nodiscard]] bool append(const Fr& leaf) { return append({&leaf, 1}); }
  // At most Depth hashes.
  Fr root() const;

  // size u64 | for each level its complete, unpaired nodes | (full tree only) the root.
  void write(Writer& out) const;
  static Result<Frontier, DecodeError> read(Reader& in);
  friend bool operator==(const Frontier&, const Frontier&) = default;

 private:
  friend class WitnessTree<Depth>;
  // visit(level, first, nodes): the nodes of one level that this batch completed, consecutive from index `first`.
  template <class Visit>
  void append_visiting(std::span<const Fr> leaves, ThreadPool* pool, const Visit& visit);
  size_t waiting(size_t level) const { return static_cast<size_t>(size_ >> (2 * level)) & 3; }
  // partial[l]: node at level l (0 <= l <= Depth) holding the end of the tree, filled up with empties; only the levels
  // where such an incomplete node exists.
  std::array<std::optional<Fr>, Depth + 1> partial() const;

  uint64_t size_ = 0;
  std::array<std::array<Fr, 3>, Depth> nodes_{};  // nodes_[l]: complete nodes at level l whose parent is not complete
  std::optional<Fr> full_root_;                   // of a tree with no room left
};
using NoteTreeFrontier = Frontier<kTreeDepth>;

// Paths to the current root for marked leaves, O(Depth) stored per mark, and O(marks * Depth) copies plus the
// frontier's hashes per batch. State goes out as one frontier and one record per mark, so a wallet rewrites only what
// append() reports as changed.
template <size_t Depth>
class WitnessTree {
 public:
  WitnessTree() = default;
  explicit WitnessTree(const Frontier<Depth>& start) : frontier_(start) {}

  const Frontier<Depth>& frontier() const { return frontier_; }
  uint64_t size() const { return frontier_.size(); }
  Fr root() const { return frontier_.root(); }

  // Appends; leaves[i] for i in `mark` (strictly increasing) are remembered. Positions of marks whose record changed,
  // new ones included; nullopt, and nothing changed, if the tree has no room.
  [[nodiscard]] std::optional<std::vector<uint64_t>> append(std::span<const Fr> leaves, std::span<const size_t> mark,
                                                             ThreadPool* pool = nullptr);
  void forget(uint64_t position) { marks_.erase(position); }
  bool marked(uint64_t position) const { return marks_.contains(position); }
  size_t marks() const { return marks_.size(); }
  // Path of a marked leaf to root(). nullopt if the position is not marked.
  std::optional<Path<Depth>> path(uint64_t position) const;

  // One mark's record, and restoring it: leaf | for each level its complete siblings. Restoring is refused
  // when the record does not have the form it must have for `position` in a tree of this size.
  Bytes mark_record(uint64_t position) const;
  Status<DecodeError> restore_mark(uint64_t position, ByteView record);

 private:
  struct Mark {
    Fr leaf;
    std::array<std::array<Fr, 4>, Depth> sibling;  // sibling[l][j] is set once that node is complete: see known()
  };
  // Is child j beside the path of `position` at this level a complete subtree in a tree of `size` leaves?
  static bool known(uint64_t position, uint64_t size, size_t level, size_t j);

  Frontier<Depth> frontier_;
  std::map<uint64_t, Mark> marks_;
};
using NoteWitnessTree = WitnessTree<kTreeDepth>;

extern template class Frontier<kTreeDepth>;
extern template class WitnessTree<kTreeDepth>;
extern template class Frontier<2>;      // tests only need a tree they can fill
extern template class WitnessTree<2>;
extern template class Frontier<4>;
extern template class WitnessTree<4>;

}  // namespace sotto::note
