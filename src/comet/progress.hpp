// Does the engine do its work? A pure judge over what is seen of it about once a second (docs/adr/0110). A chain that rests, because
// nothing waits to be ordered, makes no blocks and is well.
#pragma once
#include <cstdint>
#include <span>
#include <utility>

namespace sotto::comet {

struct ProgressLimits {
  uint32_t stuck_ms = 30'000;          // so long without progress that others make, or without a word: it is started again
  uint32_t max_restarts = 5;           // in a row without progress in between; one more is given up
  uint32_t max_doublings = 3;          // patience doubles with each of them, so often at most
  uint32_t most_between_ms = 5'000;    // a longer time between two looks counts as this: it was we who slept
};

struct EngineSeen {
  uint64_t ours = 0;                   // engine height that we have kept
  uint64_t others = 0;                 // one that others surely have reached (surely_reached); 0: not known
  bool answers = false;                // its RPC, just now
  bool work_waits = false;             // something is to be ordered
  bool alone = false;                  // nobody else is needed for a block
};

enum class EngineState : uint8_t {
  fine,
  behind,                              // others have more, or work waits that nobody else holds up
  engine_stuck,                        // behind, and has not moved for too long
  engine_silent,                       // neither its RPC nor its blocks have been heard of for too long
};
const char* name(EngineState state);

class ProgressJudge {
 public:
  enum class Act : uint8_t { none, restart, give_up };
  struct Verdict {
    EngineState state{};
    Act act{};
    uint64_t stalled_ms = 0;           // without progress while it was due
  };
  explicit ProgressJudge(const ProgressLimits& limits = {}) : limits_(limits) {}
  // `now_ms`: of a clock that never goes back. After Act::restart the caller has started it again. A state of trouble lasts until
  // there is progress, or none is due and the engine answers.
  Verdict step(uint64_t now_ms, const EngineSeen& seen);

 private:
  const ProgressLimits limits_;
  uint64_t last_ms_ = 0, ours_ = 0;
  bool begun_ = false;
  uint64_t due_ms_ = 0, silent_ms_ = 0, stalled_ms_ = 0;   // the first two since the last restart
  uint32_t restarts_ = 0;
  EngineState trouble_ = EngineState::fine;
};

// The greatest height that members with more than a third of all stake say they have reached, so an honest one has. {height, stake} of
// every member; height 0: it says nothing.
uint64_t surely_reached(std::span<const std::pair<uint64_t, uint64_t>> members);

}  // namespace sotto::comet
