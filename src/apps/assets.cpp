#include "apps/assets.hpp"

#include <algorithm>
#include <array>

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
  if (error == E::old_version)
    return Failure{CommandFailure{ExitCode::usage, "an address of an older version, which does not say of which network it is; ask for a new one", reason}};
  return Failure{CommandFailure{ExitCode::usage, "not an address of this network: " + reason, reason}};
}

std::string printable(ByteView text) {
  constexpr const char* kReplacement = "\xEF\xBF\xBD";
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const uint8_t first = text[i];
    const size_t length = first < 0x80                    ? 1
                          : first >= 0xC2 && first < 0xE0 ? 2
                          : first >= 0xE0 && first < 0xF0 ? 3
                          : first >= 0xF0 && first < 0xF5 ? 4
                                                          : 0;
    uint32_t point = length == 1 ? first : length == 2 ? first & 0x1Fu : length == 3 ? first & 0x0Fu : first & 0x07u;
    bool good = length > 0 && i + length <= text.size();
    for (size_t j = 1; good && j < length; ++j) {
      good = (text[i + j] & 0xC0) == 0x80;
      point = (point << 6) | (text[i + j] & 0x3Fu);
    }
    constexpr std::array<uint32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
    good = good && point >= kSmallest[length] && point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
    if (!good) {
      out += kReplacement;
      ++i;
      continue;
    }
    // Controls, and the marks that turn the direction of text around.
    const bool hidden = point < 0x20 || (point >= 0x7F && point < 0xA0) || (point >= 0x2028 && point <= 0x202E) ||
                        (point >= 0x2066 && point <= 0x2069);
    if (hidden) {
      out += kReplacement;
    } else {
      out.append(reinterpret_cast<const char*>(text.data() + i), length);
    }
    i += length;
  }
  return out;
}

std::string short_address(const std::string& text) {
  return text.size() <= 24 ? text : text.substr(0, 16) + "…" + text.substr(text.size() - 6);
}

}  // namespace sotto::apps
