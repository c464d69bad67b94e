#include "apps/console.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "apps/json.hpp"
#include "base/files.hpp"

namespace sotto::apps {

namespace {
constexpr const char* kClearLine = "\r\x1b[2K";
constexpr std::string_view kNotMoved = "money not moved";

void complain(const std::string& text) { (void)write_all(STDERR_FILENO, view("sotto: " + text + "\n")); }

bool set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}
}  // namespace

void keep_standard_streams() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest free number is this one. Opened the wrong way round: using it fails with EBADF, as if it were closed.
    (void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

std::string show_ms(double ms) {
  if (ms < 1) return fmt::format("{:.0f} µs", ms * 1000);
  if (ms < 100) return fmt::format("{:.1f} ms", ms);
  if (ms < 1000) return fmt::format("{:.0f} ms", ms);
  return fmt::format("{:.1f} s", ms / 1000);
}

Console::Console(bool json)
    : json_(json), terminal_(!json && isatty(STDOUT_FILENO) == 1),
      redraws_(terminal_ && set("TERM") && std::strcmp(std::getenv("TERM"), "dumb") != 0), colours_(redraws_ && !set("NO_COLOR")) {
  if (redraws_) ticker_ = std::thread([this] { ticker(); });
}

Console::~Console() {
  if (!ticker_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    if (running_) out("\n");
    stop_ = true;
  }
  wake_.notify_all();
  ticker_.join();
}

void Console::out(const std::string& text) {
  if (!trouble_ && !write_all(STDOUT_FILENO, view(text))) trouble_ = errno;
}

// Redraws the running step ten times a second, so that its time is seen to pass.
void Console::ticker() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    if (running_) draw_running();
    wake_.wait_for(lock, std::chrono::milliseconds(100));
  }
}

void Console::draw_running() {
  const double ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began_).count();
  out(fmt::format("{}  … {} ({:.1f} s)", kClearLine, *running_, ms / 1000));
}

void Console::line(const std::string& text) {
  if (json_) return;
  const std::lock_guard lock(mutex_);
  out((running_ && redraws_ ? kClearLine : "") + text + "\n");
}

void Console::heading(const std::string& text) {
  line("");
  line(colours_ ? "\x1b[1m" + text + "\x1b[0m" : text);
}

void Console::begin(const std::string& what) {
  if (json_) return;
  const std::lock_guard lock(mutex_);
  running_ = what;
  began_ = std::chrono::steady_clock::now();
  if (redraws_) draw_running();
}

void Console::update(const std::string& what) {
  const std::lock_guard lock(mutex_);
  if (running_) running_ = what;
}

void Console::end(bool good, double ms, const std::string& note) {
  if (json_) return;
  const std::lock_guard lock(mutex_);
  const std::string what = running_.value_or("");
  running_.reset();
  const char* mark = good ? "✓" : "✗";
  const std::string colour = colours_ ? (good ? "\x1b[32m" : "\x1b[31m") : "";
  out(fmt::format("{}  {}{}{} {:<58} {:>9}{}{}\n", redraws_ ? kClearLine : "", colour, mark, colours_ ? "\x1b[0m" : "", what, show_ms(ms),
                  note.empty() ? "" : "  ", note));
}

void Console::document(const std::string& json_text) {
  if (json_) text(json_text + "\n");
}

void Console::text(const std::string& text) {
  const std::lock_guard lock(mutex_);
  out(text);
}

int Console::failure(const CommandFailure& given) {
  CommandFailure f = given;
  if (unmoved_ && f.message.find(kNotMoved) == std::string::npos) {
    const size_t first_line = std::min(f.message.find('\n'), f.message.size());
    f.message.insert(first_line, "; " + std::string(kNotMoved));
  }
  if (!json_) return warning(f);
  nlohmann::json j{{"ok", false}, {"error", name(f.code)}, {"message", f.message}};
  if (!f.reject.empty()) j["reject"] = f.reject;
  if (!f.txid.empty()) j["txid"] = f.txid;
  document(j.dump(-1, ' ', false, kReplaceBadUtf8));
  return written() ? static_cast<int>(f.code) : warning(f);
}

int Console::warning(const CommandFailure& f) {
  const std::lock_guard lock(mutex_);
  if (running_ && redraws_) out("\n");
  running_.reset();
  complain(f.message + (f.txid.empty() ? "" : " (txid " + f.txid + ")"));
  return static_cast<int>(f.code);
}

void Console::stopped(int code, const std::string& error, const std::string& message, const std::string& txid) {
  if (json_) {
    nlohmann::json j{{"ok", false}, {"error", error}, {"message", message}, {"reject", "interrupted"}, {"code", code}};
    if (!txid.empty()) j["txid"] = txid;
    document(j.dump(-1, ' ', false, kReplaceBadUtf8));
    if (written()) return;
  }
  const std::lock_guard lock(mutex_);
  if (running_ && redraws_) out("\n");
  complain(message + (txid.empty() ? "" : " (txid " + txid + ")"));
}

void Console::moves_money() { about_money_ = unmoved_ = true; }
void Console::money_may_move() { unmoved_ = false; }

void Console::happened(const std::string& what) {
  const std::lock_guard lock(mutex_);
  happened_.push_back(what);
}

bool Console::written() {
  const std::lock_guard lock(mutex_);
  return !trouble_;
}

int Console::close(int code) {
  const std::lock_guard lock(mutex_);
  if (!trouble_) return code;
  const bool well = code == static_cast<int>(ExitCode::ok);
  complain(fmt::format("{}standard output could not be written: {}", well ? "done, but " : "", std::strerror(*trouble_)));
  for (const auto& what : happened_) complain(what);
  return well ? static_cast<int>(ExitCode::not_written) : code;
}

}  // namespace sotto::apps
