// A validator's memory over RocksDB: locks, certificates, blocks, nullifiers, roots, the ledger's state. What is said to be
// durable has been synced; what cannot be read whole is refused, never taken for absent (README.md, settlement.md S-32..).
// Thread-safe.
#pragma once
#include <filesystem>
#include <functional>
#include <memory>

#include "ledger/execute.hpp"
#include "settle/transition.hpp"
#include "settle/validator.hpp"

namespace rocksdb {
class Env;
}

namespace sotto::store {

// Whose store it is: network and validator. Stores cannot be mixed or lent.
struct StoreIdentity {
  ledger::NetworkId network;
  settle::ValidatorId validator;
};

enum class StoreReject : uint8_t {
  missing,             // nothing there
  exists,              // create(): something is there already
  held,                // another process (or another ValidatorStore of this one) has it open
  foreign,             // another network's or validator's, or no store at all
  unknown_format,      // a later version's
  damaged,             // a record, a file or the whole does not check
  rolled_back,         // it has fewer synced writes than its witness saw
  io,                  // the system said no
};
const char* name(StoreReject reject);
struct StoreTrouble {
  StoreReject reject{};
  std::string what;                                       // for people
};

class ValidatorStore final : public settle::DurableStore {
 public:
  struct Opened {
    std::unique_ptr<ValidatorStore> store;
    settle::Restored restored;
    ledger::State state;                                  // after the newest block
    uint64_t votes_from_epoch = 0;                        // for ValidatorMachine
    uint64_t engine_height = 0;                           // as kept last
  };
  // A new store whose first block is `genesis` (ledger::execute_genesis). Built beside and moved into place whole: a
  // crash leaves either no store or a good one. A validator whose earlier store is lost must not vote in epochs it may
  // have voted in: `votes_from_epoch` says where it starts (0: its first store ever).
  // `env`: the file system, for tests; nullptr is the real one.
  static Status<StoreTrouble> create(const std::filesystem::path& dir, const StoreIdentity& identity, const ledger::Execution& genesis,
                                     uint64_t votes_from_epoch = 0, rocksdb::Env* env = nullptr);
  // Reads and checks what voting starts from: every lock and certificate, their counts, the state, its block's header. What
  // grows for ever (nullifiers, roots, executions, blocks) is checked record by record when it is looked up, and whole by
  // check_history() (docs/adr/0032): the time this takes does not depend on the ledger's age.
  static Result<Opened, StoreTrouble> open(const std::filesystem::path& dir, const StoreIdentity& identity,
                                           std::shared_ptr<const ledger::Network> network, rocksdb::Env* env = nullptr);
  // Every nullifier, root and execution on disk: each record checks, and none is missing. Reads a snapshot beside whatever
  // else goes on; ends early without an error once `stop` says so. `damaged` means that this validator must not go on.
  Status<StoreTrouble> check_history(const std::function<bool()>& stop) const;
  // A store made of a history that others tell, for a validator whose own is lost: block by block, each judged by
  // ledger::History before. Built beside, like create(): nothing is there before finish().
  class Import {
   public:
    static Result<std::unique_ptr<Import>, StoreTrouble> begin(const std::filesystem::path& dir, const StoreIdentity& identity,
                                                               const ledger::Execution& genesis, rocksdb::Env* env = nullptr);
    ~Import();
    Status<StoreTrouble> add(const ledger::Block& block, const ledger::Changes& changes);
    // `state` is the one after the last block, and History has agreed. It votes from the next epoch on.
    Status<StoreTrouble> finish(const ledger::State& state, uint64_t engine_height);

   private:
    struct Parts;
    explicit Import(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
  };
  ~ValidatorStore();
  ValidatorStore(const ValidatorStore&) = delete;

  // One group: one write, one sync, however many. After an Error the store takes nothing more, for good: whether the
  // group is on disk is unknown until it is opened again.
  Result<std::vector<settle::Persisted>, Error> persist(std::vector<settle::Persist> group);
  // Block, nullifiers, root, state, and the height of the engine's block it came in (0: an engine without heights of its
  // own): all or nothing, synced. Visible in archive() when it returns. A block that ends an epoch takes its transition with
  // it; `circuits`: M-8.
  Status<Error> commit_block(const ledger::Execution& execution, uint64_t engine_height = 0, const Hash32& circuits = {});
  // Out of that epoch, as this validator executed it; nullopt: the epoch goes on, or was executed by others (Import).
  Result<std::optional<settle::Durable<settle::Transition>>, Error> transition(uint64_t epoch) const;
  // Certificates of transitions, for ever. Synced.
  Status<Error> keep(const settle::TransitionCertificate& certificate);
  Result<std::optional<settle::TransitionCertificate>, Error> handover(uint64_t epoch) const;
  // That the block at `height` is one of the first `size` (ledger::ChainTree); nullopt above the newest block.
  std::optional<ledger::ChainProof> shows(uint64_t height, uint64_t size) const;
  // An engine's block without entries. Not synced: the engine would repeat it.
  Status<Error> keep_engine_height(uint64_t engine_height);
  // What the ledger waits for reports about, after the newest block on disk.
  std::vector<settle::Durable<settle::Freeze>> freezes() const;
  // Goes with the next group: losing it costs nothing (restoring leaves history out).
  void drop(const settle::Drop& drop);

  // Stops the process rather than answering from a record that does not check.
  const ledger::Archive& archive() const;
  std::optional<uint64_t> executed_at(const ledger::TxId& id) const;
  // The encoded block, nullopt above the newest.
  Result<std::optional<Bytes>, Error> block(uint64_t height) const;

  // Settlement certificates seen, for those who ask later. Kept without sync: whoever needs one holds it.
  Status<Error> keep(const settle::SettlementCertificate& certificate);
  Result<std::optional<settle::SettlementCertificate>, Error> settlement(const ledger::TxId& id) const;

  // Over everything synced since the store was created, group by group: ordered now and then, it would show a restore.
  struct Head {
    uint64_t groups = 0;
    Hash32 hash{};
  };
  Head head() const;

 private:
  struct Impl;
  explicit ValidatorStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sotto::store
