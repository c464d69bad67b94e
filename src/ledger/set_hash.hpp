// A hash of a set that does not depend on the order its members came in (LtHash, eprint 2019/227): members are expanded
// to 1,024 lanes of 16 bits and added lane by lane. Finding two different sets with one value is a short-vector problem
// beyond 2^200. Used for the spent nullifiers in the application hash (L-33): growing it by one costs the same at ten
// members and at ten million, and payments in any order give one value.
#pragma once
#include "base/codec.hpp"

namespace sotto::ledger {

class SetHash {
 public:
  static constexpr size_t kLanes = 1024;
  static constexpr size_t kBytes = 2 * kLanes;
  // `member` must not be in the set already: this counts multiplicities, it does not look them up.
  void add(ByteView member);
  Hash32 digest() const;
  void write(Writer& out) const;
  static Result<SetHash, DecodeError> read(Reader& in);
  friend bool operator==(const SetHash&, const SetHash&) = default;

 private:
  std::array<uint16_t, kLanes> lanes_{};
};

}  // namespace sotto::ledger
