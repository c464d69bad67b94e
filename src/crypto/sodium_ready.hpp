// libsodium picks its vector code in sodium_init(); every file of ours that calls libsodium goes through here first.
#pragma once
#include <sodium.h>

#include "base/check.hpp"

namespace sotto::crypto {

inline void sodium_ready() {
  static const bool ready = sodium_init() >= 0;
  CHECK(ready);
}

}  // namespace sotto::crypto
