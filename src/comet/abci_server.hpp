// The socket CometBFT connects to: a unix socket of ours in a folder of ours. Each connection is served in order, one message
// at a time; connections run beside each other.
#pragma once
#include <filesystem>
#include <functional>
#include <memory>

#include "comet/abci.hpp"

namespace sotto::comet {

struct AbciLimits {
  size_t max_request_bytes = 64 * 1024 * 1024;   // a block at its largest is half of it
  size_t max_connections = 8;                    // CometBFT opens four; further ones are closed at once
};

class AbciServer {
 public:
  // Replaces whatever lies at `path` (at most 107 bytes; mode 0600). `broken` hears, on one of the server's threads, why a
  // connection was given up, other than by its other end closing it.
  static Result<std::unique_ptr<AbciServer>, Error> start(const std::filesystem::path& path, const AbciLimits& limits,
                                                          Application& application, std::function<void(const Error&)> broken);
  ~AbciServer();                                 // stops
  AbciServer(const AbciServer&) = delete;
  // Closes everything; waits for calls that run. Safe to call twice.
  void stop();

 private:
  struct Core;
  explicit AbciServer(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace sotto::comet
