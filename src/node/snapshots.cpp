#include "node/snapshots.hpp"

#include <algorithm>

#include "store/state_codec.hpp"

namespace sotto::node {

namespace {

constexpr uint64_t kHeadersNeeded = 2;           // the joining light client asks for those of the next two heights
constexpr uint32_t kMaxChunks = 1'000'000;       // 4 TiB
constexpr size_t kLengthBytes = 4;

}  // namespace

void SnapshotShelf::note(uint64_t engine_height, const ledger::State& state) {
  if (interval_ == 0 || engine_height == 0) return;
  const std::lock_guard lock(mutex_);
  if (!noted_.empty() && engine_height < noted_.back().engine_height + interval_) return;
  noted_.push_back({engine_height, state.height, state.last_block, store::encode_state(state)});
  if (noted_.size() > kSnapshotsKept) noted_.erase(noted_.begin());
}

bool SnapshotShelf::measure(uint64_t height) {
  while (ends_.size() <= height) {
    const auto block = block_(ends_.size());
    if (!block) return false;
    ends_.push_back(ends_.back() + kLengthBytes + block->size());
  }
  return true;
}

std::vector<comet::Snapshot> SnapshotShelf::snapshots(uint64_t engine_height) {
  std::vector<Noted> noted;
  {
    const std::lock_guard lock(mutex_);
    noted = noted_;
  }
  const std::lock_guard lock(stream_mutex_);
  std::vector<comet::Snapshot> out;
  for (const Noted& n : noted) {
    if (n.engine_height + kHeadersNeeded > engine_height || n.state.size() > kSnapshotChunkBytes || !measure(n.height)) continue;
    out.push_back({n.engine_height, kSnapshotFormat, stream_chunks(n.height) + 1, Bytes(n.last_block.value.begin(), n.last_block.value.end()), {}});
  }
  return out;
}

Bytes SnapshotShelf::chunk(uint64_t height, uint32_t format, uint32_t index) {
  std::optional<Noted> noted;
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(noted_, height, &Noted::engine_height);
    if (found == noted_.end() || format != kSnapshotFormat) return {};
    noted = *found;
  }
  const std::lock_guard lock(stream_mutex_);
  if (!measure(noted->height)) return {};
  const uint32_t blocks = stream_chunks(noted->height);
  if (index == blocks) return noted->state;
  if (index > blocks) return {};
  const uint64_t begin = uint64_t{index} * kSnapshotChunkBytes, end = std::min<uint64_t>(begin + kSnapshotChunkBytes, ends_[noted->height]);
  Bytes out;
  auto at = static_cast<uint64_t>(std::upper_bound(ends_.begin(), ends_.end(), begin) - ends_.begin());
  for (; ends_[at - 1] < end; ++at) {
    const auto block = block_(at);
    if (!block) return {};
    Writer framed;
    framed.sized(*block);
    const uint64_t start = ends_[at - 1];
    const uint64_t from = std::max(begin, start) - start, to = std::min(end, ends_[at]) - start;
    if (framed.bytes().size() != ends_[at] - start) return {};
    out.insert(out.end(), framed.bytes().begin() + static_cast<std::ptrdiff_t>(from), framed.bytes().begin() + static_cast<std::ptrdiff_t>(to));
    if (at == noted->height) break;
  }
  return out;
}

bool SnapshotIntake::begin(const comet::Snapshot& snapshot, const Hash32& app_hash) {
  history_.reset();
  import_.reset();
  buffer_.clear();
  next_ = 0;
  if (snapshot.format != kSnapshotFormat || snapshot.chunks < 1 || snapshot.chunks > kMaxChunks || !std::ranges::equal(snapshot.hash, app_hash)) {
    refuse("it is of another kind or for another chain");
    return false;
  }
  snapshot_ = snapshot;
  trusted_ = {app_hash};
  auto import = store::ValidatorStore::Import::begin(dir_, identity_, genesis_);
  if (!import.ok()) {
    refuse("store: " + import.error().what);
    return false;
  }
  import_ = std::move(import).value();
  history_.emplace(genesis_.next.network, genesis_.block.header);
  return true;
}

SnapshotIntake::Taken SnapshotIntake::refuse(const std::string& why) {
  refusal_ = why;
  history_.reset();
  import_.reset();
  buffer_.clear();
  return Taken::refused;
}

SnapshotIntake::Taken SnapshotIntake::take(uint32_t index, ByteView chunk) {
  if (!history_) return refuse("no snapshot is being taken");
  if (index != next_ || index >= snapshot_.chunks) return refuse("a chunk out of order");
  ++next_;
  if (index + 1 == snapshot_.chunks) return take_state(chunk);
  if (chunk.size() > kSnapshotChunkBytes) return refuse("a chunk too large");
  buffer_.insert(buffer_.end(), chunk.begin(), chunk.end());
  return take_blocks();
}

SnapshotIntake::Taken SnapshotIntake::take_blocks() {
  size_t at = 0;
  for (;;) {
    Reader in(ByteView(buffer_).subspan(at));
    const auto length = in.u32();
    if (!length.ok()) break;
    if (*length > ledger::kMaxBlockBytes) return refuse("a block too large");
    const auto bytes = in.raw(*length);
    if (!bytes.ok()) break;
    const auto block = ledger::decode_block(*bytes);
    if (!block.ok()) return refuse(std::string("a block does not decode: ") + name(block.error()));
    const auto changes = history_->next(*block);
    if (!changes.ok()) return refuse("block " + std::to_string(history_->height() + 1) + ": " + ledger::name(changes.error()));
    if (const auto added = import_->add(*block, *changes); !added.ok()) return refuse("store: " + added.error().what);
    at += kLengthBytes + *length;
  }
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(at));
  return Taken::more;
}

SnapshotIntake::Taken SnapshotIntake::take_state(ByteView chunk) {
  if (!buffer_.empty()) return refuse("its last block is cut short");
  const auto state = store::decode_state(chunk, genesis_.next.network);
  if (!state.ok()) return refuse(std::string("the state does not decode: ") + name(state.error()));
  if (const auto end = history_->finish(*state, trusted_); !end.ok()) return refuse(std::string("its end: ") + ledger::name(end.error()));
  if (const auto kept = import_->finish(*state, snapshot_.height); !kept.ok()) return refuse("store: " + kept.error().what);
  history_.reset();
  import_.reset();
  return Taken::done;
}

}  // namespace sotto::node
