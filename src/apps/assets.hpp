// What people type and read: assets by symbol, amounts with their decimals, addresses.
#pragma once
#include "apps/exit_code.hpp"
#include "ledger/network.hpp"
#include "note/address.hpp"
#include "note/amount.hpp"

namespace sotto::apps {

// By symbol, any case. Failure (usage): unknown; the message lists what there is.
Result<ledger::Asset, CommandFailure> find_asset(const ledger::Network& network, const std::string& symbol);
// "12.50 EUR". Delegation tokens show as stake-…, an asset the network does not know as units and id.
std::string show_amount(const ledger::Network& network, const note::AssetOpening& asset, note::Amount amount);
// The number alone: "12.50".
std::string number(const ledger::Network& network, const note::AssetOpening& asset, note::Amount amount);
std::string symbol(const ledger::Network& network, const note::AssetOpening& asset);
// Failure (usage, reject = the named reason).
Result<note::Amount, CommandFailure> parse_amount(const std::string& text, const ledger::Asset& asset);
// An address of this network. Failure (reject = the named reason): wrong_network if it is a good one of another, else usage.
Result<note::Address, CommandFailure> parse_address(const ledger::Network& network, const std::string& text);
// "sottodev1qxy…k4m2": enough to compare by eye.
std::string short_address(const std::string& text);

}  // namespace sotto::apps
