#include "store/validator_store.hpp"

#include <fcntl.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <unordered_set>

#include "crypto/hash.hpp"
#include "store/state_codec.hpp"
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

constexpr uint32_t kFormat = 1;
constexpr size_t kCheckBytes = 16;

// The first byte of a key.
enum class Table : uint8_t {
  meta = 'M',
  tally = 'T',
  lock = 'L',
  certified = 'C',
  nullifier = 'N',
  root = 'R',
  executed = 'X',
  block = 'B',
  state = 'S',
  settlement = 'F',
};

Bytes key_of(Table table, ByteView rest = {}) {
  Bytes key{static_cast<uint8_t>(table)};
  key.insert(key.end(), rest.begin(), rest.end());
  return key;
}
Bytes key_of(Table table, uint64_t number) {
  Writer out;
  out.u64(number);
  return key_of(table, out.bytes());
}
rocksdb::Slice slice(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
ByteView bytes_of(const rocksdb::Slice& s) { return {reinterpret_cast<const uint8_t*>(s.data()), s.size()}; }

Hash32 identity_hash(const StoreIdentity& identity) {
  Writer out;
  out.raw(view("Sotto.store.v1"));
  out.raw(identity.network.value);
  out.raw(identity.validator.value);
  return crypto::sha256(out.bytes());
}

// Bound to store and key: a value moved to another key, or here from another store, does not check.
ByteArray<kCheckBytes> check_of(const Hash32& identity, ByteView key, ByteView payload) {
  crypto::Sha256 hash;
  hash.update(identity);
  Writer length;
  length.u32(static_cast<uint32_t>(key.size()));
  hash.update(length.bytes());
  hash.update(key);
  hash.update(payload);
  const Hash32 digest = hash.finish();
  ByteArray<kCheckBytes> check;
  std::copy_n(digest.begin(), kCheckBytes, check.begin());
  return check;
}

Bytes sealed(const Hash32& identity, ByteView key, ByteView payload) {
  Bytes value(payload.begin(), payload.end());
  const auto check = check_of(identity, key, payload);
  value.insert(value.end(), check.begin(), check.end());
  return value;
}

std::optional<ByteView> unsealed(const Hash32& identity, ByteView key, ByteView value) {
  if (value.size() < kCheckBytes) return std::nullopt;
  const ByteView payload = value.first(value.size() - kCheckBytes);
  const auto check = check_of(identity, key, payload);
  if (!std::equal(check.begin(), check.end(), value.end() - kCheckBytes, value.end())) return std::nullopt;
  return payload;
}

// How much there is of everything: a record that vanished whole is noticed too.
struct Tally {
  uint64_t groups = 0;
  Hash32 head{};
  uint64_t locks = 0, certified = 0, nullifiers = 0, roots = 0, executed = 0;

  Bytes encode() const {
    Writer out;
    out.u64(groups);
    out.raw(head);
    for (const uint64_t n : {locks, certified, nullifiers, roots, executed}) out.u64(n);
    return std::move(out).bytes();
  }
  static Result<Tally, DecodeError> decode(ByteView bytes) {
    Reader in(bytes);
    Tally tally;
    TRY(groups, in.u64());
    tally.groups = groups;
    TRY(head, in.array<32>());
    tally.head = head;
    for (uint64_t* n : {&tally.locks, &tally.certified, &tally.nullifiers, &tally.roots, &tally.executed}) {
      TRY(count, in.u64());
      *n = count;
    }
    TRY_OK(in.finish());
    return tally;
  }
};

struct Meta {
  uint32_t format = kFormat;                              // whose store it is says every record's checksum
  uint64_t votes_from_epoch = 0;

  Bytes encode() const {
    Writer out;
    out.u32(format);
    out.u64(votes_from_epoch);
    return std::move(out).bytes();
  }
};

rocksdb::Options options_for(rocksdb::Env* env, bool create) {
  rocksdb::Options options;
  if (env != nullptr) options.env = env;
  options.create_if_missing = create;
  options.paranoid_checks = true;
  // A write cut short by a crash was never synced and is dropped; anything else that does not check refuses the store
  // (docs/adr/0030).
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.track_and_verify_wals_in_manifest = true;
  options.avoid_flush_during_recovery = false;            // what was read from the log at start is synced before it is used
  options.max_bgerror_resume_count = 0;                   // a failed write or sync is final
  options.write_buffer_size = size_t{16} << 20;
  options.max_background_jobs = 2;
  options.compression = rocksdb::kNoCompression;          // ciphertexts and hashes
  options.info_log_level = rocksdb::WARN_LEVEL;
  options.keep_log_file_num = 2;
  rocksdb::BlockBasedTableOptions table;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));  // most look-ups are of nullifiers that are not there
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

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
  std::unordered_set<ledger::TxId> locks, certified;
  std::string broken;
  std::mutex drops_mutex;                                 // its own: drop() never waits for a sync
  std::vector<settle::Drop> drops;                        // for the next group

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
  void add_block(Group& group, const ledger::Execution& execution) const {
    const uint64_t height = execution.block.header.height;
    put(group, key_of(Table::block, height), ledger::encode(execution.block));
    for (const auto& [nf, spend] : execution.changes.spends) {
      Writer value;
      value.raw(spend.txid.value);
      value.u64(spend.height);
      put(group, key_of(Table::nullifier, nf.bytes()), value.bytes());
      ++group.tally.nullifiers;
    }
    Writer at;
    at.u64(height);
    if (execution.changes.root && !known_root(*execution.changes.root)) {
      put(group, key_of(Table::root, execution.changes.root->bytes()), at.bytes());
      ++group.tally.roots;
    }
    for (const ledger::BlockEntry& entry : execution.block.entries) {
      if (entry.outcome != ledger::Outcome::executed) continue;
      put(group, key_of(Table::executed, ledger::txid(entry.certified.transaction).value), at.bytes());
      ++group.tally.executed;
    }
    put(group, key_of(Table::state), encode_state(execution.next));
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
    const auto value = get_or_stop(key_of(Table::nullifier, nf.bytes()));
    if (!value) return std::nullopt;
    Reader in(*value);
    const auto id = in.array<32>();
    const auto height = in.u64();
    if (!id || !height) stop_for_good("a nullifier's record is too short");
    return ledger::Spend{{*id}, *height};
  }
  bool known_root(const ledger::Anchor& root) const override { return get_or_stop(key_of(Table::root, root.bytes())).has_value(); }
  void commit(const ledger::Changes&) override { CHECK(false); }  // archive() is const: blocks come by commit_block()

  Status<StoreTrouble> load(std::shared_ptr<const ledger::Network> network, Opened& out);
};

namespace {

Failure<StoreTrouble> damaged(const std::string& what) { return Failure{StoreTrouble{StoreReject::damaged, what}}; }

}  // namespace

// Everything is read once, in key order; nothing is believed that does not check.
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

  Tally seen;
  for (const Table table : {Table::lock, Table::certified, Table::nullifier, Table::root, Table::executed}) {
    rocksdb::ReadOptions options;
    options.fill_cache = false;
    const std::unique_ptr<rocksdb::Iterator> at(db->NewIterator(options));
    const Bytes first = key_of(table);
    for (at->Seek(slice(first)); at->Valid() && bytes_of(at->key())[0] == first[0]; at->Next()) {
      const ByteView key = bytes_of(at->key());
      const auto payload = unsealed(identity, key, bytes_of(at->value()));
      if (!payload || key.size() != 33) return damaged("a record does not check: " + to_hex(key));
      ledger::TxId id;
      std::copy(key.begin() + 1, key.end(), id.value.begin());
      switch (table) {
        case Table::lock: {
          auto lock = settle::Lock::decode(*payload);
          if (!lock || lock->transaction.txid != id) return damaged("a lock does not decode");
          locks.insert(id);
          out.restored.locks.push_back(restored(std::move(lock).value()));
          ++seen.locks;
          break;
        }
        case Table::certified: {
          auto record = settle::Certified::decode(*payload);
          if (!record || record->certificate.subject.txid != id) return damaged("a certificate does not decode");
          certified.insert(id);
          out.restored.certified.push_back(restored(std::move(record).value()));
          ++seen.certified;
          break;
        }
        case Table::nullifier: ++seen.nullifiers; break;
        case Table::root: ++seen.roots; break;
        default: ++seen.executed; break;
      }
    }
    if (!at->status().ok()) return damaged(at->status().ToString());
  }
  if (seen.locks != tally.locks || seen.certified != tally.certified || seen.nullifiers != tally.nullifiers || seen.roots != tally.roots ||
      seen.executed != tally.executed)
    return damaged("records are missing");

  TRY(state_bytes, required(key_of(Table::state)));
  auto state = decode_state(state_bytes, std::move(network));
  if (!state) return damaged(std::string("the state does not decode: ") + sotto::name(state.error()));
  TRY(block_bytes, required(key_of(Table::block, state->height)));
  const auto newest = ledger::decode_block(block_bytes);
  if (!newest || ledger::block_hash(newest->header) != state->last_block || newest->header.app_hash != ledger::app_hash(*state) ||
      state->spent != tally.nullifiers)
    return damaged("the state is not that of the newest block");
  out.state = std::move(state).value();
  return Ok{};
}

Status<StoreTrouble> ValidatorStore::create(const fs::path& dir, const StoreIdentity& identity, const ledger::Execution& genesis,
                                            uint64_t votes_from_epoch, rocksdb::Env* env) {
  std::error_code failed;
  if (fs::exists(dir, failed)) return Failure{StoreTrouble{StoreReject::exists, dir.string()}};
  const fs::path fresh = dir.string() + ".new";           // never used as a store: whatever is there is a crash's
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
  {
    Impl impl(std::unique_ptr<rocksdb::DB>(raw), std::move(witness).value(), who);
    auto group = impl.begin();
    impl.put(group, key_of(Table::meta), Meta{kFormat, votes_from_epoch}.encode());
    impl.add_block(group, genesis);
    if (const auto written = impl.write(group); !written) return Failure{StoreTrouble{StoreReject::io, written.error().what}};
    if (const auto closed = impl.db->Close(); !closed.ok()) return Failure{trouble(closed, "close")};
  }
  TRY_OK(sync_directory(fresh));
  fs::rename(fresh, dir, failed);
  if (failed) return Failure{StoreTrouble{StoreReject::io, dir.string() + ": " + failed.message()}};
  return sync_directory(fs::absolute(dir).parent_path());
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

Status<Error> ValidatorStore::commit_block(const ledger::Execution& execution) {
  const std::lock_guard lock(impl_->mutex);
  auto writing = impl_->begin();
  impl_->add_block(writing, execution);
  return impl_->write(writing);
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

ValidatorStore::Head ValidatorStore::head() const {
  const std::lock_guard lock(impl_->mutex);
  return {impl_->tally.groups, impl_->tally.head};
}

}  // namespace sotto::store
