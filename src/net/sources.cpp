#include "net/sources.hpp"

#include <algorithm>
#include <cmath>

namespace sotto::net {

void Sources::bring_to(Source& source, Time now) const {
  const double seconds = std::max(0.0, std::chrono::duration<double>(now - source.at).count());
  source.tokens = std::min<double>(limits_.burst, source.tokens + seconds * limits_.requests_per_s);
  source.offences = std::max(0.0, source.offences - seconds / 60);
  source.reserve = std::min<double>(limits_.reserve, source.reserve + seconds * 1000 / limits_.reserve_refill_ms);
  source.at = std::max(source.at, now);
}

void Sources::bring_to(Purse& purse, Time now) const {
  const double seconds = std::max(0.0, std::chrono::duration<double>(now - purse.at).count());
  if (purse.earned) purse.tokens = std::min<double>(limits_.purse, purse.tokens + seconds * limits_.purse_per_s);
  purse.at = std::max(purse.at, now);
}

// Only who would get a full bucket anyway: leaving and coming back wins no tokens, and old offences only in a crowd of sources.
void Sources::forget_quiet(Time now) {
  for (auto& [number, source] : sources_) bring_to(source, now);
  std::erase_if(sources_, [&](const auto& entry) { return !connected_.contains(entry.first) && entry.second.tokens >= limits_.burst; });
}

bool Sources::connect(uint64_t source, Time now) {
  auto found = sources_.find(source);
  if (found == sources_.end()) {
    if (sources_.size() >= limits_.remembered) forget_quiet(now);
    if (sources_.size() >= limits_.remembered) return false;
    found = sources_.emplace(source, Source{.tokens = static_cast<double>(limits_.burst), .reserve = static_cast<double>(limits_.reserve), .at = now}).first;
  }
  bring_to(found->second, now);
  const bool pays = found->second.tokens >= limits_.connect_tokens;
  if (connections(source) >= limits_.connections || (!pays && found->second.reserve < 1)) {
    ++found->second.refused;
    return false;
  }
  if (pays) {
    found->second.tokens -= limits_.connect_tokens;
    found->second.refused = 0;
  } else {
    --found->second.reserve;           // and whoever insisted is still insisting
  }
  ++connected_[source];
  return true;
}

void Sources::disconnect(uint64_t source) {
  const auto found = connected_.find(source);
  if (found != connected_.end() && --found->second == 0) connected_.erase(found);
}

size_t Sources::connections(uint64_t source) const {
  const auto found = connected_.find(source);
  return found == connected_.end() ? 0 : found->second;
}

std::pair<uint64_t, size_t> Sources::busiest() const {
  const auto most = std::ranges::max_element(connected_, {}, [](const auto& entry) { return entry.second; });
  if (most == connected_.end()) return {};
  return *most;
}

bool Sources::request(uint64_t source, Purse& purse, Time now) {
  const auto found = sources_.find(source);
  if (found == sources_.end()) return false;
  bring_to(found->second, now);
  bring_to(purse, now);
  double& payer = found->second.tokens >= 1 ? found->second.tokens : purse.tokens;
  if (payer < 1) return false;
  --payer;
  return true;
}

void Sources::earn(Purse& purse, Time now) const {
  bring_to(purse, now);
  purse.earned = true;
}

void Sources::spoil(Purse& purse, Time now) const { purse = {0, false, now}; }

void Sources::charge(uint64_t source, double tokens, Time now) {
  const auto found = sources_.find(source);
  if (found == sources_.end()) return;
  bring_to(found->second, now);
  found->second.tokens = std::max(-static_cast<double>(limits_.most_debt), found->second.tokens - tokens);
}

void Sources::offend(uint64_t source, double weight, Time now) {
  const auto found = sources_.find(source);
  if (found == sources_.end()) return;
  bring_to(found->second, now);
  found->second.offences = std::min(kMostOffences, found->second.offences + weight);
  charge(source, weight * limits_.offence_tokens * std::exp2(std::max(0.0, found->second.offences - limits_.forgiven)), now);
}

std::vector<uint64_t> Sources::unheard(Time now, size_t most) {
  std::vector<uint64_t> out;
  const double soon = static_cast<double>(limits_.connect_tokens) - kAWhile * limits_.requests_per_s;
  for (auto& [number, source] : sources_) {
    if (source.refused < kInsists) continue;
    bring_to(source, now);
    if (source.tokens < soon && source.reserve < 1) out.push_back(number);
    if (out.size() == most) break;
  }
  return out;
}

}  // namespace sotto::net
