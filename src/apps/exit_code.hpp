// What `sotto` commands return to the shell. The one table; docs/cli.md repeats it for readers and a test compares
// them.
#pragma once
#include <array>
#include <string>

namespace sotto::apps {

enum class ExitCode : int {
  ok = 0,
  failed = 1,
  usage = 2,
  unreachable = 3,
  wrong_passphrase = 4,
  wallet_in_use = 5,
  damaged = 6,
  not_enough = 7,
  no_such_file = 8,
  already_exists = 9,
  timed_out = 10,
  wrong_network = 11,
  pending = 12,
  not_written = 13,
  merging = 14,
  payment_open = 15,
};

struct ExitCodeRow {
  ExitCode code;
  const char* name;            // "error" in --json output
  const char* meaning;
};
inline constexpr std::array<ExitCodeRow, 16> kExitCodes{{
    {ExitCode::ok, "ok", "done"},
    {ExitCode::failed, "failed", "refused or failed; the message says why"},
    {ExitCode::usage, "usage", "the command line makes no sense"},
    {ExitCode::unreachable, "unreachable", "cannot reach the network (or too few validators to go on)"},
    {ExitCode::wrong_passphrase, "wrong_passphrase", "the passphrase does not open this wallet"},
    {ExitCode::wallet_in_use, "wallet_in_use", "another process has this wallet or devnet open"},
    {ExitCode::damaged, "damaged", "a file is damaged or not what it should be; nothing was changed"},
    {ExitCode::not_enough, "not_enough", "not enough money, or not yet spendable"},
    {ExitCode::no_such_file, "no_such_file", "no wallet, payment, receipt or devnet there"},
    {ExitCode::already_exists, "already_exists", "will not overwrite what is there"},
    {ExitCode::timed_out, "timed_out", "nothing arrived in the time given"},
    {ExitCode::wrong_network, "wrong_network", "the wallet, file or address belongs to another network"},
    {ExitCode::pending, "pending", "sent, not known to be final: the money may still move; run `sotto wallet resume`"},
    {ExitCode::not_written, "not_written", "done, but what it says could not all be written: to standard output or into a file"},
    {ExitCode::merging, "merging", "not paid: small notes were being merged for the payment, which was never made; run the command again"},
    {ExitCode::payment_open, "payment_open", "the same payment is under way, or final and was never shown: run `sotto wallet resume`, or repeat it with --again"},
}};

constexpr const ExitCodeRow& row(ExitCode code) { return kExitCodes[static_cast<size_t>(code)]; }
constexpr const char* name(ExitCode code) { return row(code).name; }

// How a command ends when it does not end well.
struct CommandFailure {
  ExitCode code = ExitCode::failed;
  std::string message;         // a sentence for a person
  std::string reject;          // the named reject, if one of ours was the cause
  std::string txid = {};       // of the payment that may have moved money
};

}  // namespace sotto::apps
