#include "comet/process.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <optional>
#include <thread>

#include "base/spawn.hpp"

namespace sotto::comet {

namespace {

std::string how(int status) {
  if (WIFEXITED(status)) return "exit code " + std::to_string(WEXITSTATUS(status));
  if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
  return "status " + std::to_string(status);
}

}  // namespace

Result<ChildProcess, Error> ChildProcess::start(const std::vector<std::string>& arguments, const std::filesystem::path& log, int network) {
  CHECK(!arguments.empty());
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const int in = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  int report[2] = {-1, -1};                              // the child's errno, if it could not become the program
  if (out < 0 || in < 0 || ::pipe2(report, O_CLOEXEC) != 0) {
    const std::string why = std::strerror(errno);
    for (const int fd : {out, in}) if (fd >= 0) ::close(fd);
    return Failure{Error{log.string() + ": " + why}};
  }
  std::vector<char*> argv;
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) {
    // Only what is safe between fork and exec in a process with threads.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    ::setpgid(0, 0);                                     // a terminal's ^C is ours to handle
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::dup2(in, 0);
    ::dup2(out, 1);
    ::dup2(out, 2);
    int why = inherit_only_standard_streams();
    if (why == 0) {
      if (network < 0 || ::setns(network, CLONE_NEWNET) == 0) ::execv(argv[0], argv.data());
      why = errno;
    }
    [[maybe_unused]] const auto written = ::write(report[1], &why, sizeof why);
    ::_exit(127);
  }
  const int fork_errno = errno;
  ::close(out);
  ::close(in);
  ::close(report[1]);
  int why = 0;
  const bool failed = pid > 0 && ::read(report[0], &why, sizeof why) == sizeof why;
  ::close(report[0]);
  if (pid < 0) return Failure{Error{std::string("fork: ") + std::strerror(fork_errno)}};
  if (failed) {
    ::waitpid(pid, nullptr, 0);
    return Failure{Error{arguments.front() + ": " + std::strerror(why)}};
  }
  return ChildProcess(pid);
}

std::optional<std::string> ChildProcess::ended() {
  if (pid_ < 0) return "stopped";
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  pid_ = -1;
  return how(status);
}

void ChildProcess::stop(uint32_t patience_ms) {
  if (pid_ < 0) return;
  ::kill(pid_, SIGTERM);
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(patience_ms);
  while (!ended()) {
    if (std::chrono::steady_clock::now() >= until) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
      pid_ = -1;
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

ChildProcess::~ChildProcess() { stop(0); }

}  // namespace sotto::comet
