// `sotto wallet …` and `sotto devnet …`: one function a command. Each returns the exit code.
#pragma once
#include <optional>
#include <string>

#include "apps/console.hpp"
#include "node/payer.hpp"

namespace sotto::apps {

struct WalletOptions {
  std::string file;                // "" = $SOTTO_HOME/wallet
  std::string network;             // a network file, or ADDRESS:PORT of a devnet; "" = the one used last, for a new wallet the devnet here
  std::string checkpoint;          // a file as FILE.checkpoint of another wallet, to begin from instead of what this one knows
  std::string relays;              // KEY@ADDRESS:PORT, comma between them, the first hop first; "" = as last time; "none"
  int passphrase_fd = -1;          // -1: ask
};

// 24 words and what they are, for a person to write down.
void show_words(Console& console, std::string_view words);

int wallet_create(Console& console, const WalletOptions& options);
// The 24 words again, on a terminal (to_fd -1) or as one line to that descriptor.
int wallet_words(Console& console, const WalletOptions& options, int to_fd);
int wallet_restore(Console& console, const WalletOptions& options, int words_fd);
int wallet_address(Console& console, const WalletOptions& options, bool fresh);
int wallet_balance(Console& console, const WalletOptions& options);

struct PayOptions {
  std::string address, amount, asset, memo, fee, fee_asset, out;
  node::SettleMode mode = node::SettleMode::gather;
  bool yes = false;
  bool again = false;              // although the same payment is open
  uint32_t timeout_s = 30;
};
int wallet_pay(Console& console, const WalletOptions& options, const PayOptions& pay);
// The file of `pay --out` again, of a payment that is final.
int wallet_payment_file(Console& console, const WalletOptions& options, const std::string& txid, const std::string& out);
int wallet_resume(Console& console, const WalletOptions& options, uint32_t timeout_s);

struct ReceiveOptions {
  std::string file, receipt;       // file "": from blocks
  bool wait = false;
  uint32_t timeout_s = 0;          // 0: for ever
};
int wallet_receive(Console& console, const WalletOptions& options, const ReceiveOptions& receive);
// Which fees the network takes, in which assets.
int wallet_fees(Console& console, const WalletOptions& options);
int wallet_history(Console& console, const WalletOptions& options);
// With a file: checks it and keeps it if it is for a payment of ours. Without: lists those kept.
int wallet_receipt(Console& console, const WalletOptions& options, const std::string& file);

struct DevnetUpOptions {
  std::string dir;                 // "" = $SOTTO_HOME/devnet
  uint16_t port;
};
int devnet_up(Console& console, const DevnetUpOptions& options);
int devnet_fund(Console& console, const std::string& dir, const std::string& address, const std::string& amount,
                const std::string& asset);

}  // namespace sotto::apps
