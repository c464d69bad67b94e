#include "apps/moment.hpp"

#include <array>
#include <ctime>

#include <fmt/format.h>

namespace sotto::apps {

namespace {

// Later than any calendar here goes, a time is nonsense: the year 9999.
constexpr uint64_t kMostMs = 253'402'300'799'999;

std::string formatted(const std::tm& parts, const char* format) {
  std::array<char, 64> text{};
  const size_t length = std::strftime(text.data(), text.size(), format, &parts);
  return {text.data(), length};
}

}  // namespace

std::string local_time(uint64_t unix_ms) {
  if (unix_ms == 0 || unix_ms > kMostMs) return "";
  const auto seconds = static_cast<std::time_t>(unix_ms / 1000);
  std::tm parts{};
  return localtime_r(&seconds, &parts) == nullptr ? "" : formatted(parts, "%Y-%m-%d %H:%M %z");
}

std::string rfc3339(uint64_t unix_ms) {
  if (unix_ms == 0 || unix_ms > kMostMs) return "";
  const auto seconds = static_cast<std::time_t>(unix_ms / 1000);
  std::tm parts{};
  if (gmtime_r(&seconds, &parts) == nullptr) return "";
  return formatted(parts, "%Y-%m-%dT%H:%M:%S") + fmt::format(".{:03}Z", unix_ms % 1000);
}

}  // namespace sotto::apps
