#include "note/merkle.hpp"

#include <algorithm>

namespace sotto::note {

const Fr& empty_root(size_t height) {
  static const auto kRoots = [] {
    std::array<Fr, kTreeDepth + 1> roots;
    for (size_t l = 0; l < kTreeDepth; ++l) roots[l + 1] = crypto::node(roots[l], roots[l], roots[l], roots[l]);
    return roots;
  }();
  CHECK(height <= kTreeDepth);
  return kRoots[height];
}

namespace {
Fr node_of(std::span<const Fr> children) {
  return crypto::node(children[0], children[1], children[2], children[3]);
}

// parents[i] = node of children[4i ..].
void hash_level(std::span<const Fr> children, std::span<Fr> parents, ThreadPool* pool) {
  constexpr size_t kChunk = 32;   // hashes: some 0.4 ms, far more than handing a job over costs
  const auto part = [&](size_t begin, size_t end) {
    crypto::nodes(children.subspan(4 * begin, 4 * (end - begin)), parents.subspan(begin, end - begin));
  };
  if (!pool || parents.size() < 2 * kChunk) return part(0, parents.size());
  pool->parallel_for((parents.size() + kChunk - 1) / kChunk,
                     [&](size_t i) { part(i * kChunk, std::min((i + 1) * kChunk, parents.size())); });
}
}  // namespace

template <size_t Depth>
Fr root_of(const Fr& leaf, const Path<Depth>& path) {
  Fr current = leaf;
  for (size_t l = 0; l < Depth; ++l) {
    CHECK(path.position[l] < 4);
    std::array<Fr, 4> children = path.children[l];
    children[path.position[l]] = current;
    current = node_of(children);
  }
  return current;
}

template <size_t Depth>
template <class Visit>
void Frontier<Depth>::append_visiting(std::span<const Fr> leaves, ThreadPool* pool, const Visit& visit) {
  CHECK(leaves.size() <= room());
  std::vector<Fr> nodes(leaves.begin(), leaves.end());
  for (size_t l = 0; l < Depth && !nodes.empty(); ++l) {
    visit(l, size_ >> (2 * l), std::span<const Fr>(nodes));
    nodes.insert(nodes.begin(), nodes_[l].begin(), nodes_[l].begin() + static_cast<ptrdiff_t>(waiting(l)));
    std::vector<Fr> parents(nodes.size() / 4);
    hash_level(std::span<const Fr>(nodes).first(4 * parents.size()), parents, pool);
    nodes_[l] = {};
    std::copy(nodes.begin() + static_cast<ptrdiff_t>(4 * parents.size()), nodes.end(), nodes_[l].begin());
    nodes = std::move(parents);
  }
  size_ += leaves.size();
  if (size_ == kCapacity && !nodes.empty()) full_root_ = nodes[0];
}

template <size_t Depth>
bool Frontier<Depth>::append(std::span<const Fr> leaves, ThreadPool* pool) {
  if (leaves.size() > room()) return false;
  append_visiting(leaves, pool, [](size_t, uint64_t, std::span<const Fr>) {});
  return true;
}

template <size_t Depth>
std::array<std::optional<Fr>, Depth + 1> Frontier<Depth>::partial() const {
  std::array<std::optional<Fr>, Depth + 1> out;
  for (size_t l = 0; l < Depth; ++l) {
    const size_t complete = waiting(l);
    if (complete == 0 && !out[l]) continue;
    std::array<Fr, 4> children;
    children.fill(empty_root(l));
    std::copy_n(nodes_[l].begin(), complete, children.begin());
    if (out[l]) children[complete] = *out[l];
    out[l + 1] = node_of(children);
  }
  return out;
}

template <size_t Depth>
Fr Frontier<Depth>::root() const {
  if (full_root_) return *full_root_;
  return partial()[Depth].value_or(empty_root(Depth));
}

template <size_t Depth>
void Frontier<Depth>::write(Writer& out) const {
  out.u64(size_);
  for (size_t l = 0; l < Depth; ++l) {
    for (size_t j = 0; j < waiting(l); ++j) nodes_[l][j].write(out);
  }
  if (full_root_) full_root_->write(out);
}

template <size_t Depth>
Result<Frontier<Depth>, DecodeError> Frontier<Depth>::read(Reader& in) {
  Frontier out;
  TRY(size, in.u64());
  if (size > kCapacity) return Failure{DecodeError::too_large};
  out.size_ = size;
  for (size_t l = 0; l < Depth; ++l) {
    for (size_t j = 0; j < out.waiting(l); ++j) {
      TRY(value, Fr::read(in));
      out.nodes_[l][j] = value;
    }
  }
  if (size == kCapacity) {
    TRY(root, Fr::read(in));
    out.full_root_ = root;
  }
  return out;
}

template <size_t Depth>
bool WitnessTree<Depth>::known(uint64_t position, uint64_t size, size_t level, size_t j) {
  const uint64_t own = position >> (2 * level);
  const uint64_t child = (own & ~uint64_t{3}) + j;
  return child != own && ((child + 1) << (2 * level)) <= size;
}

template <size_t Depth>
std::optional<std::vector<uint64_t>> WitnessTree<Depth>::append(std::span<const Fr> leaves, std::span<const size_t> mark,
                                                                   ThreadPool* pool) {
  if (leaves.size() > frontier_.room()) return std::nullopt;
  const uint64_t before = frontier_.size();
  for (size_t i = 0; i < mark.size(); ++i) {
    CHECK(mark[i] < leaves.size() && (i == 0 || mark[i - 1] < mark[i]));
    const uint64_t position = before + mark[i];
    Mark& m = marks_[position];
    m.leaf = leaves[mark[i]];
    for (size_t l = 0; l < Depth; ++l) {  // what lies to the left and was complete before this batch
      if (position >> (2 * l + 2) == before >> (2 * l + 2)) std::copy_n(frontier_.nodes_[l].begin(), frontier_.waiting(l), m.sibling[l].begin());
    }
  }
  std::vector<uint64_t> changed;
  const auto visit = [&](size_t level, uint64_t first, std::span<const Fr> nodes) {
    for (auto& [position, m] : marks_) {
      const uint64_t own = position >> (2 * level);
      const uint64_t group = own & ~uint64_t{3};
      const uint64_t end = std::min(group + 4, first + nodes.size());
      for (uint64_t child = std::max(group, first); child < end; ++child) {
        if (child == own) continue;
        m.sibling[level][child - group] = nodes[child - first];
        changed.push_back(position);
      }
    }
  };
  frontier_.append_visiting(leaves, pool, visit);
  for (const size_t i : mark) changed.push_back(before + i);
  std::sort(changed.begin(), changed.end());
  changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
  return changed;
}

template <size_t Depth>
std::optional<Path<Depth>> WitnessTree<Depth>::path(uint64_t position) const {
  const auto found = marks_.find(position);
  if (found == marks_.end()) return std::nullopt;
  const auto partial = frontier_.partial();
  Path<Depth> out;
  Fr current = found->second.leaf;
  for (size_t l = 0; l < Depth; ++l) {
    const uint64_t own = position >> (2 * l);
    const uint64_t group = own & ~uint64_t{3};
    for (size_t j = 0; j < 4; ++j) {
      if (group + j == own) out.children[l][j] = current;
      else if (known(position, size(), l, j)) out.children[l][j] = found->second.sibling[l][j];
      else if (group + j == size() >> (2 * l) && partial[l]) out.children[l][j] = *partial[l];
      else out.children[l][j] = empty_root(l);
    }
    out.position[l] = static_cast<uint8_t>(own & 3);
    current = node_of(out.children[l]);
  }
  return out;
}

template <size_t Depth>
Bytes WitnessTree<Depth>::mark_record(uint64_t position) const {
  const auto found = marks_.find(position);
  CHECK(found != marks_.end());
  Writer out;
  found->second.leaf.write(out);
  for (size_t l = 0; l < Depth; ++l) {
    for (size_t j = 0; j < 4; ++j) {
      if (known(position, size(), l, j)) found->second.sibling[l][j].write(out);
    }
  }
  return std::move(out).bytes();
}

template <size_t Depth>
Status<DecodeError> WitnessTree<Depth>::restore_mark(uint64_t position, ByteView record) {
  if (position >= size()) return Failure{DecodeError::too_large};
  Reader in(record);
  Mark m;
  TRY(leaf, Fr::read(in));
  m.leaf = leaf;
  for (size_t l = 0; l < Depth; ++l) {
    for (size_t j = 0; j < 4; ++j) {
      if (!known(position, size(), l, j)) continue;
      TRY(value, Fr::read(in));
      m.sibling[l][j] = value;
    }
  }
  TRY_OK(in.finish());
  marks_[position] = m;
  return Ok{};
}

template Fr root_of<2>(const Fr&, const Path<2>&);
template Fr root_of<4>(const Fr&, const Path<4>&);
template Fr root_of<kTreeDepth>(const Fr&, const Path<kTreeDepth>&);
template class Frontier<2>;
template class WitnessTree<2>;
template class Frontier<4>;
template class WitnessTree<4>;
template class Frontier<kTreeDepth>;
template class WitnessTree<kTreeDepth>;

}  // namespace sotto::note
