#include "node/watch.hpp"

#include <pthread.h>
#include <sys/statvfs.h>

#include <algorithm>

namespace sotto::node {

namespace {

constexpr auto kLook = std::chrono::seconds(1);
constexpr uint32_t kRpcMs = 2'000;

std::string mib(uint64_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

}  // namespace

std::optional<uint64_t> free_bytes(std::span<const std::filesystem::path> folders) {
  std::optional<uint64_t> least;
  for (const auto& folder : folders) {
    struct statvfs about {};
    if (::statvfs(folder.c_str(), &about) != 0) continue;
    const uint64_t here = uint64_t{about.f_bavail} * about.f_frsize;
    least = std::min(least.value_or(here), here);
  }
  return least;
}

Watch::Watch(const WatchOptions& options, ValidatorNode& node, comet::CometEngine& engine, const Clock& clock, Log& log)
    : options_(options), node_(node), engine_(engine), clock_(clock), log_(log), judge_(options.progress), disk_(options.disk), thread_([this] { run(); }) {
  pthread_setname_np(thread_.native_handle(), "watch");
}

Watch::~Watch() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::optional<std::string> Watch::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_.empty() ? std::nullopt : std::optional(trouble_);
}

void Watch::give_up(const std::string& what) {
  const std::lock_guard lock(mutex_);
  if (trouble_.empty()) trouble_ = what;
}

void Watch::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    look();
    lock.lock();
    changed_.wait_for(lock, kLook, [&] { return stopping_; });
  }
}

void Watch::look() {
  Surroundings around;
  look_at_engine(around);
  look_at_disk(around);
  node_.surroundings(around);
}

void Watch::look_at_engine(Surroundings& around) {
  const auto response = client_.call_and_wait(options_.rpc, {net::Method::get, "/health"}, kRpcMs);
  const uint64_t ours = engine_.engine_height();
  const comet::EngineSeen seen{ours, node_.engine_height_of_others(), response.ok(), engine_.pending() > 0, options_.alone};
  const auto verdict = judge_.step(clock_.monotonic_us() / 1'000, seen);
  around.engine_stalled_ms = verdict.stalled_ms;
  around.engine_restarts = engine_.restarts();
  const bool trouble = verdict.state == comet::EngineState::engine_stuck || verdict.state == comet::EngineState::engine_silent;
  if (trouble) around.obstacle = comet::name(verdict.state);
  const auto was = std::exchange(state_, verdict.state);
  const bool was_trouble = was == comet::EngineState::engine_stuck || was == comet::EngineState::engine_silent;
  if (was_trouble && !trouble) log_.say(LogLevel::info, "engine_well", {{"height", ours}});
  if (verdict.act == comet::ProgressJudge::Act::none) return;
  log_.say(LogLevel::error, comet::name(verdict.state), {{"height", ours}, {"others", seen.others}, {"seconds", verdict.stalled_ms / 1'000}});
  if (verdict.act == comet::ProgressJudge::Act::restart) return engine_.restart();
  give_up(std::string("ordering engine: ") + comet::name(verdict.state) + " at height " + std::to_string(ours) + " for " +
          std::to_string(verdict.stalled_ms / 1'000) + " s, and " + std::to_string(options_.progress.max_restarts) + " restarts did not help; see comet.log");
}

void Watch::look_at_disk(Surroundings& around) {
  const auto free = free_bytes(options_.folders);
  if (!free) return;
  around.disk_free_bytes = *free;
  const bool was_low = disk_low_;
  const auto state = disk_.step(*free);
  around.disk_low = disk_low_ = state != DiskState::fine;
  if (disk_low_ && around.obstacle.empty()) around.obstacle = "disk_low";
  if (disk_low_ != was_low) log_.say(disk_low_ ? LogLevel::error : LogLevel::info, disk_low_ ? "disk_low" : "disk_fine", {{"free", *free}});
  if (state == DiskState::disk_full)
    give_up("disk full: " + mib(*free) + " free, less than the reserve of " + mib(disk_.limits().reserve_bytes) + " (disk.reserve_mb); make room and start it again");
}

}  // namespace sotto::node
