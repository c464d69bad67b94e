#include "store/validator_records.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

namespace sotto::store {

namespace {

// RocksDB's own text log writes to the same disk, and where that is full its second line is a failed assertion, in ~DB at the latest. It says
// nothing that a status does not.
class NoLog final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

}  // namespace

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
  options.info_log = std::make_shared<NoLog>();
  rocksdb::BlockBasedTableOptions table;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));  // most look-ups are of nullifiers that are not there
  // Filters and indexes in small pieces, in the cache with everything else: memory has a bound whatever the ledger's age.
  table.partition_filters = true;
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.metadata_block_size = 4096;
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_top_level_index_and_filter = true;
  table.block_cache = rocksdb::NewLRUCache(kCacheBytes, -1, false, 0.5);
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

}  // namespace sotto::store
