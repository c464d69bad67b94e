// Prepared keys in a directory (ADR 0040): one file a name, mapped read-only, replaced in one step. Only a directory and
// files that nobody but this user may write are used; anything else counts as nothing there.
#pragma once
#include <filesystem>

#include "circuit/key_cache.hpp"

namespace sotto::node {

class KeyDirectory final : public circuit::KeyCache {
 public:
  // Made (mode 0700) when something is kept. Nothing is reported: a directory that cannot be used costs time only.
  explicit KeyDirectory(std::filesystem::path directory) : directory_(std::move(directory)) {}
  std::optional<Entry> find(const std::string& name) override;
  // Also drops the oldest files beyond kFiles, so that versions long gone do not pile up.
  void keep(const std::string& name, std::span<const ByteView> parts) override;

  static constexpr size_t kFiles = 4;
  static constexpr size_t kMaxBytes = size_t{1} << 26;

 private:
  std::filesystem::path directory_;
};

}  // namespace sotto::node
