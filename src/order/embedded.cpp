#include "order/embedded.hpp"

#include <pthread.h>

#include <algorithm>
#include <chrono>

namespace sotto::order {

EmbeddedOptions options_for(const ledger::Params& params) {
  EmbeddedOptions options;
  options.max_entries = params.max_block_entries;
  options.max_bytes = params.max_block_bytes;
  return options;
}

EmbeddedEngine::EmbeddedEngine(const EmbeddedOptions& options, Log& log, const Clock& clock, std::vector<Consumer*> consumers,
                               Admission admit)
    : options_(options), log_(log), clock_(clock), consumers_(std::move(consumers)), admit_(std::move(admit)) {
  CHECK(options_.max_entries > 0 && options_.max_bytes >= 2 * ledger::kMaxTransactionBytes);
}

Result<std::unique_ptr<EmbeddedEngine>, Error> EmbeddedEngine::start(const EmbeddedOptions& options, Log& log, const Clock& clock,
                                                                     std::vector<Consumer*> consumers, Admission admit) {
  std::unique_ptr<EmbeddedEngine> engine(new EmbeddedEngine(options, log, clock, std::move(consumers), std::move(admit)));
  uint64_t lowest = log.height();
  for (const Consumer* consumer : engine->consumers_) {
    if (consumer->height() > log.height())
      return Failure{Error{"a ledger stands at block " + std::to_string(consumer->height()) + " but the engine's log ends at " +
                           std::to_string(log.height()) + ": the log was lost or belongs to another run"}};
    lowest = std::min(lowest, consumer->height());
  }
  for (uint64_t height = std::max<uint64_t>(1, std::min(lowest + 1, log.height())); height <= log.height(); ++height) {
    TRY(batch, log.read(height));
    engine->time_ms_ = batch.time_ms;
    for (Consumer* consumer : engine->consumers_)
      if (consumer->height() < height) TRY_OK(consumer->execute(batch));
  }
  engine->height_ = log.height();
  engine->thread_ = std::thread([e = engine.get()] { e->run(); });
  pthread_setname_np(engine->thread_.native_handle(), "ordering");
  return engine;
}

EmbeddedEngine::~EmbeddedEngine() { stop(); }

void EmbeddedEngine::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Submission EmbeddedEngine::submit(ledger::CertifiedTransaction certified) {
  const ledger::FullId id = entry_id(certified);
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return Submission::stopped;
    if (known_.contains(id)) return Submission::known;
    if (queue_.size() >= options_.max_queue) return Submission::full;
  }
  // Checked outside the lock: a pairing takes longer than everything else here. Only what passes is remembered, so a bad
  // certificate cannot keep a good one out.
  if (certified.certificate.size() > ledger::kMaxCertificateBytes || !admit_(certified)) return Submission::refused;
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return Submission::stopped;
    if (queue_.size() >= options_.max_queue) return Submission::full;
    if (!known_.insert(id).second) return Submission::known;
    queue_.emplace_back(id, std::move(certified));
  }
  changed_.notify_all();
  return Submission::queued;
}

Batch EmbeddedEngine::cut(uint64_t height) {
  Batch batch;
  batch.height = height;
  batch.time_ms = std::max(time_ms_, clock_.now_ms());
  size_t bytes = ledger::encoded_header_size();
  while (!queue_.empty() && batch.entries.size() < options_.max_entries) {
    auto& [id, certified] = queue_.front();
    const size_t more = ledger::encoded_size(certified);
    if (bytes + more > options_.max_bytes) break;
    bytes += more;
    ordered_.push_back(id);
    batch.entries.push_back(std::move(certified));
    queue_.pop_front();
  }
  while (ordered_.size() > options_.remember) {
    known_.erase(ordered_.front());
    ordered_.pop_front();
  }
  return batch;
}

void EmbeddedEngine::run() {
  using std::chrono::milliseconds;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto ready = [&] { return stopping_ || !queue_.empty(); };
    if (options_.empty_block_ms == 0) changed_.wait(lock, ready);
    else changed_.wait_for(lock, milliseconds(options_.empty_block_ms), ready);
    if (!stopping_ && !queue_.empty())
      changed_.wait_for(lock, milliseconds(options_.gather_ms), [&] { return stopping_ || queue_.size() >= options_.max_entries; });
    if (stopping_) break;

    const Batch batch = cut(log_.height() + 1);
    time_ms_ = batch.time_ms;
    std::vector<Error> failures;
    bool fatal = false;
    lock.unlock();
    if (auto written = log_.append(batch); !written.ok()) {
      failures.push_back(written.error());
      fatal = true;
    } else {
      std::erase_if(consumers_, [&](Consumer* consumer) {
        auto executed = consumer->execute(batch);
        if (!executed.ok()) failures.push_back(executed.error());
        return !executed.ok();
      });
      fatal = consumers_.empty();
    }
    lock.lock();
    failures_.insert(failures_.end(), failures.begin(), failures.end());
    if (fatal) stopping_ = true;
    else height_ = batch.height;
    changed_.notify_all();
  }
}

uint64_t EmbeddedEngine::height() const {
  std::lock_guard lock(mutex_);
  return height_;
}

bool EmbeddedEngine::wait_for(uint64_t height, uint32_t timeout_ms) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [&] { return stopping_ || height_ >= height; });
  return height_ >= height;
}

std::vector<Error> EmbeddedEngine::failures() const {
  std::lock_guard lock(mutex_);
  return failures_;
}

}  // namespace sotto::order
