#include "net/sources.hpp"

#include <algorithm>

namespace sotto::net {

double Sources::tokens_at(const Source& source, Time now) const {
  const double seconds = std::chrono::duration<double>(now - source.at).count();
  return std::min<double>(limits_.burst, source.tokens + std::max(0.0, seconds) * limits_.requests_per_s);
}

// Only who would get a full bucket anyway: leaving and coming back wins nothing.
void Sources::forget_quiet(Time now) {
  std::erase_if(sources_, [&](const auto& entry) {
    return entry.second.connections == 0 && tokens_at(entry.second, now) >= limits_.burst;
  });
}

bool Sources::connect(uint64_t source, Time now) {
  auto found = sources_.find(source);
  if (found == sources_.end()) {
    if (sources_.size() >= limits_.remembered) forget_quiet(now);
    if (sources_.size() >= limits_.remembered) return false;
    found = sources_.emplace(source, Source{0, static_cast<double>(limits_.burst), now}).first;
  }
  const double tokens = tokens_at(found->second, now);
  if (found->second.connections >= limits_.connections || tokens < limits_.connect_tokens) return false;
  found->second.tokens = tokens - limits_.connect_tokens;
  found->second.at = now;
  ++found->second.connections;
  return true;
}

void Sources::disconnect(uint64_t source) {
  const auto found = sources_.find(source);
  if (found != sources_.end() && found->second.connections > 0) --found->second.connections;
}

bool Sources::request(uint64_t source, Time now) {
  const auto found = sources_.find(source);
  if (found == sources_.end()) return false;
  const double tokens = tokens_at(found->second, now);
  if (tokens < 1) return false;
  found->second.tokens = tokens - 1;
  found->second.at = now;
  return true;
}

void Sources::charge(uint64_t source, uint32_t tokens, Time now) {
  const auto found = sources_.find(source);
  if (found == sources_.end()) return;
  found->second.tokens = std::max(-static_cast<double>(limits_.most_debt), tokens_at(found->second, now) - tokens);
  found->second.at = now;
}

}  // namespace sotto::net
