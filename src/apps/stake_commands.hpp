// `sotto stake …`: one function a command. Each returns the exit code.
#pragma once
#include "apps/wallet_commands.hpp"

namespace sotto::apps {

struct StakeOptions {
  WalletOptions wallet;
  std::string validator;           // its id, or the beginning of it
  std::string amount;              // of the native asset; "all"
  std::string dir;                 // a validator's directory, made by `sottod init`
  std::string commission = "5";    // percent
  std::string endpoint;
  bool self = false;
  bool yes = false;                // do not ask
  uint32_t timeout_s = 60;
};
int stake_validators(Console& console, const StakeOptions& options);
int stake_status(Console& console, const StakeOptions& options);
int stake_bond(Console& console, const StakeOptions& options);
int stake_unbond(Console& console, const StakeOptions& options);
int stake_unjail(Console& console, const StakeOptions& options);
int stake_register(Console& console, const StakeOptions& options);

}  // namespace sotto::apps
