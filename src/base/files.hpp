// Small files as a node keeps them: whole, replaced in one step, readable by their owner alone; and directories that
// one process has to itself.
#pragma once
#include <filesystem>

#include "base/result.hpp"
#include "base/bytes.hpp"

namespace sotto {

// All of it, or false with errno set.
bool write_all(int fd, ByteView content);

// The whole file; an Error if it is absent, unreadable or longer than `limit`.
Result<Bytes, Error> read_file(const std::filesystem::path& path, size_t limit);
// Written beside, synced, renamed over: after a crash either the old file or the new one is there. Mode 0600.
Status<Error> write_file(const std::filesystem::path& path, ByteView content);
// mkdir -p, mode 0700 for what it makes.
Status<Error> make_directories(const std::filesystem::path& path);

// Holds an exclusive lock on a file for as long as it lives; the file stays.
class FileLock {
 public:
  // nullopt if another process (or another FileLock of this one) has it.
  static Result<std::optional<FileLock>, Error> try_lock(const std::filesystem::path& path);
  FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace sotto
