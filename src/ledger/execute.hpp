// The ledger's one transition (docs/spec/ledger.md L-30..L-42): an ordered list of certified transactions becomes a
// block and the next state. Deterministic to the byte. Everything is checked and computed first; assigning is a separate
// step that cannot fail.
#pragma once
#include "ledger/block.hpp"
#include "ledger/check.hpp"

namespace sotto::ledger {

// settle's word on a lock certificate: a quorum of the committee of the certificate's epoch locked exactly this
// transaction's nullifiers for it.
using CertificateCheck = std::function<bool(const Transaction& tx, const TxId& id, ByteView certificate, const State& state)>;

// settle's word on what validators sign about the ordered state. None of them given: refused.
struct CommitteeWord {
  // The stake behind a report and the stake of all, if its signature holds under the committee of the state's epoch.
  struct Weight {
    Wide stake = 0, total = 0;
  };
  std::function<std::optional<Weight>(const Report& report, const State& state)> report;
  // A quorum of the state's committee signed it, and `next` is a committee of this network's next epoch.
  std::function<bool(const CloseEpoch& close, const State& state)> close;
  // Of the stake, about a registered validator with that vote key: its own word (M-9); proof of what it did in the epoch the
  // operation names.
  std::function<bool(const Unjail& op, const ByteArray<96>& vote_key, const State& state)> unjail = {};
  std::function<bool(const Evidence& op, const ByteArray<96>& vote_key, const State& state, const Archive& archive)> evidence = {};
  // Who comes next, instead of next_committee(): for tests. All who execute a chain must mean the same.
  std::function<Bytes(const State& state)> next = {};

  // Of an unjail or evidence; nobody has to be asked about other operations of the stake.
  bool holds(const Ordered& ordered, const State& state, const Archive& archive) const;
};

// Why a list cannot be a block at all, or a block is not the one that follows.
enum class BlockReject : uint8_t {
  too_many_entries,
  too_large,
  time_reversed,
  // check_block only:
  malformed,
  wrong_network,
  wrong_height,
  wrong_epoch,
  wrong_previous,
  wrong_chain,
  wrong_entries,            // the header's hash is not that of the entries
  wrong_outcome,            // an entry's recorded outcome is not what execution does
  wrong_notes,
  wrong_note_root,
  wrong_app_hash,
};
const char* name(BlockReject reject);

// Beside the outcome, for people and for the one who submitted.
struct Detail {
  TxId txid;
  std::optional<Reject> reject;   // the rule behind `invalid`
  std::optional<Spend> spend;     // repeated: where it was executed; spent: the rival
  uint64_t first_leaf = 0;        // executed: position in the note tree of its first appended commitment
};

struct Execution {
  Block block;
  State next;
  Changes changes;
  std::vector<Detail> details;    // beside block.entries
};

Result<Execution, BlockReject> execute(const State& state, const Archive& archive,
                                       std::span<const CertifiedTransaction> entries, uint64_t time_ms,
                                       const CertificateCheck& certificates, Authority& authority,
                                       const CommitteeWord& committee = {});

// Re-executes somebody else's block: every signature, proof, certificate, outcome, root and hash.
struct BlockFailure {
  BlockReject reject;
  std::optional<size_t> entry;    // wrong_outcome: which
  std::optional<Outcome> outcome; // and what execution does with it
};
Result<Execution, BlockFailure> check_block(const State& state, const Archive& archive, const Block& block,
                                            const CertificateCheck& certificates, Authority& authority,
                                            const CommitteeWord& committee = {});

// The parts execution shares with genesis: one more spent nullifier; the header that leads to `next`.
void add_spend(State& state, const Nullifier& nf, const TxId& id);
BlockHeader header_after(const State& next, const BlockHash& previous, const Hash32& entries);

// archive.commit(), then state = next.
void commit(Execution&& execution, State& state, Archive& archive);

}  // namespace sotto::ledger
