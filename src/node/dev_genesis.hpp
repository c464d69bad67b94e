// The genesis of a network for one machine: four validators of equal stake, a native asset and two demo currencies, all
// of it in notes of one faucet account, each brought in by a real proven transfer.
#pragma once
#include <functional>

#include "circuit/transfer_proof.hpp"
#include "ledger/genesis.hpp"
#include "note/keys.hpp"
#include "settle/committee.hpp"

namespace sotto::node {

struct DevAsset {
  uint64_t id;
  const char* symbol;
  const char* title;
  uint8_t decimals;
  uint64_t issued;                       // units
};
inline constexpr std::array<DevAsset, 3> kDevAssets{{
    {1, "SOT", "Sotto", 6, 1'000'000'000'000'000},           // a thousand million
    {2, "USD", "Demo dollar", 2, 100'000'000'000},
    {3, "EUR", "Demo euro", 2, 100'000'000'000},
}};
// What each first validator has at stake, its own.
inline constexpr uint64_t kDevStake = 1'000'000'000'000;     // a million SOT
// Fees a dev network takes, in units of any of its assets: nothing, or 0.001 SOT.
inline constexpr std::array<uint64_t, 2> kDevFees = {0, 1000};

// done of all: transfers proven so far.
using GenesisProgress = std::function<void(size_t done, size_t all)>;

struct DevChoices {
  note::NetworkKind kind = note::NetworkKind::dev;
  std::function<void(ledger::Params&)> tune;   // what else the network should have
};

// Everything but the proofs of possession, which name the network this makes (node/ceremony.hpp). Seats in the order of their ids; what
// they have at stake is operated by the faucet. Fresh salt: no two networks are alike.
ledger::Genesis draft_dev_genesis(const std::string& name, std::span<const settle::Seat> seats, const note::Seed& faucet,
                                  std::shared_ptr<const circuit::ProofSystem> system, Entropy& entropy, ThreadPool& pool,
                                  const GenesisProgress& progress, const DevChoices& choices = {});
// The whole, where one holds all keys: `keys[i]` is validator i's. Each has a million SOT at stake.
ledger::Genesis make_dev_genesis(const std::string& name, std::span<const crypto::BlsSecretKey> keys,
                                 const note::Seed& faucet, std::shared_ptr<const circuit::ProofSystem> system,
                                 Entropy& entropy, ThreadPool& pool, const GenesisProgress& progress, const DevChoices& choices = {});

// The first committee, out of genesis: possession proofs checked, and the seats those the network id covers.
Result<settle::Committee, Error> genesis_committee(const ledger::Genesis& genesis);

}  // namespace sotto::node
