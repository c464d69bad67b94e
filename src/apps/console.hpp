// What a command shows. For people: lines, and on a terminal a step that counts its time while it runs. For programs
// (--json): one document on stdout at the end and nothing else. Complaints go to stderr either way.
//
// Everything for stdout is written at once and checked. A command whose output could not be written is no success
// (close()), whatever it did; what it did for good is then told on stderr.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "apps/exit_code.hpp"

namespace sotto::apps {

class Console {
 public:
  explicit Console(bool json);
  ~Console();
  Console(const Console&) = delete;
  bool json() const { return json_; }
  // A person reads stdout.
  bool terminal() const { return terminal_; }

  void line(const std::string& text);                    // people only
  void heading(const std::string& text);                 // people only
  // One honest step: what is being done, the time running while it is, then how it ended. Steps do not nest.
  void begin(const std::string& what);
  void update(const std::string& what);                  // the running step, reworded (progress)
  void end(bool good, double ms, const std::string& note = "");
  // The document of --json, one line. Nothing for people.
  void document(const std::string& json_text);
  // Text as it is, in either form: help.
  void text(const std::string& text);
  // The failure, for people on stderr, for programs as {"ok":false,"error":…,"message":…[,"reject":…][,"txid":…]}; returns the exit code.
  int failure(const CommandFailure& f);
  // What has happened although `f`: said on stderr in either form; the document, if there is one, is the caller's.
  int warning(const CommandFailure& f);

  // The command is one that moves money, and has not yet: until money_may_move() every failure says so.
  void moves_money();
  void money_may_move();
  bool is_about_money() const { return about_money_; }
  // The command ends because of a signal: like failure(), with a code and error of its own. From any thread.
  void stopped(int code, const std::string& error, const std::string& message, const std::string& txid);
  // What cannot be undone and must be known even if stdout takes nothing: close() repeats it on stderr then.
  void happened(const std::string& what);
  // All that was said so far has reached stdout.
  bool written();
  // The command's exit code, given what it returned: not_written if it did well but stdout took not all of it.
  int close(int code);

 private:
  void draw_running();
  void ticker();
  void out(const std::string& text);                     // under mutex_
  const bool json_;
  const bool terminal_;
  const bool redraws_;                                   // the terminal can clear a line
  const bool colours_;
  std::atomic<bool> unmoved_ = false, about_money_ = false;
  std::optional<int> trouble_;                           // errno of the first write that failed; nothing is written after it
  std::vector<std::string> happened_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::optional<std::string> running_;
  std::chrono::steady_clock::time_point began_;
  bool stop_ = false;
  std::thread ticker_;
};

// For main, before anything is opened: descriptors 0 to 2 that are closed stay so in effect (reading and writing them
// fails), and no file or socket ever gets their numbers. A file at its size limit is an error of the write, like a
// pipe that nobody reads, not the end of the program.
void keep_standard_streams();

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
