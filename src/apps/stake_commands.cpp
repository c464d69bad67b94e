// Staking from a wallet: what there is, what is ours, putting money in and taking it out.
#include "apps/stake_commands.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "apps/assets.hpp"
#include "apps/consent.hpp"
#include "apps/json.hpp"
#include "apps/spending.hpp"
#include "apps/wallet_session.hpp"
#include "base/files.hpp"
#include "comet/home.hpp"
#include "crypto/bls.hpp"
#include "ledger/stake_committee.hpp"
#include "node/stake_driver.hpp"
#include "node/validator_config.hpp"
#include "note/memo.hpp"
#include "settle/stake_word.hpp"

namespace sotto::apps {

namespace fs = std::filesystem;
using ledger::Pool;
using ledger::ValidatorId;
using nlohmann::ordered_json;
using note::Amount;

namespace {

constexpr size_t kShortId = 12;

std::string dumped(const ordered_json& j) { return j.dump(-1, ' ', false, kReplaceBadUtf8); }

const ledger::StakeParams& rules(const ledger::Network& network) { return network.params().stake; }
note::AssetOpening native(const ledger::Network& network) { return network.assets()[0].opening; }
std::string coins(const ledger::Network& network, uint64_t units) { return number(network, native(network), Amount(units)); }
std::string coins_named(const ledger::Network& network, uint64_t units) { return show_amount(network, native(network), Amount(units)); }

const char* state_of(const Pool& pool, const ledger::StakeParams& params) {
  if (pool.tombstoned) return "convicted";
  if (pool.jailed_until) return "jailed";
  if (pool.power > 0) return "in the committee";
  return ledger::may_serve(pool, params) ? "waiting" : "too little of its own";
}

// A session on its network, up to date, with the table of stakes; what is ready is claimed on the way.
struct Staking {
  std::unique_ptr<WalletSession> session;
  node::StakeMessage table;
  std::unique_ptr<node::StakeDriver> driver;
  std::vector<node::StakeDriver::Taken> taken;
  note::AssetOpening fee_asset;
  Amount fee;

  const ledger::Network& network() const { return session->network(); }
};

Status<CommandFailure> look(Staking& s) {
  auto table = s.session->client().stake();
  if (!table.ok()) return Failure{failure_of(table.error())};
  s.table = std::move(table).value();
  return Ok{};
}

Result<Staking, CommandFailure> begin(Console& console, const StakeOptions& options) {
  Staking s;
  TRY(session, WalletSession::open(options.wallet));
  s.session = std::move(session);
  s.session->until(node::Deadline::in(options.timeout_s * 1000ull));
  if (!s.network().has_stake()) return Failure{CommandFailure{ExitCode::failed, "this network has no proof of stake", "no_stake"}};
  TRY_OK(s.session->drive(Need::prover));
  if (const auto synced = s.session->sync(console); !synced.ok()) return Failure{synced.error()};
  TRY_OK(look(s));
  s.driver = std::make_unique<node::StakeDriver>(s.session->wallet(), s.session->client(), s.session->driver(), s.session->system(),
                                                 s.session->entropy(), s.session->pool());
  s.fee_asset = {s.network().params().fee_assets.front(), 0};
  s.fee = Amount(s.network().params().fees.front());
  return s;
}

// Asks before money moves. From here on failures say for themselves what has moved.
Status<CommandFailure> agree_to(Console& console, Staking& s, const StakeOptions& options, const std::string& what, const std::string& question,
                                const std::optional<wallet::SpendRequest>& spend) {
  std::vector<std::string> shown = {"", "  " + what};
  if (spend) {
    const auto plan = s.session->wallet().plan(*spend);
    if (!plan.ok()) return Failure{failure_of_plan(plan.error(), s.network())};
    std::ranges::copy(cost_lines(s.network(), *plan), std::back_inserter(shown));
  } else {
    shown.push_back("  fee  " + show_amount(s.network(), s.fee_asset, s.fee));
  }
  std::ranges::copy(open_lines(*s.session), std::back_inserter(shown));
  shown.push_back("");
  const auto asked = std::chrono::steady_clock::now();
  TRY_OK(agree(console, options.yes, shown, question));
  s.session->until(s.session->deadline().later_by(std::chrono::steady_clock::now() - asked));
  console.money_may_move();
  return Ok{};
}

// Claims what is ready, by a table asked for anew.
Status<CommandFailure> collect(Console& console, Staking& s) {
  TRY_OK(look(s));
  console.money_may_move();
  auto taken = s.driver->collect(s.table, s.fee_asset, s.fee, s.session->deadline());
  if (!taken.ok()) return Failure{failure_of(taken.error(), s.network())};
  for (const auto& t : *taken) {
    console.line(fmt::format("  claimed {} {}", coins(s.network(), t.amount.units()),
                             t.asset == native(s.network()) ? symbol(s.network(), t.asset) : "of stake"));
    s.taken.push_back(t);
  }
  if (!taken->empty()) TRY_OK(look(s));
  return Ok{};
}

ordered_json taken_json(const Staking& s) {
  ordered_json list = ordered_json::array();
  for (const auto& t : s.taken)
    list.push_back({{"claim", t.of.claim.hex()}, {"of", wallet::name(t.of.kind)}, {"validator", t.of.validator.hex()},
                    {"asset", t.asset == native(s.network()) ? symbol(s.network(), t.asset) : "stake"},
                    {"amount", coins(s.network(), t.amount.units())}});
  return list;
}

Result<std::pair<ValidatorId, Pool>, CommandFailure> find_validator(const node::StakeMessage& table, const std::string& text) {
  std::vector<std::pair<ValidatorId, Pool>> found;
  for (const auto& [id, pool] : table.stake.pools)
    if (!text.empty() && id.hex().starts_with(text)) found.emplace_back(id, pool);
  if (found.size() == 1) return found[0];
  return Failure{CommandFailure{ExitCode::usage,
                                found.empty() ? "no validator \"" + text + "\"; `sotto stake validators` shows them"
                                              : "several validators begin with \"" + text + "\": type more of it",
                                found.empty() ? "unknown_validator" : "ambiguous"}};
}

ordered_json validator_json(const ledger::Network& network, const ValidatorId& id, const Pool& pool) {
  return {{"id", id.hex()},
          {"state", state_of(pool, rules(network))},
          {"stake", coins(network, pool.amount)},
          {"own", coins(network, worth(pool, pool.self))},
          {"power", coins(network, pool.power)},
          {"commission_percent", pool.commission / 100.0},
          {"token_worth", pool.tokens == 0 ? 1.0 : static_cast<double>(pool.amount) / static_cast<double>(pool.tokens)},
          {"endpoint", note::visible(view(pool.endpoint), false)}};
}

// What this wallet has with one validator.
struct Position {
  uint64_t tokens = 0;             // in notes of ours, and in claims not taken yet
  uint64_t value = 0;              // what those are worth
  uint64_t given = 0;              // bonded, ever
  uint64_t back = 0;               // came back by unbonding, ever, or is on its way
};
std::map<ValidatorId, Position> positions(const Staking& s) {
  std::map<ValidatorId, Position> all;
  const auto& wallet = s.session->wallet();
  for (const auto& [id, pool] : s.table.stake.pools) {
    const auto tokens = wallet.balance({ledger::token_of(id), 0}).total().units();
    if (tokens > 0) all[id].tokens = tokens;
  }
  for (const auto& [id, entry] : wallet.state().stakes) {
    const auto open = s.table.stake.claims.find(id);
    const bool waits = open != s.table.stake.claims.end();
    const uint64_t amount = waits ? open->second.amount : entry.received;
    if (entry.kind == wallet::StakeKind::unbond) all[entry.validator].back += amount;
    if (entry.kind != wallet::StakeKind::bond) continue;
    const bool refunded = waits && !open->second.tokens;
    if (!refunded) all[entry.validator].given += entry.amount;
    if (waits && open->second.tokens) all[entry.validator].tokens += amount;
  }
  for (auto& [id, position] : all) {
    const auto pool = s.table.stake.pools.find(id);
    if (pool != s.table.stake.pools.end()) position.value = worth(pool->second, std::min(position.tokens, pool->second.tokens));
  }
  std::erase_if(all, [](const auto& entry) { return entry.second.tokens == 0 && entry.second.given == 0; });
  return all;
}

// Signed: a slash takes more than rewards bring.
std::string earned(const ledger::Network& network, const Position& p) {
  const uint64_t has = p.value + p.back;
  return has >= p.given ? "+" + coins(network, has - p.given) : "-" + coins(network, p.given - has);
}

int done(Console& console, const Staking& s, ordered_json document) {
  document["claimed"] = taken_json(s);
  console.document(dumped(document));
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

int stake_validators(Console& console, const StakeOptions& options) {
  auto session = WalletSession::look(options.wallet);
  if (!session.ok()) return console.failure(session.error());
  const auto& network = (*session)->network();
  if (!network.has_stake()) return console.failure({ExitCode::failed, "this network has no proof of stake", "no_stake"});
  if (const auto connected = (*session)->connect(); !connected.ok()) return console.failure(connected.error());
  const auto table = (*session)->client().stake();
  if (!table.ok()) return console.failure(failure_of(table.error()));
  std::vector<std::pair<ValidatorId, Pool>> pools(table->stake.pools.begin(), table->stake.pools.end());
  std::ranges::stable_sort(pools, std::greater<>(), [](const auto& entry) { return entry.second.amount; });
  ordered_json list = ordered_json::array();
  console.line(fmt::format("  {:<14} {:>22} {:>22} {:>10}  {}", "validator", "stake", "of its own", "takes", "now"));
  for (const auto& [id, pool] : pools) {
    console.line(fmt::format("  {:<14} {:>22} {:>22} {:>8.2f} %  {}", id.hex().substr(0, kShortId), coins(network, pool.amount),
                             coins(network, worth(pool, pool.self)), pool.commission / 100.0, state_of(pool, rules(network))));
    list.push_back(validator_json(network, id, pool));
  }
  console.line(fmt::format("  epoch {}; the {} highest stakes make up the committee", table->epoch, rules(network).max_validators));
  console.document(dumped({{"ok", true}, {"epoch", table->epoch}, {"max_validators", rules(network).max_validators},
                           {"unbonding_epochs", rules(network).unbonding_epochs}, {"validators", list}}));
  return static_cast<int>(ExitCode::ok);
}

int stake_status(Console& console, const StakeOptions& options) {
  auto s = begin(console, options);
  if (!s.ok()) return console.failure(s.error());
  if (const auto claimed = collect(console, *s); !claimed.ok()) return console.failure(claimed.error());
  const auto& network = s->network();
  ordered_json list = ordered_json::array(), waiting = ordered_json::array();
  const auto all = positions(*s);
  for (const auto& [id, p] : all) {
    console.line(fmt::format("  {}  worth {}, earned {}", id.hex().substr(0, kShortId), coins_named(network, p.value), earned(network, p)));
    list.push_back({{"validator", id.hex()}, {"tokens", coins(network, p.tokens)}, {"worth", coins(network, p.value)},
                    {"bonded", coins(network, p.given)}, {"returned", coins(network, p.back)}, {"earned", earned(network, p)}});
  }
  for (const auto& [id, entry] : s->session->wallet().state().stakes) {
    const auto open = s->table.stake.claims.find(id);
    if (open == s->table.stake.claims.end() || open->second.tokens) continue;
    console.line(fmt::format("  {} coming back, from epoch {} on (now {})", coins_named(network, open->second.amount), open->second.mature, s->table.epoch));
    waiting.push_back({{"claim", id.hex()}, {"amount", coins(network, open->second.amount)}, {"epoch", open->second.mature}});
  }
  if (all.empty() && waiting.empty()) console.line("  nothing staked");
  return done(console, *s, {{"ok", true}, {"epoch", s->table.epoch}, {"stakes", list}, {"coming_back", waiting}});
}

int stake_bond(Console& console, const StakeOptions& options) {
  if (const auto asked = can_agree(options.yes); !asked.ok()) return console.failure(asked.error());
  auto s = begin(console, options);
  if (!s.ok()) return console.failure(s.error());
  const auto& network = s->network();
  const auto validator = find_validator(s->table, options.validator);
  if (!validator.ok()) return console.failure(validator.error());
  const auto amount = parse_amount(options.amount, network.assets()[0]);
  if (!amount.ok()) return console.failure(amount.error());
  const wallet::BondRequest request{validator->first, *amount, options.self, s->fee_asset, s->fee};
  const wallet::SpendRequest spend{native(network), *amount, s->fee_asset, s->fee};
  const std::string what = fmt::format("{} with validator {}", show_amount(network, native(network), *amount), validator->first.hex().substr(0, kShortId));
  if (const auto yes = agree_to(console, *s, options, what, "Bond?", spend); !yes.ok()) return console.failure(yes.error());
  const auto paid = s->driver->carry_out({spend,
                                          [&](wallet::Prover& prover, Entropy& entropy) { return s->session->wallet().bond(request, prover, entropy); }}, s->session->deadline());
  if (!paid.ok()) return console.failure(failure_of(paid.error(), network));
  console.happened("bonded " + what + ", txid " + paid->txid.hex());
  console.line("  bonded " + what);
  if (const auto claimed = collect(console, *s); !claimed.ok()) return console.failure(claimed.error());
  return done(console, *s, {{"ok", true}, {"validator", validator->first.hex()}, {"bonded", coins(network, amount->units())}, {"txid", paid->txid.hex()}});
}

namespace {

// "ledger_rule: not_jailed" -> "not_jailed".
std::string rule_of(const std::string& refusal) {
  const auto at = refusal.rfind(": ");
  return at == std::string::npos ? refusal : refusal.substr(at + 2);
}

// Out of what is the validator's own, by its operator.
int withdraw(Console& console, Staking& s, const std::pair<ValidatorId, Pool>& validator, const StakeOptions& options) {
  const auto& [id, pool] = validator;
  const auto& network = s.network();
  const auto& wallet = s.session->wallet();
  if (wallet.operator_key(pool.vote_key) != pool.operator_key)
    return console.failure({ExitCode::failed, "another wallet operates this validator", "not_the_operator"});
  uint64_t tokens = pool.self;
  if (options.amount != "all") {
    const auto amount = parse_amount(options.amount, network.assets()[0]);
    if (!amount.ok()) return console.failure(amount.error());
    const ledger::Wide wanted = pool.amount == 0 ? 0 : (ledger::Wide{amount->units()} * pool.tokens + pool.amount - 1) / pool.amount;
    if (wanted == 0 || wanted > pool.self)
      return console.failure({ExitCode::not_enough, "it has " + coins_named(network, worth(pool, pool.self)) + " of its own", "insufficient_funds"});
    tokens = static_cast<uint64_t>(wanted);
  }
  if (tokens == 0) return console.failure({ExitCode::not_enough, "it has nothing of its own", "insufficient_funds"});
  const auto tx = wallet.withdrawal(id, pool.vote_key, s.table.epoch, pool.withdrawals, Amount(tokens), s.session->entropy());
  const uint32_t before = pool.withdrawals;
  console.money_may_move();
  const auto ordered = s.driver->order(ledger::encode(tx), [&](const node::StakeMessage& table) {
    const auto now = table.stake.pools.find(id);
    return now != table.stake.pools.end() && now->second.withdrawals > before;
  }, s.session->deadline());
  if (!ordered.ok()) return console.failure({ExitCode::failed, ordered.error().what, rule_of(ordered.error().what)});
  if (const auto looked = look(s); !looked.ok()) return console.failure(looked.error());
  const auto txid = ledger::txid(tx);
  ordered_json document{{"ok", true}, {"validator", id.hex()}, {"tokens", coins(network, tokens)}, {"txid", txid.hex()}};
  const auto open = s.table.stake.claims.find(ledger::claim_of(txid, 0));
  if (open != s.table.stake.claims.end()) {
    console.line(fmt::format("  {} coming back, from epoch {} on (now {})", coins_named(network, open->second.amount), open->second.mature, s.table.epoch));
    document["amount"] = coins(network, open->second.amount);
    document["epoch"] = open->second.mature;
  }
  return done(console, s, std::move(document));
}

}  // namespace

int stake_unbond(Console& console, const StakeOptions& options) {
  if (const auto asked = can_agree(options.yes); !asked.ok()) return console.failure(asked.error());
  auto s = begin(console, options);
  if (!s.ok()) return console.failure(s.error());
  const auto& network = s->network();
  const auto validator = find_validator(s->table, options.validator);
  if (!validator.ok()) return console.failure(validator.error());
  const std::string what = fmt::format("{} out of validator {}", options.amount == "all" ? "everything" : options.amount + " " + network.assets()[0].symbol,
                                       validator->first.hex().substr(0, kShortId));
  if (const auto yes = agree_to(console, *s, options, what, "Unbond?", std::nullopt); !yes.ok()) return console.failure(yes.error());
  if (const auto claimed = collect(console, *s); !claimed.ok()) return console.failure(claimed.error());
  if (s->taken.empty()) console.moves_money();            // nothing has, so far
  if (options.self) return withdraw(console, *s, *validator, options);
  const Pool& pool = validator->second;
  const note::AssetOpening token{ledger::token_of(validator->first), 0};
  const uint64_t has = s->session->wallet().balance(token).total().units();
  uint64_t tokens = has;
  if (options.amount != "all") {
    const auto amount = parse_amount(options.amount, network.assets()[0]);
    if (!amount.ok()) return console.failure(amount.error());
    // As many as are worth the amount; of a pool that lost everything, none are.
    const ledger::Wide wanted = pool.amount == 0 ? 0 : (ledger::Wide{amount->units()} * pool.tokens + pool.amount - 1) / pool.amount;
    if (wanted == 0 || wanted > has)
      return console.failure({ExitCode::not_enough, "you have " + coins_named(network, worth(pool, std::min(has, pool.tokens))) + " there", "insufficient_funds"});
    tokens = static_cast<uint64_t>(wanted);
  }
  if (tokens == 0) return console.failure({ExitCode::not_enough, "nothing of yours is staked there", "insufficient_funds"});
  const wallet::BondRequest request{validator->first, Amount(tokens), false, s->fee_asset, s->fee};
  console.money_may_move();
  const auto paid = s->driver->carry_out({wallet::SpendRequest{token, Amount(tokens), s->fee_asset, s->fee},
                                          [&](wallet::Prover& prover, Entropy& entropy) { return s->session->wallet().unbond(request, prover, entropy); }}, s->session->deadline());
  if (!paid.ok()) return console.failure(failure_of(paid.error(), network));
  console.happened("unbonded " + what + ", txid " + paid->txid.hex());
  if (const auto looked = look(*s); !looked.ok()) return console.failure(looked.error());
  const auto open = s->table.stake.claims.find(ledger::claim_of(paid->txid, 0));
  ordered_json document{{"ok", true}, {"validator", validator->first.hex()}, {"tokens", coins(network, tokens)}, {"txid", paid->txid.hex()}};
  if (open != s->table.stake.claims.end()) {
    console.line(fmt::format("  {} coming back, from epoch {} on (now {}); `sotto stake status` then takes it", coins_named(network, open->second.amount),
                             open->second.mature, s->table.epoch));
    document["amount"] = coins(network, open->second.amount);
    document["epoch"] = open->second.mature;
  }
  return done(console, *s, std::move(document));
}

namespace {

Failure<CommandFailure> failed(const std::string& what) { return Failure{CommandFailure{ExitCode::no_such_file, what, ""}}; }

// A folder of `sottod init`.
struct ValidatorFolder {
  node::ValidatorConfig config;
  crypto::BlsSecretKey vote_key;
};
Result<ValidatorFolder, CommandFailure> folder_of(const StakeOptions& options) {
  const fs::path dir = options.dir;
  const auto toml = read_file(dir / "sottod.toml", node::kMaxConfigBytes);
  if (!toml.ok()) return failed(toml.error().what);
  const auto config = node::parse_config(std::string_view(reinterpret_cast<const char*>(toml->data()), toml->size()));
  if (!config.ok()) return failed(config.error().what);
  auto bytes = read_file(dir / config->vote_key, crypto::BlsSecretKey::kBytes);
  if (!bytes.ok()) return failed(bytes.error().what);
  const auto key = crypto::BlsSecretKey::decode(*bytes);
  wipe(bytes->data(), bytes->size());
  if (!key.ok()) return failed((dir / config->vote_key).string() + " is not a vote key");
  return ValidatorFolder{*config, *key};
}

Result<ledger::Register, CommandFailure> registration_of(const StakeOptions& options, const ledger::Network& network, const wallet::Wallet& wallet) {
  TRY(folder, folder_of(options));
  const auto& [config, key] = folder;
  const auto engine = comet::consensus_key_of(fs::path(options.dir) / config.engine_home);
  if (!engine.ok()) return failed(engine.error().what);
  TRY(amount, parse_amount(options.amount, network.assets()[0]));
  const auto commission = note::parse_amount(options.commission, 2);
  if (!commission.ok() || commission->units() > ledger::kWhole)
    return Failure{CommandFailure{ExitCode::usage, "\"" + options.commission + "\" is not a commission in percent, 0 to 100", "bad_registration"}};
  const std::string endpoint = options.endpoint.empty() ? config.api_listen : options.endpoint;
  if (endpoint.size() > ledger::kMaxEndpointBytes || !ledger::printable(endpoint))
    return Failure{CommandFailure{ExitCode::usage, "an endpoint is 1 to 64 printable characters", "bad_registration"}};
  ledger::Register op;
  op.vote_key = key.public_key().encode();
  op.validator.value = engine->public_key;
  op.operator_key = wallet.operator_key(op.vote_key);
  op.commission = static_cast<uint16_t>(commission->units());
  op.endpoint = endpoint;
  op.amount = amount.units();
  op.possession = crypto::bls_prove_possession(key, ledger::possession_context(network.id(), op.validator)).encode();
  op.engine_signature = crypto::ed25519_sign(*engine, ledger::registration_message(network.id(), op));
  return op;
}

}  // namespace

int stake_register(Console& console, const StakeOptions& options) {
  if (const auto asked = can_agree(options.yes); !asked.ok()) return console.failure(asked.error());
  auto s = begin(console, options);
  if (!s.ok()) return console.failure(s.error());
  const auto& network = s->network();
  const auto op = registration_of(options, network, s->session->wallet());
  if (!op.ok()) return console.failure(op.error());
  const wallet::SpendRequest spend{native(network), Amount(op->amount), s->fee_asset, s->fee};
  const std::string what = fmt::format("{} at stake with {}", coins_named(network, op->amount), op->validator.hex().substr(0, kShortId));
  if (const auto yes = agree_to(console, *s, options, what, "Register?", spend); !yes.ok()) return console.failure(yes.error());
  const auto paid = s->driver->carry_out({spend,
                                          [&](wallet::Prover& prover, Entropy& entropy) {
                                            return s->session->wallet().register_validator(*op, s->fee_asset, s->fee, prover, entropy);
                                          }}, s->session->deadline());
  if (!paid.ok()) return console.failure(failure_of(paid.error(), network));
  console.happened("put " + what + ", txid " + paid->txid.hex());
  const ValidatorId id = op->validator;
  if (const auto looked = look(*s); !looked.ok()) return console.failure(looked.error());
  const bool there = s->table.stake.pools.contains(id);
  if (!there) {
    (void)collect(console, *s);
    return console.failure({ExitCode::failed, "not registered: its keys or its place were taken meanwhile; the amount is yours again", "already_registered"});
  }
  console.line(fmt::format("  registered {} with {} of its own; in the committee from an epoch on in which it is among the {} highest", id.hex(),
                           coins_named(network, op->amount), rules(network).max_validators));
  return done(console, *s, {{"ok", true}, {"validator", id.hex()}, {"amount", coins(network, op->amount)}, {"txid", paid->txid.hex()}});
}

int stake_unjail(Console& console, const StakeOptions& options) {
  auto s = begin(console, options);
  if (!s.ok()) return console.failure(s.error());
  const auto folder = folder_of(options);
  if (!folder.ok()) return console.failure(folder.error());
  const auto vote_key = folder->vote_key.public_key().encode();
  const auto found = std::ranges::find_if(s->table.stake.pools, [&](const auto& entry) { return entry.second.vote_key == vote_key; });
  if (found == s->table.stake.pools.end()) return console.failure({ExitCode::usage, "this validator is not registered here", "unknown_validator"});
  const ValidatorId id = found->first;
  ledger::Transaction tx;
  tx.network = s->network().id();
  tx.ordered = settle::make_unjail(tx.network, s->table.epoch, id, folder->vote_key);
  const auto ordered = s->driver->order(ledger::encode(tx), [&](const node::StakeMessage& table) {
    const auto pool = table.stake.pools.find(id);
    return pool != table.stake.pools.end() && !pool->second.jailed_until && !pool->second.tombstoned && s->table.stake.pools.at(id).jailed_until;
  }, s->session->deadline());
  if (!ordered.ok()) return console.failure({ExitCode::failed, ordered.error().what, rule_of(ordered.error().what)});
  console.line(fmt::format("  {} is back: in the committee again once an epoch ends in which it is among the {} highest", id.hex().substr(0, kShortId),
                           rules(s->network()).max_validators));
  return done(console, *s, {{"ok", true}, {"validator", id.hex()}});
}

}  // namespace sotto::apps
