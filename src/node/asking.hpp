// The same request to every validator of a committee; answers as they come.
#pragma once
#include <condition_variable>
#include <mutex>

#include "net/client.hpp"

namespace sotto::node {

// Of each answer: what everybody is asked is short, and all of them may lie at once.
inline constexpr size_t kMaxAskedOfAllBytes = 4 * 1024 * 1024;

class Asking {
 public:
  using Time = std::chrono::steady_clock::time_point;
  struct Answer {
    size_t validator = 0;
    Result<net::Response, Error> response;
  };

  Asking(net::Client& client, const std::vector<net::Endpoint>& validators, net::Request request, uint32_t timeout_ms)
      : client_(client), group_(client.new_group()), left_(validators.size()) {
    request.max_response_bytes = kMaxAskedOfAllBytes;
    for (size_t i = 0; i < validators.size(); ++i)
      client.call(validators[i], request, timeout_ms, [box = box_, i](Result<net::Response, Error> r) {
        const std::lock_guard lock(box->mutex);
        box->fresh.push_back({i, std::move(r)});
        box->arrived.notify_one();
      }, group_);
  }
  // On whoever has not answered: its connection closes. Without this it may answer late, and its connection is kept.
  void give_up() { client_.give_up(group_); }

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
  net::Client& client_;
  const uint64_t group_;
  std::shared_ptr<Box> box_ = std::make_shared<Box>();
  size_t left_;
};

}  // namespace sotto::node
