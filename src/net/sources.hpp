// How much each source (an address, Request::source) may do at once and a second: token buckets, in bounded memory. A request takes a
// token, a connection several (a TLS handshake costs us a signature), and what turns out to be rubbish is charged for afterwards,
// into debt: until it is paid off by the passing of time the source is refused where that is cheapest, at its next connection.
// Mistakes happen, and people share addresses: the first offences cost little, each further one twice the one before it, and a minute
// makes up for one. So whoever goes on is soon heard once in a few minutes. The time is given.
// But neighbours are not to blame (docs/adr/0114): a source in debt has a few connections in reserve, now and then one more, and each
// connection has a purse of its own for when the source has nothing left, which refills once a payment on it has held.
#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace sotto::net {

struct SourceLimits {
  size_t connections = 64;
  uint32_t requests_per_s = 500;       // sustained
  uint32_t burst = 1'000;              // at once, after a quiet while
  uint32_t connect_tokens = 20;        // what a connection takes
  uint32_t offence_tokens = 100;       // what each of the first offences takes
  uint32_t forgiven = 4;               // so many of them; then the price doubles each time
  uint32_t most_debt = 300'000;        // tokens: at the sustained rate, ten minutes
  size_t remembered = 16'384;          // sources; with more, the quiet ones are forgotten
  uint32_t reserve = 4;                // connections, whatever it owes
  uint32_t reserve_refill_ms = 2'000;  // for one of them
  uint32_t purse = 32;                 // requests of one connection whose source has no token
  uint32_t purse_per_s = 8;            // what a purse that has been earned gets back
};

// What sources are charged for, in offences: what nobody sends by mistake; and a handshake or a place that came to nothing, for who loses
// its network says nothing either.
inline constexpr double kRubbish = 1, kSilence = 0.25;

class Sources {
 public:
  using Time = std::chrono::steady_clock::time_point;
  // One connection's own tokens.
  struct Purse {
    double tokens = 0;
    bool earned = false;
    Time at{};
  };

  explicit Sources(const SourceLimits& limits) : limits_(limits) {}

  // False: it has as many as it may, or too few tokens.
  bool connect(uint64_t source, Time now);
  void disconnect(uint64_t source);
  size_t connections(uint64_t source) const;
  // Whose connections are most, and how many; {0, 0} if there are none. Counts the connected only.
  std::pair<uint64_t, size_t> busiest() const;
  // Of a connection that begins.
  Purse purse(Time now) const { return {static_cast<double>(limits_.purse), false, now}; }
  // Takes a token: the source's, or else the purse's; false if none is left.
  bool request(uint64_t source, Purse& purse, Time now);
  // A payment held that came on this connection. From now on its purse refills.
  void earn(Purse& purse, Time now) const;
  // Rubbish came on it: the purse is empty, and stays so until it is earned again.
  void spoil(Purse& purse, Time now) const;
  // Takes so many tokens, whether it has them or not.
  void charge(uint64_t source, double tokens, Time now);
  // Sent rubbish, or kept a place for nothing: `weight` of an offence.
  void offend(uint64_t source, double weight, Time now);
  // Those that have been refused many times in a row and would be for a while yet: not worth an answer (net/gate.hpp). At most `most`.
  std::vector<uint64_t> unheard(Time now, size_t most);
  size_t remembered() const { return sources_.size(); }

 private:
  static constexpr size_t kInsists = 8;          // refusals; a wallet that is refused goes to another validator
  static constexpr double kAWhile = 1;           // second
  static constexpr double kMostOffences = 20;    // 2^16 times the first one's price: over any debt
  struct Source {
    size_t refused = 0;                // in a row
    double tokens = 0, offences = 0;
    double reserve = 0;                // connections
    Time at{};                         // when they were right
  };
  // What time has given back by now.
  void bring_to(Source& source, Time now) const;
  void bring_to(Purse& purse, Time now) const;
  void forget_quiet(Time now);

  const SourceLimits limits_;
  std::map<uint64_t, size_t> connected_;  // how often; never 0
  std::map<uint64_t, Source> sources_;    // ordered: nobody can choose addresses that collide
};

}  // namespace sotto::net
