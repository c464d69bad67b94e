#include "base/parallel.hpp"

#include <atomic>

namespace sotto {

struct ThreadPool::Batch {
  Batch(const std::function<void(size_t)>& j, size_t n) : job(j), count(n) {}
  const std::function<void(size_t)>& job;
  const size_t count;
  std::atomic<size_t> next{0};
  std::atomic<size_t> done{0};
  std::mutex mutex;
  std::condition_variable finished;

  void run() {
    for (size_t i; (i = next.fetch_add(1)) < count;) {
      job(i);
      if (done.fetch_add(1) + 1 == count) {
        const std::lock_guard lock(mutex);
        finished.notify_all();
      }
    }
  }
};

ThreadPool::ThreadPool(size_t threads, const std::function<void()>& on_start) {
  for (size_t i = 1; i < threads; ++i)
    workers_.emplace_back([this, on_start] {
      if (on_start) on_start();
      work();
    });
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  for (auto& worker : workers_) worker.join();
}

void ThreadPool::work() {
  std::shared_ptr<Batch> last;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stop_ || (batch_ && batch_ != last); });
      if (stop_) return;
      last = batch_;
    }
    last->run();
  }
}

void ThreadPool::parallel_for(size_t count, const std::function<void(size_t)>& job) {
  if (workers_.empty() || count <= 1) {
    for (size_t i = 0; i < count; ++i) job(i);
    return;
  }
  const std::lock_guard one_at_a_time(caller_);
  const auto batch = std::make_shared<Batch>(job, count);
  {
    const std::lock_guard lock(mutex_);
    batch_ = batch;
  }
  wake_.notify_all();
  batch->run();
  {
    std::unique_lock lock(batch->mutex);
    batch->finished.wait(lock, [&] { return batch->done.load() == count; });
  }
  const std::lock_guard lock(mutex_);
  batch_.reset();
}

}  // namespace sotto
