#include "store/witness.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/codec.hpp"
#include "crypto/hash.hpp"

namespace sotto::store {
namespace {

constexpr size_t kSlotBytes = 64;  // well inside a disk sector: old or new, never torn
constexpr size_t kSlots = 2;

std::string because(const std::filesystem::path& file, const char* what) {
  return std::string(what) + " " + file.string() + ": " + std::strerror(errno);
}

Bytes slot(const Hash32& identity, uint64_t count) {
  Writer out;
  out.raw(view("SottoWit"));
  out.u64(count);
  out.raw(ByteView(identity).first(16));
  const Hash32 check = crypto::sha256(out.bytes());
  out.raw(check);
  CHECK(out.bytes().size() == kSlotBytes);
  return std::move(out).bytes();
}

struct Slot {
  uint64_t count = 0;
  bool ours = false;
};
std::optional<Slot> read_slot(ByteView bytes, const Hash32& identity) {
  Reader in(bytes.subspan(8));
  const auto count = in.u64();
  Hash32 named{};                                         // whoever it belongs to
  std::copy_n(bytes.begin() + 16, 16, named.begin());
  const Bytes expected = slot(named, *count);
  if (!std::equal(expected.begin(), expected.end(), bytes.begin(), bytes.end())) return std::nullopt;
  return Slot{*count, std::equal(named.begin(), named.begin() + 16, identity.begin())};
}

bool write_all(int fd, ByteView bytes, off_t at) {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = pwrite(fd, bytes.data() + done, bytes.size() - done, at + static_cast<off_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    done += static_cast<size_t>(n);
  }
  return true;
}

}  // namespace

Status<WitnessTrouble> Witness::create(const std::filesystem::path& file, const Hash32& identity) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return Failure{WitnessTrouble{WitnessReject::io, because(file, "cannot create")}};
  Bytes both = slot(identity, 0);
  const Bytes again = both;
  both.insert(both.end(), again.begin(), again.end());
  const bool written = write_all(fd, both, 0) && fsync(fd) == 0;
  const std::string what = because(file, "cannot write");
  close(fd);
  if (!written) return Failure{WitnessTrouble{WitnessReject::io, what}};
  return Ok{};
}

Result<Witness, WitnessTrouble> Witness::open(const std::filesystem::path& file, const Hash32& identity) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0)
    return Failure{WitnessTrouble{errno == ENOENT ? WitnessReject::missing : WitnessReject::io, because(file, "cannot open")}};
  Witness witness(fd, identity, 0);                       // closes fd from here on
  if (flock(fd, LOCK_EX | LOCK_NB) != 0)
    return Failure{WitnessTrouble{errno == EWOULDBLOCK ? WitnessReject::held : WitnessReject::io, because(file, "cannot lock")}};
  ByteArray<kSlots * kSlotBytes> bytes;
  if (pread(fd, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    return Failure{WitnessTrouble{WitnessReject::damaged, file.string() + " is too short"}};
  std::optional<uint64_t> best;
  for (size_t i = 0; i < kSlots; ++i) {
    const auto found = read_slot(ByteView(bytes).subspan(i * kSlotBytes, kSlotBytes), identity);
    if (!found) continue;
    if (!found->ours) return Failure{WitnessTrouble{WitnessReject::foreign, file.string() + " belongs to another validator or network"}};
    if (!best || found->count > *best) best = found->count;
  }
  if (!best) return Failure{WitnessTrouble{WitnessReject::damaged, file.string() + " holds no valid counter of this store"}};
  witness.count_ = *best;
  return witness;
}

Witness::~Witness() {
  if (fd_ >= 0) close(fd_);
}

Status<Error> Witness::advance(uint64_t count) {
  CHECK(count >= count_);
  if (!write_all(fd_, slot(identity_, count), static_cast<off_t>(count % kSlots * kSlotBytes)))
    return Failure{Error{std::string("witness: ") + std::strerror(errno)}};
  count_ = count;
  return Ok{};
}

}  // namespace sotto::store
