// The ledger as CometBFT sees it (docs/spec/ledger.md L-64..L-68). CometBFT orders; it is not trusted with validity:
// execution judges every entry again. Its app hash is the hash of the ledger's last block, which covers state and history and
// stands still while no block has entries. One lock is held by consensus and mempool calls, none by info and snapshots.
#pragma once
#include <functional>
#include <mutex>

#include "comet/abci.hpp"
#include "comet/pending.hpp"
#include "comet/snapshots.hpp"

namespace sotto::comet {

// Which of these may be ordered? The lock certificates' check, one verdict each. The same at every honest validator that
// stands at the same block: proposals are refused by it. Any thread.
using Admission = std::function<std::vector<bool>(std::span<const ledger::CertifiedTransaction* const> entries)>;

// Room kept in a block for what the engine itself says about validators (stake.md D-34); none where blocks are tiny.
inline constexpr size_t kAccusationEntries = 16, kAccusationBytes = kAccusationEntries * 256;

struct LedgerRules {
  std::string chain_id;
  Hash32 genesis{};                        // ledger::genesis_hash: both sides must mean the same one
  size_t max_entries = 0;                  // the network's max_block_entries
  size_t max_block_bytes = 0;              // the network's max_block_bytes
};
// {"genesis": "<hex>"}, as genesis.json carries it.
std::string app_state_of(const Hash32& genesis);

// From one committee to the next: who is new or weighs differently, then who is out (power 0). By powers_of() on both sides.
std::vector<ValidatorUpdate> updates_of(const order::Handover& handover);

class LedgerApplication final : public Application {
 public:
  // `kept` hears of every block kept: the engine's height, and whether the ledger's last block changed. Replica and pending outlive this.
  // `snapshots`: what others may join from; nullptr: nothing.
  LedgerApplication(LedgerRules rules, order::Replica& replica, Pending& pending, Admission admit,
                    std::function<void(uint64_t engine_height, bool changed)> kept, SnapshotSource* snapshots = nullptr);

  Result<Hash32, Error> init_chain(const ChainStart& start) override;
  Result<std::vector<Bytes>, Error> prepare_proposal(int64_t height, uint64_t max_bytes) override;
  Result<bool, Error> process_proposal(const Proposal& proposal) override;
  Result<Hash32, Error> finalize_block(const Proposal& block) override;
  std::vector<ValidatorUpdate> validator_updates() override;
  Result<int64_t, Error> commit() override;
  bool check_transaction(ByteView transaction) override;
  AppPoint info() const override;
  std::vector<Snapshot> snapshots() override;
  Bytes snapshot_chunk(uint64_t height, uint32_t format, uint32_t chunk) override;
  OfferVerdict offer_snapshot(const Snapshot&, const Hash32&) override { return OfferVerdict::abort; }
  ChunkVerdict apply_chunk(uint32_t, ByteView, const std::string&) override { return {ChunkVerdict::abort, {}, {}}; }

 private:
  using Entries = std::vector<ledger::CertifiedTransaction>;
  // The entries of a proposal's transactions; nullopt if they break a rule that their bytes show.
  std::optional<Entries> read(const Proposal& proposal);
  struct Computed {
    uint64_t engine_height = 0;
    ledger::BlockHash last_block;
    std::vector<ledger::FullId> ids;
    std::vector<ValidatorUpdate> updates;
  };

  LedgerRules rules_;                      // of proposals
  size_t accusations_ = 0;
  order::Replica& replica_;
  Pending& pending_;
  const Admission admit_;
  const std::function<void(uint64_t, bool)> kept_;
  SnapshotSource* const source_;
  std::mutex mutex_;
  std::optional<Computed> computed_;
  // What was proposed last is what is decided next, as a rule: decoding takes square roots.
  Hash32 decoded_hash_{};
  std::optional<Entries> decoded_;
};

}  // namespace sotto::comet
