#include "apps/assets.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace sotto::apps {

namespace {
std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return text;
}
const ledger::Asset* known(const ledger::Network& network, const note::AssetOpening& opening) {
  const auto index = network.find(opening);
  return index ? &network.assets()[*index] : nullptr;
}
bool is_token(const note::AssetOpening& asset) { return asset.id >= ledger::kTokenRange && asset.policy == 0; }
}  // namespace

Result<ledger::Asset, CommandFailure> find_asset(const ledger::Network& network, const std::string& symbol) {
  std::string all;
  for (const auto& asset : network.assets()) {
    if (upper(asset.symbol) == upper(symbol)) return asset;
    all += (all.empty() ? "" : ", ") + asset.symbol;
  }
  return Failure{CommandFailure{ExitCode::usage, "no asset \"" + symbol + "\" here; there is " + all, "unknown_asset"}};
}

std::string number(const ledger::Network& network, const note::AssetOpening& asset, note::Amount amount) {
  const auto* a = known(network, asset);
  if (a == nullptr && is_token(asset)) a = &network.assets()[0];   // a token begins as one unit of the native asset
  return note::format_amount(amount, a != nullptr ? a->decimals : 0);
}

std::string symbol(const ledger::Network& network, const note::AssetOpening& asset) {
  const auto* a = known(network, asset);
  if (a == nullptr && is_token(asset)) return fmt::format("stake-{:012x}", asset.id >> 16);
  return a != nullptr ? a->symbol : "asset " + std::to_string(asset.id);
}

std::string show_amount(const ledger::Network& network, const note::AssetOpening& asset, note::Amount amount) {
  return number(network, asset, amount) + " " + symbol(network, asset);
}

Result<note::Amount, CommandFailure> parse_amount(const std::string& text, const ledger::Asset& asset) {
  const auto amount = note::parse_amount(text, asset.decimals);
  if (!amount.ok()) {
    const std::string reason = note::name(amount.error());
    return Failure{CommandFailure{ExitCode::usage,
                                  "\"" + text + "\" is not an amount of " + asset.symbol + " (" +
                                      std::to_string(asset.decimals) + " decimals): " + reason,
                                  reason}};
  }
  if (amount->is_zero()) return Failure{CommandFailure{ExitCode::usage, "the amount is zero", "zero_amount"}};
  return *amount;
}

Result<note::Address, CommandFailure> parse_address(const ledger::Network& network, const std::string& text) {
  const auto address = note::address_from_text(text, network.mark());
  if (address.ok()) return *address;
  using E = note::AddressError;
  const E error = address.error();
  const std::string reason = note::name(error), own = network.id().hex().substr(0, 16);
  if (error == E::wrong_kind || error == E::wrong_network) {
    const auto theirs = note::any_address_from_text(text);
    CHECK(theirs.ok());
    return Failure{CommandFailure{ExitCode::wrong_network,
                                  fmt::format("an address of another network: it is of {} ({}), this is {} ({})", theirs->address.network.hex(),
                                              note::name(theirs->kind), own, note::name(network.content().kind)),
                                  reason}};
  }
  const std::string begin = std::string(note::hrp(network.content().kind)) + "1";
  const auto said = [&]() -> std::string {
    const size_t size = note::address_text_size(network.content().kind);
    switch (error) {
      case E::white_space: return "there is white space in the address; give it as one word";
      case E::link: return "that is a link; give the address in it, from \"" + begin + "\" up to a question mark";
      case E::mixed_case: return "the address mixes capitals and small letters; it has either all capitals or none";
      case E::bad_character: return "the address has a character in it that no address has (after \"" + begin + "\" there is no b, i, o or 1)";
      case E::too_short: return fmt::format("the address is cut off: {} characters of {}", text.size(), size);
      case E::too_long: return fmt::format("there is something more than an address: {} characters, not {}", text.size(), size);
      case E::wrong_checksum: return "a character of the address is wrong, or two are swapped; copy it again";
      case E::unknown_prefix: return "an address of something else; those of this network begin with \"" + begin + "\"";
      case E::not_an_address: return "not an address; those of this network begin with \"" + begin + "\"";
      case E::old_version: return "an address of an older version, which does not say of which network it is; ask for a new one";
      case E::unknown_version: return "an address of a newer version of Sotto than this one";
      default: return "not a sound address: " + reason;
    }
  };
  return Failure{CommandFailure{ExitCode::usage, said(), reason}};
}

std::string short_address(const std::string& text) {
  return text.size() <= 24 ? text : text.substr(0, 16) + "…" + text.substr(text.size() - 6);
}

}  // namespace sotto::apps
