// Secret<T>: a value wiped when it dies, compared in constant time, never printed.
#pragma once
#include <cstring>
#include <type_traits>
#include <utility>

#include "base/bytes.hpp"

namespace sotto {

void wipe(void* data, size_t size);                                  // not optimised away
bool equal_constant_time(ByteView a, ByteView b);                    // false at once only on different lengths

template <class T>
class Secret {
  static_assert(std::is_trivially_copyable_v<T>, "a Secret is wiped as raw memory");

 public:
  Secret() : value_{} {}
  explicit Secret(const T& value) : value_(value) {}
  Secret(const Secret&) = default;
  Secret& operator=(const Secret&) = default;
  ~Secret() { wipe(&value_, sizeof value_); }
  // The one way in: every use is visible as `expose`.
  const T& expose() const { return value_; }
  T& expose_mutable() { return value_; }

 private:
  T value_;
};

// A byte string wiped when it dies (passphrases, plaintexts).
class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(Bytes bytes) : bytes_(std::move(bytes)) {}
  SecretBytes(SecretBytes&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  SecretBytes(const SecretBytes& other) = default;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes() { wipe(bytes_.data(), bytes_.size()); }
  ByteView expose() const { return bytes_; }

 private:
  Bytes bytes_;
};

}  // namespace sotto
