#include "order/log.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "crypto/hash.hpp"

namespace sotto::order {
namespace {

constexpr std::string_view kMagic = "SottoLog";
constexpr uint8_t kVersion = 1;
constexpr uint64_t kHeaderBytes = 8 + 1 + 32, kRecordHeaderBytes = 4 + 32;

Error system_error(const std::filesystem::path& file, const char* what) {
  return {std::string(what) + " " + file.string() + ": " + std::strerror(errno)};
}
Error damaged(const std::filesystem::path& file, const std::string& how) {
  return {file.string() + " is damaged: " + how};
}

bool write_all(int fd, ByteView bytes, uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(n));
    offset += static_cast<uint64_t>(n);
  }
  return true;
}

bool read_all(int fd, std::span<uint8_t> bytes, uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t n = ::pread(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(n));
    offset += static_cast<uint64_t>(n);
  }
  return true;
}

Hash32 checksum(const ledger::NetworkId& network, ByteView length, ByteView payload) {
  crypto::Sha256 h;
  h.update(network.value);
  h.update(length);
  h.update(payload);
  return h.finish();
}

// A new file's name is durable only when its folder is synced.
bool sync_folder(const std::filesystem::path& file) {
  const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool ok = ::fsync(fd) == 0;
  ::close(fd);
  return ok;
}

}  // namespace

FileLog::FileLog(int fd, std::filesystem::path file, const ledger::NetworkId& network)
    : fd_(fd), file_(std::move(file)), network_(network) {}
FileLog::~FileLog() { ::close(fd_); }

Result<std::unique_ptr<FileLog>, Error> FileLog::open(const std::filesystem::path& file, const ledger::NetworkId& network) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return Failure{system_error(file, "cannot open")};
  std::unique_ptr<FileLog> log(new FileLog(fd, file, network));
  TRY_OK(log->scan());
  return log;
}

Status<Error> FileLog::scan() {
  struct stat status {};
  if (::fstat(fd_, &status) != 0) return Failure{system_error(file_, "cannot read")};
  const uint64_t size = static_cast<uint64_t>(status.st_size);
  Writer header;
  header.raw(view(kMagic));
  header.u8(kVersion);
  header.raw(network_.value);
  if (size < kHeaderBytes) {  // new, or died while being made: nothing was ever ordered
    Bytes begun(size);
    if (!read_all(fd_, begun, 0)) return Failure{system_error(file_, "cannot read")};
    if (!std::equal(begun.begin(), begun.end(), header.bytes().begin())) return Failure{damaged(file_, "not a log")};
    if (!write_all(fd_, header.bytes(), 0) || ::fsync(fd_) != 0 || !sync_folder(file_))
      return Failure{system_error(file_, "cannot write")};
    end_ = kHeaderBytes;
    return Ok{};
  }
  Bytes found(kHeaderBytes);
  if (!read_all(fd_, found, 0)) return Failure{system_error(file_, "cannot read")};
  if (!std::equal(found.begin(), found.begin() + 9, header.bytes().begin())) return Failure{damaged(file_, "not a log")};
  if (found != header.bytes()) return Failure{Error{file_.string() + " belongs to another network"}};
  end_ = kHeaderBytes;
  uint64_t time_ms = 0;
  while (end_ < size) {
    bool torn = false;
    auto payload = payload_at(end_, size, &torn);
    if (torn) {  // left as it is until something is appended: whoever finds the log too short can still look at it
      torn_ = true;
      break;
    }
    if (!payload.ok()) return Failure{payload.error()};
    const auto batch = decode_batch(*payload);
    if (!batch.ok() || batch->height != height() + 1 || batch->time_ms < time_ms)
      return Failure{damaged(file_, "record " + std::to_string(height() + 1) + " is not the next batch")};
    time_ms = batch->time_ms;
    offsets_.push_back(end_);
    end_ += kRecordHeaderBytes + payload->size();
  }
  return Ok{};
}

Result<Bytes, Error> FileLog::payload_at(uint64_t offset, uint64_t end, bool* torn) const {
  const auto short_record = [&]() -> Result<Bytes, Error> {
    if (torn) *torn = true;
    return Failure{damaged(file_, "cut short at byte " + std::to_string(offset))};
  };
  if (end - offset < kRecordHeaderBytes) return short_record();
  Bytes header(kRecordHeaderBytes);
  if (!read_all(fd_, header, offset)) return Failure{system_error(file_, "cannot read")};
  const ByteView length_bytes = ByteView(header).first(4);
  const uint32_t length = Reader(length_bytes).u32().value();
  if (length > kMaxBatchBytes) return Failure{damaged(file_, "impossible length at byte " + std::to_string(offset))};
  if (end - offset - kRecordHeaderBytes < length) return short_record();
  Bytes payload(length);
  if (!read_all(fd_, payload, offset + kRecordHeaderBytes)) return Failure{system_error(file_, "cannot read")};
  const Hash32 expected = checksum(network_, length_bytes, payload);
  if (!std::equal(expected.begin(), expected.end(), header.begin() + 4))
    return Failure{damaged(file_, "checksum at byte " + std::to_string(offset))};
  return payload;
}

Status<Error> FileLog::append(const Batch& batch) {
  CHECK(batch.height == height() + 1);
  if (broken_) return Failure{Error{file_.string() + ": an earlier write failed"}};
  const Bytes payload = encode(batch);
  CHECK(payload.size() <= kMaxBatchBytes);
  Writer length;
  length.u32(static_cast<uint32_t>(payload.size()));
  Writer record;
  record.raw(length.bytes());
  record.raw(checksum(network_, length.bytes(), payload));
  record.raw(payload);
  const bool cut = !torn_ || ::ftruncate(fd_, static_cast<off_t>(end_)) == 0;
  torn_ = false;
  if (!cut || !write_all(fd_, record.bytes(), end_) || ::fdatasync(fd_) != 0) {
    broken_ = true;  // what a failed sync left on disk is anybody's guess: never retried as success
    return Failure{system_error(file_, "cannot write")};
  }
  offsets_.push_back(end_);
  end_ += record.bytes().size();
  return Ok{};
}

Result<Batch, Error> FileLog::read(uint64_t height) const {
  CHECK(height >= 1 && height <= offsets_.size());
  TRY(payload, payload_at(offsets_[height - 1], end_, nullptr));
  auto batch = decode_batch(payload);
  if (!batch.ok()) return Failure{damaged(file_, "record " + std::to_string(height))};
  return std::move(batch).value();
}

}  // namespace sotto::order
