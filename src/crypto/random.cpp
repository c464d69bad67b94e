#include "crypto/random.hpp"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>

#include "base/check.hpp"

namespace sotto::crypto {

void SystemEntropy::fill(std::span<uint8_t> out) {
  while (!out.empty()) {
    const size_t wanted = std::min<size_t>(out.size(), 256);  // never cut short by a signal up to here
    const ssize_t got = getrandom(out.data(), wanted, 0);
    if (got < 0 && errno == EINTR) continue;
    CHECK(got > 0);
    out = out.subspan(static_cast<size_t>(got));
  }
}

}  // namespace sotto::crypto
