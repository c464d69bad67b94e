// What a validator says while it runs: one JSON object a line, with time, level, event and the event's fields.
//
// Nothing secret and nothing that links: no keys, no transaction or note of a payment, no address of a client. Where it matters whether
// two lines are about the same client there is source(), a hash under a key that is drawn at start and never written: it says "the
// same again" for as long as the process lives, and nothing afterwards.
#pragma once
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <variant>

#include "base/secret.hpp"
#include "base/world.hpp"

namespace sotto::node {

enum class LogLevel : uint8_t { debug, info, warn, error };
const char* name(LogLevel level);
std::optional<LogLevel> parse_log_level(std::string_view text);

class Log {
 public:
  using Value = std::variant<uint64_t, double, bool, std::string>;
  struct Field {
    const char* key;
    Value value;
  };
  using Sink = std::function<void(std::string_view line)>;   // a whole line with its end; called under a lock

  // An event is written kBurst times at once and then kPerSecond times a second; the next line of it says how many were not.
  static constexpr double kBurst = 20, kPerSecond = 2;

  Log(LogLevel least, Sink sink, const Clock& clock, Entropy& entropy);
  // From any thread. `event` is one of a fixed few: a literal.
  void say(LogLevel level, const char* event, std::initializer_list<Field> fields = {});
  // 16 hex digits for a client (net::Request::source).
  std::string source(uint64_t client) const;

 private:
  struct Rate {
    double tokens = kBurst;
    uint64_t at_ms = 0, suppressed = 0;
  };
  const LogLevel least_;
  const Sink sink_;
  const Clock& clock_;
  const Secret<ByteArray<32>> salt_;
  std::mutex mutex_;
  std::map<std::string, Rate> rates_;
};

}  // namespace sotto::node
