// One thread that takes everything posted since it last looked and works on it together: how proofs are verified in
// batches and locks are synced in groups without anybody waiting for a batch to fill.
#pragma once
#include <pthread.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace sotto::node {

template <class Item>
class BatchWorker {
 public:
  using Work = std::function<void(std::vector<Item>)>;

  // Queues without bound: whoever posts bounds what it has outstanding (settle::Limits does for a validator).
  // With a tick, an idle worker runs `work` on nothing that often.
  // The name (at most 15 characters) is what the system shows for the thread; `on_start` is the first thing it does.
  BatchWorker(size_t max_batch, Work work, std::optional<std::chrono::milliseconds> tick = std::nullopt,
              const char* name = "worker", const std::function<void()>& on_start = {})
      : max_batch_(max_batch), work_(std::move(work)), tick_(tick) {
    thread_ = std::thread([this, on_start] {
      if (on_start) on_start();
      run();
    });
    pthread_setname_np(thread_.native_handle(), name);
  }
  ~BatchWorker() { stop(); }
  BatchWorker(const BatchWorker&) = delete;

  // From any thread; dropped once stopped.
  void post(Item item) {
    {
      const std::lock_guard lock(mutex_);
      if (stop_) return;
      pending_.push_back(std::move(item));
    }
    wake_.notify_one();
  }

  // Returns once everything posted before has been worked on, or the worker has stopped. Not from its own thread.
  void drain() {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [&] { return stop_ || (pending_.empty() && !working_); });
  }

  // Ends after the batch being worked on; what still waits is dropped. Not from its own thread. Safe to call twice.
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    idle_.notify_all();
    if (!thread_.joinable()) return;
    thread_.join();
    pending_.clear();                          // whoever waits for one of them learns that it will not be done
  }

 private:
  void run() {
    for (;;) {
      std::vector<Item> batch;
      {
        std::unique_lock lock(mutex_);
        working_ = false;
        if (pending_.empty()) idle_.notify_all();
        const auto ready = [&] { return stop_ || !pending_.empty(); };
        if (tick_) {
          wake_.wait_for(lock, *tick_, ready);
        } else {
          wake_.wait(lock, ready);
        }
        if (stop_) return;
        if (pending_.size() <= max_batch_) {
          batch.swap(pending_);
        } else {
          const auto end = pending_.begin() + static_cast<std::ptrdiff_t>(max_batch_);
          batch.assign(std::make_move_iterator(pending_.begin()), std::make_move_iterator(end));
          pending_.erase(pending_.begin(), end);
        }
        working_ = true;
      }
      work_(std::move(batch));
    }
  }

  const size_t max_batch_;
  const Work work_;
  const std::optional<std::chrono::milliseconds> tick_;
  std::mutex mutex_;
  std::condition_variable wake_, idle_;
  std::vector<Item> pending_;
  bool stop_ = false;
  bool working_ = false;
  std::thread thread_;
};

}  // namespace sotto::node
