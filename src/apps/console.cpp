#include "apps/json.hpp"
#include "apps/console.hpp"

#include <cstdio>
#include <unistd.h>

#include <fmt/format.h>

namespace sotto::apps {

namespace {
void put(std::FILE* to, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), to);
  std::fflush(to);
}
constexpr const char* kClearLine = "\r\x1b[2K";
}  // namespace

std::string show_ms(double ms) {
  if (ms < 1) return fmt::format("{:.0f} µs", ms * 1000);
  if (ms < 100) return fmt::format("{:.1f} ms", ms);
  if (ms < 1000) return fmt::format("{:.0f} ms", ms);
  return fmt::format("{:.1f} s", ms / 1000);
}

Console::Console(bool json) : json_(json), terminal_(!json && isatty(STDOUT_FILENO) == 1) {
  if (terminal_) ticker_ = std::thread([this] { ticker(); });
}

Console::~Console() {
  if (!ticker_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    if (running_) put(stdout, "\n");
    stop_ = true;
  }
  wake_.notify_all();
  ticker_.join();
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
  put(stdout, fmt::format("{}  … {} ({:.1f} s)", kClearLine, *running_, ms / 1000));
}

void Console::line(const std::string& text) {
  if (json_) return;
  const std::lock_guard lock(mutex_);
  put(stdout, (running_ && terminal_ ? kClearLine : "") + text + "\n");
}

void Console::heading(const std::string& text) {
  line("");
  line(terminal_ ? "\x1b[1m" + text + "\x1b[0m" : text);
}

void Console::begin(const std::string& what) {
  if (json_) return;
  const std::lock_guard lock(mutex_);
  running_ = what;
  began_ = std::chrono::steady_clock::now();
  if (terminal_) draw_running();
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
  const std::string colour = terminal_ ? (good ? "\x1b[32m" : "\x1b[31m") : "";
  put(stdout, fmt::format("{}  {}{}{} {:<58} {:>9}{}{}\n", terminal_ ? kClearLine : "", colour, mark,
                          terminal_ ? "\x1b[0m" : "", what, show_ms(ms), note.empty() ? "" : "  ", note));
}

void Console::document(const std::string& json_text) {
  if (json_) put(stdout, json_text + "\n");
}

int Console::failure(const CommandFailure& f) {
  if (json_) {
    nlohmann::json j{{"ok", false}, {"error", name(f.code)}, {"message", f.message}};
    if (!f.reject.empty()) j["reject"] = f.reject;
    document(j.dump(-1, ' ', false, kReplaceBadUtf8));
  } else {
    const std::lock_guard lock(mutex_);
    if (running_ && terminal_) put(stdout, "\n");
    running_.reset();
    put(stderr, "sotto: " + f.message + "\n");
  }
  return static_cast<int>(f.code);
}

}  // namespace sotto::apps
