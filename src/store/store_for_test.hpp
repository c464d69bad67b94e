// For tests of the validator's store: a directory that goes away, a store with genesis in it, and a file system that
// forgets what was not synced or fails a sync.
#pragma once
#include <gtest/gtest.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <stdlib.h>

#include <map>
#include <mutex>

#include "ledger/test_support.hpp"
#include "settle/settle_for_test.hpp"
#include "store/validator_store.hpp"

namespace sotto::store::testing {
namespace fs = std::filesystem;

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (fs::temp_directory_path() / "sotto-store-XXXXXX").string();
    CHECK(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

struct StoreWorld {
  ledger::testing::World world;
  StoreIdentity identity{world.network->id(), settle::test_id(0)};

  ledger::Execution genesis() { return ledger::execute_genesis(world.genesis, world.authority).value(); }
  void create(const fs::path& dir, rocksdb::Env* env = nullptr) {
    const auto made = ValidatorStore::create(dir, identity, genesis(), 0, env);
    if (!made) ADD_FAILURE() << made.error().what;
  }
  Result<ValidatorStore::Opened, StoreTrouble> open(const fs::path& dir, rocksdb::Env* env = nullptr) {
    return ValidatorStore::open(dir, identity, world.network, env);
  }
};

inline settle::Persist lock_of(settle::Token token, uint64_t note, uint64_t salt = 0) {
  return {token, settle::Lock{5, settle::candidate({{note}, salt}).candidate}};
}

// Knows of every file how much of it was synced; crash() freezes it and restore() cuts the files back to that, plus as
// much of the unsynced rest as asked for.
class ForgetfulFiles final : public rocksdb::FileSystemWrapper {
 public:
  ForgetfulFiles() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "ForgetfulFiles"; }

  rocksdb::IOStatus NewWritableFile(const std::string& file, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result, rocksdb::IODebugContext* debug) override {
    const auto status = target()->NewWritableFile(file, options, result, debug);
    if (status.ok()) {
      const std::lock_guard lock(mutex_);
      sizes_[file] = {};
      *result = std::make_unique<File>(std::move(*result), this, file);
    }
    return status;
  }
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override {
    const std::lock_guard lock(mutex_);
    if (crashed_) return rocksdb::IOStatus::OK();
    const auto status = target()->RenameFile(from, to, options, debug);
    if (const auto found = sizes_.find(from); status.ok() && found != sizes_.end()) {
      sizes_[to] = found->second;
      sizes_.erase(found);
    }
    return status;
  }

  rocksdb::IOStatus DeleteFile(const std::string& file, const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    {
      const std::lock_guard lock(mutex_);
      if (crashed_) return rocksdb::IOStatus::OK();       // a dead machine deletes nothing
    }
    return target()->DeleteFile(file, options, debug);
  }

  void fail_next_log_sync() { fail_log_sync_ = true; }
  void crash() {
    const std::lock_guard lock(mutex_);
    crashed_ = true;
  }
  // After the database object is gone. `keep` of 100: how much of what was not synced survives after all.
  void restore(uint64_t keep) {
    for (const auto& [file, size] : sizes_) {
      std::error_code failed;
      const uint64_t now = fs::file_size(file, failed);
      if (failed) continue;
      const uint64_t want = size.synced + (size.written - size.synced) * keep / 100;
      if (want < now) fs::resize_file(file, want, failed);
    }
    crashed_ = false;
    sizes_.clear();
  }
  uint64_t unsynced() const {
    uint64_t sum = 0;
    for (const auto& [file, size] : sizes_) sum += file.ends_with(".log") ? size.written - size.synced : 0;
    return sum;
  }

 private:
  struct Size {
    uint64_t written = 0, synced = 0;
  };
  class File final : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    File(std::unique_ptr<rocksdb::FSWritableFile> file, ForgetfulFiles* owner, std::string name)
        : FSWritableFileOwnerWrapper(std::move(file)), owner_(owner), name_(std::move(name)) {}
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
      if (!owner_->appended(name_, data.size())) return rocksdb::IOStatus::OK();
      return target()->Append(data, options, debug);
    }
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options, const rocksdb::DataVerificationInfo&,
                             rocksdb::IODebugContext* debug) override {
      return Append(data, options, debug);
    }
    rocksdb::IOStatus Sync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
      if (name_.ends_with(".log") && std::exchange(owner_->fail_log_sync_, false)) return rocksdb::IOStatus::IOError("no space, this once");
      const auto status = target()->Sync(options, debug);
      if (status.ok()) owner_->synced(name_);
      return status;
    }
    rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override { return Sync(options, debug); }

   private:
    rocksdb::FSWritableFile* target() const { return FSWritableFileWrapper::target(); }
    ForgetfulFiles* owner_;
    std::string name_;
  };
  bool appended(const std::string& file, uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    if (!crashed_) sizes_[file].written += bytes;
    return !crashed_;
  }
  void synced(const std::string& file) {
    const std::lock_guard lock(mutex_);
    if (!crashed_) sizes_[file].synced = sizes_[file].written;
  }

  std::mutex mutex_;
  std::map<std::string, Size> sizes_;
  bool crashed_ = false;
  bool fail_log_sync_ = false;
};

}  // namespace sotto::store::testing
