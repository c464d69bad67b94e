// That a transaction has executed, shown to somebody who knows one block's hash and none of the blocks (docs/spec/ledger.md L-44).
#pragma once
#include "ledger/block.hpp"
#include "ledger/chain_tree.hpp"
#include "ledger/network.hpp"

namespace sotto::ledger {

struct Inclusion {
  BlockHeader head;                       // whose hash is known
  BlockHeader block;                      // with the transaction; may be `head` itself
  std::optional<ChainProof> before;       // that `block` lies before `head`; none if they are one
  std::vector<EntryDigest> entries;       // of `block`
  uint32_t entry = 0;                     // which of them
  Bytes transaction;                      // the very bytes that executed
  Bytes encode() const;
  static Result<Inclusion, DecodeError> decode(ByteView bytes);
};
inline constexpr size_t kMaxInclusionBytes = kMaxTransactionBytes + kMaxBlockEntries * 65 + 8 * 1024;

enum class InclusionReject : uint8_t {
  wrong_head,              // not the block that is known
  not_before_head,         // the tree of the head's chain does not lead to it
  wrong_entries,           // not the block's
  wrong_transaction,       // another one than asked for, or not the entry
  not_executed,
};
const char* name(InclusionReject reject);
// Of the entry with that txid in `block`; nullopt if it has none that executed.
std::optional<Inclusion> inclusion_of(const TxId& id, const Block& block, const BlockHeader& head, std::optional<ChainProof> before);
// It has executed, before the block called `head` or in it.
Status<InclusionReject> verify(const Inclusion& inclusion, const TxId& id, const BlockHash& head);

}  // namespace sotto::ledger
