// `sotto testnet …`: a network of real processes on this machine. Each function returns the exit code.
#pragma once
#include <string>

#include "apps/console.hpp"

namespace sotto::apps {

struct TestnetCommand {
  std::string dir;                 // "" = $SOTTO_HOME/testnet
  size_t validators = 4;           // of a new network; an existing one has what it has
  uint16_t port = 7600;            // of the API, on 127.0.0.11 and following; port + 1 and port + 2: CometBFT
};
// Writes the files of a new network.
int testnet_init(Console& console, const TestnetCommand& options);
// Runs a `sottod` for each validator, starts again what ends, until interrupted. Makes the network the first time.
int testnet_up(Console& console, const TestnetCommand& options);
int testnet_fund(Console& console, const std::string& dir, const std::string& address, const std::string& amount, const std::string& asset);

}  // namespace sotto::apps
