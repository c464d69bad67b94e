#include "node/dev_genesis.hpp"

#include <algorithm>

#include "crypto/hash.hpp"
#include "wallet/circuit_prover.hpp"
#include "wallet/stake.hpp"

namespace sotto::node {

namespace {

// Validators of a dev network are named by their place.
settle::ValidatorId validator_id(size_t index) {
  crypto::Sha256 h;
  h.update(view("Sotto.dev-validator.v1"));
  const uint8_t byte = static_cast<uint8_t>(index);
  h.update({&byte, 1});
  return {h.finish()};
}

// Committees are in the order of their ids; `keys` are in the order of their places, so places get ids in order.
std::vector<settle::ValidatorId> sorted_ids(size_t count) {
  std::vector<settle::ValidatorId> ids;
  for (size_t i = 0; i < count; ++i) ids.push_back(validator_id(i));
  std::sort(ids.begin(), ids.end());
  return ids;
}

constexpr uint64_t kCoin = 1'000'000;                     // SOT has six decimals

// The faucet operates them all. Its keys of the network would depend on the network's id, which covers these.
ledger::StakeParams dev_stake(std::span<const settle::Seat> seats, const note::Seed& faucet) {
  ledger::StakeParams p;
  p.max_validators = static_cast<uint16_t>(std::max<size_t>(64, seats.size()));
  p.min_self_bond = 1'000 * kCoin;
  p.min_bond = kCoin / 100;
  p.unbonding_epochs = 7;
  p.evidence_epochs = 6;
  p.slash = 500;
  p.absence_epochs = 4;
  p.jail_epochs = 2;
  const auto account = note::AccountKeys::derive(faucet, Hash32{}, 0);
  for (const auto& seat : seats)
    p.operators.push_back(crypto::redjubjub_public_key(wallet::claim_secret(account.ask(), wallet::operator_basis(seat.key.encode()))));
  return p;
}

ledger::GenesisContent dev_content(const std::string& name, std::span<const settle::Seat> seats, ledger::StakeParams stake, Entropy& entropy) {
  ledger::GenesisContent content;
  content.params.name = name;
  content.params.anchor_window = 1000;
  content.params.expiry_window = 1000;
  content.params.fees.assign(kDevFees.begin(), kDevFees.end());
  content.params.max_block_entries = 1024;
  content.params.max_block_bytes = 16 * 1024 * 1024;
  content.params.stake = std::move(stake);
  for (const DevAsset& a : kDevAssets) {
    content.params.fee_assets.push_back(a.id);
    ledger::Asset asset;
    asset.opening = {a.id, 0};
    asset.symbol = a.symbol;
    asset.title = a.title;
    asset.decimals = a.decimals;
    asset.issued = a.issued;
    content.assets.push_back(std::move(asset));
  }
  content.committee = settle::seats_encoding(seats);
  content.salt = entropy.bytes<32>();
  return content;
}

// All of an asset to the faucet, in two notes, so that two payments can be under way at once.
wallet::TransferPlan issue(const DevAsset& asset, const note::Address& to) {
  wallet::TransferPlan plan;
  plan.asset = {asset.id, 0};
  plan.fee_asset = {kDevAssets[0].id, 0};
  plan.v_in = note::Amount(asset.issued);
  const uint64_t half = asset.issued / 2;
  plan.outputs[0] = wallet::OutputPlan{to, note::Amount(half), {}, std::nullopt};
  plan.outputs[1] = wallet::OutputPlan{to, note::Amount(asset.issued - half), {}, std::nullopt};
  plan.anchor = ledger::genesis_anchor().value;
  return plan;
}

}  // namespace

ledger::Genesis draft_dev_genesis(const std::string& name, std::span<const settle::Seat> seats, const note::Seed& faucet,
                                  std::shared_ptr<const circuit::ProofSystem> system, Entropy& entropy, ThreadPool& pool,
                                  const GenesisProgress& progress, const DevChoices& choices) {
  ledger::Genesis genesis;
  genesis.content = dev_content(name, seats, dev_stake(seats, faucet), entropy);
  genesis.content.kind = choices.kind;
  if (choices.tune) choices.tune(genesis.content.params);
  CHECK(ledger::check_content(genesis.content).ok());
  const ledger::NetworkId network = ledger::network_id(genesis.content);
  wallet::CircuitProver prover(std::move(system), entropy, pool);
  const auto account = note::AccountKeys::derive(faucet, network.value, 0);
  for (size_t i = 0; i < kDevAssets.size(); ++i) {
    if (progress) progress(i, kDevAssets.size());
    const auto built = wallet::build_transfer(account.view(), issue(kDevAssets[i], account.view().address(0)), entropy);
    CHECK(built.ok());
    auto tx = wallet::assemble(network, 0, {&*built, 1});
    CHECK(wallet::authorise(tx, {&*built, 1}, account.ask(), prover, entropy).ok());
    genesis.transactions.push_back(std::move(tx));
  }
  if (progress) progress(kDevAssets.size(), kDevAssets.size());
  return genesis;
}

ledger::Genesis make_dev_genesis(const std::string& name, std::span<const crypto::BlsSecretKey> keys,
                                 const note::Seed& faucet, std::shared_ptr<const circuit::ProofSystem> system,
                                 Entropy& entropy, ThreadPool& pool, const GenesisProgress& progress, const DevChoices& choices) {
  const auto ids = sorted_ids(keys.size());
  std::vector<settle::Seat> seats;
  for (size_t i = 0; i < keys.size(); ++i) seats.push_back({ids[i], kDevStake, keys[i].public_key()});
  auto genesis = draft_dev_genesis(name, seats, faucet, std::move(system), entropy, pool, progress, choices);
  const auto network = ledger::network_id(genesis.content);
  std::vector<settle::Validator> validators;
  for (size_t i = 0; i < keys.size(); ++i)
    validators.push_back(settle::make_validator(network, ids[i], kDevStake, keys[i]));
  const auto committee = settle::Committee::create(network, 0, std::move(validators));
  CHECK(committee.ok());
  genesis.committee_proofs = committee->encode();
  return genesis;
}

Result<settle::Committee, Error> genesis_committee(const ledger::Genesis& genesis) {
  auto committee = settle::Committee::decode(genesis.committee_proofs);
  if (!committee.ok())
    return Failure{Error{std::string("genesis: the committee is not in order: ") + name(committee.error())}};
  const bool of_this_network = committee->network() == ledger::network_id(genesis.content) && committee->epoch() == 0;
  if (!of_this_network || committee->seats() != genesis.content.committee)
    return Failure{Error{"genesis: the committee is not the one the network id covers"}};
  return std::move(committee).value();
}

}  // namespace sotto::node
