#include "ledger/block.hpp"

#include "crypto/hash.hpp"
#include "ledger/network.hpp"

namespace sotto::ledger {

void write(Writer& out, const BlockHeader& h) {
  out.raw(h.network.value);
  out.u64(h.height);
  out.u64(h.epoch);
  out.u64(h.time_ms);
  out.raw(h.previous.value);
  out.raw(h.chain);
  out.raw(h.entries);
  out.u64(h.notes);
  h.note_root.value.write(out);
  out.raw(h.app_hash);
}

Result<BlockHeader, DecodeError> read_header(Reader& in) {
  BlockHeader h;
  TRY(network, in.array<32>());
  h.network.value = network;
  TRY(height, in.u64());
  h.height = height;
  TRY(epoch, in.u64());
  h.epoch = epoch;
  TRY(time_ms, in.u64());
  h.time_ms = time_ms;
  TRY(previous, in.array<32>());
  h.previous.value = previous;
  TRY(chain, in.array<32>());
  h.chain = chain;
  TRY(entries, in.array<32>());
  h.entries = entries;
  TRY(notes, in.u64());
  h.notes = notes;
  TRY(note_root, Fr::read(in));
  h.note_root.value = note_root;
  TRY(app_hash, in.array<32>());
  h.app_hash = app_hash;
  return h;
}

namespace {

void write(Writer& out, const CertifiedTransaction& certified) {
  CHECK(certified.certificate.size() <= kMaxCertificateBytes);
  out.sized(encode(certified.transaction));
  out.sized(certified.certificate);
}

Result<CertifiedTransaction, DecodeError> read_certified(Reader& in) {
  TRY(bytes, in.sized(kMaxTransactionBytes));
  TRY(transaction, decode_transaction(bytes));
  TRY(certificate, in.sized(kMaxCertificateBytes));
  return CertifiedTransaction{std::move(transaction), {certificate.begin(), certificate.end()}};
}

}  // namespace

const char* name(Outcome outcome) {
  switch (outcome) {
    case Outcome::executed: return "executed";
    case Outcome::repeated: return "repeated";
    case Outcome::spent: return "spent";
    case Outcome::outdated_generation: return "outdated_generation";
    case Outcome::unknown_anchor: return "unknown_anchor";
    case Outcome::invalid: return "invalid";
    case Outcome::uncertified: return "uncertified";
    case Outcome::turnstile: return "turnstile";
    case Outcome::burns_halted: return "burns_halted";
    case Outcome::tree_full: return "tree_full";
    case Outcome::took_effect: return "took_effect";
    case Outcome::wrong_epoch: return "wrong_epoch";
    case Outcome::closing: return "closing";
    case Outcome::not_awaited: return "not_awaited";
    case Outcome::too_many: return "too_many";
    case Outcome::not_allowed: return "not_allowed";
  }
  return "?";
}

Bytes encode(const CertifiedTransaction& certified) {
  Writer out;
  write(out, certified);
  return std::move(out).bytes();
}

Result<CertifiedTransaction, DecodeError> decode_certified(ByteView bytes) {
  Reader in(bytes);
  TRY(certified, read_certified(in));
  TRY_OK(in.finish());
  return certified;
}

BlockHash block_hash(const BlockHeader& header) {
  Writer out;
  out.raw(view("Sotto.block.v1"));
  write(out, header);
  return {crypto::sha256(out.bytes())};
}

Hash32 entries_hash(std::span<const EntryDigest> entries) {
  Writer out;
  out.raw(view("Sotto.entries.v1"));
  out.count(entries.size());
  for (const EntryDigest& e : entries) {
    out.raw(e.full_id.value);
    out.raw(e.certificate);
    out.u8(static_cast<uint8_t>(e.outcome));
  }
  return crypto::sha256(out.bytes());
}

std::vector<EntryDigest> digests_of(std::span<const BlockEntry> entries) {
  std::vector<EntryDigest> digests;
  for (const BlockEntry& e : entries) digests.push_back({full_id(e.certified.transaction), crypto::sha256(e.certified.certificate), e.outcome});
  return digests;
}

Hash32 entries_hash(std::span<const BlockEntry> entries) { return entries_hash(digests_of(entries)); }

Bytes encode(const Block& block) {
  Writer out;
  out.u8(kBlockVersion);
  write(out, block.header);
  out.count(block.entries.size());
  for (const BlockEntry& e : block.entries) {
    write(out, e.certified);
    out.u8(static_cast<uint8_t>(e.outcome));
  }
  return std::move(out).bytes();
}

Result<Block, DecodeError> decode_block(ByteView bytes) {
  if (bytes.size() > kMaxBlockBytes) return Failure{DecodeError::too_large};
  Reader in(bytes);
  Block block;
  TRY(version, in.u8());
  if (version != kBlockVersion) return Failure{DecodeError::bad_version};
  TRY(header, read_header(in));
  block.header = header;
  TRY(count, in.count(kMaxBlockEntries, 4 + 4 + 1));
  for (size_t i = 0; i < count; ++i) {
    TRY(certified, read_certified(in));
    TRY(outcome, in.u8());
    if (outcome >= kOutcomes) return Failure{DecodeError::bad_version};
    block.entries.push_back({std::move(certified), static_cast<Outcome>(outcome)});
  }
  TRY_OK(in.finish());
  return block;
}

Result<BlockHeader, DecodeError> decode_header_of(ByteView encoded_block) {
  Reader in(encoded_block);
  TRY(version, in.u8());
  if (version != kBlockVersion) return Failure{DecodeError::bad_version};
  return read_header(in);
}

size_t encoded_size(const CertifiedTransaction& certified) { return encode(certified).size() + 1; }
size_t encoded_header_size() {
  Writer out;
  write(out, BlockHeader{});
  return 1 + out.bytes().size() + 4;
}

}  // namespace sotto::ledger
