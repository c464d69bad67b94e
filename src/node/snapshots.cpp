#include "node/snapshots.hpp"

#include <algorithm>

#include "store/state_codec.hpp"

namespace sotto::node {

namespace {

constexpr uint64_t kHeadersNeeded = 2;           // the joining light client asks for those of the next two heights
constexpr uint32_t kMaxChunks = 1'000'000;       // 4 TiB
constexpr size_t kLengthBytes = 4;

uint32_t chunks_of(size_t bytes) { return static_cast<uint32_t>((bytes + kSnapshotChunkBytes - 1) / kSnapshotChunkBytes); }
Bytes metadata_of(uint32_t state_chunks) {
  Writer out;
  out.u32(state_chunks);
  return std::move(out).bytes();
}
std::optional<uint32_t> state_chunks_of(ByteView metadata) {
  Reader in(metadata);
  const auto chunks = in.u32();
  return chunks.ok() && in.finish().ok() ? std::optional(*chunks) : std::nullopt;
}

}  // namespace

void SnapshotShelf::note(uint64_t engine_height, const ledger::State& state, Time now) {
  if (interval_ == 0 || engine_height == 0) return;
  const std::lock_guard lock(mutex_);
  if (!noted_.empty() && engine_height < noted_.back().engine_height + interval_) return;
  auto bytes = std::make_shared<const Bytes>(store::encode_state(state));
  if (chunks_of(bytes->size()) > kMaxStateChunks) return;
  noted_.push_back({engine_height, state.height, state.last_block, std::move(bytes), now});
  while (noted_.size() > kMostSnapshotsKept || (noted_.size() > kSnapshotsKept && noted_.front().at + kSnapshotTakes < now)) noted_.erase(noted_.begin());
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
    const uint32_t of_state = chunks_of(n.state->size());
    if (n.engine_height + kHeadersNeeded > engine_height || !measure(n.height)) continue;
    out.push_back({n.engine_height, kSnapshotFormat, chunks_of(ends_[n.height]) + of_state, Bytes(n.last_block.value.begin(), n.last_block.value.end()),
                   metadata_of(of_state)});
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
  if (const uint32_t blocks = chunks_of(ends_[noted->height]); index >= blocks) {
    const uint64_t from = uint64_t{index - blocks} * kSnapshotChunkBytes;
    if (from >= noted->state->size()) return {};
    const auto part = ByteView(*noted->state).subspan(from, std::min(kSnapshotChunkBytes, noted->state->size() - from));
    return Bytes(part.begin(), part.end());
  }
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
  const auto state_chunks = state_chunks_of(snapshot.metadata);
  const bool shaped = snapshot.format == kSnapshotFormat && snapshot.chunks <= kMaxChunks && state_chunks && *state_chunks > 0 &&
                      *state_chunks <= std::min(snapshot.chunks, kMaxStateChunks);
  if (!shaped || !std::ranges::equal(snapshot.hash, app_hash)) {
    refuse("it is of another kind or for another chain");
    return false;
  }
  snapshot_ = snapshot;
  state_chunks_ = *state_chunks;
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
  if (chunk.size() > kSnapshotChunkBytes) return refuse("a chunk too large");
  const uint32_t blocks = snapshot_.chunks - state_chunks_;
  if (index == blocks && !buffer_.empty()) return refuse("its last block is cut short");
  buffer_.insert(buffer_.end(), chunk.begin(), chunk.end());
  if (index < blocks) return take_blocks();
  return index + 1 == snapshot_.chunks ? take_state() : Taken::more;
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

SnapshotIntake::Taken SnapshotIntake::take_state() {
  const auto state = store::decode_state(buffer_, genesis_.next.network);
  if (!state.ok()) return refuse(std::string("the state does not decode: ") + name(state.error()));
  if (const auto end = history_->finish(*state, trusted_); !end.ok()) return refuse(std::string("its end: ") + ledger::name(end.error()));
  if (const auto kept = import_->finish(*state, snapshot_.height); !kept.ok()) return refuse("store: " + kept.error().what);
  history_.reset();
  import_.reset();
  return Taken::done;
}

}  // namespace sotto::node
