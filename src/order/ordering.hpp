// Ordering: certified transactions go in, batches come out, the same batches in the same order for every consumer
// (docs/spec/ledger.md L-60..). Two implementations are meant: the embedded engine (embedded.hpp, one process) and a BFT
// engine over ABCI. Nothing here is trusted with validity: execution judges every entry again.
#pragma once
#include "ledger/execute.hpp"

namespace sotto::order {

// What engines know an entry by: its transaction's bytes, and the epoch of its certificate (the first eight bytes, M-4). With an ended
// epoch's certificate it comes to nothing when it is ordered, and must be free to come again with the next one's.
ledger::FullId entry_id(const ledger::CertifiedTransaction& entry);

// The content of one block before execution.
struct Batch {
  uint64_t height = 0;                   // consecutive from 1
  uint64_t time_ms = 0;                  // never decreasing
  std::vector<ledger::CertifiedTransaction> entries;
};
inline constexpr uint8_t kBatchVersion = 1;
inline constexpr size_t kMaxBatchBytes = ledger::kMaxBlockBytes + 4 * ledger::kMaxBlockEntries;  // entries are framed once more
Bytes encode(const Batch& batch);
Result<Batch, DecodeError> decode_batch(ByteView bytes);

// Whoever executes batches. Called from the engine's thread, one batch at a time, heights without gaps.
class Consumer {
 public:
  virtual ~Consumer() = default;
  virtual uint64_t height() const = 0;   // the last batch it has executed for good
  // An Error is final for this consumer: it is left behind until the next start.
  virtual Status<Error> execute(const Batch& batch) = 0;
};

// The committee changes hands: who agrees on blocks from now on. A validator is called by its engine's key (docs/adr/0091).
struct Member {
  ByteArray<32> key{};
  uint64_t stake = 0;
};
struct Handover {
  std::vector<Member> from, to;
};

// The engine's word that a validator broke the engine's rules, with proof that the engine has checked.
struct Accusation {
  ByteArray<20> validator{};             // the first bytes of SHA-256 of its key
  uint64_t time_ms = 0;                  // of the engine's block in which it did
};

// A consumer for an engine that agrees on the state as well (L-64): a batch is computed first and kept when the engine has
// decided on it, with the engine's own height in the same synced write. Called from one thread at a time; point() from any.
class Replica : public Consumer {
 public:
  struct Point {
    uint64_t engine_height = 0;          // of the engine's block kept last; blocks without entries make no batch, so
    uint64_t height = 0;                 // this may be lower
    uint64_t time_ms = 0;                // of that batch
    ledger::BlockHash last_block;        // what is agreed on: of its header, so of all history
  };
  virtual Point point() const = 0;       // of what is kept
  // The block that `batch` makes of what is kept. Keeps nothing; takes the place of what was computed before.
  virtual Result<ledger::BlockHash, Error> compute(const Batch& batch) = 0;
  // What such words come to as entries of the next block, of what is kept: the same at every validator. At most `limit`.
  virtual Result<std::vector<ledger::CertifiedTransaction>, Error> entries_against(std::span<const Accusation>, size_t /*limit*/) {
    return std::vector<ledger::CertifiedTransaction>();
  }
  // What became of the committee in the block computed last; nullopt: nothing.
  virtual std::optional<Handover> handover() const { return std::nullopt; }
  // Keeps what was computed since the last keep(), if anything, and the engine's height: all of it or nothing, synced (the
  // height alone need not be). An Error is final.
  virtual Status<Error> keep(uint64_t engine_height) = 0;
  // Forgets what was computed and not kept.
  virtual void forget() = 0;
};

enum class Submission : uint8_t {
  queued,      // will be in a batch, unless this process dies first: holders resubmit until it is executed
  known,       // the same transaction bytes are waiting or were ordered lately
  refused,     // its certificate does not hold; an ordered operation's signatures or proof
  full,        // the queue is at its limit: try again
  stopped,
};
const char* name(Submission s);

class Ordering {
 public:
  virtual ~Ordering() = default;
  // From any thread; does not wait for the block. Any number of times, by anybody.
  virtual Submission submit(ledger::CertifiedTransaction certified) = 0;
};

// The ledger by itself as a consumer: replays a log into a fresh state. Certificates, authority and committee as in
// ledger::execute. Refused: a batch that cannot be a block.
class LedgerConsumer final : public Consumer {
 public:
  LedgerConsumer(ledger::State& state, ledger::Archive& archive, ledger::CertificateCheck certificates, ledger::Authority& authority,
                 ledger::CommitteeWord committee)
      : state_(state), archive_(archive), certificates_(std::move(certificates)), authority_(authority), committee_(std::move(committee)) {}
  uint64_t height() const override { return state_.height; }
  Status<Error> execute(const Batch& batch) override;
  // Called after every block, before execute() returns.
  std::function<void(const ledger::Block&, const std::vector<ledger::Detail>&)> on_block;

 private:
  ledger::State& state_;
  ledger::Archive& archive_;
  ledger::CertificateCheck certificates_;
  ledger::Authority& authority_;
  const ledger::CommitteeWord committee_;
};

}  // namespace sotto::order
