// Moments as people and programs read them. Input: Unix time in ms; 0 means that it is not known.
#pragma once
#include <cstdint>
#include <string>

namespace sotto::apps {

// "2026-12-01 13:04 +0100": in the time zone of this machine (TZ), which it names. "" for 0.
std::string local_time(uint64_t unix_ms);
// "2026-12-01T12:04:05.678Z" (RFC 3339, UTC). "" for 0.
std::string rfc3339(uint64_t unix_ms);

}  // namespace sotto::apps
