#include "node/batch_worker.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

namespace sotto::node {
namespace {

using namespace std::chrono_literals;

// Takes down the sizes of batches; the first one is held until release().
class Log {
 public:
  void work(const std::vector<int>& batch) {
    std::unique_lock lock(mutex_);
    sizes_.push_back(batch.size());
    changed_.notify_all();
    changed_.wait(lock, [&] { return released_; });
  }
  void release() {
    const std::lock_guard lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }
  // Waits for so many batches.
  std::vector<size_t> sizes(size_t batches, std::chrono::milliseconds at_most = 20s) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, at_most, [&] { return sizes_.size() >= batches; });
    return sizes_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<size_t> sizes_;
  bool released_ = false;
};

TEST(BatchWorker, what_arrives_meanwhile_is_one_batch) {
  Log log;
  BatchWorker<int> worker(4, [&](std::vector<int> batch) { log.work(batch); });
  worker.post(0);
  ASSERT_EQ(log.sizes(1), std::vector<size_t>{1});
  for (int i = 0; i < 6; ++i) worker.post(i);
  log.release();
  EXPECT_EQ(log.sizes(3), (std::vector<size_t>{1, 4, 2}));
}

TEST(BatchWorker, takes_what_arrived_and_stops) {
  std::mutex mutex;
  std::vector<size_t> sizes;
  std::atomic<size_t> done{0};
  std::atomic<bool> hold{true};
  {
    BatchWorker<int> worker(10, [&](std::vector<int> batch) {
      while (hold) std::this_thread::yield();
      const std::lock_guard lock(mutex);
      sizes.push_back(batch.size());
      done += batch.size();
    });
    for (int i = 0; i < 25; ++i) worker.post(i);
    hold = false;
    while (done < 25) std::this_thread::yield();
    worker.stop();
    worker.post(1);                      // dropped
  }
  EXPECT_EQ(done, 25u);
  EXPECT_LE(*std::ranges::max_element(sizes), 10u);
  EXPECT_LT(sizes.size(), 25u);
}

}  // namespace
}  // namespace sotto::node
