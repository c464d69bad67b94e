// Result, CHECK, Secret and the thread pool.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>

#include "base/parallel.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

using namespace sotto;

namespace {

enum class Reject : uint8_t { odd, negative };

Result<int, Reject> half(int x) {
  if (x < 0) return Failure{Reject::negative};
  if (x % 2 != 0) return Failure{Reject::odd};
  return x / 2;
}

Result<int, Reject> quarter(int x) {
  TRY(once, half(x));
  TRY(twice, half(once));
  return twice;
}

Status<Reject> divisible(int x) {
  TRY_OK(half(x));
  return Ok{};
}

}  // namespace

TEST(Result, TryReturnsTheFirstFailure) {
  EXPECT_EQ(*quarter(12), 3);
  EXPECT_EQ(quarter(6).error(), Reject::odd);
  EXPECT_EQ(quarter(-4).error(), Reject::negative);
  EXPECT_TRUE(divisible(2).ok());
  EXPECT_EQ(divisible(3).error(), Reject::odd);
}

TEST(ResultDeathTest, TheWrongSideIsABug) {
  EXPECT_DEATH((void)half(3).value(), "CHECK failed");
  EXPECT_DEATH((void)half(2).error(), "CHECK failed");
}

TEST(CheckDeathTest, StopsAndSaysWhere) {
  CHECK(1 + 1 == 2);
  EXPECT_DEATH(CHECK(1 + 1 == 3), "1 \\+ 1 == 3 at .*base_test.cpp");
}

TEST(Secret, IsWipedWhenItDies) {
  alignas(Secret<ByteArray<64>>) unsigned char storage[sizeof(Secret<ByteArray<64>>)];
  ByteArray<64> key;
  key.fill(0xaa);
  auto* secret = new (storage) Secret<ByteArray<64>>(key);
  EXPECT_EQ(secret->expose(), key);
  secret->~Secret();
  const volatile unsigned char* left = storage;
  for (size_t i = 0; i < sizeof storage; ++i) ASSERT_EQ(left[i], 0) << i;
}

TEST(Secret, BytesMoveWithoutCopies) {
  SecretBytes a(Bytes{1, 2, 3});
  const uint8_t* where = a.expose().data();
  SecretBytes b(std::move(a));
  EXPECT_EQ(b.expose().data(), where);
  EXPECT_TRUE(a.expose().empty());  // NOLINT: what a moved-from secret holds is the point
}

TEST(Secret, EqualityLooksAtEveryByte) {
  const Bytes a(40, 9);
  EXPECT_TRUE(equal_constant_time(a, Bytes(40, 9)));
  EXPECT_FALSE(equal_constant_time(a, Bytes(39, 9)));
  for (size_t i = 0; i < a.size(); ++i) {
    Bytes b = a;
    b[i] ^= 0x80;
    EXPECT_FALSE(equal_constant_time(a, b)) << i;
  }
  EXPECT_TRUE(equal_constant_time({}, {}));
}

TEST(ThreadPool, RunsEveryIndexOnce) {
  for (const size_t threads : {1u, 2u, 5u}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.threads(), threads);
    for (const size_t count : {0u, 1u, 3u, 1000u}) {
      std::vector<std::atomic<int>> runs(count);
      pool.parallel_for(count, [&](size_t i) { runs[i].fetch_add(1); });
      for (const auto& n : runs) EXPECT_EQ(n.load(), 1);
    }
  }
}

TEST(ThreadPool, UsesItsThreads) {
  // Two jobs that each wait for the other to have begun can only end on two threads.
  ThreadPool pool(2);
  std::atomic<int> begun{0};
  std::atomic<bool> met{true};
  pool.parallel_for(2, [&](size_t) {
    begun.fetch_add(1);
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (begun.load() < 2) {
      if (std::chrono::steady_clock::now() > give_up) {
        met = false;
        return;
      }
      std::this_thread::yield();
    }
  });
  EXPECT_TRUE(met);
}

TEST(ThreadPool, CallsFromSeveralThreadsQueueUp) {
  ThreadPool pool(3);
  std::atomic<size_t> total{0};
  std::vector<std::thread> callers;
  for (int c = 0; c < 4; ++c)
    callers.emplace_back([&] {
      for (int k = 0; k < 50; ++k) pool.parallel_for(20, [&](size_t) { total.fetch_add(1); });
    });
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(total.load(), 4u * 50 * 20);
}
