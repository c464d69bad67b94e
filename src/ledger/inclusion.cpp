#include "ledger/inclusion.hpp"

#include "crypto/hash.hpp"

namespace sotto::ledger {

const char* name(InclusionReject reject) {
  switch (reject) {
    case InclusionReject::wrong_head: return "wrong_head";
    case InclusionReject::not_before_head: return "not_before_head";
    case InclusionReject::wrong_entries: return "wrong_entries";
    case InclusionReject::wrong_transaction: return "wrong_transaction";
    case InclusionReject::not_executed: return "not_executed";
  }
  return "?";
}

Bytes Inclusion::encode() const {
  Writer out;
  write(out, head);
  write(out, block);
  out.u8(before.has_value());
  if (before) before->write(out);
  out.count(entries.size());
  for (const EntryDigest& e : entries) {
    out.raw(e.full_id.value);
    out.raw(e.certificate);
    out.u8(static_cast<uint8_t>(e.outcome));
  }
  out.u32(entry);
  out.sized(transaction);
  return std::move(out).bytes();
}

Result<Inclusion, DecodeError> Inclusion::decode(ByteView bytes) {
  if (bytes.size() > kMaxInclusionBytes) return Failure{DecodeError::too_large};
  Reader in(bytes);
  Inclusion all;
  TRY(head, read_header(in));
  all.head = head;
  TRY(block, read_header(in));
  all.block = block;
  TRY(has_proof, in.boolean());
  if (has_proof) {
    TRY(proof, ChainProof::read(in));
    all.before = std::move(proof);
  }
  TRY(count, in.count(kMaxBlockEntries, 65));
  for (size_t i = 0; i < count; ++i) {
    EntryDigest e;
    TRY(id, in.array<32>());
    e.full_id.value = id;
    TRY(certificate, in.array<32>());
    e.certificate = certificate;
    TRY(outcome, in.u8());
    if (outcome >= kOutcomes) return Failure{DecodeError::bad_version};
    e.outcome = static_cast<Outcome>(outcome);
    all.entries.push_back(e);
  }
  TRY(entry, in.u32());
  all.entry = entry;
  TRY(transaction, in.sized(kMaxTransactionBytes));
  all.transaction.assign(transaction.begin(), transaction.end());
  TRY_OK(in.finish());
  return all;
}

std::optional<Inclusion> inclusion_of(const TxId& id, const Block& block, const BlockHeader& head, std::optional<ChainProof> before) {
  for (size_t i = 0; i < block.entries.size(); ++i) {
    const BlockEntry& e = block.entries[i];
    if (e.outcome != Outcome::executed || txid(e.certified.transaction) != id) continue;
    return Inclusion{head, block.header, std::move(before), digests_of(block.entries), static_cast<uint32_t>(i), ledger::encode(e.certified.transaction)};
  }
  return std::nullopt;
}

Status<InclusionReject> verify(const Inclusion& inclusion, const TxId& id, const BlockHash& head) {
  if (block_hash(inclusion.head) != head) return Failure{InclusionReject::wrong_head};
  const BlockHash block = block_hash(inclusion.block);
  if (block != head) {
    // The tree of a header at height h has the blocks 0 to h - 1 as its leaves.
    const bool before = inclusion.before && inclusion.before->size == inclusion.head.height && inclusion.before->index == inclusion.block.height &&
                        root_of(*inclusion.before, block) == inclusion.head.chain;
    if (!before) return Failure{InclusionReject::not_before_head};
  }
  if (entries_hash(inclusion.entries) != inclusion.block.entries) return Failure{InclusionReject::wrong_entries};
  if (inclusion.entry >= inclusion.entries.size() || inclusion.entries[inclusion.entry].full_id != full_id(inclusion.transaction))
    return Failure{InclusionReject::wrong_transaction};
  const auto transaction = decode_transaction(inclusion.transaction);
  if (!transaction.ok() || txid(*transaction) != id) return Failure{InclusionReject::wrong_transaction};
  if (inclusion.entries[inclusion.entry].outcome != Outcome::executed) return Failure{InclusionReject::not_executed};
  return Ok{};
}

}  // namespace sotto::ledger
