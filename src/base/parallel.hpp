// parallel_for: the one way this code uses several cores inside a computation. Results never depend on the
// number of threads: each index writes only its own output.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace sotto {

class ThreadPool {
 public:
  // `threads` counts the caller: 1 = everything runs inline.
  // `on_start` is the first thing every thread of its own does.
  explicit ThreadPool(size_t threads, const std::function<void()>& on_start = {});
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  size_t threads() const { return workers_.size() + 1; }
  // Runs job(i) for every i in [0, count), in any order, and returns when all are done. Safe to call from several
  // threads: calls queue up. Not to be called from inside a job.
  void parallel_for(size_t count, const std::function<void(size_t)>& job);

 private:
  struct Batch;
  void work();
  std::mutex caller_;                 // one batch at a time
  std::mutex mutex_;
  std::condition_variable wake_;
  std::shared_ptr<Batch> batch_;
  bool stop_ = false;
  std::vector<std::thread> workers_;
};

}  // namespace sotto
