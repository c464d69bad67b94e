// One child process: started with its output in a file, ended with us whatever happens to us, waited for.
#pragma once
#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace sotto::comet {

class ChildProcess {
 public:
  // `arguments` beginning with the program's path. Its standard output and error are appended to `log` (mode 0600); it inherits
  // no other descriptor (base/spawn.hpp). The kernel kills it when the thread that started it ends, so that thread must outlive it.
  // `network`: a network namespace for it, as setns(2) takes it; -1: ours.
  static Result<ChildProcess, Error> start(const std::vector<std::string>& arguments, const std::filesystem::path& log, int network = -1);
  ChildProcess(ChildProcess&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  ChildProcess& operator=(ChildProcess&&) = delete;
  ~ChildProcess();                               // kills and reaps it if it still runs

  pid_t pid() const { return pid_; }
  // How it ended, for people; nullopt while it runs.
  std::optional<std::string> ended();
  // Asks it to end, waits so long, then kills it.
  void stop(uint32_t patience_ms);

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}
  pid_t pid_;
};

}  // namespace sotto::comet
