#include "apps/secret_input.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "base/descriptor.hpp"
#include "crypto/bip39.hpp"

namespace sotto::apps {

namespace {

Failure<CommandFailure> usage(std::string message) {
  return Failure{CommandFailure{ExitCode::usage, std::move(message), ""}};
}

// The signals that would leave a terminal without echo behind.
sigset_t terminal_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int s : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP}) sigaddset(&set, s);
  return set;
}

// Turns the echo off while it lives, and holds those signals back: they show on interrupted() and arrive once the echo
// is on again.
class EchoOff {
 public:
  explicit EchoOff(int fd) : fd_(fd) {
    const sigset_t held = terminal_signals();
    pthread_sigmask(SIG_BLOCK, &held, &mask_before_);
    signal_fd_ = signalfd(-1, &held, SFD_CLOEXEC | SFD_NONBLOCK);
    if (tcgetattr(fd_, &before_) != 0) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    quiet.c_lflag |= ECHONL;
    changed_ = tcsetattr(fd_, TCSAFLUSH, &quiet) == 0;
  }
  ~EchoOff() {
    if (changed_) tcsetattr(fd_, TCSAFLUSH, &before_);
    if (signal_fd_ >= 0) close(signal_fd_);
    pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
  }
  EchoOff(const EchoOff&) = delete;
  bool ok() const { return changed_ && signal_fd_ >= 0; }
  int interrupted() const { return signal_fd_; }

 private:
  int fd_;
  int signal_fd_ = -1;
  termios before_{};
  sigset_t mask_before_{};
  bool changed_ = false;
};

bool write_all(int fd, std::string_view text) {
  return write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

// `interrupt_fd`: readable when the person gave up; -1 = nobody to give up. `whole`: whether what has come is all of it, asked at each
// line's end.
using Whole = bool (*)(ByteView so_far, bool typed);
bool one_line(ByteView, bool) { return true; }
bool all_words(ByteView so_far, bool typed) {
  const std::string_view text(reinterpret_cast<const char*>(so_far.data()), so_far.size());
  const bool empty_line = text.empty() || text.back() == '\n';
  return crypto::bip39_word_count(text) >= crypto::kBip39Words || (typed && empty_line);
}
Result<SecretBytes, CommandFailure> read_line(int fd, int interrupt_fd, Whole whole = one_line) {
  Bytes line;
  line.reserve(kMaxSecretBytes);         // never reallocated: no copies of the secret left behind
  for (;;) {
    if (interrupt_fd >= 0) {
      std::array<pollfd, 2> watched{{{fd, POLLIN, 0}, {interrupt_fd, POLLIN, 0}}};
      if (poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) return usage("cannot read from the terminal");
      if (watched[1].revents != 0) {
        wipe(line.data(), line.size());
        return usage("interrupted");
      }
      if (watched[0].revents == 0) continue;
    }
    uint8_t c = 0;
    const ssize_t n = read(fd, &c, 1);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      wipe(line.data(), line.size());
      return usage("cannot read the secret from descriptor " + std::to_string(fd));
    }
    if (n == 0 || (c == '\n' && whole(line, interrupt_fd >= 0))) break;
    if (line.size() == kMaxSecretBytes || c == 0) {
      wipe(line.data(), line.size());
      return usage(c == 0 ? "a secret must not hold a zero byte" : "a secret longer than 4096 bytes");
    }
    line.push_back(c);
  }
  if (!line.empty() && line.back() == '\r') line.pop_back();
  if (line.empty()) return usage("the secret is empty");
  return SecretBytes(std::move(line));
}

// Asks on the controlling terminal, its echo off; `read` gets the terminal and what becomes readable when the person gives up.
template <class Read>
Result<SecretBytes, CommandFailure> ask_on_terminal(const std::string& prompt, const Read& read) {
  const Descriptor terminal(open("/dev/tty", O_RDWR | O_CLOEXEC));
  if (terminal.get() < 0) return usage("no terminal to ask for the secret on; use the --…-fd option");
  const EchoOff quiet(terminal.get());
  if (!quiet.ok()) return usage("cannot turn the terminal's echo off; use the --…-fd option");
  write_all(terminal.get(), prompt + ": ");
  return read(terminal.get(), quiet.interrupted());
}

}  // namespace

Result<SecretBytes, CommandFailure> read_secret_line(int fd) { return read_line(fd, -1); }

Result<SecretBytes, CommandFailure> ask_words(const std::string& prompt, int fd) {
  if (fd >= 0) return read_line(fd, -1, all_words);
  return ask_on_terminal(prompt, [](int terminal, int interrupted) { return read_line(terminal, interrupted, all_words); });
}

Result<SecretBytes, CommandFailure> ask_secret(const std::string& prompt, int fd, bool confirm) {
  if (fd >= 0) return read_secret_line(fd);
  return ask_on_terminal(prompt, [&](int terminal, int interrupted) -> Result<SecretBytes, CommandFailure> {
    TRY(first, read_line(terminal, interrupted));
    if (!confirm) return first;
    write_all(terminal, "again: ");
    TRY(second, read_line(terminal, interrupted));
    if (!equal_constant_time(first.expose(), second.expose())) return usage("the two do not match");
    return first;
  });
}

}  // namespace sotto::apps
