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
// A file to be, for the result of work that must not be in vain: its place is taken and its room reserved before the
// work begins. Until put() it lies beside its place, as PATH.new; it goes if nothing is put.
class NewFile {
 public:
  // `room`: the most bytes it will hold. An Error if there is no such directory, no right to write there, no such room.
  static Result<NewFile, Error> take(const std::filesystem::path& path, size_t room);
  // All of it, synced, in its place. At most once.
  Status<Error> put(ByteView content);
  NewFile(NewFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();

 private:
  NewFile(int fd, std::filesystem::path path) : fd_(fd), path_(std::move(path)) {}
  int fd_;
  std::filesystem::path path_;
};
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
