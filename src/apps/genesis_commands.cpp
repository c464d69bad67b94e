#include "apps/genesis_commands.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "apps/json.hpp"
#include "apps/proof_system.hpp"
#include "apps/wallet_commands.hpp"
#include "base/files.hpp"
#include "crypto/bip39.hpp"
#include "crypto/random.hpp"
#include "node/ceremony.hpp"
#include "node/dev_genesis.hpp"
#include "node/world.hpp"

namespace sotto::apps {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

namespace {

constexpr const char* kDraft = "draft";
constexpr const char* kDraftMembers = "network.draft.json";

CommandFailure failed(const std::string& what) { return {ExitCode::failed, what, ""}; }

Status<Error> write_draft(const fs::path& dir, const node::NetworkFile& network, const ledger::Genesis& draft) {
  TRY_OK(make_directories(dir));
  TRY_OK(write_file(dir / kDraftMembers, view(node::to_json(network))));
  return write_file(dir / kDraft, ledger::encode(draft));
}

Result<node::NetworkFile, Error> sealed(const fs::path& dir, const std::vector<std::string>& files) {
  TRY(draft_bytes, read_file(dir / kDraft, ledger::kMaxGenesisBytes));
  auto draft = ledger::decode_genesis(draft_bytes);
  if (!draft.ok()) return Failure{Error{(dir / kDraft).string() + ": " + name(draft.error())}};
  TRY(network_bytes, read_file(dir / kDraftMembers, node::kMaxNetworkFileBytes));
  TRY(network, node::parse_network_file(network_bytes));
  std::vector<node::Possession> possessions;
  for (const auto& file : files) {
    TRY(bytes, read_file(file, node::kMaxPossessionBytes));
    TRY(possession, node::parse_possession(bytes));
    possessions.push_back(possession);
  }
  TRY(genesis, node::seal(std::move(draft).value(), possessions));
  network.genesis = ledger::genesis_hash(genesis);
  TRY_OK(write_file(dir / "genesis", ledger::encode(genesis)));
  TRY_OK(write_file(dir / "network.json", view(node::to_json(network))));
  return network;
}

}  // namespace

int genesis_draft(Console& console, const DraftCommand& command) {
  const std::string& dir = command.dir;
  std::error_code e;
  if (fs::exists(fs::path(dir) / kDraft, e)) return console.failure({ExitCode::already_exists, "there is a draft in " + dir, ""});
  node::NetworkFile network;
  for (const auto& file : command.cards) {
    const auto bytes = read_file(file, node::kMaxNetworkFileBytes);
    if (!bytes.ok()) return console.failure(failed(bytes.error().what));
    auto card = node::parse_card(*bytes);
    if (!card.ok()) return console.failure(failed(file + ": " + card.error().what));
    network.members.push_back(std::move(card).value());
  }
  const auto seats = node::seats_of(network.members);
  if (!seats.ok()) return console.failure(failed(seats.error().what));
  network.genesis_time_ms = node::SystemClock().now_ms();

  crypto::SystemEntropy entropy;
  ThreadPool pool(core_count());
  const auto system = load_system(console, pool);
  if (!system.ok()) return console.failure(system.error());
  const Stopwatch watch;
  console.begin("Proving the first notes");
  const crypto::Bip39Entropy secret(entropy.bytes<32>());
  const auto owner = crypto::bip39_seed(secret, "");
  CHECK(owner.ok());
  node::DevChoices choices;
  choices.kind = command.kind;
  choices.tune = [&](ledger::Params& p) {
    p.epoch_blocks = command.epoch_blocks;
    p.epoch_ms = command.epoch_s * 1000;
  };
  const auto draft = node::draft_dev_genesis(command.name, *seats, *owner, *system, entropy, pool, {}, choices);
  console.end(true, watch.ms());
  if (const auto written = write_draft(dir, network, draft); !written.ok()) return console.failure(failed(written.error().what));
  const auto id = ledger::network_id(draft.content).hex();
  const auto words = crypto::bip39_encode(secret);
  const std::string text(words.expose().begin(), words.expose().end());
  show_words(console, text);
  console.line("They own everything the network begins with: sotto wallet restore, once it runs.");
  console.line(fmt::format("A network of kind {}: its addresses begin with {}1.", note::name(command.kind), note::hrp(command.kind)));
  console.line(fmt::format("Network {}. Each operator: sottod prove --dir DIR --draft {}/{}", id, dir, kDraft));
  console.document(ordered_json{{"ok", true}, {"network", id}, {"kind", note::name(command.kind)}, {"draft", (fs::path(dir) / kDraft).string()}, {"words", text}}.dump(-1, ' ', false, kReplaceBadUtf8));
  if (console.written()) return static_cast<int>(ExitCode::ok);
  // Nothing else keeps these words: a network without them would begin with money that nobody has.
  for (const char* file : {kDraft, kDraftMembers}) fs::remove(fs::path(dir) / file, e);
  return console.warning({ExitCode::failed, "no draft was made: the 24 words of its first notes could not be written", "words_not_written"});
}

int genesis_seal(Console& console, const std::string& dir, const std::vector<std::string>& possessions) {
  const auto network = sealed(dir, possessions);
  if (!network.ok()) return console.failure(failed(network.error().what));
  const std::string file = (fs::path(dir) / "network.json").string();
  console.line(fmt::format("{} and {}/genesis are for every validator; {} alone for every wallet", file, dir, file));
  console.document(ordered_json{{"ok", true}, {"genesis", to_hex(network->genesis)}, {"network_file", file}}.dump(-1, ' ', false, kReplaceBadUtf8));
  return static_cast<int>(ExitCode::ok);
}

}  // namespace sotto::apps
