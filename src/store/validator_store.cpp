#include "store/validator_store.hpp"

#include <fcntl.h>
#include <rocksdb/db.h>
#include <rocksdb/snapshot.h>
#include <rocksdb/write_batch.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <unordered_set>

#include "crypto/hash.hpp"
#include "store/absent.hpp"
#include "store/state_codec.hpp"
#include "store/validator_records.hpp"
#include "store/witness.hpp"

namespace sotto::store {
namespace fs = std::filesystem;

const char* name(StoreReject reject) {
  switch (reject) {
    case StoreReject::missing: return "missing";
    case StoreReject::exists: return "exists";
    case StoreReject::held: return "held";
    case StoreReject::foreign: return "foreign";
    case StoreReject::unknown_format: return "unknown_format";
    case StoreReject::damaged: return "damaged";
    case StoreReject::rolled_back: return "rolled_back";
    case StoreReject::io: return "io";
  }
  return "?";
}

namespace {

StoreTrouble trouble(const rocksdb::Status& status, const std::string& what) {
  const bool gone = status.IsIOError() && status.subcode() == rocksdb::Status::kPathNotFound;
  const bool damaged = status.IsCorruption() || status.IsInvalidArgument() || status.IsNotFound() || gone;
  return {damaged ? StoreReject::damaged : StoreReject::io, what + ": " + status.ToString()};
}

Status<StoreTrouble> sync_directory(const fs::path& dir) {
  const int fd = ::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool ok = fd >= 0 && fsync(fd) == 0;
  if (fd >= 0) close(fd);
  if (!ok) return Failure{StoreTrouble{StoreReject::io, "cannot sync directory " + dir.string()}};
  return Ok{};
}

Failure<StoreTrouble> damaged(const std::string& what) { return Failure{StoreTrouble{StoreReject::damaged, what}}; }

constexpr size_t kImportGroupBytes = size_t{4} << 20;      // blocks taken over are synced in groups of about this

Bytes u64_bytes(uint64_t value) {
  Writer out;
  out.u64(value);
  return std::move(out).bytes();
}

[[noreturn]] void stop_for_good(const std::string& what) {
  std::fprintf(stderr, "store: %s\n", what.c_str());
  std::abort();
}

}  // namespace

struct ValidatorStore::Impl final : ledger::Archive {
  Impl(std::unique_ptr<rocksdb::DB> d, Witness w, const Hash32& i) : db(std::move(d)), witness(std::move(w)), identity(i) {}

  std::unique_ptr<rocksdb::DB> db;
  Witness witness;
  const Hash32 identity;
  mutable std::mutex mutex;                               // everything below up to `broken`
  Tally tally;
  ledger::ChainTree chain;                                // of the blocks before the newest
  std::unordered_set<ledger::TxId> locks, certified;
  std::vector<settle::Freeze> freezes;                    // of the newest block
  std::string broken;
  std::mutex drops_mutex;                                 // its own: drop() never waits for a sync
  std::vector<settle::Drop> drops;                        // for the next group
  mutable AbsentNullifiers absent;

  // One group in the making.
  struct Group {
    rocksdb::WriteBatch batch;
    crypto::Sha256 hash;
    Tally tally;
  };
  void put(Group& group, ByteView key, ByteView payload) const {
    const Bytes value = sealed(identity, key, payload);
    group.batch.Put(slice(key), slice(value));
    group.hash.update(key);
    group.hash.update(ByteView(value).last(kCheckBytes));
  }
  Group begin() const {
    Group group;
    group.tally = tally;
    group.hash.update(view("Sotto.store-log.v1"));
    group.hash.update(tally.head);
    return group;
  }
  void add_drops(Group& group, std::unordered_set<ledger::TxId>& no_locks, std::unordered_set<ledger::TxId>& no_certified) {
    std::vector<settle::Drop> due;
    {
      const std::lock_guard lock(drops_mutex);
      due.swap(drops);
    }
    for (const settle::Drop& drop : due) {
      for (const ledger::TxId& id : drop.locks) {
        if (!locks.contains(id) || !no_locks.insert(id).second) continue;
        group.batch.Delete(slice(key_of(Table::lock, id.value)));
        --group.tally.locks;
      }
      for (const ledger::TxId& id : drop.certified) {
        if (!certified.contains(id) || !no_certified.insert(id).second) continue;
        group.batch.Delete(slice(key_of(Table::certified, id.value)));
        --group.tally.certified;
      }
    }
  }
  void add_block(Group& group, const ledger::Execution& execution) {
    add_block(group, execution.block, execution.changes);
    put(group, key_of(Table::state), encode_state(execution.next));
  }
  void add_block(Group& group, const ledger::Block& block, const ledger::Changes& changes) {
    const uint64_t height = block.header.height;
    if (height > 0)
      for (const ledger::ChainNode& node : chain.append(block.header.previous)) put(group, chain_key(node.level, node.index), node.hash);
    put(group, key_of(Table::block, height), ledger::encode(block));
    for (const auto& [nf, spend] : changes.spends) {
      Writer value;
      value.raw(spend.txid.value);
      value.u64(spend.height);
      put(group, key_of(Table::nullifier, nf.bytes()), value.bytes());
      ++group.tally.nullifiers;
    }
    Writer at;
    at.u64(height);
    if (changes.root && !known_root(*changes.root)) {
      put(group, key_of(Table::root, changes.root->bytes()), at.bytes());
      ++group.tally.roots;
    }
    for (const ledger::BlockEntry& entry : block.entries) {
      if (entry.outcome != ledger::Outcome::executed) continue;
      put(group, key_of(Table::executed, ledger::txid(entry.certified.transaction).value), at.bytes());
      ++group.tally.executed;
    }
  }
  // Syncs the group and takes its tally over; the caller holds the mutex.
  Status<Error> write(Group& group) {
    if (!broken.empty()) return Failure{Error{"store stopped: " + broken}};
    ++group.tally.groups;
    group.tally.head = group.hash.finish();
    const Bytes key = key_of(Table::tally);
    group.batch.Put(slice(key), slice(sealed(identity, key, group.tally.encode())));
    rocksdb::WriteOptions options;
    options.sync = true;
    if (const auto status = db->Write(options, &group.batch); !status.ok()) {
      broken = status.ToString();                         // never tried again: a later success would prove nothing
      return Failure{Error{"store: " + broken}};
    }
    tally = group.tally;
    if (const auto seen = witness.advance(tally.groups); !seen) {
      broken = seen.error().what;
      return Failure{Error{"store: " + broken}};
    }
    return Ok{};
  }

  Result<std::optional<Bytes>, Error> get(ByteView key) const {
    std::string value;
    const auto status = db->Get(rocksdb::ReadOptions(), slice(key), &value);
    if (status.IsNotFound()) return std::optional<Bytes>();
    if (!status.ok()) return Failure{Error{"store: " + status.ToString()}};
    const auto payload = unsealed(identity, key, bytes_of(value));
    if (!payload) return Failure{Error{"store: a record does not check: " + to_hex(key)}};
    return std::optional<Bytes>(Bytes(payload->begin(), payload->end()));
  }
  std::optional<Bytes> get_or_stop(ByteView key) const {
    auto value = get(key);
    if (!value) stop_for_good(value.error().what);
    return std::move(value).value();
  }

  // ledger::Archive
  std::optional<ledger::Spend> spend_of(const ledger::Nullifier& nf) const override {
    if (absent.contains(nf)) return std::nullopt;
    const uint64_t blocks = absent.blocks();
    const auto value = get_or_stop(key_of(Table::nullifier, nf.bytes()));
    if (!value) {
      absent.insert(nf, blocks);
      return std::nullopt;
    }
    Reader in(*value);
    const auto id = in.array<32>();
    const auto height = in.u64();
    if (!id || !height) stop_for_good("a nullifier's record is too short");
    return ledger::Spend{{*id}, *height};
  }
  bool known_root(const ledger::Anchor& root) const override { return get_or_stop(key_of(Table::root, root.bytes())).has_value(); }
  void commit(const ledger::Changes&) override { CHECK(false); }  // archive() is const: blocks come by commit_block()

  // An empty database beside `dir`.
  static Result<std::unique_ptr<Impl>, StoreTrouble> fresh(const fs::path& dir, const StoreIdentity& identity, rocksdb::Env* env);
  Status<StoreTrouble> load(std::shared_ptr<const ledger::Network> network, Opened& out);
  Status<StoreTrouble> each(Table table, const rocksdb::Snapshot* snapshot, const std::function<bool()>& stop,
                            const std::function<Status<StoreTrouble>(const ledger::TxId&, ByteView)>& visit) const;
};

// Every record of a table in key order; nothing is believed that does not check.
Status<StoreTrouble> ValidatorStore::Impl::each(Table table, const rocksdb::Snapshot* snapshot, const std::function<bool()>& stop,
                                                const std::function<Status<StoreTrouble>(const ledger::TxId&, ByteView)>& visit) const {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  options.snapshot = snapshot;
  options.readahead_size = size_t{2} << 20;
  const std::unique_ptr<rocksdb::Iterator> at(db->NewIterator(options));
  const Bytes first = key_of(table);
  uint64_t seen = 0;
  for (at->Seek(slice(first)); at->Valid() && bytes_of(at->key())[0] == first[0]; at->Next()) {
    if (stop && ++seen % 1024 == 0 && stop()) return Ok{};
    const ByteView key = bytes_of(at->key());
    const auto payload = unsealed(identity, key, bytes_of(at->value()));
    if (!payload || key.size() != 33) return damaged("a record does not check: " + to_hex(key));
    ledger::TxId id;
    std::copy(key.begin() + 1, key.end(), id.value.begin());
    TRY_OK(visit(id, *payload));
  }
  if (!at->status().ok()) return damaged(at->status().ToString());
  return Ok{};
}

// What was synced last is looked at with its own tally, whatever is written meanwhile.
Status<StoreTrouble> ValidatorStore::check_history(const std::function<bool()>& stop) const {
  std::unique_lock lock(impl_->mutex);
  rocksdb::ManagedSnapshot snapshot(impl_->db.get());
  const Tally expected = impl_->tally;
  lock.unlock();
  const std::pair<Table, uint64_t> tables[] = {
      {Table::nullifier, expected.nullifiers}, {Table::root, expected.roots}, {Table::executed, expected.executed}};
  for (const auto& [table, count] : tables) {
    uint64_t seen = 0;
    TRY_OK(impl_->each(table, snapshot.snapshot(), stop, [&](const ledger::TxId&, ByteView) -> Status<StoreTrouble> {
      ++seen;
      return Ok{};
    }));
    if (stop && stop()) return Ok{};
    if (seen != count) return damaged("records are missing");
  }
  return Ok{};
}

// Nothing is believed that does not check.
Status<StoreTrouble> ValidatorStore::Impl::load(std::shared_ptr<const ledger::Network> network, Opened& out) {
  const auto required = [&](ByteView key) -> Result<Bytes, StoreTrouble> {
    auto value = get(key);
    if (!value) return damaged(value.error().what);
    if (!*value) return damaged("record missing: " + to_hex(key));
    return std::move(**value);
  };
  TRY(meta_bytes, required(key_of(Table::meta)));
  Reader in(meta_bytes);
  const auto format = in.u32();
  if (!format) return damaged("metadata too short");
  if (*format != kFormat) return Failure{StoreTrouble{StoreReject::unknown_format, "format " + std::to_string(*format)}};
  const auto votes_from_epoch = in.u64();
  if (!votes_from_epoch || !in.finish()) return damaged("metadata does not decode");
  out.votes_from_epoch = *votes_from_epoch;

  TRY(tally_bytes, required(key_of(Table::tally)));
  const auto stored_tally = Tally::decode(tally_bytes);
  if (!stored_tally) return damaged("tally does not decode");
  tally = *stored_tally;
  if (tally.groups < witness.count())
    return Failure{StoreTrouble{StoreReject::rolled_back, "the store has " + std::to_string(tally.groups) + " synced groups, its witness saw " +
                                                              std::to_string(witness.count())}};

  TRY_OK(each(Table::lock, nullptr, {}, [&](const ledger::TxId& id, ByteView payload) -> Status<StoreTrouble> {
    auto lock = settle::Lock::decode(payload);
    if (!lock || lock->transaction.txid != id) return damaged("a lock does not decode");
    locks.insert(id);
    out.restored.locks.push_back(restored(std::move(lock).value()));
    return Ok{};
  }));
  TRY_OK(each(Table::certified, nullptr, {}, [&](const ledger::TxId& id, ByteView payload) -> Status<StoreTrouble> {
    auto record = settle::Certified::decode(payload);
    if (!record || record->certificate.subject.txid != id) return damaged("a certificate does not decode");
    certified.insert(id);
    out.restored.certified.push_back(restored(std::move(record).value()));
    return Ok{};
  }));
  if (locks.size() != tally.locks || certified.size() != tally.certified) return damaged("records are missing");

  TRY(state_bytes, required(key_of(Table::state)));
  auto state = decode_state(state_bytes, std::move(network));
  if (!state) return damaged(std::string("the state does not decode: ") + sotto::name(state.error()));
  TRY(block_bytes, required(key_of(Table::block, state->height)));
  const auto newest = ledger::decode_header_of(block_bytes);
  if (!newest || ledger::block_hash(*newest) != state->last_block || newest->app_hash != ledger::app_hash(*state) ||
      state->spent != tally.nullifiers)
    return damaged("the state is not that of the newest block");
  chain = state->chain;
  freezes = settle::freezes_of(*state);
  out.restored.freezes = restored(freezes);
  out.state = std::move(state).value();

  const auto engine = get(key_of(Table::engine));
  if (!engine) return damaged(engine.error().what);
  if (*engine) {
    Reader at(**engine);
    const auto height = at.u64();
    if (!height || !at.finish()) return damaged("the engine's height does not decode");
    out.engine_height = *height;
  }
  return Ok{};
}

namespace {

fs::path beside(const fs::path& dir) { return dir.string() + ".new"; }

Status<StoreTrouble> move_into_place(const fs::path& dir) {
  TRY_OK(sync_directory(beside(dir)));
  std::error_code failed;
  fs::rename(beside(dir), dir, failed);
  if (failed) return Failure{StoreTrouble{StoreReject::io, dir.string() + ": " + failed.message()}};
  return sync_directory(fs::absolute(dir).parent_path());
}

}  // namespace

Result<std::unique_ptr<ValidatorStore::Impl>, StoreTrouble> ValidatorStore::Impl::fresh(const fs::path& dir, const StoreIdentity& identity,
                                                                                        rocksdb::Env* env) {
  std::error_code failed;
  if (fs::exists(dir, failed)) return Failure{StoreTrouble{StoreReject::exists, dir.string()}};
  const fs::path fresh = beside(dir);                     // never used as a store: whatever is there is a crash's
  fs::remove_all(fresh, failed);
  fs::create_directories(fresh, failed);
  if (failed) return Failure{StoreTrouble{StoreReject::io, fresh.string() + ": " + failed.message()}};
  const Hash32 who = identity_hash(identity);
  if (const auto made = Witness::create(fresh / "witness", who); !made) return Failure{StoreTrouble{StoreReject::io, made.error().what}};
  auto witness = Witness::open(fresh / "witness", who);
  if (!witness) return Failure{StoreTrouble{StoreReject::io, witness.error().what}};
  rocksdb::DB* raw = nullptr;
  if (const auto status = rocksdb::DB::Open(options_for(env, true), (fresh / "db").string(), &raw); !status.ok())
    return Failure{trouble(status, fresh.string())};
  return std::make_unique<Impl>(std::unique_ptr<rocksdb::DB>(raw), std::move(witness).value(), who);
}

Status<StoreTrouble> ValidatorStore::create(const fs::path& dir, const StoreIdentity& identity, const ledger::Execution& genesis,
                                            uint64_t votes_from_epoch, rocksdb::Env* env) {
  {
    TRY(impl, Impl::fresh(dir, identity, env));
    auto group = impl->begin();
    impl->put(group, key_of(Table::meta), Meta{kFormat, votes_from_epoch}.encode());
    impl->add_block(group, genesis);
    if (const auto written = impl->write(group); !written) return Failure{StoreTrouble{StoreReject::io, written.error().what}};
    if (const auto closed = impl->db->Close(); !closed.ok()) return Failure{trouble(closed, "close")};
  }
  return move_into_place(dir);
}

struct ValidatorStore::Import::Parts {
  fs::path dir;
  std::unique_ptr<Impl> impl;
  Impl::Group group;
};

ValidatorStore::Import::Import(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
ValidatorStore::Import::~Import() = default;

Result<std::unique_ptr<ValidatorStore::Import>, StoreTrouble> ValidatorStore::Import::begin(const fs::path& dir, const StoreIdentity& identity,
                                                                                            const ledger::Execution& genesis, rocksdb::Env* env) {
  TRY(impl, Impl::fresh(dir, identity, env));
  auto parts = std::make_unique<Parts>();
  parts->dir = dir;
  parts->group = impl->begin();
  impl->add_block(parts->group, genesis.block, genesis.changes);
  parts->impl = std::move(impl);
  return std::unique_ptr<Import>(new Import(std::move(parts)));
}

Status<StoreTrouble> ValidatorStore::Import::add(const ledger::Block& block, const ledger::Changes& changes) {
  parts_->impl->add_block(parts_->group, block, changes);
  if (parts_->group.batch.GetDataSize() < kImportGroupBytes) return Ok{};
  if (const auto written = parts_->impl->write(parts_->group); !written) return Failure{StoreTrouble{StoreReject::io, written.error().what}};
  parts_->group = parts_->impl->begin();
  return Ok{};
}

Status<StoreTrouble> ValidatorStore::Import::finish(const ledger::State& state, uint64_t engine_height) {
  Impl& impl = *parts_->impl;
  impl.put(parts_->group, key_of(Table::meta), Meta{kFormat, state.epoch + 1}.encode());
  impl.put(parts_->group, key_of(Table::state), encode_state(state));
  impl.put(parts_->group, key_of(Table::engine), u64_bytes(engine_height));
  if (const auto written = impl.write(parts_->group); !written) return Failure{StoreTrouble{StoreReject::io, written.error().what}};
  if (const auto closed = impl.db->Close(); !closed.ok()) return Failure{trouble(closed, "close")};
  parts_->impl.reset();
  return move_into_place(parts_->dir);
}

Result<ValidatorStore::Opened, StoreTrouble> ValidatorStore::open(const fs::path& dir, const StoreIdentity& identity,
                                                                  std::shared_ptr<const ledger::Network> network, rocksdb::Env* env) {
  std::error_code failed;
  if (!fs::exists(dir, failed)) return Failure{StoreTrouble{StoreReject::missing, dir.string()}};
  const Hash32 who = identity_hash(identity);
  const bool has_database = fs::exists(dir / "db", failed), has_witness = fs::exists(dir / "witness", failed);
  if (!has_database && !has_witness) return Failure{StoreTrouble{StoreReject::foreign, dir.string() + " is no validator's store"}};
  if (!has_database || !has_witness) return damaged(dir.string() + " is incomplete");
  auto witness = Witness::open(dir / "witness", who);
  if (!witness) {
    switch (witness.error().reject) {
      case WitnessReject::held: return Failure{StoreTrouble{StoreReject::held, dir.string() + " is in use by another process"}};
      case WitnessReject::foreign: return Failure{StoreTrouble{StoreReject::foreign, witness.error().what}};
      case WitnessReject::io: return Failure{StoreTrouble{StoreReject::io, witness.error().what}};
      default: return damaged(witness.error().what);
    }
  }
  rocksdb::DB* raw = nullptr;
  if (const auto status = rocksdb::DB::Open(options_for(env, false), (dir / "db").string(), &raw); !status.ok())
    return Failure{trouble(status, dir.string())};
  auto impl = std::make_unique<Impl>(std::unique_ptr<rocksdb::DB>(raw), std::move(witness).value(), who);
  Opened out;
  TRY_OK(impl->load(std::move(network), out));
  out.store.reset(new ValidatorStore(std::move(impl)));
  return out;
}

ValidatorStore::ValidatorStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ValidatorStore::~ValidatorStore() = default;

Result<std::vector<settle::Persisted>, Error> ValidatorStore::persist(std::vector<settle::Persist> group) {
  const std::lock_guard lock(impl_->mutex);
  auto writing = impl_->begin();
  std::unordered_set<ledger::TxId> no_locks, no_certified, new_locks, new_certified;
  impl_->add_drops(writing, no_locks, no_certified);
  for (const settle::Persist& persist : group) {
    if (const auto* l = std::get_if<settle::Lock>(&persist.write)) {
      const ledger::TxId& id = l->transaction.txid;
      impl_->put(writing, key_of(Table::lock, id.value), l->encode());
      if (new_locks.insert(id).second && (!impl_->locks.contains(id) || no_locks.contains(id))) ++writing.tally.locks;
    } else {
      const auto& c = std::get<settle::Certified>(persist.write);
      const ledger::TxId& id = c.certificate.subject.txid;
      impl_->put(writing, key_of(Table::certified, id.value), c.encode());
      if (new_certified.insert(id).second && (!impl_->certified.contains(id) || no_certified.contains(id))) ++writing.tally.certified;
    }
  }
  TRY_OK(impl_->write(writing));
  for (const auto& id : no_locks) impl_->locks.erase(id);
  for (const auto& id : no_certified) impl_->certified.erase(id);
  impl_->locks.insert(new_locks.begin(), new_locks.end());
  impl_->certified.insert(new_certified.begin(), new_certified.end());
  std::vector<settle::Persisted> done;
  done.reserve(group.size());
  for (settle::Persist& persist : group) done.push_back(persisted(std::move(persist)));
  return done;
}

Status<Error> ValidatorStore::commit_block(const ledger::Execution& execution, uint64_t engine_height, const Hash32& circuits) {
  const std::lock_guard lock(impl_->mutex);
  auto writing = impl_->begin();
  impl_->add_block(writing, execution);
  if (engine_height > 0) impl_->put(writing, key_of(Table::engine), u64_bytes(engine_height));
  if (const auto transition = settle::transition_of(execution, circuits)) {
    Writer record;
    transition->write(record);
    impl_->put(writing, key_of(Table::transition, transition->epoch), record.bytes());
  }
  TRY_OK(impl_->write(writing));
  impl_->absent.spent(execution.changes.spends);
  impl_->freezes = settle::freezes_of(execution.next);
  return Ok{};
}

Status<Error> ValidatorStore::keep_engine_height(uint64_t engine_height) {
  const std::lock_guard lock(impl_->mutex);
  if (!impl_->broken.empty()) return Failure{Error{"store stopped: " + impl_->broken}};
  const Bytes key = key_of(Table::engine);
  const auto status = impl_->db->Put(rocksdb::WriteOptions(), slice(key), slice(sealed(impl_->identity, key, u64_bytes(engine_height))));
  if (!status.ok()) return Failure{Error{"store: " + status.ToString()}};
  return Ok{};
}

std::vector<settle::Durable<settle::Freeze>> ValidatorStore::freezes() const {
  const std::lock_guard lock(impl_->mutex);
  return restored(impl_->freezes);
}

void ValidatorStore::drop(const settle::Drop& drop) {
  const std::lock_guard lock(impl_->drops_mutex);
  impl_->drops.push_back(drop);
}

const ledger::Archive& ValidatorStore::archive() const { return *impl_; }

std::optional<uint64_t> ValidatorStore::executed_at(const ledger::TxId& id) const {
  const auto value = impl_->get_or_stop(key_of(Table::executed, id.value));
  if (!value) return std::nullopt;
  Reader in(*value);
  const auto height = in.u64();
  if (!height) stop_for_good("an execution's record is too short");
  return *height;
}

Result<std::optional<Bytes>, Error> ValidatorStore::block(uint64_t height) const { return impl_->get(key_of(Table::block, height)); }

Status<Error> ValidatorStore::keep(const settle::SettlementCertificate& certificate) {
  const Bytes key = key_of(Table::settlement, certificate.subject.txid.value);
  const auto status = impl_->db->Put(rocksdb::WriteOptions(), slice(key), slice(sealed(impl_->identity, key, certificate.encode())));
  if (!status.ok()) return Failure{Error{"store: " + status.ToString()}};
  return Ok{};
}

Result<std::optional<settle::SettlementCertificate>, Error> ValidatorStore::settlement(const ledger::TxId& id) const {
  TRY(value, impl_->get(key_of(Table::settlement, id.value)));
  if (!value) return std::optional<settle::SettlementCertificate>();
  auto certificate = settle::SettlementCertificate::decode(*value);
  if (!certificate) return Failure{Error{"store: a settlement certificate does not decode"}};
  return std::optional(std::move(certificate).value());
}

Result<std::optional<settle::Durable<settle::Transition>>, Error> ValidatorStore::transition(uint64_t epoch) const {
  using Found = std::optional<settle::Durable<settle::Transition>>;
  TRY(value, impl_->get(key_of(Table::transition, epoch)));
  if (!value) return Found();
  Reader in(*value);
  auto transition = settle::Transition::read(in);
  if (!transition || !in.finish() || transition->epoch != epoch) return Failure{Error{"store: a transition does not decode"}};
  return Found(restored(std::move(transition).value()));
}

Status<Error> ValidatorStore::keep(const settle::TransitionCertificate& certificate) {
  const std::lock_guard lock(impl_->mutex);
  auto writing = impl_->begin();
  impl_->put(writing, key_of(Table::handover, certificate.transition.epoch), certificate.encode());
  return impl_->write(writing);
}

Result<std::optional<settle::TransitionCertificate>, Error> ValidatorStore::handover(uint64_t epoch) const {
  TRY(value, impl_->get(key_of(Table::handover, epoch)));
  if (!value) return std::optional<settle::TransitionCertificate>();
  auto certificate = settle::TransitionCertificate::decode(*value);
  if (!certificate || certificate->transition.epoch != epoch) return Failure{Error{"store: a transition's certificate does not decode"}};
  return std::optional(std::move(certificate).value());
}

std::optional<ledger::ChainProof> ValidatorStore::shows(uint64_t height, uint64_t size) const {
  return ledger::prove(height, size, [this](uint8_t level, uint64_t index) -> std::optional<Hash32> {
    const auto value = impl_->get(chain_key(level, index));
    Hash32 hash;
    if (!value || !*value || (*value)->size() != hash.size()) return std::nullopt;
    std::copy((*value)->begin(), (*value)->end(), hash.begin());
    return hash;
  });
}

ValidatorStore::Head ValidatorStore::head() const {
  const std::lock_guard lock(impl_->mutex);
  return {impl_->tally.groups, impl_->tally.head};
}

}  // namespace sotto::store
