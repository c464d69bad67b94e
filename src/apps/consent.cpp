#include "apps/consent.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

#include "base/descriptor.hpp"
#include "base/files.hpp"

namespace sotto::apps {

namespace {

constexpr size_t kMaxAnswer = 80;

Failure<CommandFailure> needs_yes() {
  return Failure{CommandFailure{ExitCode::usage, "nobody can be asked: standard input is no terminal; with --yes nobody is", "needs_yes"}};
}

// One line, without its end; "" at the end of input. A longer one is no answer.
std::string read_answer(int fd) {
  std::string line;
  for (;;) {
    char c = 0;
    const ssize_t n = read(fd, &c, 1);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0 || line.size() == kMaxAnswer) return "";
    if (c == '\n') return line;
    line.push_back(c);
  }
}

}  // namespace

Status<CommandFailure> can_agree(bool yes) {
  if (yes || isatty(STDIN_FILENO) == 1) return Ok{};
  return needs_yes();
}

Status<CommandFailure> agree(Console& console, bool yes, const std::vector<std::string>& review, const std::string& question) {
  for (const auto& text : review) console.line(text);
  if (yes) return Ok{};
  TRY_OK(can_agree(yes));
  const Descriptor terminal(open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (!terminal) return needs_yes();
  std::string asked;
  if (!console.terminal())
    for (const auto& text : review) asked += text + "\n";
  if (!write_all(terminal.get(), view(asked + question + " [y/N] "))) return needs_yes();
  const std::string answer = read_answer(terminal.get());
  for (const char* good : {"y", "Y", "yes"})
    if (answer == good) return Ok{};
  return Failure{CommandFailure{ExitCode::failed, "not agreed to", "not_agreed"}};
}

}  // namespace sotto::apps
