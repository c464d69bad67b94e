// `sotto testnet …`: a network of real processes on this machine. Each function returns the exit code.
#pragma once
#include <string>

#include "apps/console.hpp"
#include "netlab/links.hpp"

namespace sotto::apps {

struct TestnetCommand {
  std::string dir;                 // "" = $SOTTO_HOME/testnet
  size_t validators = 4;           // of a new network; an existing one has what it has
  uint64_t epoch_blocks = 0;       // of a new network: an epoch's end is due after so many blocks (0: not for that),
  uint64_t epoch_s = 24 * 3600;    // or after so many seconds
  uint16_t port = 7600;            // of the API, on 127.0.0.11 and following; port + 1 and port + 2: CometBFT
  // A proxy stands between all processes, and every way is like this; an existing network must have been made with one.
  std::optional<netlab::LinkSettings> links;
};
// Writes the files of a new network.
int testnet_init(Console& console, const TestnetCommand& options);
// Runs a `sottod` for each validator, starts again what ends, until interrupted. Makes the network the first time.
int testnet_up(Console& console, const TestnetCommand& options);
// Changes the ways from one place to another of a network that runs with a proxy ("*": all of them, and then no other rule is left).
int testnet_link(Console& console, const std::string& dir, const netlab::LinkRule& rule);
int testnet_fund(Console& console, const std::string& dir, const std::string& address, const std::string& amount, const std::string& asset);

}  // namespace sotto::apps
