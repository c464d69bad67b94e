// Is there room on a validator's disk? A pure judge: below `low_bytes` nothing new is locked, and what has been promised goes on; below
// `reserve_bytes` the validator ends while it can still close its files (docs/adr/0111).
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

namespace sotto::node {

struct DiskLimits {
  uint64_t low_bytes = uint64_t{1024} << 20;
  uint64_t reserve_bytes = uint64_t{128} << 20;
};

enum class DiskState : uint8_t { fine, disk_low, disk_full };

class DiskJudge {
 public:
  explicit DiskJudge(const DiskLimits& limits) : limits_(limits) {}
  // Low lasts until a quarter more than `low_bytes` is free, so that it does not come and go with every file.
  DiskState step(uint64_t free_bytes) {
    if (free_bytes < limits_.reserve_bytes) return state_ = DiskState::disk_full;
    const uint64_t enough = state_ == DiskState::fine ? limits_.low_bytes : limits_.low_bytes + limits_.low_bytes / 4;
    return state_ = free_bytes < enough ? DiskState::disk_low : DiskState::fine;
  }
  const DiskLimits& limits() const { return limits_; }

 private:
  const DiskLimits limits_;
  DiskState state_ = DiskState::fine;
};

// What an ordinary user may still write, the least of those folders' file systems; nullopt: none of them says.
std::optional<uint64_t> free_bytes(std::span<const std::filesystem::path> folders);

}  // namespace sotto::node
