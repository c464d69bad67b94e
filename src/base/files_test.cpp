#include "base/files.hpp"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

namespace sotto {
namespace {

namespace fs = std::filesystem;

class Files : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "sotto-files-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
  }
  void TearDown() override { fs::remove_all(dir_); }
  size_t entries() const { return static_cast<size_t>(std::distance(fs::directory_iterator(dir_), {})); }
  fs::path dir_;
};

TEST_F(Files, ANewFileTakesItsPlaceFirstAndIsThereOnlyOnceItIsWhole) {
  {
    auto file = NewFile::take(dir_ / "a", 10'000);
    ASSERT_TRUE(file.ok());
    EXPECT_FALSE(fs::exists(dir_ / "a"));
    EXPECT_EQ(fs::file_size(dir_ / "a.new"), 10'000u);
    ASSERT_TRUE(file->put(view("content")).ok());
    EXPECT_EQ(fs::file_size(dir_ / "a"), 7u);
    EXPECT_EQ(fs::status(dir_ / "a").permissions(), fs::perms::owner_read | fs::perms::owner_write);
  }
  EXPECT_EQ(entries(), 1u);
}

TEST_F(Files, ANewFileThatIsNotPutGoes) {
  { ASSERT_TRUE(NewFile::take(dir_ / "a", 100).ok()); }
  EXPECT_EQ(entries(), 0u);
}

TEST_F(Files, ANewFileSaysThatItsPlaceIsGone) {
  auto file = NewFile::take(dir_ / "a", 100);
  ASSERT_TRUE(file.ok());
  fs::remove_all(dir_);
  EXPECT_FALSE(file->put(view("content")).ok());
  EXPECT_FALSE(NewFile::take(dir_ / "a", 100).ok());
}

// No room, found before there is anything to write. In a process of its own, which may only make small files.
TEST_F(Files, ANewFileWantsItsRoomAtOnce) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{1000, 1000};
    setrlimit(RLIMIT_FSIZE, &small);
    const bool good = NewFile::take(dir_ / "a", 1000).ok() && !NewFile::take(dir_ / "a", 1001).ok();
    _exit(good ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(entries(), 0u);
}

// Larger than the pipe, which refuses to wait: the writer waits for the reader.
TEST_F(Files, WriteAllWaitsForASlowReader) {
  std::array<int, 2> pipe_ends{};
  ASSERT_EQ(pipe2(pipe_ends.data(), O_NONBLOCK), 0);
  const Bytes content(1'000'000, 7);
  bool written = false;
  std::thread writer([&] {
    written = write_all(pipe_ends[1], content);
    close(pipe_ends[1]);
  });
  size_t read_bytes = 0;
  Bytes chunk(1000);
  for (;;) {
    pollfd ready{pipe_ends[0], POLLIN, 0};
    poll(&ready, 1, -1);
    const ssize_t n = read(pipe_ends[0], chunk.data(), chunk.size());
    if (n == 0) break;
    if (n > 0) read_bytes += static_cast<size_t>(n);
  }
  writer.join();
  close(pipe_ends[0]);
  EXPECT_TRUE(written);
  EXPECT_EQ(read_bytes, content.size());
}

TEST_F(Files, AFailedWriteLeavesNothingBeside) {
  fs::create_directory(dir_ / "taken");
  EXPECT_FALSE(write_file(dir_ / "taken", view("content")).ok());
  EXPECT_EQ(entries(), 1u);
}

}  // namespace
}  // namespace sotto
