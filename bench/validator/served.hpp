// The validator under test, in a process of its own so that its CPU time can be told from the harness's: the real
// ValidatorNode with RocksDB on disk and synced writes, its HTTP on loopback, and the embedded ordering engine with its own
// synced log executing what is certified.
#pragma once
#include <cstdio>
#include <map>
#include <memory>
#include <string>

#include "base/result.hpp"

namespace sotto::bench {

struct ServeOptions {
  std::string corpus, data_dir;
  std::string dir;             // for store and log
  size_t threads = 2;          // for verification
  bool fresh = true;           // makes the store and orders; otherwise the store is there, and nothing is ordered
};
// The child: serves until standard input ends. Speaks lines on standard output: "port N", then one line a "usage" asked for.
int serve(const ServeOptions& options);

// What the child's "usage" line says, counted since its start.
struct Usage {
  double user_ms = 0, system_ms = 0;
  double peak_mb = 0;
  double written_mb = 0;       // handed to the disk, as the kernel counts
  uint64_t height = 0, executed = 0;
  std::string app_hash;
  std::map<std::string, double> thread_ms;   // by name
  double cpu_ms() const { return user_ms + system_ms; }
};

class ServedValidator {
 public:
  // Runs `self --serve ...`.
  static Result<std::unique_ptr<ServedValidator>, Error> start(const std::string& self, const ServeOptions& options);
  ~ServedValidator();          // ends the child and removes its directory
  ServedValidator(const ServedValidator&) = delete;
  uint16_t port() const { return port_; }
  int process() const { return child_; }
  Usage usage();

 private:
  ServedValidator() = default;
  std::string line();
  int child_ = -1;
  FILE* in_ = nullptr;
  FILE* out_ = nullptr;
  uint16_t port_ = 0;
  std::string dir_;
};

}  // namespace sotto::bench
