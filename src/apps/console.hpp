// What a command shows. For people: lines, and on a terminal a step that counts its time while it runs. For programs
// (--json): one document on stdout at the end and nothing else. Complaints go to stderr either way.
#pragma once
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "apps/exit_code.hpp"

namespace sotto::apps {

class Console {
 public:
  explicit Console(bool json);
  ~Console();
  Console(const Console&) = delete;
  bool json() const { return json_; }
  bool terminal() const { return terminal_; }

  void line(const std::string& text);                    // people only
  void heading(const std::string& text);                 // people only
  // One honest step: what is being done, the time running while it is, then how it ended. Steps do not nest.
  void begin(const std::string& what);
  void update(const std::string& what);                  // the running step, reworded (progress)
  void end(bool good, double ms, const std::string& note = "");
  // The document of --json, one line, flushed. Nothing for people.
  void document(const std::string& json_text);
  // The failure, for people on stderr, for programs as {"ok":false,"error":…,"message":…}; returns the exit code.
  int failure(const CommandFailure& f);

 private:
  void draw_running();
  void ticker();
  const bool json_;
  const bool terminal_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::optional<std::string> running_;
  std::chrono::steady_clock::time_point began_;
  bool stop_ = false;
  std::thread ticker_;
};

// "950 µs", "12.3 ms", "2.1 s".
std::string show_ms(double ms);

class Stopwatch {
 public:
  double ms() const {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began_).count();
  }

 private:
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

}  // namespace sotto::apps
