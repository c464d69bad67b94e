// What a payment or a stake command costs before it is made, and what is known of it when it did not end well: in words and in
// documents, the same for all commands that spend.
#pragma once
#include "apps/json.hpp"
#include "apps/wallet_session.hpp"

namespace sotto::apps {

// The lines of a review that say what it costs: the fee, and merges with theirs if there are any.
std::vector<std::string> cost_lines(const ledger::Network& network, const wallet::SpendPlan& plan);
// "fee" of the payment itself, "merges" (how many go first), "merge_fees", "total_fees".
nlohmann::ordered_json cost_json(const ledger::Network& network, const wallet::SpendPlan& plan);
// What merges were made: {"txid":…} each.
nlohmann::ordered_json merges_json(const ledger::Network& network, const note::AssetOpening& fee_asset, const node::Merges& merges);

CommandFailure failure_of_plan(const wallet::Refusal& refusal, const ledger::Network& network);

// Why a certified payment will never come.
std::string why_void(const wallet::Lost& lost);
// Payments that are not known to be final or are void, for commands that show money. Nothing if there are none.
std::vector<std::string> open_lines(const WalletSession& session);
nlohmann::ordered_json open_json(const WalletSession& session);
nlohmann::ordered_json void_json(const WalletSession& session);
// "payment of 7.00 EUR to sottodev1…", "merge of 3 notes to yourself".
std::string describe(const WalletSession& session, const wallet::PaymentEntry& payment);

}  // namespace sotto::apps
