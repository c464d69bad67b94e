// The records of a validator's store: keys, checksums, counts (README.md of this folder). Internal to the store.
#pragma once
#include <rocksdb/options.h>

#include <algorithm>

#include "base/codec.hpp"
#include "crypto/hash.hpp"
#include "store/validator_store.hpp"

namespace sotto::store {

inline constexpr uint32_t kFormat = 3;
inline constexpr size_t kCheckBytes = 16;
inline constexpr size_t kCacheBytes = size_t{64} << 20;          // of blocks, filters and indexes

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
  chain = 'H',                                            // ledger::ChainNode
  transition = 'Y',                                       // as this validator executed it
  handover = 'Z',                                         // its certificate
  engine = 'E',                                           // the ordering engine's height, where it is not the block's
};

inline Bytes key_of(Table table, ByteView rest = {}) {
  Bytes key{static_cast<uint8_t>(table)};
  key.insert(key.end(), rest.begin(), rest.end());
  return key;
}
inline Bytes key_of(Table table, uint64_t number) {
  Writer out;
  out.u64(number);
  return key_of(table, out.bytes());
}
inline Bytes chain_key(uint8_t level, uint64_t index) {
  Writer out;
  out.u8(level);
  out.u64(index);
  return key_of(Table::chain, out.bytes());
}
inline rocksdb::Slice slice(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
inline ByteView bytes_of(const rocksdb::Slice& s) { return {reinterpret_cast<const uint8_t*>(s.data()), s.size()}; }

inline Hash32 identity_hash(const StoreIdentity& identity) {
  Writer out;
  out.raw(view("Sotto.store.v1"));
  out.raw(identity.network.value);
  out.raw(identity.validator.value);
  return crypto::sha256(out.bytes());
}

// Bound to store and key: a value moved to another key, or here from another store, does not check.
inline ByteArray<kCheckBytes> check_of(const Hash32& identity, ByteView key, ByteView payload) {
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

inline Bytes sealed(const Hash32& identity, ByteView key, ByteView payload) {
  Bytes value(payload.begin(), payload.end());
  const auto check = check_of(identity, key, payload);
  value.insert(value.end(), check.begin(), check.end());
  return value;
}

inline std::optional<ByteView> unsealed(const Hash32& identity, ByteView key, ByteView value) {
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

rocksdb::Options options_for(rocksdb::Env* env, bool create);

}  // namespace sotto::store
