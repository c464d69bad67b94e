// What the way between two places is like: one-way delay, jitter, loss, or cut. Pure: times and randomness are given.
//
// Loss is what TCP makes of it. A proxy of byte streams cannot drop a segment; it can hold what a lost one would hold up: everything
// behind it, for kResend. That is Linux's smallest retransmission timeout (TCP_RTO_MIN, include/net/tcp.h), which a lone lost segment
// waits for; in a stream that goes on, real TCP notices after about a round trip. So losses here cost more than real ones.
#pragma once
#include <chrono>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace sotto::netlab {

using Time = std::chrono::steady_clock::time_point;

inline constexpr auto kResend = std::chrono::milliseconds(200);
inline constexpr size_t kSegmentBytes = 1448;      // of one Ethernet frame, TCP timestamps on
inline constexpr double kMaxDelayMs = 10'000;
inline constexpr double kMaxLoss = 0.5;            // of segments
inline constexpr size_t kMaxRules = 4'096;
inline constexpr size_t kMaxLinksBytes = 1024 * 1024;

struct LinkSettings {
  double delay_ms = 0;
  double jitter_ms = 0;                            // up to so much more, uniformly
  double loss = 0;                                 // probability of a segment
  bool cut = false;                                // nothing passes; what was sent waits
  friend bool operator==(const LinkSettings&, const LinkSettings&) = default;
};

// Directed. "*" stands for everybody. Of the rules that fit the last one holds whole.
struct LinkRule {
  std::string from, to;
  LinkSettings settings;
  friend bool operator==(const LinkRule&, const LinkRule&) = default;
};

class Links {
 public:
  Links() = default;
  explicit Links(std::vector<LinkRule> rules) : rules_(std::move(rules)) {}
  LinkSettings between(std::string_view from, std::string_view to) const;
  const std::vector<LinkRule>& rules() const { return rules_; }

 private:
  std::vector<LinkRule> rules_;
};

// {"links": [{"from": "validator-1", "to": "*", "delay_ms": 10, "jitter_ms": 2, "loss": 0.001, "cut": false}, ...]}; from and to must be
// there. Refused: other fields, numbers out of range, too many rules.
Result<Links, Error> parse_links(ByteView json);
std::string to_json(const Links& links);

// When what arrives leaves again: in the order it came.
class Departures {
 public:
  // `random` is uniform in [0, 1), called once, and once more for each segment on a link that loses any.
  template <class Random>
  Time next(Time arrived, size_t bytes, const LinkSettings& link, Random&& random) {
    using Ms = std::chrono::duration<double, std::milli>;
    Time leaves = arrived + std::chrono::duration_cast<Time::duration>(Ms(link.delay_ms + link.jitter_ms * random()));
    for (size_t sent = 0; link.loss > 0 && sent < bytes; sent += kSegmentBytes)
      while (random() < link.loss) leaves += kResend;
    last_ = std::max(last_, leaves);
    return last_;
  }

 private:
  Time last_{};
};

}  // namespace sotto::netlab
