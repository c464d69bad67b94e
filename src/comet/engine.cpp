#include "comet/engine.hpp"

#include <pthread.h>

#include <chrono>
#include <cstdlib>
#include <deque>
#include <nlohmann/json.hpp>

#include "comet/base64.hpp"
#include "comet/proposal.hpp"

namespace sotto::comet {

namespace fs = std::filesystem;
using order::Submission;
using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

namespace {

constexpr uint32_t kRpcMs = 2'000;
constexpr size_t kMaxRpcBytes = 64 * 1024;         // of an answer
constexpr auto kLook = milliseconds(20);           // how often the child is looked at
constexpr auto kFirstPause = milliseconds(200);    // before a restart; twice as long each time
constexpr auto kMinute = std::chrono::seconds(60);

void keep_log_small(const fs::path& log, size_t most) {
  std::error_code e;
  const auto size = fs::file_size(log, e);
  if (!e && size > most) fs::rename(log, log.string() + ".1", e);
}

}  // namespace

std::optional<fs::path> find_binary() {
  const auto is_there = [](const fs::path& path) {
    std::error_code e;
    return fs::is_regular_file(path, e);
  };
  if (const char* set = std::getenv("SOTTO_COMETBFT")) return is_there(set) ? std::optional<fs::path>(set) : std::nullopt;
  fs::path cache;
  if (const char* xdg = std::getenv("XDG_CACHE_HOME"); xdg && *xdg) cache = xdg;
  else if (const char* home = std::getenv("HOME")) cache = fs::path(home) / ".cache";
  const fs::path path = cache / "sotto" / "bin" / ("cometbft-" SOTTO_COMETBFT_VERSION);
  return is_there(path) ? std::optional(path) : std::nullopt;
}

CometEngine::CometEngine(const EngineOptions& options, const LedgerRules& rules, order::Replica& replica, Admission admit, SnapshotSource* snapshots)
    : options_(options),
      replica_(replica),
      admit_(std::move(admit)),
      pending_(options_.pending),
      application_(rules, replica_, pending_, admit_, [this](uint64_t engine_height, bool changed) {
        {
          const std::lock_guard lock(mutex_);
          kept_ = engine_height;
          moving_ = changed;
        }
        changed_.notify_all();
      }, snapshots) {}

Result<std::unique_ptr<CometEngine>, Error> CometEngine::start(const EngineOptions& options, const LedgerRules& rules,
                                                               order::Replica& replica, Admission admit,
                                                               SnapshotSource* snapshots) {
  std::unique_ptr<CometEngine> engine(new CometEngine(options, rules, replica, std::move(admit), snapshots));
  engine->kept_ = replica.point().engine_height;
  auto server = AbciServer::start(options.socket, options.abci, engine->application_, [e = engine.get()](const Error& why) { e->fail(why); });
  if (!server.ok()) return Failure{server.error()};
  engine->server_ = std::move(server).value();
  engine->supervisor_ = std::thread([e = engine.get()] { e->supervise(); });
  pthread_setname_np(engine->supervisor_.native_handle(), "comet-process");
  engine->waker_ = std::thread([e = engine.get()] { e->wake(); });
  pthread_setname_np(engine->waker_.native_handle(), "comet-wake");
  return engine;
}

CometEngine::~CometEngine() { stop(); }

void CometEngine::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (supervisor_.joinable()) supervisor_.join();
  if (waker_.joinable()) waker_.join();
  if (server_) server_->stop();
}

void CometEngine::fail(const Error& why) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_) failures_.push_back(why);
    stopping_ = true;
  }
  changed_.notify_all();
}

void CometEngine::supervise() {
  std::deque<Steady::time_point> ends;             // of the last minute
  const fs::path log = options_.home / "comet.log";
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    keep_log_small(log, options_.max_log_bytes);
    auto child = ChildProcess::start({options_.binary.string(), "start", "--home", options_.home.string()}, log);
    if (!child.ok()) return fail(child.error());
    lock.lock();
    pid_ = child->pid();
    std::optional<std::string> end;
    while (!stopping_ && !restart_wanted_ && !(end = child->ended())) changed_.wait_for(lock, kLook, [&] { return stopping_ || restart_wanted_; });
    if (!end) {
      lock.unlock();
      child->stop(options_.stop_ms);               // kills one that does not listen, as a stopped process does not
      lock.lock();
      pid_ = -1;
      restart_wanted_ = false;
      if (!stopping_) ++restarts_;
      continue;
    }
    pid_ = -1;
    restart_wanted_ = false;
    if (stopping_) break;
    const auto now = Steady::now();
    ends.push_back(now);
    while (now - ends.front() > kMinute) ends.pop_front();
    if (ends.size() > options_.max_restarts) {
      lock.unlock();
      return fail(Error{"CometBFT ended " + std::to_string(ends.size()) + " times within a minute (" + *end + "); see " + log.string()});
    }
    ++restarts_;
    changed_.wait_for(lock, kFirstPause * (1 << (ends.size() - 1)), [&] { return stopping_; });
  }
}

Submission CometEngine::submit(ledger::CertifiedTransaction certified) {
  const ledger::FullId id = order::entry_id(certified);
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return Submission::stopped;
  }
  if (const auto refused = pending_.refuses(id)) return *refused;
  // Only what passes is remembered, so a bad certificate cannot keep a good one out.
  const ledger::CertifiedTransaction* const asked[] = {&certified};
  if (certified.certificate.size() > ledger::kMaxCertificateBytes || !admit_(asked)[0]) return Submission::refused;
  const auto added = pending_.add(id, std::move(certified));
  if (added == Submission::queued) {
    { const std::lock_guard lock(mutex_); }        // not between the waker's look and its sleep
    changed_.notify_all();
  }
  return added;
}

// While blocks change the state CometBFT makes the next by itself; a wake-up is needed only when it rests. Which block it is
// for is part of the wake-up, so those of all validators are the same few bytes, and none outlives its block.
void CometEngine::wake() {
  std::unique_lock lock(mutex_);
  uint64_t woken_for = 0;
  while (!stopping_) {
    const auto rests = [&] { return !moving_ && pending_.size() > 0; };
    const bool due = changed_.wait_for(lock, milliseconds(options_.wake_again_ms), [&] { return stopping_ || (rests() && kept_ + 1 != woken_for); });
    if (stopping_) break;
    // Nothing new for a while: what was said before is said again, also if a block that should come by itself did not.
    if (!due && pending_.size() == 0) continue;
    if (due) changed_.wait_for(lock, milliseconds(options_.gather_ms), [&] { return stopping_; });
    if (stopping_) break;
    const uint64_t target = kept_ + 1;
    lock.unlock();
    const bool said = call_wake(target);
    lock.lock();
    if (said) woken_for = target;
    else changed_.wait_for(lock, milliseconds(options_.wake_again_ms / 4), [&] { return stopping_; });
  }
}

// Two calls in one: CometBFT hands a broadcast on to the application up to 20 ms late, unless something else on that
// connection is waited for, as check_tx is (engines' note on the flush timer: docs/adr/0070).
bool CometEngine::call_wake(uint64_t engine_height) {
  const std::string tx = base64(encode_wake(engine_height));
  const auto call = [&tx](int id, const char* method) {
    return nlohmann::json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", {{"tx", tx}}}};
  };
  const std::string body = nlohmann::json::array({call(0, "broadcast_tx_async"), call(1, "check_tx")}).dump();
  net::Request request;
  request.method = net::Method::post;
  request.target = "/";
  request.body.assign(body.begin(), body.end());
  request.max_response_bytes = kMaxRpcBytes;
  const auto response = client_.call_and_wait(options_.rpc, std::move(request), kRpcMs);
  return response.ok() && response->status == 200;
}

void CometEngine::restart() {
  {
    const std::lock_guard lock(mutex_);
    restart_wanted_ = pid_ > 0;
  }
  changed_.notify_all();
}

uint64_t CometEngine::engine_height() const {
  const std::lock_guard lock(mutex_);
  return kept_;
}

bool CometEngine::wait_for(uint64_t engine_height, uint32_t timeout_ms) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, milliseconds(timeout_ms), [&] { return stopping_ || kept_ >= engine_height; });
  return kept_ >= engine_height;
}

pid_t CometEngine::pid() const {
  const std::lock_guard lock(mutex_);
  return pid_;
}
uint32_t CometEngine::restarts() const {
  const std::lock_guard lock(mutex_);
  return restarts_;
}
std::vector<Error> CometEngine::failures() const {
  const std::lock_guard lock(mutex_);
  return failures_;
}

}  // namespace sotto::comet
