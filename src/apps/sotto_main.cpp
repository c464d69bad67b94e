// `sotto`: parses the command line and calls one function (docs/cli.md).
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <optional>
#include <sstream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/json.hpp"
#include "apps/demo.hpp"
#include "apps/environment.hpp"
#include "apps/genesis_commands.hpp"
#include "apps/stake_commands.hpp"
#include "apps/testnet_commands.hpp"
#include "apps/wallet_commands.hpp"

namespace {

using namespace sotto::apps;

std::string exit_codes() {
  std::string text = "Exit codes:\n";
  for (const auto& r : kExitCodes)
    text += fmt::format("  {:>2}  {:<17} {}\n", static_cast<int>(r.code), r.name, r.meaning);
  return text;
}

int version(Console& console) {
  console.line(std::string("sotto ") + SOTTO_VERSION);
  console.document(nlohmann::json{{"ok", true}, {"version", SOTTO_VERSION}}.dump(-1, ' ', false, kReplaceBadUtf8));
  return 0;
}

int show_help(CLI::App& app, const CLI::Error& help, Console& console) {
  std::ostringstream out;
  const int code = app.exit(help, out, out);
  console.text(out.str());
  return code;
}

void epoch_options(CLI::App& command, uint64_t& blocks, uint64_t& seconds) {
  command.add_option("--epoch-blocks", blocks, "in a new one: epochs end after so many blocks (0: not for that reason)")->capture_default_str();
  command.add_option("--epoch-seconds", seconds, "or after so long (0: not for that reason)")->capture_default_str()->check(CLI::Range(uint64_t{0}, uint64_t{1} << 40));
}

void wallet_options(CLI::App& command, WalletOptions& o) {
  command.add_option("--wallet", o.file, "the wallet file (default: $SOTTO_HOME/wallet)");
  command.add_option("--network", o.network, "a network file, or ADDRESS:PORT of a devnet here (default: the one used last)");
  command.add_option("--checkpoint", o.checkpoint, "believe this committee: FILE.checkpoint of a wallet you trust (default: its own, else genesis's)");
  command.add_option("--relay", o.relays, "KEY@ADDRESS:PORT[,KEY@ADDRESS:PORT] to go through, or none (default: as last time)");
  command.add_option("--passphrase-fd", o.passphrase_fd, "read the passphrase from this descriptor instead of asking")
      ->check(CLI::NonNegativeNumber);
}

// Everything main does but the last: the console it makes is closed there.
int sotto_command(int argc, char** argv, std::optional<Console>& made) {
  bool json = false;
  CLI::App app{"Sotto: private payments, final in milliseconds.", "sotto"};
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(exit_codes());
  app.add_flag("--json", json, "one JSON document on stdout and nothing else");

  auto* demo_command = app.add_subcommand("demo", "a network, three people, two payments, and what must fail");
  auto* version_command = app.add_subcommand("version", "what this is");

  auto* devnet = app.add_subcommand("devnet", "a network of four validators on this machine");
  devnet->require_subcommand(1);
  DevnetUpOptions up_options{"", kDefaultPort};
  auto* up = devnet->add_subcommand("up", "starts it (makes it, the first time) and runs until interrupted");
  up->add_option("--dir", up_options.dir, "where it lives (default: $SOTTO_HOME/devnet)");
  up->add_option("--port", up_options.port, "the first validator's port, the others follow; 0: any")
      ->capture_default_str();
  std::string fund_dir, fund_address, fund_amount, fund_asset;
  auto* fund = devnet->add_subcommand("fund", "money for an address, by a real private payment");
  fund->add_option("address", fund_address, "to whom")->required();
  fund->add_option("amount", fund_amount, "how much, e.g. 100.00")->required();
  fund->add_option("asset", fund_asset, "of what, e.g. EUR")->required();
  fund->add_option("--dir", fund_dir, "the devnet's directory (default: $SOTTO_HOME/devnet)");

  auto* testnet = app.add_subcommand("testnet", "a network of real validator processes on this machine, ordered by CometBFT");
  testnet->require_subcommand(1);
  TestnetCommand testnet_options;
  auto* testnet_init_command = testnet->add_subcommand("init", "writes the files of a new one");
  auto* testnet_up_command = testnet->add_subcommand("up", "starts it (makes it, the first time) and runs until interrupted");
  for (auto* c : {testnet_init_command, testnet_up_command}) {
    c->add_option("--dir", testnet_options.dir, "where it lives (default: $SOTTO_HOME/testnet)");
    c->add_option("--validators", testnet_options.validators, "how many, in a new one")->capture_default_str()->check(CLI::Range(1, 64));
    epoch_options(*c, testnet_options.epoch_blocks, testnet_options.epoch_s);
    c->add_option("--port", testnet_options.port, "of the API on 127.0.0.11 and following; the next two are CometBFT's")->capture_default_str();
  }
  sotto::netlab::LinkSettings links;
  const auto link_options = [&](CLI::App& c) {
    return std::vector<CLI::Option*>{
        c.add_option("--delay", links.delay_ms, "one way, in ms")->check(CLI::Range(0.0, sotto::netlab::kMaxDelayMs)),
        c.add_option("--jitter", links.jitter_ms, "up to so many ms more")->check(CLI::Range(0.0, sotto::netlab::kMaxDelayMs)),
        c.add_option("--loss", links.loss, "probability of a segment; what is lost comes 200 ms later")->check(CLI::Range(0.0, sotto::netlab::kMaxLoss))};
  };
  const auto init_links = link_options(*testnet_init_command), up_links = link_options(*testnet_up_command);
  auto* testnet_link_command = testnet->add_subcommand("link", "changes the ways between processes of one that was made with --delay, --jitter or --loss");
  sotto::netlab::LinkRule link_rule;
  std::string link_dir;
  testnet_link_command->add_option("from", link_rule.from, "validator-N, wallets or '*'")->required();
  testnet_link_command->add_option("to", link_rule.to, "likewise")->required();
  link_options(*testnet_link_command);
  testnet_link_command->add_flag("--cut", links.cut, "nothing passes; what was sent waits");
  testnet_link_command->add_option("--dir", link_dir, "the testnet's directory (default: $SOTTO_HOME/testnet)");
  auto* testnet_fund_command = testnet->add_subcommand("fund", "money for an address, by a real private payment");
  testnet_fund_command->add_option("address", fund_address, "to whom")->required();
  testnet_fund_command->add_option("amount", fund_amount, "how much, e.g. 100.00")->required();
  testnet_fund_command->add_option("asset", fund_asset, "of what, e.g. EUR")->required();
  testnet_fund_command->add_option("--dir", fund_dir, "the testnet's directory (default: $SOTTO_HOME/testnet)");

  auto* genesis = app.add_subcommand("genesis", "a network of several operators, put together out of what each has made");
  genesis->require_subcommand(1);
  DraftCommand draft_command;
  std::vector<std::string> possessions;
  auto* draft = genesis->add_subcommand("draft", "from the operators' cards; each then runs `sottod prove`");
  draft->add_option("cards", draft_command.cards, "card.json of each")->required();
  draft->add_option("--name", draft_command.name, "the network's, at most 32 printable characters")->required();
  draft->add_option("--kind", draft_command.kind, "main: for real money; test: not; dev: for one machine. Its addresses show it (default: test)")
      ->transform(CLI::CheckedTransformer(std::map<std::string, sotto::note::NetworkKind>{{"main", sotto::note::NetworkKind::main},
                                                                                          {"test", sotto::note::NetworkKind::test},
                                                                                          {"dev", sotto::note::NetworkKind::dev}}));
  epoch_options(*draft, draft_command.epoch_blocks, draft_command.epoch_s);
  auto* seal = genesis->add_subcommand("seal", "from their proofs of possession: genesis and the network file");
  seal->add_option("possessions", possessions, "possession.json of each")->required();
  for (auto* c : {draft, seal}) c->add_option("--dir", draft_command.dir, "where it lies")->required();

  auto* wallet = app.add_subcommand("wallet", "a wallet file and what to do with it");
  wallet->require_subcommand(1);
  WalletOptions wallet_file;
  const auto command = [&](const char* name, const char* what) {
    auto* c = wallet->add_subcommand(name, what);
    wallet_options(*c, wallet_file);
    return c;
  };
  auto* create = command("create", "a new wallet; shows its 24 words");
  int words_fd = -1, words_to_fd = -1;
  auto* words = command("words", "shows the 24 words again, on a terminal only");
  words->add_option("--words-to-fd", words_to_fd, "write them (one line) to this descriptor instead")->check(CLI::NonNegativeNumber);
  auto* restore = command("restore", "a wallet from its 24 words: finds everything again");
  restore->add_option("--words-fd", words_fd, "read the words (one line) from this descriptor instead of asking")
      ->check(CLI::NonNegativeNumber);
  bool fresh = false;
  auto* address = command("address", "where others pay to");
  address->add_flag("--new", fresh, "a fresh one, unlinkable to the others");
  auto* balance = command("balance", "what is there, and how fresh that is");
  PayOptions pay_options;
  auto* pay = command("pay", "pays, and waits until it is final");
  pay->add_option("address", pay_options.address, "to whom")->required();
  pay->add_option("amount", pay_options.amount, "how much, e.g. 12.50; or all: everything that can be spent now, less the fees")->required();
  pay->add_option("asset", pay_options.asset, "of what, e.g. EUR")->required();
  pay->add_option("--memo", pay_options.memo, "for the payee alone, at most 512 bytes");
  pay->add_option("--fee", pay_options.fee, "in the fee asset (default: the network's lowest; `wallet fees` lists those allowed)");
  pay->add_option("--fee-asset", pay_options.fee_asset, "which asset pays the fee (default: the network's first)");
  pay->add_option("--out", pay_options.out, "write the payment here, for the payee's `receive`");
  pay->add_flag("--yes", pay_options.yes, "do not ask");
  pay->add_flag("--again", pay_options.again, "even if the same payment is not known to be final");
  pay->add_option("--settle", pay_options.mode, "who brings the votes together: gather (this wallet), exchange (validators), one (through one validator)")
      ->transform(CLI::CheckedTransformer(std::map<std::string, sotto::node::SettleMode>{{"gather", sotto::node::SettleMode::gather},
                                                                                         {"exchange", sotto::node::SettleMode::exchange},
                                                                                         {"one", sotto::node::SettleMode::one}}));
  pay->add_option("--timeout", pay_options.timeout_s, "seconds")->capture_default_str()->check(CLI::Range(1, 3600));
  std::string file_txid, file_out;
  auto* payment_file = command("payment-file", "writes the file of `pay --out` again, of a payment that is final");
  payment_file->add_option("txid", file_txid, "of the payment, as `pay` and `history` show it")->required();
  payment_file->add_option("--out", file_out, "where to")->required();
  uint32_t resume_timeout = 30;
  auto* resume = command("resume", "sends what is not known to be final once more, byte for byte");
  resume->add_option("--timeout", resume_timeout, "seconds for all of them")
      ->capture_default_str()
      ->check(CLI::Range(1, 3600));
  ReceiveOptions receive_options;
  auto* receive = command("receive", "takes a payment file, or looks for payments in blocks");
  receive->add_option("file", receive_options.file, "written by the payer's `pay --out`");
  receive->add_option("--receipt", receive_options.receipt,
                      "where to write the signed receipt (default: FILE.receipt)");
  receive->add_flag("--wait", receive_options.wait, "until something arrives");
  receive->add_option("--timeout", receive_options.timeout_s, "seconds to wait (default: for ever)");
  auto* fees = command("fees", "which fees this network takes, in which assets");
  auto* history = command("history", "every payment, oldest first");
  std::string receipt_file;
  auto* receipt = command("receipt", "checks and keeps a receipt; without a file, lists those kept");
  receipt->add_option("file", receipt_file, "written by the payee's `receive`");

  auto* stake = app.add_subcommand("stake", "staking: lend money to a validator, earn a part of the fees");
  stake->require_subcommand(1);
  StakeOptions stake_options;
  const auto stake_command = [&](const char* name, const char* what) {
    auto* c = stake->add_subcommand(name, what);
    wallet_options(*c, stake_options.wallet);
    return c;
  };
  const auto with_validator = [&](CLI::App& c) { c.add_option("validator", stake_options.validator, "its id, or the beginning of it")->required(); };
  const auto with_timeout = [&](CLI::App& c) { c.add_option("--timeout", stake_options.timeout_s, "seconds")->capture_default_str()->check(CLI::Range(1, 3600)); };
  auto* validators_command = stake_command("validators", "who they are, what stands behind them, what they take");
  auto* stake_status_command = stake_command("status", "what you have staked, what it earned; takes what is ready");
  auto* bond_command = stake_command("bond", "stakes money with a validator: public is the amount, not who you are");
  with_validator(*bond_command);
  bond_command->add_option("amount", stake_options.amount, "how much, e.g. 100")->required();
  bond_command->add_flag("--self", stake_options.self, "as the validator's own (only its operator gets it back)");
  auto* unbond_command = stake_command("unbond", "takes money back; it can be slashed, and not be spent, for some epochs more");
  with_validator(*unbond_command);
  unbond_command->add_option("amount", stake_options.amount, "how much, or all")->required();
  unbond_command->add_flag("--self", stake_options.self, "of the validator's own (by the wallet that registered it)");
  auto* unjail_command = stake_command("unjail", "brings a validator back that was jailed for its absence");
  unjail_command->add_option("--dir", stake_options.dir, "its directory, made by `sottod init`")->required();
  auto* register_command = stake_command("register", "makes a validator, with money of its own at stake");
  register_command->add_option("--dir", stake_options.dir, "its directory, made by `sottod init`")->required();
  register_command->add_option("--amount", stake_options.amount, "of its own, taken from this wallet")->required();
  register_command->add_option("--commission", stake_options.commission, "percent of what delegators earn")->capture_default_str();
  register_command->add_option("--endpoint", stake_options.endpoint, "where it answers (default: its api_listen)");
  for (auto* c : {stake_status_command, bond_command, unbond_command, unjail_command, register_command}) with_timeout(*c);
  for (auto* c : {bond_command, unbond_command, register_command}) c->add_flag("--yes", stake_options.yes, "do not ask");
  const auto moves_money = [&](Console& console) {
    const std::array all{pay, bond_command, unbond_command, register_command, fund, testnet_fund_command};
    if (std::ranges::any_of(all, [](const auto* c) { return c->parsed(); })) console.moves_money();
  };

  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return show_help(app, help, made.emplace(false));
  } catch (const CLI::CallForAllHelp& help) {
    return show_help(app, help, made.emplace(false));
  } catch (const CLI::ParseError& error) {
    Console& console = made.emplace(json || std::find(argv, argv + argc, std::string("--json")) != argv + argc);
    moves_money(console);
    return console.failure(
        {ExitCode::usage, std::string(error.what()) + "\nsee `sotto --help`, or --help after any command", ""});
  }

  Console& console = made.emplace(json);
  moves_money(console);
  if (demo_command->parsed()) return demo(console);
  if (version_command->parsed()) return version(console);
  if (up->parsed()) return devnet_up(console, up_options);
  if (fund->parsed()) return devnet_fund(console, fund_dir, fund_address, fund_amount, fund_asset);
  for (const auto* options : {&init_links, &up_links})
    if (std::ranges::any_of(*options, [](const auto* o) { return o->count() > 0; })) testnet_options.links = links;
  if (testnet_link_command->parsed()) {
    link_rule.settings = links;
    return testnet_link(console, link_dir, link_rule);
  }
  if (testnet_init_command->parsed()) return testnet_init(console, testnet_options);
  if (testnet_up_command->parsed()) return testnet_up(console, testnet_options);
  if (testnet_fund_command->parsed()) return testnet_fund(console, fund_dir, fund_address, fund_amount, fund_asset);
  if (draft->parsed()) return genesis_draft(console, draft_command);
  if (seal->parsed()) return genesis_seal(console, draft_command.dir, possessions);
  if (validators_command->parsed()) return stake_validators(console, stake_options);
  if (stake_status_command->parsed()) return stake_status(console, stake_options);
  if (bond_command->parsed()) return stake_bond(console, stake_options);
  if (unbond_command->parsed()) return stake_unbond(console, stake_options);
  if (unjail_command->parsed()) return stake_unjail(console, stake_options);
  if (register_command->parsed()) return stake_register(console, stake_options);
  if (create->parsed()) return wallet_create(console, wallet_file);
  if (restore->parsed()) return wallet_restore(console, wallet_file, words_fd);
  if (address->parsed()) return wallet_address(console, wallet_file, fresh);
  if (words->parsed()) return wallet_words(console, wallet_file, words_to_fd);
  if (payment_file->parsed()) return wallet_payment_file(console, wallet_file, file_txid, file_out);
  if (balance->parsed()) return wallet_balance(console, wallet_file);
  if (pay->parsed()) return wallet_pay(console, wallet_file, pay_options);
  if (resume->parsed()) return wallet_resume(console, wallet_file, resume_timeout);
  if (receive->parsed()) return wallet_receive(console, wallet_file, receive_options);
  if (fees->parsed()) return wallet_fees(console, wallet_file);
  if (history->parsed()) return wallet_history(console, wallet_file);
  return wallet_receipt(console, wallet_file, receipt_file);
}

}  // namespace

int main(int argc, char** argv) {
  const rlimit no_core{0, 0};            // a crash must not leave keys in a file
  setrlimit(RLIMIT_CORE, &no_core);
  keep_standard_streams();
  std::optional<Console> console;
  const int code = sotto_command(argc, argv, console);
  return console->close(code);
}
