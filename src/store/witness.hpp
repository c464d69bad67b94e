// A second memory of how far a store got, outside its database: a counter that is never ahead of what was synced, so a
// database that comes back with less has lost synced writes. Two slots, written in turn, 64 bytes each; holding the file
// also keeps a second process out (flock).
#pragma once
#include <filesystem>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace sotto::store {

enum class WitnessReject : uint8_t { held, missing, foreign, damaged, io };
struct WitnessTrouble {
  WitnessReject reject{};
  std::string what;
};

class Witness {
 public:
  // `identity` names the store both belong to. Synced, at 0, not held.
  static Status<WitnessTrouble> create(const std::filesystem::path& file, const Hash32& identity);
  // Held until destroyed.
  static Result<Witness, WitnessTrouble> open(const std::filesystem::path& file, const Hash32& identity);
  Witness(Witness&& other) noexcept : fd_(std::exchange(other.fd_, -1)), identity_(other.identity_), count_(other.count_) {}
  Witness(const Witness&) = delete;
  ~Witness();

  uint64_t count() const { return count_; }
  // Called after a sync of that many groups. Not synced itself: it survives the process at once, the machine a little
  // later, and being behind is harmless.
  Status<Error> advance(uint64_t count);

 private:
  Witness(int fd, const Hash32& identity, uint64_t count) : fd_(fd), identity_(identity), count_(count) {}
  int fd_;
  Hash32 identity_;
  uint64_t count_;
};

}  // namespace sotto::store
