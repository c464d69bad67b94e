// Where prepared keys stay between runs (ADR 0040). The real one is a directory: node/key_directory.hpp.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.hpp"

namespace sotto::circuit {

class KeyCache {
 public:
  struct Entry {
    std::shared_ptr<const void> owner;   // keeps the bytes alive and unchanged
    ByteView bytes;                      // aligned to 64
  };
  virtual ~KeyCache() = default;
  // What was kept under that name, if whoever could have written it is trusted; its contents are checked by the caller.
  virtual std::optional<Entry> find(const std::string& name) = 0;
  // Best effort: a cache that cannot keep costs time, nothing else.
  virtual void keep(const std::string& name, std::span<const ByteView> parts) = 0;
};

}  // namespace sotto::circuit
