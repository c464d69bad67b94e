// The ledger's state apart from the archive: small, copied freely, hashed whole (docs/spec/ledger.md L-32..L-35).
#pragma once
#include <memory>

#include "ledger/chain_tree.hpp"
#include "ledger/network.hpp"
#include "ledger/set_hash.hpp"
#include "note/merkle.hpp"

namespace sotto::ledger {

// The turnstile of one asset: everything public about its supply. What may be in notes is
// minted - burned - fees - staked, and never below zero (L-34).
struct Supply {
  Wide minted = 0;                        // genesis included
  Wide burned = 0;
  Wide fees = 0;                          // collected, waiting in the pool
  Wide staked = 0;                        // the native asset's: in pools and open claims
  bool halted = false;                    // a breach was seen: no burns of this asset any more
  bool holds() const { return burned + fees + staked <= minted; }   // sums of u64: far from wrapping
  Wide shielded() const { CHECK(holds()); return minted - burned - fees - staked; }
  friend bool operator==(const Supply&, const Supply&) = default;
};
std::string to_decimal(Wide value);

struct RecentRoot {
  Anchor root;
  uint64_t since = 0;                     // height of the block that made it the newest
  friend bool operator==(const RecentRoot&, const RecentRoot&) = default;
};

// Who has reported already, and how much stake stands behind them.
struct Reports {
  std::vector<uint16_t> validators;       // indices in the epoch's committee, strictly increasing
  Wide stake = 0;
  friend bool operator==(const Reports&, const Reports&) = default;
};
// A note is frozen until a quorum has reported (L-72).
struct Recovery {
  uint32_t generation = 0;
  uint64_t since = 0;                     // height
  Reports reports;
  friend bool operator==(const Recovery&, const Recovery&) = default;
};
// Everything is frozen until a quorum has reported (L-74).
struct Closing {
  uint64_t since = 0;
  Bytes next;                             // committee of the next epoch (M-6)
  Reports reports;
  friend bool operator==(const Closing&, const Closing&) = default;
};
// The epoch's end is due, and who comes next is settled (L-77).
struct Due {
  uint64_t since = 0;                     // height
  Bytes next;                             // committee of the next epoch (M-6)
  friend bool operator==(const Due&, const Due&) = default;
};
// The block after which an epoch began.
struct Began {
  uint64_t height = 0;
  uint64_t time_ms = 0;                   // of epoch 0: its first block's with entries, for genesis has none
  friend bool operator==(const Began&, const Began&) = default;
};
inline constexpr size_t kMaxRecoveries = 4096;  // pending at once

struct State {
  std::shared_ptr<const Network> network;
  uint64_t height = 0;                    // of the last executed block; genesis is 0
  uint64_t epoch = 0;
  uint64_t time_ms = 0;                   // the last block's
  BlockHash last_block;
  ChainTree chain;                        // of the blocks before it
  note::NoteTreeFrontier tree;
  uint64_t spent = 0;                     // how many nullifiers
  SetHash spent_set;                      // over (nullifier, txid)
  std::vector<RecentRoot> roots;          // since strictly increasing, the newest last, never empty after genesis
  std::vector<Supply> supply;             // beside network->assets()
  std::map<Nullifier, uint32_t> generations;  // only those above 0
  std::map<Nullifier, Recovery> recoveries;   // pending
  Began began;                            // this epoch
  std::optional<Due> due;
  std::optional<Closing> closing;
  Bytes committee;                        // of this epoch (M-6)
  Stake stake;                            // empty on a network without

  uint32_t generation(const Nullifier& nf) const {
    const auto found = generations.find(nf);
    return found == generations.end() ? 0 : found->second;
  }
  Anchor newest_root() const { CHECK(!roots.empty()); return roots.back().root; }
};

// The newest root, or one replaced less than anchor_window blocks ago.
bool anchor_is_recent(const State& state, const Anchor& anchor);

// From the recent roots on: what the app hash covers and a stored record keeps, in the same bytes.
void write_tail(Writer& out, const State& state);

// Over everything above except height, time, last_block and chain (and nothing that depends on them): an empty block leaves
// it as it was (L-33).
Hash32 app_hash(const State& state);

}  // namespace sotto::ledger
