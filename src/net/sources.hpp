// How much each source (an address, Request::source) may do at once and a second: token buckets, in bounded memory. The time is given.
#pragma once
#include <chrono>
#include <cstdint>
#include <map>

namespace sotto::net {

struct SourceLimits {
  size_t connections = 64;
  uint32_t requests_per_s = 500;       // sustained
  uint32_t burst = 1'000;              // at once, after a quiet while
  size_t remembered = 16'384;          // sources; with more, the quiet ones are forgotten
};

class Sources {
 public:
  using Time = std::chrono::steady_clock::time_point;
  explicit Sources(const SourceLimits& limits) : limits_(limits) {}

  // False: it has as many as it may.
  bool connect(uint64_t source, Time now);
  void disconnect(uint64_t source);
  // Takes a token; false if none is left.
  bool request(uint64_t source, Time now);
  size_t remembered() const { return sources_.size(); }

 private:
  struct Source {
    size_t connections = 0;
    double tokens = 0;
    Time at{};                         // when `tokens` was right
  };
  double tokens_at(const Source& source, Time now) const;
  void forget_quiet(Time now);

  const SourceLimits limits_;
  std::map<uint64_t, Source> sources_;  // ordered: nobody can choose addresses that collide
};

}  // namespace sotto::net
