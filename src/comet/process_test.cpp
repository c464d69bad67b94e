#include "comet/process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

namespace sotto::comet {
namespace {

namespace fs = std::filesystem;

std::string run(const std::vector<std::string>& arguments) {
  std::string folder = fs::temp_directory_path() / "sotto-process-XXXXXX";
  CHECK(::mkdtemp(folder.data()) != nullptr);
  const fs::path log = fs::path(folder) / "log";
  {
    auto child = ChildProcess::start(arguments, log);
    CHECK(child.ok());
    for (int i = 0; i < 2'000 && !child->ended(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  std::stringstream said;
  said << std::ifstream(log).rdbuf();
  fs::remove_all(folder);
  return said.str();
}

// Of every kind that libraries open without O_CLOEXEC.
TEST(ChildProcess, InheritsOnlyStandardStreams) {
  const int listening = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(listening, reinterpret_cast<const sockaddr*>(&any), sizeof any), 0);
  ASSERT_EQ(::listen(listening, 1), 0);
  const int file = ::open("/dev/null", O_RDWR);
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const int high = ::fcntl(file, F_DUPFD, 200);
  ASSERT_GE(high, 200);
  // `ls` itself opens the folder it lists, as the lowest free number.
  EXPECT_EQ(run({"/bin/ls", "-1", "/proc/self/fd"}), "0\n1\n2\n3\n");
  // Ours are as they were.
  for (const int fd : {listening, file, pipe[0], pipe[1], high}) {
    EXPECT_EQ(::fcntl(fd, F_GETFD), 0);
    ::close(fd);
  }
}

TEST(ChildProcess, StopsOneThatIgnoresTermBecauseItIsStopped) {
  auto child = ChildProcess::start({"/bin/sleep", "60"}, "/dev/null");
  ASSERT_TRUE(child.ok());
  ::kill(child->pid(), SIGSTOP);
  child->stop(50);
  EXPECT_EQ(child->ended(), "stopped");
}

}  // namespace
}  // namespace sotto::comet
