#include "comet/progress.hpp"

#include <algorithm>
#include <functional>
#include <vector>

namespace sotto::comet {

const char* name(EngineState state) {
  switch (state) {
    case EngineState::fine: return "fine";
    case EngineState::behind: return "behind";
    case EngineState::engine_stuck: return "engine_stuck";
    case EngineState::engine_silent: return "engine_silent";
  }
  return "?";
}

ProgressJudge::Verdict ProgressJudge::step(uint64_t now_ms, const EngineSeen& seen) {
  const uint64_t passed = begun_ ? std::min<uint64_t>(now_ms - last_ms_, limits_.most_between_ms) : 0;
  const bool moved = begun_ && seen.ours > ours_;
  const bool due = seen.others > seen.ours || (seen.alone && seen.work_waits);
  begun_ = true;
  last_ms_ = now_ms;
  ours_ = seen.ours;

  const bool well = moved || (seen.answers && !due);
  if (well) {
    restarts_ = 0;
    trouble_ = EngineState::fine;
  }
  silent_ms_ = seen.answers || moved ? 0 : silent_ms_ + passed;
  due_ms_ = !due || moved ? 0 : due_ms_ + passed;
  stalled_ms_ = well ? 0 : due || silent_ms_ > 0 ? stalled_ms_ + passed : stalled_ms_;

  const uint64_t patience = uint64_t{limits_.stuck_ms} << std::min(restarts_, limits_.max_doublings);
  Verdict verdict{due ? EngineState::behind : EngineState::fine, Act::none, stalled_ms_};
  if (silent_ms_ >= patience || due_ms_ >= patience) {
    trouble_ = silent_ms_ >= patience ? EngineState::engine_silent : EngineState::engine_stuck;
    verdict.act = ++restarts_ > limits_.max_restarts ? Act::give_up : Act::restart;
    silent_ms_ = due_ms_ = 0;
  }
  if (trouble_ != EngineState::fine) verdict.state = trouble_;
  return verdict;
}

uint64_t surely_reached(std::span<const std::pair<uint64_t, uint64_t>> members) {
  __extension__ using Sum = unsigned __int128;
  std::vector<std::pair<uint64_t, uint64_t>> sorted(members.begin(), members.end());
  std::ranges::sort(sorted, std::greater());
  Sum all = 0, stake = 0;
  for (const auto& [height, weight] : sorted) all += weight;
  for (const auto& [height, weight] : sorted)
    if ((stake += weight) * 3 > all) return height;
  return 0;
}

}  // namespace sotto::comet
