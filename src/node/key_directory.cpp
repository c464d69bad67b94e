#include "node/key_directory.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.hpp"
#include "base/files.hpp"

namespace sotto::node {

namespace {

constexpr time_t kAbandonedAfterS = 600;       // nobody writes a key file for so long

// Nobody else could have put anything else there.
bool ours_alone(const struct stat& s) { return s.st_uid == geteuid() && (s.st_mode & (S_IWGRP | S_IWOTH)) == 0; }

// The directory itself, -1 if it is not there or not ours. Files are then opened relative to it: nothing can be swapped in between.
int open_directory(const std::filesystem::path& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return -1;
  struct stat s;
  if (fstat(fd, &s) == 0 && ours_alone(s)) return fd;
  close(fd);
  return -1;
}

bool plain_name(const std::string& name) { return !name.empty() && name[0] != '.' && name.find('/') == std::string::npos; }

// Keeps the newest `files`, and removes what a process left that died while it wrote.
void tidy(int directory, size_t files) {
  const int own = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* const listing = own < 0 ? nullptr : fdopendir(own);
  if (listing == nullptr) {
    if (own >= 0) close(own);
    return;
  }
  std::vector<std::pair<int64_t, std::string>> kept;
  while (const dirent* entry = readdir(listing)) {
    const std::string name = entry->d_name;
    struct stat s;
    if (fstatat(directory, name.c_str(), &s, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(s.st_mode)) continue;
    if (name.ends_with(".keys")) kept.emplace_back(int64_t{s.st_mtim.tv_sec} * 1'000'000'000 + s.st_mtim.tv_nsec, name);
    if (name.starts_with(".") && name.find(".keys.") != std::string::npos && s.st_mtime + kAbandonedAfterS < time(nullptr))
      unlinkat(directory, name.c_str(), 0);
  }
  closedir(listing);
  std::sort(kept.begin(), kept.end());
  for (size_t i = 0; i + files < kept.size(); ++i) unlinkat(directory, kept[i].second.c_str(), 0);
}

}  // namespace

std::optional<circuit::KeyCache::Entry> KeyDirectory::find(const std::string& name) {
  if (!plain_name(name)) return std::nullopt;
  const Descriptor directory(open_directory(directory_));
  if (!directory) return std::nullopt;
  const Descriptor file(openat(directory.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat s;
  if (!file || fstat(file.get(), &s) != 0 || !S_ISREG(s.st_mode) || !ours_alone(s)) return std::nullopt;
  if (s.st_size <= 0 || static_cast<uint64_t>(s.st_size) > kMaxBytes) return std::nullopt;
  const auto size = static_cast<size_t>(s.st_size);
  void* const memory = mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file.get(), 0);
  if (memory == MAP_FAILED) return std::nullopt;
  const std::shared_ptr<const void> owner(memory, [size](const void* p) { munmap(const_cast<void*>(p), size); });
  return Entry{owner, {static_cast<const uint8_t*>(memory), size}};
}

void KeyDirectory::keep(const std::string& name, std::span<const ByteView> parts) {
  if (!plain_name(name)) return;
  if (!make_directories(directory_).ok()) return;
  const Descriptor directory(open_directory(directory_));
  if (!directory) return;
  // A name of this process's own, so that two that start at once do not write into each other's file.
  const std::string beside = "." + name + "." + std::to_string(getpid());
  unlinkat(directory.get(), beside.c_str(), 0);
  bool written = false;
  {
    const Descriptor file(openat(directory.get(), beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file) return;
    written = std::all_of(parts.begin(), parts.end(), [&](ByteView part) { return write_all(file.get(), part); });
  }
  // Not synced: what a crash tears, the checksum finds.
  if (!written || renameat(directory.get(), beside.c_str(), directory.get(), name.c_str()) != 0) {
    unlinkat(directory.get(), beside.c_str(), 0);
    return;
  }
  tidy(directory.get(), kFiles);
}

}  // namespace sotto::node
