#include "node/log.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/codec.hpp"
#include "crypto/hash.hpp"

namespace sotto::node {

const char* name(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warn: return "warn";
    case LogLevel::error: return "error";
  }
  return "?";
}

std::optional<LogLevel> parse_log_level(std::string_view text) {
  for (const auto level : {LogLevel::debug, LogLevel::info, LogLevel::warn, LogLevel::error})
    if (text == name(level)) return level;
  return std::nullopt;
}

Log::Log(LogLevel least, Sink sink, const Clock& clock, Entropy& entropy)
    : least_(least), sink_(std::move(sink)), clock_(clock), salt_(entropy.bytes<32>()) {}

void Log::say(LogLevel level, const char* event, std::initializer_list<Field> fields) {
  if (level < least_) return;
  const std::lock_guard lock(mutex_);
  const uint64_t now = clock_.now_ms();
  auto [entry, fresh] = rates_.try_emplace(event);
  Rate& rate = entry->second;
  if (!fresh && now > rate.at_ms) rate.tokens = std::min(kBurst, rate.tokens + static_cast<double>(now - rate.at_ms) / 1e3 * kPerSecond);
  rate.at_ms = now;
  if (rate.tokens < 1) {
    ++rate.suppressed;
    return;
  }
  rate.tokens -= 1;
  nlohmann::ordered_json line{
      {"time", fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(static_cast<std::time_t>(now / 1000)), now % 1000)},
      {"level", name(level)},
      {"event", event}};
  for (const auto& field : fields) std::visit([&](const auto& value) { line[field.key] = value; }, field.value);
  if (rate.suppressed > 0) line["suppressed"] = std::exchange(rate.suppressed, 0);
  sink_(line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
}

std::string Log::source(uint64_t client) const {
  crypto::Sha256 h;
  h.update(view("Sotto.log-source.v1"));
  h.update(salt_.expose());
  Writer bytes;
  bytes.u64(client);
  h.update(bytes.bytes());
  const auto digest = h.finish();
  return to_hex(ByteView(digest).first(8));
}

}  // namespace sotto::node
