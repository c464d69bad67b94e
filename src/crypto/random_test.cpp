#include "crypto/random.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

namespace sotto::crypto {

TEST(SystemEntropy, fills_and_differs) {
  SystemEntropy entropy;
  Bytes a(1000), b(1000);
  entropy.fill(a);
  entropy.fill(b);
  EXPECT_NE(a, b);
  EXPECT_GT(std::count_if(a.begin(), a.end(), [](uint8_t x) { return x != 0; }), 900);
  entropy.fill({});
}

TEST(SystemEntropy, a_fork_repeats_nothing) {
  SystemEntropy entropy;
  (void)entropy.bytes<32>();
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto bytes = entropy.bytes<32>();
    _exit(write(pipe_ends[1], bytes.data(), bytes.size()) == 32 ? 0 : 1);
  }
  const auto ours = entropy.bytes<32>();
  ByteArray<32> theirs{};
  EXPECT_EQ(read(pipe_ends[0], theirs.data(), theirs.size()), 32);
  int status = 0;
  waitpid(child, &status, 0);
  close(pipe_ends[0]);
  close(pipe_ends[1]);
  EXPECT_NE(ours, theirs);
}

}  // namespace sotto::crypto
