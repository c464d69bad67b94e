#include "base/files.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.hpp"

namespace sotto {

namespace {

Failure<Error> failed(const std::string& what, const std::filesystem::path& path) {
  return Failure{Error{what + " " + path.string() + ": " + std::strerror(errno)}};
}

std::filesystem::path beside_of(const std::filesystem::path& path) {
  std::filesystem::path beside = path;
  beside += ".new";
  return beside;
}

}  // namespace

bool write_all(int fd, ByteView content) {
  while (!content.empty()) {
    const ssize_t n = write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) {                          // somebody made it non-blocking: waited for as if it were not
      pollfd ready{fd, POLLOUT, 0};
      poll(&ready, 1, -1);
      continue;
    }
    if (n <= 0) return false;
    content = content.subspan(static_cast<size_t>(n));
  }
  return true;
}

Result<Bytes, Error> read_file(const std::filesystem::path& path, size_t limit) {
  const Descriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return failed("cannot open", path);
  Bytes out;
  Bytes chunk(64 * 1024);
  for (;;) {
    const ssize_t n = read(fd.get(), chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed("cannot read", path);
    if (n == 0) return out;
    if (out.size() + static_cast<size_t>(n) > limit)
      return Failure{Error{path.string() + " is longer than " + std::to_string(limit) + " bytes"}};
    out.insert(out.end(), chunk.begin(), chunk.begin() + n);
  }
}

Result<NewFile, Error> NewFile::take(const std::filesystem::path& path, size_t room) {
  const auto beside = beside_of(path);
  NewFile file(open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), path);
  if (file.fd_ < 0 || fchmod(file.fd_, 0600) != 0) return failed("cannot create", beside);
  if (room == 0 || fallocate(file.fd_, 0, 0, static_cast<off_t>(room)) == 0 || errno == EOPNOTSUPP) return file;
  return failed("no room for", beside);
}

Status<Error> NewFile::put(ByteView content) {
  const auto beside = beside_of(path_);
  if (!write_all(fd_, content) || ftruncate(fd_, static_cast<off_t>(content.size())) != 0 || fsync(fd_) != 0)
    return failed("cannot write", beside);
  if (rename(beside.c_str(), path_.c_str()) != 0) return failed("cannot replace", path_);
  close(std::exchange(fd_, -1));
  const std::filesystem::path directory = path_.has_parent_path() ? path_.parent_path() : ".";
  const Descriptor dir(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (dir.get() < 0 || fsync(dir.get()) != 0) return failed("cannot sync", directory);
  return Ok{};
}

NewFile::~NewFile() {
  if (fd_ < 0) return;
  close(fd_);
  unlink(beside_of(path_).c_str());
}

Status<Error> write_file(const std::filesystem::path& path, ByteView content) {
  TRY(file, NewFile::take(path, 0));
  return file.put(content);
}

Status<Error> make_directories(const std::filesystem::path& path) {
  std::filesystem::path so_far;
  for (const auto& part : path) {
    so_far /= part;
    if (so_far.empty() || mkdir(so_far.c_str(), 0700) == 0 || errno == EEXIST) continue;
    return failed("cannot make", so_far);
  }
  std::error_code e;
  if (!std::filesystem::is_directory(path, e)) return Failure{Error{path.string() + " is not a directory"}};
  return Ok{};
}

Result<std::optional<FileLock>, Error> FileLock::try_lock(const std::filesystem::path& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return failed("cannot open", path);
  if (flock(fd, LOCK_EX | LOCK_NB) == 0) return std::optional<FileLock>(FileLock(fd));
  const bool taken = errno == EWOULDBLOCK;
  const auto failure = failed("cannot lock", path);
  close(fd);
  if (!taken) return failure;
  return std::optional<FileLock>();
}

FileLock::~FileLock() {
  if (fd_ >= 0) close(fd_);
}

}  // namespace sotto
