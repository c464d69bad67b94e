// ABCI 2.0, the application's side, as plain values: what CometBFT asks and what it is answered. CometBFT opens four
// connections and does not say which is which, so every message is served on each; nothing here knows of sockets.
// Sources: CometBFT's spec/abci and proto/tendermint/abci at the version in cmake/cometbft.version.
#pragma once
#include "base/bytes.hpp"
#include "base/result.hpp"

namespace sotto::comet {

inline constexpr size_t kMaxEngineTransactions = 1024;     // in a proposal or block; ours have at most one
inline constexpr size_t kMaxChunkBytes = 8 * 1024 * 1024;  // of a snapshot; CometBFT takes no message above 16 MB

struct ChainStart {
  std::string chain_id;
  Bytes app_state;                         // JSON, as genesis.json has it
  int64_t initial_height = 0;
};
// CometBFT says that a validator broke its protocol, with proof that it has checked.
struct Misbehaviour {
  enum Kind : uint8_t { unknown = 0, duplicate_vote = 1, light_client_attack = 2 } kind = unknown;  // the numbers are CometBFT's
  ByteArray<20> validator{};               // address_of() its key, as bytes
  int64_t height = 0;                      // where it did it
  uint64_t time_ms = 0;                    // of that block
  friend bool operator==(const Misbehaviour&, const Misbehaviour&) = default;
};

struct Proposal {
  int64_t height = 0;
  uint64_t time_ms = 0;                    // since 1970; what is below a millisecond is cut off
  std::vector<ByteView> transactions;      // valid during the call
  std::vector<Misbehaviour> misbehaviour = {};
};
struct AppPoint {
  int64_t height = 0;                      // the engine's; 0: before its first block
  Hash32 app_hash{};
};
struct Snapshot {
  uint64_t height = 0;
  uint32_t format = 0, chunks = 0;
  Bytes hash, metadata;
};
// The numbers are CometBFT's.
enum class OfferVerdict : uint8_t { accept = 1, abort = 2, reject = 3, reject_format = 4 };
struct ChunkVerdict {
  enum Kind : uint8_t { accept = 1, abort = 2, retry = 3, retry_snapshot = 4, reject_snapshot = 5 } kind = accept;
  std::vector<uint32_t> refetch;
  std::vector<std::string> reject_senders;
};

// An Error is told to CometBFT, which then ends: for a broken world or an engine that breaks its own rules.
struct ValidatorUpdate {
  ByteArray<32> key{};                     // Ed25519
  int64_t power = 0;                       // 0: out
  friend bool operator==(const ValidatorUpdate&, const ValidatorUpdate&) = default;
};
class Application {
 public:
  virtual ~Application() = default;
  // Consensus connection: one call at a time, in the order of the protocol.
  virtual Result<Hash32, Error> init_chain(const ChainStart& start) = 0;                      // the app hash of genesis
  virtual Result<std::vector<Bytes>, Error> prepare_proposal(int64_t height, uint64_t max_bytes) = 0;
  virtual Result<bool, Error> process_proposal(const Proposal& proposal) = 0;                 // the same at every honest one
  virtual Result<Hash32, Error> finalize_block(const Proposal& block) = 0;                    // the app hash after it; keeps nothing
  virtual std::vector<ValidatorUpdate> validator_updates() = 0;                               // of the block finalized last
  virtual Result<int64_t, Error> commit() = 0;                                                // keeps it; blocks below are not needed
  // Mempool connection.
  virtual bool check_transaction(ByteView transaction) = 0;
  // Query connection: any time, beside the others.
  virtual AppPoint info() const = 0;
  // Snapshot connection: any time, beside the others.
  virtual std::vector<Snapshot> snapshots() = 0;
  virtual Bytes snapshot_chunk(uint64_t height, uint32_t format, uint32_t chunk) = 0;         // empty: not had
  virtual OfferVerdict offer_snapshot(const Snapshot& snapshot, const Hash32& app_hash) = 0;
  virtual ChunkVerdict apply_chunk(uint32_t index, ByteView chunk, const std::string& sender) = 0;
};

// Answers one encoded Request with one encoded Response. What is no request, or one that the engine must not make, gets an
// exception, whereupon CometBFT ends; `broken` then says why.
struct Answer {
  Bytes response;
  std::optional<Error> broken;
};
Answer answer(Application& application, ByteView request);

}  // namespace sotto::comet
