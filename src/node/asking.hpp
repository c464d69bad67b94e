// The same request to every validator of a committee; answers as they come.
#pragma once
#include <condition_variable>
#include <mutex>

#include "net/client.hpp"

namespace sotto::node {

class Asking {
 public:
  using Time = std::chrono::steady_clock::time_point;
  struct Answer {
    size_t validator = 0;
    Result<net::Response, Error> response;
  };

  Asking(net::Client& client, const std::vector<net::Endpoint>& validators, const net::Request& request, uint32_t timeout_ms) : left_(validators.size()) {
    for (size_t i = 0; i < validators.size(); ++i)
      client.call(validators[i], request, timeout_ms, [box = box_, i](Result<net::Response, Error> r) {
        const std::lock_guard lock(box->mutex);
        box->fresh.push_back({i, std::move(r)});
        box->arrived.notify_one();
      });
  }

  // Of how many nothing has been heard. Every call ends by its timeout.
  size_t left() const { return left_; }
  // Waits for at least one, until then; none: it is then, or everybody has answered.
  std::vector<Answer> next(Time until = Time::max()) {
    std::vector<Answer> fresh;
    if (left_ == 0) return fresh;
    std::unique_lock lock(box_->mutex);
    const auto some = [&] { return !box_->fresh.empty(); };
    if (until == Time::max()) box_->arrived.wait(lock, some);
    else box_->arrived.wait_until(lock, until, some);
    fresh.swap(box_->fresh);
    left_ -= fresh.size();
    return fresh;
  }

 private:
  // Filled by the client's thread; outlives the asking while answers are under way.
  struct Box {
    std::mutex mutex;
    std::condition_variable arrived;
    std::vector<Answer> fresh;
  };
  std::shared_ptr<Box> box_ = std::make_shared<Box>();
  size_t left_;
};

}  // namespace sotto::node
