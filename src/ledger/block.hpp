// Blocks (docs/spec/ledger.md L-40..L-42): an ordered list of certified transactions, what became of each, and the
// state it leads to.
#pragma once
#include "ledger/transaction.hpp"

namespace sotto::ledger {

inline constexpr uint8_t kBlockVersion = 2;
inline constexpr size_t kMaxCertificateBytes = 4096;

// What execution did with an entry. A number never changes its meaning. Only `executed` changes notes or nullifiers.
enum class Outcome : uint8_t {
  executed = 0,
  repeated = 1,             // this txid had been executed before; nothing happened again
  spent = 2,                // a rival had spent one of its nullifiers
  outdated_generation = 3,
  unknown_anchor = 4,       // never a root of this ledger
  invalid = 5,              // breaks a stateless rule, or a bad signature or proof
  uncertified = 6,          // the certificate does not hold
  turnstile = 7,            // burns or fees beyond what can be in notes; burns of those assets are halted from here on
  burns_halted = 8,
  tree_full = 9,
  took_effect = 10,         // an ordered operation did what it says (never `executed`, which is about payments)
  wrong_epoch = 11,         // an ordered operation of another epoch, or an entry after the one that closed it
  closing = 12,             // no recovery begins while the epoch closes
  not_awaited = 13,         // a report nobody waits for (any more)
  too_many = 14,            // recoveries pending
  not_allowed = 15,         // a rule of the stake, named beside
};
inline constexpr uint8_t kOutcomes = 16;
const char* name(Outcome outcome);

// As handed to the ordering engine: a transaction and its lock certificate in settle's encoding.
struct CertifiedTransaction {
  Transaction transaction;
  Bytes certificate;
};
// transaction (sized) | certificate (sized)
Bytes encode(const CertifiedTransaction& certified);
Result<CertifiedTransaction, DecodeError> decode_certified(ByteView bytes);

struct BlockEntry {
  CertifiedTransaction certified;
  Outcome outcome = Outcome::executed;
};

struct BlockHeader {
  NetworkId network;
  uint64_t height = 0;
  uint64_t epoch = 0;
  uint64_t time_ms = 0;      // Unix time as the engine says it; never decreasing
  BlockHash previous;        // of genesis: SHA-256("Sotto.genesis.v1", all its bytes)
  Hash32 chain{};            // root of the tree over the hashes of all blocks before it
  Hash32 entries{};          // entries_hash()
  uint64_t notes = 0;        // leaves of the note tree after it
  Anchor note_root;          // after it
  Hash32 app_hash{};         // after it
  friend bool operator==(const BlockHeader&, const BlockHeader&) = default;
};
void write(Writer& out, const BlockHeader& header);
Result<BlockHeader, DecodeError> read_header(Reader& in);
// SHA-256("Sotto.block.v1", header).
BlockHash block_hash(const BlockHeader& header);

struct Block {
  BlockHeader header;
  std::vector<BlockEntry> entries;
};
Bytes encode(const Block& block);
// Refuses more than kMaxBlockBytes and kMaxBlockEntries before looking (too_large).
Result<Block, DecodeError> decode_block(ByteView bytes);
// The header alone, without a look at the entries: a block takes curve points to decode, its header does not.
Result<BlockHeader, DecodeError> decode_header_of(ByteView encoded_block);
// What a block's header says of an entry.
struct EntryDigest {
  FullId full_id;
  Hash32 certificate{};      // SHA-256
  Outcome outcome = Outcome::executed;
};
std::vector<EntryDigest> digests_of(std::span<const BlockEntry> entries);
// SHA-256("Sotto.entries.v1", count u32, { full id, SHA-256(certificate), outcome u8 }).
Hash32 entries_hash(std::span<const EntryDigest> entries);
Hash32 entries_hash(std::span<const BlockEntry> entries);
// What an entry takes in an encoded block, and what a block without entries takes.
size_t encoded_size(const CertifiedTransaction& certified);
size_t encoded_header_size();

}  // namespace sotto::ledger
