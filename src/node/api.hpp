// What wallets and validators say to each other over HTTP: paths and bodies. Bodies are canonical bytes
// (base/codec.hpp); only /v1/health and the devnet's control answers are JSON. docs/cli.md lists them for people who
// write clients.
//
//   POST /v1/transactions[?hints=N]             -> 200 Vote | 409 RefusalMessage | 400 name of the decode error
//        transaction, then N bytes of ledger::proof_hints, which may be wrong or missing: they only save time
//   POST /v1/certificates   CertificateMessage  -> 200 Acknowledgement | 409 RefusalMessage | 400
//   POST /v1/ordered        transaction         -> 200 (to be ordered; the body is empty) | 409 RefusalMessage | 400
//        a recovery; its outcome so far as reason ordered_rule
//   GET  /v1/network                            -> 200 NetworkInfo
//   GET  /v1/blocks?from=H[&wait_ms=T]          -> 200 BlocksMessage: from height H on, as many as fit one page;
//                                                  with wait_ms the answer waits up to T ms for height H to exist
//   GET  /v1/hash?height=H[&wait_ms=T]          -> 200 block hash, 32 bytes | 404
//   GET  /v1/tree                               -> 200 TreeMessage
//   GET  /v1/stake                              -> 200 StakeMessage (stake_api.hpp)
//   GET  /v1/status?txid=HEX                    -> 200 StatusMessage
//   GET  /v1/lock?nf=HEX                        -> 200 LockMessage: which transaction holds this note, and its
//                                                  generation
//   GET  /v1/epochs/close?epoch=E               -> 200 SignedShare: this validator's signature on the epoch's end | 404 not_due
//   GET  /v1/epochs/transition?epoch=E          -> 200 SignedShare: on the transition out of E | 404 none (perhaps certified long ago)
//   GET  /v1/transitions?from=E                 -> 200 TransitionsMessage: certificates from epoch E on, as many as fit one page
//   GET  /v1/inclusion?txid=HEX&head=H          -> 200 ledger::Inclusion before or in block H | 404 not_executed | 400
//   GET  /v1/health                             -> 200 JSON
#pragma once
#include <string>

#include "net/http.hpp"
#include "ledger/genesis.hpp"
#include "settle/transition.hpp"
#include "settle/validator.hpp"

namespace sotto::node {

inline constexpr const char* kTransactionsPath = "/v1/transactions";
inline constexpr const char* kCertificatesPath = "/v1/certificates";
inline constexpr const char* kOrderedPath = "/v1/ordered";
inline constexpr const char* kNetworkPath = "/v1/network";
inline constexpr const char* kBlocksPath = "/v1/blocks";
inline constexpr const char* kHashPath = "/v1/hash";
inline constexpr const char* kTreePath = "/v1/tree";
inline constexpr const char* kStatusPath = "/v1/status";
inline constexpr const char* kLockPath = "/v1/lock";
inline constexpr const char* kCloseSharePath = "/v1/epochs/close";
inline constexpr const char* kTransitionSharePath = "/v1/epochs/transition";
inline constexpr const char* kTransitionsPath = "/v1/transitions";
inline constexpr const char* kInclusionPath = "/v1/inclusion";
inline constexpr const char* kHealthPath = "/v1/health";

// Named limits of the bodies.
inline constexpr size_t kMaxRuleBytes = 64;
inline constexpr size_t kMaxEndpointBytes = 64;
inline constexpr size_t kMaxBlocksPage = 256;                     // blocks on a page
inline constexpr size_t kBlocksPageBytes = 4 * 1024 * 1024;       // a page ends once it is longer than this
inline constexpr size_t kMaxRequestBytes = ledger::kMaxTransactionBytes + ledger::kMaxHintBytes + 8 * 1024;
inline constexpr size_t kMaxResponseBytes = ledger::kMaxBlockBytes + kBlocksPageBytes;
inline constexpr uint32_t kMaxWaitMs = 20'000;                    // longest a request for blocks waits

// POST /v1/transactions with hints for its validators.
std::string hinted_transactions_path(size_t hint_bytes);
// Transaction and hints of such a body; nullopt: N is no number, above ledger::kMaxHintBytes or longer than the body.
struct HintedBody {
  ByteView transaction, hints;
};
std::optional<HintedBody> split_hints(const net::Target& target, ByteView body);

// Names of rejects as they travel: [a-z0-9_]*, so that a validator's words can be shown to people.
bool is_name(ByteView text);

// A refusal as it travels: reject enums by name.
struct RefusalMessage {
  std::string reason;                       // settle::SettleReject
  std::string rule;                         // of another module, "" if none
  std::optional<Bytes> rival;               // the transaction that holds the lock
  std::optional<ledger::TxId> rival_id;
  Bytes encode() const;
  static Result<RefusalMessage, DecodeError> decode(ByteView bytes);
  static RefusalMessage of(const settle::Refusal& refusal);
  std::string text() const;                 // "ledger_rule: expired"
};
// The 409 that carries it. Signatures and proofs that do not hold cost us far more than their sender: they are rubbish.
net::Response refusal(const settle::Refusal& refusal);

struct CertificateMessage {
  settle::LockCertificate certificate;
  std::optional<Bytes> transaction;         // for validators that have not voted for it
  Bytes encode() const;
  static Result<CertificateMessage, DecodeError> decode(ByteView bytes);
};

struct NetworkInfo {
  Bytes genesis;                            // ledger::Genesis; its hash is the network id
  std::vector<net::Endpoint> validators;    // with their TLS keys if they have any
  uint64_t height = 0;
  std::vector<settle::ValidatorId> ids = {};  // beside the validators, then in any order; none: genesis's committee in its order
  Bytes encode() const;
  static Result<NetworkInfo, DecodeError> decode(ByteView bytes);
};

struct BlocksMessage {
  uint64_t head = 0;                        // the validator's height now
  std::vector<Bytes> blocks;                // ledger::Block, consecutive from the height asked for
  Bytes encode() const;
  static Result<BlocksMessage, DecodeError> decode(ByteView bytes);
};

inline constexpr size_t kMaxTransitionsPage = 16;
struct TransitionsMessage {
  uint64_t epoch = 0;                       // the validator's now
  uint64_t height = 0;                      // and its newest block
  std::vector<settle::TransitionCertificate> certificates;   // consecutive from the epoch asked for
  Bytes encode() const;
  static Result<TransitionsMessage, DecodeError> decode(ByteView bytes);
};

// The note tree as it stands: where a new wallet starts.
struct TreeMessage {
  uint64_t height = 0;
  note::NoteTreeFrontier tree;
  Bytes encode() const;
  static Result<TreeMessage, DecodeError> decode(ByteView bytes);
  friend bool operator==(const TreeMessage&, const TreeMessage&) = default;
};

enum class TransactionState : uint8_t {
  unknown,      // neither voted for nor seen in a block
  locked,       // this validator has voted for it
  certified,    // a lock certificate is stored: it will execute
  executed,
};
const char* name(TransactionState s);
struct StatusMessage {
  TransactionState state = TransactionState::unknown;
  uint64_t height = 0;                      // of its block, if executed and known
  Bytes encode() const;
  static Result<StatusMessage, DecodeError> decode(ByteView bytes);
};

struct LockMessage {
  std::optional<Bytes> transaction;         // that holds the lock, or has a lock certificate
  std::optional<ledger::TxId> spent_by;     // the note is spent already
  uint32_t generation = 0;                  // payments of it must name this one
  bool frozen = false;                      // its recovery is being decided, or the epoch closes
  Bytes encode() const;
  static Result<LockMessage, DecodeError> decode(ByteView bytes);
};

// 64 hex digits.
std::optional<Hash32> parse_hash(std::string_view hex);

}  // namespace sotto::node
