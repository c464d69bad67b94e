#include "comet/proposal.hpp"

#include <unordered_set>

namespace sotto::comet {

namespace {
constexpr uint8_t kEntries = 1;
constexpr uint8_t kWake = 2;
}

size_t entries_overhead() { return 1 + 4; }

Bytes encode_entries(std::span<const ByteView> encoded_entries) {
  CHECK(!encoded_entries.empty());
  Writer out;
  out.u8(kEntries);
  out.count(encoded_entries.size());
  for (const ByteView entry : encoded_entries) out.sized(entry);
  return std::move(out).bytes();
}

Result<std::vector<ledger::CertifiedTransaction>, DecodeError> decode_entries(ByteView bytes, size_t max_entries) {
  constexpr size_t kMaxEntryBytes = ledger::kMaxTransactionBytes + ledger::kMaxCertificateBytes + 8;
  if (bytes.size() > kMaxProposalBytes) return Failure{DecodeError::too_large};
  Reader in(bytes);
  TRY(kind, in.u8());
  if (kind != kEntries) return Failure{DecodeError::bad_version};
  TRY(count, in.count(max_entries, 4));
  if (count == 0) return Failure{DecodeError::truncated};
  std::vector<ledger::CertifiedTransaction> entries;
  std::unordered_set<ledger::FullId> seen;
  for (size_t i = 0; i < count; ++i) {
    TRY(encoded, in.sized(kMaxEntryBytes));
    TRY(entry, ledger::decode_certified(encoded));
    if (!seen.insert(ledger::full_id(entry.transaction)).second) return Failure{DecodeError::out_of_order};
    entries.push_back(std::move(entry));
  }
  TRY_OK(in.finish());
  return entries;
}

Bytes encode_wake(uint64_t engine_height) {
  Writer out;
  out.u8(kWake);
  out.u64(engine_height);
  return std::move(out).bytes();
}

std::optional<uint64_t> decode_wake(ByteView bytes) {
  Reader in(bytes);
  const auto kind = in.u8();
  const auto height = in.u64();
  if (!kind.ok() || *kind != kWake || !height.ok() || !in.finish().ok()) return std::nullopt;
  return *height;
}

}  // namespace sotto::comet
